"""sitemap.xml and robots.txt: what search engines may read, newest first and bounded (SPEC WEB-3).

The index names the first listing of each page; a page is read by that key, so no page costs more than another. The
index is remembered for a while, for it is made by walking the active listings.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

import msgspec
from litestar import Request, Response, get
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, access
from outcry.kernel.database import PUBLIC, Database, Transaction
from outcry.kernel.errors import NotFound
from outcry.kernel.times import rfc3339
from outcry.pages.render import Pages

# Each listing gives at most two addresses, its own and its auction's; the protocol allows 50,000 in a file.
PAGE_LISTINGS = 5_000
MAX_PAGES = 200
REMEMBERED_SECONDS = 600.0
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PUBLIC = access(Access.PUBLIC)
# Nobody's business, or nothing to read; the API stays open, for search engines run the client too.
_DISALLOWED = ("/dev/", "/me", "/metrics", "/orders", "/sell", "/sign-in", "/sign-up", "/staff", "/ui", "/wallet")

_FIRSTS = """
SELECT id, updated_at FROM (
    SELECT id, updated_at, row_number() OVER (ORDER BY id DESC) AS place
    FROM (SELECT id, updated_at FROM listings WHERE status = 'active' ORDER BY id DESC LIMIT :most) newest
) numbered WHERE (place - 1) % :page = 0 ORDER BY id DESC
"""
_PAGE = """
SELECT id, current_auction_id, updated_at FROM listings
WHERE status = 'active' AND id <= :first ORDER BY id DESC LIMIT :page
"""


class Sitemap:
    """The index of the sitemap, made at most every REMEMBERED_SECONDS by one request at a time."""

    def __init__(self, page_listings: int = PAGE_LISTINGS) -> None:
        self._page_listings = page_listings
        self._firsts: list[UUID] = []
        self._made_at = -REMEMBERED_SECONDS
        self._making = asyncio.Lock()

    async def firsts(self, database: Database) -> list[UUID]:
        """The first listing of each page."""
        async with self._making:
            if monotonic() - self._made_at >= REMEMBERED_SECONDS:
                async with database.transaction(PUBLIC) as tx:
                    most = {"most": MAX_PAGES * self._page_listings, "page": self._page_listings}
                    self._firsts = [row.id for row in await tx.all(_FIRSTS, most)]
                self._made_at = monotonic()
            return self._firsts

    async def page(self, tx: Transaction, first: UUID) -> list[tuple[str, datetime]]:
        """`(path, changed at)` of everything on the page that begins with `first`."""
        listed: list[tuple[str, datetime]] = []
        for row in await tx.all(_PAGE, {"first": first, "page": self._page_listings}):
            listed.append((f"/listings/{row.id}", row.updated_at))
            if row.current_auction_id is not None:
                listed.append((f"/auctions/{row.current_auction_id}", row.updated_at))
        return listed


def _xml(body: str) -> Response[str]:
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n',
        media_type="application/xml; charset=utf-8",
        headers={"Cache-Control": "public, max-age=300"},
    )


@get("/sitemap.xml", opt=_PUBLIC, include_in_schema=False)
async def index(request: Request[Any, Any, Any], database: Database, sitemap: Sitemap, pages: Pages) -> Response[str]:
    """The index of all pages."""
    base_url = escape(pages.base_url(request))
    places = ["start", *(str(first) for first in await sitemap.firsts(database))]
    listed = "".join(f"<sitemap><loc>{base_url}/sitemaps/{place}.xml</loc></sitemap>" for place in places)
    return _xml(f'<sitemapindex xmlns="{_NAMESPACE}">{listed}</sitemapindex>')


@get("/sitemaps/{name:str}", opt=_PUBLIC, include_in_schema=False)
async def page(
    name: str, request: Request[Any, Any, Any], database: Database, sitemap: Sitemap, pages: Pages
) -> Response[str]:
    """One page: `start.xml` for the market's own, else a listing's id and those made before it."""
    base_url = escape(pages.base_url(request))
    place, _, extension = name.partition(".")
    if extension != "xml":
        raise NotFound()
    if place == "start":
        own = "".join(f"<url><loc>{base_url}{path}</loc></url>" for path in ("/", "/search"))
        return _xml(f'<urlset xmlns="{_NAMESPACE}">{own}</urlset>')
    try:
        first = msgspec.convert(place, UUID)
    except msgspec.ValidationError:
        raise NotFound() from None
    async with database.transaction(PUBLIC) as tx:
        listed = await sitemap.page(tx, first)
    urls = "".join(f"<url><loc>{base_url}{path}</loc><lastmod>{rfc3339(at)}</lastmod></url>" for path, at in listed)
    return _xml(f'<urlset xmlns="{_NAMESPACE}">{urls}</urlset>')


@get("/robots.txt", opt=_PUBLIC, include_in_schema=False)
async def robots(request: Request[Any, Any, Any], pages: Pages) -> Response[str]:
    """What crawlers leave alone, and where the sitemap is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _DISALLOWED), ""]
    lines += [f"Sitemap: {pages.base_url(request)}/sitemap.xml", ""]
    return Response(
        "\n".join(lines), media_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"}
    )


ROUTES: Sequence[ControllerRouterHandler] = [index, page, robots]
