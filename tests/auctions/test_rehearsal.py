"""Bells that were worked out before they rang: the same words, never too early, never over somebody's bid (AUC-5)."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from outcry.auctions import queries, rehearsal
from outcry.auctions.audit import audit_auctions
from outcry.auctions.book import Book
from outcry.auctions.movement import Movement, Moves
from outcry.auctions.rehearsal import rehearsed
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.times import now_us
from tests.support.market import Person, TestMarket
from tests.support.postgres import in_database

pytestmark = pytest.mark.anyio
NO_SNIPE = {"window_seconds": 0, "extension_seconds": 0}
AN_HOUR_US = 3_600_000_000


async def rehearsing(
    market: TestMarket, seller: Person, bidder: Person | None = None, seconds: int = 2, award: str = "automatic"
) -> dict[str, Any]:
    """An auction of so many seconds that has been worked out, and no clock that would close it."""
    await market.outcry.clock.stop()
    auction = await market.auction(seller, duration_seconds=seconds, anti_snipe=NO_SNIPE, award=award)
    if bidder is not None:
        assert (await bidder.bid(auction["id"], 1000)).status_code == 201
    await market.outcry.clock.rehearsal.look_ahead()
    return auction


async def rung(market: TestMarket) -> int:
    """How many of the auctions that were worked out close in one go, as if all were due."""
    outcry = market.outcry
    closings = outcry.clock.rehearsal.due(now_us() + AN_HOUR_US, 10)
    assert closings
    async with outcry.database.transaction(SYSTEM) as tx:
        movement = Movement(await tx.driver(), outcry.market, outcry.orders, now_us())
        closed = await movement.ring(closings)
        tx.published(await movement.save())
    return closed


def wait_for_the_bell(database_url: str, auction: dict[str, Any]) -> None:
    """Until the database's clock shows the end."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "SELECT pg_sleep(greatest(0, extract(epoch FROM ends_at - clock_timestamp()))::float8) FROM auctions"
            " WHERE id = %s",
            (auction["id"],),
        )


async def read(market: TestMarket, auction: dict[str, Any]) -> Book:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        book = await queries.read_book(await tx.driver(), UUID(auction["id"]))
    assert book is not None
    return book


@pytest.mark.parametrize("has_bid", [True, False])
async def test_it_says_what_a_close_at_the_bell_says(market: TestMarket, has_bid: bool) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller, duration_seconds=60)
    if has_bid:
        await alice.bid(auction["id"], 1000)
    closing = rehearsed(await read(market, auction), market.outcry.market)
    assert closing is not None
    at_the_bell = Moves(market.outcry.market, closing.ends_at_us)
    at_the_bell.close(await read(market, auction))
    (ended,) = at_the_bell.events
    before, after = closing.ended_json
    said = msgspec.json.decode(before + ended.data["server_time"].encode() + after)
    assert said == msgspec.json.decode(msgspec.json.encode(ended.data))
    assert (said["status"], closing.book.seq) == ("sold" if has_bid else "unsold", ended.seq)
    assert [closing.sale] == (at_the_bell.sales or [None])


async def test_it_closes_at_the_bell_with_order_and_history(market: TestMarket, database_url: str) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await rehearsing(market, seller, alice)
    wait_for_the_bell(database_url, auction)
    assert await rung(market) == 1
    after = (await alice.get(f"/v1/auctions/{auction['id']}")).json()
    assert (after["status"], after["final_price"], after["ends_at"]) == ("sold", 1000, auction["ends_at"])
    (order,) = (await alice.get("/v1/orders?role=buyer")).json()["items"]
    assert order["auction_id"] == auction["id"]
    assert (await seller.get(f"/v1/listings/{auction['listing_id']}")).json()["status"] == "sold"
    assert [str(fault) async for fault in audit_auctions(market.outcry.database)] == []


async def test_a_bid_after_it_was_worked_out_counts(market: TestMarket, database_url: str) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await rehearsing(market, seller, alice, seconds=3)
    assert (await bob.bid(auction["id"], 2000)).status_code == 201
    wait_for_the_bell(database_url, auction)
    assert await rung(market) == 0
    await market.outcry.clock.start()
    assert (await market.reaches(auction["id"], "sold"))["final_price"] == 2000
    assert (await bob.get("/v1/orders?role=buyer")).json()["items"]


async def test_no_bell_rings_early_by_a_clock_that_is_fast(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await rehearsing(market, seller, alice, seconds=3)
    assert await rung(market) == 0
    assert (await alice.get(f"/v1/auctions/{auction['id']}")).json()["status"] == "live"


async def test_an_auction_that_somebody_holds_is_not_waited_for(market: TestMarket, database_url: str) -> None:
    seller = await market.sign_up()
    auction = await rehearsing(market, seller)
    wait_for_the_bell(database_url, auction)
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM auctions WHERE id = %s FOR NO KEY UPDATE", (auction["id"],))
        assert await rung(market) == 0


async def test_what_the_seller_must_decide_waits_for_its_bell(market: TestMarket, database_url: str) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await rehearsing(market, seller, alice, award="seller_decides")
    assert market.outcry.clock.rehearsal.due(now_us() + AN_HOUR_US, 10) == []
    wait_for_the_bell(database_url, auction)
    await market.outcry.clock.start()
    assert (await market.reaches(auction["id"], "awaiting_decision"))["decide_by"]


async def test_a_database_that_is_away_does_not_end_the_looking_ahead(
    market: TestMarket, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "LOOK_SECONDS", 0.01)
    again = asyncio.Event()

    class Watched(rehearsal.Rehearsal):
        looks = 0

        async def look_ahead(self) -> None:
            self.looks += 1
            if self.looks > 1:
                again.set()
            await super().look_ahead()

    away = Database(in_database(database_url, "there_is_no_such_database"))
    running = asyncio.create_task(Watched(away, market.outcry.market).run())
    looked_again = asyncio.create_task(again.wait())
    await asyncio.wait([running, looked_again], return_when=asyncio.FIRST_COMPLETED)
    assert not running.done(), running.exception()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await away.close()
