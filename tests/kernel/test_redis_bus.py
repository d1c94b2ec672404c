"""The bus between processes, over a real Redis: nothing twice, nothing waits, and a loss is told to the readers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import pytest

from outcry.kernel.bus import LocalBus
from outcry.kernel.ids import new_id
from outcry.kernel.outbox import StoredEvent
from outcry.kernel.redis_bus import MAX_QUEUED_MESSAGES, RedisBus
from tests.support.redis import RedisServer

pytestmark = pytest.mark.anyio
PATIENCE_SECONDS = 20


def event(channel: str, seq: int) -> StoredEvent:
    return StoredEvent(str(new_id()), channel, seq, "bid_placed", b'{"amount":15000}', "2026-01-31T12:00:00.000Z")


class Reader:
    """Keeps what a bus tells of a channel, and can wait for it."""

    def __init__(self, bus: RedisBus | LocalBus, channel: str) -> None:
        self.events: list[StoredEvent] = []
        self._told = asyncio.Event()
        self.leave = bus.subscribe(channel, self._take)

    def _take(self, event: StoredEvent) -> None:
        self.events.append(event)
        self._told.set()

    async def until(self, seq: int) -> list[int]:
        """The seqs heard, once this one is among them."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while seq not in (seqs := [event.seq for event in self.events]):
                self._told.clear()
                await self._told.wait()
            return seqs

    async def hears(self, seconds: float) -> bool:
        """Whether anything has come by then."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._told.wait()
        return bool(self.events)


class Gaps:
    """What a bus says it may have missed."""

    def __init__(self, bus: RedisBus) -> None:
        self._told: asyncio.Queue[Sequence[str] | None] = asyncio.Queue()
        bus.on_gap(self._told.put_nowait)

    async def next(self) -> Sequence[str] | None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._told.get()


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    one, other = RedisBus(redis_url), RedisBus(redis_url)
    await one.start()
    await other.start()
    yield one, other
    await one.stop()
    await other.stop()


async def test_own_events_are_heard_at_once_and_once_and_others_hear_them_in_order(
    pair: tuple[RedisBus, RedisBus],
) -> None:
    one, other = pair
    gaps = Gaps(other)
    here, there = Reader(one, "auction:a"), Reader(other, "auction:a")
    assert await gaps.next() == ["auction:a"]
    sent = [event("auction:a", seq) for seq in range(1, 201)]
    one.publish(sent)
    assert here.events == sent
    assert await there.until(200) == list(range(1, 201))
    assert there.events == sent
    other.publish([event("auction:a", 201)])
    assert await here.until(201) == list(range(1, 202))


async def test_only_what_somebody_here_listens_to_arrives(pair: tuple[RedisBus, RedisBus]) -> None:
    one, other = pair
    gaps = Gaps(other)
    left, kept = Reader(other, "auction:left"), Reader(other, "auction:kept")
    assert {tuple(await gaps.next() or ()), tuple(await gaps.next() or ())} == {("auction:left",), ("auction:kept",)}
    left.leave()
    left.leave()
    marker = Reader(other, "auction:marker")
    # Redis answers in order: once this one stands, the other is gone.
    assert await gaps.next() == ["auction:marker"]
    one.publish([event("auction:left", 1), event("auction:kept", 1), event("auction:marker", 1)])
    await marker.until(1)
    assert await kept.until(1) == [1]
    assert left.events == []


async def test_a_listener_that_fails_is_nobody_elses_fault(pair: tuple[RedisBus, RedisBus]) -> None:
    one, other = pair
    gaps = Gaps(other)

    def fail(_: object) -> None:
        raise ValueError("a listener's own fault")

    for bus in pair:
        bus.subscribe("auction:a", fail)
        bus.on_signal("forget", fail)
    here, there = Reader(one, "auction:a"), Reader(other, "auction:a")
    assert await gaps.next() == ["auction:a"]
    one.signal("forget")
    one.publish([event("auction:a", 1)])
    one.publish([event("auction:a", 2)])
    assert await here.until(2) == await there.until(2) == [1, 2]


async def test_signals_reach_every_process_once(pair: tuple[RedisBus, RedisBus]) -> None:
    one, other = pair
    heard: dict[str, list[bytes]] = {"one": [], "other": []}
    arrived = asyncio.Event()
    one.on_signal("forget", heard["one"].append)
    other.on_signal("forget", heard["other"].append)
    other.on_signal("last", lambda _: arrived.set())
    one.signal("forget", b"\x00\xff user")
    one.signal("last")
    assert heard["one"] == [b"\x00\xff user"]
    async with asyncio.timeout(PATIENCE_SECONDS):
        await arrived.wait()
    assert heard == {"one": [b"\x00\xff user"], "other": [b"\x00\xff user"]}


async def test_losing_redis_never_blocks_and_its_return_is_told_to_the_readers() -> None:
    with RedisServer.start() as first:
        one, other = RedisBus(first.url), RedisBus(first.url)
        await one.start()
        await other.start()
        gaps = Gaps(other)
        here, there = Reader(one, "auction:a"), Reader(other, "auction:a")
        assert await gaps.next() == ["auction:a"]
        first.kill()
        one.publish([event("auction:a", 1)])
        assert [heard.seq for heard in here.events] == [1]
        with RedisServer.start(first.port):
            while await gaps.next() is not None:
                pass
            assert await gaps.next() == ["auction:a"]
            # What was said meanwhile is for the outbox; what comes now arrives.
            seq = 2
            one.publish([event("auction:a", seq)])
            while not await there.hears(0.2):
                seq += 1
                one.publish([event("auction:a", seq)])
            assert 1 not in [heard.seq for heard in there.events]
            await one.stop()
            await other.stop()


async def test_a_queue_that_is_full_drops_and_counts() -> None:
    bus = RedisBus("redis://127.0.0.1:1/0")
    bus.publish([event("auction:a", seq) for seq in range(MAX_QUEUED_MESSAGES + 7)])
    assert bus.dropped_messages == 7


async def test_starting_without_redis_works_alone_until_it_comes(redis_url: str) -> None:
    with RedisServer.start() as gone:
        url, port = gone.url, gone.port
    bus = RedisBus(url)
    await bus.start()
    here = Reader(bus, "auction:a")
    bus.publish([event("auction:a", 1)])
    assert [heard.seq for heard in here.events] == [1]
    assert not await bus.ping()
    gaps = Gaps(bus)
    with RedisServer.start(port):
        assert await gaps.next() == ["auction:a"]
        await bus.stop()


async def test_a_process_alone_hears_itself() -> None:
    bus = LocalBus()
    here, other = Reader(bus, "auction:a"), Reader(bus, "auction:b")
    bus.publish([event("auction:a", 1)])
    here.leave()
    bus.publish([event("auction:a", 2)])
    assert [heard.seq for heard in here.events] == [1]
    assert other.events == []
