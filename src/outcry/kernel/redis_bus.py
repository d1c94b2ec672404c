"""The bus over Redis or Valkey, for deployments of several processes (SPEC RT-6).

It carries no truth: a message that Redis loses is read from the outbox. So nothing here waits or raises into a
caller; and whenever messages may have been missed (before a subscription stands, after a reconnect), the readers
of those channels are told to look.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

import msgspec
from redis.asyncio import Connection, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from outcry.kernel.bus import Handler, LocalBus, SignalHandler, Unsubscribe, decode_event, encode_event
from outcry.kernel.outbox import StoredEvent

PREFIX = b"outcry:"
SIGNALS = PREFIX + b"signals"
ORIGIN_BYTES = 8
MAX_QUEUED_MESSAGES = 50_000
MAX_MESSAGES_A_PIPELINE = 500
MAX_CHANNELS_A_COMMAND = 1_000
RECONNECT_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0)
CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0
SILENCE_SECONDS = 10.0
FLUSH_SECONDS = 2.0

Gap = Callable[[Sequence[str] | None], None]
_log = logging.getLogger("outcry.bus")
_encode_signal = msgspec.msgpack.Encoder().encode
_decode_signal = msgspec.msgpack.Decoder(tuple[bytes, str, bytes]).decode


class RedisBus:
    """Local handlers at once, other processes through Redis."""

    def __init__(self, url: str) -> None:
        self._local = LocalBus()
        # Nothing retries silently: whoever misses messages must know it.
        self._pool = ConnectionPool.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._redis = Redis(connection_pool=self._pool)
        self._origin = os.urandom(ORIGIN_BYTES)
        self._queue: asyncio.Queue[tuple[bytes, bytes]] = asyncio.Queue(MAX_QUEUED_MESSAGES)
        self._wanted: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._ready = asyncio.Event()
        self._gaps: list[Gap] = []
        self.dropped_messages = 0

    def on_gap(self, call: Gap) -> None:
        """Call with the channels of which messages may have been missed, or with None: of any."""
        self._gaps.append(call)

    async def start(self) -> None:
        """Connect; returns when it listens, or at once when Redis is away (then it goes on trying)."""
        self._tasks = [
            asyncio.create_task(self._publish_queued(), name="bus-publish"),
            asyncio.create_task(self._listen(), name="bus-listen"),
        ]
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._ready.wait()
        except TimeoutError:
            _log.warning("Redis is out of reach; events reach other processes late until it is back")

    async def stop(self) -> None:
        """Flush what is queued, then disconnect."""
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                await self._queue.join()
        except TimeoutError:
            _log.warning("Redis did not take the last %d messages", self._queue.qsize())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()
        await self._pool.disconnect()

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """To local handlers now, to the others through the queue; a full queue drops, and readers catch up."""
        self._local.publish(events)
        for event in events:
            self._send(PREFIX + event.channel.encode(), self._origin + encode_event(event))

    def signal(self, name: str, payload: bytes = b"") -> None:
        """See `Bus.signal`."""
        self._local.signal(name, payload)
        self._send(SIGNALS, _encode_signal((self._origin, name, payload)))

    def _send(self, channel: bytes, message: bytes) -> None:
        try:
            self._queue.put_nowait((channel, message))
        except asyncio.QueueFull:
            self.dropped_messages += 1

    def heard(self, channel: str) -> bool:
        """Who listens in other processes is not known here."""
        return True

    def subscribe(self, channel: str, handler: Handler) -> Unsubscribe:
        """See `Bus.subscribe`; Redis is asked only while somebody here listens."""
        remove = self._local.subscribe(channel, handler)
        self._wanted[channel] = self._wanted.get(channel, 0) + 1
        self._changed.set()
        gone = False

        def unsubscribe() -> None:
            nonlocal gone
            if gone:
                return
            gone = True
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
            return bool(await self._redis.execute_command("PING"))
        except (RedisError, OSError):
            return False

    # -- out -------------------------------------------------------------------------------------------------

    async def _publish_queued(self) -> None:
        failures = 0
        while True:
            batch = [await self._queue.get()]
            while len(batch) < MAX_MESSAGES_A_PIPELINE and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for channel, message in batch:
                        pipeline.execute_command("PUBLISH", channel, message)
                    await pipeline.execute()
                failures = 0
            except (RedisError, OSError) as lost:
                # Dropped, not kept: by the time Redis is back every reader has looked in the outbox.
                self.dropped_messages += len(batch)
                if not failures:
                    _log.warning("Redis takes no messages: %s", lost)
                await asyncio.sleep(_pause_seconds(failures))
                failures += 1
            finally:
                for _ in batch:
                    self._queue.task_done()

    # -- in --------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        failures = 0
        while True:
            connection: Connection = self._pool.make_connection()  # type: ignore[assignment]
            try:
                await connection.connect()
                await connection.send_command("SUBSCRIBE", SIGNALS)
                # From here on it is a new connection's failure when something goes wrong.
                failures = 0
                asking = asyncio.create_task(self._ask(connection), name="bus-subscribe")
                try:
                    await self._read(connection)
                finally:
                    asking.cancel()
                    await asyncio.gather(asking, return_exceptions=True)
            except (RedisError, OSError) as lost:
                if not failures:
                    _log.warning("cut off from Redis: %s", lost)
            finally:
                await connection.disconnect(nowait=True)
            await asyncio.sleep(_pause_seconds(failures))
            failures += 1

    async def _ask(self, connection: Connection) -> None:
        """Keep the connection's subscriptions what is wanted here."""
        asked: set[str] = set()
        self._changed.set()
        while True:
            await self._changed.wait()
            self._changed.clear()
            wanted = set(self._wanted)
            for command, channels in (("UNSUBSCRIBE", asked - wanted), ("SUBSCRIBE", wanted - asked)):
                for some in _chunks(channels):
                    await connection.send_command(command, *(PREFIX + channel.encode() for channel in some))
            asked = wanted

    async def _read(self, connection: Connection) -> None:
        silent = False
        while True:
            try:
                message: Any = await connection.read_response(timeout=SILENCE_SECONDS)
            except RedisTimeoutError:
                message = None
            if message is not None:
                silent = False
                self._heard(message)
            elif silent:
                raise RedisConnectionError("Redis does not answer")
            else:
                silent = True
                await connection.send_command("PING")

    def _heard(self, message: Sequence[Any]) -> None:
        kind, channel, data = message[0], message[1], message[-1]
        if kind == b"message" and channel == SIGNALS:
            origin, name, payload = _decode_signal(data)
            if origin != self._origin:
                self._local.signal(name, payload)
        elif kind == b"message":
            if data[:ORIGIN_BYTES] != self._origin:
                self._local.publish([decode_event(data[ORIGIN_BYTES:])])
        elif kind == b"subscribe" and channel == SIGNALS:
            if self._ready.is_set():
                _log.warning("Redis is back")
                self._tell_gap(None)
            self._ready.set()
        elif kind == b"subscribe":
            # What was said between the reader's first look and now went by.
            self._tell_gap([channel.removeprefix(PREFIX).decode()])

    def _tell_gap(self, channels: Sequence[str] | None) -> None:
        for call in self._gaps:
            call(channels)


def _pause_seconds(failures: int) -> float:
    return RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)]


def _chunks(channels: Iterable[str]) -> Iterable[list[str]]:
    left = iter(channels)
    while some := list(islice(left, MAX_CHANNELS_A_COMMAND)):
        yield some
