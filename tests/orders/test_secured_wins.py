"""Wins whose bids bound money, paid by card: the hold is free again, the card's money is in escrow (SPEC MON-5)."""

import asyncio

import pytest

from tests.orders.sales import balanced, expect, fund, held, ring_the_bell, wallet
from tests.payments import till
from tests.support.market import TestMarket

pytestmark = pytest.mark.anyio

WINS = 4
PRICE = 2_000


async def test_wins_paid_by_card_beside_top_ups_free_their_holds(market: TestMarket) -> None:
    seller, winner = await market.sign_up(), await market.sign_up()
    await fund(market, winner, WINS * PRICE)
    for _ in range(WINS):
        auction = await market.auction(seller, bid_security="full_hold")
        expect(await winner.bid(auction["id"], PRICE), 201)
        await ring_the_bell(market, auction["id"])
    assert await wallet(market, winner) == 0
    orders = expect(await winner.get("/v1/orders"))["items"]
    pages = [expect(await winner.post(f"/v1/orders/{order['id']}/pay", {"method": "card"})) for order in orders]
    await asyncio.gather(
        *(till.pay(market.client, page["checkout_url"]) for page in pages),
        *(till.top_up(market, winner, 1_000) for _ in range(WINS)),
    )
    for order in orders:

        async def in_escrow(order_id: str = order["id"]) -> bool:
            return expect(await winner.get(f"/v1/orders/{order_id}"))["status"] == "in_escrow"

        await till.until(in_escrow)
        assert await held(market, order["id"]) == PRICE
    assert await wallet(market, winner) == WINS * PRICE + WINS * 1_000
    await balanced(market)
    assert await till.faults(market.outcry.database) == []
