"""The desk: where bids are decided (DESIGN "The bid path"; SPEC AUC-2, AUC-3, AUC-14, PERF-1).

Bids that arrive while a batch commits wait in this process; then the whole queue becomes one batch over all its
auctions, decided by the pure rules in arrival order, written set-based in one transaction, and answered and published
only after its commit. No timers. Any number of processes may run desks: PostgreSQL is the referee.

A desk that knows the auctions of a batch decides it from memory and sends everything in one flight, while the batch
before may still be committing. The transaction begins with a guard: it locks the auctions and fails unless each is the
version that was decided on, the time was right, and nothing else that matters has changed. A batch that fails the
guard, or that the desk does not know enough about, takes the long way: lock, read, decide, write.
"""

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import psycopg

from outcry.auctions import desk_sql as sql
from outcry.auctions.batch import NOBODY_RESTRICTED, BidRequest, Draft, NewEvent, PriorBid, Restricted
from outcry.auctions.book import COLUMNS, Book
from outcry.identity.service import BLOCKED_BY, SUSPENDED_OF
from outcry.kernel.arrays import BigInts, Booleans, Byteas, Instants, Ints, JsonTexts, Texts, UuidBytes, UuidInts
from outcry.kernel.database import Database
from outcry.kernel.errors import Busy, OutcryError
from outcry.kernel.ids import id_text
from outcry.kernel.pipeline import Flight, PipelinedConnection, Step

MAX_BOOKS = 20_000
MAX_KNOWN_BIDDERS = 500_000
MAX_CONNECTION_ATTEMPTS = 5
RECONNECT_SECONDS = 0.2
# Of an auction with a history no longer than this, all bidders are read with it; of others, those who come along.
MAX_READ_ENTRIES = 2_000
# One committing, one decided behind it. The guard knows "as the batch before left it", and no more.
MAX_FLYING = 2
# The second must be at least the first's size over this.
SECOND_BATCH_SHARE = 4
# Fewer bids than this go in one batch: two would cost more than they overlap.
MIN_HALVED_BIDS = 64
# How old a decision may be when its auctions are locked.
MAX_DECISION_AGE_SECONDS = 1
MAX_CLOCK_AGE_US = 30_000_000

_log = logging.getLogger("outcry.desk")


class Desk:
    """A process's desk: lanes that each settle one batch at a time; an auction always goes to the same lane."""

    def __init__(self, database: Database, *, shards: int, queue_bids: int, batch_bids: int) -> None:
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
        lane = self._lanes[request.auction_id % len(self._lanes)]
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


class _Flying:
    """A batch decided from memory, on its way."""

    __slots__ = ("batch", "draft", "flight", "outbids")

    def __init__(self, batch: list[BidRequest], draft: Draft, outbids: "_Outbids", flight: Flight) -> None:
        self.batch = batch
        self.draft = draft
        self.outbids = outbids
        self.flight = flight


