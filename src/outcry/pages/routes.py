"""The pages: auctions to read without JavaScript (SPEC WEB-3), the API reference, the development outbox."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.auctions import browsing
from outcry.auctions.schemas import AuctionView, BidView
from outcry.auctions.service import AuctionService
from outcry.catalog.listings import Listings
from outcry.catalog.schemas import ListingView
from outcry.kernel.access import Access, Principal, access, actor_of
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.errors import NotFound
from outcry.kernel.http import Document
from outcry.kernel.market import Market
from outcry.kernel.messages import newest_messages
from outcry.kernel.money import format_amount, minor_digits
from outcry.pages.reference import tags_of
from outcry.pages.render import page, static

PAGE_AUCTIONS = 24
SHOWN_BIDS = 50
_PUBLIC = access(Access.PUBLIC)
_HEADINGS = {
    "live": ("Live now", "Prices move as people bid. The soonest to end comes first."),
    "scheduled": ("Upcoming", "Announced, not open yet."),
    "ended": ("Results", "What was sold, what was not, and for how much."),
}
_STATUS_WORDS = {
    "live": "Live",
    "scheduled": "Upcoming",
    "awaiting_decision": "Seller decides",
    "sold": "Sold",
    "unsold": "Not sold",
    "cancelled": "Cancelled",
    "ended": "Ended",
}


class Card(msgspec.Struct, frozen=True):
    """An auction in the list."""

    id: UUID
    title: str
    image_url: str | None
    status: str
    status_words: str
    price: str
    price_words: str
    bids_words: str
    time_words: str


@get("/", opt=_PUBLIC, include_in_schema=False)
async def index(
    principal: Principal | None,
    database: Database,
    auctions: AuctionService,
    market: Market,
    status: Annotated[str, Parameter(max_length=20)] = "live",
    cursor: Annotated[str, Parameter(max_length=512)] | None = None,
) -> Response[str]:
    """The running auctions, to read."""
    status = status if status in _HEADINGS else "live"
    sort = "newest" if status == "ended" else "ending_soon"
    wanted = browsing.Wanted(status, None, None, sort, PAGE_AUCTIONS, cursor)
    async with database.transaction(actor_of(principal)) as tx:
        found = await browsing.list_auctions(tx, auctions, principal, wanted)
    heading, lead = _HEADINGS[status]
    return page(
        "index.html",
        market=market,
        status=status,
        heading=heading,
        lead=lead,
        cards=[_card(view) for view in found.items],
        next_url=f"/?status={status}&cursor={found.next_cursor}" if found.next_cursor else None,
        empty_words="New auctions open all the time; come back in a moment.",
    )


@get("/auctions/{auction_id:str}", opt=_PUBLIC, include_in_schema=False)
async def auction_page(
    auction_id: str,
    request: Request[Any, Any, Any],
    principal: Principal | None,
    database: Database,
    auctions: AuctionService,
    listings: Listings,
    market: Market,
) -> Response[str]:
    """One auction, to read."""
    try:
        identity = UUID(auction_id)
        async with database.transaction(actor_of(principal)) as tx:
            view = await auctions.read(tx, identity, principal)
            listing = await listings.read(tx, view.listing_id, principal)
            bids = await browsing.history(tx, identity, None, SHOWN_BIDS, None)
    except (NotFound, ValueError):
        words = "It may have been removed, or the address is not complete."
        return page("problem.html", http_status=404, market=market, title="There is no such auction", words=words)
    listings.views.count(listing.id)
    return page("auction.html", market=market, **_lot(view, listing, bids.items, str(request.base_url).rstrip("/")))


@get("/listings/{listing_id:str}", opt=_PUBLIC, include_in_schema=False)
async def listing_page(
    listing_id: str, principal: Principal | None, database: Database, listings: Listings, market: Market
) -> Response[str]:
    """A listing leads to its auction."""
    try:
        async with database.transaction(actor_of(principal)) as tx:
            listing = await listings.read(tx, UUID(listing_id), principal)
            newest = await tx.scalar(
                "SELECT id FROM auctions WHERE listing_id = :id ORDER BY id DESC LIMIT 1", {"id": listing.id}
            )
    except (NotFound, ValueError):
        newest = None
    if newest is None:
        words = "It may have been removed, or it is not in an auction."
        return page("problem.html", http_status=404, market=market, title="There is no such listing", words=words)
    return Response("", status_code=302, headers={"Location": f"/auctions/{newest}"})


@get("/docs", opt=_PUBLIC, include_in_schema=False)
async def docs(document: Document, market: Market) -> Response[str]:
    """The API reference."""
    return page("docs.html", market=market, version=document.content["info"]["version"], tags=tags_of(document.content))


@get("/openapi.json", opt=_PUBLIC, include_in_schema=False)
async def openapi(document: Document) -> Response[bytes]:
    """The OpenAPI 3.1 document."""
    return Response(msgspec.json.encode(document.content), media_type="application/json")


@get("/pages.css", opt=_PUBLIC, include_in_schema=False)
async def styles() -> Response[bytes]:
    """The pages' style sheet."""
    return Response(static("pages.css"), media_type="text/css", headers={"Cache-Control": "max-age=300"})


