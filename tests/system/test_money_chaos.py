"""Money in chaos (laws 1 and 2): server and PostgreSQL killed while many people trade, webhooks doubled and shuffled.

`OUTCRY_CHAOS_OPERATIONS` and `OUTCRY_CHAOS_PEOPLE` scale it; by default it is small enough for every run.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from outcry.auctions.audit import audit_auctions
from outcry.kernel.database import Database
from outcry.kernel.embedded import running_url
from outcry.ledger.audit import audit_ledger
from outcry.orders.audit import audit_orders
from outcry.payments.audit import audit_payments
from tests.system.chaos import GRANT, LISTINGS, STOCK, Market, Trader, story
from tests.system.test_crash import command

pytestmark = pytest.mark.anyio
OPERATIONS = int(os.environ.get("OUTCRY_CHAOS_OPERATIONS", "300"))
PEOPLE = int(os.environ.get("OUTCRY_CHAOS_PEOPLE", "12"))
SETTLE_SECONDS = 120
LOOK_SECONDS = 0.2
STORIES = 4
# Copies of every webhook; they are held back and let go in another order now and then.
COPIES = 3
# A long run outlives an ordinary access token.
LONG_LIFE = {"OUTCRY_ACCESS_TOKEN_SECONDS": "86400"}


@pytest.fixture
def folder() -> Any:
    """A data folder that PostgreSQL's own account can reach, which pytest's is not for root."""
    made = Path(tempfile.mkdtemp(prefix="outcry-chaos-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


class Chaos:
    """Counts what everybody has done, and lets wait until it is enough."""

    def __init__(self, market: Market, people: list[Trader], listings: list[str]) -> None:
        self.market = market
        self.done = 0
        self._people = people
        self._listings = listings
        self._waiting: list[tuple[int, asyncio.Event]] = []

    async def run(self) -> None:
        await asyncio.gather(*(self._trade(person) for person in self._people))

    async def reach(self, operations: int) -> None:
        event = asyncio.Event()
        self._waiting.append((operations, event))
        await event.wait()

    async def _trade(self, person: Trader) -> None:
        while self.done < OPERATIONS:
            if person.random.random() < 0.35:
                await person.buy(person.random.choice(self._listings))
            else:
                await person.act()
            self.done += 1
            for operations, event in self._waiting:
                if self.done >= operations:
                    event.set()

    async def shuffle(self) -> None:
        """Webhooks are held back, then all of them come at once, reversed and in copies."""
        while True:
            await self.market.call("POST", "/v1/dev/sandbox/webhooks", {"hold": True, "duplicate": COPIES})
            await asyncio.sleep(LOOK_SECONDS)
            await self.market.call(
                "POST", "/v1/dev/sandbox/webhooks", {"hold": False, "duplicate": COPIES, "reorder": "shuffled"}
            )


@contextlib.asynccontextmanager
async def running(task: Any) -> AsyncIterator[asyncio.Task[Any]]:
    started = asyncio.create_task(task)
    try:
        yield started
    finally:
        started.cancel()
        await asyncio.gather(started, return_exceptions=True)


async def test_nothing_is_lost_doubled_or_negative_whatever_is_killed(folder: Path) -> None:
    async with command(folder, **LONG_LIFE) as (server, base_url):
        market = Market(base_url)
        people = [Trader(market, number) for number in range(PEOPLE)]
        await asyncio.gather(*(person.join() for person in people))
        listings = [await person.sell() for person in people[:LISTINGS]]
        chaos = Chaos(market, people, listings)
        async with running(chaos.run()) as trading, running(chaos.shuffle()):
            await chaos.reach(OPERATIONS // 4)
            pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
            psutil.Process(pid).kill()
            await chaos.reach(OPERATIONS // 2)
            server.kill()
            await server.wait()
            async with command(folder, **LONG_LIFE) as (_, new_url):
                market.moved(new_url)
                await trading
                await asyncio.gather(*(story(*pair) for pair in itertools.pairwise(people[:STORIES])))
                # All that was held back comes now.
                await market.call(
                    "POST", "/v1/dev/sandbox/webhooks", {"hold": False, "duplicate": 1, "reorder": "reversed"}
                )
                url = running_url(folder)
                assert url is not None
                await settled(url)
                assert [fault for person in people for fault in person.faults] == []
                check(url, people, listings)
                assert await faults(url) == []
        await market.client.aclose()


async def settled(url: str) -> None:
    """Until every webhook has been applied and no refund is on its way any more."""
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            with psycopg.connect(url) as connection:
                (waiting,) = connection.execute(
                    "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
                    " AND task_name LIKE 'payments.%%' AND scheduled_at < now() + interval '1 minute'"
                ).fetchone() or (0,)
            if waiting == 0:
                return
            await asyncio.sleep(LOOK_SECONDS)


def check(url: str, people: list[Trader], listings: list[str]) -> None:
    """What was acknowledged is there once, and the sums are what they must be."""
    with psycopg.connect(url) as connection:
        orders = dict(connection.execute("SELECT id::text, status FROM orders").fetchall())
        bought = {order_id for person in people for order_id in person.bought}
        assert bought <= orders.keys()
        # At most the purchases whose answer nobody saw, of those who were trading at the end.
        assert len(orders) - len(bought) <= len(people)
        for person in people:
            for order_id in person.paid:
                assert orders[order_id] not in ("pending_payment", "cancelled")
        twice = connection.execute(
            "SELECT order_id FROM payments WHERE status = 'succeeded' GROUP BY order_id HAVING count(*) > 1"
        ).fetchall()
        assert twice == []
        for listing_id in listings:
            row = connection.execute(
                "SELECT stock + (SELECT coalesce(sum(quantity), 0) FROM orders o WHERE o.listing_id = l.id"
                " AND o.status <> 'cancelled') FROM listings l WHERE id = %s",
                (listing_id,),
            ).fetchone()
            assert row == (STOCK,)
        # It was about something: both ways of paying, and money that went back and on.
        kinds = {row[0] for row in connection.execute("SELECT DISTINCT kind FROM ledger_transfers").fetchall()}
        assert {"grant", "order_paid", "refund", "release"} <= kinds
        methods = {row[0] for row in connection.execute("SELECT DISTINCT payment_method FROM orders").fetchall()}
        assert {"wallet", "card"} <= methods
        granted = connection.execute("SELECT -sum(balance) FROM ledger_accounts WHERE kind = 'grants'").fetchone()
        assert granted == (GRANT * len(people),)


async def faults(url: str) -> list[str]:
    """What `outcry audit` would say."""
    database = Database(url, pool_connections=2)
    checks = (audit_auctions, audit_ledger, audit_payments, audit_orders)
    found = [str(fault) for one in checks async for fault in one(database)]
    await database.close()
    return found
