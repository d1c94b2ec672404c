"""What auctions need from above: who turns an award into an order. Orders may import auctions, never the reverse."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import TupleRow


class AwardedSale(msgspec.Struct, frozen=True):
    """A sale that an auction has agreed; `amount` in minor units of `currency`."""

    auction_id: UUID
    listing_id: UUID
    seller_id: UUID
    buyer_id: UUID
    amount: int
    currency: str


class AwardSink(Protocol):
    """Makes orders of awards, in the transaction that awards."""

    async def awarded(
        self, connection: psycopg.AsyncConnection[TupleRow], sales: Sequence[AwardedSale]
    ) -> dict[UUID, UUID]:
        """Record the sales; gives the order's id by auction id."""
        ...
