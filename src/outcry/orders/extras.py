"""What the after-sale adds to how an order is shown and what its rules see: disputes, ratings, invoices, meetings."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from outcry.kernel.database import Transaction
from outcry.orders.rules import Party
from outcry.orders.schemas import OrderDispute, OrderRatings


class Extras(msgspec.Struct, frozen=True, kw_only=True):
    """Of one order; the instants are microseconds since the epoch."""

    dispute: OrderDispute | None = None
    ratings: OrderRatings = OrderRatings()
    invoice_number: str | None = None
    has_meeting: bool = False
    seller_answered: bool = False
    respond_by_us: int | None = None
    rated: frozenset[Party] = frozenset()
    rate_until_us: int | None = None


NONE = Extras()


async def read_extras(tx: Transaction, order_ids: Sequence[UUID], viewer_id: UUID) -> dict[UUID, Extras]:
    """By order id, for the viewer; an order that is not in it has none."""
    return {}
