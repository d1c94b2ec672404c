"""The books checked (SPEC MON-1): every transfer balances, every balance is its entries, holds are what is held.

Read in pages, each in a snapshot of its own: what is checked together is read together, and a market at work can be
audited.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from outcry.kernel.audit import Fault
from outcry.kernel.database import SYSTEM, Database
from outcry.ledger.accounts import MAY_BE_NEGATIVE

CHECK = "ledger"
PAGE_ACCOUNTS = 500
PAGE_TRANSFERS = 5_000
MAX_FAULTS_A_PAGE = 100

_ACCOUNTS = """
SELECT a.id, a.kind, a.balance, a.entry_count, e.entries, e.total, e.last, e.unmatched, e.below, e.orphans
FROM (SELECT * FROM ledger_balances WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :limit) a
CROSS JOIN LATERAL (
    SELECT count(*) AS entries, coalesce(sum(r.amount), 0) AS total, coalesce(max(r.seq), 0) AS last,
        count(*) FILTER (WHERE r.balance_after <> r.running) AS unmatched,
        count(*) FILTER (WHERE r.balance_after < 0) AS below,
        count(*) FILTER (WHERE NOT r.known) AS orphans
    FROM (SELECT e.seq, e.amount, e.balance_after, sum(e.amount) OVER (ORDER BY e.seq) AS running,
            e.is_hold_move OR EXISTS (SELECT FROM ledger_transfers t WHERE t.id = e.transfer_id) AS known
        FROM ledger_legs e WHERE e.account_id = a.id) r
) e
ORDER BY a.id
"""
_TRANSFERS = """
SELECT t.id, l.legs, l.strangers, l.unbalanced
FROM (SELECT id FROM ledger_transfers WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :limit) t
CROSS JOIN LATERAL (
    SELECT coalesce(sum(c.legs), 0) AS legs, coalesce(sum(c.legs) FILTER (WHERE c.currency IS NULL), 0) AS strangers,
        count(*) FILTER (WHERE c.total <> 0) AS unbalanced
    FROM (SELECT a.currency, count(*) AS legs, sum(e.amount) AS total
        FROM ledger_entries e LEFT JOIN ledger_accounts a ON a.id = e.account_id
        WHERE e.transfer_id = t.id GROUP BY a.currency) c
) l
ORDER BY t.id
"""
# A move of a hold balances by its nature, if there is such a wallet, with an account to hold money in.
_HOLD_MOVES = """
SELECT m.id, m.available_id, m.seq, h.id IS NOT NULL AS sound
FROM (SELECT * FROM ledger_hold_moves WHERE (available_id, seq) > (CAST(:after AS uuid), :after_seq)
    ORDER BY available_id, seq LIMIT :limit) m
LEFT JOIN ledger_accounts f ON f.id = m.available_id AND f.kind = 'available'
LEFT JOIN ledger_accounts h ON h.owner_id = f.owner_id AND h.kind = 'held' AND h.currency = f.currency
ORDER BY m.available_id, m.seq
"""
# All at once: holds have no index by person, and both sides are of one moment.
_HOLDS = """
SELECT a.id AS account_id, h.user_id, coalesce(h.currency, a.currency) AS currency,
    coalesce(a.balance, 0) AS held, coalesce(h.amount, 0) AS amount
FROM (SELECT user_id, currency, sum(amount) AS amount FROM ledger_holds WHERE status = 'active'
    GROUP BY user_id, currency) h
FULL JOIN (SELECT id, owner_id, currency, balance FROM ledger_balances WHERE kind = 'held') a
    ON a.owner_id = h.user_id AND a.currency = h.currency
WHERE coalesce(a.balance, 0) <> coalesce(h.amount, 0) LIMIT :limit
"""


async def audit_ledger(database: Database) -> AsyncIterator[Fault]:
    """Every fault of the ledger."""
    async for row in _pages(database, _ACCOUNTS, PAGE_ACCOUNTS):
        for detail in _account_faults(row):
            yield Fault(CHECK, f"account {row.id} ({row.kind})", detail)
    async for row in _pages(database, _TRANSFERS, PAGE_TRANSFERS):
        if row.unbalanced or row.strangers or row.legs < 2:
            yield Fault(CHECK, f"transfer {row.id}", f"its {row.legs} legs do not balance between known accounts")
    async for move_id in _unsound_hold_moves(database):
        yield Fault(CHECK, f"transfer {move_id}", "it is a hold's, and not of anybody's wallet")
    async with database.transaction(SYSTEM) as tx:
        for row in await tx.all(_HOLDS, {"limit": MAX_FAULTS_A_PAGE}):
            if row.account_id is None:
                detail = f"has holds of {row.amount} {row.currency} and nothing held"
                yield Fault(CHECK, f"person {row.user_id}", detail)
            else:
                detail = f"{row.held - row.amount} more is held than its holds say"
                yield Fault(CHECK, f"account {row.account_id} (held)", detail)


async def _pages(database: Database, statement: str, limit: int) -> AsyncIterator[Any]:
    after: UUID | None = None
    while True:
        async with database.transaction(SYSTEM, snapshot=True) as tx:
            rows = await tx.all(statement, {"after": after, "limit": limit})
        for row in rows:
            yield row
        if len(rows) < limit:
            return
        after = rows[-1].id


async def _unsound_hold_moves(database: Database) -> AsyncIterator[UUID]:
    after, after_seq = UUID(int=0), 0
    while True:
        async with database.transaction(SYSTEM, snapshot=True) as tx:
            rows = await tx.all(_HOLD_MOVES, {"after": after, "after_seq": after_seq, "limit": PAGE_TRANSFERS})
        for row in rows:
            if not row.sound:
                yield row.id
        if len(rows) < PAGE_TRANSFERS:
            return
        after, after_seq = rows[-1].available_id, rows[-1].seq


def _account_faults(row: Any) -> list[str]:
    faults: list[str] = []
    if row.entries != row.last or row.entries != row.entry_count:
        faults.append(f"counts {row.entry_count} entries, has {row.entries}, the last is numbered {row.last}")
    if row.total != row.balance:
        faults.append(f"its balance is {row.balance}, its entries give {row.total}")
    if row.unmatched:
        faults.append(f"{row.unmatched} entries do not tell the balance after them")
    if row.orphans:
        faults.append(f"{row.orphans} entries belong to no transfer")
    if row.kind not in MAY_BE_NEGATIVE and (row.balance < 0 or row.below):
        faults.append("it was or is below zero, which its kind may not be")
    return faults
