"""Listings' use cases (SPEC CAT-1, CAT-2, CAT-6, CAT-8)."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from outcry.catalog import categories
from outcry.catalog.rules import FROZEN_WHILE_LIVE, ListingStatus, may_become
from outcry.catalog.schemas import (
    CreateListing,
    ListingView,
    Location,
    LocationView,
    PatchListing,
    SellerCard,
    SetMedia,
)
from outcry.catalog.service import ListingInAuction, ListingNotFound
from outcry.identity.service import display_names
from outcry.kernel.access import AccountSuspended, Principal
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.errors import Conflict, InvalidInput, RateLimited
from outcry.kernel.ids import new_id
from outcry.kernel.market import Market
from outcry.kernel.settings import Settings
from outcry.kernel.times import rfc3339
from outcry.media import service as media

MAX_COUNTED_VIEWS = 10_000
FLUSH_VIEWS_SECONDS = 5.0
MAX_WATCHED_LISTINGS = 1_000
_SECONDS_PER_HOUR = 3_600


_log = logging.getLogger("outcry.catalog")


class WrongListingStatus(Conflict):
    """The listing's status does not allow this."""

    code = "wrong_listing_status"
    title = "The listing's status does not allow this"


class ListingLimitReached(Conflict):
    """A free account's active listings (SPEC CAT-8)."""

    code = "listing_limit_reached"
    title = "You have as many active listings as a free account may have"


