"""Without a mouse, and without JavaScript (SPEC WEB-1, WEB-3)."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.browser.room import Room
from tests.support.market import PASSWORD, TestMarket
from tests.support.visitors import Device, Visitors

pytestmark = pytest.mark.anyio

MOST_TABS = 80
# What a screen reader would say stands under the focus, and whether the focus can be seen.
FOCUSED = """
() => {
  const one = document.activeElement
  const label = one.labels?.[0]?.textContent
  return (one.getAttribute('aria-label') ?? label ?? one.textContent ?? '').trim()
}
"""
SEEN = """
() => {
  const style = getComputedStyle(document.activeElement)
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
}
"""


async def tab_to(page: Page, words: str) -> None:
    """Press Tab until the focus is on what is called so."""
    passed: list[str] = []
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        name = await page.evaluate(FOCUSED)
        if re.search(words, name):
            assert await page.evaluate(SEEN), f"the focus on {name!r} cannot be seen"
            return
        passed.append(name)
    raise AssertionError(f"{words!r} is not reached by Tab; passed {passed}")


async def test_from_home_to_a_placed_bid_by_keyboard(market: TestMarket, visitors: Visitors, device: Device) -> None:
    seller = await market.sign_up("Seller")
    title = f"Brass sextant {uuid4().hex[:6]}"
    listing = await market.listing(seller, title=title)
    # Ends before all others here, so that it stands first.
    terms = {"listing_id": listing["id"], "starting_price": 1_000, "bid_increment": 100, "duration_seconds": 300}
    auction = (await seller.post("/v1/auctions", terms)).json()
    await seller.post(f"/v1/auctions/{auction['id']}/go-live")
    page = await (await visitors(device)).open()
    await expect(page.get_by_role("link").filter(has_text=title).first).to_be_visible()
    # The page to read stands there until the client takes its place.
    await expect(page.get_by_role("link", name="Skip to the content")).to_have_count(1)

    await page.keyboard.press("Tab")
    assert await page.evaluate(FOCUSED) == "Skip to the content"
    await page.keyboard.press("Enter")
    await tab_to(page, title)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    await tab_to(page, r"^Join to bid \$10$")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    for label, typed in (("Name", "Ada"), ("E-mail", f"{uuid4().hex}@test.example"), ("Password", PASSWORD)):
        await tab_to(page, f"^{label}")
        await page.keyboard.type(typed)
    await tab_to(page, "I accept the offer agreement")
    await page.keyboard.press("Space")
    await tab_to(page, "^Create my account$")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(f"/auctions/{auction['id']}"))
    room = Room(page)
    await room.is_connected()
    await expect(room.next_bid(1_000)).to_be_enabled()
    await tab_to(page, r"^Bid \$10$")
    await page.keyboard.press("Enter")
    await room.leads()
    await room.has_price(1_000)
    assert (await market.read(auction["id"]))["bid_count"] == 1


async def test_everything_can_be_read_without_javascript(
    market: TestMarket, visitors: Visitors, device: Device
) -> None:
    seller, ann = await market.sign_up("Stella Seller"), await market.sign_up()
    title = f"Star globe {uuid4().hex[:6]}"
    listing = await market.listing(seller, title=title, description="Engraved in 1921.")
    terms = {"listing_id": listing["id"], "starting_price": 1_000, "bid_increment": 100, "duration_seconds": 400}
    auction = (await seller.post("/v1/auctions", terms)).json()
    await seller.post(f"/v1/auctions/{auction['id']}/go-live")
    await ann.bid(auction["id"], 4_250)
    page = await (await visitors(device, java_script_enabled=False)).open()
    await page.get_by_role("link").filter(has_text=title).first.click()
    await expect(page).to_have_url(re.compile(f"/auctions/{auction['id']}"))
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    for words in ("42.50", "Engraved in 1921.", "Stella Seller"):
        await expect(page.get_by_text(words).first).to_be_visible()
    await page.goto(f"/listings/{listing['id']}")
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    await expect(page.get_by_text("Engraved in 1921.")).to_be_visible()
