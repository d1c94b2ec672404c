"""The one writer of the ledger (SPEC MON-1): transfers and holds, set-based, one round trip each.

Post in a transaction of the SYSTEM actor: the database refuses everybody else. A refusal aborts the transaction.
Balances never fall below zero where that is forbidden, keys never move money twice. Lock order: accounts are locked
last, after auctions, listings and orders, by id, until the commit.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn
from uuid import UUID

import msgspec
import psycopg

from outcry.kernel.arrays import BigInts, Ints, Texts, Uuids
from outcry.kernel.database import Transaction
from outcry.kernel.ids import new_id
from outcry.kernel.money import MAX_AMOUNT_MINOR
from outcry.ledger import accounts
from outcry.ledger.accounts import Account
from outcry.ledger.errors import (
    HoldExists,
    HoldNotFound,
    HoldTooSmall,
    InsufficientFunds,
    MalformedTransfer,
    TransferKeyReused,
)

# One call's bound: a desk batch, a day's releases in pages.
MAX_TRANSFERS = 10_000
MAX_KEY_CHARACTERS = 255

_POST = "SELECT place, transfer_id FROM ledger_post(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_LOCK = "SELECT ledger_lock(%s, %s, %s, %s)"
_BALANCES = "SELECT id, balance FROM ledger_balances WHERE id = ANY(:ids)"
_MOVE_HOLD = "SELECT place, hold_id, amount_before FROM ledger_move_holds(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_SET_HOLDS = "SELECT ledger_set_holds(%s, %s, %s, %s, %s, %s, %s, %s)"
_HOLD_CURRENCY = "SELECT currency FROM ledger_holds WHERE user_id = %s AND subject_id = %s"
_HOLD_AMOUNT = (
    "SELECT amount FROM ledger_holds WHERE user_id = %s AND subject_id = %s AND currency = %s AND status = 'active'"
)
_CAPTURE = "SELECT ledger_capture_hold(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"

Connection = psycopg.AsyncConnection[Any]


class Leg(msgspec.Struct, frozen=True):
    """One account's side of a transfer: plus raises its balance, minus lowers it; minor units, never zero."""

    account: Account
    amount: int


class Transfer(msgspec.Struct, frozen=True):
    """Money moved at once between two or more accounts; the legs sum to zero for each currency.

    `key` is what makes a repeat harmless; `kind` is one word for the statement (`sale`, `refund`, ...); `subject_id`
    is the order, auction, payment or withdrawal it is about.
    """

    key: str
    kind: str
    legs: tuple[Leg, ...]
    subject_id: UUID | None = None


class Posted(msgspec.Struct, frozen=True):
    """What became of a transfer; `replayed` when its key had been posted before."""

    key: str
    transfer_id: UUID
    replayed: bool


class HoldMove(msgspec.Struct, frozen=True):
    """How much of a person's money a subject shall bind from now on; 0 binds nothing."""

    user_id: UUID
    subject_id: UUID
    currency: str
    amount_now: int
    purpose: str = "bid"


def legs(*pairs: tuple[Account, int]) -> tuple[Leg, ...]:
    """The legs of these amounts, one for each account; those of zero are left out."""
    summed: dict[Account, int] = {}
    for account, amount in pairs:
        summed[account] = summed.get(account, 0) + amount
    return tuple(Leg(account, amount) for account, amount in summed.items() if amount)


