"""The engine's benchmarks: closed loop, open loop, slower commits, the rate over time.

Each gives the body of its section.
"""

import math
import time
from collections.abc import Awaitable
from functools import partial
from statistics import median

from bench.context import ROW_LOCK, WHOLE_ROW_LOCK, Context
from bench.cpu import cpu_seconds
from bench.engine import (
    BIDDERS,
    SETTLE_SECONDS,
    Contestant,
    Mode,
    Workload,
    closed_loop,
    interleaved,
    open_loop,
    rate_over_time,
)
from bench.ours import FULL_HOLD, NAME, FullHoldDesk, OutcryDesk
from bench.rivals.design import Design
from bench.rivals.raw_insert import ROWS, raw_insert_rows_per_second
from bench.stats import Figures, middle, number, spread, table

HOT = 1
MANY = 1_000
OPEN_LOOP_RATE = 10_000
ADDED_COMMIT_MS = (0, 1, 5)
FLAT_SECONDS = 12
_FUNCTION = "one database function per bid"
_COMPARE_AND_SET = "Redis Lua compare-and-set, then insert"

_HEADS = (
    "design",
    "decided/s (lowest-highest)",
    "accepted/s",
    "refused/s",
    "p50 ms",
    "p99 ms",
    "x row lock",
    "x row lock, same duties",
    "app CPU us",
    "DB CPU us",
)


async def engine(context: Context) -> str:
    """Closed loop on one hot and on 1,000 auctions; the upper bound of writing rows beside it."""
    parts = [
        f"{BIDDERS} bidders in a closed loop, in one process with the load; medians of {context.runs} interleaved runs"
        f" of {context.seconds:.0f} s, each on a new database. *rising*: every bid tops the highest offer so far, so"
        " bids decided in order are all acceptable. *watching*: every bid tops the last accepted price, so of all who"
        " saw the same price one wins. The row lock stands there twice: bare (lock, compare, insert, update), and with"
        " all that the desk does for a bid (repeated keys, blocks, hidden maximums, extension, hash chain, counted"
        " events), which compares like with like. *Full hold* is the desk with bid security on every auction: the"
        " leader's maximum is held in the ledger, and an outbid frees it in the same commit. CPU is processor time a"
        " decision: of the process with bidders and design, and of PostgreSQL.",
    ]
    for auctions in (HOT, MANY):
        parts.append(await _closed_loop_table(context, auctions, "rising"))
    parts.append(await _closed_loop_table(context, HOT, "watching"))
    return "\n\n".join(parts)


async def _closed_loop_table(context: Context, auctions: int, mode: Mode) -> str:
    async def run(design: Design, seed: int) -> Figures:
        context.postgres.checkpoint()
        return await _with_cpu(context, closed_loop(design, Workload(auctions, mode, seed), seconds=context.seconds))

    rows_per_second: list[float] = []

    async def raw_insert() -> None:
        with context.postgres.fresh_database() as url:
            context.postgres.checkpoint()
            rows_per_second.append(await raw_insert_rows_per_second(url, auctions=auctions))

    figures = await interleaved(
        [*context.contestants(), Contestant(FULL_HOLD, FullHoldDesk)],
        context.postgres.fresh_database,
        run,
        auctions=auctions,
        runs=context.runs,
        beside=raw_insert if mode == "rising" else None,
    )
    body = f"**{_auctions(auctions)}, {mode}**\n\n" + comparison(figures)
    if not rows_per_second:
        return body
    rows, ours = median(rows_per_second), middle(figures[NAME], lambda run: run.decided_per_second)
    lowest, highest = number(min(rows_per_second)), number(max(rows_per_second))
    return (
        f"{body}\n\nRaw insert of bid rows, {ROWS} a statement, no decisions, in the same rounds: {number(rows)} rows/s"
        f" ({lowest}-{highest}). The desk decides at {ours / rows:.0%} of it."
    )


