"""The outbox: a channel counts without gaps, whoever writes and whatever rolls back (SPEC RT-3)."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import pytest

from outcry.kernel import outbox
from outcry.kernel.database import SYSTEM, Actor, Database
from outcry.kernel.ids import new_id
from outcry.kernel.outbox import Event, StoredEvent

pytestmark = pytest.mark.anyio
WRITERS = 50


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_connections=10)
    yield database
    await database.close()


class ChangedItsMind(Exception):
    """Raised to roll back."""


async def stored(database: Database, channel: str, since: int = 0) -> list[StoredEvent]:
    async with database.transaction(SYSTEM) as tx:
        return await outbox.missed(await tx.driver(), channel, since)


async def test_fifty_at_once_leave_no_gap_also_when_some_roll_back(database: Database) -> None:
    published: list[StoredEvent] = []
    database.publish_with(published.extend, lambda channel: True)

    async def write(number: int) -> None:
        try:
            async with database.transaction(Actor.user(new_id())) as tx:
                tx.emit(Event("conversation:x", "message", {"number": number}))
                tx.emit(Event("conversation:x", "message_read", {"number": number}))
                if number % 5 == 0:
                    await tx.write_events()
                    raise ChangedItsMind
        except ChangedItsMind:
            return

    await asyncio.gather(*(write(number) for number in range(WRITERS)))
    events = await stored(database, "conversation:x")
    kept = WRITERS - WRITERS // 5
    assert [event.seq for event in events] == list(range(1, 2 * kept + 1))
    # Each transaction's events stand together, in its own order.
    assert [event.type for event in events] == ["message", "message_read"] * kept
    assert sorted(published, key=lambda event: event.seq) == events


async def test_channels_count_apart_and_one_write_may_tell_many(database: Database) -> None:
    async with database.transaction(SYSTEM) as tx:
        for channel in ("user:a", "user:b", "user:a"):
            tx.emit(Event(channel, "notification", {"to": channel}))
    assert [event.seq for event in await stored(database, "user:a")] == [1, 2]
    assert [event.seq for event in await stored(database, "user:b")] == [1]
    async with database.transaction(SYSTEM) as tx:
        assert await outbox.last_seq(await tx.driver(), "user:a") == 2
        assert await outbox.last_seq(await tx.driver(), "user:nobody") == 0


async def test_nothing_is_published_before_it_is_durable_or_when_it_never_is(database: Database) -> None:
    published: list[StoredEvent] = []

    def publish(events: Sequence[StoredEvent]) -> None:
        published.extend(events)

    database.publish_with(publish, lambda channel: True)
    called: list[str] = []
    with pytest.raises(ChangedItsMind):
        await rolled_back(database, called)
    assert (published, called) == ([], [])
    async with database.transaction(SYSTEM) as tx:
        tx.emit(Event("user:a", "notification", {"n": 1}))
        tx.after_commit(lambda: called.append("after"))
        await tx.write_events()
        assert (published, called) == ([], [])
    assert called == ["after"]


async def rolled_back(database: Database, called: list[str]) -> None:
    async with database.transaction(SYSTEM) as tx:
        tx.emit(Event("user:a", "notification", {"n": 1}))
        tx.after_commit(lambda: called.append("never"))
        raise ChangedItsMind


async def test_catching_up_gives_what_came_after_and_frames_say_it_all(database: Database) -> None:
    async with database.transaction(SYSTEM) as tx:
        for number in range(1, 6):
            tx.emit(Event("user:a", "notification", {"n": number}))
    events = await stored(database, "user:a", since=3)
    assert [event.seq for event in events] == [4, 5]
    frame = json.loads(events[0].frame())
    assert frame["data"] == {"n": 4}
    assert (frame["type"], frame["channel"], frame["seq"], frame["id"]) == (
        "notification", "user:a", 4, str(events[0].id),
    )  # fmt: skip
    assert frame["at"].endswith("Z")
