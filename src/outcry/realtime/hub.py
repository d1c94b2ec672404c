"""The hub: one process's channels and their watchers (SPEC RT-3, RT-5, RT-6).

Each channel is released in order and without gaps, whatever the bus loses or reorders: what is missing is read from
the outbox. Watchers get at most `updates_per_second` batches, each serialised once. A slow sweep finds events whose
process died between commit and publish.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from outcry.kernel import outbox
from outcry.kernel.access import Principal
from outcry.kernel.bus import Bus
from outcry.kernel.database import DATABASE_ERRORS, SYSTEM, Database
from outcry.kernel.errors import NotFound
from outcry.kernel.outbox import StoredEvent
from outcry.kernel.times import rfc3339, utc_now
from outcry.realtime.beat import Beat
from outcry.realtime.frames import FrameBatch, coalesce, frames_of
from outcry.realtime.ports import ChannelSource, Snapshot, Watcher

MAX_RING_EVENTS = 256
MAX_AHEAD_EVENTS = 1_000
MAX_CATCH_UP_EVENTS = 200
SWEEP_SECONDS = 2.0

_NEWER = """
SELECT k.channel FROM unnest(CAST(:channels AS text[]), CAST(:seqs AS bigint[])) AS k (channel, seq)
WHERE EXISTS (SELECT FROM events_after(k.channel, k.seq, 1))
"""

_log = logging.getLogger("outcry.realtime")


class Channel:
    """A channel with local watchers. `key` names it inside, `wire` to clients."""

    def __init__(self, hub: "Hub", key: str, wire: str) -> None:
        self.key = key
        self.wire = wire
        self.watchers: set[Watcher] = set()
        self.joining = 0
        # Released up to here; None until a first snapshot has told where the channel stands.
        self.last_seq: int | None = None
        self.unsubscribe: Callable[[], None] = lambda: None
        self._hub = hub
        self._ahead: dict[int, StoredEvent] = {}
        self._pending: list[StoredEvent] = []
        self._ring: deque[StoredEvent] = deque(maxlen=MAX_RING_EVENTS)
        self._flushed_at = 0.0
        self._is_due = False
        self._filling: asyncio.Task[None] | None = None
        self._flush: asyncio.Future[None] | None = None
        # The bus may have missed something before the first snapshot told where the channel stands.
        self.look_when_standing = False

    def take(self, event: StoredEvent) -> None:
        """An event from the bus: released if it is the next, kept if it is ahead, dropped if it is known."""
        if self.last_seq is not None and event.seq <= self.last_seq:
            return
        if len(self._ahead) < MAX_AHEAD_EVENTS:
            self._ahead[event.seq] = event
        self._release()
        if self._ahead and self.last_seq is not None:
            self.fill_soon()

    def _release(self) -> None:
        if self.last_seq is None:
            return
        while (event := self._ahead.pop(self.last_seq + 1, None)) is not None:
            self.last_seq = event.seq
            self._pending.append(event)
            self._ring.append(event)
        if self._pending and not self._is_due:
            self._is_due = True
            self._hub.beat.flush_soon(self)

    @property
    def may_flush_at(self) -> float:
        """The loop's time from which the next update may go out."""
        return self._flushed_at + self._hub.beat.interval_seconds

    def stand_at(self, seq: int) -> None:
        """Where the channel stands, learnt from its first snapshot."""
        if self.last_seq is None:
            self.last_seq = seq
            self._ahead = {number: event for number, event in self._ahead.items() if number > seq}
            self._release()
            if self.look_when_standing:
                self._hub.look_at([self.key])

    def flush(self, beat_at: float | None = None) -> None:
        """Send what is released and not yet sent; on a beat, however late it came, the next one counts from it."""
        self._is_due = False
        if not self._pending:
            return
        pending, self._pending = self._pending, []
        self._flushed_at = asyncio.get_running_loop().time() if beat_at is None else beat_at
        merged = coalesce(pending)
        self._hub.coalesced_events += len(pending) - len(merged)
        self.send(FrameBatch(frames_of(merged, self.wire)))
        self._told()

    async def flushed(self) -> None:
        """Wait for the next flush when one is due.

        Who joins must not be told twice what the others are yet to hear; a crowd that joins a running fight would
        have everyone told anew for each of them if it did not wait.
        """
        if not self._pending:
            return
        if self._flush is None:
            self._flush = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._flush)

    def _told(self) -> None:
        if self._flush is not None:
            self._flush.set_result(None)
            self._flush = None

    def send(self, batch: FrameBatch) -> None:
        """To every watcher."""
        deliveries = len(self.watchers) * len(batch.frames)
        wire = self.wire
        for watcher in tuple(self.watchers):
            watcher.deliver(wire, batch)
        self._hub.deliveries += deliveries
        self._hub.beat.delivered(deliveries)

    def after(self, seq: int) -> list[StoredEvent] | None:
        """Released events after `seq` from memory; None when memory does not reach back that far."""
        if self.last_seq is None or seq > self.last_seq:
            return None
        if seq == self.last_seq:
            return []
        events = [event for event in self._ring if event.seq > seq]
        return events if events and events[0].seq == seq + 1 else None

    def fill_soon(self) -> None:
        """Read what is missing from the outbox, once at a time."""
        if self._filling is None:
            self._filling = asyncio.create_task(self._fill())

    async def filled(self) -> None:
        """Wait until what the outbox holds now has been released."""
        self.fill_soon()
        if self._filling is not None:
            await asyncio.shield(self._filling)

    async def _fill(self) -> None:
        try:
            while self.last_seq is not None:
                events = await self._hub.read_missed(self.key, self.last_seq)
                for event in events:
                    self._ahead.setdefault(event.seq, event)
                before = self.last_seq
                if events and events[0].seq > before + 1:
                    # Pruned while we were cut off: only a fresh snapshot is the truth now.
                    self._hub.restart(self, events[0].seq - 1)
                    before = self.last_seq
                self._release()
                if len(events) < outbox.MAX_REPLAY_EVENTS or self.last_seq == before:
                    break
        except DATABASE_ERRORS as failed:
            _log.warning("channel %s could not catch up: %s", self.key, failed)
        finally:
            self._filling = None

    def skip_to(self, seq: int) -> None:
        """Continue after a hole that the outbox no longer covers."""
        self.last_seq = seq
        self._ring.clear()

    def close(self) -> None:
        """Nobody watches any more."""
        self.unsubscribe()
        self._pending.clear()
        self._told()
        if self._filling is not None:
            self._filling.cancel()


