"""What orders look like on the wire (API.md "Orders and money")."""

from uuid import UUID

import msgspec

from outcry.kernel.http import Currency, Instant


class FeesView(msgspec.Struct, frozen=True):
    """What the market takes, in minor units of the order's currency (SPEC MON-4)."""

    commission: int
    escrow_fee: int
    buyer_premium: int


class OrderView(msgspec.Struct, frozen=True):
    """An order as its two parties and staff see it."""

    id: UUID
    listing_id: UUID
    auction_id: UUID | None
    buyer_id: UUID
    seller_id: UUID
    quantity: int
    amount: int
    fees: FeesView
    total: int
    seller_receives: int
    currency: Currency
    status: str
    fulfilment: str | None
    pay_by: Instant
    escrow_release_at: Instant | None
    created_at: Instant
