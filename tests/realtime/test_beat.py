"""When channels speak: at once while there is little to tell, else together (SPEC RT-5)."""

import asyncio

import pytest

from outcry.realtime.beat import EARLY_DELIVERIES, Beat

pytestmark = pytest.mark.anyio


class Counting:
    """A channel that notes the turn in which it was flushed."""

    def __init__(self, may_flush_at: float = 0.0) -> None:
        self.may_flush_at = may_flush_at
        self.flushed: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def flush(self, beat_at: float | None = None) -> None:
        self.flushed.set_result(asyncio.get_running_loop().time())


async def test_a_quiet_process_keeps_nobody_waiting() -> None:
    # Ten seconds a beat: who waited for one would be late indeed.
    beat, channel = Beat(1), Counting()
    beat.interval_seconds = 10.0
    beat.delivered(EARLY_DELIVERIES - 1)
    beat.flush_soon(channel)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert channel.flushed.done()


async def test_channels_of_a_busy_process_speak_together_on_the_beat() -> None:
    beat, channels = Beat(5), [Counting() for _ in range(3)]
    beat.delivered(EARLY_DELIVERIES)
    for channel in channels:
        beat.flush_soon(channel)
    await asyncio.sleep(0)
    assert not any(channel.flushed.done() for channel in channels)
    await channels[0].flushed
    # All in the turn of the first.
    assert all(channel.flushed.done() for channel in channels)


async def test_no_channel_speaks_before_its_time() -> None:
    beat = Beat(20)
    soon, later = Counting(), Counting(asyncio.get_running_loop().time() + 0.11)
    beat.delivered(EARLY_DELIVERIES)
    for channel in (later, soon):
        beat.flush_soon(channel)
    assert await soon.flushed < await later.flushed
    assert later.flushed.result() >= later.may_flush_at - 0.01


async def test_a_stopped_beat_is_silent() -> None:
    beat, channel = Beat(1000), Counting()
    beat.delivered(EARLY_DELIVERIES)
    beat.flush_soon(channel)
    beat.stop()
    later = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.01, later.set_result, None)
    await later
    assert not channel.flushed.done()
