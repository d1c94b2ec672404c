"""Desks by themselves on a market's database, as other processes would have them, and those who bid there."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from outcry.auctions.audit import audit_auctions
from outcry.auctions.batch import BidAnswer, BidRequest
from outcry.auctions.desk import Desk
from outcry.kernel.database import SYSTEM
from outcry.kernel.errors import OutcryError
from tests.support.market import Person, TestMarket

ANSWER_SECONDS = 20


class Counter:
    """A desk of one lane on the market's database, and how to bid there."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        (self.lane,) = desk._lanes  # type: ignore[reportPrivateUsage]

    def bid(
        self, auction: str, person: Person, amount: int | None, maximum: int | None = None, key: str | None = None
    ) -> asyncio.Future[BidAnswer | OutcryError]:
        decided: asyncio.Future[BidAnswer | OutcryError] = asyncio.get_running_loop().create_future()
        self.desk.submit(BidRequest(UUID(auction).int, UUID(person.id).int, amount, maximum, key, decided.set_result))
        return decided

    async def outcome(
        self, auction: str, person: Person, amount: int | None, maximum: int | None = None, key: str | None = None
    ) -> str:
        """`accepted`, or the code of the refusal."""
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await self.bid(auction, person, amount, maximum, key)
        return "accepted" if isinstance(answer, BidAnswer) else answer.code

    @property
    def long_ways(self) -> int:
        return self.lane.long_ways


@asynccontextmanager
async def desks(market: TestMarket, count: int) -> AsyncIterator[list[Counter]]:
    """So many desks, as so many processes would have."""
    made = [Desk(market.outcry.database, shards=1, queue_bids=1000, batch_bids=256) for _ in range(count)]
    for desk in made:
        await desk.start()
    try:
        yield [Counter(desk) for desk in made]
    finally:
        for desk in made:
            await desk.stop()


async def warm(counter: Counter, auction: str, *people: Person) -> None:
    """Let the desk learn of the auction and of these people."""
    for person in people:
        assert await counter.outcome(auction, person, 1) == "bid_too_low"


async def no_faults(market: TestMarket) -> None:
    assert [fault async for fault in audit_auctions(market.outcry.database)] == []


async def run_sql(market: TestMarket, statement: str, **values: object) -> None:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run(statement, values)


class Crowd:
    """Bidders who bid again as soon as they are answered: three of `third`, who begin in three batches."""

    def __init__(
        self, counter: Counter, auction: str, people: Sequence[Person], third: int, answers: int, reuse_every: int = 0
    ) -> None:
        self._reuse_every = reuse_every
        self._counter, self._auction, self._people, self._third = counter, auction, people, third
        self._left = answers
        self._offered = 1_000
        self._done = asyncio.Event()
        self.accepted = 0
        # How many were decided after so many batches.
        self.decided: dict[int, int] = {}

    async def bid_on(self) -> None:
        """Until there were so many answers."""
        # One third flies, one flies behind it, one waits: each could go round by itself for ever.
        for _ in range(3):
            for number in range(self._third):
                self._bid(self._people[number % len(self._people)])
            for _ in range(2):
                await asyncio.sleep(0)
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._done.wait()

    def _bid(self, person: Person) -> None:
        self._offered += 100
        # One who uses an old key for a new bid: only the database knows, and the whole batch fails for it.
        reuses = self._reuse_every and self._offered // 100 % self._reuse_every == 0
        who = self._people[0] if reuses else person
        bid = self._counter.bid(self._auction, who, self._offered, key="mine" if reuses else None)
        bid.add_done_callback(lambda decided: self._answered(person, decided.result()))

    def _answered(self, person: Person, answer: BidAnswer | OutcryError) -> None:
        self.accepted += isinstance(answer, BidAnswer)
        self.decided[self._counter.lane.settled_batches] = self._counter.lane.decided_bids
        self._left -= 1
        if self._left > 0:
            self._bid(person)
        else:
            self._done.set()
