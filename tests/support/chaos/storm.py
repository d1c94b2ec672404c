"""The whole run: everybody trades, webhooks come in copies and out of order, server and database are killed."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from itertools import cycle
from typing import Any, LiteralString

import msgspec
import psycopg

from outcry.kernel.embedded import running_url
from tests.support.chaos import books, purses, trading
from tests.support.chaos.bidding import Room
from tests.support.chaos.market import Market
from tests.support.chaos.server import Server, data_folder, serving
from tests.support.chaos.stories import tell_all
from tests.support.chaos.trader import Trader
from tests.support.chaos.trading import Neighbours

# Copies of every webhook; they are held back so long, and let go in another order.
COPIES = 2
HOLD_SECONDS = 0.2
PEOPLE_A_STAFF = 100
PEOPLE_A_LISTING, PEOPLE_A_ROOM = 3, 15
# One is wanted by everybody and soon gone.
STOCK, HOT_STOCK = 400, 40
AUCTION_SECONDS = 10
JOINING_AT_ONCE = 16
# As long as a slow machine needs for what hundreds of people have left to do.
SETTLE_SECONDS = 600
STAFF_LOOK_SECONDS = 0.5
WHAT_PEOPLE_DO = {"buy": 27, "act": 45, "top_up": 6, "withdraw": 6, "gas": 4, "bid": 12}
WAYS_TO_DIE = ("database", "server", "both")


class Plan(msgspec.Struct, frozen=True):
    """How much of it. Kills are spread over the run, the database and the server in turn, then both at once."""

    operations: int
    people: int
    kills: int = 2


class Kill(msgspec.Struct, frozen=True):
    """What was killed, and after how long people were answered again."""

    what: str
    back_after_seconds: float


class Webhooks(msgspec.Struct, frozen=True):
    """`copies` were sent of `told`; `overtaken` came in after a later one."""

    told: int
    copies: int
    overtaken: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was done and what is wrong; `faults` by what was looked at, empty where all is right."""

    people: int
    operations: int
    seconds: float
    calls: int
    repeats: int
    kills: list[Kill]
    webhooks: Webhooks
    settled_after_seconds: float
    movements: frozenset[str]
    transfers: int
    refused: Counter[str]
    faults: dict[str, list[str]]


