"""Bid security (SPEC AUC-2, MON-5): what a bid must be backed by, and what money an auction binds.

`full_hold` binds the leader's hidden maximum, so that a proxy can always be paid, and frees it in the commit that
puts somebody else in the lead. `deposit` binds one sum for each bidder, from its first bid to the end. Both are
decided under the auction's lock with the wallets locked behind it, and written in the transaction that decides.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from outcry.auctions.book import Book
from outcry.auctions.rules import Acceptance, Status
from outcry.kernel.arrays import BigInts, Ints, Texts, UuidBytes, UuidInts
from outcry.kernel.database import Transaction
from outcry.kernel.ids import new_id_run
from outcry.kernel.pipeline import PipelinedConnection, Statement, Step
from outcry.ledger import accounts
from outcry.ledger.service import Connection, HoldMove, Ledger

PURPOSE = "bid"
CHUNK_MOVES = 5_000
_KEPT_ACCOUNTS = 50_000

OPEN_PURSES = Statement(
    "open_purses", "SELECT place, available FROM ledger_open($1::uuid[], $2::text[], $3::uuid[], $4::uuid[])", rows=True
)
LOCK_PURSES = Statement(
    "lock_purses",
    "SELECT place, available FROM ledger_lock_holds($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[])",
    rows=True,
)
FUNDED = Statement("funded", "SELECT desk_funded($1::uuid[], $2::bigint[])")
_BOUND = "SELECT subject_id, user_id, amount FROM ledger_holds WHERE subject_id = ANY(%s) AND status = 'active'"
_BIDDERS = """
SELECT DISTINCT auction_id, bidder_id FROM bids
WHERE auction_id = ANY(%s) AND voided_at IS NULL AND kind IN ('bid', 'raise')
"""

# (auction, person)
Place = tuple[int, int]
# (person, currency)
Purse = tuple[int, str]
# The columns of `ledger_bind`.
Binding = tuple[UuidBytes, Ints, UuidBytes, BigInts, BigInts, Ints, UuidBytes, Texts, BigInts, UuidBytes]
_ledger = Ledger()


def needed(book: Book, bidders: Collection[int]) -> dict[int, int]:
    """What the auction binds as it stands: minor units by person. `bidders` are those with a bid that stands."""
    standing, status = book.standing, book.standing.status
    leader = standing.leader_id
    if book.awaits_second_chance:
        # The winner is out, and the runner-up is bound when it accepts.
        return {}
    if status is Status.SOLD:
        winner, price = book.winner_id, book.final_price
        assert winner is not None
        assert price is not None
        if book.deposit_amount is not None:
            return {winner: book.deposit_amount}
        return {winner: min(standing.leader_max, price) if winner == leader else price}
    if not isinstance(leader, int) or status not in (Status.LIVE, Status.AWAITING_DECISION):
        return {}
    if book.deposit_amount is None:
        return {leader: standing.leader_max}
    return dict.fromkeys(bidders if status is Status.LIVE else (leader,), book.deposit_amount)


class _Hold:
    """What an auction binds of a person's money before a batch, and what it binds after it."""

    __slots__ = ("amount", "before", "book", "is_new", "purse")

    def __init__(self, book: Book, purse: Purse, before: int, is_new: bool) -> None:
        self.book = book
        self.purse = purse
        self.before = self.amount = before
        self.is_new = is_new