class Lane:
    """One connection; a batch in flight, and the next one decided behind it."""

    def __init__(self, database: Database, batch_bids: int, number: int) -> None:
        self.queue: deque[BidRequest] = deque()
        self.decided_bids = 0
        self.settled_batches = 0
        self.long_ways = 0
        self._database = database
        self._batch_bids = batch_bids
        self._number = number
        self._pipe: PipelinedConnection | None = None
        self._flying: deque[_Flying] = deque()
        self._books: OrderedDict[int, Book] = OrderedDict()
        self._known_bidders = 0
        self._cleared_people: set[int] = set()
        self._blocks_of: dict[int, frozenset[int]] = {}
        self._restriction_version = -1
        self._clock = DatabaseClock()
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Connect and begin to settle."""
        self._pipe = await self._connect()
        self._task = asyncio.create_task(self._run(), name=f"desk-{self._number}")

    async def stop(self) -> None:
        """Settle what is queued, then close the connection."""
        self._stopping = True
        self.wake()
        if self._task is not None:
            await self._task
        if self._pipe is not None:
            await self._pipe.close()

    def wake(self) -> None:
        """Called after each append; the lane may be idle."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _connect(self) -> PipelinedConnection:
        return PipelinedConnection(await self._database.connect_raw(options=sql.CONNECTION_OPTIONS))

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while self._flying and self._flying[0].flight.answered.done():
                await self._land()
            if self._may_take():
                batch = [self.queue.popleft() for _ in range(self._share())]
                if not self._launch(batch):
                    await self._land_all()
                    await self._settle(batch)
                continue
            if self._stopping and not self.queue and not self._flying:
                return
            # Nothing may be awaited between this look at the queue and the wait, or a bid could be left lying.
            self._waiter = loop.create_future()
            await self._waiter
            self._waiter = None

    def _may_take(self) -> bool:
        """A second batch waits until it is worth a transaction, or until it would be the only one."""
        if not self.queue or not self._flying:
            return bool(self.queue)
        return len(self._flying) < MAX_FLYING and len(self.queue) * SECOND_BATCH_SHARE >= len(self._flying[-1].batch)

    def _share(self) -> int:
        """How many to take: of a crowd first one half, so that the other is decided while that one commits."""
        waiting = len(self.queue)
        if not self._flying and waiting >= MIN_HALVED_BIDS:
            waiting = (waiting + 1) // 2
        return min(waiting, self._batch_bids)

    # -- from memory -----------------------------------------------------------------------------------------

    def _launch(self, batch: list[BidRequest]) -> bool:
        """Decide `batch` from memory and send it; False when it must take the long way."""
        assert self._pipe is not None
        try:
            draft = self._foresee(batch)
            if draft is None:
                return False
            guard = self._guard(batch, draft)
            for changed in draft.changed.values():
                changed.book.version = None
            outbids = _Outbids(draft.outbid_events)
            steps = [(sql.BEGIN, ()), guard, *_writing_steps(draft, outbids)] if draft.written else [guard]
            flight = self._pipe.launch(steps)
        except Exception as failed:
            # The long way finds out what is wrong, and with which bid.
            _log.debug("a batch could not be decided from memory: %r", failed)
            self._forget()
            return False
        self._flying.append(_Flying(batch, draft, outbids, flight))
        flight.answered.add_done_callback(lambda _: self.wake())
        return True

    def _foresee(self, batch: Sequence[BidRequest]) -> Draft | None:
        """The decisions on `batch`, if all they rest on is known."""
        now_us = self._clock.now_us()
        if now_us is None:
            return None
        books: dict[int, Book] = {}
        cleared = self._cleared_people
        for request in batch:
            book = books.get(request.auction_id)
            if book is None:
                book = self._books.get(request.auction_id)
                if book is None or self._too_close(book, now_us) or book.seller_id not in self._blocks_of:
                    return None
                books[request.auction_id] = book
            bidder_id = request.bidder_id
            if bidder_id not in cleared or (bidder_id not in book.bidders and not book.knows_all_bidders):
                return None
        draft = Draft(books, now_us)
        draft.decide(batch, {}, self._restricted(books, frozenset()))
        draft.conclude()
        return draft

    @staticmethod
    def _too_close(book: Book, now_us: int) -> bool:
        """Near the bell only the database's own clock, read under the lock, will do."""
        ends_at_us = book.standing.ends_at_us
        return ends_at_us is not None and 0 <= ends_at_us - now_us <= MAX_DECISION_AGE_SECONDS * 1_000_000

    def _guard(self, batch: Sequence[BidRequest], draft: Draft) -> Step:
        books = draft.books.values()
        keyed = [request for request in batch if not request.made_key]
        return sql.GUARD, (
            Booleans([bool(draft.written)]),
            UuidBytes([book.id_bytes for book in books]),
            BigInts([book.version for book in books]),
            Instants([draft.now_us]),
            Ints([MAX_DECISION_AGE_SECONDS]),
            BigInts([self._restriction_version]),
            UuidInts([request.auction_id for request in keyed]),
            UuidInts([request.bidder_id for request in keyed]),
            Texts([request.key for request in keyed]),
        )

    async def _land(self) -> None:
        """Answer the oldest batch in flight; if it failed, it and what was decided on it take the long way."""
        assert self._pipe is not None
        landed = self._flying.popleft()
        try:
            rows = self._pipe.rows(landed.flight)
        except psycopg.Error as failed:
            await self._start_over(landed, failed)
            return
        self._finish(landed, rows)

    def _finish(self, landed: _Flying, rows: Sequence[Sequence[Any]]) -> None:
        draft = landed.draft
        transaction_id, now_us = rows[1 if draft.written else 0][0]
        self._clock.learn(now_us)
        later = self._flying[0].draft.changed if self._flying else {}
        for changed in draft.changed.values():
            if changed.book.id not in later:
                changed.book.version = transaction_id
        counted = [row[0] for row in rows[-2]] if draft.outbid_events else []
        self._answer(landed.batch, draft, landed.outbids.seqs(counted))

    async def _start_over(self, failed: _Flying, error: psycopg.Error) -> None:
        assert self._pipe is not None
        if error.sqlstate != sql.STALE:
            _log.info("a batch decided from memory failed, deciding it again: %s", error)
        again = [failed]
        for other in tuple(self._flying):
            await other.flight.answered
            self._flying.popleft()
            try:
                self._finish(other, self._pipe.rows(other.flight))
            except psycopg.Error:
                again.append(other)
        self._forget()
        if isinstance(error, psycopg.OperationalError):
            await self._reconnect(0)
        else:
            await self._roll_back()
        for one in again:
            # Whether it was committed is not always known; every bid has a key, so deciding again is safe.
            await self._settle(one.batch, retrying=True)

    async def _land_all(self) -> None:
        while self._flying:
            await self._flying[0].flight.answered
            await self._land()

    def _answer(self, batch: Sequence[BidRequest], draft: Draft, outbid_seqs: Sequence[int]) -> None:
        """The batch is durable: everyone may know."""
        self.decided_bids += len(batch)
        self.settled_batches += 1
        self._known_bidders += draft.joined
        draft.answer()
        self._database.publish(draft.published(self._database.heard, outbid_seqs))
        self._trim()

    def _forget(self) -> None:
        self._books.clear()
        self._clock = DatabaseClock()

    # -- the long way ----------------------------------------------------------------------------------------

    async def _settle(self, batch: list[BidRequest], *, retrying: bool = False) -> None:
        """Decide, commit and answer `batch`, whatever happens: reconnect, or split round a poisoned bid."""
        self.long_ways += 1
        for attempt in range(MAX_CONNECTION_ATTEMPTS):
            try:
                draft, outbid_seqs = await self._try_batch(batch, retrying=retrying or attempt > 0)
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as lost:
                # The commit may or may not have happened; every bid has a key, so deciding again is safe.
                _log.warning("the desk lost its batch, trying again: %s", lost)
                self._forget()
                await self._reconnect(attempt)
                continue
            except Exception:
                self._forget()
                await self._roll_back()
                if len(batch) == 1:
                    _log.exception("a bid could not be decided")
                    batch[0].done(OutcryError())
                    return
                _log.exception("a batch of %d failed; splitting it", len(batch))
                middle = len(batch) // 2
                await self._settle(batch[:middle], retrying=retrying)
                await self._settle(batch[middle:], retrying=retrying)
                return
            self._answer(batch, draft, outbid_seqs)
            return
        for request in batch:
            request.done(Busy(detail="The database is out of reach; repeat the bid with the same key"))

    async def _roll_back(self) -> None:
        assert self._pipe is not None
        try:
            await self._pipe.flight([(sql.ROLLBACK, ())])
        except (psycopg.Error, OSError):
            await self._reconnect(0)

    async def _reconnect(self, attempt: int) -> None:
        if self._pipe is not None:
            await self._pipe.close()
        await asyncio.sleep(RECONNECT_SECONDS * attempt)
        try:
            self._pipe = await self._connect()
        except (psycopg.OperationalError, OSError) as unreachable:
            _log.warning("the desk cannot reach the database: %s", unreachable)

    async def _try_batch(self, batch: Sequence[BidRequest], *, retrying: bool) -> tuple[Draft, list[int]]:
        pipe = self._pipe
        assert pipe is not None
        draft, transaction_id = await self._decide(pipe, batch, retrying=retrying)
        if not draft.written:
            # Refusals change nothing: rolling back spares the disk a flush.
            await pipe.flight([(sql.ROLLBACK, ())])
            return draft, []
        outbids = _Outbids(draft.outbid_events)
        *_, counted, _ = await pipe.flight(_writing_steps(draft, outbids))
        for changed in draft.changed.values():
            changed.book.version = transaction_id
        return draft, outbids.seqs([row[0] for row in counted] if draft.outbid_events else [])

    async def _decide(
        self, pipe: PipelinedConnection, batch: Sequence[BidRequest], *, retrying: bool
    ) -> tuple[Draft, int]:
        """The decisions on `batch`, its auctions locked and read, and the transaction's number."""
        ids = list({request.auction_id for request in batch})
        steps: list[Step] = [(sql.BEGIN, ()), (sql.LOCK, (UuidInts(ids),)), (sql.MOMENT, ())]
        # A key this process made for a keyless bid cannot be in the table, unless this batch was tried before.
        keyed = [(position, request) for position, request in enumerate(batch) if retrying or not request.made_key]
        if keyed:
            steps.append((sql.KEYS, _key_columns(keyed)))
        _, locked, moment, *found = await pipe.flight(steps)
        now_us, transaction_id, restriction_version = moment[0]
        self._clock.learn(now_us)
        prior = {row[0]: _prior_bid(row) for row in found[0]} if keyed else {}
        books = await self._read_books(pipe, locked)
        await self._meet_bidders(pipe, batch, books)
        restricted = await self._read_restrictions(pipe, batch, books, restriction_version)
        draft = Draft(books, now_us)
        draft.decide(batch, prior, restricted)
        draft.conclude()
        return draft, transaction_id

    async def _read_books(self, pipe: PipelinedConnection, locked: Sequence[tuple[Any, ...]]) -> dict[int, Book]:
        """The books of the locked auctions; those that somebody else has written since are read anew."""
        stale: list[int] = []
        for identity, version in locked:
            book = self._books.get(identity)
            if book is None or book.version != version:
                stale.append(identity)
        if stale:
            (rows,) = await pipe.flight([(sql.LOAD, (UuidInts(stale),))])
            read = [Book(dict(zip(COLUMNS, row, strict=True))) for row in rows]
            self._books.update((book.id, book) for book in read)
            short = [book for book in read if 0 < book.standing.entry_count <= MAX_READ_ENTRIES]
            if short:
                (known,) = await pipe.flight([(sql.ALL_BIDDERS, (UuidBytes([book.id_bytes for book in short]),))])
                self._learn_bidders(known)
                for book in short:
                    book.knows_all_bidders = True
        return {identity: self._books[identity] for identity, _ in locked}

    async def _meet_bidders(
        self, pipe: PipelinedConnection, batch: Sequence[BidRequest], books: Mapping[int, Book]
    ) -> None:
        """Learn of everyone in the batch whether they have bid there before."""
        strangers: set[tuple[int, int]] = set()
        for request in batch:
            book = books.get(request.auction_id)
            if book is not None and not book.knows_all_bidders and request.bidder_id not in book.bidders:
                strangers.add((request.auction_id, request.bidder_id))
        if strangers:
            (known,) = await pipe.flight([(sql.BIDDERS, _pair_columns(strangers))])
            self._learn_bidders(known)

    def _learn_bidders(self, rows: Sequence[tuple[Any, ...]]) -> None:
        for auction_id, bidder_id, ordinal, active in rows:
            book = self._books[auction_id]
            (book.bidders if active else book.inactive)[bidder_id] = ordinal
        self._known_bidders += len(rows)

    async def _read_restrictions(
        self, pipe: PipelinedConnection, batch: Sequence[BidRequest], books: Mapping[int, Book], version: int
    ) -> Restricted:
        """Who of the batch may not bid. What was learnt holds until the version of the restrictions moves."""
        if version != self._restriction_version or len(self._cleared_people) > MAX_KNOWN_BIDDERS:
            self._cleared_people.clear()
            self._blocks_of.clear()
            self._restriction_version = version
        people = {request.bidder_id for request in batch} - self._cleared_people
        sellers = {book.seller_id for book in books.values()} - self._blocks_of.keys()
        suspended: frozenset[int] = frozenset()
        if people or sellers:
            found, blocks = await pipe.flight([(SUSPENDED_OF, (UuidInts(people),)), (BLOCKED_BY, (UuidInts(sellers),))])
            suspended = frozenset(row[0] for row in found)
            self._cleared_people |= people - suspended
            for seller in sellers:
                self._blocks_of[seller] = frozenset(blocked for blocker, blocked in blocks if blocker == seller)
        return self._restricted(books, suspended)

    def _restricted(self, books: Mapping[int, Book], suspended: frozenset[int]) -> Restricted:
        sellers = {book.seller_id for book in books.values()}
        blocked = {(seller, one) for seller in sellers for one in self._blocks_of[seller]}
        return Restricted(suspended, frozenset(blocked)) if suspended or blocked else NOBODY_RESTRICTED

    def _trim(self) -> None:
        while len(self._books) > MAX_BOOKS:
            self._books.popitem(last=False)
        if self._known_bidders > MAX_KNOWN_BIDDERS:
            self._known_bidders = 0
            for book in self._books.values():
                book.bidders.clear()
                book.inactive.clear()
                book.knows_all_bidders = book.alias_count == 0


