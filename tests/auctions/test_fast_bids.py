"""The raw bid endpoint and the framework's give the same answers to the same requests."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from outcry.kernel.logs import JsonFormatter
from tests.support.market import Person, TestMarket, served_market

pytestmark = pytest.mark.anyio

BODIES: list[tuple[bytes, dict[str, str]]] = [
    (b'{"amount": 900}', {}),
    (b'{"amount": 1000, "max_amount": 900}', {}),
    (b"{}", {}),
    (b'{"amount": "many"}', {}),
    (b'{"amount": -1}', {}),
    (b'{"amount": 1000, "surprise": 1}', {}),
    (b"[1]", {}),
    (b"{nonsense", {}),
    (b'{"amount": 1000}', {"Idempotency-Key": "x" * 256}),
    (b'{"amount": 1000}', {"Idempotency-Key": "one"}),
    (b'{"amount": 1000}', {"Idempotency-Key": "one"}),
    (b'{"amount": 1200}', {"Idempotency-Key": "one"}),
    (b'{"amount": 1000}', {}),
]
# What differs from one answer to the next however it is made.
PASSING_HEADERS = {"date", "x-request-id", "content-length", "ratelimit-reset"}


def comparable(answer: httpx.Response) -> Any:
    body = answer.json()
    headers = {name: value for name, value in answer.headers.items() if name not in PASSING_HEADERS}
    if answer.status_code == 201:
        # Both come from the desk: what the two ways add is the same frame round it.
        return answer.status_code, sorted(body), headers
    fields = [error["field"] for error in body.get("errors", [])]
    return answer.status_code, body["code"], fields, headers


async def bid(
    market: TestMarket, person: Person, auction_id: str, body: bytes, headers: dict[str, str]
) -> httpx.Response:
    sent = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json", **headers}
    return await market.client.post(f"/v1/auctions/{auction_id}/bids", content=body, headers=sent)


def by_framework(auction: dict[str, Any]) -> str:
    """The auction's id as the raw endpoint does not know it, so that the framework answers."""
    return auction["id"].upper()


@contextmanager
def access_lines() -> Iterator[list[dict[str, Any]]]:
    """The access lines that are written in the block."""
    lines: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(JsonFormatter().format(record)))

    handler, access = Keep(), logging.getLogger("outcry.access")
    before = access.level
    access.addHandler(handler)
    access.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        access.removeHandler(handler)
        access.setLevel(before)


async def test_both_ways_answer_alike(database_url: str, tmp_path: Path) -> None:
    limits = {"rate_limits": "on", "auth_requests_per_minute": 100, "bids_per_minute": 4}
    async with served_market(database_url, tmp_path, **limits) as market:
        seller, alice = await market.sign_up(), await market.sign_up()
        first, second = await market.auction(seller), await market.auction(seller)
        # From here on the process knows the token, so that the raw endpoint answers.
        assert (await alice.get("/v1/users/me")).is_success
        for body, headers in BODIES:
            fast = await bid(market, alice, first["id"], body, headers)
            slow = await bid(market, alice, by_framework(second), body, headers)
            assert comparable(fast) == comparable(slow), (body, fast.text, slow.text)
            assert fast.headers["x-content-type-options"] == "nosniff"
            assert fast.headers["x-request-id"]
            assert 1 <= int(fast.headers["ratelimit-reset"]) <= 60
            assert fast.headers["ratelimit-limit"] == "4"


async def test_bids_say_how_their_limit_stands(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, rate_limits="on", bids_per_minute=2) as market:
        seller, alice = await market.sign_up(), await market.sign_up()
        auction, other = await market.auction(seller), await market.auction(seller)
        assert (await alice.get("/v1/users/me")).is_success
        for which in (auction["id"], by_framework(other)):
            answers = [await bid(market, alice, which, b'{"amount": 900}', {}) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [409, 409, 429]
            assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
            assert answers[-1].headers["ratelimit-reset"] == answers[-1].headers["retry-after"]
        # Who is not signed in has the limits of an address, as everywhere.
        url = f"/v1/auctions/{auction['id']}/bids"
        stranger = await market.client.post(url, json={"amount": 900})
        assert stranger.status_code == 401
        assert int(stranger.headers["ratelimit-remaining"]) == int(stranger.headers["ratelimit-limit"]) - 1


async def test_made_up_tokens_do_not_get_past_the_limits_by_way_of_bids(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, rate_limits="on", api_requests_per_minute=3) as market:
        url = "/v1/auctions/0190a1b2-0000-7000-8000-000000000000/bids"
        statuses = [
            (
                await market.client.post(
                    url, json={"amount": 900}, headers={"Authorization": f"Bearer made-up-{number}"}
                )
            ).status_code
            for number in range(5)
        ]
        assert statuses == [401, 401, 401, 429, 429]


async def test_both_ways_leave_the_same_access_line(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    first, second = await market.auction(seller), await market.auction(seller)
    assert (await alice.get("/v1/users/me")).is_success
    for body in (b'{"amount": 1000}', b'{"amount": 900}', b"{nonsense"):
        with access_lines() as lines:
            for which in (first["id"], by_framework(second)):
                await bid(market, alice, which, body, {"X-Request-Id": "request-0001"})
        fast, slow = lines
        assert fast["path"] == f"/v1/auctions/{first['id']}/bids"
        assert (fast["user_id"], fast["request_id"]) == (alice.id, "request-0001")
        for line in lines:
            assert line.pop("ms") > 0
            del line["at"], line["path"], line["message"]
        assert fast == slow