class Funds:
    """The money of a batch's people as its decisions leave it. Pure of I/O.

    `free` is the available money that is known of each (person, currency); decisions change it. What an auction binds
    follows from its book: a full hold is the leader's maximum, a deposit everyone's with a bid that stands. `sure`
    takes the book's word that who never bid there never had a hold there; if that is wrong, the commit fails.
    """

    def __init__(self, free: dict[Purse, int], *, sure: bool = False) -> None:
        self.free = free
        self._sure = sure
        self._holds: dict[Place, _Hold] = {}
        self._first: dict[Purse, int] = {}
        self._asked: dict[Purse, int] = {}

    def backs(self, book: Book, bidder_id: int, outcome: Acceptance) -> bool:
        """Whether the bidder's money backs a bid that would be accepted. If it does, money is bound and freed so."""
        deposit = book.deposit_amount
        # One who does not take the lead drives the price up, so that bid must be good for its money too.
        asked = outcome.own.max_amount if deposit is None else deposit
        purse = bidder_id, book.currency
        free = self.free[purse]
        slack = free + bound_by(book, bidder_id) - asked
        if slack < 0:
            return False
        first = self._first.setdefault(purse, free)
        self._asked[purse] = max(self._asked.get(purse, 0), first - slack)
        if deposit is not None:
            self._bind(book, bidder_id, deposit)
        elif outcome.standing.leader_id == bidder_id:
            outbid = book.standing.leader_id
            if isinstance(outbid, int) and outbid != bidder_id:
                self._bind(book, outbid, 0)
            self._bind(book, bidder_id, outcome.standing.leader_max)
        return True

    def _bind(self, book: Book, person: int, amount: int) -> None:
        bound, place, purse = bound_by(book, person), (book.id, person), (person, book.currency)
        hold = self._holds.get(place)
        if hold is None:
            is_new = self._sure and person not in book.bidders and person not in book.inactive
            hold = self._holds[place] = _Hold(book, purse, bound, is_new)
        hold.amount = amount
        free = self.free.get(purse)
        if free is not None:
            self._first.setdefault(purse, free)
            self.free[purse] = free - amount + bound

    def binding(self) -> Binding | None:
        """What the commit moves, as the columns of `ledger_bind`; None when it moves nothing.

        Of a batch's leaders only the last one's hold moves. What holds bound before is told, to be proved there. A
        leader's first hold on an auction takes over the one of who led before.
        """
        wallets: dict[Purse, int] = {}
        numbers: list[int | None] = []
        subjects: list[bytes | None] = []
        befores: list[int | None] = []
        amounts: list[int | None] = []
        heirs: list[int | None] = []
        freed: dict[bytes, int] = {}
        taking: dict[bytes, int] = {}
        for hold in self._holds.values():
            if hold.amount != hold.before:
                auction = hold.book.id_bytes
                numbers.append(wallets.setdefault(hold.purse, len(wallets) + 1))
                subjects.append(auction)
                befores.append(None if hold.is_new else hold.before)
                amounts.append(hold.amount)
                heirs.append(0)
                if not hold.amount:
                    freed[auction] = len(heirs)
                elif hold.is_new:
                    taking[auction] = len(heirs)
        if not numbers:
            return None
        # As `p_heirs` has it: beside what ends the place of its heir, beside the heir -1.
        for auction, place in taking.items():
            left = freed.get(auction)
            if left is not None:
                heirs[left - 1], heirs[place - 1] = place, -1
        people, available = zip(*[purse_bytes(*purse) for purse in wallets], strict=True)
        return (
            UuidBytes(new_id_run(len(numbers))),
            Ints(numbers),
            UuidBytes(subjects),
            BigInts(befores),
            BigInts(amounts),
            Ints(heirs),
            UuidBytes(people),
            Texts([currency for _, currency in wallets]),
            BigInts([self._asked.pop(purse, 0) for purse in wallets]),
            UuidBytes(available),
        )

    def steps(self) -> list[Step]:
        """Before the auctions move: the money of those whose bids bind nothing is proved to be there."""
        if not self._asked:
            return []
        wallets = [purse_ids(*purse)[0] for purse in self._asked]
        return [(FUNDED, (UuidInts(wallets), BigInts(list(self._asked.values()))))]


def bound_by(book: Book, person: int) -> int:
    """What a live auction binds of a person's money as its book stands."""
    if book.deposit_amount is not None:
        return book.deposit_amount if person in book.bidders else 0
    return book.standing.leader_max if person == book.standing.leader_id else 0


@lru_cache(_KEPT_ACCOUNTS)
def purse_ids(person: int, currency: str) -> tuple[int, int]:
    """The ids of a person's two accounts."""
    user_id = UUID(int=person)
    return accounts.available(user_id, currency).id.int, accounts.held(user_id, currency).id.int


@lru_cache(_KEPT_ACCOUNTS)
def purse_bytes(person: int, currency: str) -> tuple[bytes, bytes]:
    """The ids of a person and of its available account, as 16 bytes."""
    return person.to_bytes(16, "big"), purse_ids(person, currency)[0].to_bytes(16, "big")