class Hub:
    """All channels with watchers in this process."""

    def __init__(self, database: Database, bus: Bus, *, updates_per_second: int) -> None:
        self.beat = Beat(updates_per_second)
        self.deliveries = 0
        self.coalesced_events = 0
        self.slow_watchers = 0
        self._database = database
        self._bus = bus
        self._sources: dict[str, ChannelSource] = {}
        self._channels: dict[str, Channel] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._looked_for: set[str] = set()
        self._look_now = asyncio.Event()
        self._swept_at = 0.0
        self.on_audience: Callable[[Channel], None] = lambda channel: None

    def register(self, prefix: str, source: ChannelSource) -> None:
        """`source` tells how channels `prefix:ID` stand."""
        self._sources[prefix] = source

    async def start(self) -> None:
        """Begin to sweep."""
        self._sweeper = asyncio.create_task(self._sweep(), name="realtime-sweep")

    async def stop(self) -> None:
        """Close every channel."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        self.beat.stop()
        for channel in tuple(self._channels.values()):
            channel.flush()
            channel.close()
        self._channels.clear()

    @property
    def channels(self) -> dict[str, Channel]:
        """Channels by key."""
        return self._channels

    @property
    def watchers(self) -> int:
        """Subscriptions of this process."""
        return sum(len(channel.watchers) for channel in self._channels.values())

    async def subscribe(
        self,
        watcher: Watcher,
        wire: str,
        viewer: Principal | None,
        *,
        since: int | None,
        begin: Callable[[Snapshot | None, Sequence[StoredEvent], int], None],
    ) -> None:
        """Add `watcher` to a channel, airtight against whatever is published meanwhile.

        `begin` is called synchronously at the moment of joining with the snapshot (None when the missed events
        alone will do), the events to show after it, and the seq reached. Raises NotFound, Forbidden.
        """
        prefix, identity = _parse(wire, viewer)
        source = self._sources.get(prefix)
        if source is None:
            raise NotFound("There is no such channel")
        channel = self._channel(f"{prefix}:{identity}", wire)
        channel.joining += 1
        try:
            snapshot, missed, seq = await self._starting_point(channel, source, identity, viewer, since)
            channel.stand_at(seq)
            await channel.flushed()
            while True:
                # What came in since is told to all here, so that the newcomer is at one with them.
                channel.flush()
                rest = channel.after(seq)
                if rest is not None:
                    break
                if channel.last_seq is not None and channel.last_seq < seq:
                    # The snapshot is ahead of the bus: bring the channel there first.
                    await channel.filled()
                    if channel.last_seq < seq:
                        self.restart(channel, seq)
                else:
                    snapshot, missed = await source.snapshot(identity, viewer), ()
                    seq = snapshot.seq
            begin(snapshot, [*missed, *rest], rest[-1].seq if rest else seq)
            channel.watchers.add(watcher)
        finally:
            channel.joining -= 1
            self._drop_if_unwatched(channel)
        self.on_audience(channel)

    async def _starting_point(
        self, channel: Channel, source: ChannelSource, identity: UUID, viewer: Principal | None, since: int | None
    ) -> tuple[Snapshot | None, Sequence[StoredEvent], int]:
        if since is not None:
            last = await source.last_seq(identity)
            if since <= last:
                events = await self.read_missed(channel.key, since) if since < last else []
                contiguous = not events or events[0].seq == since + 1
                if contiguous and len(events) <= MAX_CATCH_UP_EVENTS and (events or since == last):
                    return None, events, events[-1].seq if events else since
        snapshot = await source.snapshot(identity, viewer)
        return snapshot, (), snapshot.seq

    def unsubscribe(self, watcher: Watcher, wire: str, viewer: Principal | None) -> None:
        """Remove `watcher`; fine when it was not there."""
        try:
            prefix, identity = _parse(wire, viewer)
        except NotFound:
            return
        channel = self._channels.get(f"{prefix}:{identity}")
        if channel is not None and watcher in channel.watchers:
            channel.watchers.discard(watcher)
            self.on_audience(channel)
            self._drop_if_unwatched(channel)

    def hint(self, key: str, kind: str, data: bytes) -> None:
        """Tell the local watchers of `key` something that carries no seq and is not replayed."""
        channel = self._channels.get(key)
        if channel is None or not channel.watchers:
            return
        at = rfc3339(utc_now())
        frame = f'{{"type":"{kind}","channel":"{channel.wire}","at":"{at}","data":'.encode() + data + b"}"
        channel.send(FrameBatch([(None, kind, frame)]))

    def restart(self, channel: Channel, seq: int) -> None:
        """Go on from `seq` after a hole; its watchers get fresh snapshots."""
        channel.skip_to(seq)
        for watcher in tuple(channel.watchers):
            resync = getattr(watcher, "resync", None)
            if resync is not None:
                resync(channel.wire)

    def _channel(self, key: str, wire: str) -> Channel:
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel(self, key, wire)
            channel.unsubscribe = self._bus.subscribe(key, channel.take)
        return channel

    def _drop_if_unwatched(self, channel: Channel) -> None:
        if not channel.watchers and not channel.joining and self._channels.get(channel.key) is channel:
            del self._channels[channel.key]
            channel.close()

    async def read_missed(self, key: str, since: int) -> list[StoredEvent]:
        """Events of a channel after `since`, from the outbox."""
        async with self._database.transaction(SYSTEM) as tx:
            return await outbox.missed(await tx.driver(), key, since)

    def look_at(self, keys: Sequence[str] | None) -> None:
        """Look in the outbox for what the bus may have missed of these channels, or of all."""
        for key in self._channels if keys is None else keys:
            channel = self._channels.get(key)
            if channel is None:
                continue
            if channel.last_seq is None:
                channel.look_when_standing = True
            else:
                self._looked_for.add(key)
        self._look_now.set()

    async def _next_look(self) -> dict[str, int]:
        """Where the channels stand that are to be looked at: those asked for, or all when it is time to sweep."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._swept_at + SWEEP_SECONDS):
                await self._look_now.wait()
        self._look_now.clear()
        keys, self._looked_for = self._looked_for, set()
        if loop.time() >= self._swept_at + SWEEP_SECONDS:
            self._swept_at = loop.time()
            keys = set(self._channels)
        channels = [channel for key in keys if (channel := self._channels.get(key)) is not None]
        return {channel.key: channel.last_seq for channel in channels if channel.last_seq is not None}

    async def _sweep(self) -> None:
        while True:
            known = await self._next_look()
            if not known:
                continue
            try:
                async with self._database.transaction(SYSTEM) as tx:
                    rows: Sequence[Any] = await tx.all(_NEWER, {"channels": list(known), "seqs": list(known.values())})
            except Exception as failed:
                _log.warning("the sweep failed, the next will do: %s", failed)
                continue
            for row in rows:
                channel = self._channels.get(row.channel)
                # Whatever moved since we asked is being released anyway.
                if channel is not None and channel.last_seq == known[row.channel]:
                    channel.fill_soon()


def _parse(wire: str, viewer: Principal | None) -> tuple[str, UUID]:
    """`auction:ID`, or `user` for the viewer's own. Raises NotFound."""
    if wire == "user" and viewer is not None:
        return "user", viewer.user_id
    prefix, _, identity = wire.partition(":")
    try:
        if prefix != "user" and str(UUID(identity)) == identity:
            return prefix, UUID(identity)
    except ValueError:
        pass
    raise NotFound("There is no such channel")
