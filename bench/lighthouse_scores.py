"""Lighthouse on the pages that strangers see first, of a sample world on the real server, in the machine's Chromium."""

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path
from statistics import median

import httpx
import msgspec
from tests.support.chromium import find_chromium

from bench.client import build_client, node_with
from bench.context import Context
from bench.load import ROOT
from bench.server import ServerProcess, running_server
from bench.stats import table
from outcry.demo.seed import seed_world
from outcry.demo.world import sample_world

FOLDER = Path(__file__).with_name("lighthouse")
CATEGORIES = {"performance": 90, "accessibility": 100, "best-practices": 95, "seo": 95}
"""What is scored, and the score we want at least."""
GOODS = 16
"""Of the sample world: enough to fill the pages."""
SEED_SECONDS = 300.0
REQUEST_SECONDS = 60.0
AUDIT_SECONDS = 180.0
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic")


class Finding(msgspec.Struct, frozen=True):
    """One run of Lighthouse on one page; `failed` are its audits that cost points."""

    page: str
    device: str
    scores: dict[str, int]
    first_contentful_paint_ms: float
    largest_contentful_paint_ms: float
    total_blocking_ms: float
    speed_index_ms: float
    layout_shift: float
    failed: list[str] = []


async def lighthouse(context: Context) -> str:
    """Scores of the home page and of a listing's, on a phone and on a desktop."""
    await asyncio.to_thread(build_client)
    node = await asyncio.to_thread(node_with, FOLDER)
    async with sample_market(context) as server:
        findings = await _audit(node, await _pages(server.url), context.runs)
    return _told(findings, context.runs)


@asynccontextmanager
async def sample_market(context: Context) -> AsyncIterator[ServerProcess]:
    """Our server with the sample world in it, and nobody bidding."""
    with context.postgres.fresh_database() as url, tempfile.TemporaryDirectory(prefix="outcry-bench-data-") as folder:
        environment = {
            "OUTCRY_DATABASE_URL": url,
            "OUTCRY_DATA_DIR": folder,
            "OUTCRY_RATE_LIMITS": "off",
            "OUTCRY_LOG_LEVEL": "warning",
        }
        async with running_server(context.serve_command, environment) as server:
            await _fill(server.url)
            yield server


async def _fill(base_url: str) -> None:
    world = sample_world()
    async with httpx.AsyncClient(base_url=base_url, timeout=REQUEST_SECONDS) as client, asyncio.timeout(SEED_SECONDS):
        report = await seed_world(client, msgspec.structs.replace(world, goods=world.goods[:GOODS]))
    if report.faults:
        raise RuntimeError(f"the sample world has faults: {report.faults[0]}")


async def _pages(base_url: str) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=base_url) as client:
        answer = await client.get("/v1/auctions", params={"status": "live"})
        answer.raise_for_status()
        # It must still run when its turn comes.
        lasting = max(answer.json()["items"], key=lambda auction: auction["ends_at"])
        listing = lasting["listing_id"]
    return {"home": f"{base_url}/", "listing": f"{base_url}/listings/{listing}"}


async def _audit(node: Path, pages: dict[str, str], runs: int) -> list[Finding]:
    chromium = await asyncio.to_thread(find_chromium)
    orders = {"chromium": str(chromium), "flags": _FLAGS, "pages": pages, "runs": runs}
    # Each page on each device.
    seconds = AUDIT_SECONDS * len(pages) * 2 * runs
    told = await asyncio.to_thread(
        _done, [str(node), str(FOLDER / "audit.mjs")], seconds, msgspec.json.encode(orders).decode()
    )
    return msgspec.json.decode(told, type=list[Finding])


def _done(command: Sequence[str], within_seconds: float, said: str | None = None) -> str:
    """What the command printed. Raises RuntimeError with its complaints when it fails."""
    done = subprocess.run(
        command, cwd=ROOT, input=said, capture_output=True, text=True, check=False, timeout=within_seconds
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} {command[1]} failed:\n{(done.stdout + done.stderr)[-2_000:]}")
    return done.stdout


def _told(findings: Sequence[Finding], runs: int) -> str:
    rows, missed = [], []
    for (page, device), group in groupby(findings, key=lambda finding: (finding.page, finding.device)):
        found = list(group)
        scores = {each: median(one.scores[each] for one in found) for each in CATEGORIES}
        rows.append(
            (
                f"{page}, {device}",
                *(f"{score:.0f}" for score in scores.values()),
                median(one.first_contentful_paint_ms for one in found),
                median(one.largest_contentful_paint_ms for one in found),
                median(one.total_blocking_ms for one in found),
                f"{median(one.layout_shift for one in found):.3f}",
            )
        )
        if any(scores[each] < wanted for each, wanted in CATEGORIES.items()):
            missed.append(f"- {page}, {device}: " + "; ".join(sorted({each for one in found for each in one.failed})))
    wanted = ", ".join(f"{each.replace('-', ' ')} {score}" for each, score in CATEGORIES.items())
    heads = (
        "", *(each.replace("-", " ").capitalize() for each in CATEGORIES), "first paint ms", "largest paint ms",
        "blocked ms", "layout shift",
    )  # fmt: skip
    return (
        "Home and a listing of the sample world, each visit by a fresh browser; Lighthouse's own phone (slow 4G, a"
        f" quarter of the processor) and desktop. Medians of {runs} runs; wanted: {wanted}.\n\n"
        + table(heads, rows)
        + ("\n\nBelow that:\n\n" + "\n".join(missed) if missed else "")
    )
