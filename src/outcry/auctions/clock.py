"""The clock (SPEC AUC-5): starts, closes and times out auctions at the due instant, on any number of processes.

Every process sleeps until the earliest due start, end or decision; LISTEN wakes it when one moves earlier. Due rows
are taken in batches with SKIP LOCKED, so processes share the work and an auction moves once. How they close is worked
out before (`auctions/rehearsal.py`). After downtime the overdue are simply due.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from outcry.auctions import queries
from outcry.auctions.book import Book
from outcry.auctions.movement import Movement
from outcry.auctions.ports import AwardSink
from outcry.auctions.rehearsal import Rehearsal
from outcry.auctions.rules import Status
from outcry.catalog import service as catalog
from outcry.kernel.database import DATABASE_ERRORS, SYSTEM, Database, reserved
from outcry.kernel.market import Market
from outcry.kernel.times import now_us

BATCH_AUCTIONS = 500
# In a rush one batch is moved here while the other one is written there. More would wait for this process.
RUSH_BATCHES = 2
# A missed wake-up or a stepped clock costs at most this.
MAX_SLEEP_SECONDS = 1.0
RETRY_SECONDS = 0.5
ENDING_SOON_SECONDS = 60

_TAKE_DUE = """
WITH ending AS (
    SELECT id FROM auctions WHERE status = 'live' AND ends_at <= clock_timestamp()
    ORDER BY ends_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
), starting AS (
    SELECT id FROM auctions WHERE status = 'scheduled' AND starts_at <= clock_timestamp()
    ORDER BY starts_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
), undecided AS (
    SELECT id FROM auctions WHERE status = 'awaiting_decision' AND decide_by <= clock_timestamp()
    ORDER BY decide_by LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
)
SELECT id FROM ending UNION ALL SELECT id FROM starting UNION ALL SELECT id FROM undecided
"""

_NEXT_DUE = """
SELECT extract(epoch FROM least(
    (SELECT min(ends_at) FROM auctions WHERE status = 'live'),
    (SELECT min(starts_at) FROM auctions WHERE status = 'scheduled' AND starts_at IS NOT NULL),
    (SELECT min(decide_by) FROM auctions WHERE status = 'awaiting_decision')
) - clock_timestamp())::float8
"""

# Telling is a hint: it changes nothing of the auction that anybody decides by.
_TELL_ENDING = """
UPDATE auctions SET ending_soon_told = true WHERE id IN (
    SELECT id FROM auctions WHERE status = 'live' AND NOT ending_soon_told
        AND ends_at <= clock_timestamp() + make_interval(secs => %(seconds)s)
    ORDER BY ends_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
) RETURNING id, (extract(epoch FROM ends_at) * 1000000)::bigint
"""

EndingSoon = Callable[[UUID, int], None]

_log = logging.getLogger("outcry.clock")


class AuctionClock:
    """One process's clock."""

    def __init__(self, database: Database, market: Market, awards: AwardSink) -> None:
        self._database = database
        self._market = market
        self._awards = awards
        self.rehearsal = Rehearsal(database, market)
        # Set by the composition root: tells watchers, with the end in microseconds, that it is near.
        self.tell_ending_soon: EndingSoon = lambda auction_id, ends_at_us: None
        self._listener: psycopg.AsyncConnection[TupleRow] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._woken = asyncio.Event()
        self.moved_auctions = 0

    async def start(self) -> None:
        """Begin to tick."""
        with reserved():
            self._tasks = [
                asyncio.create_task(self._listen(), name="clock-listen"),
                asyncio.create_task(self._run(), name="clock"),
                asyncio.create_task(self.rehearsal.run(), name="clock-rehearsal"),
            ]

    async def stop(self) -> None:
        """End after the batch in hand."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listener is not None:
            await self._listener.close()

    async def _listen(self) -> None:
        while True:
            try:
                self._listener = await self._database.connect_raw()
                await self._listener.execute(f"LISTEN {queries.CLOCK_CHANNEL}")
                # Whatever was said before we listened is found by looking.
                self._woken.set()
                async for _ in self._listener.notifies():
                    self._woken.set()
            except Exception as lost:
                # Whatever it was: who does not listen hears of nothing that moves an end nearer.
                _log.warning("the clock lost its listener: %s", lost)
            if self._listener is not None:
                await self._listener.close()
            await asyncio.sleep(RETRY_SECONDS)

    async def _run(self) -> None:
        while True:
            try:
                self._woken.clear()
                await self._move_due()
                told = await self._ending_soon()
                sleep_seconds = 0.0 if told >= BATCH_AUCTIONS else await self._seconds_to_next()
            except asyncio.CancelledError:
                raise
            except Exception as failed:
                # The clock must outlive any fault: what is due stays due. A database that is away needs no trace.
                trace = None if isinstance(failed, DATABASE_ERRORS) else failed
                _log.error("the clock missed a tick: %s", failed, exc_info=trace)
                sleep_seconds = RETRY_SECONDS
            try:
                async with asyncio.timeout(sleep_seconds):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def _move_due(self) -> None:
        """Until nothing is due any more."""
        batches = 1
        while True:
            async with asyncio.TaskGroup() as at_once:
                moved = [at_once.create_task(self.tick()) for _ in range(batches)]
            counts = [task.result() for task in moved]
            if not any(counts):
                return
            batches = RUSH_BATCHES if max(counts) >= BATCH_AUCTIONS else 1

    async def tick(self) -> int:
        """Move one batch of what is due; how many were looked at, 0 when nothing is due."""
        closings = self.rehearsal.due(now_us(), BATCH_AUCTIONS)
        if closings:
            async with self._database.transaction(SYSTEM) as tx:
                movement = Movement(await tx.driver(), self._market, self._awards, now_us())
                rung = await movement.ring(closings)
                tx.published(await movement.save())
            self.moved_auctions += rung
            return len(closings)
        async with self._database.transaction(SYSTEM) as tx:
            connection = await tx.driver()
            cursor = await connection.execute(_TAKE_DUE, {"limit": BATCH_AUCTIONS})
            taken = [row[0] for row in await cursor.fetchall()]
            if not taken:
                return 0
            # Read by a statement of its own: it sees every bid that was committed before we got the locks.
            books = list((await queries.lock_books(connection, taken)).values())
            movement = Movement(connection, self._market, self._awards, await queries.moment(connection))
            await self._move(movement, books)
            tx.published(await movement.save())
        self.moved_auctions += len(books)
        return len(books)

    async def _move(self, movement: Movement, books: list[Book]) -> None:
        starting = [book for book in books if book.standing.status is Status.SCHEDULED]
        undecided = [book for book in books if book.standing.status is Status.AWAITING_DECISION]
        for book in books:
            if book.standing.status is Status.LIVE:
                movement.close(book)
        if starting:
            await self._start(movement, starting)
        if undecided:
            await self._time_out(movement, undecided)

    async def _start(self, movement: Movement, books: list[Book]) -> None:
        """Start those whose listing is active; the others are called off, and told why."""
        statuses = await catalog.lock_statuses(movement.connection, [book.listing_id for book in books])
        for book in books:
            if statuses.get(book.listing_id) == "active":
                movement.start(book)
            else:
                movement.cancel(book, "The listing was not active when the auction was to start")

    async def _time_out(self, movement: Movement, books: list[Book]) -> None:
        """Nobody decided, or the buyer did not answer, in time (API.md "End")."""
        offers = await queries.answer_counter_offers(movement.connection, [book.id for book in books], "expired")
        offered: dict[int, dict[str, Any]] = {offer["auction_id"].int: offer for offer in offers}
        for book in books:
            movement.end_unsold(book)
            offer = offered.get(book.id)
            kind = "counter_rejected" if offer else "offer_rejected"
            amount = offer["amount"] if offer else book.standing.price
            asked = offer["buyer_id"].int if offer else book.standing.leader_id
            facts = {"kind": offer["kind"]} if offer else {}
            for person in {book.seller_id, asked}:
                if isinstance(person, int):
                    movement.tell(person, kind, book, amount=amount, reason="No answer in time", **facts)
            movement.tell_watchers(book, "auction_updated")

    async def _ending_soon(self) -> int:
        """Tell of a batch of ends that are near; how many."""
        async with self._database.transaction(SYSTEM) as tx:
            connection = await tx.driver()
            cursor = await connection.execute(_TELL_ENDING, {"seconds": ENDING_SOON_SECONDS, "limit": BATCH_AUCTIONS})
            rows = await cursor.fetchall()
        for auction_id, ends_at_us in rows:
            self.tell_ending_soon(auction_id, ends_at_us)
        return len(rows)

    async def _seconds_to_next(self) -> float:
        async with self._database.transaction(SYSTEM) as tx:
            seconds = await tx.scalar(_NEXT_DUE)
        if seconds is None:
            return MAX_SLEEP_SECONDS
        return min(max(seconds, 0.0), MAX_SLEEP_SECONDS)
