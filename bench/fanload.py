"""`python -m bench.fanload`: watchers of auctions over WebSockets, who note what they receive and when.

Orders as JSON on the first line of standard input; `connected` when every watcher has its snapshots; `go` begins the
measuring, the next line ends it. Delay is from the event's own `at` (the database's clock) to the receipt by this
process: the same machine, hence the same clock. The same bytes go to every watcher, so each frame is read once and
then recognised: the generator must cost less than what it measures.
"""

import asyncio
import time
from datetime import datetime
from typing import Any

import msgspec
import uvloop

from bench.frames import CLOSE, PING, PONG, TEXT, ServerFrames, Socket, client_frame, open_socket
from bench.load import connected, next_line, raise_file_limit, read_orders, say
from bench.stats import Histogram

_REMEMBERED_FRAMES = 4_096


class WatchOrders(msgspec.Struct, forbid_unknown_fields=True):
    """`watchers` connections that each subscribe to all of `channels` (none: they are idle). No token: no sign-in."""

    host: str
    port: int
    watchers: int
    channels: list[str] = []
    token: str | None = None
    path: str = "/v1/live"


class LastState(msgspec.Struct, frozen=True):
    """How many watchers hold this as the last they heard of a channel."""

    channel: str
    seq: int
    current_price: int | None
    watchers: int


class Watched(msgspec.Struct):
    """What the watchers saw while it was measured."""

    first_at: float = 0.0
    last_at: float = 0.0
    """Of the first and the last delivery, in seconds since the epoch."""
    deliveries: int = 0
    payload_bytes: int = 0
    gaps: int = 0
    """Events that did not follow the watcher's last; a snapshot sent instead of missed events is none."""
    snapshots: int = 0
    lost_connections: int = 0
    delay: Histogram = msgspec.field(default_factory=Histogram)
    last: list[LastState] = []


class _Frame(msgspec.Struct):
    """A frame as far as a watcher reads it."""

    type: str
    channel: str = ""
    seq: int | None = None
    ref: int | None = None
    at: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class _BidPlaced(msgspec.Struct):
    current_price: int | None = None
    seq_from: int | None = None


class Read(msgspec.Struct, frozen=True, gc=False):
    """What one frame says; `at_seconds` since the epoch."""

    kind: str
    channel: str
    seq: int | None
    seq_from: int
    current_price: int | None
    at_seconds: float | None
    ref: int | None


_frame = msgspec.json.Decoder(_Frame).decode
_bid_placed = msgspec.json.Decoder(_BidPlaced).decode


def read(body: bytes) -> Read:
    """Decode one frame."""
    frame = _frame(body)
    priced = frame.type in ("bid_placed", "snapshot") and bytes(frame.data)[:1] == b"{"
    data = _bid_placed(frame.data) if priced else _BidPlaced()
    at = msgspec.convert(frame.at, type=datetime).timestamp() if frame.at else None
    first = data.seq_from if data.seq_from is not None else frame.seq or 0
    return Read(frame.type, frame.channel, frame.seq, first, data.current_price, at, frame.ref)


class Room:
    """All watchers of this process and what they saw."""

    def __init__(self, orders: WatchOrders) -> None:
        self.orders = orders
        self.seen = Watched()
        self.measuring = False
        self._known: dict[bytes, Read] = {}
        self.watchers = [Watcher(self) for _ in range(orders.watchers)]

    def read(self, body: bytes) -> Read:
        """As `read`, remembered."""
        found = self._known.get(body)
        if found is None:
            if len(self._known) >= _REMEMBERED_FRAMES:
                self._known.clear()
            found = self._known[body] = read(body)
        return found

    async def measure(self) -> Watched:
        """From now until the next line."""
        self.seen = Watched()
        self.measuring = True
        await next_line()
        self.measuring = False
        last: dict[tuple[str, int, int | None], int] = {}
        for watcher in self.watchers:
            for channel, state in watcher.last.items():
                last[(channel, *state)] = last.get((channel, *state), 0) + 1
        self.seen.last = [LastState(*state, watchers) for state, watchers in sorted(last.items(), key=str)]
        return self.seen


class Watcher:
    """One connection; `last` holds (seq, current price) by channel."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._frames = ServerFrames()
        self._socket: Socket | None = None
        self._answers: dict[int, asyncio.Future[None]] = {}
        self.last: dict[str, tuple[int, int | None]] = {}

    async def connect(self) -> None:
        """Open, sign in when there is a token, and subscribe; returns when every snapshot is here."""
        orders = self._room.orders
        self._socket = await open_socket(orders.host, orders.port, orders.path)
        self._socket.received = self._received
        self._socket.lost = self._lost
        if orders.token is not None:
            await self._ask(0, {"type": "auth", "token": orders.token})
        for number, channel in enumerate(orders.channels, start=1):
            await self._ask(number, {"type": "subscribe", "channel": channel})

    async def _ask(self, ref: int, question: dict[str, Any]) -> None:
        assert self._socket is not None
        answer = self._answers[ref] = asyncio.get_running_loop().create_future()
        self._socket.write(client_frame(msgspec.json.encode({**question, "ref": ref})))
        await answer

    def _received(self, data: bytes) -> None:
        now = time.time()
        room, seen = self._room, self._room.seen
        for opcode, body in self._frames.feed(data):
            if opcode == TEXT:
                told = room.read(body)
                if told.ref is not None:
                    self._answered(told, body)
                    continue
                if room.measuring:
                    seen.deliveries += 1
                    seen.first_at = seen.first_at or now
                    seen.last_at = now
                    seen.payload_bytes += len(body)
                    if told.at_seconds is not None and told.seq is not None:
                        seen.delay.add(now - told.at_seconds)
                self._take(told)
            elif opcode == PING:
                self._socket.write(client_frame(body, PONG))  # type: ignore[union-attr]
            elif opcode == CLOSE:
                self._lost(f"closed with {body[:100]!r}")

    def _take(self, told: Read) -> None:
        if told.seq is None:
            return
        before = self.last.get(told.channel)
        if told.kind == "snapshot":
            self._room.seen.snapshots += self._room.measuring
        elif before is not None and told.seq_from != before[0] + 1:
            self._room.seen.gaps += self._room.measuring
        price = told.current_price
        if price is None and before is not None:
            price = before[1]
        self.last[told.channel] = (told.seq, price)

    def _answered(self, told: Read, body: bytes) -> None:
        waiting = self._answers.pop(told.ref, None)  # type: ignore[arg-type]
        if told.kind == "snapshot":
            self._take(told)
        if waiting is None or waiting.done():
            return
        if told.kind == "error":
            waiting.set_exception(ConnectionError(f"refused: {body[:200]!r}"))
        else:
            waiting.set_result(None)

    def _lost(self, why: str) -> None:
        self._room.seen.lost_connections += 1
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError(why))

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()


async def _main() -> None:
    raise_file_limit()
    room = Room(read_orders(WatchOrders))
    await connected([watcher.connect for watcher in room.watchers])
    say("connected")
    await next_line()
    watched = await room.measure()
    for watcher in room.watchers:
        watcher.close()
    say(msgspec.json.encode(watched).decode())


if __name__ == "__main__":
    uvloop.run(_main())
