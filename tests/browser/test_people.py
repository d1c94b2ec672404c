"""What people say of a person, where others look before they buy (SPEC ORD-8, ID-7, WEB-1)."""

import asyncio
import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.room import shown
from tests.support.market import PASSWORD, Person, TestMarket
from tests.support.sales import completed, for_sale
from tests.support.visitors import DESKTOP, PHONE, Device, Visitors

pytestmark = pytest.mark.anyio


async def rated(market: TestMarket, seller: Person, stars: int, words: str) -> None:
    """A sale that both have rated."""
    buyer = await market.sign_up("Bea Buyer")
    order = await completed(market, seller, buyer, title="Enamel teapot")
    path = f"/v1/orders/{order['id']}/rating"
    assert (await buyer.post(path, {"stars": stars, "comment": words})).status_code == 201
    assert (await seller.post(path, {"stars": 5, "comment": "Paid at once."})).status_code == 201


async def test_a_sellers_ratings_stand_by_the_listing_and_on_a_page_of_their_own(
    market: TestMarket, visitors: Visitors, device: Device
) -> None:
    seller = await market.sign_up("Stella Seller")
    # One more than a page of the list holds.
    for number in range(11):
        await rated(market, seller, 5 if number else 2, f"Word number {number}.")
    listing = await for_sale(market, seller, title="Walnut armchair")
    page = await (await visitors(device)).open(f"/listings/{listing['id']}")
    line = page.get_by_role("link", name=re.compile("^SS|Stella Seller")).filter(has_text="11 ratings")
    # (2 + 10 times 5) / 11
    await expect(line).to_contain_text("4.7")
    await line.click()
    await page.wait_for_url(re.compile(f"/people/{seller.id}"))
    await expect(page.get_by_role("heading", name="Stella Seller", level=1)).to_be_visible()
    await expect(page.get_by_role("img", name="Rated 4.7 of 5")).to_be_visible()
    await expect(page.get_by_text("5 stars: 10", exact=True)).to_be_attached()
    words = page.get_by_role("listitem").filter(has_text="Word number")
    await expect(words).to_have_count(10)
    await expect(words.first).to_contain_text("Word number 10.")
    await expect(words.first.get_by_role("img", name="5 stars of 5")).to_be_visible()
    await page.get_by_role("button", name="Show more").first.click()
    await expect(words).to_have_count(11)
    await expect(words.last).to_contain_text("Word number 0.")
    await expect(page.get_by_role("link").filter(has_text="Walnut armchair")).to_be_visible()


async def test_who_is_not_rated_yet_and_sells_nothing(market: TestMarket, visitors: Visitors) -> None:
    person = await market.sign_up("Nora New")
    page = await (await visitors(PHONE, person)).open("/me")
    await page.get_by_role("link", name="How others see you").click()
    await expect(shown(page, "This is how others see you.")).to_be_visible()
    await expect(page.get_by_role("heading", name="No ratings yet")).to_be_visible()
    await expect(shown(page, "Nora New has nothing for sale at the moment.")).to_be_visible()


async def test_who_signs_out_leaves_nothing_asked_behind(market: TestMarket, visitors: Visitors) -> None:
    page = await (await visitors(DESKTOP, await market.sign_up())).open()
    asked, gone = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await gone.wait()
        await route.continue_()

    # On a slow way the question would come to the server after the session's end, and be refused.
    await page.route("**/v1/users/me/sessions", hold)
    await page.goto("/me")
    await asked.wait()
    async with page.expect_response("**/v1/auth/logout") as told:
        await page.get_by_role("button", name="Sign out", exact=True).click()
    assert (await told.value).status == 204
    gone.set()
    await expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    await page.unroute_all(behavior="wait")
    assert await page.evaluate("localStorage.getItem('outcry.session')") is None


async def test_what_arrives_late_does_not_move_the_way_out(market: TestMarket, visitors: Visitors) -> None:
    ann = await market.sign_up()
    for _ in range(3):
        await market.client.post("/v1/auth/login", json={"email": ann.session["user"]["email"], "password": PASSWORD})
    page = await (await visitors(PHONE, ann)).open()
    let_go = asyncio.Event()

    async def hold(route: Route) -> None:
        await let_go.wait()
        await route.continue_()

    await page.route("**/v1/users/me/*", hold)
    await page.goto("/me")
    way_out = page.get_by_role("button", name="Sign out", exact=True)
    before = await way_out.bounding_box()
    let_go.set()
    await expect(page.get_by_role("button", name="Sign out there")).to_have_count(3)
    assert await way_out.bounding_box() == before
