"""Random bidding, retracting and closing of secured auctions: only what they need is ever held (SPEC AUC-2, MON-5)."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcry.auctions.audit import audit_auctions
from outcry.auctions.batch import BidAnswer, BidRequest
from outcry.kernel.database import SYSTEM
from outcry.kernel.errors import OutcryError
from outcry.ledger import accounts
from outcry.ledger.audit import audit_ledger
from outcry.ledger.service import Transfer, legs
from tests.support.market import Person, TestMarket, served_market

EXAMPLES = 12
ANSWER_SECONDS = 20
PURSE = 4_000
TWO_DAYS = 2 * 86_400
SECURITIES: tuple[dict[str, Any], ...] = (
    {"bid_security": "full_hold"}, {"bid_security": "deposit", "deposit_amount": 900}, {"bid_security": "none"},
)  # fmt: skip

place = st.integers(0, 2)
step = st.one_of(
    st.tuples(st.just("bids"), st.lists(st.tuples(place, place, st.integers(9, 45)), min_size=1, max_size=8)),
    st.tuples(st.just("retract"), place, st.just(None)),
    st.tuples(st.just("spend"), place, st.integers(1, 2_000)),
    st.tuples(st.just("close"), place, st.just(None)),
    st.tuples(st.just("cancel"), place, st.just(None)),
)


class World:
    """Three people with a little money, and an auction of each kind."""

    def __init__(self, market: TestMarket, people: list[Person], staff: Person, auctions: list[str]) -> None:
        self.market = market
        self.people = people
        self.staff = staff
        self.auctions = auctions
        self.bids: list[tuple[Person, str]] = []

    async def step(self, name: str, *drawn: Any) -> None:
        await getattr(self, f"_{name}")(*drawn)
        await self.check()

    async def _bids(self, drawn: list[tuple[int, int, int]], *_: Any) -> None:
        """All at once, so that the desk decides them together."""
        waiting: list[tuple[Person, asyncio.Future[BidAnswer | OutcryError]]] = []
        for who, where, hundreds in drawn:
            decided: asyncio.Future[BidAnswer | OutcryError] = asyncio.get_running_loop().create_future()
            person, auction = self.people[who], self.auctions[where]
            bid = BidRequest(UUID(auction).int, UUID(person.id).int, None, hundreds * 100, None, decided.set_result)
            self.market.outcry.desk.submit(bid)
            waiting.append((person, decided))
        async with asyncio.timeout(ANSWER_SECONDS):
            for person, decided in waiting:
                answer = await decided
                if isinstance(answer, BidAnswer):
                    self.bids.append((person, answer.bid.id))
                else:
                    assert answer.code in ("bid_too_low", "already_leading", "insufficient_funds", "auction_not_live")

    async def _retract(self, number: int, *_: Any) -> None:
        if self.bids:
            person, bid_id = self.bids.pop(number % len(self.bids))
            assert (await person.call("DELETE", f"/v1/bids/{bid_id}")).status_code in (200, 204, 404, 409)

    async def _spend(self, who: int, amount: int) -> None:
        """Money leaves behind the desk's back."""
        wallet = accounts.available(UUID(self.people[who].id), "USD")
        async with self.market.outcry.database.transaction(SYSTEM) as tx:
            connection = await tx.driver()
            there = (await self.market.outcry.ledger.lock(connection, [wallet]))[wallet]
            if (spent := min(there, amount)) > 0:
                pair = legs((wallet, -spent), (accounts.fees("USD"), spent))
                count = await tx.scalar("SELECT count(*) FROM ledger_transfers")
                await self.market.outcry.ledger.post(connection, [Transfer(f"spend:{count}", "spent", pair)])

    async def _close(self, where: int, *_: Any) -> None:
        auction = self.auctions[where]
        async with self.market.outcry.database.transaction(SYSTEM) as tx:
            await tx.run(
                "UPDATE auctions SET ends_at = clock_timestamp() WHERE id = :id AND status = 'live'",
                {"id": UUID(auction)},
            )
            await tx.run("SELECT pg_notify('outcry_clock', '')")
        await self.market.reaches(auction, "sold", "unsold", "cancelled", "awaiting_decision")

    async def _cancel(self, where: int, *_: Any) -> None:
        path = f"/v1/auctions/{self.auctions[where]}/cancel"
        assert (await self.staff.post(path, {"reason": "Called off"})).status_code in (200, 204, 409)

    async def check(self) -> None:
        database = self.market.outcry.database
        faults = [str(fault) async for fault in audit_auctions(database)]
        faults += [str(fault) async for fault in audit_ledger(database)]
        assert faults == []


async def new_world(market: TestMarket) -> World:
    seller, staff = await market.sign_up(), await market.sign_up()
    await market.client.post("/v1/dev/role", json={"user_id": staff.id, "role": "admin"})
    people = [await market.sign_up() for _ in range(3)]
    for person in people:
        body = {"user_id": person.id, "amount": PURSE, "currency": "USD"}
        assert (await market.client.post("/v1/dev/grant", json=body)).status_code == 200
    auctions = [await market.auction(seller, duration_seconds=TWO_DAYS, **security) for security in SECURITIES]
    return World(market, people, staff, [auction["id"] for auction in auctions])


def test_secured_auctions_hold_what_they_need(database_url: str, tmp_path: Path) -> None:
    with asyncio.Runner() as runner:

        async def lives(steps: list[tuple[Any, ...]]) -> None:
            world = await new_world(market)
            for step in steps:
                await world.step(*step)

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.lists(step, min_size=2, max_size=10))
        def check(steps: list[tuple[Any, ...]]) -> None:
            runner.run(lives(steps))

        served = served_market(database_url, tmp_path)
        market = runner.run(served.__aenter__())
        try:
            check()
        finally:
            runner.run(served.__aexit__(None, None, None))