class ViewCounter:
    """Counts views in memory and writes them set-based now and then: a hot page costs no write (SPEC CAT-6)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: Counter[UUID] = Counter()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Flush now and then."""
        self._task = asyncio.create_task(self._run(), name="views")

    async def stop(self) -> None:
        """Flush what is left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_VIEWS_SECONDS)
            try:
                await self.flush()
            except Exception as failed:
                _log.warning("views could not be written: %s", failed)

    def count(self, listing_id: UUID) -> None:
        """One more view; beyond the bound new listings are not counted until the next flush."""
        if listing_id in self._counts or len(self._counts) < MAX_COUNTED_VIEWS:
            self._counts[listing_id] += 1

    async def flush(self) -> None:
        """Add what was counted."""
        counted, self._counts = self._counts, Counter()
        if not counted:
            return
        ids = sorted(counted)
        async with self._database.transaction(SYSTEM) as tx:
            await tx.run(
                "UPDATE listings l SET view_count = view_count + v.views"
                " FROM unnest(CAST(:ids AS uuid[]), CAST(:views AS bigint[])) AS v (id, views) WHERE l.id = v.id",
                {"ids": ids, "views": [counted[one] for one in ids]},
            )


class Listings:
    """Making, changing, publishing, showing."""

    def __init__(self, settings: Settings, market: Market, views: ViewCounter) -> None:
        self._settings = settings
        self._market = market
        self.views = views

    async def create(self, tx: Transaction, principal: Principal, body: CreateListing) -> ListingView:
        """A draft. Raises InvalidInput, RateLimited (new users), AccountSuspended."""
        _may_sell(principal)
        await self._check_rate(tx, principal)
        currency = body.currency or self._market.currency
        await self._check(tx, body.category, body.attributes, currency, body.sale_type, body.price)
        listing_id = new_id()
        await tx.run(
            """
            INSERT INTO listings (id, seller_id, title, description, category, condition, sale_type, currency, price,
                stock, attributes, latitude, longitude, place, fulfilment)
            VALUES (:id, :seller_id, :title, :description, :category, :condition, :sale_type, :currency, :price,
                :stock, CAST(:attributes AS jsonb), :latitude, :longitude, :place, :fulfilment)
            """,
            {
                "id": listing_id,
                "seller_id": principal.user_id,
                "title": body.title.strip(),
                "description": body.description.strip(),
                "category": body.category,
                "condition": body.condition,
                "sale_type": body.sale_type,
                "currency": currency,
                "price": body.price,
                "stock": body.stock,
                "attributes": msgspec.json.encode(body.attributes).decode(),
                "fulfilment": sorted(set(body.fulfilment)),
                **_place(body.location),
            },
        )
        return await self.read(tx, listing_id, principal)

    async def _check_rate(self, tx: Transaction, principal: Principal) -> None:
        if self._settings.rate_limits == "off":
            return
        row = await tx.first(
            """
            SELECT u.created_at > now() - :newness AS is_new, (SELECT count(*) FROM listings l
                WHERE l.seller_id = u.id AND l.created_at > now() - interval '1 hour') AS recent
            FROM users u WHERE u.id = :id
            """,
            {"id": principal.user_id, "newness": timedelta(days=self._market.new_user_days)},
        )
        limit = self._market.new_user_listings_per_hour
        if row is not None and row.is_new and row.recent >= limit:
            raise RateLimited(
                retry_after_seconds=_SECONDS_PER_HOUR, detail=f"New sellers can make {limit} listings an hour"
            )

    async def _check(
        self,
        tx: Transaction,
        category: str,
        attributes: dict[str, Any],
        currency: str,
        sale_type: str,
        price: int | None,
    ) -> None:
        try:
            found = await categories.read(tx, category)
        except categories.CategoryNotFound:
            raise InvalidInput(("/category", "is not a known category")) from None
        if currency not in self._market.currencies:
            raise InvalidInput(("/currency", f"must be one of {', '.join(self._market.currencies)}"))
        if sale_type != "auction" and price is None:
            raise InvalidInput(("/price", f"is needed for sale_type {sale_type}"))
        categories.check_attributes(found.attribute_schema, attributes)

    async def patch(self, tx: Transaction, principal: Principal, listing_id: UUID, body: PatchListing) -> ListingView:
        """Change what the body names. Raises ListingNotFound, ListingInAuction, WrongListingStatus, InvalidInput."""
        _may_sell(principal)
        row = await self._lock_own(tx, principal, listing_id)
        changes = {name: getattr(body, name) for name in body.__struct_fields__}
        changes = {name: value for name, value in changes.items() if value is not msgspec.UNSET}
        if row.status in (ListingStatus.REMOVED, ListingStatus.SOLD):
            raise WrongListingStatus(listing_status=row.status)
        frozen = sorted(FROZEN_WHILE_LIVE & changes.keys())
        if row.auction_live and frozen:
            raise ListingInAuction(f"While its auction is live, {', '.join(frozen)} cannot change")
        if row.current_auction_id is not None and "currency" in changes and changes["currency"] != row.currency:
            raise ListingInAuction("The currency cannot change under an auction")
        merged = {name: changes.get(name, getattr(row, name)) for name in _CHECKED}
        await self._check(tx, **merged)
        if "location" in changes:
            changes.update(_place(changes.pop("location")))
        if "attributes" in changes:
            changes["attributes"] = msgspec.json.encode(changes["attributes"]).decode()
        if changes:
            sets = ", ".join(
                f"{name} = CAST(:{name} AS jsonb)" if name == "attributes" else f"{name} = :{name}" for name in changes
            )
            await tx.run(
                f"UPDATE listings SET {sets}, updated_at = now() WHERE id = :id", {**changes, "id": listing_id}
            )
        return await self.read(tx, listing_id, principal)

    async def _lock_own(self, tx: Transaction, principal: Principal, listing_id: UUID) -> Any:
        row = await tx.first("SELECT * FROM listings WHERE id = :id FOR UPDATE", {"id": listing_id})
        if row is None or row.seller_id != principal.user_id:
            raise ListingNotFound()
        return row

    async def publish(self, tx: Transaction, principal: Principal, listing_id: UUID) -> ListingView:
        """draft -> pending_review -> active: reviewed at once while nobody moderates.

        Raises ListingNotFound, WrongListingStatus, ListingLimitReached.
        """
        _may_sell(principal)
        row = await self._lock_own(tx, principal, listing_id)
        before = ListingStatus(row.status)
        if before in (ListingStatus.ACTIVE, ListingStatus.PENDING_REVIEW):
            return await self.read(tx, listing_id, principal)
        if not may_become(before, ListingStatus.PENDING_REVIEW):
            raise WrongListingStatus(listing_status=row.status)
        # One person publishing twice at once must not slip past the limit.
        await tx.run("SELECT 1 FROM users WHERE id = :id FOR UPDATE", {"id": principal.user_id})
        active = await tx.scalar(
            "SELECT count(*) FROM listings WHERE seller_id = :id AND status IN ('active', 'pending_review')",
            {"id": principal.user_id},
        )
        if self._settings.rate_limits == "on" and active >= self._market.free_active_listings:
            raise ListingLimitReached(limit=self._market.free_active_listings)
        await self._to(tx, listing_id, ListingStatus.PENDING_REVIEW)
        await self._to(tx, listing_id, ListingStatus.ACTIVE)
        return await self.read(tx, listing_id, principal)

    async def _to(self, tx: Transaction, listing_id: UUID, status: ListingStatus) -> None:
        await tx.run(
            "UPDATE listings SET status = :status, updated_at = now(), published_at = CASE WHEN :status = 'active'"
            " THEN coalesce(published_at, now()) ELSE published_at END WHERE id = :id",
            {"id": listing_id, "status": status.value},
        )

    async def remove(self, tx: Transaction, principal: Principal, listing_id: UUID) -> None:
        """Raises ListingNotFound, ListingInAuction, WrongListingStatus."""
        row = await self._lock_own(tx, principal, listing_id)
        if row.current_auction_id is not None:
            raise ListingInAuction("Cancel its auction first")
        if not may_become(ListingStatus(row.status), ListingStatus.REMOVED):
            raise WrongListingStatus(listing_status=row.status)
        await self._to(tx, listing_id, ListingStatus.REMOVED)

    async def set_media(self, tx: Transaction, principal: Principal, listing_id: UUID, body: SetMedia) -> ListingView:
        """The pictures, in order; the first is the cover. Raises ListingNotFound, InvalidInput."""
        _may_sell(principal)
        await self._lock_own(tx, principal, listing_id)
        ids = list(dict.fromkeys(body.media_ids))
        await media.attach(tx, principal.user_id, ids)
        await tx.run(
            "UPDATE listings SET media_ids = CAST(:ids AS uuid[]), updated_at = now() WHERE id = :id",
            {"ids": ids, "id": listing_id},
        )
        return await self.read(tx, listing_id, principal)

    async def read(self, tx: Transaction, listing_id: UUID, viewer: Principal | None) -> ListingView:
        """One listing the transaction's actor may see. Raises ListingNotFound."""
        row = await tx.first("SELECT * FROM listings WHERE id = :id", {"id": listing_id})
        if row is None or (row.status == ListingStatus.REMOVED and not (viewer and viewer.is_staff)):
            raise ListingNotFound()
        (view,) = await self.views_of(tx, [row], viewer)
        return view

    async def views_of(self, tx: Transaction, rows: Sequence[Any], viewer: Principal | None) -> list[ListingView]:
        """Rows of `listings` as `viewer` sees them."""
        names = await display_names(tx, [row.seller_id for row in rows])
        pictures = await media.views(tx, [one for row in rows for one in row.media_ids])
        watched: set[UUID] = set()
        if viewer is not None and rows:
            found = await tx.all(
                "SELECT listing_id FROM listing_watches WHERE user_id = :me AND listing_id = ANY(:ids)",
                {"me": viewer.user_id, "ids": [row.id for row in rows]},
            )
            watched = {row.listing_id for row in found}
        return [_view(row, names, pictures, row.id in watched) for row in rows]

    async def watch(self, tx: Transaction, principal: Principal, listing_id: UUID) -> None:
        """Raises ListingNotFound, InvalidInput beyond MAX_WATCHED_LISTINGS. Run as the system: it counts."""
        row = await tx.first("SELECT status FROM listings WHERE id = :id", {"id": listing_id})
        if row is None or row.status not in (ListingStatus.ACTIVE, ListingStatus.SOLD):
            raise ListingNotFound()
        held = await tx.scalar("SELECT count(*) FROM listing_watches WHERE user_id = :me", {"me": principal.user_id})
        if held >= MAX_WATCHED_LISTINGS:
            raise InvalidInput(("/listing_id", f"at most {MAX_WATCHED_LISTINGS} listings can be watched"))
        added = await tx.run(
            "INSERT INTO listing_watches (user_id, listing_id) VALUES (:me, :id) ON CONFLICT DO NOTHING",
            {"me": principal.user_id, "id": listing_id},
        )
        await tx.run(
            "UPDATE listings SET watch_count = watch_count + :n WHERE id = :id", {"n": added, "id": listing_id}
        )

    async def unwatch(self, tx: Transaction, principal: Principal, listing_id: UUID) -> None:
        """Fine when it was not watched."""
        removed = await tx.run(
            "DELETE FROM listing_watches WHERE user_id = :me AND listing_id = :id",
            {"me": principal.user_id, "id": listing_id},
        )
        await tx.run(
            "UPDATE listings SET watch_count = watch_count - :n WHERE id = :id", {"n": removed, "id": listing_id}
        )


