"""What happens in one API process is seen on the sockets of another, through a real Redis (SPEC RT-6).

Two `outcry serve`s over one database stand for two machines: the first runs the clock, the second is an API alone.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest

from outcry.kernel.ids import new_id
from outcry.kernel.outbox import StoredEvent
from outcry.kernel.redis_bus import RedisBus
from tests.support.command import data_folder, serving_command
from tests.support.market import MarketClient, Socket

pytestmark = pytest.mark.anyio
# Long enough for what happens before the end, on a slow machine too: the end is waited for, whenever it comes.
SHORT_AUCTION_SECONDS = 5
NO_EXTENSION = {"window_seconds": 0, "extension_seconds": 0}


class Pair(NamedTuple):
    """Clients of two processes."""

    first: MarketClient
    second: MarketClient


@pytest.fixture
async def pair(database_url: str, redis_url: str) -> AsyncIterator[Pair]:
    shared: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": redis_url,
        "secret_key": "one secret of 32 characters for both",
        "rate_limits": "off",
        "min_auction_seconds": 1,
        "database_pool_connections": 4,
    }
    async with AsyncExitStack() as stack:
        clients: list[MarketClient] = []
        for role in ("all", "api"):
            folder = stack.enter_context(data_folder())
            served = stack.enter_context(serving_command(folder, "--role", role, **shared))
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=served.url, timeout=30))
            clients.append(MarketClient(served.url, client))
        yield Pair(*clients)


async def watch(socket: Socket, auction: dict[str, Any]) -> int:
    """Subscribe to an auction; where it stands."""
    snapshot = await socket.ask(type="subscribe", channel=f"auction:{auction['id']}")
    assert snapshot["type"] == "snapshot", snapshot
    return snapshot["seq"]


async def test_a_bid_through_either_process_reaches_the_watchers_of_both(pair: Pair) -> None:
    first, second = pair
    seller, alice, bob = [await first.sign_up() for _ in range(3)]
    # Bob's calls go to the second process, with the token that the first one signed.
    bob.client = second.client
    auction = await first.auction(seller)
    async with first.socket() as here, second.socket() as there:
        assert await watch(here, auction) == await watch(there, auction) == auction["seq"]
        for number, bidder in enumerate((alice, bob, alice, bob)):
            answer = await bidder.bid(auction["id"], 1000 + 100 * number)
            assert answer.status_code == 201, answer.text
            events = [await socket.event("bid_placed") for socket in (here, there)]
            assert events[0] == events[1]
            assert events[0]["seq"] == auction["seq"] + number + 1
            assert events[0]["data"]["current_price"] == 1000 + 100 * number
            assert [bid["id"] for bid in events[0]["data"]["bids"]] == [answer.json()["bid"]["id"]]


async def test_it_is_redis_that_carries_events(pair: Pair, redis_url: str) -> None:
    """An event that only Redis knows cannot come from the table that watchers catch up from."""
    seller = await pair.first.sign_up()
    auction = await pair.first.auction(seller)
    async with pair.first.socket() as here, pair.second.socket() as there:
        seq = 0
        for socket in (here, there):
            seq = await watch(socket, auction)
        # How many watch both is counted by what the processes tell one another; by then each listens.
        for socket in (here, there):
            await socket.until(lambda one: one["type"] == "viewer_count" and one["data"]["viewers"] == 2)
        third = RedisBus(redis_url)
        await third.start()
        channel, at = f"auction:{auction['id']}", "2026-01-01T00:00:00.000Z"
        third.publish([StoredEvent(str(new_id()), channel, seq + 1, "auction_updated", b'{"told":"by Redis"}', at)])
        for socket in (here, there):
            assert (await socket.event("auction_updated"))["data"] == {"told": "by Redis"}
        await third.stop()


async def test_the_outbid_are_told_wherever_they_are_connected(pair: Pair) -> None:
    first, second = pair
    seller, alice, bob = [await first.sign_up() for _ in range(3)]
    auction = await first.auction(seller)
    async with first.socket(alice) as here, second.socket(alice) as there, second.socket(bob) as other:
        for socket in (here, there, other):
            assert (await socket.ask(type="subscribe", channel="user"))["seq"] == 0
        assert (await alice.bid(auction["id"], 1000, 2000)).status_code == 201
        assert (await bob.bid(auction["id"], 5000)).status_code == 201
        told = [await socket.event("outbid") for socket in (here, there)]
        assert told[0] == told[1]
        assert (told[0]["channel"], told[0]["seq"]) == ("user", 1)
        assert (told[0]["data"]["max_amount"], told[0]["data"]["current_price"]) == (2000, 5000)
        assert UUID(told[0]["data"]["auction_id"]) == UUID(auction["id"])
        # The first that bob hears is of his own: what was alice's did not go to him.
        assert (await alice.bid(auction["id"], 9000)).status_code == 201
        event = await other.read()
        assert (event["type"], event["seq"], event["data"]["max_amount"]) == ("outbid", 1, 5000)


async def test_the_end_of_an_auction_is_seen_by_the_watchers_of_both(pair: Pair) -> None:
    first, second = pair
    seller, alice, bob = [await first.sign_up() for _ in range(3)]
    bob.client = second.client
    terms = {"duration_seconds": SHORT_AUCTION_SECONDS, "anti_snipe": NO_EXTENSION}
    auction = await first.auction(seller, live=False, **terms)
    async with first.socket() as here, second.socket() as there:
        for socket in (here, there):
            await watch(socket, auction)
        assert (await seller.post(f"/v1/auctions/{auction['id']}/go-live")).status_code == 200
        assert (await alice.bid(auction["id"], 1000)).status_code == 201
        assert (await bob.bid(auction["id"], 1500)).status_code == 201
        ends = [await socket.event("auction_ended") for socket in (here, there)]
    assert ends[0] == ends[1]
    assert (ends[0]["data"]["status"], ends[0]["data"]["current_price"]) == ("sold", 1500)
    late = await bob.bid(auction["id"], 2000)
    assert (late.status_code, late.json()["code"]) == (409, "auction_not_live")
    assert (await first.read(auction["id"]))["status"] == (await second.read(auction["id"]))["status"] == "sold"