class _Outbids:
    """Where each outbid stands on its person's channel: several of one batch may be the same person's.

    Channels are sorted, so that batches lock them in one order.
    """

    def __init__(self, events: Sequence[NewEvent]) -> None:
        counts: dict[str, int] = {}
        nth = []
        for event in events:
            counts[event.channel] = number = counts.get(event.channel, 0) + 1
            nth.append(number)
        self.channels = sorted(counts)
        self.counts = [counts[channel] for channel in self.channels]
        places = {channel: place for place, channel in enumerate(self.channels, 1)}
        self.places = [places[event.channel] for event in events]
        self.backs = [counts[event.channel] - number for event, number in zip(events, nth, strict=True)]

    def seqs(self, counted: Sequence[int]) -> list[int]:
        """The seq of each event, when the channels stand at `counted` after the batch."""
        return [counted[place - 1] - back for place, back in zip(self.places, self.backs, strict=True)]


def _writing_steps(draft: Draft, outbids: _Outbids) -> list[Step]:
    """Everything a batch writes, up to its commit; the events, whose numbers are wanted, come last but one."""
    return [
        (sql.INSERT_BIDS, _bid_columns(draft)),
        (sql.UPDATE_AUCTIONS, _auction_columns(draft)),
        _event_step(draft, outbids),
        (sql.COMMIT, ()),
    ]


