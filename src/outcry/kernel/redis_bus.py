"""The bus over Redis or Valkey, for deployments of several processes (SPEC RT-6).

It carries no truth: a message that Redis loses is read from the outbox. So nothing here waits or raises into a
caller, and after every reconnect the readers are told to look.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from outcry.kernel.bus import Handler, LocalBus, SignalHandler, Unsubscribe, decode_event, encode_event
from outcry.kernel.outbox import StoredEvent

PREFIX = "outcry:"
SIGNALS = f"{PREFIX}signals"
MAX_QUEUED_MESSAGES = 50_000
MAX_MESSAGES_A_PIPELINE = 500
RECONNECT_SECONDS = (0.1, 0.5, 1.0, 2.0)
POLL_SECONDS = 0.05

_log = logging.getLogger("outcry.bus")
_encode_signal = msgspec.msgpack.Encoder().encode
_decode_signal = msgspec.msgpack.Decoder(tuple[bytes, str, bytes]).decode


class RedisBus:
    """Local handlers at once, other processes through Redis."""

    def __init__(self, url: str) -> None:
        self._local = LocalBus()
        self._redis: Redis = Redis.from_url(url, socket_connect_timeout=2, health_check_interval=15)
        self._origin = os.urandom(8)
        self._queue: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(MAX_QUEUED_MESSAGES)
        self._wanted: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._ready = asyncio.Event()
        self._on_reconnect: list[Callable[[], None]] = []
        self.dropped_messages = 0

    def on_reconnect(self, call: Callable[[], None]) -> None:
        """Call when messages may have been missed."""
        self._on_reconnect.append(call)

    async def start(self) -> None:
        """Connect; returns when the first connection listens or cannot be made (then it goes on trying)."""
        self._tasks = [
            asyncio.create_task(self._publish_queued(), name="bus-publish"),
            asyncio.create_task(self._listen(), name="bus-listen"),
        ]
        try:
            async with asyncio.timeout(5):
                await self._ready.wait()
        except TimeoutError:
            _log.warning("Redis is out of reach; events reach other processes late until it is back")

    async def stop(self) -> None:
        """Flush what is queued, then disconnect."""
        try:
            async with asyncio.timeout(2):
                await self._queue.join()
        except TimeoutError:
            _log.warning("Redis did not take the last messages")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """To local handlers now, to the others through the queue; a full queue drops, and readers catch up."""
        self._local.publish(events)
        for event in events:
            self._send(PREFIX + event.channel, self._origin + encode_event(event))

    def signal(self, name: str, payload: bytes = b"") -> None:
        """See `Bus.signal`."""
        self._local.signal(name, payload)
        self._send(SIGNALS, _encode_signal((self._origin, name, payload)))

    def _send(self, channel: str, message: bytes) -> None:
        try:
            self._queue.put_nowait((channel, message))
        except asyncio.QueueFull:
            self.dropped_messages += 1

    def subscribe(self, channel: str, handler: Handler) -> Unsubscribe:
        """See `Bus.subscribe`; Redis is asked only while somebody here listens."""
        remove = self._local.subscribe(channel, handler)
        self._wanted[channel] = self._wanted.get(channel, 0) + 1
        self._changed.set()

        def unsubscribe() -> None:
            remove()
            self._wanted[channel] -= 1
            if not self._wanted[channel]:
                del self._wanted[channel]
                self._changed.set()

        return unsubscribe

    def on_signal(self, name: str, handler: SignalHandler) -> Unsubscribe:
        """See `Bus.on_signal`."""
        return self._local.on_signal(name, handler)

    async def ping(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(await self._redis.ping())  # type: ignore[misc]
        except (RedisError, OSError):
            return False

    async def _publish_queued(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < MAX_MESSAGES_A_PIPELINE and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for channel, message in batch:
                        pipeline.publish(channel, message)
                    await pipeline.execute()
            except (RedisError, OSError) as lost:
                # Dropped, not kept: by the time Redis is back every reader has looked in the outbox.
                self.dropped_messages += len(batch)
                _log.warning("Redis did not take %d messages: %s", len(batch), lost)
                await asyncio.sleep(RECONNECT_SECONDS[0])
            finally:
                for _ in batch:
                    self._queue.task_done()

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(SIGNALS)
                    subscribed: set[str] = set()
                    self._changed.set()
                    await self._follow(pubsub, subscribed)
            except (RedisError, OSError) as lost:
                _log.warning("lost Redis: %s", lost)
            await asyncio.sleep(RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)])
            failures += 1

    async def _follow(self, pubsub, subscribed: set[str]) -> None:  # type: ignore[no-untyped-def]
        caught_up = False
        while True:
            if self._changed.is_set():
                self._changed.clear()
                wanted = set(self._wanted)
                if wanted - subscribed:
                    await pubsub.subscribe(*(PREFIX + channel for channel in wanted - subscribed))
                if subscribed - wanted:
                    await pubsub.unsubscribe(*(PREFIX + channel for channel in subscribed - wanted))
                subscribed.clear()
                subscribed.update(wanted)
            if not caught_up:
                caught_up = True
                self._ready.set()
                for call in self._on_reconnect:
                    call()
            reading = asyncio.ensure_future(pubsub.get_message(timeout=POLL_SECONDS))
            changed = asyncio.ensure_future(self._changed.wait())
            try:
                await asyncio.wait({reading, changed}, return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():
                    # A reader must not be cut off in the middle of a message: let its short poll end.
                    await reading
            finally:
                changed.cancel()
                reading.cancel()
            self._heard(reading.result())

    def _heard(self, message: dict[str, bytes] | None) -> None:
        if message is None or message["type"] not in (b"message", "message"):
            return
        data = message["data"]
        name = message["channel"].decode()
        if name == SIGNALS:
            origin, signal, payload = _decode_signal(data)
            if origin != self._origin:
                self._local.signal(signal, payload)
        elif data[:8] != self._origin:
            self._local.publish([decode_event(data[8:])])
