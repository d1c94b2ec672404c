"""A lane of the desk: one connection, on which batches of bids are decided, proved and committed.

A lane that knows the auctions of a batch decides it from memory and sends everything in one flight, while the batch
before may still be committing. The transaction begins with a guard: it locks the auctions and fails unless each is the
version that was decided on, the time was right, and nothing else that matters has changed. A batch that fails the
guard takes the long way: lock, read, decide, write.

Bids on auctions that the lane does not know yet are held while it reads about them, behind the batches that are on
their way; all others go on. So one unknown auction stops nobody else's bids, and an auction's bids keep their order.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any

import psycopg

from outcry.auctions import desk_sql as sql
from outcry.auctions.batch import BidRequest, Draft, PriorBid
from outcry.auctions.desk_steps import Outbids, Proof, guard_step, key_columns, writing_steps
from outcry.auctions.memory import MAX_DECISION_AGE_SECONDS, Memory
from outcry.auctions.security import Funds, lock_purses
from outcry.kernel.arrays import UuidInts
from outcry.kernel.database import Database
from outcry.kernel.errors import Busy, OutcryError
from outcry.kernel.ids import id_text
from outcry.kernel.pipeline import Flight, PipelinedConnection, Step

MAX_CONNECTION_ATTEMPTS = 5
RECONNECT_SECONDS = 0.2
# One committing, one decided behind it. The guard knows "as the batch before left it", and no more.
MAX_FLYING = 2
# The second must be at least the first's size over this, and no smaller than that: each would be a part of the one
# before, down to single bids, and a transaction costs what ten bids cost.
SECOND_BATCH_SHARE = 2
MIN_SECOND_BIDS = 16
# Fewer bids than this go in one batch: two would cost more than they overlap.
MIN_HALVED_BIDS = 64

_log = logging.getLogger("outcry.desk")


def fallen() -> Busy:
    """What bids are told where a lane has fallen."""
    return Busy(detail="Bids on this auction are not decided here just now; repeat the bid with the same key")


class _Flying:
    """A batch decided from memory, on its way."""

    __slots__ = ("batch", "draft", "flight", "outbids")

    def __init__(self, batch: list[BidRequest], draft: Draft, outbids: Outbids, flight: Flight) -> None:
        self.batch = batch
        self.draft = draft
        self.outbids = outbids
        self.flight = flight


class Lane:
    """One connection; a batch in flight, and the next one decided behind it."""

    def __init__(self, database: Database, batch_bids: int, number: int) -> None:
        self.queue: deque[BidRequest] = deque()
        self.memory = Memory()
        self.decided_bids = 0
        self.settled_batches = 0
        self.long_ways = 0
        self.has_fallen = False
        self._database = database
        self._batch_bids = batch_bids
        self._number = number
        self._pipe: PipelinedConnection | None = None
        self._flying: deque[_Flying] = deque()
        self._held: list[BidRequest] = []
        self._held_auctions: set[int] = set()
        self._learning: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def waiting_bids(self) -> int:
        """Bids that are in no batch yet."""
        return len(self.queue) + len(self._held)

    async def start(self) -> None:
        """Connect and begin to settle."""
        self._pipe = await self._connect()
        self._task = asyncio.create_task(self._run(), name=f"desk-{self._number}")
        self._task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Settle what is queued, then close the connection."""
        self._stopping = True
        self.wake()
        if self._task is not None:
            await self._task
        if self._pipe is not None:
            await self._pipe.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Nothing should make a lane fall. If something does, nobody is left waiting, and the process is not ready."""
        failed = None if task.cancelled() else task.exception()
        if failed is None:
            return
        self.has_fallen = True
        _log.critical("a lane of the desk fell; this process must be started again", exc_info=failed)
        waiting = [*self._held, *self.queue]
        self._held.clear()
        self.queue.clear()
        for request in waiting:
            request.done(fallen())

    def wake(self) -> None:
        """Called after each append; the lane may be idle."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _connect(self) -> PipelinedConnection:
        return PipelinedConnection(await self._database.connect_raw(options=sql.CONNECTION_OPTIONS))

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if self._flying and self._flying[0].flight.answered.done():
                await self._land()
                if self._flying:
                    # Those who were answered may bid again at once: then they go with those who wait.
                    await asyncio.sleep(0)
                continue
            if self._learning is not None and self._learning.done():
                await self._release()
            if self._may_take():
                await self._take([self.queue.popleft() for _ in range(self._share())])
                continue
            if self._stopping and not self.waiting_bids and not self._flying:
                return
            # Nothing may be awaited between this look at the queue and the wait, or a bid could be left lying.
            self._waiter = loop.create_future()
            await self._waiter
            self._waiter = None

    def _may_take(self) -> bool:
        """A second batch waits until it is worth a transaction, or until it would be the only one."""
        if not self.queue or not self._flying:
            return bool(self.queue)
        worth = max(MIN_SECOND_BIDS, len(self._flying[-1].batch) // SECOND_BATCH_SHARE)
        return len(self._flying) < MAX_FLYING and len(self.queue) >= worth

    def _share(self) -> int:
        """How many to take: of a crowd one half, so that the other is decided while that one commits.

        Halves stay halves: who is answered together bids again together. Thirds, one of them always waiting, would too,
        and cost a third more.
        """
        waiting = len(self.queue)
        flying = len(self._flying[-1].batch) if self._flying else 0
        if waiting > flying and waiting + flying >= MIN_HALVED_BIDS:
            waiting = (waiting + flying + 1) // 2
        return min(waiting, self._batch_bids)

    async def _take(self, bids: list[BidRequest]) -> None:
        """Send what can be decided from memory; of the rest, hold what must be learnt about."""
        memory, held = self.memory, self._held_auctions
        now_us = memory.clock.now_us()
        batch: list[BidRequest] = []
        close: list[BidRequest] = []
        for request in bids:
            auction_id = request.auction_id
            if now_us is None or auction_id in held or not memory.knows(request):
                self._held.append(request)
                held.add(auction_id)
            elif memory.too_close(auction_id, now_us) or not memory.is_funded(request):
                close.append(request)
            else:
                batch.append(request)
        if batch and not self._launch(batch, now_us or 0):
            await self._settle_alone(batch)
        if close:
            await self._settle_alone(close)
        if self._held and self._learning is None:
            self._learn()

    # -- what is not known yet -------------------------------------------------------------------------------

    def _learn(self) -> None:
        assert self._pipe is not None
        self._learning = asyncio.create_task(self.memory.learn(self._pipe, self._held.copy()))
        self._learning.add_done_callback(lambda _: self.wake())

    async def _release(self) -> None:
        """Let go on what was held; auctions with a bid that is still not understood take the long way.

        After a failure all do: the long way mends the connection, and to learn again on a dead one would never end.
        """
        assert self._learning is not None
        failed = None if self._learning.cancelled() else self._learning.exception()
        if failed is not None:
            _log.debug("auctions could not be read ahead: %r", failed)
        held, self._held, self._learning = self._held, [], None
        self._held_auctions.clear()
        unclear = {request.auction_id for request in held if failed is not None or not self.memory.knows(request)}
        self.queue.extendleft(request for request in reversed(held) if request.auction_id not in unclear)
        if unclear:
            await self._settle_alone([request for request in held if request.auction_id in unclear])

    # -- from memory -----------------------------------------------------------------------------------------

    def _launch(self, batch: list[BidRequest], now_us: int) -> bool:
        """Decide `batch` from memory and send it; False when it must take the long way."""
        assert self._pipe is not None
        try:
            draft = self.memory.draft(batch, now_us)
            proof = Proof(self.memory.restriction_version, MAX_DECISION_AGE_SECONDS)
            outbids = Outbids(draft.outbids)
            steps = writing_steps(draft, outbids, proof) if draft.written else [guard_step(draft, batch, proof)]
            for changed in draft.moved:
                changed.book.version = None
            flight = self._pipe.launch(steps)
        except Exception as failed:
            # The long way finds out what is wrong, and with which bid.
            _log.debug("a batch could not be decided from memory: %r", failed)
            self.memory.forget()
            return False
        self._flying.append(_Flying(batch, draft, outbids, flight))
        flight.answered.add_done_callback(lambda _: self.wake())
        return True

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
        transaction_id, now_us, *counted = rows[draft.moving_step if draft.written else 0][0]
        self.memory.clock.learn(now_us)
        later = self._flying[0].draft.changed if self._flying else {}
        for changed in draft.moved:
            if changed.book.id not in later:
                changed.book.version = transaction_id
        self._answer(landed.batch, draft, landed.outbids.seqs(counted[0] if draft.outbids else []))

    async def _start_over(self, failed: _Flying, error: psycopg.Error) -> None:
        assert self._pipe is not None
        if error.sqlstate != sql.STALE:
            _log.info("a batch decided from memory failed, deciding it again: %s", error)
        # What was decided behind it fails too: until the rollback below its transaction is open, and aborted.
        again = [failed]
        for other in tuple(self._flying):
            await other.flight.answered
            self._flying.popleft()
            try:
                self._finish(other, self._pipe.rows(other.flight))
            except psycopg.Error:
                again.append(other)
        await self._learnt()
        self.memory.forget()
        if isinstance(error, psycopg.OperationalError):
            await self._reconnect(0)
        else:
            await self._roll_back()
        for one in again:
            # Whether it was committed is not always known; every bid has a key, so deciding again is safe.
            await self._settle(one.batch, retrying=True)

    def _answer(self, batch: Sequence[BidRequest], draft: Draft, outbid_seqs: Sequence[int]) -> None:
        """The batch is durable: everyone may know."""
        self.decided_bids += len(batch)
        self.settled_batches += 1
        draft.answer()
        self._database.publish(draft.published(self._database.heard, outbid_seqs))
        self.memory.joined(draft.joined)

    # -- the long way ----------------------------------------------------------------------------------------

    async def _settle_alone(self, batch: list[BidRequest]) -> None:
        """The long way holds locks between its flights, so nothing else may be on its way."""
        while self._flying:
            await self._flying[0].flight.answered
            await self._land()
        await self._learnt()
        await self._settle(batch)

    async def _learnt(self) -> None:
        if self._learning is not None:
            await asyncio.wait([self._learning])

    async def _settle(self, batch: list[BidRequest], *, retrying: bool = False) -> None:
        """Decide, commit and answer `batch`, whatever happens: reconnect, or split round a poisoned bid."""
        self.long_ways += 1
        for attempt in range(MAX_CONNECTION_ATTEMPTS):
            try:
                draft, outbid_seqs = await self._try_batch(batch, retrying=retrying or attempt > 0)
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as lost:
                # The commit may or may not have happened; every bid has a key, so deciding again is safe.
                _log.warning("the desk lost its batch, trying again: %s", lost)
                self.memory.forget()
                await self._reconnect(attempt)
                continue
            except Exception:
                self.memory.forget()
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
        except Exception as unreachable:
            # Whatever it was: without its lane the desk would take bids and answer none.
            _log.warning("the desk cannot reach the database: %s", unreachable)

    async def _try_batch(self, batch: Sequence[BidRequest], *, retrying: bool) -> tuple[Draft, list[int]]:
        pipe = self._pipe
        assert pipe is not None
        draft = await self._decide(pipe, batch, retrying=retrying)
        if not draft.written:
            # Refusals change nothing: rolling back spares the disk a flush.
            await pipe.flight([(sql.ROLLBACK, ())])
            self.memory.learn_purses(draft.funds.free, were_kept=False)
            return draft, []
        outbids = Outbids(draft.outbids)
        _, *steps = writing_steps(draft, outbids, Proof())
        rows = await pipe.flight(steps)
        transaction_id, _, counted = rows[draft.moving_step - 1][0]
        for changed in draft.moved:
            changed.book.version = transaction_id
        self.memory.learn_purses(draft.funds.free, were_kept=True)
        return draft, outbids.seqs(counted if draft.outbids else [])

    async def _decide(self, pipe: PipelinedConnection, batch: Sequence[BidRequest], *, retrying: bool) -> Draft:
        """The decisions on `batch`, its auctions locked and read."""
        ids = list({request.auction_id for request in batch})
        steps: list[Step] = [(sql.BEGIN, ()), (sql.LOCK, (UuidInts(ids),)), (sql.HEAR, ())]
        # A key this process made for a keyless bid cannot be in the table, unless this batch was tried before.
        keyed = [(position, request) for position, request in enumerate(batch) if retrying or not request.made_key]
        if keyed:
            steps.append((sql.KEYS, key_columns(keyed)))
        # The time is asked for when the locks are held: this is the instant of decision.
        _, locked, moment, *found = await pipe.flight(steps)
        now_us, restriction_version = moment[0]
        self.memory.clock.learn(now_us)
        prior = {row[0]: _prior_bid(row) for row in found[0]} if keyed else {}
        books = await self.memory.read_books(pipe, locked)
        await self.memory.meet_bidders(pipe, batch, books)
        restricted = await self.memory.read_restrictions(pipe, batch, books, restriction_version)
        places = [(request.auction_id, request.bidder_id) for request in batch]
        draft = Draft(books, now_us, Funds(await lock_purses(pipe, places, books)))
        draft.decide(batch, prior, restricted)
        draft.conclude()
        return draft


def _prior_bid(row: Sequence[Any]) -> PriorBid:
    _, seq, identity, *rest = row
    return PriorBid(seq, id_text(identity), *rest)
