"""An auction's life: go-live, the bell, decisions, counter-offers, buy-now, cancel, relist, retraction
(SPEC AUC-5 to AUC-9, AUC-12; API.md "End")."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from outcry.auctions.audit import audit_auctions
from outcry.kernel.database import SYSTEM
from tests.support.market import Person, TestMarket

pytestmark = pytest.mark.anyio
NO_SNIPE = {"window_seconds": 0, "extension_seconds": 0}


async def ended(market: TestMarket, seller: Person, *bidders: tuple[Person, int], **terms: Any) -> dict[str, Any]:
    """An auction of one second with these bids, after its bell."""
    auction = await market.auction(seller, duration_seconds=1, anti_snipe=NO_SNIPE, **terms)
    for bidder, amount in bidders:
        assert (await bidder.bid(auction["id"], amount)).status_code == 201
    return await market.reaches(auction["id"], "sold", "unsold", "awaiting_decision")


async def test_the_bell_sells_to_the_leader_and_makes_an_order(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    async with market.socket(bob) as told:
        await told.ask(type="subscribe", channel="user")
        auction = await ended(market, seller, (alice, 1000), (bob, 2000))
        order_event = await told.event("order_updated")
        won = await told.until(lambda one: one.get("data", {}).get("kind") == "won")
    assert (auction["status"], auction["final_price"]) == ("sold", 2000)
    assert won["data"]["amount"] == 2000
    (order,) = (await bob.get("/v1/orders?role=buyer")).json()["items"]
    assert order["id"] == order_event["data"]["order_id"]
    assert (order["status"], order["amount"], order["auction_id"]) == ("pending_payment", 2000, auction["id"])
    assert order["seller_receives"] == 2000 - 120 - 199
    assert (await seller.get(f"/v1/orders/{order['id']}")).status_code == 200
    assert (await alice.get(f"/v1/orders/{order['id']}")).status_code == 404
    assert (await alice.bid(auction["id"], 9000)).json()["auction_status"] == "sold"
    listing = (await seller.get(f"/v1/listings/{auction['listing_id']}")).json()
    assert listing["status"] == "sold"
    assert [str(fault) async for fault in audit_auctions(market.outcry.database)] == []


async def test_nobody_bids_and_it_is_unsold_and_can_be_relisted_in_one_call(market: TestMarket) -> None:
    seller = await market.sign_up()
    auction = await ended(market, seller)
    assert auction["status"] == "unsold"
    answer = await seller.post(f"/v1/auctions/{auction['id']}/relist", {"starting_price": 500, "duration_seconds": 60})
    assert answer.status_code == 201
    again = answer.json()
    assert (again["status"], again["starting_price"], again["relisted_from"]) == ("scheduled", 500, auction["id"])
    assert (await seller.post(f"/v1/auctions/{auction['id']}/relist")).status_code == 409


async def test_below_reserve_the_seller_decides_and_accepts(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await ended(market, seller, (alice, 1000), reserve_price=9000)
    assert auction["status"] == "awaiting_decision"
    path = f"/v1/auctions/{auction['id']}/decision"
    assert (await alice.post(path, {"action": "accept"})).status_code == 403
    answer = (await seller.post(path, {"action": "accept"}, key="d")).json()
    assert (answer["auction"]["status"], answer["auction"]["final_price"]) == ("sold", 1000)
    assert answer["order_id"]
    replayed = await seller.post(path, {"action": "accept"}, key="d")
    assert replayed.headers["Idempotency-Replayed"] == "true"
    late = await seller.post(path, {"action": "reject"})
    assert (late.status_code, late.json()["code"]) == (409, "wrong_auction_status")


async def test_a_counter_offer_is_answered_by_the_highest_bidder(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await ended(market, seller, (bob, 1000), (alice, 2000), award="seller_decides")
    path = f"/v1/auctions/{auction['id']}/decision"
    low = await seller.post(path, {"action": "counter", "amount": 1999})
    assert (low.status_code, low.json()["errors"][0]["field"]) == (422, "/amount")
    offer = (await seller.post(path, {"action": "counter", "amount": 2500})).json()["counter_offer"]
    assert (offer["amount"], offer["status"]) == (2500, "pending")
    assert (await seller.post(path, {"action": "accept"})).status_code == 409
    response = f"/v1/counter-offers/{offer['id']}/response"
    assert (await bob.post(response, {"action": "accept"})).status_code == 404
    answer = (await alice.post(response, {"action": "accept"})).json()
    assert (answer["auction"]["status"], answer["auction"]["final_price"]) == ("sold", 2500)
    assert (await alice.post(response, {"action": "reject"})).json()["code"] == "counter_offer_closed"


async def test_a_rejected_counter_offer_ends_unsold(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await ended(market, seller, (alice, 1000), award="seller_decides")
    decision = await seller.post(f"/v1/auctions/{auction['id']}/decision", {"action": "counter", "amount": 1000})
    offer = decision.json()["counter_offer"]
    answer = await alice.post(f"/v1/counter-offers/{offer['id']}/response", {"action": "reject"})
    assert answer.json()["auction"]["status"] == "unsold"


async def test_no_decision_in_time_is_unsold(market: TestMarket, database_url: str) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await ended(market, seller, (alice, 1000), award="seller_decides")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE auctions SET decide_by = now() WHERE id = %s", (auction["id"],))
        connection.execute("SELECT pg_notify('outcry_clock', '')")
    after = await market.reaches(auction["id"], "unsold")
    assert after["status"] == "unsold"


async def test_a_scheduled_auction_starts_by_the_clock(market: TestMarket) -> None:
    seller = await market.sign_up()
    starts_at = (datetime.now(UTC) + timedelta(seconds=1.2)).isoformat()
    auction = await market.auction(seller, live=False, starts_at=starts_at)
    assert (auction["status"], auction["ends_at"] is not None) == ("scheduled", True)
    assert (await market.reaches(auction["id"], "live"))["status"] == "live"


async def test_an_auction_on_a_draft_is_cancelled_when_it_should_start(market: TestMarket) -> None:
    seller = await market.sign_up()
    listing = await market.listing(seller, publish=False)
    starts_at = (datetime.now(UTC) + timedelta(seconds=1.2)).isoformat()
    body = {"listing_id": listing["id"], "starting_price": 1000, "starts_at": starts_at, "duration_seconds": 60}
    auction = (await seller.post("/v1/auctions", body)).json()
    after = await market.reaches(auction["id"], "cancelled")
    assert "not active" in after["cancel_reason"]


async def test_downtime_is_caught_up(market: TestMarket, database_url: str) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    await alice.bid(auction["id"], 1000)
    await market.outcry.clock.stop()
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE auctions SET ends_at = now() - interval '1 hour' WHERE id = %s", (auction["id"],))
    late = await alice.bid(auction["id"], None, 9000)
    assert (late.status_code, late.json()["auction_status"]) == (409, "ended")
    await market.outcry.clock.start()
    assert (await market.reaches(auction["id"], "sold"))["final_price"] == 1000


async def test_buy_now_ends_it_at_once_and_goes_with_the_first_bid(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller, buy_now_price=5000)
    assert auction["buy_now_price"] == 5000
    own = await seller.post(f"/v1/auctions/{auction['id']}/buy-now")
    assert (own.status_code, own.json()["code"]) == (403, "own_auction")
    answer = (await alice.post(f"/v1/auctions/{auction['id']}/buy-now")).json()
    assert (answer["auction"]["status"], answer["auction"]["final_price"]) == ("sold", 5000)
    second = await market.auction(seller, buy_now_price=5000)
    after = (await bob.bid(second["id"], 1000)).json()["auction"]
    assert after["buy_now_price"] is None
    gone = await alice.post(f"/v1/auctions/{second['id']}/buy-now")
    assert (gone.status_code, gone.json()["code"]) == (409, "buy_now_not_offered")
    reserved = await market.auction(seller, buy_now_price=5000, reserve_price=3000)
    assert (await bob.bid(reserved["id"], 1000)).json()["auction"]["buy_now_price"] == 5000
    assert (await bob.bid(reserved["id"], None, 3000)).json()["auction"]["buy_now_price"] is None
    assert [str(fault) async for fault in audit_auctions(market.outcry.database)] == []


async def test_a_seller_cancels_before_the_first_bid_only(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    assert (await alice.post(f"/v1/auctions/{auction['id']}/cancel")).status_code == 403
    await alice.bid(auction["id"], 1000)
    refused = await seller.post(f"/v1/auctions/{auction['id']}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "auction_has_bids")
    fresh = await market.auction(seller)
    answer = await seller.post(f"/v1/auctions/{fresh['id']}/cancel", {"reason": "It broke"})
    assert (answer.json()["status"], answer.json()["cancel_reason"]) == ("cancelled", "It broke")


async def test_a_retracted_bid_leaves_what_the_others_give(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller, duration_seconds=24 * 3600)
    await alice.bid(auction["id"], 1000, 9000)
    bid = (await bob.bid(auction["id"], 5000)).json()["bid"]
    assert (await alice.call("DELETE", f"/v1/bids/{bid['id']}")).status_code == 404
    after = (await bob.call("DELETE", f"/v1/bids/{bid['id']}")).json()
    assert (after["current_price"], after["bid_count"], after["bidder_count"]) == (1000, 1, 1)
    history = (await market.client.get(f"/v1/auctions/{auction['id']}/bids")).json()["items"]
    assert [(entry["kind"], entry["amount"], entry["status"]) for entry in history] == [
        ("auto", 5100, "retracted"),
        ("bid", 5000, "retracted"),
        ("bid", 1000, "leading"),
    ]
    assert (await bob.call("DELETE", f"/v1/bids/{bid['id']}")).json()["code"] == "retraction_not_allowed"
    again = (await bob.bid(auction["id"], 2000)).json()["auction"]
    assert (again["current_price"], again["bidder_count"]) == (2100, 2)
    assert [str(fault) async for fault in audit_auctions(market.outcry.database)] == []


async def test_no_retraction_in_the_last_hours(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller, duration_seconds=11 * 3600)
    bid = (await alice.bid(auction["id"], 1000)).json()["bid"]
    refused = await alice.call("DELETE", f"/v1/bids/{bid['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "retraction_not_allowed")


async def test_bad_terms_name_the_field(market: TestMarket) -> None:
    seller = await market.sign_up()
    listing = await market.listing(seller)
    base = {"listing_id": listing["id"], "starting_price": 1000, "duration_seconds": 60}
    cases = [
        ({"reserve_price": 999}, "/reserve_price"),
        ({"buy_now_price": 1000}, "/buy_now_price"),
        ({"reserve_price": 3000, "buy_now_price": 2000}, "/buy_now_price"),
        ({"starting_price": 0}, "/starting_price"),
        ({"ends_at": "2099-01-01T00:00:00Z"}, "/duration_seconds"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "/starts_at"),
        ({"starts_at": "soon"}, "/starts_at"),
        ({"duration_seconds": 40 * 86_400}, "/duration_seconds"),
        ({"bid_increment": -5}, "/bid_increment"),
        ({"deposit_amount": 5}, "/deposit_amount"),
        ({"bid_security": "full_hold", "deposit_amount": 5}, "/deposit_amount"),
        ({"bid_security": "deposit", "deposit_amount": 0}, "/deposit_amount"),
        ({"bid_security": "deposit", "deposit_amount": 10**16}, "/deposit_amount"),
    ]
    for change, field in cases:
        answer = await seller.post("/v1/auctions", {**base, **change})
        assert answer.status_code == 422, (change, answer.text)
        assert answer.json()["errors"][0]["field"] == field, (change, answer.text)
    assert (await seller.post("/v1/auctions", base)).status_code == 201
    twice = await seller.post("/v1/auctions", base)
    assert (twice.status_code, twice.json()["code"]) == (409, "listing_in_auction")


async def test_go_live_needs_a_published_listing_and_its_seller(market: TestMarket) -> None:
    seller, other = await market.sign_up(), await market.sign_up()
    listing = await market.listing(seller, publish=False)
    body = {"listing_id": listing["id"], "starting_price": 1000, "duration_seconds": 60}
    assert (await other.post("/v1/auctions", body)).status_code == 404
    auction = (await seller.post("/v1/auctions", body)).json()
    path = f"/v1/auctions/{auction['id']}/go-live"
    assert (await seller.post(path)).json()["code"] == "listing_not_for_auction"
    await seller.post(f"/v1/listings/{listing['id']}/publish")
    assert (await other.post(path)).status_code == 403
    async with market.socket(other) as told:
        await other.call("PUT", f"/v1/auctions/{auction['id']}/watch")
        await told.ask(type="subscribe", channel="user")
        answer = (await seller.post(path)).json()
        started = await told.event("notification")
    assert (answer["auction"]["status"], started["data"]["kind"]) == ("live", "auction_started")
    assert len(answer["live_session"]["stream_key"]) >= 32
    assert (await seller.post(path)).status_code == 409


async def test_audit_names_the_first_fault(market: TestMarket, database_url: str) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    for person, amount in ((alice, 1000), (bob, 1500), (alice, 2000)):
        await person.bid(auction["id"], amount)
    changes = [
        ("UPDATE bids SET amount = 1400 WHERE seq = 2", "UPDATE bids SET amount = 1500 WHERE seq = 2", "entry 2"),
        ("UPDATE auctions SET bid_count = 9", "UPDATE auctions SET bid_count = 3", "bid_count is 9"),
        (
            "UPDATE auctions SET current_price = 1900",
            "UPDATE auctions SET current_price = 2000",
            "price is 1900",
        ),
        ("UPDATE auctions SET seq = seq + 1", "UPDATE auctions SET seq = seq - 1", "the auction counts"),
        ("UPDATE bids SET seq = 9 WHERE seq = 3", "UPDATE bids SET seq = 3 WHERE seq = 9", "entry 3 is missing"),
    ]
    with psycopg.connect(database_url, autocommit=True) as connection:
        for change, undo, words in changes:
            connection.execute(change)
            faults = [str(fault) async for fault in audit_auctions(market.outcry.database)]
            assert any(words in fault and auction["id"] in fault for fault in faults), (change, faults)
            connection.execute(undo)
    assert [str(fault) async for fault in audit_auctions(market.outcry.database)] == []


async def test_the_app_cannot_rewrite_history(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    await alice.bid(auction["id"], 1000)
    for statement in ("UPDATE bids SET amount = 1", "DELETE FROM bids", "DELETE FROM auctions"):
        with pytest.raises(Exception, match="permission denied"):
            async with market.outcry.database.transaction(SYSTEM) as tx:
                await tx.run(statement)


async def test_both_encodings_of_an_auction_say_the_same(market: TestMarket) -> None:
    import msgspec

    from outcry.auctions import queries

    seller, alice = await market.sign_up(), await market.sign_up()
    ids = [(await market.auction(seller))["id"] for _ in range(2)]
    ids.append((await market.auction(seller, reserve_price=3000, buy_now_price=4000))["id"])
    await alice.bid(ids[0], 1000)
    async with market.outcry.database.transaction(SYSTEM) as tx:
        connection = await tx.driver()
        for identity in ids:
            book = await queries.read_book(connection, UUID(identity))
            assert book is not None
            for viewer in (None, UUID(alice.id).int):
                whole = msgspec.to_builtins(book.view(1_700_000_000_123_456, viewer))
                assert msgspec.json.decode(book.auction_json(1_700_000_000_123_456, viewer)) == whole
