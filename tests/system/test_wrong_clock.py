"""Machines whose wall clocks are wrong by an hour: the database's clock decides, and is what people are shown.

No clock skew loses, doubles or reorders a bid (SPEC law 1). Two real `outcry serve`s, one an hour ahead and one an
hour behind, share a database whose clock is right.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.support.command import data_folder, run_outcry, serving_command
from tests.support.market import MarketClient, Person, Socket, signup_body

pytestmark = pytest.mark.anyio
HOUR_SECONDS = 3_600
# What slow machines may add; an hour is far from it.
NEAR = timedelta(seconds=60)
NO_EXTENSION = {"window_seconds": 0, "extension_seconds": 0}


class Machines(NamedTuple):
    """Clients of an hour ahead and of an hour behind, and the database between."""

    ahead: MarketClient
    behind: MarketClient
    database: psycopg.AsyncConnection[Any]

    async def now(self) -> datetime:
        """The only clock that counts."""
        row = await (await self.database.execute("SELECT clock_timestamp()")).fetchone()
        assert row is not None
        return row[0]

    async def make_due(self, auction_id: str, edge: str) -> None:
        """Start or end this auction now, however long the machine takes."""
        words = SQL("UPDATE auctions SET {} = clock_timestamp() WHERE id = %s").format(Identifier(edge))
        await self.database.execute(words, (auction_id,))

    async def is_now(self, text: str) -> bool:
        """Whether an instant of the wire is near the database's now."""
        return abs(datetime.fromisoformat(text) - await self.now()) < NEAR


@pytest.fixture(params=["the clock runs ahead", "the clock runs behind"])
async def machines(request: pytest.FixtureRequest, database_url: str, redis_url: str) -> AsyncIterator[Machines]:
    shared: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": redis_url,
        "secret_key": "one secret of 32 characters for both",
        "rate_limits": "off",
        "min_auction_seconds": 1,
        "database_pool_connections": 4,
    }
    clock_runs_ahead = request.param == "the clock runs ahead"
    async with AsyncExitStack() as stack:
        clients: list[MarketClient] = []
        for seconds, role in (
            (HOUR_SECONDS, "all" if clock_runs_ahead else "api"),
            (-HOUR_SECONDS, "api" if clock_runs_ahead else "all"),
        ):
            folder = stack.enter_context(data_folder())
            served = stack.enter_context(serving_command(folder, "--role", role, clock_seconds=seconds, **shared))
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=served.url, timeout=30))
            clients.append(MarketClient(served.url, client))
        connection = await psycopg.AsyncConnection.connect(database_url, autocommit=True)
        await stack.enter_async_context(connection)
        yield Machines(clients[0], clients[1], connection)


async def people(machines: Machines) -> tuple[Person, Person, Person]:
    """A seller, and two bidders whose calls go to the machine that did not sign their token."""
    seller, alice = await machines.ahead.sign_up(), await machines.ahead.sign_up()
    answer = await machines.behind.client.post("/v1/auth/signup", json=signup_body("bob@test.example"))
    assert answer.status_code == 201, answer.text
    alice.client = machines.behind.client
    return seller, alice, Person(machines.ahead.client, answer.json())


def made_at(identity: str) -> datetime:
    """When a UUIDv7 says that it was made."""
    return datetime.fromtimestamp((UUID(identity).int >> 80) / 1_000, UTC)


async def watching(socket: Socket, auction: dict[str, Any]) -> dict[str, Any]:
    snapshot = await socket.ask(type="subscribe", channel=f"auction:{auction['id']}")
    assert snapshot["type"] == "snapshot", snapshot
    return snapshot


async def test_an_auction_starts_takes_bids_and_ends_by_the_databases_clock(machines: Machines) -> None:
    seller, alice, bob = await people(machines)
    # Half an hour from now: by one machine's wall clock it has begun and ended, by the other's it is far away.
    starts_at = await machines.now() + timedelta(minutes=30)
    terms = {"starts_at": starts_at.astimezone(UTC).isoformat(), "duration_seconds": 300, "anti_snipe": NO_EXTENSION}
    auction = await machines.ahead.auction(seller, live=False, **terms)
    async with machines.ahead.socket() as here, machines.behind.socket() as there:
        for socket in (here, there):
            await watching(socket, auction)
        for bidder in (alice, bob):
            early = await bidder.bid(auction["id"], 1000)
            assert (early.status_code, early.json()["code"]) == (409, "auction_not_live")
        await machines.make_due(auction["id"], "starts_at")
        started = [await socket.event("auction_started") for socket in (here, there)]
        assert started[0] == started[1]
        for number, bidder in enumerate((alice, bob)):
            answer = await bidder.bid(auction["id"], 1000 + 100 * number)
            assert answer.status_code == 201, answer.text
            assert await machines.is_now(answer.json()["auction"]["server_time"])
        await machines.make_due(auction["id"], "ends_at")
        ended = [await socket.event("auction_ended") for socket in (here, there)]
    assert ended[0] == ended[1]
    assert (ended[0]["data"]["status"], ended[0]["data"]["current_price"]) == ("sold", 1100)
    late = await alice.bid(auction["id"], 5000)
    assert (late.status_code, late.json()["code"]) == (409, "auction_not_live")


async def test_every_time_that_is_shown_is_the_databases(machines: Machines) -> None:
    seller, alice, _ = await people(machines)
    auction = await machines.ahead.auction(seller)
    assert (await alice.bid(auction["id"], 1000)).status_code == 201
    assert await machines.is_now(alice.session["user"]["created_at"])
    for market in (machines.ahead, machines.behind):
        seen = await market.read(auction["id"])
        assert await machines.is_now(seen["server_time"])
        ends_at = datetime.fromisoformat(seen["ends_at"])
        assert abs(ends_at - timedelta(hours=1) - await machines.now()) < NEAR
        async with market.socket() as socket:
            assert await machines.is_now((await watching(socket, auction))["data"]["server_time"])
            assert await machines.is_now((await socket.ask(type="ping"))["server_time"])
            hint = await socket.event("viewer_count")
            assert await machines.is_now(hint["at"])


async def test_ids_sort_by_creation_wherever_they_were_made(machines: Machines) -> None:
    """A UUIDv7 begins with its milliseconds: lists are sorted by it."""
    seller, _, bob = await people(machines)
    for identity in (seller.id, bob.id):
        assert abs(made_at(identity) - await machines.now()) < NEAR


@pytest.mark.parametrize("clock_seconds", [HOUR_SECONDS, -HOUR_SECONDS])
def test_a_command_makes_ids_by_the_databases_clock(database_url: str, clock_seconds: int) -> None:
    words = ["user", "create", "--staff", "admin", "--email", "staff@test.example", "--password", "correct horse"]
    with data_folder() as folder:
        done = run_outcry(folder, *words, database_url=database_url, clock_seconds=clock_seconds)
    assert done.returncode == 0, done.stderr
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    assert abs(made_at(done.stdout.strip()) - row[0]) < NEAR