def _event_step(draft: Draft, outbids: _Outbids) -> Step:
    own, theirs = draft.auction_events, draft.outbid_events
    told = [*own, *theirs] if theirs else own
    channels, seqs = Texts([event.channel for event in told]), BigInts([event.seq for event in told])
    ids, kinds = UuidBytes([event.id_bytes for event in told]), Texts([event.type for event in told])
    data, now = JsonTexts([event.data for event in told]), Instants([draft.now_us])
    if not theirs:
        return sql.APPEND_AUCTION_EVENTS, (now, channels, seqs, ids, kinds, data)
    none: list[int | None] = [None] * len(own)
    places, backs = Ints(none + outbids.places), Ints(none + outbids.backs)
    counted = Texts(outbids.channels), BigInts(outbids.counts)
    return sql.APPEND_EVENTS, (*counted, now, channels, seqs, places, backs, ids, kinds, data)


def _prior_bid(row: Sequence[Any]) -> PriorBid:
    _, seq, identity, *rest = row
    return PriorBid(seq, id_text(identity), *rest)


def _key_columns(keyed: Sequence[tuple[int, BidRequest]]) -> tuple[Any, ...]:
    return (
        Ints([position for position, _ in keyed]),
        UuidInts([request.auction_id for _, request in keyed]),
        UuidInts([request.bidder_id for _, request in keyed]),
        Texts([request.key for _, request in keyed]),
    )


