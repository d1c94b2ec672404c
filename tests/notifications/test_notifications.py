"""The bell over a served market: what people are told of, in lists and on their channel (SPEC NTF-1)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from outcry.kernel.database import SYSTEM
from tests.support.market import Person, Socket, TestMarket

pytestmark = pytest.mark.anyio
NO_SNIPE = {"window_seconds": 0, "extension_seconds": 0}


async def bell(person: Person) -> dict[str, Any]:
    answer = await person.get("/v1/notifications")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def notified(socket: Socket, kind: str) -> dict[str, Any]:
    event = await socket.until(lambda one: one["type"] == "notification" and one["data"]["kind"] == kind)
    return event["data"]


def kinds(page: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(item["kind"], item["read"]) for item in page["items"]]


async def test_outbid_is_told_once_an_auction_with_the_newest_price(market: TestMarket) -> None:
    seller, ann, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    async with market.socket(ann) as told:
        await told.ask(type="subscribe", channel="user")
        await ann.bid(auction["id"], 1000)
        await bob.bid(auction["id"], 1500)
        first = await notified(told, "outbid")
        await ann.bid(auction["id"], 2000)
        await bob.bid(auction["id"], 2500)
        second = await notified(told, "outbid")
        page = await bell(ann)
        (item,) = page["items"]
        assert (item["kind"], item["amount"], item["currency"], item["read"]) == ("outbid", 2500, "USD", False)
        assert (item["auction_id"], item["listing"]) == (
            auction["id"],
            {"title": "Rangefinder camera", "image_url": None},
        )
        assert (first["id"], first["amount"], second["amount"]) == (item["id"], 1500, 2500)
        # The event is the item of the list, and the count beside it.
        assert second == {**item, "unread_count": 1}
        assert page["unread_count"] == 1
        read = await ann.post(f"/v1/notifications/{item['id']}/read")
        assert (read.status_code, read.json()) == (200, {**item, "read": True})
        assert (await told.event("notification"))["data"] == {**item, "read": True, "unread_count": 0}
        # Read is read: the next is a new one.
        await ann.bid(auction["id"], 3000)
        await bob.bid(auction["id"], 3500)
        assert (await notified(told, "outbid"))["id"] != item["id"]
    assert kinds(await bell(ann)) == [("outbid", False), ("outbid", True)]
    assert [(item["kind"], item["amount"]) for item in (await bell(bob))["items"]] == [("outbid", 3000)]


async def test_the_bell_tells_winner_and_seller_and_settles_what_is_over(market: TestMarket) -> None:
    seller, ann, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller, duration_seconds=3, award="seller_decides", anti_snipe=NO_SNIPE)
    async with market.socket(seller) as selling, market.socket(ann) as bidding:
        await selling.ask(type="subscribe", channel="user")
        await bidding.ask(type="subscribe", channel="user")
        await ann.bid(auction["id"], 1000)
        await bob.bid(auction["id"], 1200)
        await notified(bidding, "outbid")
        await ann.bid(auction["id"], 1500)
        asked = await notified(selling, "decision_required")
        assert (asked["amount"], asked["answer_by"]) == (1500, (await market.read(auction["id"]))["decide_by"])
        answer = await seller.post(f"/v1/auctions/{auction['id']}/decision", {"action": "counter", "amount": 1800})
        offered = await notified(bidding, "counter_offered")
        assert (offered["amount"], offered["counter_offer_id"]) == (1800, answer.json()["counter_offer"]["id"])
        answer = await ann.post(f"/v1/counter-offers/{offered['counter_offer_id']}/response", {"action": "accept"})
        won, sold = await notified(bidding, "won"), await notified(selling, "sold")
        assert (won["amount"], won["order_id"]) == (1800, answer.json()["order_id"])
        assert (sold["amount"], sold["order_id"]) == (1800, answer.json()["order_id"])
    assert kinds(await bell(ann)) == [("won", False), ("counter_offered", True), ("outbid", True)]
    assert kinds(await bell(seller)) == [("sold", False), ("decision_required", True)]
    assert (await bell(ann))["unread_count"] == 1


async def test_watchers_are_told_when_the_clock_starts_an_auction(market: TestMarket) -> None:
    seller, fan, moderator = await market.sign_up(), await market.sign_up(), await market.sign_up()
    await market.client.post("/v1/dev/role", json={"user_id": moderator.id, "role": "moderator"})
    auction = await market.auction(
        seller, live=False, starts_at=(datetime.now(UTC) + timedelta(seconds=1.5)).isoformat()
    )
    await fan.call("PUT", f"/v1/auctions/{auction['id']}/watch")
    async with market.socket(fan) as told:
        await told.ask(type="subscribe", channel="user")
        started = await notified(told, "auction_started")
        assert started["auction_id"] == auction["id"]
        await fan.bid(auction["id"], 1000)
        await moderator.post(f"/v1/auctions/{auction['id']}/cancel", {"reason": "Not what it says"})
        cancelled = await notified(told, "auction_cancelled")
        assert cancelled["reason"] == "Not what it says"
    assert kinds(await bell(fan)) == [("auction_cancelled", False), ("auction_started", True)]


async def test_who_cancels_needs_no_telling(market: TestMarket) -> None:
    seller = await market.sign_up()
    auction = await market.auction(seller)
    await seller.post(f"/v1/auctions/{auction['id']}/cancel")
    await market.outcry.notifications.take([UUID(seller.id)])
    assert await bell(seller) == {"items": [], "next_cursor": None, "unread_count": 0}


async def test_pages_reading_and_whose_they_are(market: TestMarket) -> None:
    seller, ann, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auctions = [await market.auction(seller) for _ in range(3)]
    for auction in auctions:
        await ann.bid(auction["id"], 1000)
        await bob.bid(auction["id"], 1500)
    await market.outcry.notifications.take([UUID(ann.id)])
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await ann.get(f"/v1/notifications?limit=1{cursor}")).json()
        assert page["unread_count"] == 3
        seen += [item["auction_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [auction["id"] for auction in reversed(auctions)]
    first = (await bell(ann))["items"][0]["id"]
    assert (await bob.post(f"/v1/notifications/{first}/read")).status_code == 404
    assert (await market.client.get("/v1/notifications")).status_code == 401
    async with market.socket(ann) as told:
        await told.ask(type="subscribe", channel="user")
        assert (await ann.post("/v1/notifications/read-all")).json() == {"unread_count": 0}
        assert (await told.event("notification"))["data"]["unread_count"] == 0
    assert (await bell(ann))["unread_count"] == 0
    assert all(item["read"] for item in (await bell(ann))["items"])


async def test_old_ones_are_forgotten(market: TestMarket) -> None:
    seller, ann, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    ages = {"91 days": None, "31 days": "31 days", "32 days": None, "1 day": "1 day"}
    for age, read in ages.items():
        auction = await market.auction(seller)
        await ann.bid(auction["id"], 1000)
        await bob.bid(auction["id"], 1500)
        await market.outcry.notifications.take([UUID(ann.id)])
        async with market.outcry.database.transaction(SYSTEM) as tx:
            await tx.run(
                "UPDATE notifications SET at = now() - CAST(:age AS interval),"
                " read_at = now() - CAST(:read AS interval) WHERE subject = :id",
                {"age": age, "read": read, "id": auction["id"]},
            )
    assert await market.outcry.notifications.prune() == 2
    async with market.outcry.database.transaction(SYSTEM) as tx:
        left = await tx.all("SELECT (now() - at) > interval '31 days' AS old, read_at FROM notifications ORDER BY at")
    assert [(row.old, row.read_at is None) for row in left] == [(True, True), (False, False)]
