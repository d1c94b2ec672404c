"""Pages to read without JavaScript (SPEC WEB-3): auctions, one auction, one listing; and the client's other routes."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import HttpMethod, Request, Response, get, route
from litestar.exceptions import NotFoundException
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.auctions import browsing
from outcry.auctions.schemas import AuctionView, BidView
from outcry.auctions.service import AuctionService
from outcry.catalog.listings import Listings
from outcry.catalog.schemas import ListingView
from outcry.kernel.access import Access, Principal, access, actor_of
from outcry.kernel.database import Database, Transaction
from outcry.kernel.errors import NotFound
from outcry.kernel.http import handle_exception
from outcry.kernel.market import Market
from outcry.kernel.money import format_amount
from outcry.pages import words
from outcry.pages.render import About, Pages, Picture, static
from outcry.pages.structured import decimal_of, product, website

PAGE_AUCTIONS = 24
SHOWN_BIDS = 50
SHOWN_PICTURE = "large"
LIST_REFRESH_SECONDS = 15
LOT_REFRESH_SECONDS = 10
# Addresses of programs: what they ask for in vain is a problem document, never a page.
_PROGRAMS = ("/v1/", "/health", "/metrics", "/media/", "/dev/", "/.well-known/", "/openapi", "/docs")
_PUBLIC = access(Access.PUBLIC)
_READ = [HttpMethod.GET, HttpMethod.HEAD]
_HEADINGS = {
    "live": ("Live now", "Prices move as people bid. The soonest to end comes first."),
    "scheduled": ("Upcoming", "Announced, not open yet."),
    "ended": ("Results", "What was sold, what was not, and for how much."),
}
_NO_AUCTION = ("There is no such auction", "It may have been removed, or the address is not complete.")
_NO_LISTING = ("There is no such listing", "It may have been removed, or the address is not complete.")
_NO_PAGE = ("There is nothing here", "The address may be mistyped, or what stood here has been removed.")


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


@route("/", http_method=_READ, opt=_PUBLIC, include_in_schema=False)
async def index(
    request: Request[Any, Any, Any],
    principal: Principal | None,
    database: Database,
    auctions: AuctionService,
    market: Market,
    pages: Pages,
    status: Annotated[str, Parameter(max_length=20)] = "live",
    cursor: Annotated[str | None, Parameter(max_length=512)] = None,
) -> Response[str]:
    """The running auctions, to read."""
    status = status if status in _HEADINGS else "live"
    sort = "newest" if status == "ended" else "ending_soon"
    wanted = browsing.Wanted(status, None, None, sort, PAGE_AUCTIONS, cursor)
    async with database.transaction(actor_of(principal)) as tx:
        found = await browsing.list_auctions(tx, auctions, principal, wanted)
    heading, lead = _HEADINGS[status]
    about = About(
        title=market.title if status == "live" else heading,
        description=f"{heading} at {market.title}: watch prices move and bid in real time.",
        path="/" if status == "live" else f"/?status={status}",
        structured=(website(market.title, pages.base_url(request)),),
        # Every page after the first is another one a moment later.
        indexed=cursor is None,
        refresh_seconds=LIST_REFRESH_SECONDS if status == "live" else None,
    )
    facts = {
        "heading": heading,
        "lead": lead,
        "cards": [_card(view) for view in found.items],
        "next_url": f"/?status={status}&cursor={found.next_cursor}" if found.next_cursor else None,
        "empty_words": "New auctions open all the time; come back in a moment.",
    }
    return pages.answer(request, "index.html", about, facts)


@route("/auctions/{auction_id:str}", http_method=_READ, opt=_PUBLIC, include_in_schema=False)
async def auction_page(
    auction_id: str,
    request: Request[Any, Any, Any],
    principal: Principal | None,
    database: Database,
    auctions: AuctionService,
    listings: Listings,
    pages: Pages,
) -> Response[str]:
    """One auction, to read."""
    try:
        identity = UUID(auction_id)
        async with database.transaction(actor_of(principal)) as tx:
            view = await auctions.read(tx, identity, principal)
            listing = await listings.read(tx, view.listing_id, principal)
            bids = await browsing.history(tx, identity, None, SHOWN_BIDS, None)
    except (NotFound, ValueError):
        return _missing(request, pages, *_NO_AUCTION)
    _count_view(pages, listings, listing)
    pictures = _pictures(listing)
    about = About(
        title=listing.title,
        description=listing.description,
        path=f"/auctions/{view.id}",
        kind="product",
        picture=pictures[0] if pictures else None,
        price=(decimal_of(words.amount_of(view), view.currency), view.currency),
        structured=(product(listing, view, pictures, pages.base_url(request)),),
        refresh_seconds=LOT_REFRESH_SECONDS if view.status == "live" else None,
    )
    facts = {**_listing_facts(listing, pictures), **_auction_facts(view), "bids": _shown(bids.items, view.currency)}
    return pages.answer(request, "auction.html", about, facts)


@route("/listings/{listing_id:str}", http_method=_READ, opt=_PUBLIC, include_in_schema=False)
async def listing_page(
    listing_id: str,
    request: Request[Any, Any, Any],
    principal: Principal | None,
    database: Database,
    auctions: AuctionService,
    listings: Listings,
    pages: Pages,
) -> Response[str]:
    """One listing, to read, with its auction when there is one; without the client that auction's page."""
    try:
        async with database.transaction(actor_of(principal)) as tx:
            listing = await listings.read(tx, UUID(listing_id), principal)
            auction = await _auction_of(tx, auctions, listing, principal)
    except (NotFound, ValueError):
        return _missing(request, pages, *_NO_LISTING)
    if auction is not None and pages.client is None:
        return Response("", status_code=302, headers={"Location": f"/auctions/{auction.id}"})
    _count_view(pages, listings, listing)
    pictures = _pictures(listing)
    fixed_price = listing.price if listing.sale_type != "auction" else None
    amount = fixed_price or (words.amount_of(auction) if auction else None)
    about = About(
        title=listing.title,
        description=listing.description,
        path=listing.url,
        kind="product",
        picture=pictures[0] if pictures else None,
        price=(decimal_of(amount, listing.currency), listing.currency) if amount else None,
        structured=(product(listing, auction, pictures, pages.base_url(request)),),
        indexed=listing.status in ("active", "sold"),
    )
    facts = {**_listing_facts(listing, pictures), **(_auction_facts(auction) if auction else {"auction": None})}
    facts["badge"], facts["status_words"] = _standing(listing, auction)
    facts["fixed_price"] = format_amount(fixed_price, listing.currency) if fixed_price else None
    facts["handover"] = " or ".join(listing.fulfilment)
    return pages.answer(request, "listing.html", about, facts)


