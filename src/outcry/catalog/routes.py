"""HTTP of the catalog (API.md "Catalog")."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post, put
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.catalog import categories
from outcry.catalog.categories import CategoryList, CategoryView
from outcry.catalog.listings import Listings
from outcry.catalog.schemas import CreateListing, ListingView, PatchListing, SetMedia
from outcry.catalog.search import Wanted, attribute_filters, search
from outcry.kernel.access import Access, Principal, access, actor_of
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.http import problems
from outcry.kernel.idempotency import Idempotent
from outcry.kernel.paging import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS, Page, decode_cursor, encode_cursor

_TAGS = ["Catalog"]
_PUBLIC = access(Access.PUBLIC)
_SIGNED_IN = access(Access.SIGNED_IN)
Limit = Annotated[int, Parameter(ge=1, le=MAX_PAGE_ITEMS)]
Cursor = Annotated[str | None, Parameter(max_length=512)]
Price = Annotated[int | None, Parameter(ge=0, le=10**15)]


@get("/v1/categories", opt=_PUBLIC, tags=_TAGS, summary="Categories", responses=problems(401))
async def list_categories(database: Database, principal: Principal | None) -> CategoryList:
    """The tree, with each category's attribute schema."""
    async with database.transaction(actor_of(principal)) as tx:
        return CategoryList(await categories.tree(tx))


@get("/v1/categories/{slug:str}", opt=_PUBLIC, tags=_TAGS, summary="A category", responses=problems(401, 404))
async def get_category(slug: str, database: Database, principal: Principal | None) -> CategoryView:
    """With what is below it."""
    async with database.transaction(actor_of(principal)) as tx:
        return await categories.read(tx, slug)


@post("/v1/listings", opt=_SIGNED_IN, tags=_TAGS, summary="Create a listing", responses=problems(401, 403))
async def create_listing(
    data: CreateListing, principal: Principal, database: Database, listings: Listings, idempotent: Idempotent
) -> Response[ListingView]:
    """A draft; publish makes it public."""
    async with database.transaction(principal.actor) as tx:
        return await idempotent.answer(tx, data, lambda: listings.create(tx, principal, data), status=201)


@get("/v1/listings", opt=_PUBLIC, tags=_TAGS, summary="Search listings", responses=problems(401))
async def list_listings(
    request: Request[Any, Any, Any],
    principal: Principal | None,
    database: Database,
    listings: Listings,
    q: Annotated[str | None, Parameter(max_length=200)] = None,
    category: Annotated[str | None, Parameter(max_length=60)] = None,
    condition: Literal["new", "refurbished", "used"] | None = None,
    sale_type: Literal["fixed", "auction", "both"] | None = None,
    price_min: Price = None,
    price_max: Price = None,
    near: Annotated[str | None, Parameter(max_length=80)] = None,
    seller: UUID | None = None,
    sort: Literal["newest", "price", "price_desc", "relevance", "distance"] | None = None,
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Cursor = None,
) -> Page[ListingView]:
    """Also by attribute: `attr.NAME=value`, `attr.NAME_min`, `attr.NAME_max`; `near=lat,lng,km`."""
    attributes = attribute_filters(dict(request.query_params))
    wanted = Wanted(
        q, category, condition, sale_type, price_min, price_max, near, seller, sort, limit, cursor, attributes
    )
    async with database.transaction(actor_of(principal)) as tx:
        return await search(tx, listings, principal, wanted)


@get("/v1/listings/{listing_id:uuid}", opt=_PUBLIC, tags=_TAGS, summary="A listing", responses=problems(401, 404))
async def get_listing(
    listing_id: UUID, principal: Principal | None, database: Database, listings: Listings
) -> ListingView:
    """Drafts show to their owner only."""
    async with database.transaction(actor_of(principal)) as tx:
        view = await listings.read(tx, listing_id, principal)
    if principal is None or principal.user_id != view.seller_id:
        listings.views.count(listing_id)
    return view


