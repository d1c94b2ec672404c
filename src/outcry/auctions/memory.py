"""What a lane of the desk knows: books, who has bid there, who may not bid, and what time it is.

Memory decides nothing by itself: what is decided from it is proved by the guard in the commit (decision 010), so it
may be filled without locks, while batches are on their way. It is filled by flights on the lane's own connection,
which the server works through in order: what they read is as the batches before them left it.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from outcry.auctions import desk_sql as sql
from outcry.auctions.batch import NOBODY_RESTRICTED, BidRequest, Draft, Restricted
from outcry.auctions.book import COLUMNS, Book
from outcry.auctions.desk_steps import pair_columns
from outcry.auctions.security import Funds, Purse, bound_by, open_purses
from outcry.identity.service import BLOCKED_BY, SUSPENDED_OF
from outcry.kernel.arrays import UuidBytes, UuidInts
from outcry.kernel.pipeline import PipelinedConnection

MAX_BOOKS = 20_000
MAX_KNOWN_BIDDERS = 500_000
# Of an auction with a history no longer than this, all bidders are read with it; of others, those who come along.
MAX_READ_ENTRIES = 2_000
# How old a decision may be when its auctions are locked.
MAX_DECISION_AGE_SECONDS = 1
MAX_CLOCK_AGE_US = 30_000_000


class DatabaseClock:
    """PostgreSQL's clock as last heard, carried on by this machine's monotonic one; never ahead, never backwards."""

    def __init__(self) -> None:
        self._heard_us: int | None = None
        self._heard_at_us = 0
        self._last_us = 0

    def learn(self, now_us: int) -> None:
        """What the clock said a moment ago, in microseconds since the epoch."""
        self._heard_us, self._heard_at_us = now_us, time.monotonic_ns() // 1_000
        self._last_us = max(self._last_us, now_us)

    def now_us(self) -> int | None:
        """Microseconds since the epoch; None when the clock was not heard for long."""
        passed_us = time.monotonic_ns() // 1_000 - self._heard_at_us
        if self._heard_us is None or passed_us > MAX_CLOCK_AGE_US:
            return None
        self._last_us = max(self._last_us, self._heard_us + passed_us)
        return self._last_us


class Memory:
    """One lane's memory; see the module's docstring."""

    def __init__(self) -> None:
        self.books: OrderedDict[int, Book] = OrderedDict()
        self.clock = DatabaseClock()
        self.restriction_version = -1
        # Available money, where auctions ask for security: as read, and as this lane's bids have left it since.
        self.purses: dict[Purse, int] = {}
        self._known_bidders = 0
        self._cleared_people: set[int] = set()
        self._blocks_of: dict[int, frozenset[int]] = {}

    # -- deciding --------------------------------------------------------------------------------------------

    def knows(self, request: BidRequest) -> bool:
        """Whether all that a decision on `request` rests on is known."""
        book, bidder_id = self.books.get(request.auction_id), request.bidder_id
        return (
            book is not None
            and bidder_id in self._cleared_people
            and (bidder_id in book.bidders or book.knows_all_bidders or bidder_id in book.asked_about)
            and book.seller_id in self._blocks_of
            and (not book.is_secured or (bidder_id, book.currency) in self.purses)
        )

    def is_funded(self, request: BidRequest) -> bool:
        """False when the bid may be refused for want of money: that is said only with the wallet locked."""
        book = self.books[request.auction_id]
        if not book.is_secured:
            return True
        asked = book.deposit_amount or max(request.max_amount or 0, request.amount or 0)
        return self.purses[request.bidder_id, book.currency] + bound_by(book, request.bidder_id) >= asked

    def too_close(self, auction_id: int, now_us: int) -> bool:
        """Near the bell only the database's own clock, read under the lock, will do."""
        ends_at_us = self.books[auction_id].standing.ends_at_us
        return ends_at_us is not None and 0 <= ends_at_us - now_us <= MAX_DECISION_AGE_SECONDS * 1_000_000

    def draft(self, batch: Sequence[BidRequest], now_us: int) -> Draft:
        """The decisions on `batch`, every bid of which is known."""
        books = {request.auction_id: self.books[request.auction_id] for request in batch}
        draft = Draft(books, now_us, Funds(self.purses, sure=True))
        draft.decide(batch, {}, self._restricted(books, frozenset()))
        if draft.lacks_funds:
            # Money that went within the batch, or that came since: the wallets must be locked to tell.
            raise LookupError("somebody's money does not suffice as it is known")
        draft.conclude()
        return draft

    def _restricted(self, books: Mapping[int, Book], suspended: frozenset[int]) -> Restricted:
        sellers = {book.seller_id for book in books.values()}
        blocked = {(seller, one) for seller in sellers for one in self._blocks_of[seller]}
        return Restricted(suspended, frozenset(blocked)) if suspended or blocked else NOBODY_RESTRICTED

    # -- learning --------------------------------------------------------------------------------------------

    async def learn(self, pipe: PipelinedConnection, requests: Sequence[BidRequest]) -> None:
        """Read, without locks, what the decisions on `requests` rest on. Raises psycopg errors.

        Wallets that auctions with bid security need and that are not there are opened.
        """
        strange = {request.auction_id for request in requests} - self.books.keys()
        heard, rows = await pipe.flight([(sql.HEAR, ()), (sql.LOAD, (UuidInts(strange),))])
        now_us, version = heard[0]
        self.clock.learn(now_us)
        await self._keep(pipe, rows)
        books = {id: book for request in requests if (book := self.books.get(id := request.auction_id)) is not None}
        await self.meet_bidders(pipe, requests, books)
        await self.read_restrictions(pipe, requests, books, version)
        places = ((request.bidder_id, books.get(request.auction_id)) for request in requests)
        purses = {(person, book.currency) for person, book in places if book is not None and book.is_secured}
        if strange_purses := purses - self.purses.keys():
            self.purses.update(await open_purses(pipe, strange_purses))

    def learn_purses(self, free: Mapping[Purse, int], *, were_kept: bool) -> None:
        """What a transaction leaves in wallets; those that it opened are not there when it was not kept."""
        known = self.purses
        known.update(free if were_kept else {purse: free[purse] for purse in free.keys() & known.keys()})

    async def read_books(self, pipe: PipelinedConnection, locked: Sequence[tuple[Any, ...]]) -> dict[int, Book]:
        """The books of the locked auctions; those that somebody else has written since are read anew."""
        stale: list[int] = []
        for identity, version in locked:
            book = self.books.get(identity)
            if book is None or book.version != version:
                stale.append(identity)
        if stale:
            (rows,) = await pipe.flight([(sql.LOAD, (UuidInts(stale),))])
            await self._keep(pipe, rows)
        return {identity: self.books[identity] for identity, _ in locked}

    async def _keep(self, pipe: PipelinedConnection, rows: Sequence[tuple[Any, ...]]) -> None:
        read = [Book(dict(zip(COLUMNS, row, strict=True))) for row in rows]
        short = [book for book in read if 0 < book.standing.entry_count <= MAX_READ_ENTRIES]
        self.books.update((book.id, book) for book in read)
        if short:
            (known,) = await pipe.flight([(sql.ALL_BIDDERS, (UuidBytes([book.id_bytes for book in short]),))])
            self._learn_bidders(known, {book.id: book for book in short})
            for book in short:
                book.knows_all_bidders = True

    async def meet_bidders(
        self, pipe: PipelinedConnection, requests: Iterable[BidRequest], books: Mapping[int, Book]
    ) -> None:
        """Learn of everyone who bids whether they have bid there before."""
        strangers: set[tuple[int, int]] = set()
        for request in requests:
            book = books.get(request.auction_id)
            if book is None or book.knows_all_bidders:
                continue
            if request.bidder_id not in book.bidders and request.bidder_id not in book.asked_about:
                strangers.add((request.auction_id, request.bidder_id))
        if strangers:
            (known,) = await pipe.flight([(sql.BIDDERS, pair_columns(strangers))])
            self._learn_bidders(known, books)
            for auction_id, bidder_id in strangers:
                books[auction_id].asked_about.add(bidder_id)

    def _learn_bidders(self, rows: Sequence[tuple[Any, ...]], books: Mapping[int, Book]) -> None:
        for auction_id, bidder_id, ordinal, active in rows:
            book = books[auction_id]
            (book.bidders if active else book.inactive)[bidder_id] = ordinal
        self._known_bidders += len(rows)

    async def read_restrictions(
        self, pipe: PipelinedConnection, requests: Iterable[BidRequest], books: Mapping[int, Book], version: int
    ) -> Restricted:
        """Who may not bid. What was learnt holds until the version of the restrictions, read before, moves."""
        if version != self.restriction_version or len(self._cleared_people) > MAX_KNOWN_BIDDERS:
            self._cleared_people.clear()
            self._blocks_of.clear()
            self.restriction_version = version
        people = {request.bidder_id for request in requests} - self._cleared_people
        sellers = {book.seller_id for book in books.values()} - self._blocks_of.keys()
        suspended: frozenset[int] = frozenset()
        if people or sellers:
            found, blocks = await pipe.flight([(SUSPENDED_OF, (UuidInts(people),)), (BLOCKED_BY, (UuidInts(sellers),))])
            suspended = frozenset(row[0] for row in found)
            self._cleared_people |= people - suspended
            for seller in sellers:
                self._blocks_of[seller] = frozenset(blocked for blocker, blocked in blocks if blocker == seller)
        return self._restricted(books, suspended)

    # -- forgetting ------------------------------------------------------------------------------------------

    def joined(self, bidders: int) -> None:
        """So many more are known; forget the oldest when it is too much."""
        self._known_bidders += bidders
        if len(self.purses) > MAX_KNOWN_BIDDERS:
            self.purses.clear()
        while len(self.books) > MAX_BOOKS:
            self.books.popitem(last=False)
        if self._known_bidders > MAX_KNOWN_BIDDERS:
            self._known_bidders = 0
            for book in self.books.values():
                book.bidders.clear()
                book.inactive.clear()
                book.asked_about.clear()
                book.knows_all_bidders = book.alias_count == 0

    def forget(self) -> None:
        """Something was not as remembered: books and time are read anew."""
        self.books.clear()
        self.purses.clear()
        self.clock = DatabaseClock()
