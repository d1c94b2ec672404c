"""The room as people see it under load: a real Chromium shows an auction that takes hundreds of bids a second.

Truth is the database's: the price from the decision of each bid on, by the database's clock. The page is read from
inside, once a frame, when the frame is painted (`room_probe.js`): the same machine, hence the same clock.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from uuid import UUID

import httpx
import msgspec
import psycopg
from playwright.async_api import Browser, Page
from tests.support.chromium import chromium
from tests.support.visitors import DESKTOP, PHONE, SESSION_KEY, Device

from bench.client import build_client
from bench.context import Context
from bench.served import measure_bids
from bench.server_benchmarks import Market, served_market
from bench.stats import Histogram, table
from outcry.kernel.money import minor_digits

BIDS_PER_SECOND = 500
BIDDERS = 64
PROBE = Path(__file__).with_name("room_probe.js")
# The page's first second with the load is its own business: code is being compiled.
SETTLE_SECONDS = 1.0
LONG_TASK_MS = 100.0
SHOWN_WITHIN_MS = 20_000
AT_REST_SECONDS = 0.5
# Lags are looked at so often, whether the page has painted or not: a page that stands still is behind all the while.
LOOK_SECONDS = 0.001


class Kept(msgspec.Struct):
    """What the probe has kept, in milliseconds since the epoch; `tasks` with their lengths."""

    prices: list[tuple[float, str]]
    frames: list[float]
    tasks: list[tuple[float, float]]


class Priced(msgspec.Struct, frozen=True):
    """A price in minor units from `at` (seconds since the epoch) on."""

    at: float
    amount: int


class Shown(msgspec.Struct, frozen=True):
    """What one run saw."""

    prices_per_second: float
    bids_per_second: float
    lag: Histogram
    longest_task_ms: float
    long_tasks: int
    frames_per_second: float
    longest_frame_ms: float
    ends_right: bool


def lags(truth: Sequence[Priced], shown: Sequence[Priced], begin: float, end: float) -> Histogram:
    """How long, at each instant from `begin` to `end`, the shown price had not been the newest; 0 when it was. Pure.

    Both in the order of time. A shown price that was never true counts as the one before it.
    """
    histogram = Histogram()
    amounts, shown_at = [price.amount for price in truth], [price.at for price in shown]
    for step in range(int((end - begin) / LOOK_SECONDS)):
        instant = begin + step * LOOK_SECONDS
        place = bisect_right(shown_at, instant) - 1
        amount = shown[place].amount if place >= 0 else 0
        overtaken = bisect_right(amounts, amount)
        late = instant - truth[overtaken].at if overtaken < len(truth) else 0.0
        histogram.add(max(0.0, late))
    return histogram


async def room(context: Context) -> str:
    """The price on screen beside the server's, and how smooth the page stays."""
    await asyncio.to_thread(build_client)
    rows = []
    for device in (DESKTOP, PHONE):
        runs = []
        for seed in range(context.runs):
            async with (
                served_market(context, auctions=1, bidders=BIDDERS) as market,
                chromium() as browser,
            ):
                runs.append(await _run(context, market, browser, device, seed))
        rows.append(_row(device.name, runs))
    heads = (
        "", "bids/s", "prices shown/s", "behind p50 ms", "p95 ms", "most ms", "longest task ms",
        f"tasks over {LONG_TASK_MS:.0f} ms", "frames/s", "longest frame ms", "right at the end",
    )  # fmt: skip
    return (
        f"A signed-in person's room in Chromium while others place {BIDS_PER_SECOND} bids a second on its auction; one"
        " server process, the load in another. Behind: at each millisecond, for how long the painted price had not been"
        " the newest decided one (the database's clock, before its commit); updates go out 20 times a second. Medians"
        f" of {context.runs} runs of {context.seconds:.0f} s.\n\n" + table(heads, rows)
    )