async def _auction_of(
    tx: Transaction, auctions: AuctionService, listing: ListingView, principal: Principal | None
) -> AuctionView | None:
    """The listing's auction: the current one, else the newest there was."""
    identity = listing.auction_id or await tx.scalar(
        "SELECT id FROM auctions WHERE listing_id = :id ORDER BY id DESC LIMIT 1", {"id": listing.id}
    )
    return None if identity is None else await auctions.read(tx, identity, principal)


def _standing(listing: ListingView, auction: AuctionView | None) -> tuple[str, str]:
    if auction is not None and listing.auction_id is not None:
        return auction.status, words.STATUS_WORDS[auction.status]
    if listing.status == "sold" or (listing.sale_type == "fixed" and listing.stock == 0):
        return "sold", "Sold"
    return "fixed", "For sale"


def missing_page(pages: Pages) -> Any:
    """The exception handler of addresses that no route knows: a page for people, a problem for programs."""

    def answer(request: Request[Any, Any, Any], exception: NotFoundException) -> Response[Any]:
        wants = request.headers.get("accept", "*/*")
        of_program = request.url.path.startswith(_PROGRAMS) or ("json" in wants and "html" not in wants)
        if pages.client is None or of_program or request.method not in ("GET", "HEAD"):
            return handle_exception(request, exception)
        return _missing(request, pages, *_NO_PAGE)

    return answer


def _missing(request: Request[Any, Any, Any], pages: Pages, title: str, told: str) -> Response[str]:
    about = About(title=title, description=told, path=request.url.path, indexed=False)
    return pages.answer(request, "problem.html", about, {"title": title, "words": told}, status=404)


