"""Bytes that are no UTF-8 are a bad request wherever JSON is read, and nobody else's trouble (SPEC API-3)."""

import json

import pytest

from tests.support.market import TestMarket
from tests.support.sales import expect

pytestmark = pytest.mark.anyio
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/users/me/consents", b'"\x9ap"\x18'),
        ("POST", "/v1/listings", b'{"title": "\x9a"}'),
        ("POST", "/v1/auctions/{auction}/bids", b'{"amount": "\x9a"}'),
        ("POST", "/v1/auctions/{auction}/bids", b'{"\x9a": 1, "amount": 1000, "x": "\xff"}'),
    ],
)
async def test_a_body_that_is_no_text_is_refused(market: TestMarket, method: str, path: str, body: bytes) -> None:
    seller, ann = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    headers = {**JSON, "Authorization": f"Bearer {ann.session['access_token']}"}
    answer = await market.client.request(method, path.format(auction=auction["id"]), content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["code"] in ("malformed_request", "invalid_input")
    assert (await market.read(auction["id"]))["bid_count"] == 0
    expect(await ann.bid(auction["id"], 1_000), 201)


async def test_a_frame_that_is_no_text_is_refused_and_the_socket_goes_on(market: TestMarket) -> None:
    ann = await market.sign_up()
    async with market.socket(ann) as socket:
        await socket.connection.send(b'{"type": "ping", "ref": "\x9a"}', text=True)
        told = json.loads(await socket.connection.recv())
        assert told["type"] == "error"
        assert (await socket.ask(type="ping"))["type"] == "pong"
