"""The reader of people's channels: exactly once, whoever reads, however often it starts over (SPEC NTF-1)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.ids import new_id
from outcry.kernel.outbox import Event, StoredEvent
from outcry.notifications.reader import NotificationReader
from outcry.notifications.service import Notifications

pytestmark = pytest.mark.anyio
WITHIN_SECONDS = 30


class Process:
    """What one process has of it: a pool, the service, a reader; and what it told."""

    def __init__(self, database_url: str, *, sweeps: bool, hands_over: bool = True) -> None:
        self.database = Database(database_url, pool_connections=4)
        self.notifications = Notifications(self.database)
        self.reader = NotificationReader(self.database, self.notifications, sweeps=sweeps, collect_seconds=0.01)
        self.told: list[StoredEvent] = []
        self._hands_over = hands_over
        self.something = asyncio.Event()
        self.database.publish_with(self._publish, lambda channel: True)

    def _publish(self, events: Sequence[StoredEvent]) -> None:
        if self._hands_over:
            self.reader.heard(events)
        self.told += [event for event in events if event.type == "notification"]
        self.something.set()


async def until(processes: Sequence[Process], told: int) -> None:
    """Until these have told so many together."""
    something = asyncio.Event()
    for one in processes:
        one.something = something
    async with asyncio.timeout(WITHIN_SECONDS):
        while sum(len(one.told) for one in processes) < told:
            something.clear()
            await something.wait()


@asynccontextmanager
async def process(database_url: str, **how: Any) -> AsyncIterator[Process]:
    """Running until the end of the block."""
    made = Process(database_url, **how)
    await made.reader.start()
    try:
        yield made
    finally:
        await made.reader.stop()
        await made.database.close()


async def say(database: Database, people: Sequence[UUID], times: int = 1) -> None:
    """One event about an auction of its own for each of these people, so that nothing collapses."""
    for _ in range(times):
        async with database.transaction(SYSTEM) as tx:
            for person in people:
                about = {"auction_id": new_id(), "currency": "USD", "current_price": 100}
                tx.emit(Event(f"user:{person}", "outbid", about))


async def made(database: Database) -> int:
    async with database.transaction(SYSTEM) as tx:
        return await tx.scalar("SELECT count(*) FROM notifications")


async def whole(database: Database) -> int:
    """How many notifications there are, after checking that they are the events said, each once."""
    async with database.transaction(SYSTEM) as tx:
        kept = sorted([row.event_id for row in await tx.all("SELECT event_id FROM notifications")])
        said = sorted([row.id for row in await tx.all("SELECT id FROM outbox WHERE type <> 'notification'")])
        told = await tx.all("SELECT data FROM outbox WHERE type = 'notification'")
        gaps = await tx.all("SELECT channel FROM outbox GROUP BY channel HAVING max(seq) <> count(*)")
        behind = await tx.all(
            "SELECT c.channel FROM channels c LEFT JOIN notification_cursors n ON c.channel = 'user:' || n.user_id"
            " WHERE EXISTS (SELECT FROM outbox o WHERE o.channel = c.channel AND o.type <> 'notification'"
            " AND o.seq > coalesce(n.seq, 0))"
        )
    assert kept == said
    assert len({row.data["id"] for row in told}) == len(told) == len(kept)
    assert (gaps, behind) == ([], [])
    return len(kept)


async def test_two_services_read_the_same_channels_at_once(database_url: str) -> None:
    people = [new_id() for _ in range(12)]
    one, other = (Process(database_url, sweeps=False) for _ in range(2))
    try:
        speaking = asyncio.create_task(say(one.database, people, times=20))

        async def reading(process: Process, order: Sequence[UUID]) -> None:
            while True:
                over = speaking.done()
                while await process.notifications.take(order):
                    pass
                if over:
                    return

        await asyncio.gather(speaking, reading(one, people), reading(other, people[::-1]))
        assert await whole(one.database) == 12 * 20
        # Together they told each once.
        told = [event.id for event in one.told + other.told]
        assert len(told) == len(set(told)) == 12 * 20
    finally:
        await one.database.close()
        await other.database.close()


async def test_running_readers_with_sweeps_share_one_market(database_url: str) -> None:
    people = [new_id() for _ in range(30)]
    async with (
        process(database_url, sweeps=True) as one,
        process(database_url, sweeps=True) as other,
    ):
        await asyncio.gather(say(one.database, people, times=5), say(other.database, people, times=5))
        await until([one, other], 300)
        assert await whole(one.database) == 300


async def test_a_reader_that_starts_again_goes_on_where_it_ended(database_url: str) -> None:
    people = [new_id() for _ in range(150)]
    async with process(database_url, sweeps=True) as first:
        await say(first.database, people)
        # Ended in the middle of its work: what it has in hand is rolled back.
        await until([first], 1)
    # Nobody reads, and what is said is handed to nobody.
    silent = Process(database_url, sweeps=False, hands_over=False)
    await say(silent.database, people, times=2)
    await silent.database.close()
    async with process(database_url, sweeps=True) as second:
        # What the first committed as it ended it may not have told: the table counts.
        async with asyncio.timeout(WITHIN_SECONDS):
            while await made(second.database) < 450:
                await second.something.wait()
                second.something.clear()
        assert await whole(second.database) == 450


async def test_more_than_one_helping_of_events_is_taken_whole(database_url: str) -> None:
    person = new_id()
    async with process(database_url, sweeps=False) as reading:
        await say(reading.database, [person] * 500)
        await until([reading], 500)
        assert await whole(reading.database) == 500


async def test_what_nobody_understands_stops_nobody(database_url: str) -> None:
    person = new_id()
    async with process(database_url, sweeps=False) as reading:
        async with reading.database.transaction(SYSTEM) as tx:
            tx.emit(Event(f"user:{person}", "outbid", {"auction_id": "nonsense"}))
            tx.emit(Event("user:nobody", "outbid", {"auction_id": "nonsense"}))
            tx.emit(Event(f"user:{person}", "auction_started", {"auction_id": str(new_id())}))
        await until([reading], 1)
        assert b'"kind":"auction_started"' in reading.told[0].data
