"""The desk: where bids are decided (DESIGN "The bid path"; SPEC AUC-2, AUC-3, AUC-14, PERF-1).

Bids that arrive while a batch commits wait in this process; then the whole queue becomes one batch over all its
auctions: one transaction that locks the auctions in order, decides every bid by the pure rules, writes the history
and the auctions set-based, commits, and only then answers and publishes. No timers. Any number of processes may run
desks: the row lock is the referee, PostgreSQL's clock is the clock.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow, dict_row

from outcry.auctions import desk_sql as sql
from outcry.auctions.batch import NOBODY_RESTRICTED, BidRequest, Draft, PriorBid, Restricted
from outcry.auctions.book import Book
from outcry.identity.service import read_restrictions
from outcry.kernel import outbox
from outcry.kernel.arrays import BigInts, Booleans, Byteas, Instants, Ints, Texts, Uuids
from outcry.kernel.database import Database
from outcry.kernel.errors import Busy, OutcryError
from outcry.kernel.outbox import StoredEvent

MAX_BOOKS = 20_000
MAX_KNOWN_BIDDERS = 200_000
MAX_UNRESTRICTED_PAIRS = 500_000
MAX_CONNECTION_ATTEMPTS = 5
RECONNECT_SECONDS = 0.2

_log = logging.getLogger("outcry.desk")


class Desk:
    """A process's desk: lanes that each settle one batch at a time; an auction always goes to the same lane."""

    def __init__(self, database: Database, *, shards: int, queue_bids: int, batch_bids: int) -> None:
        self._database = database
        self._queue_bids = queue_bids
        self._lanes = [Lane(database, batch_bids, number) for number in range(shards)]

    async def start(self) -> None:
        """Connect and start the lanes."""
        for lane in self._lanes:
            await lane.start()

    async def stop(self) -> None:
        """Settle what is queued, then close."""
        for lane in self._lanes:
            await lane.stop()

    def submit(self, request: BidRequest) -> None:
        """Queue a bid; `request.done` is called when it is decided and durable, or at once with `Busy`."""
        lane = self._lanes[request.auction_id.int % len(self._lanes)]
        if len(lane.queue) >= self._queue_bids:
            request.done(Busy(detail="Too many bids are waiting; this one was not taken"))
            return
        lane.queue.append(request)
        lane.wake()

    @property
    def queued_bids(self) -> int:
        """Bids waiting for a batch."""
        return sum(len(lane.queue) for lane in self._lanes)

    @property
    def decided_bids(self) -> int:
        """Bids decided since start, accepted and refused."""
        return sum(lane.decided_bids for lane in self._lanes)

    @property
    def settled_batches(self) -> int:
        """Batches settled since start."""
        return sum(lane.settled_batches for lane in self._lanes)


