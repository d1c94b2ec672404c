"""Bids against a `Design` inside this process: closed loop, open loop, and the rate over time.

The workload, the same for every design and decided by a seed alone:

- `rising`: a bidder offers the highest amount anyone has offered on that auction so far, plus one increment. Bids that
  are decided in the order of their arrival are all acceptable, so nearly every decision is a durable write; a design
  that shuffles bids refuses what came too late.
- `watching`: a bidder offers the last price it knows plus one increment, where everyone knows the highest accepted
  amount as soon as its answer is out (all watch the same price). On a hot auction the many who saw the same price
  offer the same amount and all but one are refused: the crowd at a real auction's end.

Figures are decisions a second, accepted and refused told apart. Latency is from the bid to its answer; in the open
loop from the moment the schedule called for the bid, so that a design which falls behind cannot hide it.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from typing import Literal, TypeVar

import msgspec

from bench.rivals.design import INCREMENT, STARTING_PRICE, Design
from bench.stats import Figures, Histogram

BIDDERS = 256
OPEN_LOOP_LIMIT = 20_000
"""Unanswered bids at which an open loop gives up: the design is beyond its limit."""
OPEN_LOOP_DRAIN_SECONDS = 10
"""How long the answers of an open loop are waited for; the unanswered are not counted as decided."""
OPEN_LOOP_TICK_SECONDS = 0.001
"""How long an open loop sleeps between its looks at the schedule, at the least: one that never sleeps takes a core from
what it measures. What it is late by counts as latency."""
_PICKS = 1 << 16
SETTLE_SECONDS = 0.5
_LAST_ANSWERS_SECONDS = 2.0

Mode = Literal["rising", "watching"]
T = TypeVar("T")


class Workload:
    """Who bids how much where. One per run; deterministic for a seed and an order of answers."""

    def __init__(self, auctions: int, mode: Mode, seed: int) -> None:
        self._mode = mode
        self._top = [STARTING_PRICE - INCREMENT] * auctions
        # Drawn beforehand: a random number costs as much as deciding a bid.
        chance = random.Random(seed)
        self._picks = [chance.randrange(auctions) for _ in range(_PICKS)]
        self._position = 0

    def next_bid(self) -> tuple[int, int]:
        """(auction, amount) of the next bid."""
        self._position = (self._position + 1) % _PICKS
        auction = self._picks[self._position]
        amount = self._top[auction] + INCREMENT
        if self._mode == "rising":
            self._top[auction] = amount
        return auction, amount

    def accepted(self, auction: int, amount: int) -> None:
        """An acceptance was answered: everyone knows."""
        if amount > self._top[auction]:
            self._top[auction] = amount


class _Counter:
    """Counts only while the measured window is open."""

    def __init__(self) -> None:
        self.open = False
        self.accepted = self.refused = self.failed = 0
        self.first_failure = ""
        self.latencies_seconds: list[float] = []

    def answered(self, accepted: bool, latency_seconds: float) -> None:
        if not self.open:
            return
        if accepted:
            self.accepted += 1
        else:
            self.refused += 1
        self.latencies_seconds.append(latency_seconds)

    def fail(self, error: Exception) -> None:
        if self.open:
            self.failed += 1
        if not self.first_failure:
            self.first_failure = f"{type(error).__name__}: {error}"[:200]

    def figures(self, seconds: float, offered: int = 0) -> Figures:
        return Figures(
            seconds=seconds,
            accepted=self.accepted,
            refused=self.refused,
            failed=self.failed,
            latency=Histogram.of(self.latencies_seconds),
            first_failure=self.first_failure,
            offered=offered,
        )


async def _bid_on_and_on(
    design: Design, workload: Workload, bidder: int, counter: _Counter, stop: asyncio.Event
) -> None:
    bid = 0
    while not stop.is_set():
        auction, amount = workload.next_bid()
        bid += 1
        began = time.perf_counter()
        try:
            accepted = await design.bid(auction, bidder, amount, f"{bidder}-{bid}")
        except Exception as error:
            counter.fail(error)
            # Somebody who is turned away does not come back in the same microsecond.
            await asyncio.sleep(0.001)
            continue
        counter.answered(accepted, time.perf_counter() - began)
        if accepted:
            workload.accepted(auction, amount)


async def _end(tasks: Sequence[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Let the bidders have their last answers; those of a design that takes too long are called off."""
    stop.set()
    _, late = await asyncio.wait(tasks, timeout=_LAST_ANSWERS_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def closed_loop(
    design: Design,
    workload: Workload,
    *,
    seconds: float,
    bidders: int = BIDDERS,
    settle_seconds: float = SETTLE_SECONDS,
) -> Figures:
    """Every bidder bids, waits for the answer, bids again; counted for `seconds` after the loop has settled."""
    counter, stop = _Counter(), asyncio.Event()
    tasks = [asyncio.create_task(_bid_on_and_on(design, workload, n, counter, stop)) for n in range(bidders)]
    await asyncio.sleep(settle_seconds)
    counter.open, began = True, time.perf_counter()
    await asyncio.sleep(seconds)
    counter.open, elapsed = False, time.perf_counter() - began
    await _end(tasks, stop)
    return counter.figures(elapsed)


async def rate_over_time(design: Design, workload: Workload, *, seconds: int, bidders: int = BIDDERS) -> list[float]:
    """Decisions a second in every second from the very first bid on (a closed loop that has not settled)."""
    counter, stop = _Counter(), asyncio.Event()
    counter.open = True
    tasks = [asyncio.create_task(_bid_on_and_on(design, workload, n, counter, stop)) for n in range(bidders)]
    rates: list[float] = []
    before, began = 0, time.perf_counter()
    for _ in range(seconds):
        await asyncio.sleep(1)
        now, decided = time.perf_counter(), counter.accepted + counter.refused
        rates.append((decided - before) / (now - began))
        before, began = decided, now
    await _end(tasks, stop)
    return rates


async def open_loop(
    design: Design, workload: Workload, *, rate: float, seconds: float, seed: int, bidders: int = BIDDERS
) -> Figures:
    """Poisson arrivals at `rate` a second, whatever the answers do; latency from the scheduled arrival.

    Ends early when OPEN_LOOP_LIMIT bids are unanswered; `offered` against the decided tells.
    """
    counter, chance = _Counter(), random.Random(seed)
    waiting: set[asyncio.Task[None]] = set()
    began = time.perf_counter()
    opens, ends = began + SETTLE_SECONDS, began + SETTLE_SECONDS + seconds
    due, sent, offered = began, 0, 0

    async def one(bidder: int, auction: int, amount: int, key: str, due_at: float) -> None:
        try:
            accepted = await design.bid(auction, bidder, amount, key)
        except Exception as error:
            counter.fail(error)
            return
        # A bid belongs to the window its arrival falls in, however late the answer.
        if due_at >= opens:
            counter.open = True
            counter.answered(accepted, time.perf_counter() - due_at)
            counter.open = False
        if accepted:
            workload.accepted(auction, amount)

    while due < ends and len(waiting) < OPEN_LOOP_LIMIT:
        now = time.perf_counter()
        while due <= now and due < ends:
            auction, amount = workload.next_bid()
            task = asyncio.create_task(one(sent % bidders, auction, amount, f"o{sent}", due))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
            sent += 1
            offered += due >= opens
            due += chance.expovariate(rate)
        await asyncio.sleep(max(OPEN_LOOP_TICK_SECONDS, due - time.perf_counter()))
    if waiting:
        _, late = await asyncio.wait(waiting, timeout=OPEN_LOOP_DRAIN_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    return counter.figures(max(time.perf_counter(), ends) - opens, offered)


class Contestant(msgspec.Struct, frozen=True):
    """A design to be measured: how to make it, by the name it has in the tables."""

    name: str
    make: Callable[[], Design]


FreshDatabase = Callable[[], AbstractContextManager[str]]
Run = Callable[[Design, int], Awaitable[T]]


async def interleaved(
    contestants: Sequence[Contestant],
    fresh_database: FreshDatabase,
    run: Run[T],
    *,
    auctions: int,
    runs: int,
    beside: Callable[[], Awaitable[None]] | None = None,
) -> dict[str, list[T]]:
    """A B C A B C A B C: every run on a database of its own, so that whatever drifts hits all alike.

    `run` gets a prepared design and the number of the run, which is its seed. `beside` is measured in every round too.
    """
    found: dict[str, list[T]] = {contestant.name: [] for contestant in contestants}
    for number in range(runs):
        for contestant in contestants:
            with fresh_database() as url:
                design = contestant.make()
                try:
                    await design.prepare(url, auctions)
                    found[contestant.name].append(await run(design, number))
                finally:
                    await design.close()
        if beside is not None:
            await beside()
    return found
