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
from outcry.kernel.arrays import BigInts, Texts, UuidInts, Uuids
from outcry.kernel.ids import new_id
from outcry.kernel.pipeline import PipelinedConnection, Statement, Step
from outcry.ledger import accounts
from outcry.ledger.service import Connection, HoldMove, Ledger

PURPOSE = "bid"
_KEPT_ACCOUNTS = 50_000

FUNDS = Statement(
    "funds",
    "SELECT place, available, bound FROM ledger_lock_holds($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[])",
    rows=True,
)
MOVE_HOLDS = Statement(
    "move_holds",
    "SELECT count(*) FROM ledger_move_holds('move', $1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[],"
    " $6::bigint[], $7::text[], $8::uuid[], $9::uuid[])",
    rows=True,
)
_BOUND = "SELECT subject_id, user_id, amount FROM ledger_holds WHERE subject_id = ANY(%s) AND status = 'active'"
_BIDDERS = """
SELECT DISTINCT auction_id, bidder_id FROM bids
WHERE auction_id = ANY(%s) AND voided_at IS NULL AND kind IN ('bid', 'raise')
"""

# (auction, person)
Place = tuple[int, int]
_ledger = Ledger()


def needed(book: Book, bidders: Collection[int]) -> dict[int, int]:
    """What the auction binds as it stands: minor units by person. `bidders` are those with a bid that stands."""
    standing, status = book.standing, book.standing.status
    leader = standing.leader_id
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


class Funds:
    """The money of a batch's people, as locked and then as its decisions leave it. Pure of I/O."""

    def __init__(self) -> None:
        # By (person, currency).
        self.free: dict[tuple[int, str], int] = {}
        self.bound: dict[Place, int] = {}
        self._before: dict[Place, int] = {}
        self._currencies: dict[Place, str] = {}

    def learn(self, place: Place, currency: str, free: int, bound: int) -> None:
        """What is locked: a person's available money and what the auction binds of it."""
        self.free[place[1], currency] = free
        self.bound[place] = self._before[place] = bound
        self._currencies[place] = currency

    def backs(self, book: Book, bidder_id: int, outcome: Acceptance) -> bool:
        """Whether the bidder's money backs a bid that would be accepted. If it does, money is bound and freed so."""
        place = book.id, bidder_id
        bound = self.bound[place]
        within = self.free[bidder_id, book.currency] + bound
        if book.deposit_amount is not None:
            if within < book.deposit_amount:
                return False
            self._bind(place, max(bound, book.deposit_amount))
            return True
        # One who does not take the lead drives the price up, so that bid must be good for its money too.
        if within < outcome.own.max_amount:
            return False
        if outcome.standing.leader_id == bidder_id:
            outbid = book.standing.leader_id
            if isinstance(outbid, int) and outbid != bidder_id:
                self._bind((book.id, outbid), 0)
            self._bind(place, outcome.standing.leader_max)
        return True

    def _bind(self, place: Place, amount: int) -> None:
        self.free[place[1], self._currencies[place]] -= amount - self.bound[place]
        self.bound[place] = amount

    def steps(self) -> list[Step]:
        """What moves the holds that changed: of a batch's leaders only the last one's."""
        moved = [place for place, amount in self.bound.items() if amount != self._before[place]]
        if not moved:
            return []
        purses = [_purse(person, self._currencies[auction_id, person]) for auction_id, person in moved]
        return [
            (
                MOVE_HOLDS,
                (
                    Uuids([new_id() for _ in moved]),
                    Texts([None] * len(moved)),
                    UuidInts([person for _, person in moved]),
                    UuidInts([auction_id for auction_id, _ in moved]),
                    Texts([self._currencies[place] for place in moved]),
                    BigInts([self.bound[place] for place in moved]),
                    Texts([PURPOSE] * len(moved)),
                    UuidInts([available for available, _ in purses]),
                    UuidInts([held for _, held in purses]),
                ),
            )
        ]


@lru_cache(_KEPT_ACCOUNTS)
def _purse(person: int, currency: str) -> tuple[int, int]:
    """The ids of a person's two accounts."""
    user_id = UUID(int=person)
    return accounts.available(user_id, currency).id.int, accounts.held(user_id, currency).id.int


async def read_funds(pipe: PipelinedConnection, bids: Iterable[Place], books: Mapping[int, Book]) -> Funds | None:
    """The locked funds of everyone whose money these bids may move; None when no auction among them asks for any."""
    places = {place for place in bids if place[0] in books and books[place[0]].is_secured}
    if not places:
        return None
    for auction_id in {auction_id for auction_id, _ in places}:
        leader = books[auction_id].standing.leader_id
        if isinstance(leader, int):
            places.add((auction_id, leader))
    asked = list(places)
    currencies = [books[auction_id].currency for auction_id, _ in asked]
    purses = [_purse(person, currency) for (_, person), currency in zip(asked, currencies, strict=True)]
    (rows,) = await pipe.flight(
        [
            (
                FUNDS,
                (
                    UuidInts([person for _, person in asked]),
                    UuidInts([auction_id for auction_id, _ in asked]),
                    Texts(currencies),
                    UuidInts([available for available, _ in purses]),
                    UuidInts([held for _, held in purses]),
                ),
            )
        ]
    )
    funds = Funds()
    for number, free, bound in rows:
        funds.learn(asked[number - 1], currencies[number - 1], free, bound)
    return funds


async def settle(connection: Connection, books: Iterable[Book]) -> None:
    """Bring the holds of these locked auctions to what they bind now, in one statement. Raises InsufficientFunds."""
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
    await _ledger.move_holds(connection, moves)


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


async def _rows(connection: Connection, statement: str, ids: Iterable[int]) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(statement.encode(), (UuidInts(ids),))
    return [tuple(one.int if isinstance(one, UUID) else one for one in row) for row in await cursor.fetchall()]
