"""How many watch an auction, over all processes (SPEC RT-2): a hint, at most once a second an auction."""

import asyncio
import os
from time import monotonic
from uuid import UUID

import msgspec

from outcry.kernel.bus import Bus
from outcry.kernel.times import rfc3339_microseconds
from outcry.realtime.hub import Channel, Hub

SIGNAL = "viewers"
ENDING_SIGNAL = "ending_soon"
TELL_SECONDS = 1.0
REPEAT_SECONDS = 10.0
FORGET_SECONDS = 25.0

_encode = msgspec.msgpack.Encoder().encode
_decode_ending = msgspec.msgpack.Decoder(tuple[str, int]).decode
_decode = msgspec.msgpack.Decoder(tuple[str, str, int]).decode


class EndingSoon:
    """The clock of one process tells the watchers of all that an auction's end is near: a hint, no seq."""

    def __init__(self, hub: Hub, bus: Bus) -> None:
        self._hub = hub
        self._bus = bus
        bus.on_signal(ENDING_SIGNAL, self._heard)

    def tell(self, auction_id: UUID, ends_at_us: int) -> None:
        """To every process."""
        self._bus.signal(ENDING_SIGNAL, _encode((str(auction_id), ends_at_us)))

    def _heard(self, payload: bytes) -> None:
        auction_id, ends_at_us = _decode_ending(payload)
        data = b'{"ends_at":"%b"}' % rfc3339_microseconds(ends_at_us).encode()
        self._hub.hint(f"auction:{auction_id}", "ending_soon", data)


class Viewers:
    """Counts this process's watchers and hears of the others'."""

    def __init__(self, hub: Hub, bus: Bus) -> None:
        self._hub = hub
        self._bus = bus
        self._origin = os.urandom(8).hex()
        self._others: dict[str, dict[str, tuple[float, int]]] = {}
        self._changed: set[str] = set()
        self._shown: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None
        hub.on_audience = self._audience
        bus.on_signal(SIGNAL, self._heard)

    def count(self, auction_id: UUID) -> int:
        """Watchers of an auction, over all processes."""
        return self._count(f"auction:{auction_id}")

    def _count(self, key: str) -> int:
        channel = self._hub.channels.get(key)
        local = len(channel.watchers) if channel else 0
        limit = monotonic() - FORGET_SECONDS
        return local + sum(count for at, count in self._others.get(key, {}).values() if at > limit)

    def _audience(self, channel: Channel) -> None:
        if channel.key.startswith("auction:"):
            self._changed.add(channel.key)

    def _heard(self, payload: bytes) -> None:
        origin, key, count = _decode(payload)
        if origin == self._origin:
            return
        # Only what is watched here is of interest; the rest is said again when somebody comes.
        if key in self._hub.channels:
            self._others.setdefault(key, {})[origin] = (monotonic(), count)
            self._changed.add(key)

    async def start(self) -> None:
        """Begin to tell."""
        self._task = asyncio.create_task(self._run(), name="viewers")

    async def stop(self) -> None:
        """Tell no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        repeated_at = monotonic()
        while True:
            await asyncio.sleep(TELL_SECONDS)
            if monotonic() - repeated_at > REPEAT_SECONDS:
                repeated_at = monotonic()
                self._changed.update(key for key in self._hub.channels if key.startswith("auction:"))
                for key in [key for key in self._others if key not in self._hub.channels]:
                    del self._others[key]
                    self._shown.pop(key, None)
            changed, self._changed = self._changed, set()
            for key in changed:
                channel = self._hub.channels.get(key)
                self._bus.signal(SIGNAL, _encode((self._origin, key, len(channel.watchers) if channel else 0)))
                count = self._count(key)
                if channel is None:
                    self._shown.pop(key, None)
                elif self._shown.get(key) != count:
                    self._shown[key] = count
                    self._hub.hint(key, "viewer_count", b'{"viewers":%d}' % count)
