"""Look-ups for staff: accounts, their entries, transfers whole."""

from typing import Any
from uuid import UUID

from outcry.kernel.database import Transaction
from outcry.kernel.errors import NotFound
from outcry.kernel.paging import Page, decode_cursor, page_of
from outcry.kernel.times import rfc3339
from outcry.ledger import queries
from outcry.ledger.schemas import LedgerAccount, LedgerEntry, LedgerLeg, LedgerTransfer


async def list_accounts(
    tx: Transaction, kind: str | None, owner_id: UUID | None, currency: str | None, limit: int, cursor: str | None
) -> Page[LedgerAccount]:
    """By id."""
    after = decode_cursor(cursor, tuple[UUID])
    rows = await queries.list_accounts(tx, kind, owner_id, currency, after[0] if after else None, limit + 1)
    return page_of(rows, limit, _account, lambda row: (row.id,))


async def list_entries(tx: Transaction, account_id: UUID, limit: int, cursor: str | None) -> Page[LedgerEntry]:
    """Newest first. Raises NotFound."""
    if await queries.read_account(tx, account_id) is None:
        raise NotFound("There is no such account")
    before = decode_cursor(cursor, tuple[int])
    rows = await queries.entries_before(tx, account_id, before[0] if before else None, limit + 1)
    return page_of(rows, limit, _entry, lambda row: (row.seq,))


async def read_transfer(tx: Transaction, transfer_id: UUID) -> LedgerTransfer:
    """With all its legs. Raises NotFound."""
    row = await queries.read_transfer(tx, transfer_id)
    if row is None:
        raise NotFound("There is no such transfer")
    legs = [
        LedgerLeg(_account(leg), leg.amount, leg.seq, leg.balance_after)
        for leg in await queries.legs_of(tx, transfer_id)
    ]
    return LedgerTransfer(row.id, row.key, row.kind, row.subject_id, rfc3339(row.at), legs)


def _account(row: Any) -> LedgerAccount:
    return LedgerAccount(
        row.id, row.kind, row.owner_id, row.currency, row.balance, row.entry_count, rfc3339(row.opened_at)
    )


def _entry(row: Any) -> LedgerEntry:
    return LedgerEntry(
        row.seq, rfc3339(row.at), row.kind, row.amount, row.balance_after, row.transfer_id, row.key, row.subject_id
    )
