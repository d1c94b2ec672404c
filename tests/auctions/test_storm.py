"""Everything that can go wrong for a desk at once, and every answer proved against the history (SPEC AUC-2, AUC-12,
AUC-14, MON-5): desks of several processes, lost connections, old keys for new bids, repeated ones, rows that others
write, restrictions that move, bids that are taken back, sales at once, bells that ring while bids are on their way."""

import asyncio
import random
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest

from outcry.auctions.audit import audit_auctions
from outcry.auctions.batch import BidAnswer
from outcry.kernel.database import SYSTEM
from outcry.kernel.errors import OutcryError
from outcry.ledger.audit import audit_ledger
from outcry.orders.audit import audit_orders
from tests.auctions.desks import Counter, desks, run_sql
from tests.support.market import Person, TestMarket
from tests.support.sales import fund, ring_the_bell

pytestmark = pytest.mark.anyio

DESKS = 3
BIDDERS = 36
PEOPLE = 10
ANSWERS = 2_000
ANSWERS_A_BLOW = 40
STORM_SECONDS = 120
MONEY = 3_000_000
REFUSED = {"bid_too_low", "already_leading", "insufficient_funds", "auction_not_live", "idempotency_key_reused"}
BUY_NOW = 50_000
KINDS: list[dict[str, Any]] = [
    {},
    {},
    {"reserve_price": BUY_NOW - 1_000, "buy_now_price": BUY_NOW},
    {"bid_security": "full_hold"},
    {"bid_security": "full_hold"},
    {"bid_security": "deposit"},
]
# Long enough that bids may be taken back.
TERMS = {"duration_seconds": 2 * 86_400, "anti_snipe": {"window_seconds": 0, "extension_seconds": 0}}
RING_SOON = """
UPDATE auctions SET ends_at = clock_timestamp() + interval '20 milliseconds' WHERE id = :id AND status = 'live'
"""


class Keyed(NamedTuple):
    """A bid with a key of its own, and how it was answered."""

    auction: str
    person: Person
    amount: int | None
    maximum: int | None
    key: str
    answer: BidAnswer | OutcryError


