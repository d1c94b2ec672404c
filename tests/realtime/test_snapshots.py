"""Snapshots for a crowd: read together, each its own (SPEC RT-1, TRU-4)."""

import asyncio
import json
from uuid import UUID

import pytest

from outcry.auctions.browsing import AuctionChannel
from outcry.auctions.errors import AuctionNotFound
from tests.support.market import TestMarket

pytestmark = pytest.mark.anyio


async def test_a_crowd_that_arrives_together_sees_each_its_own(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    await alice.bid(auction["id"], 1000, 5000)
    principal = market.outcry.authentication.principal
    channel = AuctionChannel(market.outcry.auctions)
    viewers = [None, *[await principal(person.token) for person in (alice, bob)], None]
    shown = await asyncio.gather(*[channel.snapshot(UUID(auction["id"]), viewer) for viewer in viewers])
    signed_out, leader, other, again = (json.loads(data) for _, data in shown)
    assert leader["you"] == {"alias": "Bidder 1", "max_amount": 5000, "status": "leading"}
    assert leader["recent_bids"][0]["max_amount"] == 5000
    assert "server_time" in signed_out
    for one in (signed_out, other, again):
        assert one["you"] is None
        assert "5000" not in json.dumps(one)
    with pytest.raises(AuctionNotFound):
        await channel.snapshot(UUID(int=1), None)
