"""What a person sees of its money (SPEC MON-2): balances, history, statement; and what leaves with the account.

Currencies are never mixed: every line and every balance is of one.
"""

import csv
import heapq
import io
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from outcry.identity.service import display_names
from outcry.kernel.database import Transaction
from outcry.kernel.errors import InvalidInput, NotFound
from outcry.kernel.market import Market
from outcry.kernel.money import format_amount, minor_digits
from outcry.kernel.paging import Page, decode_cursor, encode_cursor
from outcry.kernel.times import rfc3339
from outcry.ledger import accounts, queries
from outcry.ledger.accounts import GAS_CURRENCY, WALLET_KINDS, AccountKind
from outcry.ledger.errors import WalletNotEmpty
from outcry.ledger.schemas import Balance, Grant, WalletEntry, WalletView
from outcry.ledger.service import Ledger, Transfer, legs

MAX_STATEMENT_ENTRIES = 50_000
MAX_EXPORTED_ENTRIES = 50_000
STATEMENT_COLUMNS = ("at", "kind", "bucket", "amount", "balance_after", "currency", "subject_id", "transfer_id")
_ALL_KINDS = (*WALLET_KINDS, AccountKind.GAS)


class Wallets:
    """Reads of wallets, and the development grant."""

    def __init__(self, ledger: Ledger, market: Market) -> None:
        self._ledger = ledger
        self._market = market

    async def view(self, tx: Transaction, user_id: UUID) -> WalletView:
        """Every balance of the person; zero of the market's currency when it never had any."""
        money: dict[str, dict[str, int]] = {self._market.currency: {}}
        gas = 0
        for row in await queries.accounts_of(tx, user_id, _ALL_KINDS):
            if row.kind == AccountKind.GAS:
                gas = row.balance
            else:
                money.setdefault(row.currency, {})[row.kind] = row.balance
        balances = [Balance(currency, of.get("available", 0), of.get("held", 0)) for currency, of in money.items()]
        return WalletView(balances, gas)

    async def entries(
        self, tx: Transaction, user_id: UUID, currency: str | None, limit: int, cursor: str | None
    ) -> Page[WalletEntry]:
        """The history, newest first; of all currencies of money, or of one (`GAS` is one)."""
        told: tuple[dict[str, int]] | None = decode_cursor(cursor, tuple[dict[str, int]])
        below = told[0] if told else {}
        kinds = _ALL_KINDS if currency is not None else WALLET_KINDS
        of = {row.id: row for row in await queries.accounts_of(tx, user_id, kinds, currency)}
        streams: list[Iterable[Any]] = []
        for account in of.values():
            streams.append(await queries.entries_before(tx, account.id, below.get(_place(account)), limit + 1))
        # Each account's own order is kept whatever the times say, so that a page never skips one.
        merged = list(heapq.merge(*streams, key=lambda row: row.at, reverse=True))
        for row in merged[:limit]:
            below[_place(of[row.account_id])] = row.seq
        items = [_entry(row, of[row.account_id]) for row in merged[:limit]]
        return Page(items, encode_cursor(below) if len(merged) > limit else None)

    async def statement(
        self, tx: Transaction, user_id: UUID, currency: str | None, since: datetime, until: datetime
    ) -> str:
        """CSV of one currency, oldest first, amounts in units with their decimals. Raises InvalidInput."""
        currency = currency or self._market.currency
        if until <= since:
            raise InvalidInput(("to", "must be after `from`"))
        of = {row.id: row for row in await queries.accounts_of(tx, user_id, _ALL_KINDS, currency)}
        rows = await queries.entries_between(tx, list(of), since, until, MAX_STATEMENT_ENTRIES + 1)
        if len(rows) > MAX_STATEMENT_ENTRIES:
            raise InvalidInput(("from", f"a statement has at most {MAX_STATEMENT_ENTRIES} lines: ask for less time"))
        written = io.StringIO()
        lines = csv.writer(written)
        lines.writerow(STATEMENT_COLUMNS)
        for row in rows:
            entry = _entry(row, of[row.account_id])
            amounts = (_units(entry.amount, currency), _units(entry.balance_after, currency))
            lines.writerow(
                (entry.at, entry.kind, entry.bucket, *amounts, currency, entry.subject_id or "", entry.transfer_id)
            )
        return written.getvalue()

    async def grant(self, tx: Transaction, given: Grant, key: str) -> WalletView:
        """Development money; run as the system. Raises NotFound, InvalidInput."""
        if given.currency not in self._market.currencies:
            raise InvalidInput(("/currency", f"must be one of {', '.join(self._market.currencies)}"))
        if given.user_id not in await display_names(tx, [given.user_id]):
            raise NotFound("There is no such person")
        wallet = accounts.available(given.user_id, given.currency)
        pair = legs((wallet, given.amount), (accounts.grants(given.currency), -given.amount))
        await self._ledger.post(await tx.driver(), [Transfer(key, "grant", pair)])
        return await self.view(tx, given.user_id)

    async def export(self, tx: Transaction, user_id: UUID) -> dict[str, Any]:
        """For the person's export: balances, and the newest entries of every account."""
        entries: list[WalletEntry] = []
        for account in await queries.accounts_of(tx, user_id, _ALL_KINDS):
            rows = await queries.entries_before(tx, account.id, None, MAX_EXPORTED_ENTRIES)
            entries += [_entry(row, account) for row in rows]
        return {"wallet": await self.view(tx, user_id), "wallet_entries": entries}

    async def leave(self, tx: Transaction, user_id: UUID) -> None:
        """The person's account is about to be deleted: money must have left before; gas ends with it.

        Raises WalletNotEmpty. Run as the system. The ledger keeps every entry; it knows people by id only.
        """
        opened = [
            accounts.Account(AccountKind(row.kind), user_id, row.currency)
            for row in await queries.accounts_of(tx, user_id, _ALL_KINDS)
        ]
        connection = await tx.driver()
        left = {
            account: balance for account, balance in (await self._ledger.lock(connection, opened)).items() if balance
        }
        money = {account: balance for account, balance in left.items() if account.kind is not AccountKind.GAS}
        if money:
            raise WalletNotEmpty(_advice(money))
        for account, units in left.items():
            pair = legs((account, -units), (accounts.gas_issued(), units))
            await self._ledger.post(connection, [Transfer(f"gas_ended:{user_id}", "gas_ended", pair)])


def _place(account: Any) -> str:
    return f"{account.kind[0]}{account.currency}"


def _entry(row: Any, account: Any) -> WalletEntry:
    return WalletEntry(
        id=uuid5(row.account_id, str(row.seq)),
        transfer_id=row.transfer_id,
        at=rfc3339(row.at),
        kind=row.kind,
        amount=row.amount,
        currency=account.currency,
        balance_after=row.balance_after,
        subject_id=row.subject_id,
        bucket="held" if account.kind == AccountKind.HELD else "available",
    )


def _units(amount_minor: int, currency: str) -> str:
    if currency == GAS_CURRENCY:
        return str(amount_minor)
    digits = minor_digits(currency)
    return f"{Decimal(amount_minor).scaleb(-digits):.{digits}f}"


def _advice(money: dict[accounts.Account, int]) -> str:
    """What is still there and what to do about it."""
    said: list[str] = []
    for account, balance in money.items():
        amount = format_amount(balance, account.currency)
        if account.kind is AccountKind.HELD:
            said.append(f"{amount} is held for bids: wait until those auctions have ended")
        else:
            said.append(f"withdraw {amount} first (POST /v1/wallet/withdrawals)")
    return "There is money in your wallet: " + "; ".join(said)