async def _with_cpu(context: Context, loop: Awaitable[Figures]) -> Figures:
    """The loop's figures with the processor time of a decision, which a shared machine disturbs less than its rate."""
    pid = context.postgres.pid
    app, database = time.process_time(), cpu_seconds(pid) if pid else math.nan
    figures = await loop
    app, database = time.process_time() - app, (cpu_seconds(pid) if pid else math.nan) - database
    # The loop settles before it counts, and works all the while.
    counted = figures.seconds / (figures.seconds + SETTLE_SECONDS) / max(1, figures.accepted + figures.refused)
    figures.app_cpu_us, figures.database_cpu_us = app * counted * 1e6, database * counted * 1e6
    return figures


async def full_hold(context: Context) -> str:
    """What bid security costs: the desk with a full hold on every auction against the desk without."""
    parts = [
        "The desk with bid security `full_hold` on every auction (the leader's maximum is held in the ledger, an outbid"
        f" frees it in the same commit) against the desk without; {BIDDERS} bidders in a closed loop, rising, medians"
        f" of {context.runs} interleaved runs of {context.seconds:.0f} s, each on a new database, the books audited"
        " after it. CPU is processor time a decision, of the process with the bidders and of PostgreSQL together: what"
        " it costs, whoever else uses the machine. Ratios are of medians."
    ]
    for auctions in (HOT, MANY):

        async def run(design: Design, seed: int, auctions: int = auctions) -> Figures:
            context.postgres.checkpoint()
            workload = Workload(auctions, "rising", seed)
            return await _with_cpu(context, closed_loop(design, workload, seconds=context.seconds))

        figures = await interleaved(
            [Contestant(NAME, OutcryDesk), Contestant(FULL_HOLD, FullHoldDesk)],
            context.postgres.fresh_database,
            run,
            auctions=auctions,
            runs=context.runs,
        )
        parts.append(f"**{_auctions(auctions)}**\n\n" + _cost_table(figures))
    return "\n\n".join(parts)


def _cost_table(figures: dict[str, list[Figures]]) -> str:
    """One row a design, its cost and its slowness as multiples of the first's."""
    rows: list[tuple[str | float, ...]] = []
    first: tuple[float, float] | None = None
    for name, runs in figures.items():
        rate = middle(runs, lambda run: run.decided_per_second)
        app = middle(runs, lambda run: run.app_cpu_us or math.nan)
        database = middle(runs, lambda run: run.database_cpu_us or math.nan)
        first = first or (app + database, rate)
        rows.append(
            (
                name + _failures(runs),
                spread(runs, lambda run: run.decided_per_second),
                middle(runs, lambda run: run.p99_ms),
                app,
                database,
                f"{(app + database) / first[0]:.2f}",
                f"{first[1] / rate:.2f}",
            )
        )
    heads = ("design", "decided/s (lowest-highest)", "p99 ms", "app CPU us", "DB CPU us", "x the CPU", "x slower")
    return table(heads, rows)


def comparison(figures: dict[str, list[Figures]]) -> str:
    """One row a design: medians over its runs, and its rate as a multiple of the row lock's."""
    bases = [
        middle(figures[name], lambda run: run.decided_per_second) if name in figures else None
        for name in (ROW_LOCK, WHOLE_ROW_LOCK)
    ]
    rows = []
    for name, runs in figures.items():
        rate = middle(runs, lambda run: run.decided_per_second)
        rows.append(
            (
                name + _failures(runs),
                spread(runs, lambda run: run.decided_per_second),
                middle(runs, lambda run: run.accepted_per_second),
                middle(runs, lambda run: run.refused / run.seconds),
                middle(runs, lambda run: run.p50_ms),
                middle(runs, lambda run: run.p99_ms),
                *(f"{rate / base:.1f}" if base else "-" for base in bases),
                middle(runs, lambda run: run.app_cpu_us or math.nan),
                middle(runs, lambda run: run.database_cpu_us or math.nan),
            )
        )
    return table(_HEADS, rows)


def _failures(runs: list[Figures]) -> str:
    failed = sum(run.failed for run in runs)
    first = next((run.first_failure for run in runs if run.first_failure), "")
    return f" ({failed} failed: {first})" if failed else ""


def _auctions(auctions: int) -> str:
    return "One hot auction" if auctions == 1 else f"{auctions:,} auctions"


