"""Staff find orders, apply a provider's news again, send mail again (SPEC ADM-1, MON-7, NTF-3)."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import expect

from outcry.kernel.database import SYSTEM
from outcry.kernel.messages import mark_refused, queue_message
from tests.browser.room import shown
from tests.browser.sales import staff_member
from tests.payments.till import top_up
from tests.support.market import TestMarket
from tests.support.sales import completed, paid
from tests.support.visitors import DESKTOP, PHONE, Visitors

pytestmark = pytest.mark.anyio


async def test_an_order_is_found_by_a_person_and_by_its_invoice(market: TestMarket, visitors: Visitors) -> None:
    staff = await staff_member(market, "Sam Staff", "support")
    seller, buyer = await market.sign_up("Stella Seller"), await market.sign_up("Ben Buyer")
    title = f"Brass telescope {uuid4().hex[:6]}"
    await paid(market, seller, buyer, title="Something else")
    order = await completed(market, seller, buyer, title=title)
    number = (await buyer.get(f"/v1/orders/{order['id']}")).json()["invoice_number"]
    visitor = await visitors(DESKTOP, staff)
    # The ledger is asked what an id is, and says what it is not.
    visitor.forgive("status of 404")
    page = await visitor.open("/staff/orders")
    finder = page.get_by_label("Find an order")
    await finder.fill(buyer.id)
    await page.get_by_role("button", name="Find", exact=True).click()
    rows = page.get_by_role("main").get_by_role("listitem")
    await expect(rows).to_have_count(2)
    await page.get_by_label("State").select_option("Completed")
    await expect(rows).to_have_count(1)
    await page.get_by_role("button", name="Show all").click()
    await page.get_by_label("State").select_option("all")
    await finder.fill(number)
    await page.get_by_role("button", name="Find", exact=True).click()
    await page.get_by_role("link").filter(has_text=title).click()
    await expect(shown(page, re.compile("held by Outcry"))).to_be_visible()
    await expect(shown(page, number)).to_be_visible()
    await page.get_by_role("link", name="In the ledger").click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()


async def test_a_providers_news_is_applied_again_and_moves_nothing_twice(
    market: TestMarket, visitors: Visitors
) -> None:
    boss, helper = await staff_member(market, "Ada Admin", "admin"), await staff_member(market, "Sam", "support")
    person = await market.sign_up("Ben Buyer")
    await top_up(market, person, 5_000)
    page = await (await visitors(PHONE, boss)).open("/staff/webhooks")
    row = page.get_by_role("main").get_by_role("listitem").filter(has_text="Applied").first
    await row.get_by_role("button", name="Apply again").click()
    await expect(page.get_by_text("It is being applied again.")).to_be_visible()
    wallet = (await person.get("/v1/wallet")).json()
    assert wallet["balances"] == [{"currency": "USD", "available": 5_000, "held": 0}]
    looking = await (await visitors(DESKTOP, helper)).open("/staff/webhooks")
    await expect(looking.get_by_role("main").get_by_role("listitem").first).to_be_visible()
    await expect(looking.get_by_role("button", name="Apply again")).to_have_count(0)


async def test_mail_that_was_given_up_is_sent_again(market: TestMarket, visitors: Visitors) -> None:
    boss = await staff_member(market, "Ada Admin", "admin")
    async with market.outcry.database.transaction(SYSTEM) as tx:
        keys = market.outcry.keys
        made = await queue_message(
            tx, keys, channel="email", recipient="gone@test.example", subject="Your invoice", body="It is attached."
        )
        await mark_refused(tx, made, "the mail server answered 550", for_good=True)
    page = await (await visitors(PHONE, boss)).open("/staff/mail")
    row = page.get_by_role("listitem").filter(has_text="Your invoice")
    await expect(row).to_contain_text("To g•••@test.example")
    await expect(row).to_contain_text("the mail server answered 550")
    await row.get_by_role("button", name="Send again").click()
    await expect(page.get_by_text("It is on its way again.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Every mail got through")).to_be_visible()
    await page.get_by_label("State").select_option("On its way")
    await expect(row).to_contain_text("On its way")
