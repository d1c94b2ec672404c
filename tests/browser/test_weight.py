"""What the first visit to a room costs, and where it comes from (SPEC WEB-2)."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Request, expect

from tests.browser.room import Room
from tests.support.market import TestMarket
from tests.support.visitors import PHONE, Visitors

pytestmark = pytest.mark.anyio

MOST_SCRIPT_BYTES = 150_000


async def test_the_first_load_of_a_room_is_light_and_all_from_here(market: TestMarket, visitors: Visitors) -> None:
    seller, ann = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    # Without the worker, which fetches the rest of the client for later, when the page stands.
    visitor = await visitors(PHONE, ann, service_workers="block")
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    visitor.context.on("request", note)
    page = await visitor.open("about:blank")
    room = await Room.enter(page, auction["id"])
    await expect(room.next_bid(1_000)).to_be_enabled()
    scripts = [request.url for request in asked if request.resource_type == "script"]
    assert scripts
    weight = 0
    for url in set(scripts):
        async with market.client.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as answer:
            weight += sum([len(piece) async for piece in answer.aiter_raw()])
    assert weight < MOST_SCRIPT_BYTES, f"{weight} bytes of script in {len(set(scripts))} files"
    here = urlsplit(market.base_url).netloc
    assert {urlsplit(request.url).netloc for request in asked} == {here}
    # Each once: nothing is fetched twice on the way.
    assert len(scripts) == len(set(scripts))
