"""When channels tell their watchers: at once while there is little to tell, else all on one beat (SPEC RT-5).

A write to a socket costs more than all else in a delivery. On a beat who watches several channels gets what they say
in one write, so a process that is busy groups, and one that is not keeps nobody waiting.
"""

import asyncio
from typing import Protocol

# In one beat this many deliveries may have gone out before the rest wait for the next.
EARLY_DELIVERIES = 1_000
# Timers fire on a clock of their own grain; an update is never earlier than this.
BEAT_SLACK_SECONDS = 0.002


class Pulsing(Protocol):
    """A channel with something to tell."""

    @property
    def may_flush_at(self) -> float:
        """The loop's time from which the next update may go out."""
        ...

    def flush(self, beat_at: float | None = None) -> None:
        """Tell it; on a beat, which is then the time that the next update counts from."""
        ...


class Beat:
    """The beat of a process's channels."""

    def __init__(self, updates_per_second: int) -> None:
        self.interval_seconds = 1 / updates_per_second
        self._due: list[Pulsing] = []
        self._timer: asyncio.TimerHandle | None = None
        self._counted_beat = -1.0
        self._deliveries = 0

    def flush_soon(self, channel: Pulsing) -> None:
        """Flush `channel` in this turn of the loop or on a beat; the caller asks once for each flush."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if channel.may_flush_at <= now and self._delivered_in_beat(now) < EARLY_DELIVERIES:
            loop.call_soon(channel.flush)
        else:
            self._wait(channel)

    def delivered(self, count: int) -> None:
        """That many frames were handed to watchers."""
        self._deliveries = self._delivered_in_beat(asyncio.get_running_loop().time()) + count

    def stop(self) -> None:
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _delivered_in_beat(self, now: float) -> int:
        beat = now // self.interval_seconds
        if beat != self._counted_beat:
            self._counted_beat, self._deliveries = beat, 0
        return self._deliveries

    def _wait(self, channel: Pulsing) -> None:
        self._due.append(channel)
        if self._timer is None:
            interval, loop = self.interval_seconds, asyncio.get_running_loop()
            beat_at = (loop.time() // interval + 1) * interval
            self._timer = loop.call_at(beat_at, self._flush_due, beat_at)

    def _flush_due(self, beat_at: float) -> None:
        self._timer = None
        due, self._due = self._due, []
        for channel in due:
            # By the beat, not by when it came: a turn of the loop that was long must not push the next one away.
            if channel.may_flush_at <= beat_at + BEAT_SLACK_SECONDS:
                channel.flush(beat_at)
            else:
                self._wait(channel)