def _client_route(paths: list[str], title: str, description: str, *, indexed: bool = False) -> ControllerRouterHandler:
    """A route of the client with nothing to read without it."""

    @route(paths, http_method=_READ, opt=_PUBLIC, include_in_schema=False)
    async def shell(request: Request[Any, Any, Any], pages: Pages) -> Response[str]:
        about = About(title=title, description=description, path=request.url.path, indexed=indexed)
        return pages.answer(request, "empty.html", about, {"title": title})

    return shell


@get("/pages.css", opt=_PUBLIC, include_in_schema=False)
async def styles() -> Response[bytes]:
    """The style sheet of pages in their own frame."""
    return Response(static("pages.css"), media_type="text/css", headers={"Cache-Control": "max-age=300"})


@get("/icon.svg", opt=_PUBLIC, include_in_schema=False)
async def icon() -> Response[bytes]:
    """The icon."""
    return Response(static("icon.svg"), media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


def _count_view(pages: Pages, listings: Listings, listing: ListingView) -> None:
    # In the client's shell the client asks the API, which counts.
    if pages.client is None:
        listings.views.count(listing.id)


def _card(view: AuctionView) -> Card:
    listing = view.listing
    assert not isinstance(listing, msgspec.UnsetType)
    price, price_words = words.price_of(view)
    label, time_words = words.time_of(view)
    return Card(
        view.id,
        listing.title,
        listing.image_url,
        view.status,
        words.STATUS_WORDS[view.status],
        price,
        price_words,
        words.bids_of(view),
        f"{time_words} left" if label == "Ends in" else time_words,
    )


def _pictures(listing: ListingView) -> list[Picture]:
    shown: list[Picture] = []
    for medium in listing.media:
        if medium.variants:
            chosen = next((one for one in medium.variants if one.name == SHOWN_PICTURE), medium.variants[0])
            # Links and previews name the chosen one; none is shown larger.
            sources = [f"{one.url} {one.width}w" for one in medium.variants if one.width <= chosen.width]
            shown.append(Picture(chosen.url, chosen.width, chosen.height, ", ".join(sources)))
    return shown


def _shown(bids: Sequence[BidView], currency: str) -> list[dict[str, Any]]:
    return [{**msgspec.structs.asdict(bid), "price": format_amount(bid.amount, currency)} for bid in bids]


def _listing_facts(listing: ListingView, pictures: Sequence[Picture]) -> dict[str, Any]:
    condition = words.CONDITION_WORDS.get(listing.condition, listing.condition)
    return {"listing": listing, "pictures": pictures, "condition": condition}


def _auction_facts(view: AuctionView) -> dict[str, Any]:
    price, price_words = words.price_of(view)
    time_label, time_words = words.time_of(view)
    return {
        "auction": view,
        "price": price,
        "price_words": price_words[:1].upper() + price_words[1:],
        "minimum": format_amount(view.minimum_bid, view.currency),
        "buy_now": format_amount(view.buy_now_price, view.currency) if view.buy_now_price else None,
        "leader_words": "Won by" if view.status == "sold" else "Leading",
        "status_words": words.STATUS_WORDS[view.status],
        "time_label": time_label,
        "time_words": time_words,
    }


ROUTES: Sequence[ControllerRouterHandler] = [
    index, auction_page, listing_page, styles, icon,
]  # fmt: skip
# With the client only.
CLIENT_ROUTES: Sequence[ControllerRouterHandler] = [
    _client_route(
        ["/search"], "Search", "Find auctions and listings by words, category, price and place.", indexed=True
    ),
    _client_route(["/offline-shell"], "Outcry", "Kept by browsers for when they are offline."),
    _client_route(["/sell", "/sell/{rest:path}"], "Sell", "Put something up, at auction or at a price."),
    _client_route(["/sign-in"], "Sign in", "Sign in to bid and to sell."),
    _client_route(["/sign-up"], "Sign up", "Join to bid and to sell."),
    _client_route(["/me", "/me/{rest:path}"], "You", "Your bids, auctions, watchlist and notifications."),
    _client_route(["/orders", "/orders/{rest:path}"], "Orders", "What you bought and sold, and what comes next."),
    _client_route(["/wallet", "/wallet/{rest:path}"], "Wallet", "Your money: balance, history, payouts."),
    _client_route(["/staff", "/staff/{rest:path}"], "Staff", "Disputes, payments, reconciliation and the ledger."),
    _client_route(["/ui"], "Design system", "Every component in all its states."),
]
