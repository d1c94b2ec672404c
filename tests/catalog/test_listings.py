"""Listings, categories, search and pictures (SPEC CAT-1 to CAT-4, CAT-6, CAT-8)."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from outcry.catalog.rules import TRANSITIONS, ListingStatus, may_become
from tests.support.market import Person, TestMarket, listing_body, served_market

pytestmark = pytest.mark.anyio


def jpeg(size: tuple[int, int] = (900, 600), orientation: int = 1) -> bytes:
    picture = Image.new("RGB", size, "navy")
    exif = picture.getexif()
    exif[0x0112] = orientation
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (42.0, 52.0, 30.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


async def upload(market: TestMarket, person: Person, data: bytes, kind: str = "image/jpeg") -> Any:
    ticket = (await person.post("/v1/media/uploads", {"content_type": kind})).json()
    sent = await market.client.put(ticket["upload"]["url"], content=data, headers=ticket["upload"]["headers"])
    assert sent.status_code == 204, sent.text
    return await person.post(f"/v1/media/{ticket['media_id']}/complete")


async def test_a_draft_is_its_owners_until_it_is_published(market: TestMarket) -> None:
    seller, other = await market.sign_up("Seller"), await market.sign_up()
    draft = await market.listing(seller, publish=False, attributes={"brand": "Leica"}, location={"lat": 1, "lng": 2})
    path = f"/v1/listings/{draft['id']}"
    assert (draft["status"], draft["currency"], draft["seller"]["display_name"]) == ("draft", "USD", "Seller")
    assert (await other.get(path)).status_code == 404
    assert (await other.post(f"{path}/publish")).status_code == 404
    assert (await seller.post(f"{path}/publish")).json()["status"] == "active"
    assert (await market.client.get(path)).json()["title"] == draft["title"]
    patched = await seller.call("PATCH", path, {"title": "A better title"})
    assert patched.json()["title"] == "A better title"
    assert (await other.call("PATCH", path, {"title": "Stolen title"})).status_code == 404
    assert (await seller.call("DELETE", path)).status_code == 204
    assert (await seller.get(path)).status_code == 404


async def test_refusals_name_the_field(market: TestMarket) -> None:
    seller = await market.sign_up()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"attributes": {"colour": "red"}}, "/attributes/colour"),
        ({"category": "car", "attributes": {"make": "Lada"}}, "/attributes/model"),
        ({"category": "car", "attributes": {"make": "L", "model": "N", "year": "old"}}, "/attributes/year"),
        ({"category": "nothing"}, "/category"),
        ({"currency": "XXX"}, "/currency"),
        ({"sale_type": "fixed"}, "/price"),
        ({"title": "x"}, "/title"),
        ({"surprise": 1}, "/surprise"),
        ({"fulfilment": []}, "/fulfilment"),
        ({"location": {"lat": 91, "lng": 0}}, "/location/lat"),
    ]
    for change, field in cases:
        answer = await seller.post("/v1/listings", listing_body(**change))
        assert answer.status_code == 422, (change, answer.text)
        assert field in [error["field"] for error in answer.json()["errors"]], (change, answer.text)


async def test_what_bidders_rely_on_is_frozen_while_live(market: TestMarket) -> None:
    seller = await market.sign_up()
    auction = await market.auction(seller)
    path = f"/v1/listings/{auction['listing_id']}"
    for change in ({"title": "Another thing"}, {"condition": "new"}, {"description": "Broken"}):
        refused = await seller.call("PATCH", path, change)
        assert (refused.status_code, refused.json()["code"]) == (409, "listing_in_auction")
    assert (await seller.call("DELETE", path)).json()["code"] == "listing_in_auction"


async def test_free_and_new_sellers_have_limits(database_url: str, tmp_path: Path) -> None:
    settings = {"rate_limits": "on", "auth_requests_per_minute": 1000, "api_requests_per_minute": 1000}
    async with served_market(database_url, tmp_path, **settings) as market:
        seller = await market.sign_up()
        for _ in range(5):
            await market.listing(seller)
        late = await seller.post("/v1/listings", listing_body())
        assert (late.status_code, late.json()["code"]) == (429, "rate_limited")
        assert "Retry-After" in late.headers


def test_only_the_listed_transitions_are_possible() -> None:
    for before in ListingStatus:
        for after in ListingStatus:
            assert may_become(before, after) == (after in TRANSITIONS[before])
    assert not any(may_become(ListingStatus.REMOVED, after) for after in ListingStatus)


async def test_pages_neither_skip_nor_repeat_under_equal_prices(market: TestMarket) -> None:
    seller = await market.sign_up()
    made = {(await market.listing(seller, sale_type="both", price=500))["id"] for _ in range(7)}
    for sort in ("newest", "price", "price_desc"):
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await market.client.get(f"/v1/listings?sort={sort}&limit=3{cursor}")).json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert len(seen) == len(set(seen))
        assert set(seen) == made
    wrong = await market.client.get(f"/v1/listings?sort=price{cursor}")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "cursor")
    assert (await market.client.get("/v1/listings?cursor=nonsense")).status_code == 422


async def test_search_by_words_attributes_price_and_place(market: TestMarket) -> None:
    seller = await market.sign_up()
    camera = await market.listing(
        seller, title="Rangefinder camera", attributes={"brand": "Leica"}, location={"lat": 42.87, "lng": 74.59}
    )
    car = await market.listing(
        seller, title="Estate car", description="Runs well", category="car", sale_type="both", price=90_000,
        attributes={"make": "Volvo", "model": "240", "year": 1985}, location={"lat": 43.24, "lng": 76.89},
    )  # fmt: skip

    async def found(query: str) -> list[str]:
        answer = await market.client.get(f"/v1/listings?{query}")
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await found("q=range") == [camera["id"]]
    assert await found("q=running") == [car["id"]]
    assert await found("q=zeppelin") == []
    assert await found("attr.brand=Leica") == [camera["id"]]
    assert await found("attr.year_min=1980&attr.year_max=1990") == [car["id"]]
    assert await found("attr.year=1985&category=car") == [car["id"]]
    assert await found("price_min=80000&price_max=100000") == [car["id"]]
    assert await found("near=42.9,74.6,50") == [camera["id"]]
    assert await found("near=42.9,74.6,500&sort=distance") == [camera["id"], car["id"]]
    assert await found(f"seller={seller.id}&condition=used&sale_type=both") == [car["id"]]
    for query, field in (("near=here", "near"), ("sort=distance", "sort"), ("sort=relevance", "sort")):
        answer = await market.client.get(f"/v1/listings?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_the_watchlist(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    listing = await market.listing(seller)
    path = f"/v1/listings/{listing['id']}"
    for _ in range(2):
        assert (await alice.call("PUT", f"{path}/watch")).status_code == 204
    shown = (await alice.get(path)).json()
    assert (shown["watching"], shown["watch_count"]) == (True, 1)
    assert [item["id"] for item in (await alice.get("/v1/watchlist")).json()["items"]] == [listing["id"]]
    await alice.call("DELETE", f"{path}/watch")
    assert (await alice.get("/v1/watchlist")).json()["items"] == []


async def test_views_are_counted_without_a_write_each(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    listing = await market.listing(seller)
    for viewer in (seller, alice, alice):
        await viewer.get(f"/v1/listings/{listing['id']}")
    await market.outcry.view_counter.flush()
    assert (await seller.get(f"/v1/listings/{listing['id']}")).json()["view_count"] == 2


async def test_pictures_lose_their_metadata_and_stand_upright(market: TestMarket) -> None:
    seller = await market.sign_up()
    listing = await market.listing(seller, publish=False)
    done = await upload(market, seller, jpeg(orientation=6))
    media = done.json()
    assert (done.status_code, media["status"]) == (200, "ready")
    assert [(one["name"], one["width"], one["height"]) for one in media["variants"]] == [
        ("thumb", 213, 320),
        ("card", 427, 640),
        ("large", 600, 900),
        ("full", 600, 900),
    ]
    answer = await market.client.get(media["variants"][1]["url"])
    assert (answer.headers["content-type"], "immutable" in answer.headers["cache-control"]) == ("image/webp", True)
    with Image.open(io.BytesIO(answer.content)) as shown:
        assert (shown.format, dict(shown.getexif())) == ("WEBP", {})
    again = await seller.post(f"/v1/media/{media['id']}/complete")
    assert again.json() == media
    attached = await seller.call("PUT", f"/v1/listings/{listing['id']}/media", {"media_ids": [media["id"]]})
    assert [one["id"] for one in attached.json()["media"]] == [media["id"]]


async def test_what_is_not_the_declared_picture_is_refused(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, max_upload_bytes=50_000) as market:
        seller, other = await market.sign_up(), await market.sign_up()
        disguised = await upload(market, seller, jpeg(), "image/png")
        assert (disguised.status_code, disguised.json()["errors"][0]["field"]) == (422, "/content")
        assert (await upload(market, seller, b"<script>alert(1)</script>")).status_code == 422
        assert (await upload(market, seller, jpeg((8, 8)))).status_code == 422
        ticket = (await seller.post("/v1/media/uploads", {"content_type": "image/jpeg"})).json()
        url = ticket["upload"]["url"]
        assert (await market.client.put(url, content=b"x" * 60_000)).status_code == 413
        forged = url[:-4] + ("0000" if url[-4:] != "0000" else "1111")
        assert (await market.client.put(forged, content=b"x")).status_code == 403
        missing = await seller.post(f"/v1/media/{ticket['media_id']}/complete")
        assert (missing.status_code, missing.json()["code"]) == (409, "upload_missing")
        assert (await other.post(f"/v1/media/{ticket['media_id']}/complete")).status_code == 404
        mine = (await upload(market, seller, jpeg())).json()
        foreign = await market.listing(other, publish=False)
        stolen = await other.call("PUT", f"/v1/listings/{foreign['id']}/media", {"media_ids": [mine["id"]]})
        assert (stolen.status_code, stolen.json()["errors"][0]["field"]) == (422, "/media_ids/0")
