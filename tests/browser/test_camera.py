"""The seller's camera reads the buyer's code off the screen, and the money moves (SPEC ORD-3, WEB-1)."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.room import shown
from tests.browser.sales import order_of, won_auction
from tests.support.chromium import chromium
from tests.support.film import camera_flags, film_of
from tests.support.market import Person, TestMarket
from tests.support.visitors import DESKTOP, PHONE, Visitors

pytestmark = pytest.mark.anyio

REFUSED = "The camera may not be used here. Allow it in your browser, or type the code below."
# Many machines have no reader of codes of their own: the client's must do.
NO_DETECTOR = "delete globalThis.BarcodeDetector"
START = "Turn on the camera"


async def paid_meeting(market: TestMarket) -> tuple[Person, Person, str]:
    """Seller, buyer, and the order that the buyer has won and paid, to be handed over in person."""
    seller, buyer = await market.sign_up("Stella Seller"), await market.sign_up("Ben Buyer")
    grant = {"user_id": buyer.id, "amount": 10_000, "currency": "USD"}
    assert (await buyer.post("/v1/dev/grant", grant)).is_success
    title = f"Walnut armchair {uuid4().hex[:6]}"
    order_id = await order_of(buyer, await won_auction(market, seller, buyer, title, fulfilment=["meetup"]))
    assert (await buyer.post(f"/v1/orders/{order_id}/pay", {"method": "wallet"})).status_code == 200
    return seller, buyer, order_id


async def test_the_sellers_camera_reads_the_code_off_the_buyers_screen(
    market: TestMarket, visitors: Visitors, tmp_path: Path
) -> None:
    seller, buyer, order_id = await paid_meeting(market)
    page = await (await visitors(PHONE, buyer, color_scheme="dark")).open(f"/orders/{order_id}/meet")
    code = page.get_by_role("img", name="The code as a picture to scan")
    await expect(code).to_be_visible()
    film = tmp_path / "code.y4m"
    film_of(await code.screenshot(), film)
    async with chromium(*camera_flags(film)) as browser:
        sellers = Visitors(browser, market.base_url)
        of_seller = await sellers(PHONE, seller)
        await of_seller.context.add_init_script(NO_DETECTOR)
        hall = await of_seller.open(f"/orders/{order_id}/meet")
        assert await hall.evaluate("'BarcodeDetector' in globalThis") is False
        await hall.get_by_role("button", name=START).click()
        # Nobody types or presses anything more: what is seen is enough, and both screens say so.
        for window, words in ((hall, "The money is in your wallet."), (page, "The seller has been paid.")):
            await expect(window.get_by_text("Handed over", exact=True)).to_be_visible()
            await expect(shown(window, re.compile(re.escape(words)))).to_be_visible()
        await sellers.leave()
    order = (await seller.get(f"/v1/orders/{order_id}")).json()
    assert order["status"] == "completed"
    wallet = (await seller.get("/v1/wallet")).json()
    assert {"currency": "USD", "available": 9_201, "held": 0} in wallet["balances"]


async def test_a_camera_that_is_refused_says_so_and_the_code_is_typed(market: TestMarket, tmp_path: Path) -> None:
    seller, buyer, order_id = await paid_meeting(market)
    code = (await buyer.get(f"/v1/orders/{order_id}/qr")).json()["code"]
    # There is a camera, and nobody who lets the page have it.
    async with chromium("--use-fake-device-for-media-stream") as browser:
        sellers = Visitors(browser, market.base_url)
        of_seller = await sellers(DESKTOP, seller)
        await of_seller.context.grant_permissions([])
        hall = await of_seller.open(f"/orders/{order_id}/meet")
        await hall.get_by_role("button", name=START).click()
        await expect(shown(hall, REFUSED)).to_be_visible()
        await expect(hall.get_by_role("button", name=START)).to_be_enabled()
        await hall.get_by_label("Or type the code").fill(code)
        await hall.get_by_role("button", name="Check the code").click()
        await expect(hall.get_by_text("Handed over", exact=True)).to_be_visible()
        await sellers.leave()


async def test_a_machine_without_a_camera_says_so(market: TestMarket, visitors: Visitors) -> None:
    seller, _, order_id = await paid_meeting(market)
    of_seller = await visitors(DESKTOP, seller)
    await of_seller.context.grant_permissions(["camera"])
    hall = await of_seller.open(f"/orders/{order_id}/meet")
    await hall.get_by_role("button", name=START).click()
    await expect(shown(hall, "No camera was found. Type the code below.")).to_be_visible()
    await expect(hall.get_by_label("Or type the code")).to_be_visible()