class Storm:
    """Everybody, and how far they are."""

    def __init__(self, plan: Plan, server: Server) -> None:
        self.plan = plan
        self.server = server
        self.market = Market(server.url)
        self.people = [Trader(self.market, number) for number in range(plan.people)]
        self.staff = [Trader(self.market, plan.people + number) for number in range(-(-plan.people // PEOPLE_A_STAFF))]
        self.stock: dict[str, int] = {}
        self.room = Room(AUCTION_SECONDS)
        self.done = 0
        self._neighbours = Neighbours([])
        self._reached: list[tuple[int, asyncio.Event]] = []
        self._killed: list[tuple[str, float]] = []

    @property
    def everybody(self) -> list[Trader]:
        return [*self.people, *self.staff]

    async def open(self) -> None:
        """Everybody joins; some sell, some auction."""
        room = asyncio.Semaphore(JOINING_AT_ONCE)

        async def join(person: Trader) -> None:
            async with room:
                await person.join()

        await asyncio.gather(*(join(person) for person in self.everybody))
        for one in self.staff:
            await self.market.call("POST", "/v1/dev/role", {"user_id": one.id, "role": "support"})
        self._neighbours = Neighbours(self.people)
        for place, seller in enumerate(self.people[::PEOPLE_A_LISTING]):
            stock = STOCK if place else HOT_STOCK
            self.stock[await seller.sell(stock)] = stock
        for seller in self.people[1::PEOPLE_A_ROOM]:
            await self.room.open(seller)

    async def trade(self) -> None:
        """Until the plan's operations are done."""
        lives = [self._live(person) for person in self.people]
        await asyncio.gather(*lives, *(self._decide(one) for one in self.staff))

    async def _live(self, person: Trader) -> None:
        while self.done < self.plan.operations:
            await self._do(person)
            self._count()

    def _count(self) -> None:
        self.done += 1
        for operations, event in self._reached:
            if self.done >= operations:
                event.set()

    async def _do(self, person: Trader) -> None:
        (what,) = person.random.choices(list(WHAT_PEOPLE_DO), list(WHAT_PEOPLE_DO.values()))
        match what:
            case "buy":
                await trading.buy(person, person.random.choice(list(self.stock)), person.random.randint(1, 3))
            case "top_up":
                await purses.top_up(person, person.random.randint(500, 5_000))
            case "withdraw":
                await purses.withdraw(person)
            case "gas":
                await purses.buy_gas(person, person.random.randint(1, 50))
            case "bid":
                await self.room.bid(person)
            case _:
                await trading.act(person, self._neighbours)

    async def _decide(self, staff: Trader) -> None:
        """Staff look for disputes and end them."""
        while self.done < self.plan.operations:
            lines = (await staff.get("/v1/admin/disputes?status=open&limit=20"))["items"]
            if lines:
                await trading.decide(staff, staff.random.choice(lines))
                self._count()
            await asyncio.sleep(STAFF_LOOK_SECONDS)

    async def kill_now_and_then(self) -> None:
        """As often as the plan says, evenly over the run."""
        for number, what in zip(range(1, self.plan.kills + 1), cycle(WAYS_TO_DIE), strict=False):
            await self._reach(self.plan.operations * number // (self.plan.kills + 1))
            self._killed.append((what, time.monotonic()))
            if what in ("database", "both"):
                self.server.kill_database()
            if what in ("server", "both"):
                await self.server.kill()
                await self.server.start()
                self.market.moved(self.server.url)

    async def _reach(self, operations: int) -> None:
        event = asyncio.Event()
        self._reached.append((operations, event))
        await event.wait()

    async def shuffle(self) -> None:
        """Webhooks are held back, then all of them come at once, shuffled and in copies."""
        while True:
            await self._webhooks(hold=True, duplicate=COPIES)
            await asyncio.sleep(HOLD_SECONDS)
            await self._webhooks(hold=False, duplicate=COPIES, reorder="shuffled")

    async def settle(self, url: str) -> None:
        """What is held back comes, the newest first, until nothing is on its way any more."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while books.on_its_way(url):
                await self._webhooks(hold=False, duplicate=COPIES, reorder="reversed")
                await asyncio.sleep(HOLD_SECONDS)

    async def _webhooks(self, **controls: Any) -> None:
        await self.market.call("POST", "/v1/dev/sandbox/webhooks", controls)

    async def decide_at_the_bank(self, url: str) -> None:
        """The cards' banks decide what their owners dispute, for one and for the other in turn."""
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT id::text FROM payments WHERE dispute_status = 'open' ORDER BY purpose, id"
            ).fetchall()
        for (payment_id,), outcome in zip(rows, cycle(("lost", "won")), strict=False):
            body = {"payment_id": payment_id, "outcome": outcome}
            await self.market.call("POST", "/v1/dev/sandbox/disputes", body)

    def kills(self, until: float) -> list[Kill]:
        """Each with how long it took."""
        ends = [*(at for _, at in self._killed[1:]), until]
        return [Kill(what, self.market.back_after(at, end)) for (what, at), end in zip(self._killed, ends, strict=True)]


async def run(plan: Plan, **settings: str) -> Report:
    """All of it, on a server and a database of its own."""
    with data_folder() as folder:
        async with serving(folder, **settings) as server:
            storm = Storm(plan, server)
            await storm.open()
            begun = time.monotonic()
            async with _beside(storm.shuffle(), storm.kill_now_and_then()):
                await storm.trade()
                ended = time.monotonic()
                await tell_all(storm.people, storm.staff[0])
            url = running_url(folder)
            assert url is not None
            await storm.settle(url)
            await storm.decide_at_the_bank(url)
            await storm.settle(url)
            settled_after = time.monotonic() - ended
            storm.market.connections.close()
            faults = {"calls": [fault for person in storm.everybody for fault in person.faults]}
            faults |= books.checked(url, storm.everybody, storm.stock)
            faults |= await books.audited(url)
            return Report(
                people=len(storm.people),
                operations=storm.done,
                seconds=ended - begun,
                calls=storm.market.calls,
                repeats=storm.market.repeats,
                kills=storm.kills(ended),
                webhooks=_webhooks(url),
                settled_after_seconds=settled_after,
                movements=books.movements(url),
                transfers=_number(url, "SELECT count(*) FROM ledger_transfers"),
                refused=sum((person.refused for person in storm.everybody), Counter[str]()),
                faults=faults,
            )


def _webhooks(url: str) -> Webhooks:
    overtaken = """
    SELECT count(*) FROM (SELECT e.received_at > min(e.received_at) OVER (ORDER BY s.position
        ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS late
        FROM sandbox_events s JOIN provider_events e ON e.provider = 'sandbox' AND e.event_id = s.id) t WHERE late
    """
    return Webhooks(
        told=_number(url, "SELECT count(*) FROM sandbox_events"),
        copies=_number(url, "SELECT sum(attempts) FROM sandbox_events"),
        overtaken=_number(url, overtaken),
    )


def _number(url: str, statement: LiteralString) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


@contextlib.asynccontextmanager
async def _beside(*tasks: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """These run while the block does, and end with it; a fault of theirs ends it."""
    async with asyncio.TaskGroup() as group:
        started = [group.create_task(task) for task in tasks]
        try:
            yield
        finally:
            for one in started:
                one.cancel()