class Ledger:
    """Transfers and holds; callers give the connection of their transaction and commit themselves."""

    async def post(self, connection: Connection, transfers: Sequence[Transfer]) -> list[Posted]:
        """Post all of them in this order, or none.

        Raises InsufficientFunds, TransferKeyReused, and MalformedTransfer on programming errors.
        """
        unique = _unique(transfers)
        if not unique:
            return []
        numbered = _numbered(leg.account for transfer in unique for leg in transfer.legs)
        ids = [new_id() for _ in unique]
        try:
            cursor = await connection.execute(
                _POST,
                (
                    *_accounts(numbered),
                    Uuids(ids),
                    Texts(transfer.key for transfer in unique),
                    Texts(transfer.kind for transfer in unique),
                    Uuids(transfer.subject_id for transfer in unique),
                    Ints(place for place, transfer in enumerate(unique, 1) for _ in transfer.legs),
                    Ints(numbered[leg.account] for transfer in unique for leg in transfer.legs),
                    BigInts(leg.amount for transfer in unique for leg in transfer.legs),
                ),
            )
            known = dict(await cursor.fetchall())
        except psycopg.DatabaseError as failed:
            _refuse(failed)
        posted = {
            transfer.key: Posted(transfer.key, known.get(place, ids[place - 1]), place in known)
            for place, transfer in enumerate(unique, 1)
        }
        answers: list[Posted] = []
        for transfer in transfers:
            answer = posted[transfer.key]
            answers.append(answer)
            if not answer.replayed:
                posted[transfer.key] = Posted(answer.key, answer.transfer_id, True)
        return answers

    async def balances(self, tx: Transaction, of: Sequence[Account]) -> dict[Account, int]:
        """Their balances as the actor may see them; 0 for one that was never opened."""
        rows = await tx.all(_BALANCES, {"ids": [account.id for account in of]})
        found = {row.id: row.balance for row in rows}
        return {account: found.get(account.id, 0) for account in of}

    async def lock(self, connection: Connection, of: Iterable[Account]) -> dict[Account, int]:
        """Their balances, locked until the commit: for "as much as there is"."""
        numbered = _numbered(of)
        if not numbered:
            return {}
        row = await (await connection.execute(_LOCK, _accounts(numbered))).fetchone()
        assert row is not None
        return dict(zip(numbered, row[0], strict=True))

    async def place_hold(
        self,
        connection: Connection,
        *,
        user_id: UUID,
        currency: str,
        amount: int,
        subject_id: UUID,
        purpose: str,
        key: str,
    ) -> UUID:
        """Bind `amount` of the person's available money for the subject; the hold's id.

        Raises InsufficientFunds, HoldExists, TransferKeyReused.
        """
        if amount <= 0:
            raise MalformedTransfer("a hold is of more than nothing")
        move = HoldMove(user_id, subject_id, currency, amount, purpose)
        _, hold_id, _ = await self._move(connection, "place", move, key)
        return hold_id

    async def change_hold(
        self, connection: Connection, *, user_id: UUID, subject_id: UUID, amount: int, key: str
    ) -> None:
        """Make the active hold bind `amount` from now on. Raises InsufficientFunds, HoldNotFound, TransferKeyReused."""
        currency = await _hold_currency(connection, user_id, subject_id)
        if amount <= 0:
            raise MalformedTransfer("release a hold that shall bind nothing")
        if currency is None:
            raise HoldNotFound()
        await self._move(connection, "change", HoldMove(user_id, subject_id, currency, amount), key)

    async def release_hold(self, connection: Connection, *, user_id: UUID, subject_id: UUID, key: str) -> int:
        """End the active hold; what became available again, 0 when there was none. A repeat tells the same."""
        currency = await _hold_currency(connection, user_id, subject_id)
        if currency is None:
            return 0
        move = HoldMove(user_id, subject_id, currency, 0)
        _, _, before = await self._move(connection, "release", move, key)
        return before

    async def lock_hold(
        self, connection: Connection, *, user_id: UUID, subject_id: UUID, currency: str, beside: Iterable[Account] = ()
    ) -> int:
        """What the active hold binds, for good until the commit; 0 when there is none.

        The wallet is locked, and at once, so in the one order, the accounts `beside` it that are moved next.
        """
        hold = (user_id, subject_id, currency)
        # Who never had a hold needs no lock, nor an account to hold money in.
        if await (await connection.execute(_HOLD_AMOUNT, hold)).fetchone() is None:
            return 0
        wallet = (accounts.available(user_id, currency), accounts.held(user_id, currency))
        await self.lock(connection, (*wallet, *beside))
        row = await (await connection.execute(_HOLD_AMOUNT, hold)).fetchone()
        return 0 if row is None else row[0]

    async def capture_hold(
        self, connection: Connection, *, user_id: UUID, subject_id: UUID, to: Account, amount: int, key: str
    ) -> int:
        """Pay `amount` out of the active hold into `to` and end it; what was left and became available again.

        Raises HoldNotFound, HoldTooSmall, TransferKeyReused.
        """
        free, bound = accounts.available(user_id, to.currency), accounts.held(user_id, to.currency)
        numbered = _numbered((free, bound, to))
        parameters = (new_id(), key, user_id, subject_id, amount, free.id, bound.id, *_accounts(numbered))
        try:
            row = await (await connection.execute(_CAPTURE, parameters)).fetchone()
        except psycopg.DatabaseError as failed:
            _refuse(failed)
        assert row is not None
        return row[0]

    async def move_holds(self, connection: Connection, moves: Sequence[HoldMove]) -> None:
        """Bring many holds to their amounts at once, each by a move of its own; one that is there already moves not.

        Each (person, subject) once, all for one purpose. Raises InsufficientFunds when somebody has not enough.
        """
        if not moves:
            return
        _check_count(moves)
        try:
            await connection.execute(
                _SET_HOLDS,
                (
                    Uuids(new_id() for _ in moves),
                    Uuids(move.user_id for move in moves),
                    Uuids(move.subject_id for move in moves),
                    Texts(move.currency for move in moves),
                    BigInts(move.amount_now for move in moves),
                    moves[0].purpose,
                    Uuids(accounts.available(move.user_id, move.currency).id for move in moves),
                    Uuids(accounts.held(move.user_id, move.currency).id for move in moves),
                ),
            )
        except psycopg.DatabaseError as failed:
            _refuse(failed)

    async def _move(self, connection: Connection, mode: str, move: HoldMove, key: str) -> tuple[int, UUID, int]:
        free, bound = accounts.available(move.user_id, move.currency), accounts.held(move.user_id, move.currency)
        try:
            cursor = await connection.execute(
                _MOVE_HOLD,
                (
                    mode,
                    Uuids([new_id()]),
                    key,
                    Uuids([move.user_id]),
                    Uuids([move.subject_id]),
                    Texts([move.currency]),
                    BigInts([move.amount_now]),
                    move.purpose,
                    Uuids([free.id]),
                    Uuids([bound.id]),
                ),
            )
            row = await cursor.fetchone()
        except psycopg.DatabaseError as failed:
            _refuse(failed)
        assert row is not None
        return row