async def open_purses(pipe: PipelinedConnection, purses: Collection[Purse]) -> dict[Purse, int]:
    """Available money as committed, not locked; from now on they have accounts, which a commit only moves."""
    asked = list(purses)
    ids = [purse_ids(*purse) for purse in asked]
    people, currencies = UuidInts([person for person, _ in asked]), Texts([currency for _, currency in asked])
    available, held = UuidInts([one for one, _ in ids]), UuidInts([one for _, one in ids])
    (rows,) = await pipe.flight([(OPEN_PURSES, (people, currencies, available, held))])
    return {asked[number - 1]: free for number, free in rows}


async def lock_purses(pipe: PipelinedConnection, bids: Iterable[Place], books: Mapping[int, Book]) -> dict[Purse, int]:
    """The available money of everyone whose money these bids may move, locked with what is held of it."""
    purses = {(person, books[auction_id].currency) for auction_id, person in _secured(bids, books)}
    for auction_id in {auction_id for auction_id, _ in _secured(bids, books)}:
        leader = books[auction_id].standing.leader_id
        if isinstance(leader, int):
            purses.add((leader, books[auction_id].currency))
    if not purses:
        return {}
    asked = list(purses)
    ids = [purse_ids(*purse) for purse in asked]
    people = UuidInts([person for person, _ in asked])
    currencies = Texts([currency for _, currency in asked])
    available, held = UuidInts([one for one, _ in ids]), UuidInts([one for _, one in ids])
    (rows,) = await pipe.flight([(LOCK_PURSES, (people, people, currencies, available, held))])
    return {asked[number - 1]: free for number, free in rows}


def _secured(bids: Iterable[Place], books: Mapping[int, Book]) -> list[Place]:
    return [place for place in bids if place[0] in books and books[place[0]].is_secured]


async def settle(connection: Connection, books: Iterable[Book]) -> None:
    """Bring the holds of these locked auctions to what they bind now, set-based. Raises InsufficientFunds."""
    secured = {book.id: book for book in books if book.is_secured}
    if not secured:
        return
    wanted = await wanted_holds(connection, list(secured.values()))
    for place in await bound_holds(connection, list(secured)):
        wanted.setdefault(place, 0)
    moves = [
        HoldMove(UUID(int=person), UUID(int=auction_id), secured[auction_id].currency, amount, PURPOSE)
        for (auction_id, person), amount in wanted.items()
    ]
    # What is freed first, so that it can be bound again.
    moves.sort(key=lambda move: move.amount_now)
    if len(moves) > CHUNK_MOVES:
        # Many bidders on auctions that end together: their wallets are locked in one order before the first chunk.
        purses = [(move.user_id, move.currency) for move in moves]
        await _ledger.lock(connection, [make(*one) for one in purses for make in (accounts.available, accounts.held)])
    for start in range(0, len(moves), CHUNK_MOVES):
        await _ledger.move_holds(connection, moves[start : start + CHUNK_MOVES])


async def wanted_holds(connection: Connection, books: Sequence[Book]) -> dict[Place, int]:
    """What each of these auctions binds as it stands."""
    asking = {book.id for book in books if book.deposit_amount is not None and book.standing.status is Status.LIVE}
    bidders: dict[int, list[int]] = {}
    if asking:
        for auction_id, person in await _rows(connection, _BIDDERS, asking):
            bidders.setdefault(auction_id, []).append(person)
    return {
        (book.id, person): amount for book in books for person, amount in needed(book, bidders.get(book.id, [])).items()
    }


async def bound_holds(connection: Connection, auction_ids: Collection[int]) -> dict[Place, int]:
    """What the ledger says these auctions bind."""
    return {(auction_id, person): amount for auction_id, person, amount in await _rows(connection, _BOUND, auction_ids)}


async def deposit_of(tx: Transaction, auction_id: UUID, user_id: UUID) -> int:
    """How much of the person's money the auction binds as a deposit; 0 when it asks for none."""
    bound: int | None = await tx.scalar(
        "SELECT h.amount FROM ledger_holds h JOIN auctions a ON a.id = h.subject_id WHERE h.subject_id = :auction"
        " AND h.user_id = :person AND h.status = 'active' AND a.bid_security = 'deposit'",
        {"auction": auction_id, "person": user_id},
    )
    return bound or 0


async def _rows(connection: Connection, statement: str, ids: Iterable[int]) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(statement.encode(), (UuidInts(ids),))
    return [tuple(one.int if isinstance(one, UUID) else one for one in row) for row in await cursor.fetchall()]
