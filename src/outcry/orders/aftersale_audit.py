"""What comes after a sale against the orders (SPEC ORD-5, ORD-7): invoices numbered without gaps, one for every
completed order and no other; an open dispute for every disputed order and no other."""

from collections.abc import AsyncIterator

from outcry.kernel.audit import Fault
from outcry.kernel.database import SYSTEM, Database

CHECK = "after-sale"
MAX_FAULTS_EACH = 100

_NUMBERS = """
SELECT 'invoices of ' || coalesce(i.market, c.market) || ' ' || coalesce(i.year, c.year) AS subject,
    format('%s of them, the highest is %s, the counter says %s', coalesce(i.count, 0), i.highest, c.last) AS detail
FROM (SELECT market, year, count(*) AS count, max(number) AS highest FROM invoices GROUP BY market, year) AS i
FULL JOIN invoice_counters c ON c.market = i.market AND c.year = i.year
WHERE i.count IS DISTINCT FROM i.highest OR i.highest IS DISTINCT FROM c.last
ORDER BY 1 LIMIT :limit
"""
_INVOICES = """
SELECT 'order ' || o.id AS subject, format('it is %s and has %s invoice', o.status,
    CASE WHEN i.order_id IS NULL THEN 'no' ELSE 'an' END) AS detail
FROM orders o LEFT JOIN invoices i ON i.order_id = o.id
WHERE (o.status = 'completed') <> (i.order_id IS NOT NULL) ORDER BY o.id LIMIT :limit
"""
_DISPUTES = """
SELECT 'order ' || o.id AS subject, format('it is %s and has %s open dispute', o.status,
    CASE WHEN d.order_id IS NULL THEN 'no' ELSE 'an' END) AS detail
FROM orders o LEFT JOIN disputes d ON d.order_id = o.id AND d.status = 'open'
WHERE (o.status = 'disputed') <> (d.order_id IS NOT NULL) ORDER BY o.id LIMIT :limit
"""
_REFUNDS = """
SELECT 'dispute ' || d.id AS subject,
    format('it gave %s back, of the order %s went back', d.refund_amount, o.refunded_amount) AS detail
FROM disputes d JOIN orders o ON o.id = d.order_id
WHERE d.refund_amount > o.refunded_amount ORDER BY d.id LIMIT :limit
"""


async def audit_aftersale(database: Database) -> AsyncIterator[Fault]:
    """All four, each as of one instant."""
    for statement in (_NUMBERS, _INVOICES, _DISPUTES, _REFUNDS):
        async with database.transaction(SYSTEM, snapshot=True) as tx:
            rows = await tx.all(statement, {"limit": MAX_FAULTS_EACH})
        for row in rows:
            yield Fault(CHECK, row.subject, row.detail)