async def _hold_currency(connection: Connection, user_id: UUID, subject_id: UUID) -> str | None:
    """A hold never changes its currency, so this may be read before the accounts are locked."""
    row = await (await connection.execute(_HOLD_CURRENCY, (user_id, subject_id))).fetchone()
    return None if row is None else row[0]


def _numbered(of: Iterable[Account]) -> dict[Account, int]:
    """Each account once, numbered from 1 by id: the order they are locked in."""
    return {account: place for place, account in enumerate(sorted(set(of), key=lambda account: account.id), 1)}


def _accounts(numbered: dict[Account, int]) -> tuple[Uuids, Texts, Uuids, Texts]:
    return (
        Uuids(account.id for account in numbered),
        Texts(account.kind.value for account in numbered),
        Uuids(account.owner_id for account in numbered),
        Texts(account.currency for account in numbered),
    )


def _unique(transfers: Sequence[Transfer]) -> list[Transfer]:
    """Each key once. Raises TransferKeyReused when two of a key differ, MalformedTransfer on wrong ones."""
    _check_count(transfers)
    unique: dict[str, Transfer] = {}
    for transfer in transfers:
        first = unique.setdefault(transfer.key, transfer)
        if first is not transfer and _facts(first) != _facts(transfer):
            raise TransferKeyReused(f"The key {transfer.key!r} was used for another transfer")
        if not 1 <= len(transfer.key) <= MAX_KEY_CHARACTERS:
            raise MalformedTransfer(f"a key has 1 to {MAX_KEY_CHARACTERS} characters: {transfer.key!r}")
        if len({leg.account for leg in transfer.legs}) != len(transfer.legs):
            raise MalformedTransfer(f"{transfer.key!r} names an account twice: sum its legs (`legs` does)")
        if any(not 0 < abs(leg.amount) <= MAX_AMOUNT_MINOR for leg in transfer.legs):
            raise MalformedTransfer(f"{transfer.key!r} has a leg of zero or beyond {MAX_AMOUNT_MINOR}")
    return list(unique.values())


def _facts(transfer: Transfer) -> tuple[str, UUID | None, frozenset[Leg]]:
    return transfer.kind, transfer.subject_id, frozenset(transfer.legs)


def _check_count(given: Sequence[Any]) -> None:
    if len(given) > MAX_TRANSFERS:
        raise MalformedTransfer(f"at most {MAX_TRANSFERS} in one call")


def _refuse(failed: psycopg.DatabaseError) -> NoReturn:
    """The database's refusal as the domain's own; what is neither passes as it came."""
    detail = failed.diag.message_detail or ""
    match failed.sqlstate:
        case "OL001":
            raise InsufficientFunds(detail) from None
        case "OL002":
            raise TransferKeyReused(f"The key {detail!r} was used for another transfer" if detail else None) from None
        case "OL003":
            raise MalformedTransfer(failed.diag.message_primary or "") from failed
        case "OL004":
            raise HoldExists() from None
        case "OL005":
            raise HoldNotFound() from None
        case "OL006":
            raise HoldTooSmall(f"Only {detail} is held", held=int(detail)) from None
        case _:
            raise failed
