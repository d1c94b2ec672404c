"""The server-rendered pages, as a browser without scripts reads them (SPEC WEB-3)."""

import pytest

from outcry.pages.render import spelled_out
from tests.support.market import TestMarket

pytestmark = pytest.mark.anyio


async def test_auctions_can_be_read_without_javascript(market: TestMarket) -> None:
    seller, alice = await market.sign_up("Mira <b>"), await market.sign_up()
    auction = await market.auction(seller)
    await alice.bid(auction["id"], 1000, 7700)
    listed = await market.client.get("/")
    assert f'href="/auctions/{auction["id"]}"' in listed.text
    page = (await market.client.get(f"/auctions/{auction['id']}")).text
    assert "Rangefinder camera" in page
    assert "10.00 USD" in page
    assert "11.00 USD" in page
    assert "Bidder 1" in page
    assert "Mira &lt;b&gt;" in page
    assert "application/ld+json" in page
    # What only the bidder may know is nowhere in the page.
    assert "77.00" not in page
    assert alice.id not in page
    moved = await market.client.get(f"/listings/{auction['listing_id']}")
    assert (moved.status_code, moved.headers["location"]) == (302, f"/auctions/{auction['id']}")


async def test_a_listing_without_an_auction_has_a_page_of_its_own(market: TestMarket) -> None:
    seller = await market.sign_up("Mira")
    listing = await market.listing(seller, sale_type="fixed", price=12345, stock=3)
    page = await market.client.get(listing["url"])
    assert page.status_code == 200
    assert "Rangefinder camera" in page.text
    assert "123.45 USD" in page.text


async def test_a_missing_page_says_so(market: TestMarket) -> None:
    for path in ("/auctions/nonsense", "/auctions/0198c0de-0000-7000-8000-000000000000", "/listings/x"):
        answer = await market.client.get(path)
        assert (answer.status_code, "There is no such" in answer.text) == (404, True)


async def test_pages_bring_everything_from_here(market: TestMarket) -> None:
    for path in ("/", "/docs"):
        answer = await market.client.get(path)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        own = answer.text.replace(f'href="{market.base_url}', "")
        assert 'src="http' not in own
        assert 'href="http' not in own
    for path in ("/pages.css", "/docs.js", "/icon.svg"):
        assert (await market.client.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("name", "words"),
    [("area_m2", "Area, m²"), ("mileage_km", "Mileage, km"), ("year_built", "Year built"), ("type", "Type")],
)
def test_attributes_are_spelled_as_people_write_them(name: str, words: str) -> None:
    assert spelled_out(name) == words
