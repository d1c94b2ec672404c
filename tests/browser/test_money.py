"""A sale from the hammer to the last word, paid by card, in real browsers (SPEC ORD-1 to ORD-8, MON-3, WEB-1)."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.browser.fair import png
from tests.browser.room import shown
from tests.browser.sales import staff_member, won_auction
from tests.support.market import TestMarket
from tests.support.visitors import DESKTOP, Device, Visitors

pytestmark = pytest.mark.anyio

GOOD_CARD = "4242 4242 4242 4242"


async def pay_by_card(page: Page, auction_id: str) -> str:
    """One press from the won auction to the checkout, and by the sandbox's page back; the order's id."""
    await page.goto(f"/auctions/{auction_id}")
    await page.get_by_role("link", name="Pay now").filter(visible=True).first.click()
    await page.wait_for_url(re.compile("/orders/[^/]+/pay"))
    await expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
    await page.get_by_role("button", name="Go on to pay $100.00").click()
    await page.wait_for_url(re.compile("/sandbox/checkout/"))
    await page.get_by_label("Card number").fill(GOOD_CARD)
    await page.get_by_label("Valid until").fill("12 / 30")
    await page.get_by_label("Security code").fill("123")
    await page.get_by_label("Name on the card").fill("Ben Buyer")
    await page.get_by_role("button", name=re.compile("^Pay ")).first.click()
    # The provider's page leads back by itself.
    await page.wait_for_url(re.compile("/orders/[^/]+/pay"))
    # The provider tells the server, and the server tells the page.
    await expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    return page.url.split("/orders/")[1].split("/")[0]


async def rate(page: Page, stars: int, words: str) -> None:
    """Stars and a comment at the order's page."""
    await page.get_by_role("radio", name=f"{stars} stars").check(force=True)
    await page.get_by_label("A word or two").fill(words)
    await page.get_by_role("button", name="Send my rating").click()
    await expect(page.get_by_text("Your rating")).to_be_visible()


async def test_win_pay_by_card_meet_and_rate(market: TestMarket, visitors: Visitors, device: Device) -> None:
    seller, buyer = await market.sign_up("Stella Seller"), await market.sign_up("Ben Buyer")
    title = f"Walnut armchair {uuid4().hex[:6]}"
    auction_id = await won_auction(market, seller, buyer, title, fulfilment=["meetup"])
    of_buyer, of_seller = await visitors(device, buyer), await visitors(device, seller)
    page = await of_buyer.open()
    order_id = await pay_by_card(page, auction_id)

    await page.goto("/orders")
    await expect(page.get_by_role("listitem").filter(has_text=title)).to_contain_text("Meet Stella Seller")
    await page.goto(f"/orders/{order_id}/meet")
    code = page.get_by_text(re.compile(r"^[0-9A-Z]{5} [0-9A-Z]{5}$"))
    await expect(code).to_be_visible()
    await expect(page.get_by_role("img", name="The code as a picture to scan")).to_be_visible()

    hall = await of_seller.open(f"/orders/{order_id}")
    await hall.get_by_role("link", name="Meet and scan the code").click()
    of_seller.forgive("status of 409")
    typed = hall.get_by_label("Or type the code")
    await typed.fill("AAAAA-AAAAA")
    await hall.get_by_role("button", name="Check the code").click()
    await expect(hall.get_by_role("alert")).to_contain_text("This is not a handover code")
    await typed.fill((await code.inner_text()).lower())
    await hall.get_by_role("button", name="Check the code").click()
    # Both screens change: one by the answer, the other by the event.
    for window, words in ((hall, "The money is in your wallet."), (page, "The seller has been paid.")):
        await expect(window.get_by_text("Handed over", exact=True)).to_be_visible()
        await expect(shown(window, re.compile(re.escape(words)))).to_be_visible()
    wallet = (await seller.get("/v1/wallet")).json()
    assert {"currency": "USD", "available": 9_201, "held": 0} in wallet["balances"]

    for window in (page, hall):
        await window.goto(f"/orders/{order_id}")
    await rate(page, 5, "A pleasure.")
    await expect(hall.get_by_text("A pleasure.")).to_be_hidden()
    await rate(hall, 4, "Came on time.")
    await expect(hall.get_by_text("A pleasure.")).to_be_visible()
    await expect(page.get_by_text("Came on time.")).to_be_visible()
    await hall.goto("/wallet")
    await expect(hall.get_by_text("Received for a sale")).to_be_visible()
    await expect(hall.get_by_text("+$92.01")).to_be_visible()


