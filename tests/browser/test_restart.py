"""The server is killed and comes back in the middle of an auction (SPEC WEB-2: honest about a lost connection)."""

import signal
import socket
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from anyio import to_thread
from playwright.async_api import expect

from tests.browser.room import RECORD_PRICES, Room, dollars
from tests.support.command import Served, serving_command
from tests.support.market import Person, listing_body, signup_body
from tests.support.visitors import Device, Visitors

pytestmark = pytest.mark.anyio


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def sign_up(client: httpx.AsyncClient, name: str) -> Person:
    answer = await client.post("/v1/auth/signup", json=signup_body(f"{name.lower()}@test.example", name))
    assert answer.status_code == 201, answer.text
    return Person(client, answer.json())


async def live_auction(seller: Person) -> str:
    """A live auction from 10.00 in steps of 1.00; its id."""
    listing = (await seller.post("/v1/listings", listing_body())).json()
    assert (await seller.post(f"/v1/listings/{listing['id']}/publish")).status_code == 200
    terms = {"listing_id": listing["id"], "starting_price": 1000, "bid_increment": 100, "duration_seconds": 3600}
    auction = (await seller.post("/v1/auctions", terms)).json()
    assert (await seller.post(f"/v1/auctions/{auction['id']}/go-live")).status_code == 200
    return auction["id"]


async def test_the_room_survives_a_killed_server(
    visitors: Visitors, folder: Path, client_folder: Path, device: Device
) -> None:
    port = free_port()

    def serve() -> Served:
        command = serving_command(folder, "--port", str(port), client_dir=client_folder, rate_limits="off")
        return serving.enter_context(command)

    with ExitStack() as serving:
        server = await to_thread.run_sync(serve)
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            seller, ann, ben, cat = [await sign_up(client, name) for name in ("Seller", "Ann", "Ben", "Cat")]
            auction_id = await live_auction(seller)
            visitor = await visitors(device, ann, base_url=server.url)
            visitor.forgive("ERR_CONNECTION_REFUSED|WebSocket connection")
            await visitor.context.add_init_script(RECORD_PRICES)
            room = await Room.enter(await visitor.open(), auction_id)
            await room.bid(1_000)
            assert (await ben.bid(auction_id, 1_100)).status_code == 201
            await room.has_price(1_100)

            await to_thread.run_sync(server.end, signal.SIGKILL)
            await room.says("Reconnecting. Prices here may have moved.")
            await expect(room.next_bid()).to_be_disabled()
            await room.has_price(1_100)

            await to_thread.run_sync(serve)
            # Whatever was said while nobody listened is heard, by itself.
            assert (await cat.bid(auction_id, 1_200, 5_000)).status_code == 201
            await room.has_price(1_200)
            await room.is_connected()
            await expect(room.page.get_by_text("Reconnecting")).to_have_count(0)
            await expect(room.next_bid(1_300)).to_be_enabled()
            await room.next_bid(1_300).click()
            await room.has_price(1_400)
            # From before the kill until now nothing else was ever on the screen.
            assert await room.prices_seen() == [dollars(amount) for amount in (1_000, 1_100, 1_200, 1_400)]