@patch(
    "/v1/listings/{listing_id:uuid}",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="Change a listing",
    responses=problems(401, 403, 404, 409),
)
async def patch_listing(
    listing_id: UUID, data: PatchListing, principal: Principal, database: Database, listings: Listings
) -> ListingView:
    """Absent fields stay; what bidders rely on is frozen while an auction is live."""
    async with database.transaction(principal.actor) as tx:
        return await listings.patch(tx, principal, listing_id, data)


@delete(
    "/v1/listings/{listing_id:uuid}",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="Remove a listing",
    responses=problems(401, 404, 409),
)
async def delete_listing(listing_id: UUID, principal: Principal, database: Database, listings: Listings) -> None:
    """Not while it is in an auction."""
    async with database.transaction(principal.actor) as tx:
        await listings.remove(tx, principal, listing_id)


@post(
    "/v1/listings/{listing_id:uuid}/publish",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Publish",
    responses=problems(401, 403, 404, 409),
)
async def publish_listing(
    listing_id: UUID, principal: Principal, database: Database, listings: Listings, idempotent: Idempotent
) -> Response[ListingView]:
    """Goes through review; `status` tells `pending_review` or `active`."""
    async with database.transaction(principal.actor) as tx:
        return await idempotent.answer(tx, None, lambda: listings.publish(tx, principal, listing_id), status=200)


@put(
    "/v1/listings/{listing_id:uuid}/media",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="Set the pictures",
    responses=problems(401, 403, 404),
)
async def set_media(
    listing_id: UUID, data: SetMedia, principal: Principal, database: Database, listings: Listings
) -> ListingView:
    """Completed uploads of one's own, in order; the first is the cover."""
    async with database.transaction(principal.actor) as tx:
        return await listings.set_media(tx, principal, listing_id, data)


@put(
    "/v1/listings/{listing_id:uuid}/watch",
    opt=_SIGNED_IN,
    status_code=204,
    tags=_TAGS,
    summary="Watch a listing",
    responses=problems(401, 404),
)
async def watch_listing(listing_id: UUID, principal: Principal, database: Database, listings: Listings) -> None:
    """Onto the watchlist."""
    async with database.transaction(SYSTEM) as tx:
        await listings.watch(tx, principal, listing_id)


@delete(
    "/v1/listings/{listing_id:uuid}/watch",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="Stop watching a listing",
    responses=problems(401, 404),
)
async def unwatch_listing(listing_id: UUID, principal: Principal, database: Database, listings: Listings) -> None:
    """Off the watchlist."""
    async with database.transaction(SYSTEM) as tx:
        await listings.unwatch(tx, principal, listing_id)


@get("/v1/watchlist", opt=_SIGNED_IN, tags=_TAGS, summary="My watchlist", responses=problems(401))
async def watchlist(
    principal: Principal,
    database: Database,
    listings: Listings,
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Cursor = None,
) -> Page[ListingView]:
    """Newest listing first."""
    after = decode_cursor(cursor, tuple[UUID])
    async with database.transaction(principal.actor) as tx:
        rows = await tx.all(
            "SELECT l.* FROM listing_watches w JOIN listings l ON l.id = w.listing_id WHERE w.user_id = :me"
            " AND (CAST(:after AS uuid) IS NULL OR l.id < :after) ORDER BY l.id DESC LIMIT :limit",
            {"me": principal.user_id, "after": after[0] if after else None, "limit": limit + 1},
        )
        views = await listings.views_of(tx, rows[:limit], principal)
    return Page(views, encode_cursor(rows[limit - 1].id) if len(rows) > limit else None)


ROUTES: Sequence[ControllerRouterHandler] = [
    list_categories, get_category, create_listing, list_listings, get_listing, patch_listing, delete_listing,
    publish_listing, set_media, watch_listing, unwatch_listing, watchlist,
]  # fmt: skip