class Lane:
    """One connection, one batch in flight."""

    def __init__(self, database: Database, batch_bids: int, number: int) -> None:
        self.queue: deque[BidRequest] = deque()
        self.decided_bids = 0
        self.settled_batches = 0
        self._database = database
        self._batch_bids = batch_bids
        self._number = number
        self._connection: psycopg.AsyncConnection[TupleRow] | None = None
        self._books: OrderedDict[UUID, Book] = OrderedDict()
        self._known_bidders = 0
        self._unrestricted: set[tuple[UUID, UUID]] = set()
        self._restriction_version = -1
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        self._connection = await self._connect()
        self._task = asyncio.create_task(self._run(), name=f"desk-{self._number}")

    async def stop(self) -> None:
        self._stopping = True
        self.wake()
        if self._task is not None:
            await self._task
        if self._connection is not None:
            await self._connection.close()

    def wake(self) -> None:
        """Called after each append; the lane may be idle."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _connect(self) -> psycopg.AsyncConnection[TupleRow]:
        connection = await self._database.connect_raw(options=sql.CONNECTION_OPTIONS)
        connection.prepare_threshold = 0
        return connection

    async def _run(self) -> None:
        while True:
            if not self.queue:
                if self._stopping:
                    return
                # Nothing may be awaited between this look at the queue and the wait, or a bid could be left lying.
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
                self._waiter = None
                continue
            take = min(len(self.queue), self._batch_bids)
            await self._settle([self.queue.popleft() for _ in range(take)])

    async def _settle(self, batch: list[BidRequest]) -> None:
        """Decide, commit and answer `batch`, whatever happens: reconnect, or split round a poisoned bid."""
        for attempt in range(MAX_CONNECTION_ATTEMPTS):
            try:
                await self._try_batch(batch)
                return
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as lost:
                # The commit may or may not have happened; every bid has a key, so deciding again is safe.
                _log.warning("the desk lost its batch, trying again: %s", lost)
                self._books.clear()
                await self._reconnect(attempt)
            except Exception:
                self._books.clear()
                await self._reset()
                if len(batch) == 1:
                    _log.exception("a bid could not be decided")
                    batch[0].done(OutcryError())
                    return
                _log.exception("a batch of %d failed; splitting it", len(batch))
                middle = len(batch) // 2
                await self._settle(batch[:middle])
                await self._settle(batch[middle:])
                return
        for request in batch:
            request.done(Busy(detail="The database is out of reach; repeat the bid with the same key"))

    async def _reset(self) -> None:
        assert self._connection is not None
        try:
            await self._connection.rollback()
        except psycopg.Error:
            await self._reconnect(0)

    async def _reconnect(self, attempt: int) -> None:
        if self._connection is not None:
            await self._connection.close()
        await asyncio.sleep(RECONNECT_SECONDS * attempt)
        try:
            self._connection = await self._connect()
        except (psycopg.OperationalError, OSError) as unreachable:
            _log.warning("the desk cannot reach the database: %s", unreachable)

    async def _try_batch(self, batch: Sequence[BidRequest]) -> None:
        connection = self._connection
        assert connection is not None
        async with connection.pipeline() as pipeline:
            draft = await self._decide(connection, batch)
            if not draft.written:
                # Refusals change nothing: rolling back spares the disk a flush.
                await connection.execute("ROLLBACK")
                await pipeline.sync()
                published: list[StoredEvent] = []
            else:
                published = await self._write(connection, draft)
                await pipeline.sync()
        self.decided_bids += len(batch)
        self.settled_batches += 1
        draft.answer()
        self._database.publish(published)
        self._trim()

    async def _decide(self, connection: psycopg.AsyncConnection[TupleRow], batch: Sequence[BidRequest]) -> Draft:
        ids = list({request.auction_id for request in batch})
        await connection.execute("BEGIN")
        locked = connection.cursor(binary=True)
        await locked.execute(sql.LOCK, (Uuids(ids),), prepare=True)
        moment = connection.cursor(binary=True)
        await moment.execute(sql.MOMENT, prepare=True)
        keys = connection.cursor(binary=True)
        await keys.execute(
            sql.KEYS,
            (
                Ints(range(len(batch))),
                Uuids([request.auction_id for request in batch]),
                Uuids([request.bidder_id for request in batch]),
                Texts([request.key for request in batch]),
            ),
            prepare=True,
        )
        versions: dict[UUID, int] = dict(await locked.fetchall())  # type: ignore[arg-type]
        moment_row = await moment.fetchone()
        assert moment_row is not None
        now_us, transaction_id, restriction_version = moment_row
        prior = {row[0]: PriorBid(*row[1:]) for row in await keys.fetchall()}
        books = await self._read_books(connection, versions)
        known = await self._read_bidders(connection, batch, books)
        restricted = await self._read_restrictions(connection, batch, books, restriction_version)
        draft = Draft(books, now_us)
        draft.decide(batch, prior, known, restricted)
        for changed in draft.changed.values():
            changed.book.version = transaction_id
        return draft

    async def _read_books(
        self, connection: psycopg.AsyncConnection[TupleRow], versions: dict[UUID, int]
    ) -> dict[UUID, Book]:
        books: dict[UUID, Book] = {}
        stale: list[UUID] = []
        for identity, version in versions.items():
            book = self._books.get(identity)
            if book is None or book.version != version:
                stale.append(identity)
            else:
                books[identity] = book
        if stale:
            cursor = connection.cursor(binary=True, row_factory=dict_row)
            await cursor.execute(sql.LOAD, (Uuids(stale),), prepare=True)
            for row in await cursor.fetchall():
                book = Book(row)
                books[book.id] = self._books[book.id] = book
        return books

    async def _read_bidders(
        self, connection: psycopg.AsyncConnection[TupleRow], batch: Sequence[BidRequest], books: dict[UUID, Book]
    ) -> dict[tuple[UUID, UUID], int]:
        """Learn who has bid here before; returns the aliases of those whose bids were all retracted."""
        unknown = {
            (request.auction_id, request.bidder_id)
            for request in batch
            if request.auction_id in books and request.bidder_id not in books[request.auction_id].bidders
        }
        if not unknown:
            return {}
        cursor = connection.cursor(binary=True)
        await cursor.execute(
            sql.BIDDERS, (Uuids([pair[0] for pair in unknown]), Uuids([pair[1] for pair in unknown])), prepare=True
        )
        inactive: dict[tuple[UUID, UUID], int] = {}
        for auction_id, bidder_id, ordinal, active in await cursor.fetchall():
            if active:
                books[auction_id].bidders[bidder_id] = ordinal
            else:
                inactive[(auction_id, bidder_id)] = ordinal
        self._known_bidders += len(unknown)
        return inactive

    async def _read_restrictions(
        self,
        connection: psycopg.AsyncConnection[TupleRow],
        batch: Sequence[BidRequest],
        books: dict[UUID, Book],
        version: int,
    ) -> Restricted:
        if version != self._restriction_version or len(self._unrestricted) > MAX_UNRESTRICTED_PAIRS:
            self._unrestricted.clear()
            self._restriction_version = version
        pairs = {
            (books[request.auction_id].seller_id, request.bidder_id) for request in batch if request.auction_id in books
        }
        pairs -= self._unrestricted
        if not pairs:
            return NOBODY_RESTRICTED
        found = await read_restrictions(connection, [bidder for _, bidder in pairs], list(pairs))
        self._unrestricted.update(
            pair for pair in pairs if pair not in found.blocked and pair[1] not in found.suspended
        )
        return Restricted(found.suspended, found.blocked)

    async def _write(self, connection: psycopg.AsyncConnection[TupleRow], draft: Draft) -> list[StoredEvent]:
        rows = draft.written
        await connection.execute(
            sql.INSERT_BIDS,
            (
                Uuids([row.auction_id for row in rows]),
                BigInts([row.entry.seq for row in rows]),
                Uuids([row.id for row in rows]),
                Uuids([row.entry.bidder_id for row in rows]),  # type: ignore[list-item]
                Ints([row.ordinal for row in rows]),
                Texts([row.entry.kind for row in rows]),
                BigInts([row.entry.amount for row in rows]),
                BigInts([row.entry.max_amount for row in rows]),
                BigInts([row.offered_amount for row in rows]),
                BigInts([row.offered_max for row in rows]),
                Instants([draft.now_us] * len(rows)),
                Texts([row.key for row in rows]),
                Byteas([row.hash for row in rows]),
            ),
            prepare=True,
        )
        if draft.new_bidders:
            auctions, bidders, ordinals = zip(*draft.new_bidders, strict=True)
            await connection.execute(
                sql.INSERT_BIDDERS, (Uuids(auctions), Uuids(bidders), Ints(ordinals)), prepare=True
            )
        events = draft.compose_events()
        await connection.execute(sql.UPDATE_AUCTIONS, _auction_columns(draft), prepare=True)
        stored = await outbox.append(connection, events) if events else []
        await connection.execute("COMMIT")
        return stored

    def _trim(self) -> None:
        while len(self._books) > MAX_BOOKS:
            self._books.popitem(last=False)
        if self._known_bidders > MAX_KNOWN_BIDDERS:
            self._known_bidders = 0
            for book in self._books.values():
                book.bidders.clear()


def _auction_columns(draft: Draft) -> tuple[Any, ...]:
    books = [changed.book for changed in draft.changed.values()]
    standings = [book.standing for book in books]
    return (
        Uuids([book.id for book in books]),
        BigInts([standing.price for standing in standings]),
        Uuids([standing.leader_id for standing in standings]),  # type: ignore[list-item]
        Ints([book.leader_ordinal for book in books]),
        BigInts([standing.leader_max for standing in standings]),
        Booleans([standing.reserve_met for standing in standings]),
        Ints([standing.bid_count for standing in standings]),
        Ints([book.bidder_count for book in books]),
        Ints([book.alias_count for book in books]),
        Ints([standing.extended_count for standing in standings]),
        BigInts([standing.entry_count for standing in standings]),
        Instants([standing.ends_at_us for standing in standings]),
        Byteas([book.chain_head for book in books]),
        BigInts([book.seq for book in books]),
    )
