"""The web client as the server serves it: its files, its shell, what stands in the shell (SPEC WEB-1, WEB-3)."""

import json
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import httpx
import pytest

from outcry.kernel.settings import SettingsError, load_settings
from outcry.pages.client import accepted_encodings, load_client, split_shell
from outcry.pages.sitemap import Sitemap
from tests.support.market import TestMarket, served_market
from tests.support.sales import completed

pytestmark = pytest.mark.anyio

SCRIPT = "/assets/index-B8Qw12Zk.js"
INDEX = f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="UTF-8" />
    <title>Built title</title>
    <meta name="description" content="Built description" />
    <meta name="theme-color" content="#faf7f2" />
    <link rel="manifest" href="/manifest.webmanifest" />
    <script type="module" crossorigin src="{SCRIPT}"></script>
  </head>
  <body>
    <div id="root"></div>
  </body>
</html>
"""
NASTY = "</script><script>alert(1)</script><!-- & \" '"


@pytest.fixture
def client_folder(tmp_path: Path) -> Path:
    """A built client as Vite leaves it."""
    folder = tmp_path / "web" / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "assets" / SCRIPT.rpartition("/")[2]).write_text("export const price = 1;\n" * 100)
    (folder / "assets" / "inter.woff2").write_bytes(b"wOF2" * 200)
    (folder / "sw.js").write_text("self.addEventListener('fetch', () => {});\n" * 20)
    (folder / "sw.js.br").write_bytes(b"made by the build")
    (folder / "manifest.webmanifest").write_text('{"name": "Outcry"}')
    (folder / "icon-192.png").write_bytes(b"\x89PNG\r\n")
    (folder / "robots.txt").write_text("of the build")
    (folder / ".inputs").write_text("secret")
    return folder


@pytest.fixture
async def market(database_url: str, tmp_path: Path, client_folder: Path) -> AsyncIterator[TestMarket]:
    async with served_market(database_url, tmp_path, client_dir=client_folder) as served:
        yield served


class Head(HTMLParser):
    """A page's metadata, as a link preview reads it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.titles: list[str] = []
        self.data: list[Any] = []
        self.scripts = 0
        self._within = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        self._within = facts.get("type", "") if tag == "script" else tag
        if tag == "meta" and "content" in facts:
            name = facts.get("property") or facts.get("name") or facts.get("http-equiv", "")
            assert name not in self.meta, f"{name} is said twice"
            self.meta[name] = facts["content"]
        elif tag == "link":
            self.links[facts["rel"]] = facts["href"]
        elif tag == "script" and not facts.get("type", "").endswith("json"):
            # The market's facts stand in a block of data, which does not run.
            self.scripts += 1

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "title":
            self.titles.append(data)
        elif self._within == "application/ld+json":
            self.data.append(json.loads(data))


def root_of(page: str) -> str:
    """What stands in the root element, where React will put itself."""
    found = re.search(r'<div id="root">(.*)</div>\s*</body>', page, re.DOTALL)
    assert found is not None
    return found[1]


async def test_assets_never_change_and_come_compressed(market: TestMarket, client_folder: Path) -> None:
    plain = (client_folder / SCRIPT[1:]).read_bytes()
    packed = await market.client.get(SCRIPT, headers={"Accept-Encoding": "gzip"})
    assert packed.content == plain
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"] == "text/javascript; charset=utf-8"
    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.headers["x-content-type-options"] == "nosniff"
    assert int(packed.headers["content-length"]) < len(plain)
    whole = await market.client.get(SCRIPT, headers={"Accept-Encoding": "identity, gzip;q=0"})
    assert "content-encoding" not in whole.headers
    assert whole.headers["etag"] != packed.headers["etag"]
    again = await market.client.get(
        SCRIPT, headers={"If-None-Match": packed.headers["etag"], "Accept-Encoding": "gzip"}
    )
    assert (again.status_code, again.content) == (304, b"")
    head = await market.client.head(SCRIPT, headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content, int(head.headers["content-length"])) == (200, b"", len(plain))
    font = await market.client.get("/assets/inter.woff2")
    assert (font.headers["content-type"], "content-encoding" in font.headers) == ("font/woff2", False)


async def test_a_file_of_another_build_is_missing_and_not_a_page(market: TestMarket) -> None:
    for path in ("/assets/index-older.js", "/assets/", "/assets/..%2findex.html"):
        answer = await market.client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_files_of_the_root_are_asked_for_again(market: TestMarket) -> None:
    worker = await market.client.get("/sw.js", headers={"Accept-Encoding": "gzip"})
    assert worker.headers["cache-control"] == "no-cache"
    assert worker.headers["service-worker-allowed"] == "/"
    # What the build packed itself is taken as it is.
    async with (
        httpx.AsyncClient(base_url=market.base_url) as raw,
        raw.stream("GET", "/sw.js", headers={"Accept-Encoding": "br, gzip"}) as answer,
    ):
        assert answer.headers["content-encoding"] == "br"
        assert b"".join([part async for part in answer.aiter_raw()]) == b"made by the build"
    manifest = await market.client.get("/manifest.webmanifest")
    assert manifest.headers["content-type"] == "application/manifest+json"
    icon = await market.client.get("/icon-192.png")
    assert icon.headers["content-type"] == "image/png"
    for hidden in ("/.inputs", "/sw.js.br"):
        assert (await market.client.get(hidden)).status_code == 404


