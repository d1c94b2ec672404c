"""What must hold when everybody is done: the audits, and what people were told against what is written.

Beside the product's own audit stand checks that do not believe it: every answer anybody got, the card side's own
records, and each wallet added up from what happened to its owner.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg

from outcry.auctions.audit import audit_auctions
from outcry.kernel.database import Database
from outcry.ledger.audit import audit_ledger
from outcry.orders.aftersale_audit import audit_aftersale
from outcry.orders.audit import audit_orders
from outcry.payments.audit import audit_payments
from tests.support.chaos.trader import GRANT, Trader

AUDITS = {
    "ledger": audit_ledger,
    "payments": audit_payments,
    "orders": audit_orders,
    "after-sale": audit_aftersale,
    "auctions": audit_auctions,
}

# All that is still on its way: news that was not taken or not applied, money going out, jobs about either.
_ON_ITS_WAY = """
SELECT (SELECT count(*) FROM sandbox_events WHERE status <> 'delivered')
    + (SELECT count(*) FROM provider_events WHERE status IN ('received', 'waiting'))
    + (SELECT count(*) FROM refunds WHERE status = 'pending')
    + (SELECT count(*) FROM withdrawals WHERE status = 'pending')
    + (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
        AND (task_name LIKE 'payments.%' OR task_name LIKE 'sandbox.%')
        AND coalesce(scheduled_at, now()) < now() + interval '1 minute')
"""
# What the card side did against what we wrote of it.
_RECORDS = """
SELECT 'payment ' || coalesce(p.id, s.subject_id), s.status, p.status
FROM (SELECT * FROM payments WHERE method = 'card') p
FULL JOIN sandbox_payments s ON s.subject_id = p.id
WHERE coalesce(s.status = 'paid', false) <> coalesce(p.status IN ('succeeded', 'returned'), false)
    OR (s.status = 'paid' AND (s.amount, s.currency) IS DISTINCT FROM (p.amount, p.currency))
UNION ALL SELECT 'refund ' || coalesce(r.id, s.subject_id), s.status, r.status
FROM (SELECT * FROM refunds WHERE provider IS NOT NULL) r FULL JOIN sandbox_refunds s ON s.subject_id = r.id
WHERE r.status IS DISTINCT FROM s.status OR (s.amount, s.currency) IS DISTINCT FROM (r.amount, r.currency)
UNION ALL SELECT 'payout ' || coalesce(w.id, s.subject_id), s.status, w.status
FROM withdrawals w FULL JOIN sandbox_payouts s ON s.subject_id = w.id
WHERE w.status IS DISTINCT FROM coalesce(s.status, 'failed') OR (s.amount, s.currency) <> (w.amount, w.currency)
UNION ALL SELECT 'dispute of ' || coalesce(p.id, sp.subject_id), s.status, p.dispute_status
FROM sandbox_disputes s JOIN sandbox_payments sp ON sp.id = s.payment_id
FULL JOIN (SELECT * FROM payments WHERE dispute_status IS NOT NULL) p ON sp.subject_id = p.id
WHERE p.dispute_status IS DISTINCT FROM s.status
UNION ALL SELECT 'event ' || event_id, 'sent', status FROM provider_events WHERE status NOT IN ('applied', 'ignored')
"""
# What the card side holds for us, by its own records.
_CLEARING = """
SELECT (SELECT coalesce(sum(amount), 0) FROM sandbox_payments WHERE status = 'paid')
    - (SELECT coalesce(sum(amount), 0) FROM sandbox_refunds WHERE status = 'succeeded')
    - (SELECT coalesce(sum(amount), 0) FROM sandbox_payouts WHERE status = 'paid')
    - (SELECT coalesce(sum(amount), 0) FROM sandbox_disputes WHERE status = 'lost')
"""
_BY_KIND = "SELECT kind, sum(balance)::bigint FROM ledger_balances WHERE currency = 'USD' GROUP BY kind"
# A wallet is what came to its owner less what its owner spent.
_WALLETS = """
SELECT u.id, %(grant)s + coalesce(m.amount, 0) AS due, coalesce(a.balance, 0) AS has
FROM users u
LEFT JOIN (SELECT person, sum(amount) AS amount FROM (
    SELECT payer_id AS person, amount FROM payments WHERE purpose = 'top_up' AND status = 'succeeded'
    UNION ALL SELECT payer_id, -amount FROM payments WHERE method = 'wallet' AND status = 'succeeded'
    UNION ALL SELECT payer_id, amount FROM refunds WHERE provider IS NULL OR status = 'failed'
    UNION ALL SELECT seller_id, seller_receives FROM releases
    UNION ALL SELECT user_id, -amount FROM withdrawals WHERE status <> 'failed'
    UNION ALL SELECT a.owner_id, e.amount FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
        JOIN ledger_transfers t ON t.id = e.transfer_id WHERE a.kind = 'available' AND t.kind IN ('chargeback', 'gas')
) AS moves GROUP BY person) m ON m.person = u.id
LEFT JOIN (SELECT owner_id, sum(balance) AS balance FROM ledger_balances
    WHERE kind IN ('available', 'held') AND currency = 'USD' GROUP BY owner_id) a ON a.owner_id = u.id
WHERE %(grant)s + coalesce(m.amount, 0) <> coalesce(a.balance, 0)
"""
_STOCK = """
SELECT l.id::text, l.stock + coalesce((SELECT sum(quantity) FROM orders o WHERE o.listing_id = l.id
    AND o.status <> 'cancelled'), 0)
