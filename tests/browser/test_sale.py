"""A sale from its first picture to the hammer: three people at three browsers (SPEC WEB-1, WEB-2)."""

import asyncio
import re
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.browser.fair import png
from tests.browser.room import Room, let_it_end, shown
from tests.support.market import PASSWORD, TestMarket
from tests.support.visitors import Device, Visitors

pytestmark = pytest.mark.anyio


async def sign_up(page: Page, name: str) -> None:
    """Fill the form of a new account."""
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("E-mail").fill(f"{name.lower()}-{uuid4().hex[:8]}@test.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("I accept the offer agreement").check()
    await page.get_by_role("button", name="Create my account").click()


async def list_it(page: Page, title: str) -> str:
    """Go through the sell wizard; the auction's id."""
    await page.get_by_label("Title").fill(title)
    await page.get_by_label("Category").select_option("Electronics")
    await page.get_by_label("Description").fill("In its case, with the strap. The meter works.")
    await page.get_by_role("button", name="Continue").click()
    async with page.expect_file_chooser() as chooser:
        await page.get_by_text("Add pictures").click()
    await (await chooser.value).set_files({"name": "camera.png", "mimeType": "image/png", "buffer": png()})
    await expect(page.get_by_role("img", name="Picture 1 of 1")).to_be_visible()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Starting price").fill("120")
    await page.get_by_label("How long").select_option("1 hour")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    await page.get_by_role("button", name="Publish and go live now").click()
    await page.wait_for_url(re.compile("/auctions/"))
    return page.url.rpartition("/")[2]


async def test_a_sale_from_the_first_picture_to_the_hammer(
    market: TestMarket, visitors: Visitors, device: Device
) -> None:
    title = f"Rangefinder camera {uuid4().hex[:6]}"
    seller, ann, ben = [await visitors(device) for _ in range(3)]

    page = await seller.open()
    await page.get_by_role("link", name="Sell", exact=True).click()
    await page.get_by_role("link", name="Create an account").click()
    await sign_up(page, "Sella")
    auction_id = await list_it(page, title)
    hall = Room(page)
    await hall.says("This is your auction. You see what bidders see.")
    await expect(page.get_by_role("img", name=title).first).to_be_visible()
    await hall.has_price(12_000, "Starts at")

    rooms: list[Room] = []
    for visitor, name in ((ann, "Ann"), (ben, "Ben")):
        window = await visitor.open(f"/auctions/{auction_id}")
        await expect(window.get_by_role("heading", name=title)).to_be_visible()
        await window.get_by_role("link", name="Join to bid $120").first.click()
        await sign_up(window, name)
        await window.wait_for_url(re.compile(f"/auctions/{auction_id}"))
        rooms.append(Room(window))
    first, second = rooms

    await first.bid(12_000)
    for room in (hall, first, second):
        await room.has_price(12_000)
    await asyncio.gather(first.is_outbid(), second.bid(12_250))
    await asyncio.gather(second.is_outbid(), first.bid_up_to(20_000))
    await first.has_price(12_500)
    # The maximum works: another bid is answered at once, and only by as much as it takes.
    await second.next_bid(12_750).click()
    await first.has_price(13_000)
    for room in (hall, second):
        await room.has_price(13_000)
    await first.leads_up_to(20_000)

    await let_it_end(market, auction_id)
    await first.says("It is yours!")
    await second.says(re.compile("^Sold to "))
    await hall.says(re.compile("^Sold to "))
    for room in rooms:
        await expect(room.next_bid()).to_be_hidden()
    assert (await market.read(auction_id))["final_price"] == 13_000

    for room, words in ((first, "You won it for $130."), (hall, "Sold for $130.")):
        await room.page.get_by_role("link", name=re.compile("^Notifications")).click()
        told = room.page.get_by_role("link").filter(has_text=words)
        await expect(told).to_contain_text(title)
    await first.page.goto("/me/bids")
    await expect(first.page.get_by_role("listitem").filter(has_text=title)).to_contain_text("Won")
    await second.page.goto("/me/bids")
    await expect(second.page.get_by_role("listitem").filter(has_text=title)).to_contain_text("Not yours")
    await expect(shown(second.page, re.compile("^Sold for"))).to_be_visible()
