"""Deleting an account and taking one's data along, over all domains (SPEC ID-7)."""

import pytest

from outcry.kernel.database import SYSTEM
from tests.support.market import Person, TestMarket, numbers
from tests.support.sales import bought, completed, expect, refused, ring_the_bell

pytestmark = pytest.mark.anyio


async def leave(person: Person, code: str | None = None) -> None:
    answer = await person.call("DELETE", "/v1/users/me")
    if code is None:
        assert answer.status_code == 204, answer.text
    else:
        refused(answer, 409, code)


async def test_nobody_leaves_an_auction_behind(market: TestMarket) -> None:
    seller, ann, bob = await market.sign_up("Sel"), await market.sign_up("Ann"), await market.sign_up("Bob")
    waiting = await market.auction(seller, live=False)
    await leave(seller, "auctions_open")
    expect(await seller.post(f"/v1/auctions/{waiting['id']}/cancel", {"reason": "Broken."}))
    running = await market.auction(seller, award="seller_decides")
    await leave(seller, "auctions_open")
    for person, amount in ((ann, 1_000), (bob, 2_000)):
        expect(await person.bid(running["id"], amount), 201)
    await leave(bob, "auctions_open")
    # Who is outbid is free to go, and its bid stands.
    await leave(ann)
    await ring_the_bell(market, running["id"])
    await leave(seller, "auctions_open")
    await leave(bob, "auctions_open")
    expect(await seller.post(f"/v1/auctions/{running['id']}/decision", {"action": "reject"}))
    await leave(bob)
    await leave(seller)
    history = (await market.client.get(f"/v1/auctions/{running['id']}/bids")).json()["items"]
    assert [(bid["kind"], bid["amount"]) for bid in history][-1] == ("bid", 1_000)


async def test_nobody_leaves_an_order_behind(market: TestMarket) -> None:
    seller, buyer = await market.sign_up("Sel"), await market.sign_up("Bea")
    order = await bought(market, seller, buyer)
    for person in (seller, buyer):
        await leave(person, "orders_open")
    expect(await buyer.post(f"/v1/orders/{order['id']}/cancel", {"reason": "A mistake."}))
    done = await completed(market, seller, buyer)
    await leave(buyer)
    await leave(seller, "wallet_not_empty")
    kept = expect(await seller.get(f"/v1/orders/{done['id']}"))
    assert kept["buyer"]["display_name"] != "Bea"


async def test_what_was_for_sale_is_not_any_more_and_watching_ends(market: TestMarket) -> None:
    seller, fan = await market.sign_up("Sel"), await market.sign_up("Fan")
    listing = await market.listing(seller, sale_type="fixed", price=5_000)
    expect(await fan.call("PUT", f"/v1/listings/{listing['id']}/watch"), 204)
    await leave(fan)
    assert expect(await seller.get(f"/v1/listings/{listing['id']}"))["watch_count"] == 0
    await leave(seller)
    stranger = await market.sign_up()
    refused(await stranger.get(f"/v1/listings/{listing['id']}"), 404, "not_found")
    async with market.outcry.database.transaction(SYSTEM) as tx:
        (row,) = await tx.all("SELECT status, place, latitude FROM listings")
    assert tuple(row) == ("archived", None, None)


async def test_an_export_has_what_a_person_sold_bid_watched_and_was_told(market: TestMarket) -> None:
    seller, ann, bob = await market.sign_up("Sel"), await market.sign_up("Ann"), await market.sign_up("Bob")
    auction = await market.auction(seller, reserve_price=9_000)
    expect(await ann.bid(auction["id"], 1_000, 3_000), 201)
    expect(await ann.call("PUT", f"/v1/auctions/{auction['id']}/watch"), 204)
    async with market.socket(ann) as told:
        await told.ask(type="subscribe", channel="user")
        expect(await bob.bid(auction["id"], 5_000), 201)
        await told.event("notification")
    mine, sold = expect(await ann.get("/v1/users/me/export")), expect(await seller.get("/v1/users/me/export"))
    bids = [(bid["auction_id"], bid["kind"], bid["amount"], bid["max_amount"]) for bid in mine["bids"]]
    assert bids == [(auction["id"], "auto", 3_000, 3_000), (auction["id"], "bid", 1_000, 3_000)]
    assert [each["auction_id"] for each in mine["watched_auctions"]] == [auction["id"]]
    assert [each["kind"] for each in mine["notifications"]] == ["outbid"]
    assert (mine["auctions"], mine["listings"]) == ([], [])
    (of_mine,) = sold["auctions"]
    assert (of_mine["id"], of_mine["reserve_price"], of_mine["bid_count"]) == (auction["id"], 9_000, 2)
    assert [each["id"] for each in sold["listings"]] == [auction["listing_id"]]
    # Nobody's maximum but one's own, nobody's name.
    assert sold["bids"] == []
    assert 3_000 not in numbers(sold["auctions"])
    for kept, other in ((mine, bob), (mine, seller), (sold, ann)):
        assert other.id not in str(kept)
