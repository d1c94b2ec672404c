"""`python -m bench [names...] [--quick]`: run the named benchmarks (all, when none is named), write RESULTS.md."""

import argparse
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import uvloop

from bench import (
    chaos_benchmarks,
    engine_benchmarks,
    ledger_benchmarks,
    lighthouse_scores,
    machine,
    order_benchmarks,
    room,
    server_benchmarks,
)
from bench.context import Context
from bench.engine import Contestant
from bench.ours import NAME, OutcryDesk
from bench.postgres import running_postgres
from bench.redis_server import running_redis
from bench.stats import Results
from outcry.serving import rest_the_collector

RESULTS = Path(__file__).with_name("RESULTS.md")


class Benchmark(msgspec.Struct, frozen=True):
    """A section of the results; `run` gives its body."""

    title: str
    run: Callable[[Context], Awaitable[str]]


async def _machine(context: Context) -> str:
    return machine.describe(context.postgres.url, context.postgres.folder).lines()


BENCHMARKS = {
    "machine": Benchmark("The machine", _machine),
    "engine": Benchmark("Engine, closed loop", engine_benchmarks.engine),
    "full_hold": Benchmark("Bid security: full hold", engine_benchmarks.full_hold),
    "poisson": Benchmark("Engine, open loop", engine_benchmarks.poisson),
    "slow_commits": Benchmark("Engine, slower commits", engine_benchmarks.slow_commits),
    "flat_rate": Benchmark("Engine, rate over time", engine_benchmarks.flat_rate),
    "ledger": Benchmark("Ledger transfers", ledger_benchmarks.ledger),
    "orders": Benchmark("Orders of one hot listing", order_benchmarks.orders),
    "money_chaos": Benchmark("Money in chaos", chaos_benchmarks.money_chaos),
    "sockets": Benchmark("Bids over WebSockets", server_benchmarks.sockets),
    "rest": Benchmark("Bids over REST", server_benchmarks.rest),
    "fan_out": Benchmark("Fan-out", server_benchmarks.fan_out),
    "closing": Benchmark("Closing at the same instant", server_benchmarks.closing),
    "flat_cost": Benchmark("A long history", server_benchmarks.flat_cost),
    "room": Benchmark("The room under load", room.room),
    "lighthouse": Benchmark("Lighthouse", lighthouse_scores.lighthouse),
    "footprint": Benchmark("Footprint", server_benchmarks.footprint),
}


async def _run(names: list[str], quick: bool, path: Path) -> None:
    results = Results(path, list(BENCHMARKS))
    with running_postgres() as postgres, running_redis() as redis_url:
        context = Context(postgres=postgres, redis_url=redis_url, quick=quick, ours=[Contestant(NAME, OutcryDesk)])
        for name in names:
            print(f"{name} ...", flush=True)
            body = await BENCHMARKS[name].run(context)
            print(body + "\n", flush=True)
            results.write(name, BENCHMARKS[name].title, body)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="one short run each: to see that it works, not to quote")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file to write (default: %(default)s)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    names = arguments.names or list(BENCHMARKS)
    # The machine stands with every figure.
    names = names if "machine" in names else ["machine", *names]
    # As every serving process does; for all designs alike.
    rest_the_collector()
    uvloop.run(_run(names, arguments.quick, arguments.results))


if __name__ == "__main__":
    main()
