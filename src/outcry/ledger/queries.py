"""SQL that reads the ledger; row security shows each actor its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from outcry.kernel.database import Transaction

_OF_OWNER = """
SELECT id, kind, currency, balance FROM ledger_balances
WHERE owner_id = :owner_id AND kind = ANY(:kinds) AND (CAST(:currency AS text) IS NULL OR currency = :currency)
ORDER BY currency, kind
"""
# A move of a hold is a transfer in one row (decision 020); its legs are worded here. Each part is cut by its own index.
_KIND = "CASE WHEN m.amount > 0 THEN 'hold' ELSE 'hold_released' END"
_ENTRY = """
SELECT e.account_id, e.seq, e.amount, e.balance_after, t.id AS transfer_id, t.key, t.kind, t.subject_id, t.at
FROM ledger_entries e JOIN ledger_transfers t ON t.id = e.transfer_id
"""
_FREE_LEG = f"""
SELECT m.available_id, m.seq, -m.amount, m.available_after, m.id, 'hold:' || m.id, {_KIND}, m.subject_id, m.at
FROM ledger_hold_moves m
"""
# Found by the available account beside it, whose numbers rise as these do.
_HELD_LEG = f"""
SELECT h.id, m.held_seq, m.amount, m.held_after, m.id, 'hold:' || m.id, {_KIND}, m.subject_id, m.at
FROM ledger_accounts h
JOIN ledger_accounts f ON f.owner_id = h.owner_id AND f.kind = 'available' AND f.currency = h.currency
JOIN ledger_hold_moves m ON m.available_id = f.id
"""
_ENTRIES_BEFORE = f"""
({_ENTRY} WHERE e.account_id = :account_id AND e.seq < :before ORDER BY e.seq DESC LIMIT :limit)
UNION ALL
({_FREE_LEG} WHERE m.available_id = :account_id AND m.seq < :before ORDER BY m.seq DESC LIMIT :limit)
UNION ALL
({_HELD_LEG} WHERE h.id = :account_id AND h.kind = 'held' AND m.held_seq < :before ORDER BY m.seq DESC LIMIT :limit)
ORDER BY seq DESC LIMIT :limit
"""
_ENTRIES_BETWEEN = f"""
{_ENTRY} WHERE e.account_id = ANY(:account_ids) AND t.at >= :since AND t.at < :until
UNION ALL
{_FREE_LEG} WHERE m.available_id = ANY(:account_ids) AND m.at >= :since AND m.at < :until
UNION ALL
{_HELD_LEG} WHERE h.id = ANY(:account_ids) AND h.kind = 'held' AND m.at >= :since AND m.at < :until
ORDER BY at, account_id, seq LIMIT :limit
"""
_ACCOUNTS = """
SELECT id, kind, owner_id, currency, balance, entry_count, opened_at FROM ledger_balances
WHERE (CAST(:kind AS text) IS NULL OR kind = :kind)
    AND (CAST(:owner_id AS uuid) IS NULL OR owner_id = :owner_id)
    AND (CAST(:currency AS text) IS NULL OR currency = :currency)
    AND (CAST(:after AS uuid) IS NULL OR id > :after)
ORDER BY id LIMIT :limit
"""
_ACCOUNT = "SELECT id, kind, owner_id, currency, balance, entry_count, opened_at FROM ledger_balances WHERE id = :id"
_TRANSFER = f"""
SELECT id, key, kind, subject_id, at FROM ledger_transfers WHERE id = :id
UNION ALL
SELECT m.id, 'hold:' || m.id, {_KIND}, m.subject_id, m.at FROM ledger_hold_moves m WHERE m.id = :id
"""
_LEGS = """
SELECT a.id, a.kind, a.owner_id, a.currency, a.balance, a.entry_count, a.opened_at,
    l.amount, l.seq, l.balance_after
FROM ledger_legs l JOIN ledger_balances a ON a.id = l.account_id
WHERE l.transfer_id = :id ORDER BY a.id
"""
_ALL = 2**63 - 1


async def accounts_of(
    tx: Transaction, owner_id: UUID, kinds: Sequence[str], currency: str | None = None
) -> Sequence[Row[Any]]:
    """An owner's opened accounts of these kinds, in one currency or all."""
    return await tx.all(_OF_OWNER, {"owner_id": owner_id, "kinds": list(kinds), "currency": currency})


async def entries_before(tx: Transaction, account_id: UUID, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """An account's newest entries below a seq, newest first."""
    return await tx.all(_ENTRIES_BEFORE, {"account_id": account_id, "before": before or _ALL, "limit": limit})


async def entries_between(
    tx: Transaction, account_ids: Sequence[UUID], since: datetime, until: datetime, limit: int
) -> Sequence[Row[Any]]:
    """Entries of these accounts from `since` to before `until`, oldest first."""
    return await tx.all(
        _ENTRIES_BETWEEN, {"account_ids": list(account_ids), "since": since, "until": until, "limit": limit}
    )


async def list_accounts(
    tx: Transaction, kind: str | None, owner_id: UUID | None, currency: str | None, after: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Accounts by id, for staff."""
    return await tx.all(
        _ACCOUNTS, {"kind": kind, "owner_id": owner_id, "currency": currency, "after": after, "limit": limit}
    )


async def read_account(tx: Transaction, account_id: UUID) -> Row[Any] | None:
    """One account."""
    return await tx.first(_ACCOUNT, {"id": account_id})


async def read_transfer(tx: Transaction, transfer_id: UUID) -> Row[Any] | None:
    """One transfer."""
    return await tx.first(_TRANSFER, {"id": transfer_id})


async def legs_of(tx: Transaction, transfer_id: UUID) -> Sequence[Row[Any]]:
    """A transfer's entries, each with its account."""
    return await tx.all(_LEGS, {"id": transfer_id})