async def test_every_route_of_the_client_answers_its_shell(market: TestMarket) -> None:
    for path in (
        "/",
        "/search?q=camera",
        "/sell",
        "/sell/a/b",
        "/sign-in",
        "/sign-up",
        "/me",
        "/me/bids",
        "/staff/orders",
        "/ui",
    ):
        answer = await market.client.get(path)
        assert answer.status_code == 200, path
        assert SCRIPT in answer.text, path
        assert answer.headers["cache-control"] == "no-cache", path
        assert Head(answer.text).titles[0].endswith("Outcry"), path
        assert (await market.client.head(path)).status_code == 200, path
    assert Head((await market.client.get("/me")).text).meta["robots"] == "noindex"
    assert "robots" not in Head((await market.client.get("/")).text).meta


async def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(market: TestMarket) -> None:
    for path in ("/nothing/here", "/auctions/x", "/listings/0198c0de-0000-7000-8000-000000000000", "/index.html"):
        answer = await market.client.get(path, headers={"Accept": "text/html"})
        assert (answer.status_code, SCRIPT in answer.text) == (404, True), path
        assert Head(answer.text).meta["robots"] == "noindex"
    for path in ("/v1/nothing", "/v1/auctions/x", "/media/x/y/z", "/healthy"):
        answer = await market.client.get(path, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
    posted = await market.client.post("/nothing")
    assert (posted.status_code, posted.json()["code"]) == (404, "not_found")


async def test_an_auction_can_be_read_in_the_shell(market: TestMarket) -> None:
    seller, alice = await market.sign_up("Mira"), await market.sign_up()
    auction = await market.auction(seller, buy_now_price=90000, reserve_price=50000)
    await alice.bid(auction["id"], 1000, 7700)
    page = (await market.client.get(f"/auctions/{auction['id']}")).text
    head, shown = Head(page), root_of(page)
    address = f"{market.base_url}/auctions/{auction['id']}"
    assert head.titles == ["Rangefinder camera · Outcry"]
    assert head.scripts == 1
    assert head.meta["description"] == head.meta["og:description"] == "Works, with its case."
    assert head.links["canonical"] == head.meta["og:url"] == address
    assert (head.meta["product:price:amount"], head.meta["product:price:currency"]) == ("10.00", "USD")
    (product,) = head.data
    assert product["name"] == "Rangefinder camera"
    offers = product["offers"]
    assert (offers["@type"], offers["lowPrice"], offers["highPrice"]) == ("AggregateOffer", "10.00", "900.00")
    assert offers["priceValidUntil"] == (await market.read(auction["id"]))["ends_at"]
    assert offers["availability"] == "https://schema.org/InStock"
    assert "10.00 USD" in shown
    assert "Bidder 1" in shown
    # Scripts would be robbed of their page: only browsers without them look again by themselves.
    assert re.search(r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', page)
    # What only the bidder may know is nowhere in the page.
    assert "77.00" not in page
    assert alice.id not in page


async def test_a_listing_has_a_page_of_its_own_with_and_without_an_auction(market: TestMarket) -> None:
    seller = await market.sign_up("Mira")
    fixed = await market.listing(seller, sale_type="fixed", price=12345, stock=2)
    page = (await market.client.get(fixed["url"])).text
    (product,) = Head(page).data
    assert (product["offers"]["@type"], product["offers"]["price"]) == ("Offer", "123.45")
    assert product["offers"]["availability"] == "https://schema.org/InStock"
    assert "123.45 USD" in root_of(page)
    auction = await market.auction(seller)
    listed = await market.client.get(f"/listings/{auction['listing_id']}")
    assert listed.status_code == 200
    assert Head(listed.text).links["canonical"].endswith(f"/listings/{auction['listing_id']}")
    assert f'href="/auctions/{auction["id"]}"' in root_of(listed.text)
    assert "10.00 USD" in root_of(listed.text)
    draft = await market.listing(seller, publish=False)
    assert (await market.client.get(draft["url"])).status_code == 404


async def test_a_person_can_be_read_with_what_people_say(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(NASTY[:40]), await market.sign_up("Bea")
    path = f"/people/{seller.id}"
    assert "not rated yet" in (await market.client.get(path)).text
    order = await completed(market, seller, buyer)
    for person, stars in ((buyer, 4), (seller, 5)):
        body = {"stars": stars, "comment": f"Quick. {NASTY}"}
        assert (await person.post(f"/v1/orders/{order['id']}/rating", body)).status_code == 201
    page = await market.client.get(path)
    assert "rated 4.0 of 5 by 1 person" in page.text
    assert "4 of 5</strong> by Bea" in page.text
    assert "<script>alert" not in page.text
    assert Head(page.text).meta["robots"] == "noindex"
    for missing in ("/people/nobody", f"/people/{order['id']}"):
        answer = await market.client.get(missing)
        assert (answer.status_code, SCRIPT in answer.text) == (404, True)


async def test_nothing_a_seller_writes_leaves_its_place(market: TestMarket) -> None:
    seller = await market.sign_up(NASTY[:40])
    listing = await market.listing(
        seller,
        title=NASTY,
        description=f"{NASTY}\n{{{{ 7 * 7 }}}} {{% raw %}}",
        sale_type="fixed",
        price=500,
        location={"lat": 1, "lng": 2, "name": NASTY},
    )
    page = (await market.client.get(listing["url"])).text
    head = Head(page)
    assert head.scripts == 1
    assert "alert(1)</script>" not in page
    assert head.data[0]["name"] == NASTY
    assert head.titles == [f"{NASTY} · Outcry"]
    assert head.meta["og:title"] == NASTY
    assert "{{ 7 * 7 }}" in page


async def test_reading_a_page_in_the_shell_leaves_counting_to_the_client(market: TestMarket) -> None:
    seller = await market.sign_up()
    listing = await market.listing(seller, sale_type="fixed", price=500)
    await market.client.get(listing["url"])
    await market.outcry.view_counter.flush()
    assert (await market.client.get(f"/v1/listings/{listing['id']}")).json()["view_count"] == 0


async def test_the_sitemap_names_every_public_page_once(market: TestMarket) -> None:
    market.outcry.sitemap.__init__(page_listings=2)
    seller = await market.sign_up()
    made = [await market.listing(seller, sale_type="fixed", price=500) for _ in range(3)]
    auction = await market.auction(seller)
    await market.listing(seller, publish=False)
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    index = ElementTree.fromstring((await market.client.get("/sitemap.xml")).content)
    places = [place.text or "" for place in index.findall("s:sitemap/s:loc", names)]
    assert len(places) == 3
    listed: list[str] = []
    for place in places:
        answer = await market.client.get(place)
        assert answer.headers["content-type"] == "application/xml; charset=utf-8"
        listed += [url.text or "" for url in ElementTree.fromstring(answer.content).findall("s:url/s:loc", names)]
    wanted = ["/", "/search", f"/auctions/{auction['id']}", f"/listings/{auction['listing_id']}"]
    wanted += [one["url"] for one in made]
    assert sorted(listed) == sorted(market.base_url + path for path in wanted)
    assert (await market.client.get("/sitemaps/nonsense.xml")).status_code == 404
    assert (await market.client.get("/sitemaps/start.html")).status_code == 404


async def test_robots_are_told_where_the_sitemap_is(market: TestMarket) -> None:
    told = (await market.client.get("/robots.txt")).text
    assert f"Sitemap: {market.base_url}/sitemap.xml" in told
    assert "Disallow: /me\n" in told
    # The client that search engines run must reach the API.
    assert "/v1" not in told


async def test_the_outside_name_is_the_one_in_links(database_url: str, tmp_path: Path, client_folder: Path) -> None:
    chosen = {"client_dir": client_folder, "public_url": "https://bids.example/"}
    async with served_market(database_url, tmp_path, **chosen) as market:
        assert Head((await market.client.get("/")).text).links["canonical"] == "https://bids.example/"
        assert "https://bids.example/sitemaps/" in (await market.client.get("/sitemap.xml")).text


async def test_the_sitemap_is_made_anew_now_and_then_only(market: TestMarket) -> None:
    sitemap = Sitemap()
    assert await sitemap.firsts(market.outcry.database) == []
    listing = await market.listing(await market.sign_up())
    assert await sitemap.firsts(market.outcry.database) == []
    assert await Sitemap().firsts(market.outcry.database) == [UUID(listing["id"])]


def test_a_client_that_is_none_is_refused_at_start(tmp_path: Path) -> None:
    def settings(folder: str) -> Any:
        return load_settings({"OUTCRY_DATA_DIR": str(tmp_path), "OUTCRY_CLIENT_DIR": folder}, tmp_path / "none.toml")

    with pytest.raises(SettingsError, match=r"no index\.html"):
        load_client(settings(str(tmp_path)))
    (tmp_path / "index.html").write_text("<html><head></head><body></body></html>")
    with pytest.raises(SettingsError, match="root"):
        load_client(settings(str(tmp_path)))
    assert load_client(settings("none")) is None


def test_the_shells_own_words_make_room_for_the_pages() -> None:
    shell = split_shell(
        INDEX.replace("</head>", '<meta property="og:title" content="x"><link rel="canonical" href="/"></head>')
    )
    assert "Built" not in shell.head
    assert "og:title" not in shell.head
    assert "canonical" not in shell.head
    assert "theme-color" in shell.head
    assert "manifest" in shell.head
    assert shell.body.endswith('<div id="root">')
    assert shell.rest.startswith("</div>")


def test_an_encoding_refused_is_not_taken() -> None:
    assert accepted_encodings("gzip, br;q=0.5, zstd;q=0, deflate; q=0.000") == {"gzip", "br"}