_CHECKED = ("category", "attributes", "currency", "sale_type", "price")


def _may_sell(principal: Principal) -> None:
    if principal.suspended:
        raise AccountSuspended()


def _place(location: Location | None) -> dict[str, Any]:
    if location is None:
        return {"latitude": None, "longitude": None, "place": None}
    return {"latitude": location.lat, "longitude": location.lng, "place": location.name}


def _view(row: Any, names: dict[UUID, str], pictures: dict[UUID, media.MediaView], watching: bool) -> ListingView:
    return ListingView(
        id=row.id,
        seller_id=row.seller_id,
        seller=SellerCard(row.seller_id, names.get(row.seller_id, "")),
        title=row.title,
        description=row.description,
        category=row.category,
        condition=row.condition,
        sale_type=row.sale_type,
        currency=row.currency,
        price=row.price,
        stock=row.stock,
        attributes=row.attributes,
        location=None if row.latitude is None else LocationView(row.latitude, row.longitude, row.place),
        fulfilment=list(row.fulfilment),
        status=row.status,
        media=[pictures[one] for one in row.media_ids if one in pictures],
        view_count=row.view_count,
        watch_count=row.watch_count,
        watching=watching,
        auction_id=row.current_auction_id,
        url=f"/listings/{row.id}",
        created_at=rfc3339(row.created_at),
        published_at=rfc3339(row.published_at) if row.published_at else None,
    )
