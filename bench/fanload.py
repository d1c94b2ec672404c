"""`python -m bench.fanload`: watchers of auctions over WebSockets, who note what they receive and when.

Orders as JSON on the first line of standard input; `connected` when every watcher has its snapshots; `go` begins the
measuring, the next line ends it. Delay is from the event's own `at` (the database's clock) to the receipt by this
process: the same machine, hence the same clock.

The generator must cost less than what it measures. The same bytes go to every watcher, so bytes are read once: of
watchers who stand at the same place, all to whom the same bytes come stand at one place afterwards. Every byte of every
watcher is compared all the same.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import uvloop

from bench.frames import CLOSE, PING, PONG, TEXT, ServerFrames, Socket, client_frame, open_socket
from bench.load import connected, next_line, raise_file_limit, read_orders, say
from bench.stats import Histogram

_REMEMBERED_PLACES = 4_096
_REMEMBERED_STEPS = 8
_DELAYS_A_SECOND = 5_000


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
    """Frames that carry a seq; hints are none."""
    writes: int = 0
    """Pieces they came in: of the server's writes those that were not joined on the way."""
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


class Place:
    """Where watchers stand who have heard the same: (seq, current price) by channel, and a frame's beginning."""

    __slots__ = ("last", "rest", "steps")

    def __init__(self, last: dict[str, tuple[int, int | None]], rest: bytes) -> None:
        self.last = last
        self.rest = rest
        self.steps: list[Step] = []


class Step:
    """What `data` says to a watcher at a place, and where it leads."""

    __slots__ = ("answers", "ats", "data", "deliveries", "gaps", "payload_bytes", "snapshots", "to")

    def __init__(self, data: bytes, place: Place, reading: Callable[[bytes], Read]) -> None:
        self.data = data
        self.deliveries = self.payload_bytes = self.gaps = self.snapshots = 0
        self.ats: list[float] = []
        # What each watcher must see to itself: (opcode, body).
        self.answers: list[tuple[int, bytes]] = []
        frames, last = ServerFrames(place.rest), dict(place.last)
        for opcode, body in frames.feed(data):
            told = reading(body) if opcode == TEXT else None
            if told is None or told.ref is not None:
                self.answers.append((opcode, body))
            if told is not None and told.seq is not None:
                self._take(told, last)
                if told.ref is None:
                    self._count(told, body)
        self.to = Place(last, frames.rest)

    def _take(self, told: Read, last: dict[str, tuple[int, int | None]]) -> None:
        before = last.get(told.channel)
        if told.kind == "snapshot":
            self.snapshots += told.ref is None
        elif told.channel and before is not None and told.seq_from != before[0] + 1:
            self.gaps += 1
        price = told.current_price
        if price is None and before is not None:
            price = before[1]
        if told.channel:
            last[told.channel] = (told.seq or 0, price)

    def _count(self, told: Read, body: bytes) -> None:
        self.deliveries += 1
        self.payload_bytes += len(body)
        if told.at_seconds is not None:
            self.ats.append(told.at_seconds)


class Room:
    """All watchers of this process and what they saw."""

    def __init__(self, orders: WatchOrders) -> None:
        self.orders = orders
        self.seen = Watched()
        self.measuring = False
        self._delays: dict[int, int] = {}
        start = Place({}, b"")
        self._places = {_named(start): start}
        self.watchers = [Watcher(self, start) for _ in range(orders.watchers)]

    def step(self, place: Place, data: bytes) -> Step:
        """What `data` says at `place`."""
        step = Step(data, place, read)
        # Watchers part when the network cuts their bytes differently, and come together again.
        if len(self._places) >= _REMEMBERED_PLACES:
            self._places.clear()
        step.to = self._places.setdefault(_named(step.to), step.to)
        place.steps.insert(0, step)
        del place.steps[_REMEMBERED_STEPS:]
        return step

    def count(self, step: Step, now: float) -> None:
        """One watcher has heard it."""
        seen = self.seen
        seen.first_at = seen.first_at or now
        seen.last_at = now
        seen.writes += 1
        seen.deliveries += step.deliveries
        seen.payload_bytes += step.payload_bytes
        seen.gaps += step.gaps
        seen.snapshots += step.snapshots
        delays = self._delays
        for at in step.ats:
            delay = int((now - at) * _DELAYS_A_SECOND)
            delays[delay] = delays.get(delay, 0) + 1

    async def measure(self) -> Watched:
        """From now until the next line."""
        self.seen = Watched()
        self.measuring = True
        await next_line()
        self.measuring = False
        for delay, times in self._delays.items():
            self.seen.delay.add((delay + 0.5) / _DELAYS_A_SECOND, times)
        last: dict[tuple[str, int, int | None], int] = {}
        for watcher in self.watchers:
            for channel, state in watcher.place.last.items():
                last[(channel, *state)] = last.get((channel, *state), 0) + 1
        self.seen.last = [LastState(*state, watchers) for state, watchers in sorted(last.items(), key=str)]
        return self.seen


def _named(place: Place) -> tuple[frozenset[tuple[str, tuple[int, int | None]]], bytes]:
    return frozenset(place.last.items()), place.rest


class Watcher:
    """One connection."""

    def __init__(self, room: Room, place: Place) -> None:
        self.place = place
        self._room = room
        self._socket: Socket | None = None
        self._answers: dict[int, asyncio.Future[None]] = {}

    async def connect(self) -> None:
        """Open, sign in when there is a token, and subscribe; returns when every snapshot is here."""
        orders = self._room.orders
        self._socket = await open_socket(orders.host, orders.port, orders.path)
        self._socket.received = self.received
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

    def received(self, data: bytes) -> None:
        """Bytes from the server, as they come."""
        for step in self.place.steps:
            if step.data == data:
                break
        else:
            step = self._room.step(self.place, data)
        self.place = step.to
        if step.deliveries and self._room.measuring:
            self._room.count(step, time.time())
        for opcode, body in step.answers:
            self._answered(opcode, body)

    def _answered(self, opcode: int, body: bytes) -> None:
        if opcode == PING:
            self._socket.write(client_frame(body, PONG))  # type: ignore[union-attr]
        elif opcode == CLOSE:
            self._lost(f"closed with {body[:100]!r}")
        elif opcode == TEXT:
            told = read(body)
            waiting = self._answers.pop(told.ref, None)  # type: ignore[arg-type]
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
