"""A market with something of everything, for tests that look at every page."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from tests.browser.room import let_it_end
from tests.support.market import Person, TestMarket

LONG_TITLE = "Mechanical wristwatch of 1968, its bracelet replaced once, with box, papers and the jeweller’s invoice"


@dataclass(frozen=True)
class Fair:
    """Who is there, and the ids of what there is."""

    seller: Person
    bidder: Person
    live: str
    listing: str
    scheduled: str
    sold: str
    waiting: str
    fixed: str


def png(hue: int = 20) -> bytes:
    """A picture in this hue, 0 to 255."""
    buffer = io.BytesIO()
    shade = Image.radial_gradient("L").resize((800, 600))
    full = Image.new("L", shade.size, 160)
    Image.merge("HSV", (Image.new("L", shade.size, hue), full, shade)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


async def picture(market: TestMarket, person: Person, hue: int) -> str:
    """Upload a picture in this hue; its id."""
    ticket = (await person.post("/v1/media/uploads", {"content_type": "image/png"})).json()
    headers = ticket["upload"]["headers"]
    sent = await market.client.put(ticket["upload"]["url"], content=png(hue), headers=headers)
    assert sent.status_code == 204, sent.text
    done = await person.post(f"/v1/media/{ticket['media_id']}/complete")
    assert done.status_code == 200, done.text
    return ticket["media_id"]


async def listing(market: TestMarket, seller: Person, title: str, pictures: list[str], **changes: Any) -> str:
    """A published listing; its id."""
    made = await market.listing(seller, publish=False, title=title, **changes)
    await seller.call("PUT", f"/v1/listings/{made['id']}/media", {"media_ids": pictures})
    assert (await seller.post(f"/v1/listings/{made['id']}/publish")).status_code == 200
    return made["id"]


async def auction(seller: Person, listing_id: str, *, live: bool = True, **terms: Any) -> str:
    """An auction of a day, from 10.00 in steps of 1.00, live at once unless told; its id."""
    body = {"listing_id": listing_id, "starting_price": 1_000, "bid_increment": 100, "duration_seconds": 86_400}
    made = await seller.post("/v1/auctions", {**body, **terms})
    assert made.status_code == 201, made.text
    if live:
        assert (await seller.post(f"/v1/auctions/{made.json()['id']}/go-live")).status_code == 200
    return made.json()["id"]


async def hold_fair(market: TestMarket) -> Fair:
    """Make one of everything."""
    seller, bidder, rival = [await market.sign_up(name) for name in ("Stella Seller", "Ben Bidder", "Rita Rival")]
    pictures = [await picture(market, seller, hue) for hue in (20, 90, 160, 220)]
    watch = {"attributes": {"brand": "Omega"}, "fulfilment": ["shipping", "meetup"]}
    first = await listing(market, seller, LONG_TITLE, pictures[:2], **watch)
    live = await auction(seller, first, reserve_price=9_000, anti_snipe={"window_seconds": 60, "extension_seconds": 60})
    for amount, person in enumerate((bidder, rival, bidder), 10):
        await person.bid(live, amount * 100)
    await rival.bid(live, None, 2_000)
    ends: list[str] = []
    kinds: list[tuple[str, dict[str, Any]]] = [("Enamel teapot", {}), ("Studio lamp", {"reserve_price": 9_000})]
    for title, terms in kinds:
        over = await auction(seller, await listing(market, seller, title, [await picture(market, seller, 40)]), **terms)
        await bidder.bid(over, 1_500)
        await let_it_end(market, over)
        await market.reaches(over, "sold", "awaiting_decision")
        ends.append(over)
    starts_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    coming = await listing(market, seller, "Walnut armchair", pictures[2:3])
    scheduled = await auction(seller, coming, live=False, starts_at=starts_at)
    fixed = await listing(market, seller, "Linen curtain", pictures[3:], sale_type="fixed", price=4_250)
    await market.listing(seller, publish=False, title="A draft of something")
    for person in (bidder, seller):
        await person.call("PUT", f"/v1/listings/{first}/watch")
        await person.call("PUT", f"/v1/auctions/{live}/watch")
    return Fair(seller, bidder, live, first, scheduled, ends[0], ends[1], fixed)
