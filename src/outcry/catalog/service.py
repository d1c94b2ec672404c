"""What other domains ask of the catalog; auctions above all. Bulk calls take the driver's connection."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import TupleRow

from outcry.identity.service import display_names
from outcry.kernel.arrays import UuidInts, Uuids
from outcry.kernel.database import Transaction
from outcry.kernel.errors import Conflict, NotFound
from outcry.media import service as media

Connection = psycopg.AsyncConnection[TupleRow]


class ListingNotFound(NotFound):
    """No such listing, or not this person's to see."""

    title = "There is no such listing"


class ListingInAuction(Conflict):
    """An auction of it is scheduled or live."""

    code = "listing_in_auction"
    title = "The listing is in an auction"


class ListingForSale(msgspec.Struct, frozen=True):
    """What an auction must know of its listing."""

    id: UUID
    seller_id: UUID
    status: str
    sale_type: str
    currency: str
    category: str
    title: str
    stock: int


class Reserved(msgspec.Struct, frozen=True):
    """What was reserved: whose it is, the price of one in minor units, and how it may be handed over."""

    seller_id: UUID
    price: int
    currency: str
    fulfilment: list[str]


class Card(msgspec.Struct, frozen=True):
    """A listing in a list."""

    title: str
    category: str
    image_url: str | None
    seller_name: str | None
    cover_id: UUID | None = None


async def lock_listing(tx: Transaction, listing_id: UUID) -> ListingForSale | None:
    """The listing, its row locked."""
    row = await tx.first(
        "SELECT id, seller_id, status, sale_type, currency, category, title, stock FROM listings"
        " WHERE id = :id FOR UPDATE",
        {"id": listing_id},
    )
    return None if row is None else ListingForSale(*row)


async def auction_attached(tx: Transaction, listing_id: UUID, auction_id: UUID) -> None:
    """The listing now waits for this auction. Raises ListingInAuction when it is in another."""
    attached = await tx.run(
        "UPDATE listings SET current_auction_id = :auction WHERE id = :id AND current_auction_id IS NULL",
        {"id": listing_id, "auction": auction_id},
    )
    if not attached:
        raise ListingInAuction()


async def auctions_attached_many(connection: Connection, pairs: Sequence[tuple[UUID, UUID]], *, live: bool) -> None:
    """These (listing, auction) pairs are live."""
    await connection.execute(
        "UPDATE listings l SET auction_live = %s FROM unnest(%s::uuid[], %s::uuid[]) AS p (listing_id, auction_id)"
        " WHERE l.id = p.listing_id AND l.current_auction_id = p.auction_id",
        (live, Uuids([listing for listing, _ in pairs]), Uuids([auction for _, auction in pairs])),
    )


async def auctions_detached_many(connection: Connection, listing_ids: Sequence[UUID]) -> None:
    """The auctions of these listings ended without a sale."""
    await connection.execute(
        "UPDATE listings SET current_auction_id = NULL, auction_live = false WHERE id = ANY(%s::uuid[])",
        (Uuids(listing_ids),),
    )


async def mark_sold_many(connection: Connection, listing_ids: Sequence[UUID]) -> None:
    """One of each was sold; without more in stock the listing is sold."""
    await connection.execute(
        """
        UPDATE listings SET stock = greatest(stock - 1, 0), current_auction_id = NULL, auction_live = false,
            status = CASE WHEN stock <= 1 AND status = 'active' THEN 'sold' ELSE status END
        WHERE id = ANY(%s::uuid[])
        """,
        (Uuids(listing_ids),),
    )


async def return_stock_many(connection: Connection, listing_ids: Sequence[UUID]) -> None:
    """The sale of one of each came to nothing: it may be sold again. What was taken down stays down."""
    await connection.execute(_RETURN_STOCK, (1, Uuids(listing_ids)))


async def return_stock(tx: Transaction, listing_id: UUID, quantity: int) -> None:
    """As `return_stock_many`, of several of one listing, whose row the caller holds."""
    await (await tx.driver()).execute(_RETURN_STOCK, (quantity, Uuids([listing_id])))


_RETURN_STOCK = """
UPDATE listings SET stock = stock + %s, status = CASE WHEN status = 'sold' THEN 'active' ELSE status END
WHERE id = ANY(%s::uuid[])
"""
# What an auction is about is not for sale beside it. The statement looks and takes at once, under the row's lock.
_RESERVE_STOCK = """
UPDATE listings SET stock = stock - :quantity, status = CASE WHEN stock = :quantity THEN 'sold' ELSE status END
WHERE id = :id AND status = 'active' AND sale_type <> 'auction'
    AND stock - (current_auction_id IS NOT NULL)::integer >= :quantity
RETURNING seller_id, price, currency, fulfilment
"""


async def reserve_stock(tx: Transaction, listing_id: UUID, quantity: int) -> "Reserved | None":
    """Take `quantity` out of what is for sale at a fixed price; None when there is not that much (SPEC CAT-7)."""
    row = await tx.first(_RESERVE_STOCK, {"id": listing_id, "quantity": quantity})
    return None if row is None else Reserved(*row)


async def bound_by_auction(tx: Transaction, listing_id: UUID) -> int:
    """How many of the stock an auction binds."""
    return await tx.scalar(
        "SELECT (current_auction_id IS NOT NULL)::integer FROM listings WHERE id = :id", {"id": listing_id}
    )


async def lock_statuses(connection: Connection, listing_ids: Sequence[int]) -> dict[int, str]:
    """Status by listing id (as an integer), the rows locked in order."""
    cursor = await connection.execute(
        "SELECT id, status FROM listings WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE",
        (UuidInts(set(listing_ids)),),
    )
    return {row[0].int: row[1] for row in await cursor.fetchall()}


async def cards(tx: Transaction, listing_ids: Sequence[UUID]) -> dict[UUID, Card]:
    """Cards by listing id, of those the transaction's actor may see."""
    rows: Sequence[Any] = await tx.all(
        "SELECT id, title, category, seller_id, media_ids[1] AS cover FROM listings WHERE id = ANY(:ids)",
        {"ids": list(set(listing_ids))},
    )
    pictures = await media.views(tx, [row.cover for row in rows if row.cover])
    names = await display_names(tx, [row.seller_id for row in rows])
    return {
        row.id: Card(row.title, row.category, cover_url(pictures.get(row.cover)), names.get(row.seller_id), row.cover)
        for row in rows
    }


async def cover_urls(tx: Transaction, cover_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Where the pictures that were covers are, in the size of cards, by `Card.cover_id`."""
    pictures = await media.views(tx, list(set(cover_ids)))
    return {cover_id: url for cover_id, picture in pictures.items() if (url := cover_url(picture)) is not None}


def cover_url(picture: media.MediaView | None, variant: str = "card") -> str | None:
    """Where the picture is, in the size of cards."""
    if picture is None:
        return None
    return next((item.url for item in picture.variants if item.name == variant), None)
