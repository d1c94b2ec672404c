"""What a seller does away from the room: decides, offers, goes on with a draft (SPEC AUC-6, WEB-1)."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.room import Room, let_it_end, shown
from tests.support.market import Person, TestMarket
from tests.support.visitors import OFFLINE_ERRORS, PHONE, Device, Visitors

pytestmark = pytest.mark.anyio

OFFLINE_DRAFT = "Offline: your draft is kept here and sent when you are back."


async def test_a_counter_offer_is_made_and_taken(market: TestMarket, visitors: Visitors, device: Device) -> None:
    seller, ann = [await market.sign_up(name) for name in ("Seller", "Ann")]
    auction = await market.auction(seller, reserve_price=5_000)
    hall = await (await visitors(device, seller)).open()
    room = await Room.enter(await (await visitors(device, ann)).open(), auction["id"])
    await room.says("Reserve not met")
    await room.bid(1_000)
    await let_it_end(market, auction["id"])
    await room.says("The seller decides")

    await hall.goto("/me/auctions")
    waiting = hall.get_by_role("listitem").filter(has=hall.get_by_role("button", name="Make an offer"))
    await expect(waiting).to_contain_text(re.compile(r"Highest bid\s*\$10"))
    await waiting.get_by_role("button", name="Make an offer").click()
    sheet = hall.get_by_role("dialog", name="Offer it to the highest bidder")
    await sheet.get_by_label("Your price").fill("9")
    await expect(sheet.get_by_role("button", name="Send the offer")).to_be_disabled()
    await sheet.get_by_label("Your price").fill("40")
    await sheet.get_by_role("button", name="Send the offer").click()
    await expect(shown(hall, "Your offer is with the bidder.")).to_be_visible()

    await room.page.goto("/me/bids")
    offer = room.page.get_by_role("listitem").filter(has_text="The seller offers it to you for $40")
    await offer.get_by_role("button", name="Take it for $40").click()
    await expect(shown(room.page, "It is yours. The order has been made.")).to_be_visible()
    await expect(room.page.get_by_role("button", name="Take it for $40")).to_have_count(0)
    await expect(room.page.get_by_role("listitem").filter(has_text="Rangefinder camera")).to_contain_text("Won")
    sold = await market.read(auction["id"])
    assert (sold["status"], sold["final_price"]) == ("sold", 4_000)
    await hall.goto(f"/auctions/{auction['id']}")
    await expect(shown(hall, re.compile("^Sold to "))).to_be_visible()


async def describe(page: Page, title: str) -> None:
    """The wizard's first step."""
    await page.get_by_label("Title").fill(title)
    await page.get_by_label("Category").select_option("Electronics")
    await page.get_by_label("Description").fill("Typed on a train.")


async def drafts_of(seller: Person) -> list[str]:
    """What the server has of this seller's drafts."""
    found = await seller.get(f"/v1/listings?seller={seller.id}")
    return [one["title"] for one in found.json()["items"] if one["status"] == "draft"]


async def test_a_draft_typed_offline_is_sent_on_return(market: TestMarket, visitors: Visitors) -> None:
    seller = await market.sign_up()
    visitor = await visitors(PHONE, seller)
    visitor.forgive(OFFLINE_ERRORS)
    page = await visitor.open("/sell")
    await expect(page.get_by_label("Category").get_by_role("option", name="Electronics")).to_be_attached()
    await visitor.context.set_offline(True)
    await describe(page, "Folding bicycle")
    await expect(shown(page, OFFLINE_DRAFT)).to_be_visible()
    assert await drafts_of(seller) == []
    await visitor.context.set_offline(False)
    await expect(shown(page, "Draft saved")).to_be_visible()
    assert await drafts_of(seller) == ["Folding bicycle"]


async def test_a_draft_typed_offline_survives_its_page(market: TestMarket, visitors: Visitors) -> None:
    seller = await market.sign_up()
    visitor = await visitors(PHONE, seller)
    visitor.forgive(f"{OFFLINE_ERRORS}|ERR_FAILED")
    page = await visitor.open("/sell")
    await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    await expect(page.get_by_label("Category").get_by_role("option", name="Electronics")).to_be_attached()
    await visitor.context.set_offline(True)
    await describe(page, "Folding kayak")
    await expect(shown(page, OFFLINE_DRAFT)).to_be_visible()
    # The installed client opens without a network, with the draft in it.
    await page.reload()
    await expect(page.get_by_label("Title")).to_have_value("Folding kayak")
    await expect(page.get_by_label("Description")).to_have_value("Typed on a train.")
    await page.close()
    await visitor.context.set_offline(False)
    # On return it is sent by itself: nothing is typed again.
    page = await visitor.open("/sell")
    await expect(page.get_by_label("Title")).to_have_value("Folding kayak")
    await expect(shown(page, "Draft saved")).to_be_visible()
    assert await drafts_of(seller) == ["Folding kayak"]
