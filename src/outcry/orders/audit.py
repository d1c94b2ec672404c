"""Orders against the ledger (SPEC law 2): what is held for every order is what it says, and nothing else is held."""

from collections.abc import AsyncIterator

from outcry.kernel.audit import Fault
from outcry.kernel.database import SYSTEM, Database
from outcry.ledger.accounts import escrow

CHECK = "orders"
PAGE_ORDERS = 1_000

_PAGE = """
SELECT id, currency, status, total, refunded_amount,
    CASE WHEN status IN ('in_escrow', 'shipped', 'delivered', 'disputed') THEN total - refunded_amount ELSE 0
        END AS held,
    (SELECT h.status FROM order_history h WHERE h.order_id = o.id ORDER BY h.seq DESC LIMIT 1) AS noted
FROM orders o WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :limit
"""
_BALANCES = "SELECT id, balance FROM ledger_accounts WHERE id = ANY(:ids)"
_STRAYS = """
SELECT a.owner_id, a.balance FROM ledger_accounts a
WHERE a.kind = 'escrow' AND a.balance <> 0 AND NOT EXISTS (SELECT FROM orders o WHERE o.id = a.owner_id)
ORDER BY a.owner_id LIMIT 100
"""


async def audit_orders(database: Database) -> AsyncIterator[Fault]:
    """Escrow of every open order is total less refunded, of every other one zero; histories end where orders are."""
    after = None
    while True:
        async with database.transaction(SYSTEM, snapshot=True) as tx:
            orders = await tx.all(_PAGE, {"after": after, "limit": PAGE_ORDERS})
            accounts = {row.id: escrow(row.id, row.currency).id for row in orders}
            rows = await tx.all(_BALANCES, {"ids": list(accounts.values())})
        balances = {row.id: row.balance for row in rows}
        for order in orders:
            balance = balances.get(accounts[order.id], 0)
            if balance != order.held:
                detail = f"it is {order.status} and should hold {order.held}, its escrow holds {balance}"
                yield Fault(CHECK, f"order {order.id}", detail)
            if order.status == "refunded" and order.refunded_amount != order.total:
                yield Fault(CHECK, f"order {order.id}", f"it is refunded, but {order.refunded_amount} of {order.total}")
            if order.noted != order.status:
                yield Fault(CHECK, f"order {order.id}", f"it is {order.status}, its history ends at {order.noted}")
        if len(orders) < PAGE_ORDERS:
            break
        after = orders[-1].id
    async with database.transaction(SYSTEM, snapshot=True) as tx:
        strays = await tx.all(_STRAYS)
    for stray in strays:
        yield Fault(CHECK, f"escrow of {stray.owner_id}", f"holds {stray.balance} for no order")