async def poisson(context: Context) -> str:
    """Open loop: arrivals do not wait for answers, so latency is what a bidder would see."""
    parts = [
        f"Poisson arrivals at {OPEN_LOOP_RATE:,} bids a second (rising), latency from the scheduled arrival; medians of"
        f" {context.runs} interleaved runs of {context.seconds:.0f} s. A design that answers less than was offered is"
        " beyond its limit, and its latency is the length of its queue."
    ]
    chosen = context.contestants(ROW_LOCK, _FUNCTION, _COMPARE_AND_SET)
    for auctions in (HOT, MANY):

        async def run(design: Design, seed: int, auctions: int = auctions) -> Figures:
            context.postgres.checkpoint()
            workload = Workload(auctions, "rising", seed)
            return await open_loop(design, workload, rate=OPEN_LOOP_RATE, seconds=context.seconds, seed=seed)

        figures = await interleaved(chosen, context.postgres.fresh_database, run, auctions=auctions, runs=context.runs)
        rows = [
            (
                name + _failures(runs),
                middle(runs, lambda run: run.offered / context.seconds),
                spread(runs, lambda run: run.decided_per_second),
                middle(runs, lambda run: run.p50_ms),
                middle(runs, lambda run: run.p99_ms),
            )
            for name, runs in figures.items()
        ]
        heads = ("design", "offered/s", "decided/s", "p50 ms", "p99 ms")
        parts.append(f"**{_auctions(auctions)}**\n\n" + table(heads, rows))
    return "\n\n".join(parts)


async def slow_commits(context: Context) -> str:
    """The same closed loop with a slower disk: `commit_delay` before every flush, shared by a group of commits."""
    found: dict[str, dict[int, list[Figures]]] = {}
    chosen = context.contestants(ROW_LOCK, _FUNCTION, _COMPARE_AND_SET)

    async def run(design: Design, seed: int) -> Figures:
        context.postgres.checkpoint()
        return await closed_loop(design, Workload(HOT, "rising", seed), seconds=context.seconds)

    for added_ms in ADDED_COMMIT_MS:
        database = partial(context.postgres.fresh_database, commit_delay_us=added_ms * 1_000)
        figures = await interleaved(chosen, database, run, auctions=HOT, runs=context.runs)
        for name, runs in figures.items():
            found.setdefault(name, {})[added_ms] = runs
    rows = []
    for name, by_delay in found.items():
        cells = []
        for added_ms in ADDED_COMMIT_MS:
            runs = by_delay[added_ms]
            rate = number(middle(runs, lambda run: run.decided_per_second))
            cells.append(f"{rate} ({number(middle(runs, lambda run: run.p99_ms))})")
        rows.append((name, *cells))
    heads = ("design", *(f"+{added_ms} ms: decided/s (p99 ms)" for added_ms in ADDED_COMMIT_MS))
    return (
        "One hot auction, rising, closed loop, with time added to each commit's flush (`commit_delay`,"
        f" `commit_siblings = 0`); medians of {context.runs} interleaved runs.\n\n" + table(heads, rows)
    )


async def flat_rate(context: Context) -> str:
    """Decisions in every second from the first bid on an empty, never analysed database."""
    seconds = 3 if context.quick else FLAT_SECONDS
    chosen: list[Contestant] = context.contestants(ROW_LOCK)
    parts = ["Decisions in each second from the first bid into an empty, never analysed database (rising)."]
    for auctions in (HOT, MANY):

        async def run(design: Design, seed: int, auctions: int = auctions) -> list[float]:
            context.postgres.checkpoint()
            return await rate_over_time(design, Workload(auctions, "rising", seed), seconds=seconds)

        rates = await interleaved(chosen, context.postgres.fresh_database, run, auctions=auctions, runs=1)
        rows = [(name, *runs[0]) for name, runs in rates.items()]
        heads = ("design", *(f"{second + 1} s" for second in range(seconds)))
        parts.append(f"**{_auctions(auctions)}**\n\n" + table(heads, rows))
    return "\n\n".join(parts)