FROM listings l WHERE l.id = ANY(%s)
"""
_TWICE = """
SELECT 'order ' || order_id || ' paid twice' FROM payments WHERE status = 'succeeded' AND order_id IS NOT NULL
GROUP BY order_id HAVING count(*) > 1
UNION ALL SELECT 'order ' || subject_id || ' released twice' FROM ledger_transfers WHERE kind = 'release'
GROUP BY subject_id HAVING count(*) > 1
"""
# What people were told that they did.
_ORDERS = "SELECT id::text FROM orders WHERE auction_id IS NULL"
_WALLET_PAYMENTS = "SELECT order_id::text FROM payments WHERE method = 'wallet' AND status = 'succeeded'"
_TOP_UPS = "SELECT id::text FROM payments WHERE purpose = 'top_up'"
_BIDS = "SELECT id::text FROM bids WHERE idempotency_key IS NOT NULL"
_WITHDRAWALS = "SELECT id::text, amount FROM withdrawals"
_GAS = "SELECT owner_id::text, balance FROM ledger_accounts WHERE kind = 'gas'"
# What bids bind and free is written by itself (decision 020).
_MOVEMENTS = """
SELECT DISTINCT kind FROM ledger_transfers
UNION SELECT CASE WHEN amount > 0 THEN 'hold' ELSE 'hold_released' END FROM ledger_hold_moves
"""
# What went back of an order, less what a bank took by itself.
_GIVEN_BACK = """
SELECT o.id::text, o.refunded_amount - coalesce((SELECT sum(h.amount) FROM order_history h WHERE h.order_id = o.id
    AND h.kind = 'charged_back'), 0)
FROM orders o WHERE o.refunded_amount > 0
"""


def on_its_way(url: str) -> int:
    """How much has still to come; 0 when all is settled."""
    with psycopg.connect(url) as connection:
        (waiting,) = connection.execute(_ON_ITS_WAY).fetchone() or (0,)
    return waiting


async def audited(url: str) -> dict[str, list[str]]:
    """What `outcry audit` would say, by domain."""
    database = Database(url, pool_connections=2)
    try:
        return {name: [str(fault) async for fault in audit(database)] for name, audit in AUDITS.items()}
    finally:
        await database.close()


def checked(url: str, people: Sequence[Trader], stock: Mapping[str, int]) -> dict[str, list[str]]:
    """What is not as it must be, by what was looked at; read in one snapshot."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        looks = {"answers": _answers(connection, people), "records": _records(connection)}
        looks |= {"sums": _sums(connection, people), "stock": _stock(connection, stock)}
        return {name: list(found) for name, found in looks.items()}


def movements(url: str) -> frozenset[str]:
    """The kinds of movement that the ledger has seen."""
    with psycopg.connect(url) as connection:
        return frozenset(row[0] for row in connection.execute(_MOVEMENTS))


def _answers(connection: Any, people: Sequence[Trader]) -> Iterator[str]:
    """All that anybody was told is there, and nothing else is."""
    said = [person.answered for person in people]
    told = {
        _ORDERS: {one for each in said for one in each.bought},
        _WALLET_PAYMENTS: {one for each in said for one in each.paid},
        _TOP_UPS: {one for each in said for one in each.topped_up},
        _BIDS: {one for each in said for one in each.bids},
    }
    for statement, ids in told.items():
        written = {row[0] for row in connection.execute(statement)}
        if ids != written:
            yield f"{statement}: told and not there {ids - written}, there and told to nobody {written - ids}"
    charged = {one for each in said for one in each.charged}
    paid = {row[0] for row in connection.execute("SELECT id FROM sandbox_payments WHERE status = 'paid'")}
    if not charged <= paid:
        yield f"cards: told that they paid, and did not: {sorted(charged - paid)}"
    gas = {person.id: person.answered.gas_units for person in people}
    for name, amounts, statement in (
        ("withdrawal", _together([each.withdrawn for each in said]), _WITHDRAWALS),
        ("refund", _together([each.given_back for each in said]), _GIVEN_BACK),
        ("gas", gas, _GAS),
    ):
        found = {key: int(amount) for key, amount in connection.execute(statement)}
        for key in found.keys() | amounts.keys():
            if found.get(key, 0) != amounts.get(key, 0):
                yield f"{name} of {key}: told {amounts.get(key, 0)}, there {found.get(key, 0)}"


def _records(connection: Any) -> Iterator[str]:
    for what, theirs, ours in connection.execute(_RECORDS):
        yield f"{what}: {theirs} by the card side, {ours} by us"


def _sums(connection: Any, people: Sequence[Trader]) -> Iterator[str]:
    """Money neither comes from nowhere nor goes there: in all, and in each wallet."""
    by_kind = dict(connection.execute(_BY_KIND).fetchall())
    (held_for_us,) = connection.execute(_CLEARING).fetchone()
    for kind, due in (("grants", -GRANT * len(people)), ("clearing", -held_for_us), ("outgoing", 0)):
        if by_kind.get(kind, 0) != due:
            yield f"{kind} is {by_kind.get(kind, 0)}, not {due}"
    if sum(by_kind.values()) != 0:
        yield f"the books do not balance: {by_kind}"
    for person, due, has in connection.execute(_WALLETS, {"grant": GRANT}):
        yield f"the wallet of {person} has {has}, not {due}"
    yield from (row[0] for row in connection.execute(_TWICE))


def _stock(connection: Any, stock: Mapping[str, int]) -> Iterator[str]:
    for listing_id, found in connection.execute(_STOCK, (list(stock),)):
        if found != stock[listing_id]:
            yield f"listing {listing_id}: {found} left and sold, of {stock[listing_id]}"


def _together(parts: Sequence[Counter[str]]) -> Counter[str]:
    return sum(parts, Counter[str]())