def _pair_columns(pairs: Collection[tuple[int, int]]) -> tuple[Any, ...]:
    return UuidInts([auction_id for auction_id, _ in pairs]), UuidInts([bidder_id for _, bidder_id in pairs])


def _bid_columns(draft: Draft) -> tuple[Any, ...]:
    (
        auctions, seqs, ids, bidders, ordinals, kinds, amounts, maxima, offered_amounts, offered_maxima, keys, hashes,
    ) = map(list[Any], zip(*draft.written, strict=True))  # fmt: skip
    return (
        UuidBytes(auctions),
        BigInts(seqs),
        UuidBytes(ids),
        UuidBytes(bidders),
        Ints(ordinals),
        Texts(kinds),
        BigInts(amounts),
        BigInts(maxima),
        BigInts(offered_amounts),
        BigInts(offered_maxima),
        Texts(keys),
        Byteas(hashes),
        Instants([draft.now_us]),
    )


def _auction_columns(draft: Draft) -> tuple[Any, ...]:
    books = [changed.book for changed in draft.changed.values()]
    standings = [book.standing for book in books]
    return (
        UuidBytes([book.id_bytes for book in books]),
        BigInts([standing.price for standing in standings]),
        UuidInts([standing.leader_id for standing in standings]),  # type: ignore[misc]
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
