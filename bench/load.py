"""What the load generators share: their orders, whom they tell when, what they count; and how to run them.

A load generator is a process of its own: it reads its orders as one line of JSON, connects, prints `connected`, starts
at the line `go` (so that several start together), and prints what it counted as one line of JSON. It does as little as
it can per bid: it shares the cores with what it measures.
"""

import asyncio
import random
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from bench.stats import Figures, Histogram

ROOT = Path(__file__).resolve().parent.parent
CONNECT_SECONDS = 120
DRAIN_SECONDS = 5
OPEN_LOOP_LIMIT = 20_000
"""Unanswered bids at which an open loop stops sending: the server is beyond its limit."""
_PICKS = 1 << 16
_CONNECTING_AT_ONCE = 64
_TICK_SECONDS = 0.001
"""A timer for every bid of an open loop would keep a core busy that the server needs; lateness counts as latency."""
# Decided as bids are: these are answers by the auction's rules. Anything else is a failure.
REFUSALS = (b'"bid_too_low"', b'"already_leading"')
MINIMUM_BID = b'"minimum_bid":'

T = TypeVar("T")


class BidOrders(msgspec.Struct, forbid_unknown_fields=True):
    """Orders of `wsload` and `restload`: one connection a token; ids of auctions; `rate` None is the closed loop."""

    host: str
    port: int
    tokens: list[str]
    auctions: list[str]
    first_amount: int
    increment: int
    seconds: float
    settle_seconds: float = 2.0
    rate: float | None = None
    mode: Literal["rising", "watching"] = "rising"
    seed: int = 1


class Offers:
    """What is bid next: the same rule as `bench.engine.Workload`, told also by the minimum that answers carry."""

    def __init__(self, orders: BidOrders) -> None:
        chance = random.Random(orders.seed)
        self._picks = [chance.randrange(len(orders.auctions)) for _ in range(_PICKS)]
        self._next = [orders.first_amount] * len(orders.auctions)
        self._increment = orders.increment
        self._rising = orders.mode == "rising"
        self._position = 0

    def next_bid(self) -> tuple[int, int]:
        """(auction's number, amount)."""
        self._position = (self._position + 1) % _PICKS
        auction = self._picks[self._position]
        amount = self._next[auction]
        if self._rising:
            self._next[auction] = amount + self._increment
        return auction, amount

    def learn(self, auction: int, body: bytes) -> None:
        """Take the minimum that an answer tells, so that several load processes bid against each other."""
        found = body.rfind(MINIMUM_BID)
        if found < 0:
            return
        begin = found + len(MINIMUM_BID)
        while body[begin] == 0x20:
            begin += 1
        end = begin
        while body[end] <= 0x39 and body[end] >= 0x30:
            end += 1
        if end > begin:
            minimum = int(body[begin:end])
            if minimum > self._next[auction]:
                self._next[auction] = minimum


class Tally:
    """Counts answers to bids that were due inside the measured window."""

    def __init__(self) -> None:
        self.opens_at = self.closes_at = float("inf")
        self.accepted = self.refused = self.failed = self.offered = 0
        self.first_failure = ""
        self._latencies_seconds: list[float] = []

    def begin(self, orders: BidOrders) -> None:
        """The window opens when the load has settled."""
        self.opens_at = time.perf_counter() + orders.settle_seconds
        self.closes_at = self.opens_at + orders.seconds

    def answered(self, due_at: float, outcome: Literal["accepted", "refused", "failed"], body: bytes) -> None:
        """Count an answer to the bid that was due at `due_at`."""
        if not self.opens_at <= due_at < self.closes_at:
            return
        if outcome == "failed":
            self.failed += 1
            self.first_failure = self.first_failure or body[:300].decode(errors="replace")
            return
        if outcome == "accepted":
            self.accepted += 1
        else:
            self.refused += 1
        self._latencies_seconds.append(time.perf_counter() - due_at)

    def figures(self, seconds: float) -> Figures:
        """What was counted."""
        return Figures(
            seconds=seconds,
            accepted=self.accepted,
            refused=self.refused,
            failed=self.failed,
            offered=self.offered,
            latency=Histogram.of(self._latencies_seconds),
            first_failure=self.first_failure,
        )


async def poisson(
    orders: BidOrders, tally: Tally, send: Callable[[float], None], unanswered: Callable[[], int]
) -> float:
    """Call `send(due_at)` at Poisson times until the window closes; seconds from its opening to the last answer."""
    assert orders.rate is not None
    chance, due = random.Random(orders.seed), time.perf_counter()
    while due < tally.closes_at and unanswered() < OPEN_LOOP_LIMIT:
        now = time.perf_counter()
        while due <= now and due < tally.closes_at:
            tally.offered += due >= tally.opens_at
            send(due)
            due += chance.expovariate(orders.rate)
        await asyncio.sleep(max(_TICK_SECONDS, due - time.perf_counter()))
    await drained(unanswered)
    return max(time.perf_counter(), tally.closes_at) - tally.opens_at


async def drained(unanswered: Callable[[], int]) -> None:
    """Wait for the last answers, DRAIN_SECONDS at most; bids without one are not counted as decided."""
    until = time.perf_counter() + DRAIN_SECONDS
    # An event would have to be set on every answer.
    while unanswered() and time.perf_counter() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.005)


async def connected(makers: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Await every connection's opening, a bounded number at a time."""
    gate = asyncio.Semaphore(_CONNECTING_AT_ONCE)

    async def one(make: Callable[[], Awaitable[None]]) -> None:
        async with gate:
            await make()

    async with asyncio.timeout(CONNECT_SECONDS):
        await asyncio.gather(*(one(make) for make in makers))


def raise_file_limit() -> None:
    """As many sockets as the machine lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def next_line() -> str:
    """The next line of standard input, without blocking the loop."""
    return await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


def read_orders(kind: type[T]) -> T:
    """The orders, from the first line of standard input."""
    return msgspec.json.decode(sys.stdin.readline(), type=kind)


def say(line: str) -> None:
    """One line to whoever started this process."""
    print(line, flush=True)


class LoadProcess:
    """A running load generator, from the side of whoever started it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, module: str, orders: object) -> "LoadProcess":
        """Start `python -m MODULE`, hand it its orders, return when it is connected."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            limit=1 << 26,
        )
        load = cls(process)
        await load.tell(msgspec.json.encode(orders).decode())
        line = await load.line()
        if line != "connected":
            raise RuntimeError(f"{module} did not connect: {line!r}")
        return load

    async def tell(self, line: str) -> None:
        """Send one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()

    async def line(self) -> str:
        """The next line it says; empty when it has ended."""
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode().strip()

    async def end(self, kind: type[T]) -> T:
        """Its last line, decoded; it has ended then. Raises RuntimeError when it failed."""
        line = await self.line()
        status = await self._process.wait()
        if status or not line:
            raise RuntimeError(f"the load generator ended with {status}")
        return msgspec.json.decode(line, type=kind)

    def kill(self) -> None:
        """End it, whatever it does."""
        if self._process.returncode is None:
            self._process.kill()


async def run_bid_load(module: str, orders: Sequence[BidOrders]) -> list[Figures]:
    """Run one load process for each of `orders`, all at the same time."""
    loads: list[LoadProcess] = []
    try:
        for each in orders:
            loads.append(await LoadProcess.start(module, each))
        for load in loads:
            await load.tell("go")
        return list(await asyncio.gather(*(load.end(Figures) for load in loads)))
    finally:
        for load in loads:
            load.kill()
