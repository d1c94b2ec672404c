"""The desk's short way: decided from memory, proved in the commit, right when memory is not (SPEC AUC-3, AUC-14)."""

import asyncio
import json
from itertools import pairwise
from uuid import UUID

import psycopg
import pytest

from outcry.auctions.batch import BidAnswer, BidRequest
from outcry.auctions.memory import MAX_DECISION_AGE_SECONDS, DatabaseClock
from outcry.kernel.database import SYSTEM
from outcry.kernel.errors import OutcryError
from tests.auctions.desks import ANSWER_SECONDS, Counter, Crowd, desks, no_faults, run_sql, warm
from tests.support.market import Person, TestMarket

pytestmark = pytest.mark.anyio

HOUR_US = 3_600_000_000


async def test_a_desk_that_knows_the_auction_decides_from_memory(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]
    async with desks(market, 1) as (counter,):
        await warm(counter, auction, alice, bob)
        learning = counter.long_ways
        assert await counter.outcome(auction, alice, 1000, 5000) == "accepted"
        assert await counter.outcome(auction, bob, 2000) == "accepted"
        assert await counter.outcome(auction, bob, 2000) == "bid_too_low"
        assert await counter.outcome(auction, alice, 2000) == "already_leading"
        assert counter.long_ways == learning
    after = await market.read(auction)
    assert (after["current_price"], after["bid_count"], after["leader"]["alias"]) == (2100, 2, "Bidder 1")
    await no_faults(market)


async def test_two_desks_never_decide_on_each_others_past(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]
    async with desks(market, 2) as (one, other):
        await warm(one, auction, alice, bob)
        await warm(other, auction, alice, bob)
        assert await one.outcome(auction, alice, 1000) == "accepted"
        assert await other.outcome(auction, bob, 1000) == "bid_too_low"
        assert await other.outcome(auction, bob, 1100) == "accepted"
        assert await one.outcome(auction, alice, 1100) == "bid_too_low"
        assert await one.outcome(auction, alice, 1200) == "accepted"
    assert (await market.read(auction))["bid_count"] == 3
    await no_faults(market)


async def test_a_crowd_at_two_desks_leaves_one_true_history(market: TestMarket) -> None:
    seller = await market.sign_up()
    people = [await market.sign_up() for _ in range(6)]
    auctions = [(await market.auction(seller))["id"] for _ in range(3)]
    accepted: dict[str, str] = {}

    async def bid_up(counter: Counter, person: Person, at: int) -> None:
        for step in range(40):
            auction = auctions[(at + step) % len(auctions)]
            key = f"{person.id}-{at}-{step}"
            answer = await counter.bid(auction, person, None, 1000 + 100 * step + 7 * at, key)
            if isinstance(answer, BidAnswer):
                accepted[key] = answer.bid.id

    async with desks(market, 2) as counters, asyncio.timeout(60), asyncio.TaskGroup() as group:
        for at, person in enumerate(people):
            for counter in counters:
                group.create_task(bid_up(counter, person, 10 * at + counters.index(counter)))
    async with market.outcry.database.transaction(SYSTEM) as tx:
        rows = await tx.all("SELECT idempotency_key, id::text FROM bids WHERE idempotency_key IS NOT NULL")
    assert {row[0]: row[1] for row in rows} == accepted
    assert len(accepted) > 20
    await no_faults(market)


async def test_a_key_repeated_while_its_bid_is_on_its_way_gets_the_same_answer(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]
    async with desks(market, 1) as (counter,):
        await warm(counter, auction, alice, bob)
        first = counter.bid(auction, alice, 1000, key="k")
        # Enough bids that the lane cuts the crowd in two: the repeat is decided while the first commits.
        crowd = [counter.bid(auction, bob, 1100 + 100 * step) for step in range(100)]
        again, changed = counter.bid(auction, alice, 1000, key="k"), counter.bid(auction, alice, 1001, key="k")
        async with asyncio.timeout(ANSWER_SECONDS):
            one, two, three = await first, await again, await changed
            await asyncio.gather(*crowd)
    assert isinstance(one, BidAnswer)
    assert isinstance(two, BidAnswer)
    assert (one.replayed, two.replayed, one.bid.id) == (False, True, two.bid.id)
    assert isinstance(three, OutcryError)
    assert three.code == "idempotency_key_reused"
    await no_faults(market)


