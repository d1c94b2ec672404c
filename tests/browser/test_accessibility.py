"""axe finds nothing serious or critical on any page, light or dark, phone or desktop (SPEC WEB-1: WCAG 2.2 AA)."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.fair import LONG_TITLE, Fair, hold_fair, png
from tests.browser.room import Room, shown
from tests.browser.sales import Sales, hold_sales
from tests.support.market import TestMarket
from tests.support.visitors import Device, Visitors

pytestmark = pytest.mark.anyio

GRAVE = {"serious", "critical"}
# Colours of another scheme come with the next frame, and what fades has to end.
SETTLED = """
async isDark => {
  while (matchMedia('(prefers-color-scheme: dark)').matches !== isDark) await new Promise(requestAnimationFrame)
  // A colour that is inherited fades one element after the other.
  for (let still = 0; still < 3; still += 1) {
    const moving = document.getAnimations().filter(one => one.playState === 'running')
    if (moving.length > 0) still = 0
    await Promise.allSettled(moving.map(one => one.finished))
    await new Promise(requestAnimationFrame)
  }
}
"""
RUN = "options => axe.run(document, { resultTypes: ['violations'], ...options })"

# Where to go, what stands there when it is ready.
EVERYBODYS = {
    "home": ("/", LONG_TITLE),
    "results": ("/search?q=lamp", "Studio lamp"),
    "search": ("/search?sale_type=auction", LONG_TITLE),
    "nothing found": ("/search?q=zeppelin", "Nothing matches"),
    "listing": ("/listings/{listing}", LONG_TITLE),
    "listing at a price": ("/listings/{fixed}", "$42.50"),
    "a person": ("/people/{seller.id}", "No ratings yet"),
    "room": ("/auctions/{live}", "Join to bid $14"),
    "room before": ("/auctions/{scheduled}", "Walnut armchair"),
    "room after": ("/auctions/{sold}", "Enamel teapot"),
    "sign in": ("/sign-in", "Good to see you again."),
    "sign up": ("/sign-up", "At least 8 characters"),
    "members only": ("/me", "This page is yours alone"),
    "nothing here": ("/nowhere", "Nothing is here"),
    "design system": ("/ui", "The quick hammer falls on the highest bid."),
}
BIDDERS = {
    "room": ("/auctions/{live}", "Bid $14"),
    "room won": ("/auctions/{sold}", "It is yours!"),
    "my bids": ("/me/bids", "Enamel teapot"),
    "watchlist": ("/me/watchlist", LONG_TITLE),
    "notifications": ("/me/notifications", re.compile("^You won it for")),
    "profile": ("/me", "Where you are signed in"),
}
BUYERS = {
    "orders": ("/orders", "Your move"),
    "an order to pay": ("/orders/{unpaid}", "Pay for it"),
    "checkout": ("/orders/{unpaid}/pay", "How do you want to pay?"),
    "a code to show": ("/orders/{paid}/meet", "or read it out"),
    "a dispute": ("/orders/{disputed}", "Add to the case"),
    "a person who was rated": ("/people/{rated.id}", "What people say"),
    "wallet": ("/wallet", "Given for testing"),
    "payouts": ("/wallet/payouts", "Get paid to your bank"),
}
STAFF = {
    "disputes": ("/staff", "Waits for the seller"),
    "a case": ("/staff/disputes/{case}", "Release to the seller"),
    "orders": ("/staff/orders", "Find an order"),
    "an order": ("/staff/orders/{disputed}", "All orders"),
    "payments": ("/staff/payments", "Refund"),
    "webhooks": ("/staff/webhooks", "Providers’ events"),
    "mail": ("/staff/mail", "Every mail got through"),
    "reconciliation": ("/staff/reconciliation", "No reports yet"),
    "ledger": ("/staff/ledger?id={paid}", "Accounts"),
}
SELLERS = {
    "room of one's own": ("/auctions/{live}", "This is your auction. You see what bidders see."),
    "my auctions": ("/me/auctions", "Make an offer"),
    "notifications": ("/me/notifications", re.compile("^It waits for your decision")),
}


@pytest.fixture(scope="package")
async def fair(market: TestMarket) -> Fair:
    return await hold_fair(market)


async def grave_findings(page: Page, **options: Any) -> list[str]:
    """What axe finds serious or critical, with the rule and the elements."""
    found = await page.evaluate(RUN, options)
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


async def switch(page: Page, *, is_dark: bool) -> None:
    """The machine's appearance is another now, and the page has followed."""
    await page.emulate_media(color_scheme="dark" if is_dark else "light")
    await page.evaluate(SETTLED, is_dark)


