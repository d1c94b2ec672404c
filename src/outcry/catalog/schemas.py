"""What listings look like on the wire (API.md "Catalog")."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from outcry.kernel.http import AmountMinor, Currency, Instant, RequestStruct
from outcry.media.service import MediaView

Title = Annotated[str, Meta(min_length=3, max_length=120, pattern=r"\S")]
Description = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]
Slug = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z0-9-]+$")]
Condition = Literal["new", "refurbished", "used"]
SaleType = Literal["fixed", "auction", "both"]
Fulfilment = Annotated[list[Literal["shipping", "meetup"]], Meta(min_length=1, max_length=2)]
Stock = Annotated[int, Meta(ge=0, le=1_000_000)]


class Location(RequestStruct):
    """Where the thing is."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lng: Annotated[float, Meta(ge=-180, le=180)]
    name: Annotated[str, Meta(max_length=120)] | None = None


class CreateListing(RequestStruct):
    """A new draft."""

    title: Title
    description: Description
    category: Slug
    condition: Condition
    sale_type: SaleType
    fulfilment: Fulfilment
    currency: Currency | None = None
    price: AmountMinor | None = None
    stock: Stock = 1
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)
    location: Location | None = None


class PatchListing(RequestStruct):
    """What changes; absent stays."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    description: Description | msgspec.UnsetType = msgspec.UNSET
    category: Slug | msgspec.UnsetType = msgspec.UNSET
    condition: Condition | msgspec.UnsetType = msgspec.UNSET
    sale_type: SaleType | msgspec.UnsetType = msgspec.UNSET
    fulfilment: Fulfilment | msgspec.UnsetType = msgspec.UNSET
    currency: Currency | msgspec.UnsetType = msgspec.UNSET
    price: AmountMinor | msgspec.UnsetType | None = msgspec.UNSET
    stock: Stock | msgspec.UnsetType = msgspec.UNSET
    attributes: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    location: Location | msgspec.UnsetType | None = msgspec.UNSET


class SetMedia(RequestStruct):
    """A listing's pictures, in order."""

    media_ids: Annotated[list[UUID], Meta(max_length=12)]


class SellerCard(msgspec.Struct, frozen=True):
    """Who sells."""

    id: UUID
    display_name: str


class LocationView(msgspec.Struct, frozen=True):
    """Where the thing is."""

    lat: float
    lng: float
    name: str | None


class ListingView(msgspec.Struct, frozen=True):
    """A listing as the caller may see it."""

    id: UUID
    seller_id: UUID
    seller: SellerCard
    title: str
    description: str
    category: str
    condition: str
    sale_type: str
    currency: str
    price: int | None
    stock: int
    attributes: dict[str, Any]
    location: LocationView | None
    fulfilment: list[str]
    status: str
    media: list[MediaView]
    view_count: int
    watch_count: int
    watching: bool
    auction_id: UUID | None
    url: str
    created_at: Instant
    published_at: Instant | None