@get("/docs.js", opt=_PUBLIC, include_in_schema=False)
async def docs_script() -> Response[bytes]:
    """Tries calls from the reference."""
    return Response(static("docs.js"), media_type="text/javascript", headers={"Cache-Control": "max-age=300"})


@get("/icon.svg", opt=_PUBLIC, include_in_schema=False)
async def icon() -> Response[bytes]:
    """The icon."""
    return Response(static("icon.svg"), media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


@get("/dev/outbox", opt=_PUBLIC, include_in_schema=False)
async def outbox(request: Request[Any, Any, Any], database: Database, keys: KeyRing, market: Market) -> Response[Any]:
    """Development only: what would have been sent; JSON for those who ask for it."""
    async with database.transaction(SYSTEM) as tx:
        messages = await newest_messages(tx, keys)
    if "application/json" in request.headers.get("accept", ""):
        return Response(msgspec.json.encode({"items": messages}), media_type="application/json")
    return page("outbox.html", market=market, messages=messages)


def _card(view: AuctionView) -> Card:
    listing = view.listing
    assert not isinstance(listing, msgspec.UnsetType)
    price, words = _price(view)
    count = f"{view.bid_count} bid{'' if view.bid_count == 1 else 's'}"
    return Card(
        view.id,
        listing.title,
        listing.image_url,
        view.status,
        _STATUS_WORDS[view.status],
        price,
        words,
        count,
        _time(view)[1],
    )


def _price(view: AuctionView) -> tuple[str, str]:
    if view.final_price is not None:
        return format_amount(view.final_price, view.currency), "sold for"
    if view.current_price is not None:
        words = "highest bid" if view.status != "live" else "current bid"
        return format_amount(view.current_price, view.currency), words
    return format_amount(view.starting_price, view.currency), "starting price"


def _time(view: AuctionView) -> tuple[str, str]:
    if view.status == "live" and view.ends_at:
        seconds = max(0, (_seconds(view.ends_at) - _seconds(view.server_time)))
        return "Ends in", f"{_span(seconds)} left"
    if view.status == "scheduled":
        return "Starts", _minute(view.starts_at) if view.starts_at else "when the seller goes live"
    return "Ended", _minute(view.ends_at) if view.ends_at else "before it began"


def _seconds(instant: str) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(instant).timestamp())


def _span(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3_600:
        return f"{seconds // 60} min {seconds % 60} s"
    if seconds < 86_400:
        return f"{seconds // 3_600} h {seconds % 3_600 // 60} min"
    return f"{seconds // 86_400} d {seconds % 86_400 // 3_600} h"


def _minute(instant: str) -> str:
    return instant[:16].replace("T", " ")


def _lot(view: AuctionView, listing: ListingView, bids: Sequence[BidView], base_url: str) -> dict[str, Any]:
    price, price_words = _price(view)
    time_label, time_words = _time(view)
    pictures = [
        next((one.url for one in medium.variants if one.name == "large"), medium.variants[0].url)
        for medium in listing.media
        if medium.variants
    ]
    shown = [{**msgspec.structs.asdict(bid), "price": format_amount(bid.amount, view.currency)} for bid in bids]
    amount = view.final_price or view.current_price or view.starting_price
    structured = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": listing.title,
        "description": listing.description,
        "image": [base_url + one for one in pictures],
        "offers": {
            "@type": "Offer",
            "price": f"{amount / 10 ** minor_digits(view.currency):.{minor_digits(view.currency)}f}",
            "priceCurrency": view.currency,
            "availability": "https://schema.org/" + ("InStock" if view.status == "live" else "SoldOut"),
        },
    }
    return {
        "auction": view,
        "listing": listing,
        "bids": shown,
        "pictures": pictures,
        "image_url": pictures[0] if pictures else None,
        "base_url": base_url,
        "price": price,
        "price_words": price_words[:1].upper() + price_words[1:],
        "minimum": format_amount(view.minimum_bid, view.currency),
        "buy_now": format_amount(view.buy_now_price, view.currency) if view.buy_now_price else None,
        "leader_words": "Won by" if view.status == "sold" else "Leading",
        "status_words": _STATUS_WORDS[view.status],
        "time_label": time_label,
        "time_words": time_words.removesuffix(" left"),
        # `<` must not end the script element the data stands in.
        "structured": msgspec.json.encode(structured).decode().replace("<", "\\u003c"),
    }


ROUTES: Sequence[ControllerRouterHandler] = [
    index, auction_page, listing_page, docs, openapi, styles, docs_script, icon,
]  # fmt: skip
DEVELOPMENT_ROUTES: Sequence[ControllerRouterHandler] = [outbox]
