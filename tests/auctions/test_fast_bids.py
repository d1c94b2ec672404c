"""The raw bid endpoint and the framework's give the same answers to the same requests."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.market import TestMarket, served_market

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


def comparable(answer: httpx.Response) -> Any:
    body = answer.json()
    if answer.status_code == 201:
        # Both come from the desk: what the two ways add is the same frame round it.
        return answer.status_code, sorted(body), answer.headers.get("Idempotency-Replayed")
    fields = [error["field"] for error in body.get("errors", [])]
    return answer.status_code, body["code"], fields, answer.headers["content-type"]


async def test_both_ways_answer_alike(market: TestMarket, database_url: str, tmp_path: Path) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    first, second = await market.auction(seller), await market.auction(seller)
    # With other origins allowed the framework answers bids too; same data folder, so the same keys and people.
    async with served_market(database_url, tmp_path, cors_origins="https://shop.example") as framework:
        for body, headers in BODIES:
            sent = {"Authorization": f"Bearer {alice.token}", "Content-Type": "application/json", **headers}
            fast = await market.client.post(f"/v1/auctions/{first['id']}/bids", content=body, headers=sent)
            slow = await framework.client.post(f"/v1/auctions/{second['id']}/bids", content=body, headers=sent)
            assert comparable(fast) == comparable(slow), (body, fast.text, slow.text)
            assert fast.headers["x-content-type-options"] == "nosniff"
            assert fast.headers["x-request-id"]
