"""`Idempotency-Key` over a real socket: whatever is repeated, and however often at once, is done once (SPEC API-3)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.market import TestMarket, listing_body, served_market

pytestmark = pytest.mark.anyio
DUPLICATES = 50


@pytest.fixture
async def market(database_url: str, tmp_path: Path) -> AsyncIterator[TestMarket]:
    async with served_market(database_url, tmp_path) as market:
        yield market


async def test_a_repeat_gets_the_first_answer_and_does_nothing(market: TestMarket) -> None:
    seller = await market.sign_up()
    first = await seller.post("/v1/listings", listing_body(), key="one")
    again = await seller.post("/v1/listings", listing_body(), key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    other = await seller.post("/v1/listings", listing_body(), key="two")
    assert other.json()["id"] != first.json()["id"]


async def test_fifty_at_once_with_one_key_act_once(market: TestMarket) -> None:
    seller = await market.sign_up()
    answers = await asyncio.gather(
        *(seller.post("/v1/listings", listing_body(title="Only one"), key="the same") for _ in range(DUPLICATES))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    mine = (await seller.get(f"/v1/listings?seller={seller.id}&limit=100")).json()["items"]
    assert len(mine) <= 1


async def test_the_same_key_with_another_body_is_refused(market: TestMarket) -> None:
    seller = await market.sign_up()
    await seller.post("/v1/listings", listing_body(), key="one")
    refused = await seller.post("/v1/listings", listing_body(title="Something else"), key="one")
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")


async def test_keys_are_a_persons_own_and_of_one_call(market: TestMarket) -> None:
    ann, bob = await market.sign_up(), await market.sign_up()
    hers = await ann.post("/v1/listings", listing_body(), key="one")
    his = await bob.post("/v1/listings", listing_body(), key="one")
    assert his.status_code == 201
    assert his.json()["id"] != hers.json()["id"]
    published = await ann.post(f"/v1/listings/{hers.json()['id']}/publish", key="one")
    assert published.status_code == 200
    assert "idempotency-replayed" not in published.headers


async def test_a_refusal_is_not_remembered(market: TestMarket) -> None:
    ann, bob = await market.sign_up(), await market.sign_up()
    auction = await market.auction(ann, live=False)
    path = f"/v1/auctions/{auction['id']}/buy-now"
    assert (await bob.post(path, key="one")).json()["code"] == "auction_not_live"
    await ann.post(f"/v1/auctions/{auction['id']}/go-live")
    # The same key is decided anew, and is refused for another reason now.
    assert (await bob.post(path, key="one")).json()["code"] != "auction_not_live"


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "tab\there"])
async def test_a_key_that_is_none_is_refused_by_name(market: TestMarket, key: str) -> None:
    seller = await market.sign_up()
    headers = [(b"authorization", f"Bearer {seller.token}".encode()), (b"idempotency-key", key.encode())]
    refused = await market.client.post("/v1/listings", json=listing_body(), headers=headers)
    assert refused.status_code == 422
    assert refused.json()["code"] == "invalid_input"
    assert refused.json()["errors"][0]["field"] == "Idempotency-Key"
    longest = await seller.post("/v1/listings", listing_body(), key="x" * 255)
    assert longest.status_code == 201