async def test_a_repeated_key_is_known_whatever_its_bid_would_do_now(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]
    async with desks(market, 1) as (counter,):
        await warm(counter, auction, alice, bob)
        first = await counter.bid(auction, alice, 1000, key="k")
        assert await counter.outcome(auction, bob, 1500) == "accepted"
        # Alone it would be refused, beside an accepted bid too, and with another amount it would be accepted.
        alone = await counter.bid(auction, alice, 1000, key="k")
        beside = [counter.bid(auction, bob, None, 2000), counter.bid(auction, alice, 1000, key="k")]
        async with asyncio.timeout(ANSWER_SECONDS):
            _, second = await asyncio.gather(*beside)
        assert await counter.outcome(auction, alice, 9000, key="k") == "idempotency_key_reused"
    assert isinstance(first, BidAnswer)
    for again in (alone, second):
        assert isinstance(again, BidAnswer)
        assert (again.replayed, again.bid.id) == (True, first.bid.id)
    assert (await market.read(auction))["current_price"] == 1500
    await no_faults(market)


async def test_an_unknown_auction_is_learnt_of_while_others_go_on_and_keeps_its_order(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    known, unknown = (await market.auction(seller))["id"], (await market.auction(seller))["id"]
    settled: list[str] = []
    async with desks(market, 1) as (counter,):
        await warm(counter, known, alice, bob)
        before = counter.long_ways
        bids = [
            counter.bid(auction, (alice, bob)[step % 2], 1000 + 100 * step)
            for step in range(20)
            for auction in (unknown, known)
        ]
        for at, bid in enumerate(bids):
            bid.add_done_callback(lambda _, name=("unknown", "known")[at % 2]: settled.append(name))
        async with asyncio.timeout(ANSWER_SECONDS):
            answers = await asyncio.gather(*bids)
        assert counter.long_ways == before
    # In the order of arrival each tops the one before it.
    assert all(isinstance(answer, BidAnswer) for answer in answers)
    assert settled == ["known"] * 20 + ["unknown"] * 20
    await no_faults(market)


async def test_a_batch_that_only_refuses_is_proved_too(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction, other = (await market.auction(seller))["id"], (await market.auction(seller))["id"]
    async with desks(market, 1) as (counter,):
        for one in (auction, other):
            await warm(counter, one, alice, bob)
            assert await counter.outcome(one, alice, 1000) == "accepted"
        # Behind the desk's back the minimum falls: what it would refuse from memory is acceptable now.
        for one in (auction, other):
            await run_sql(market, "UPDATE auctions SET bid_increment = 10 WHERE id = :id", id=one)
        assert await counter.outcome(auction, bob, 1050) == "accepted"
        warm_again = [counter.bid(auction, alice, 1060), counter.bid(other, bob, 1050)]
        async with asyncio.timeout(ANSWER_SECONDS):
            answers = await asyncio.gather(*warm_again)
    assert all(isinstance(answer, BidAnswer) for answer in answers)
    await no_faults(market)


async def test_an_answer_shows_the_auction_as_its_own_batch_left_it(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]
    async with desks(market, 1) as (counter,):
        await warm(counter, auction, alice, bob)
        async with asyncio.timeout(ANSWER_SECONDS):
            first = await counter.bid(auction, alice, 1000)
            second = await counter.bid(auction, bob, 1500)
    assert isinstance(first, BidAnswer)
    assert isinstance(second, BidAnswer)
    # Written out only now, after the auction has moved on.
    then = json.loads(first.auction_json)
    assert (then["current_price"], then["leader"]) == (1000, {"alias": "Bidder 1", "is_you": True})
    assert json.loads(first.bid_json)["status"] == "leading"
    assert json.loads(second.auction_json)["current_price"] == 1500


async def test_what_others_change_is_noticed(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction, other = (await market.auction(seller))["id"], (await market.auction(seller))["id"]
    async with desks(market, 1) as (counter,):
        for one in (auction, other):
            await warm(counter, one, alice, bob)
        async with market.outcry.database.transaction(SYSTEM) as tx:
            await market.outcry.staffing.suspend(tx, UUID(bob.id), "test")
        assert await counter.outcome(auction, bob, 1000) == "bidder_suspended"
        await seller.call("PUT", f"/v1/users/{alice.id}/block")
        assert await counter.outcome(auction, alice, 1000) == "blocked_by_seller"
        await seller.call("DELETE", f"/v1/users/{alice.id}/block")
        assert await counter.outcome(auction, alice, 1000) == "accepted"
        bid = (await alice.get(f"/v1/auctions/{auction}/bids")).json()["items"][0]
        await run_sql(market, "UPDATE auctions SET ends_at = ends_at + interval '3 days' WHERE id = :id", id=auction)
        assert (await alice.call("DELETE", f"/v1/bids/{bid['id']}")).status_code == 200
        assert await counter.outcome(auction, alice, 1000) == "accepted"
        await seller.post(f"/v1/auctions/{other}/cancel")
        assert await counter.outcome(other, alice, 1000) == "auction_not_live"
    assert (await market.read(auction))["leader"]["alias"] == "Bidder 1"
    await no_faults(market)


@pytest.mark.parametrize("wrong_us", [HOUR_US, -HOUR_US])
async def test_a_desk_whose_idea_of_the_time_is_wrong_is_corrected(market: TestMarket, wrong_us: int) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller, duration_seconds=86_400))["id"]
    async with desks(market, 1) as (counter,):
        await warm(counter, auction, alice, bob)
        clock = counter.lane.memory.clock
        now_us = clock.now_us()
        assert now_us is not None
        counter.lane.memory.clock = type(clock)()
        counter.lane.memory.clock.learn(now_us + wrong_us)
        assert await counter.outcome(auction, alice, 1000) == "accepted"
    async with market.outcry.database.transaction(SYSTEM) as tx:
        late = await tx.scalar("SELECT abs(extract(epoch FROM clock_timestamp() - max(placed_at))) FROM bids")
    assert late < ANSWER_SECONDS
    await no_faults(market)


async def test_near_the_bell_only_the_databases_clock_decides(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    snipe = {"window_seconds": 0, "extension_seconds": 0}
    auction = (await market.auction(seller, anti_snipe=snipe))["id"]
    async with desks(market, 1) as (counter,):
        await warm(counter, auction, alice)
        memory = counter.lane.memory
        (book,) = memory.books.values()
        ends_at_us = book.standing.ends_at_us
        assert ends_at_us is not None
        second = 1_000_000
        assert not memory.too_close(book.id, ends_at_us - MAX_DECISION_AGE_SECONDS * second - 1)
        assert memory.too_close(book.id, ends_at_us - MAX_DECISION_AGE_SECONDS * second)
        assert memory.too_close(book.id, ends_at_us)
        # The row's end moves behind the desk's back, into the past: the guard sees that the row is another.
        await run_sql(market, "UPDATE auctions SET ends_at = now() - interval '1 second' WHERE id = :id", id=auction)
        assert await counter.outcome(auction, alice, 1000) == "auction_not_live"


async def test_a_crowd_that_bids_on_and_on_comes_in_two_halves_whatever_it_began_as(market: TestMarket) -> None:
    seller, people = await market.sign_up(), [await market.sign_up() for _ in range(4)]
    auction = (await market.auction(seller))["id"]
    async with desks(market, 1) as (counter,):
        await warm(counter, auction, *people)
        known = counter.long_ways
        crowd = Crowd(counter, auction, people, third=30, answers=2_700)
        await crowd.bid_on()
        # Nor does any of them fail for the sake of another.
        assert counter.long_ways == known
    counts = list(crowd.decided.values())
    sizes = [after - before for before, after in pairwise(counts[len(counts) // 2 : -4])]
    assert set(sizes) == {45}
    await no_faults(market)


async def test_nothing_stands_on_a_batch_that_failed(market: TestMarket) -> None:
    seller, people = await market.sign_up(), [await market.sign_up() for _ in range(4)]
    auction = (await market.auction(seller))["id"]
    async with desks(market, 1) as (counter,):
        await warm(counter, auction, *people)
        known = counter.long_ways
        crowd = Crowd(counter, auction, people, third=20, answers=1_500, reuse_every=150)
        # The auction of those decided behind a batch that fails is then as the batch before that one left it.
        await crowd.bid_on()
        assert counter.long_ways > known
    async with market.outcry.database.transaction(SYSTEM) as tx:
        assert await tx.scalar("SELECT count(*) FROM bids WHERE kind IN ('bid', 'raise')") == crowd.accepted
    await no_faults(market)


async def test_a_connection_lost_in_flight_loses_and_doubles_nothing(market: TestMarket, database_url: str) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]
    async with desks(market, 1) as (counter,):
        await warm(counter, auction, alice, bob)
        pipe = counter.lane._pipe  # type: ignore[reportPrivateUsage]
        assert pipe is not None
        backend = pipe._connection.info.backend_pid  # type: ignore[reportPrivateUsage]
        bids = [counter.bid(auction, (alice, bob)[step % 2], 1000 + 100 * step, key=f"k{step}") for step in range(200)]
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute("SELECT pg_terminate_backend(%s)", (backend,))
        async with asyncio.timeout(ANSWER_SECONDS):
            answers = await asyncio.gather(*bids)
    acknowledged = {answer.bid.id for answer in answers if isinstance(answer, BidAnswer)}
    async with market.outcry.database.transaction(SYSTEM) as tx:
        rows = await tx.all("SELECT id::text FROM bids WHERE kind = 'bid'")
    assert {row[0] for row in rows} == acknowledged
    assert len(acknowledged) == 200
    await no_faults(market)


async def test_a_desk_that_lost_its_connection_and_the_time_while_idle_decides_on(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]
    async with desks(market, 1) as (counter,):
        await warm(counter, auction, alice)
        pipe = counter.lane._pipe  # type: ignore[reportPrivateUsage]
        assert pipe is not None
        # All is remembered but the time, and nothing can be asked: to learn it must not be tried for ever.
        await pipe.close()
        counter.lane.memory.clock = DatabaseClock()
        assert await counter.outcome(auction, alice, 1000) == "accepted"
    await no_faults(market)


async def test_a_bidder_that_cannot_be_answered_holds_up_nobody(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]

    def hung_up(_: BidAnswer | OutcryError) -> None:
        raise ValueError("nobody is there any more")

    async with desks(market, 1) as (counter,):
        await warm(counter, auction, alice, bob)
        counter.desk.submit(BidRequest(UUID(auction).int, UUID(alice.id).int, 1000, None, None, hung_up))
        assert await counter.outcome(auction, bob, 2000) == "accepted"
        assert await counter.outcome(auction, alice, 3000) == "accepted"
    assert (await market.read(auction))["bid_count"] == 3
    await no_faults(market)


async def test_a_lane_that_falls_leaves_nobody_waiting_and_says_so(
    market: TestMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]
    (lane,) = market.outcry.desk._lanes  # type: ignore[reportPrivateUsage]

    def broken() -> int:
        raise ValueError("nobody thought of this")

    monkeypatch.setattr(lane, "_share", broken)
    # What it had in its queue, and what comes later.
    for _ in range(2):
        busy = await alice.bid(auction, 1000)
        assert (busy.status_code, busy.json()["code"]) == (503, "busy")
        assert busy.json()["detail"].startswith("Bids on this auction are not decided here just now")
    not_ready = await market.client.get("/health/ready")
    assert (not_ready.status_code, not_ready.json()["part"]) == (503, "desk")