class Storm:
    """Who bids, where, and what became of it."""

    def __init__(self, market: TestMarket, database_url: str, counters: list[Counter], seed: int) -> None:
        self.market = market
        self.dice = random.Random(seed)
        # Those that are bid on, and all there were.
        self.auctions: list[str] = []
        self.every_auction: list[str] = []
        self.people: list[Person] = []
        self.accepted: dict[str, tuple[str, str, int]] = {}
        self.answered = 0
        self._url = database_url
        self._counters = counters
        self._prices: dict[str, int] = {}
        self._blow = asyncio.Event()

    async def gather(self) -> None:
        """The people, their money, and the auctions."""
        self._seller = await self.market.sign_up()
        for _ in range(PEOPLE):
            self.people.append(await self.market.sign_up())
            await fund(self.market, self.people[-1], MONEY)
        self.auctions = [await self._auction(terms) for terms in KINDS]

    async def _auction(self, terms: dict[str, Any]) -> str:
        auction = (await self.market.auction(self._seller, **TERMS, **terms))["id"]
        self._prices[auction] = 900
        self.every_auction.append(auction)
        return auction

    async def bid_on_and_on(self) -> None:
        """One bidder's way: new bids, repeated ones, and old keys for new ones."""
        last: Keyed | None = None
        while self.answered < ANSWERS:
            chance = self.dice.random()
            if last is not None and chance < 0.1:
                again = await self._bid(last.auction, last.person, last.amount, last.maximum, last.key)
                if isinstance(last.answer, BidAnswer):
                    assert isinstance(again, BidAnswer), again
                    assert again.bid.id == last.answer.bid.id
                continue
            auction, person = self.dice.choice(self.auctions), self.dice.choice(self.people)
            amount: int | None = self._prices[auction] + 100 * self.dice.randrange(-1, 4)
            maximum = None if self.dice.random() < 0.7 else amount + 100 * self.dice.randrange(6)
            if last is not None and chance < 0.13:
                other = await self._bid(last.auction, last.person, (last.amount or 0) + 100, last.maximum, last.key)
                if isinstance(last.answer, BidAnswer):
                    assert isinstance(other, OutcryError)
                    assert other.code in ("idempotency_key_reused", "invalid_input")
                continue
            key = f"{self.dice.getrandbits(64):x}" if chance < 0.5 else None
            answer = await self._bid(auction, person, amount, maximum, key)
            if key is not None:
                last = Keyed(auction, person, amount, maximum, key, answer)

    async def _bid(
        self, auction: str, person: Person, amount: int | None, maximum: int | None, key: str | None
    ) -> BidAnswer | OutcryError:
        answer = await self.dice.choice(self._counters).bid(auction, person, amount, maximum, key)
        self.answered += 1
        if self.answered % ANSWERS_A_BLOW == 0 or self.answered >= ANSWERS:
            self._blow.set()
        if isinstance(answer, BidAnswer):
            bid = answer.bid
            self.accepted[bid.id] = auction, person.id, bid.seq
            self._prices[auction] = max(self._prices[auction], bid.amount)
        else:
            assert answer.code in REFUSED | {"invalid_input"}, answer
        return answer

    async def blow(self) -> None:
        """Now and then something is not as a desk knew it."""
        blows = [
            self._lose_a_connection, self._write_a_row, self._write_a_row, self._move_restrictions, self._take_back,
            self._take_back, self._ring, self._buy_now,
        ]  # fmt: skip
        while self.answered < ANSWERS:
            await self._blow.wait()
            self._blow.clear()
            await self.dice.choice(blows)()

    async def _lose_a_connection(self) -> None:
        pipe = self.dice.choice(self._counters).lane._pipe  # type: ignore[reportPrivateUsage]
        if pipe is not None:
            backend = pipe._connection.info.backend_pid  # type: ignore[reportPrivateUsage]
            async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as owner:
                await owner.execute("SELECT pg_terminate_backend(%s)", (backend,))

    async def _write_a_row(self) -> None:
        auction = UUID(self.dice.choice(self.auctions))
        await run_sql(self.market, "UPDATE auctions SET seq = seq WHERE id = :id", id=auction)

    async def _take_back(self) -> None:
        bid_id = self.dice.choice(list(self.accepted))
        (person,) = [one for one in self.people if one.id == self.accepted[bid_id][1]]
        taken = await person.call("DELETE", f"/v1/bids/{bid_id}")
        assert taken.status_code in (200, 204, 409), taken.text

    async def _ring(self) -> None:
        """One ends within the bids that are on their way; another like it takes its place."""
        at = self.dice.randrange(len(self.auctions))
        async with self.market.outcry.database.transaction(SYSTEM) as tx:
            await tx.run(RING_SOON, {"id": UUID(self.auctions[at])})
            await tx.run("SELECT pg_notify('outcry_clock', '')")
        await self.market.reaches(self.auctions[at], "sold", "unsold", "awaiting_decision")
        self.auctions[at] = await self._auction(KINDS[at])

    async def _buy_now(self) -> None:
        auction, person = self.dice.choice(self.auctions), self.dice.choice(self.people)
        bought = await person.post(f"/v1/auctions/{auction}/buy-now")
        assert bought.status_code in (200, 201, 409), bought.text

    async def _move_restrictions(self) -> None:
        await run_sql(self.market, "UPDATE restriction_version SET version = version + 1")


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_answer_of_a_storm_is_in_the_history_once(market: TestMarket, database_url: str, seed: int) -> None:
    async with desks(market, DESKS) as counters:
        storm = Storm(market, database_url, counters, seed)
        await storm.gather()
        async with asyncio.timeout(STORM_SECONDS), asyncio.TaskGroup() as everyone:
            for _ in range(BIDDERS):
                everyone.create_task(storm.bid_on_and_on())
            everyone.create_task(storm.blow())
        assert sum(counter.long_ways for counter in counters) > len(counters)
    for auction in storm.auctions:
        await ring_the_bell(market, auction)
    async with market.outcry.database.transaction(SYSTEM) as tx:
        rows = await tx.all(
            "SELECT id::text, auction_id::text, bidder_id::text, seq FROM bids WHERE kind IN ('bid', 'raise')"
        )
        sold = await tx.all("SELECT auction_id::text FROM orders")
    assert {row[0]: tuple(row[1:]) for row in rows} == storm.accepted
    assert len(rows) == len(storm.accepted) > PEOPLE
    ended = {auction: (await market.read(auction))["status"] for auction in storm.every_auction}
    assert sorted(row[0] for row in sold) == sorted(auction for auction, status in ended.items() if status == "sold")
    database = market.outcry.database
    for audit in (audit_auctions, audit_ledger, audit_orders):
        assert [str(fault) async for fault in audit(database)] == []
    for person in storm.people:
        (balance,) = (await person.get("/v1/wallet")).json()["balances"]
        assert balance["available"] + balance["held"] == MONEY
