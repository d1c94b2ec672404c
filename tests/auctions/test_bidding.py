"""Bidding over HTTP: the rules of API.md "Bidding, exactly" as a bidder meets them (SPEC AUC-1 to AUC-4, AUC-14)."""

import asyncio
from uuid import UUID

import pytest

from outcry.auctions.audit import audit_auctions
from outcry.kernel.database import SYSTEM
from tests.support.market import TestMarket, numbers

pytestmark = pytest.mark.anyio


async def test_first_bid_at_the_starting_price_leads(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    answer = await alice.bid(auction["id"], 1000)
    assert answer.status_code == 201
    body = answer.json()
    assert body["bid"] | {"id": "", "placed_at": ""} == {
        "id": "",
        "auction_id": auction["id"],
        "kind": "bid",
        "amount": 1000,
        "placed_at": "",
        "status": "leading",
        "bidder": {"alias": "Bidder 1", "is_you": True},
        "seq": 1,
        "max_amount": 1000,
    }
    assert body["auction"]["current_price"] == 1000
    assert body["auction"]["minimum_bid"] == 1100
    assert body["auction"]["leader"] == {"alias": "Bidder 1", "is_you": True}
    assert body["auction"]["bid_count"] == body["auction"]["bidder_count"] == 1


async def test_every_refusal_has_its_code_and_changes_nothing(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    path = auction["id"]
    low = await alice.bid(path, 999)
    assert (low.status_code, low.json()["code"], low.json()["minimum_bid"]) == (409, "bid_too_low", 1000)
    assert low.headers["content-type"] == "application/problem+json"
    own = await seller.bid(path, 1000)
    assert (own.status_code, own.json()["code"]) == (403, "own_auction")
    assert (await alice.bid(path, 1000, 900)).json()["errors"][0]["field"] == "/max_amount"
    assert (await alice.bid(path)).status_code == 422
    assert (await alice.post(f"/v1/auctions/{path}/bids", {"amount": 1000, "x": 1})).status_code == 422
    assert (await alice.bid(path, 1000)).status_code == 201
    again = await alice.bid(path, 1000)
    assert (again.status_code, again.json()["code"]) == (409, "already_leading")
    await seller.call("PUT", f"/v1/users/{bob.id}/block")
    blocked = await bob.bid(path, 5000)
    assert (blocked.status_code, blocked.json()["code"]) == (403, "blocked_by_seller")
    await seller.call("DELETE", f"/v1/users/{bob.id}/block")
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await market.outcry.staffing.suspend(tx, UUID(bob.id), "test")
    suspended = await bob.bid(path, 5000)
    assert (suspended.status_code, suspended.json()["code"]) == (403, "bidder_suspended")
    missing = await alice.bid("0198c0de-0000-7000-8000-000000000000", 1000)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    signed_out = await market.client.post(f"/v1/auctions/{path}/bids", json={"amount": 5000})
    assert (signed_out.status_code, signed_out.json()["code"]) == (401, "unauthenticated")
    after = await market.read(path)
    assert (after["current_price"], after["bid_count"], after["bidder_count"]) == (1000, 1, 1)


async def test_a_hidden_maximum_defends_itself(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    await alice.bid(auction["id"], 1000, 5000)
    answer = (await bob.bid(auction["id"], 3000)).json()
    assert answer["bid"]["status"] == "outbid"
    assert answer["auction"]["current_price"] == 3100
    assert answer["auction"]["leader"] == {"alias": "Bidder 1", "is_you": False}
    assert 5000 not in numbers(answer)
    history = (await market.client.get(f"/v1/auctions/{auction['id']}/bids")).json()["items"]
    assert [(entry["kind"], entry["amount"], entry["bidder"]["alias"]) for entry in history] == [
        ("auto", 3100, "Bidder 1"),
        ("bid", 3000, "Bidder 2"),
        ("bid", 1000, "Bidder 1"),
    ]
    assert not any("seq" in entry or "max_amount" in entry for entry in history)


async def test_a_raise_shows_to_its_owner_alone(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    path = f"/v1/auctions/{auction['id']}/bids"
    await alice.bid(auction["id"], 1000)
    raised = (await alice.bid(auction["id"], None, 9000)).json()
    assert (raised["bid"]["kind"], raised["auction"]["current_price"]) == ("raise", 1000)
    assert raised["auction"]["bid_count"] == 1
    await bob.bid(auction["id"], 2000)
    for viewer in (seller, bob):
        kinds = [entry["kind"] for entry in (await viewer.get(path)).json()["items"]]
        assert kinds == ["auto", "bid", "bid"]
    own = (await alice.get(path)).json()["items"]
    assert [entry["kind"] for entry in own] == ["auto", "bid", "raise", "bid"]
    assert own[2]["max_amount"] == 9000
    # Paging by an entry's id shows nothing of what is hidden.
    page = (await bob.get(f"{path}?limit=2")).json()
    rest = (await bob.get(f"{path}?limit=2&cursor={page['next_cursor']}")).json()
    assert [entry["kind"] for entry in page["items"] + rest["items"]] == ["auto", "bid", "bid"]


async def test_staff_see_who_bid(market: TestMarket) -> None:
    seller, alice, staff = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    await alice.bid(auction["id"], 1000, 4000)
    granted = await market.client.post("/v1/dev/role", json={"user_id": staff.id, "role": "support"})
    assert granted.status_code == 204
    (entry,) = (await staff.get(f"/v1/auctions/{auction['id']}/bids")).json()["items"]
    assert (entry["bidder"]["user_id"], entry["max_amount"], entry["seq"]) == (alice.id, 4000, 1)


async def test_the_same_key_gives_the_first_answer_and_bids_once(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    refused = await alice.bid(auction["id"], 500, key="k")
    assert refused.status_code == 409
    answers = await asyncio.gather(*(alice.bid(auction["id"], 1000, key="k") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["bid"]["id"] for answer in answers}) == 1
    assert sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers) == 19
    other = await alice.bid(auction["id"], 1500, key="k")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert (await market.read(auction["id"]))["bid_count"] == 1


async def test_the_reserve_lifts_the_price_when_it_is_reached(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller, reserve_price=4000)
    first = (await alice.bid(auction["id"], 1000)).json()["auction"]
    assert (first["reserve_met"], first["current_price"]) == (False, 1000)
    assert 4000 not in numbers(first)
    second = (await alice.bid(auction["id"], None, 6000)).json()["auction"]
    assert (second["reserve_met"], second["current_price"]) == (True, 4000)


async def test_a_late_bid_moves_the_end(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    snipe = {"window_seconds": 7200, "extension_seconds": 7200, "max_extension_seconds": 600}
    auction = await market.auction(seller, anti_snipe=snipe)
    async with market.socket() as watcher:
        await watcher.ask(type="subscribe", channel=f"auction:{auction['id']}")
        after = (await alice.bid(auction["id"], 1000)).json()["auction"]
        extended = await watcher.event("auction_extended")
    assert after["extended_count"] == 1
    assert extended["data"]["ends_at"] == after["ends_at"] > auction["ends_at"]


async def test_many_bidders_at_once_leave_one_true_history(market: TestMarket) -> None:
    seller = await market.sign_up()
    people = [await market.sign_up() for _ in range(12)]
    auction = await market.auction(seller)

    async def fight(place: int) -> int:
        accepted = 0
        minimum = 1000
        for step in range(15):
            answer = await people[place].bid(auction["id"], minimum + 100 * ((place + step) % 3))
            body = answer.json()
            accepted += answer.status_code == 201
            minimum = body.get("minimum_bid") or body.get("auction", {}).get("minimum_bid") or minimum
        return accepted

    accepted = sum(await asyncio.gather(*(fight(place) for place in range(len(people)))))
    after = await market.read(auction["id"])
    assert accepted >= after["bid_count"] > 1
    assert [str(fault) async for fault in audit_auctions(market.outcry.database)] == []
