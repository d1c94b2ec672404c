"""Everything that can go wrong for a desk at once, and every answer proved against the history (SPEC AUC-2, AUC-12,
AUC-14, MON-5): desks of several processes, lost connections, old keys for new bids, repeated ones, rows that others
write, restrictions that move, bells that ring."""

import asyncio
import random
from typing import NamedTuple
from uuid import UUID

import psycopg
import pytest

from outcry.auctions.audit import audit_auctions
from outcry.auctions.batch import BidAnswer
from outcry.kernel.database import SYSTEM
from outcry.kernel.errors import OutcryError
from outcry.ledger.audit import audit_ledger
from tests.auctions.desks import Counter, desks, run_sql
from tests.support.market import Person, TestMarket
from tests.support.sales import fund, ring_the_bell

pytestmark = pytest.mark.anyio

DESKS = 3
BIDDERS = 36
PEOPLE = 10
ANSWERS = 3_000
ANSWERS_A_BLOW = 40
STORM_SECONDS = 120
MONEY = 3_000_000
REFUSED = {"bid_too_low", "already_leading", "insufficient_funds", "auction_not_live", "idempotency_key_reused"}
KINDS = [{}, {}, {}, {"bid_security": "full_hold"}, {"bid_security": "full_hold"}, {"bid_security": "deposit"}]


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
        self.auctions: list[str] = []
        self.people: list[Person] = []
        self.accepted: dict[str, tuple[str, str, int]] = {}
        self.answered = 0
        self._url = database_url
        self._counters = counters
        self._prices: dict[str, int] = {}
        self._blow = asyncio.Event()

    async def gather(self) -> None:
        """The people, their money, and the auctions."""
        seller = await self.market.sign_up()
        for _ in range(PEOPLE):
            self.people.append(await self.market.sign_up())
            await fund(self.market, self.people[-1], MONEY)
        for terms in KINDS:
            auction = await self.market.auction(seller, **terms)
            self.auctions.append(auction["id"])
            self._prices[auction["id"]] = 900

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
        blows = [self._lose_a_connection, self._write_a_row, self._move_restrictions, self._write_a_row]
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
    for auction in storm.auctions[::2]:
        await ring_the_bell(market, auction)
    async with market.outcry.database.transaction(SYSTEM) as tx:
        rows = await tx.all(
            "SELECT id::text, auction_id::text, bidder_id::text, seq FROM bids WHERE kind IN ('bid', 'raise')"
        )
    assert {row[0]: tuple(row[1:]) for row in rows} == storm.accepted
    assert len(rows) == len(storm.accepted) > PEOPLE
    database = market.outcry.database
    assert [str(fault) async for fault in audit_auctions(database)] == []
    assert [str(fault) async for fault in audit_ledger(database)] == []
    for person in storm.people:
        (balance,) = (await person.get("/v1/wallet")).json()["balances"]
        assert balance["available"] + balance["held"] == MONEY
