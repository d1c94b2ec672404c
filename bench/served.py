"""Measurements of a running server, from outside: bids over sockets and REST, watchers, closing, size.

Each takes what it needs as parameters (a server, tokens, ids of live auctions, the owner's database URL), so that it
measures whatever server answers API.md.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg

from bench.cpu import cpu_seconds
from bench.fanload import LastState, Watched, WatchOrders
from bench.load import BidOrders, LoadProcess, run_bid_load
from bench.rivals.design import INCREMENT, STARTING_PRICE
from bench.server import OUTCRY, ServerProcess, running_server
from bench.stats import Figures, Histogram, together

CLOSE_TIMEOUT_SECONDS = 120
LATE_BATCH_LOOK_SECONDS = 0.1
_QUIET_SECONDS = 0.5


class ServedFigures(msgspec.Struct, frozen=True):
    """A load's figures with the processor time the server's process took for each decision."""

    figures: Figures
    server_cpu_us: float


async def measure_bids(
    server: ServerProcess,
    module: str,
    tokens: Sequence[str],
    auctions: Sequence[UUID],
    *,
    seconds: float,
    rate: float | None = None,
    processes: int = 1,
    first_amount: int = STARTING_PRICE,
    seed: int = 1,
) -> ServedFigures:
    """Bids of `module` (`bench.wsload` or `bench.restload`), the bidders shared out among load processes.

    `rate` is the total of the open loop; None is the closed loop. `first_amount` must be what the auctions ask now.
    """
    orders = [
        BidOrders(
            host=server.host,
            port=server.port,
            tokens=list(tokens[number::processes]),
            auctions=[str(auction) for auction in auctions],
            first_amount=first_amount,
            increment=INCREMENT,
            seconds=seconds,
            rate=None if rate is None else rate / processes,
            seed=seed + number,
        )
        for number in range(processes)
    ]
    before = cpu_seconds(server.pid)
    figures = together(await run_bid_load(module, orders))
    # The load settles before it counts; the server works all the while.
    share = figures.seconds / (figures.seconds + orders[0].settle_seconds)
    used_seconds = (cpu_seconds(server.pid) - before) * share
    return ServedFigures(figures, used_seconds / max(1, figures.accepted + figures.refused) * 1e6)


class FanFigures(msgspec.Struct, frozen=True):
    """What watchers saw: `wrong_last_states` counts those whose last state of a channel is not the database's."""

    deliveries_per_second: float
    server_cpu_us: float
    """Processor time of the server a delivery, bids included."""
    delay: Histogram
    gaps: int
    snapshots: int
    lost_connections: int
    wrong_last_states: int


async def measure_fan_out(
    server: ServerProcess,
    channels: Sequence[str],
    bid_on: Callable[[], Awaitable[object]],
    *,
    watchers: int,
    token: str | None,
    truth: Callable[[], Awaitable[dict[str, tuple[int, int | None]]]],
    processes: int = 1,
) -> FanFigures:
    """Watch `channels` with `watchers` connections while `bid_on()` runs, until all is quiet again.

    `truth` tells (seq, current price) of every channel as it is then.
    """
    orders = WatchOrders(server.host, server.port, watchers // processes, list(channels), token)
    loads: list[LoadProcess] = []
    try:
        for _ in range(processes):
            loads.append(await LoadProcess.start("bench.fanload", orders))
        for load in loads:
            await load.tell("go")
        before = cpu_seconds(server.pid)
        await bid_on()
        await asyncio.sleep(_QUIET_SECONDS)
        used_seconds = cpu_seconds(server.pid) - before
        for load in loads:
            await load.tell("end")
        seen = [await load.end(Watched) for load in loads]
    finally:
        for load in loads:
            load.kill()
    return FanFigures(
        deliveries_per_second=sum(each.deliveries for each in seen)
        / max(_QUIET_SECONDS, max(each.last_at for each in seen) - min(each.first_at for each in seen)),
        server_cpu_us=used_seconds / max(1, sum(each.deliveries for each in seen)) * 1e6,
        delay=Histogram.merged(each.delay for each in seen),
        gaps=sum(each.gaps for each in seen),
        snapshots=sum(each.snapshots for each in seen),
        lost_connections=sum(each.lost_connections for each in seen),
        wrong_last_states=_wrong([state for each in seen for state in each.last], watchers, await truth()),
    )


def _wrong(states: Sequence[LastState], watchers: int, truth: dict[str, tuple[int, int | None]]) -> int:
    right = sum(state.watchers for state in states if truth[state.channel] == (state.seq, state.current_price))
    return watchers * len(truth) - right


async def auction_truth(database_url: str, auctions: Sequence[UUID]) -> dict[str, tuple[int, int | None]]:
    """(seq, current price) by channel, as the database has it."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        cursor = await connection.execute(
            "SELECT id, seq, current_price FROM auctions WHERE id = ANY(%s)", (list(auctions),)
        )
        return {f"auction:{identity}": (seq, price) for identity, seq, price in await cursor.fetchall()}


async def measure_closing(database_url: str, auctions: Sequence[UUID]) -> Histogram:
    """Wait until all `auctions` (due soon, at any instants) are closed; how late each was, by the database's clock.

    Raises TimeoutError when some stay open.
    """
    ids = list(auctions)
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
            while True:
                found = await (
                    await connection.execute(
                        "SELECT count(*) FROM auctions WHERE id = ANY(%s) AND status IN ('scheduled', 'live')", (ids,)
                    )
                ).fetchone()
                if found == (0,):
                    break
                await asyncio.sleep(LATE_BATCH_LOOK_SECONDS)
        cursor = await connection.execute(
            "SELECT extract(epoch FROM closed_at - ends_at)::float8 FROM auctions WHERE id = ANY(%s)", (ids,)
        )
        return Histogram.of([row[0] for row in await cursor.fetchall()])


class Footprint(msgspec.Struct, frozen=True):
    """Sizes in bytes, times in seconds."""

    idle_bytes: int
    bytes_per_connection: float
    connections: int


async def measure_idle_connections(server: ServerProcess, *, connections: int, token: str | None) -> Footprint:
    """How much the server's memory grows for each signed-in connection that does nothing."""
    before = server.memory_bytes()
    load = await LoadProcess.start("bench.fanload", WatchOrders(server.host, server.port, connections, [], token))
    try:
        after = server.memory_bytes()
        await load.tell("go")
        await load.tell("end")
        watched = await load.end(Watched)
        if watched.lost_connections:
            raise RuntimeError(f"{watched.lost_connections} idle connections were lost")
    finally:
        load.kill()
    return Footprint(before, (after - before) / connections, connections)


async def measure_start(data_folder: Path, *, command: Sequence[str] = OUTCRY) -> float:
    """Seconds from starting the command on `data_folder` to its line `ready on`; the folder is used afterwards."""
    quiet = {"OUTCRY_LOG_LEVEL": "warning"}
    async with running_server([*command, "--data-dir", str(data_folder)], quiet) as server:
        return server.start_seconds
