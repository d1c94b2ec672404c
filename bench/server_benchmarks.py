"""The server's benchmarks: bids over sockets and REST, watchers, closing, a long history, size. Each gives its body."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg

from bench.context import ROW_LOCK, Context
from bench.engine import BIDDERS
from bench.rest_rowlock import ServeOrders
from bench.rivals.design import INCREMENT, STARTING_PRICE, auction_id, bidder_id, make_tables
from bench.seed import access_tokens, seed_auctions, seed_history, seed_people
from bench.served import (
    ServedFigures,
    auction_truth,
    measure_bids,
    measure_closing,
    measure_fan_out,
    measure_idle_connections,
    measure_start,
)
from bench.server import ROW_LOCK as ROW_LOCK_COMMAND
from bench.server import ServerProcess, running_server
from bench.stats import middle, number, spread, table
from outcry.identity.tokens import Tokens
from outcry.kernel import migrations
from outcry.kernel.crypto import KeyRing
from outcry.kernel.settings import Settings

SECRET_KEY = "a benchmark's root key, of 32 characters or more"
PACED_RATE = 5_000
WATCHERS = 2_000
UPDATES_PER_SECOND = 20
MOST_DELIVERIES_CHANNELS = 8
CLOSING_AUCTIONS = 10_000
HISTORY_BIDS = 1_000_000
IDLE_CONNECTIONS = 2_000
OURS = "Outcry"

_HEADS = ("", "decided/s (lowest-highest)", "accepted/s", "refused/s", "p50 ms", "p99 ms", "server CPU us a bid")


class Market(msgspec.Struct, frozen=True):
    """A served market: live auctions numbered from 0, and signed-in bidders."""

    server: ServerProcess
    database_url: str
    auctions: list[UUID]
    tokens: list[str]


@asynccontextmanager
async def served_market(
    context: Context,
    *,
    auctions: int,
    bidders: int = BIDDERS,
    ends_in: timedelta = timedelta(days=1),
    history_bids: int = 0,
) -> AsyncIterator[Market]:
    """Our server, in one process, on a fresh database with people and live auctions; the first has `history_bids`."""
    with context.postgres.fresh_database() as url, tempfile.TemporaryDirectory(prefix="outcry-bench-data-") as folder:
        await asyncio.to_thread(migrations.upgrade, url)
        with psycopg.connect(url, autocommit=True) as connection:
            people = seed_people(connection, bidders)
            tokens = access_tokens(connection, KeyRing(SECRET_KEY), people, issuer=Settings().token_issuer)
            ids = seed_auctions(connection, auctions, ends_in=ends_in)
            if history_bids:
                seed_history(connection, ids[0], people, history_bids)
        context.postgres.checkpoint()
        environment = {
            "OUTCRY_DATABASE_URL": url,
            "OUTCRY_DATA_DIR": folder,
            "OUTCRY_SECRET_KEY": SECRET_KEY,
            "OUTCRY_RATE_LIMITS": "off",
            "OUTCRY_LOG_LEVEL": "warning",
        }
        async with running_server(context.serve_command, environment) as server:
            yield Market(server, url, ids, tokens)


def _row(name: str, runs: Sequence[ServedFigures]) -> tuple[object, ...]:
    figures = [run.figures for run in runs]
    failed = sum(each.failed for each in figures)
    first = next((each.first_failure for each in figures if each.first_failure), "")
    return (
        name + (f" ({failed} failed: {first})" if failed else ""),
        spread(figures, lambda run: run.decided_per_second),
        middle(figures, lambda run: run.accepted_per_second),
        middle(figures, lambda run: run.refused / run.seconds),
        middle(figures, lambda run: run.p50_ms),
        middle(figures, lambda run: run.p99_ms),
        sorted(run.server_cpu_us for run in runs)[len(runs) // 2],
    )


async def sockets(context: Context) -> str:
    """Bids over WebSockets from another process."""
    rows = []
    for auctions in (1, 1_000):
        for rate in (None, PACED_RATE):
            runs = []
            for seed in range(context.runs):
                async with served_market(context, auctions=auctions) as market:
                    runs.append(
                        await measure_bids(
                            market.server,
                            "bench.wsload",
                            market.tokens,
                            market.auctions,
                            seconds=context.seconds,
                            rate=rate,
                            seed=seed,
                        )
                    )
            loop = "closed loop" if rate is None else f"{rate:,}/s offered"
            rows.append(_row(f"{auctions:,} auction{'s' * (auctions > 1)}, {loop}", runs))
    return (
        f"{BIDDERS} bidders over {BIDDERS} WebSockets, load from another process, one server process; medians of"
        f" {context.runs} runs of {context.seconds:.0f} s.\n\n" + table(_HEADS, rows)
    )


async def rest(context: Context) -> str:
    """Bids over HTTP, beside the row lock behind the same web stack."""
    parts = [
        f"{BIDDERS} bidders over keep-alive connections (rising), one server process each; medians of {context.runs}"
        f" interleaved runs of {context.seconds:.0f} s."
    ]
    for auctions in (1, 1_000):
        ours: list[ServedFigures] = []
        theirs: list[ServedFigures] = []
        for seed in range(context.runs):
            async with served_market(context, auctions=auctions) as market:
                ours.append(await _rest_run(context, market.server, market.tokens, market.auctions, seed))
            async with _row_lock_server(context, auctions) as (server, tokens):
                ids = [auction_id(each) for each in range(auctions)]
                theirs.append(await _rest_run(context, server, tokens, ids, seed))
        rate, base = (
            middle([run.figures for run in runs], lambda run: run.decided_per_second) for runs in (ours, theirs)
        )
        parts.append(
            f"**{auctions:,} auction{'s' * (auctions > 1)}**: {rate / base:.1f} times the row lock\n\n"
            + table(_HEADS, [_row(OURS, ours), _row(ROW_LOCK, theirs)])
        )
    return "\n\n".join(parts)


async def _rest_run(
    context: Context, server: ServerProcess, tokens: Sequence[str], auctions: Sequence[UUID], seed: int
) -> ServedFigures:
    return await measure_bids(server, "bench.restload", tokens, auctions, seconds=context.seconds, seed=seed)


@asynccontextmanager
async def _row_lock_server(context: Context, auctions: int) -> AsyncIterator[tuple[ServerProcess, list[str]]]:
    with context.postgres.fresh_database() as url:
        await make_tables(url, auctions)
        signing = Tokens(KeyRing(SECRET_KEY), issuer="bench", access_seconds=86_400)
        people = [bidder_id(each) for each in range(BIDDERS)]
        tokens = [signing.access_token(person, person) for person in people]
        context.postgres.checkpoint()
        orders = msgspec.json.encode(ServeOrders(url, SECRET_KEY, "bench"))
        async with running_server(ROW_LOCK_COMMAND, orders=orders) as server:
            yield server, tokens


async def fan_out(context: Context) -> str:
    """Watchers of one auction at 20 updates a second, and of several for the most deliveries."""
    rows = []
    for channels in (1, MOST_DELIVERIES_CHANNELS):
        watchers = WATCHERS // 4 if context.quick else WATCHERS
        async with served_market(context, auctions=channels) as market:

            async def bid(market: Market = market, channels: int = channels) -> None:
                await measure_bids(
                    market.server,
                    "bench.wsload",
                    market.tokens[1:],
                    market.auctions,
                    seconds=context.seconds,
                    rate=UPDATES_PER_SECOND * 4 * channels,
                )

            names = [f"auction:{each}" for each in market.auctions]
            seen = await measure_fan_out(
                market.server,
                names,
                bid,
                watchers=watchers,
                token=market.tokens[0],
                truth=partial(auction_truth, market.database_url, market.auctions),
            )
        rows.append(
            (
                f"{watchers:,} watchers of {channels} auction{'s' * (channels > 1)}",
                seen.deliveries_per_second,
                seen.server_cpu_us,
                seen.delay.percentile_ms(50),
                seen.delay.percentile_ms(99),
                str(seen.wrong_last_states),
                str(seen.gaps),
                str(seen.snapshots),
                str(seen.lost_connections),
            )
        )
    heads = (
        "", "deliveries/s", "server CPU us each", "p50 ms", "p99 ms", "wrong last states", "gaps", "snapshots",
        "lost connections",
    )  # fmt: skip
    return (
        "One server process, the watchers in another; bids at four times the coalescing rate. Delay is from the event's"
        " `at` (the database's clock at the decision, before its commit) to the receipt.\n\n" + table(heads, rows)
    )


async def closing(context: Context) -> str:
    """Auctions that are all due in the same instant."""
    auctions = CLOSING_AUCTIONS // 10 if context.quick else CLOSING_AUCTIONS
    # They are due when the server is up and has nothing else to do.
    async with served_market(context, auctions=auctions, bidders=1, ends_in=timedelta(seconds=20)) as market:
        late = await measure_closing(market.database_url, market.auctions)
    return (
        f"{auctions:,} auctions due in the same instant, one process: all closed; lateness"
        f" p50 {number(late.percentile_ms(50))} ms, p99 {number(late.percentile_ms(99))} ms,"
        f" last {number(late.largest_seconds * 1_000)} ms."
    )


async def flat_cost(context: Context) -> str:
    """One bid after the other on a fresh auction and on one with a long history."""
    history = HISTORY_BIDS // 20 if context.quick else HISTORY_BIDS
    rows, medians = [], []
    async with served_market(context, auctions=2, history_bids=history) as market:
        for position, name in ((1, "fresh auction"), (0, f"{history:,} bids")):
            runs = []
            first = STARTING_PRICE + (0 if position else history * INCREMENT)
            for seed in range(context.runs):
                run = await measure_bids(
                    market.server,
                    "bench.wsload",
                    # Two who outbid each other: latency, not queueing.
                    market.tokens[:2],
                    [market.auctions[position]],
                    seconds=context.seconds,
                    first_amount=first,
                    seed=seed,
                )
                first += (run.figures.accepted + run.figures.refused) * 2 * INCREMENT
                runs.append(run)
            rows.append(_row(name, runs))
            medians.append(middle([run.figures for run in runs], lambda run: run.p50_ms))
    return f"Two bidders in a closed loop: {medians[1] / medians[0]:.2f} times.\n\n" + table(_HEADS, rows)


async def footprint(context: Context) -> str:
    """Memory of idle connections; time to start on a fresh and on a used folder with the embedded database."""
    async with served_market(context, auctions=1, bidders=1) as market:
        size = await measure_idle_connections(market.server, connections=IDLE_CONNECTIONS, token=market.tokens[0])
    with tempfile.TemporaryDirectory(prefix="outcry-bench-start-") as folder:
        fresh = await measure_start(Path(folder) / "data", command=context.serve_command)
        used = [await measure_start(Path(folder) / "data", command=context.serve_command) for _ in range(context.runs)]
    return (
        f"Server process {size.idle_bytes / 2**20:.0f} MiB (PSS);"
        f" {size.bytes_per_connection / 2**10:.1f} KiB for each of {size.connections:,} idle, signed-in sockets.\n\n"
        f"`outcry serve` ready in {fresh:.2f} s on a fresh folder, {sorted(used)[len(used) // 2]:.2f} s on a used one."
    )
