"""The desk: where bids are decided (DESIGN "The bid path"; SPEC AUC-2, AUC-3, AUC-14, PERF-1).

Bids that arrive while a batch commits wait in this process; then the whole queue becomes one batch over all its
auctions: one transaction that locks the auctions in order, decides every bid by the pure rules, writes the history
and the auctions set-based, commits, and only then answers and publishes. No timers. Any number of processes may run
desks: the row lock is the referee, PostgreSQL's clock is the clock.
"""

import asyncio
import logging
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
from outcry.kernel.outbox import StoredEvent
from outcry.kernel.pipeline import PipelinedConnection, Step

MAX_BOOKS = 20_000
MAX_KNOWN_BIDDERS = 500_000
MAX_CONNECTION_ATTEMPTS = 5
RECONNECT_SECONDS = 0.2

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


class Lane:
    """One connection, one batch in flight."""

    def __init__(self, database: Database, batch_bids: int, number: int) -> None:
        self.queue: deque[BidRequest] = deque()
        self.decided_bids = 0
        self.settled_batches = 0
        self._database = database
        self._batch_bids = batch_bids
        self._number = number
        self._pipe: PipelinedConnection | None = None
        self._books: OrderedDict[int, Book] = OrderedDict()
        self._known_bidders = 0
        self._cleared_people: set[int] = set()
        self._blocks_of: dict[int, frozenset[int]] = {}
        self._restriction_version = -1
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
            if not self.queue:
                if self._stopping:
                    return
                # Nothing may be awaited between this look at the queue and the wait, or a bid could be left lying.
                self._waiter = loop.create_future()
                await self._waiter
                self._waiter = None
                continue
            take = min(len(self.queue), self._batch_bids)
            await self._settle([self.queue.popleft() for _ in range(take)])

    async def _settle(self, batch: list[BidRequest]) -> None:
        """Decide, commit and answer `batch`, whatever happens: reconnect, or split round a poisoned bid."""
        for attempt in range(MAX_CONNECTION_ATTEMPTS):
            try:
                draft, published = await self._try_batch(batch, retrying=attempt > 0)
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as lost:
                # The commit may or may not have happened; every bid has a key, so deciding again is safe.
                _log.warning("the desk lost its batch, trying again: %s", lost)
                self._books.clear()
                await self._reconnect(attempt)
                continue
            except Exception:
                self._books.clear()
                await self._roll_back()
                if len(batch) == 1:
                    _log.exception("a bid could not be decided")
                    batch[0].done(OutcryError())
                    return
                _log.exception("a batch of %d failed; splitting it", len(batch))
                middle = len(batch) // 2
                await self._settle(batch[:middle])
                await self._settle(batch[middle:])
                return
            self.decided_bids += len(batch)
            self.settled_batches += 1
            self._known_bidders += draft.joined
            draft.answer()
            self._database.publish(published)
            self._trim()
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

    async def _try_batch(self, batch: Sequence[BidRequest], *, retrying: bool) -> tuple[Draft, list[StoredEvent]]:
        pipe = self._pipe
        assert pipe is not None
        draft = await self._decide(pipe, batch, retrying=retrying)
        if not draft.written:
            # Refusals change nothing: rolling back spares the disk a flush.
            await pipe.flight([(sql.ROLLBACK, ())])
            return draft, []
        draft.compose_events()
        outbids = _Outbids(draft.outbid_events)
        *_, counted, _ = await pipe.flight(_writing_steps(draft, outbids))
        return draft, draft.published(self._database.heard, outbids.seqs([row[0] for row in counted]))

    async def _decide(self, pipe: PipelinedConnection, batch: Sequence[BidRequest], *, retrying: bool) -> Draft:
        ids = list({request.auction_id for request in batch})
        steps: list[Step] = [(sql.BEGIN, ()), (sql.LOCK, (UuidInts(ids),)), (sql.MOMENT, ())]
        # A key this process made for a keyless bid cannot be in the table, unless this batch was tried before.
        keyed = [(position, request) for position, request in enumerate(batch) if retrying or not request.made_key]
        if keyed:
            steps.append((sql.KEYS, _key_columns(keyed)))
        strangers = self._strangers(batch, self._books)
        if strangers:
            steps.append((sql.BIDDERS, _pair_columns(strangers)))
        _, locked, moment, *found = await pipe.flight(steps)
        now_us, transaction_id, restriction_version = moment[0]
        prior = {row[0]: _prior_bid(row) for row in found.pop(0)} if keyed else {}
        inactive: dict[tuple[int, int], int] = {}
        if strangers:
            self._learn_bidders(found.pop(0), inactive)
        books = await self._read_books(pipe, batch, locked, inactive)
        restricted = await self._read_restrictions(pipe, batch, books, restriction_version)
        draft = Draft(books, now_us)
        draft.decide(batch, prior, inactive, restricted)
        for changed in draft.changed.values():
            changed.book.version = transaction_id
        return draft

    def _strangers(self, batch: Sequence[BidRequest], books: Mapping[int, Book]) -> set[tuple[int, int]]:
        """(auction, bidder) pairs of which this process does not know whether they have met before."""
        strangers: set[tuple[int, int]] = set()
        for request in batch:
            book = books.get(request.auction_id)
            if book is not None and request.bidder_id not in book.bidders:
                strangers.add((request.auction_id, request.bidder_id))
        return strangers

    def _learn_bidders(self, rows: Sequence[tuple[Any, ...]], inactive: dict[tuple[int, int], int]) -> None:
        """Who has bid here before; `inactive` gets the aliases of those whose bids were all retracted."""
        for auction_id, bidder_id, ordinal, active in rows:
            if active:
                self._books[auction_id].bidders[bidder_id] = ordinal
            else:
                inactive[(auction_id, bidder_id)] = ordinal
        self._known_bidders += len(rows)

    async def _read_books(
        self,
        pipe: PipelinedConnection,
        batch: Sequence[BidRequest],
        locked: Sequence[tuple[Any, ...]],
        inactive: dict[tuple[int, int], int],
    ) -> dict[int, Book]:
        """The books of the locked auctions; those that somebody else has written since are read anew."""
        stale: list[int] = []
        for identity, version in locked:
            book = self._books.get(identity)
            if book is None or book.version != version:
                stale.append(identity)
        if stale:
            pairs = {(one.auction_id, one.bidder_id) for one in batch}
            asked = {pair for pair in pairs if pair[0] in set(stale)}
            rows, known = await pipe.flight([(sql.LOAD, (UuidInts(stale),)), (sql.BIDDERS, _pair_columns(asked))])
            for row in rows:
                book = Book(dict(zip(COLUMNS, row, strict=True)))
                self._books[book.id] = book
            self._learn_bidders(known, inactive)
        return {identity: self._books[identity] for identity, _ in locked}

    async def _read_restrictions(
        self, pipe: PipelinedConnection, batch: Sequence[BidRequest], books: dict[int, Book], version: int
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
        if not suspended and not any(self._blocks_of[book.seller_id] for book in books.values()):
            return NOBODY_RESTRICTED
        blocked = {(book.seller_id, one) for book in books.values() for one in self._blocks_of[book.seller_id]}
        return Restricted(suspended, frozenset(blocked))

    def _trim(self) -> None:
        while len(self._books) > MAX_BOOKS:
            self._books.popitem(last=False)
        if self._known_bidders > MAX_KNOWN_BIDDERS:
            self._known_bidders = 0
            for book in self._books.values():
                book.bidders.clear()


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