async def examine(page: Page, axe: str) -> None:
    """Everything in light; of dark, what differs: its colours."""
    await page.evaluate(axe)
    await switch(page, is_dark=False)
    found = await grave_findings(page)
    await switch(page, is_dark=True)
    found += [f"dark: {one}" for one in await grave_findings(page, runOnly=["color-contrast"])]
    assert not found, "\n".join(found)


Opener = Callable[..., Awaitable[Page]]


@pytest.fixture
def opened(visitors: Visitors, device: Device, fair: Fair) -> Opener:
    """Opens a page of the fair, still: nothing on it moves."""

    async def go(path: str, words: str | re.Pattern[str], person: Any = None) -> Page:
        visitor = await visitors(device, person, reduced_motion="reduce", color_scheme="light")
        visitor.forgive("status of 404")
        page = await visitor.open(path.format(**vars(fair)))
        await expect(shown(page, words)).to_be_visible()
        return page

    return go


@pytest.mark.parametrize("name", EVERYBODYS)
async def test_everybodys_pages(opened: Opener, axe: str, name: str) -> None:
    await examine(await opened(*EVERYBODYS[name]), axe)


@pytest.mark.parametrize("name", BIDDERS)
async def test_bidders_pages(opened: Opener, fair: Fair, axe: str, name: str) -> None:
    await examine(await opened(*BIDDERS[name], fair.bidder), axe)


@pytest.fixture(scope="package")
async def sales(market: TestMarket) -> Sales:
    return await hold_sales(market)


@pytest.fixture
def opened_sale(visitors: Visitors, device: Device, sales: Sales) -> Opener:
    """As `opened`, of the sales."""

    async def go(path: str, words: str, person: Any) -> Page:
        visitor = await visitors(device, person, reduced_motion="reduce", color_scheme="light")
        # The ledger is asked what an id is, and says what it is not.
        visitor.forgive("status of 404")
        page = await visitor.open(path.format(**vars(sales)))
        await expect(shown(page, words)).to_be_visible()
        return page

    return go


@pytest.mark.parametrize("name", BUYERS)
async def test_buyers_pages(opened_sale: Opener, sales: Sales, axe: str, name: str) -> None:
    await examine(await opened_sale(*BUYERS[name], sales.buyer), axe)


async def test_the_sellers_scanner(opened_sale: Opener, sales: Sales, axe: str) -> None:
    await examine(await opened_sale("/orders/{paid}/meet", "Or type the code", sales.seller), axe)


@pytest.mark.parametrize("name", STAFF)
async def test_staffs_pages(opened_sale: Opener, sales: Sales, axe: str, name: str) -> None:
    await examine(await opened_sale(*STAFF[name], sales.staff), axe)


@pytest.mark.parametrize("name", SELLERS)
async def test_sellers_pages(opened: Opener, fair: Fair, axe: str, name: str) -> None:
    await examine(await opened(*SELLERS[name], fair.seller), axe)


async def test_the_bid_sheet(opened: Opener, fair: Fair, axe: str) -> None:
    page = await opened(*BIDDERS["room"], fair.bidder)
    await Room(page).is_connected()
    await page.get_by_role("button", name="Other", exact=True).click()
    await expect(page.get_by_role("dialog", name="Place a bid")).to_be_visible()
    await page.get_by_label("Your maximum").fill("1")
    await expect(shown(page, re.compile("^At least "))).to_be_visible()
    await examine(page, axe)


async def test_the_sell_wizard(opened: Opener, fair: Fair, axe: str) -> None:
    page = await opened("/sell", "What it is", fair.seller)
    onwards = page.get_by_role("button", name="Continue")
    await onwards.click()
    await expect(shown(page, "Please fill this in")).to_be_visible()
    await examine(page, axe)
    await page.get_by_label("Title").fill("Brass telescope")
    await page.get_by_label("Category").select_option("Collectibles")
    await page.get_by_label("Description").fill("Three draws.")
    await onwards.click()
    await page.get_by_label("Add pictures").first.set_input_files(
        {"name": "one.png", "mimeType": "image/png", "buffer": png()}
    )
    await expect(page.get_by_role("img", name="Picture 1 of 1")).to_be_visible()
    await examine(page, axe)
    await onwards.click()
    await page.get_by_label("Starting price").fill("50")
    await expect(shown(page, re.compile("^If it sells for"))).to_be_visible()
    await examine(page, axe)
    await onwards.click()
    await expect(shown(page, "How buyers will see it")).to_be_visible()
    await examine(page, axe)
