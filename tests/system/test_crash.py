"""Crashes under load, with the real command: every acknowledged bid is there once, and the audit passes (law 1)."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from outcry.auctions.audit import audit_auctions
from outcry.kernel.database import Database
from outcry.kernel.embedded import EmbeddedPostgres, running_url
from tests.support.market import Person, listing_body, signup_body

pytestmark = pytest.mark.anyio
READY_SECONDS = 90
BIDDERS = 6
ACKNOWLEDGED_BEFORE_THE_CRASH = 25


@pytest.fixture
def folder() -> Any:
    """A data folder that PostgreSQL's own account can reach, which pytest's is not for root."""
    made = Path(tempfile.mkdtemp(prefix="outcry-crash-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@asynccontextmanager
async def command(folder: Path, *arguments: str, **extra: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`outcry serve` as a process of its own; gives it and its URL once it is ready."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OUTCRY_")}
    environment |= {"OUTCRY_DATA_DIR": str(folder), "OUTCRY_RATE_LIMITS": "off", "OUTCRY_LOG_LEVEL": "error", **extra}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "outcry", "serve", "--port", "0", *arguments,
        env=environment, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(READY_SECONDS):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("ready on http://"), line
        yield process, line.split()[-1]
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def people(client: httpx.AsyncClient, count: int, start: int = 0) -> list[Person]:
    sessions = []
    for number in range(start, start + count):
        answer = await client.post("/v1/auth/signup", json=signup_body(f"crash{number}@test.example"))
        assert answer.status_code == 201, answer.text
        sessions.append(Person(client, answer.json()))
    return sessions


async def live_auction(seller: Person) -> str:
    listing = (await seller.post("/v1/listings", listing_body())).json()
    await seller.post(f"/v1/listings/{listing['id']}/publish")
    body = {"listing_id": listing["id"], "starting_price": 100, "bid_increment": 1, "duration_seconds": 3600}
    auction = (await seller.post("/v1/auctions", body)).json()
    assert (await seller.post(f"/v1/auctions/{auction['id']}/go-live")).status_code == 200
    return auction["id"]


class Load:
    """Bidders who repeat a bid with its key until it is answered, whatever happens to the server."""

    def __init__(self, auction_id: str, bidders: list[Person], reached: int) -> None:
        self.auction_id = auction_id
        self.acknowledged: dict[str, str] = {}
        self.reached = asyncio.Event()
        self.stop = False
        self._enough = reached
        self._bidders = bidders

    async def run(self) -> None:
        await asyncio.gather(*(self._fight(place, one) for place, one in enumerate(self._bidders)))

    async def _fight(self, place: int, person: Person) -> None:
        amount, number = 100 + place, 0
        while not self.stop:
            key = f"{place}-{number}"
            try:
                answer = await person.bid(self.auction_id, amount, key=key)
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code in (500, 503):
                await asyncio.sleep(0.05)
                continue
            body = answer.json()
            if answer.status_code == 201:
                self.acknowledged[key] = body["bid"]["id"]
                if len(self.acknowledged) >= self._enough:
                    self.reached.set()
            number += 1
            amount = body.get("minimum_bid") or body.get("auction", {}).get("minimum_bid", amount) + place


def check_every_bid(url: str, load: Load) -> None:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT idempotency_key, id::text FROM bids WHERE auction_id = %s AND idempotency_key IS NOT NULL",
            (load.auction_id,),
        ).fetchall()
    kept = dict(rows)
    assert len(kept) == len(rows)
    assert load.acknowledged.items() <= kept.items()
    # At most the bids in flight when the load ended can be there unacknowledged.
    assert len(kept) - len(load.acknowledged) <= BIDDERS


async def faults_of(url: str) -> list[str]:
    database = Database(url, pool_connections=2)
    found = [str(fault) async for fault in audit_auctions(database)]
    await database.close()
    return found


async def test_killed_server_keeps_every_acknowledged_bid(folder: Path) -> None:
    async with command(folder) as (process, base_url), httpx.AsyncClient(base_url=base_url, timeout=30) as client:
        everybody = await people(client, BIDDERS + 1)
        load = Load(await live_auction(everybody[0]), everybody[1:], ACKNOWLEDGED_BEFORE_THE_CRASH)
        running = asyncio.create_task(load.run())
        async with asyncio.timeout(READY_SECONDS):
            await load.reached.wait()
        process.send_signal(signal.SIGKILL)
        load.stop = True
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await process.wait()
    with EmbeddedPostgres.start(folder) as postgres:
        check_every_bid(postgres.url, load)
        assert await faults_of(postgres.url) == []


async def test_killed_postgres_is_started_again_and_no_bid_is_lost_or_doubled(folder: Path) -> None:
    async with command(folder) as (_, base_url), httpx.AsyncClient(base_url=base_url, timeout=30) as client:
        everybody = await people(client, BIDDERS + 1)
        load = Load(await live_auction(everybody[0]), everybody[1:], ACKNOWLEDGED_BEFORE_THE_CRASH)
        running = asyncio.create_task(load.run())
        async with asyncio.timeout(READY_SECONDS):
            await load.reached.wait()
        pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
        psutil.Process(pid).kill()
        before, load._enough = len(load.acknowledged), len(load.acknowledged) + ACKNOWLEDGED_BEFORE_THE_CRASH
        load.reached.clear()
        async with asyncio.timeout(READY_SECONDS):
            await load.reached.wait()
        load.stop = True
        await running
        assert len(load.acknowledged) > before
        url = running_url(folder)
        assert url is not None
        check_every_bid(url, load)
        assert await faults_of(url) == []


async def test_a_second_start_on_the_folder_is_refused_and_sigterm_ends_cleanly(folder: Path) -> None:
    async with command(folder) as (process, _):
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "outcry", "serve", "--port", "0", "--data-dir", str(folder),
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, told = await second.communicate()
        assert second.returncode == 1
        assert "is in use by another Outcry" in told.decode()
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert running_url(folder) is None


async def test_two_api_processes_share_one_market(folder: Path, redis_url: str) -> None:
    extra = {"OUTCRY_REDIS_URL": redis_url}
    async with command(folder, "--workers", "2", **extra) as (_, base_url):
        # A client without keep-alive meets both processes.
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(base_url=base_url, timeout=30, limits=limits) as client:
            everybody = await people(client, BIDDERS + 1)
            load = Load(await live_auction(everybody[0]), everybody[1:], 60)
            running = asyncio.create_task(load.run())
            async with asyncio.timeout(READY_SECONDS):
                await load.reached.wait()
            load.stop = True
            await running
            url = running_url(folder)
            assert url is not None
            check_every_bid(url, load)
            assert await faults_of(url) == []