async def test_win_pay_ship_dispute_and_partial_refund(market: TestMarket, visitors: Visitors) -> None:
    seller, buyer = await market.sign_up("Stella Seller"), await market.sign_up("Ben Buyer")
    staff = await staff_member(market, "Sam Staff", "support")
    title = f"Oil painting {uuid4().hex[:6]}"
    auction_id = await won_auction(market, seller, buyer, title, fulfilment=["shipping"])
    page = await (await visitors(DESKTOP, buyer)).open()
    order_id = await pay_by_card(page, auction_id)

    hall = await (await visitors(DESKTOP, seller)).open(f"/orders/{order_id}")
    await hall.get_by_role("button", name="I have sent it").click()
    sheet = hall.get_by_role("dialog", name="You have sent it")
    await sheet.get_by_label("Tracking number").fill("JD014600006228974537")
    await sheet.get_by_role("button", name="Tell the buyer").click()
    await expect(hall.get_by_role("heading", name="Waiting for Ben Buyer to receive it")).to_be_visible()

    await page.goto(f"/orders/{order_id}")
    await expect(page.get_by_text("JD014600006228974537")).to_be_visible()
    await page.get_by_role("button", name="Something is wrong").click()
    sheet = page.get_by_role("dialog", name="Something is wrong")
    await sheet.get_by_label("What is it").select_option("It arrived damaged")
    await sheet.get_by_label("What happened").fill("The frame is cracked.")
    await sheet.get_by_role("button", name="Open a dispute").click()
    await expect(page.get_by_role("heading", name="Waiting for Stella Seller to answer")).to_be_visible()
    await page.get_by_label("Add to the case").fill("Photographed when I opened it.")
    await page.get_by_label("Add pictures").first.set_input_files(
        {"name": "crack.png", "mimeType": "image/png", "buffer": png()}
    )
    await expect(page.get_by_role("img", name="Picture 1", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("img", name="Picture 1 by You")).to_be_visible()

    await expect(hall.get_by_role("heading", name="Answer the dispute")).to_be_visible()
    await hall.get_by_label("Add to the case").fill("It left me whole.")
    await hall.get_by_role("button", name="Send", exact=True).click()
    await expect(hall.get_by_role("heading", name="Our staff are deciding")).to_be_visible()

    desk = await (await visitors(DESKTOP, staff)).open("/staff")
    await desk.get_by_role("link").filter(has_text=title).click()
    await expect(desk.get_by_text("It left me whole.")).to_be_visible()
    await desk.get_by_text("Part to the buyer").click()
    await desk.get_by_label("Back to the buyer").fill("40")
    await desk.get_by_label("Reason for both sides").fill("The packing was too thin.")
    await desk.get_by_role("button", name="Look it over").click()
    asked = desk.get_by_role("dialog", name="Move the money?")
    # Of the 60.00 that are left: 3.60 and 1.99 are the market's.
    for amount in ("$40.00", "$54.41", "$5.59"):
        await expect(asked.get_by_text(amount)).to_be_visible()
    await asked.get_by_role("button", name="Decide and move the money").click()
    await expect(desk.get_by_role("heading", name="Decided")).to_be_visible()

    for window in (page, hall):
        await expect(shown(window, "Decided: $40.00 goes back to the buyer.")).to_be_visible()
        await expect(shown(window, "The packing was too thin.")).to_be_visible()
    wallet = (await seller.get("/v1/wallet")).json()
    assert {"currency": "USD", "available": 5_441, "held": 0} in wallet["balances"]