def _row(name: str, runs: Sequence[Shown]) -> tuple[object, ...]:
    return (
        name,
        median(run.bids_per_second for run in runs),
        median(run.prices_per_second for run in runs),
        *(median(run.lag.percentile_ms(percent) for run in runs) for percent in (50, 95)),
        max(run.lag.largest_seconds for run in runs) * 1_000,
        max(run.longest_task_ms for run in runs),
        str(sum(run.long_tasks for run in runs)),
        median(run.frames_per_second for run in runs),
        max(run.longest_frame_ms for run in runs),
        f"{sum(run.ends_right for run in runs)} of {len(runs)}",
    )


async def _run(context: Context, market: Market, browser: Browser, device: Device, seed: int) -> Shown:
    auction = market.auctions[0]
    page = await _in_the_room(market, browser, device)
    await page.evaluate("roomProbe.start()")
    await measure_bids(
        market.server,
        "bench.wsload",
        market.tokens[1:],
        [auction],
        seconds=context.seconds,
        rate=BIDS_PER_SECOND,
        seed=seed,
    )
    await asyncio.sleep(AT_REST_SECONDS)
    kept = msgspec.convert(await page.evaluate("roomProbe.stop()"), Kept)
    truth, currency = await _decided(market.database_url, auction)
    return seen(truth, kept, currency)


async def _in_the_room(market: Market, browser: Browser, device: Device) -> Page:
    """A page of the first person that shows the auction."""
    token = market.tokens[0]
    async with httpx.AsyncClient(base_url=market.server.url) as client:
        answer = await client.get("/v1/users/me", headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
    session = {"accessToken": token, "refreshToken": "of no use", "user": answer.json()}
    context = await browser.new_context(base_url=market.server.url, **device.options)
    kept = msgspec.json.encode([SESSION_KEY, msgspec.json.encode(session).decode()]).decode()
    await context.add_init_script(f"localStorage.setItem(...{kept})")
    await context.add_init_script(PROBE.read_text())
    page = await context.new_page()
    await page.goto(f"/auctions/{market.auctions[0]}")
    # Offered once the socket stands, and not before.
    await page.locator("button:enabled:visible", has_text="Bid $").wait_for(timeout=SHOWN_WITHIN_MS)
    return page


async def _decided(database_url: str, auction: UUID) -> tuple[list[Priced], str]:
    """Every price the auction has had, and its currency."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        cursor = await connection.execute(
            "SELECT b.placed_at, b.amount, a.currency FROM bids b JOIN auctions a ON a.id = b.auction_id"
            " WHERE a.id = %s ORDER BY b.seq",
            (auction,),
        )
        found: list[tuple[datetime, int, str]] = await cursor.fetchall()
    return [Priced(placed_at.timestamp(), amount) for placed_at, amount, _ in found], found[0][2]


def seen(truth: Sequence[Priced], kept: Kept, currency: str) -> Shown:
    """The figures of one run. Pure."""
    begin, end = truth[0].at + SETTLE_SECONDS, truth[-1].at
    shown = [Priced(at_ms / 1_000, _amount(text, currency)) for at_ms, text in kept.prices]
    frames = [at_ms for at_ms in kept.frames if begin <= at_ms / 1_000 <= end]
    tasks = [long_ms for at_ms, long_ms in kept.tasks if begin <= at_ms / 1_000 <= end]
    seconds = end - begin
    return Shown(
        prices_per_second=sum(begin <= price.at <= end for price in shown) / seconds,
        bids_per_second=sum(begin <= price.at <= end for price in truth) / seconds,
        lag=lags(truth, shown, begin, end),
        longest_task_ms=max(tasks, default=0.0),
        long_tasks=sum(long_ms > LONG_TASK_MS for long_ms in tasks),
        frames_per_second=len(frames) / seconds,
        longest_frame_ms=max((later - one for one, later in pairwise(frames)), default=0.0),
        ends_right=bool(shown) and shown[-1].amount == truth[-1].amount,
    )


def _amount(text: str, currency: str) -> int:
    """`$1,234.50` in minor units."""
    whole, _, fraction = text.partition(".")
    digits = minor_digits(currency)
    return int("".join(filter(str.isdigit, whole)) + fraction[:digits].ljust(digits, "0"))
