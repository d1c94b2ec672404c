"""What orders look like on the wire (API.md "Orders and money")."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from outcry.kernel.http import AmountMinor, Currency, Instant, RequestStruct
from outcry.orders.rules import Action, Party, Status

MAX_QUANTITY = 1_000
Words = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00]*\S[^\x00]*$")]
Way = Literal["shipping", "meetup"]


class FeesView(msgspec.Struct, frozen=True):
    """What the market takes, in minor units of the order's currency (SPEC MON-4)."""

    commission: int
    escrow_fee: int
    buyer_premium: int


class OrderListing(msgspec.Struct, frozen=True):
    """What was sold, as it was called then."""

    title: str
    image_url: str | None


class OrderPerson(msgspec.Struct, frozen=True):
    """A party by the name it shows."""

    id: UUID
    display_name: str


class OrderPayment(msgspec.Struct, frozen=True):
    """How it was paid, and where the money is now."""

    method: Literal["wallet", "card"]
    status: Literal["held", "released", "refunded"]
    provider: str | None
    paid_at: Instant


class OrderShipment(msgspec.Struct, frozen=True):
    """Who carries it; `deliver_by` is when it counts as delivered by itself."""

    carrier: str
    tracking: str | None
    shipped_at: Instant
    deliver_by: Instant | None


class ZoneHours(msgspec.Struct, frozen=True):
    """Open on this day from `opens` until `closes`, as `HH:MM` by the place's clock; `closes` may be 24:00."""

    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    opens: str
    closes: str


class SafeZoneView(msgspec.Struct, frozen=True):
    """A partner place to meet at; `distance_meters` when it was asked for near a point."""

    id: str
    name: str
    address: str
    lat: float
    lng: float
    distance_meters: int | None
    hours: list[ZoneHours]
    time_zone: str
    open_now: bool


class MeetingPlace(msgspec.Struct, frozen=True):
    """A safe zone as it was when it was proposed."""

    id: str
    name: str
    address: str
    lat: float
    lng: float
    time_zone: str


class OrderMeeting(msgspec.Struct, frozen=True):
    """Where and when the two meet: proposed by one, `agreed` once the other has proposed the same."""

    safe_zone: MeetingPlace
    at: Instant
    proposed_by: Party
    agreed: bool


class OrderDispute(msgspec.Struct, frozen=True):
    """The order's latest dispute."""

    id: UUID
    status: str
    reason: str
    details: str
    opened_at: Instant
    respond_by: Instant | None
    refund_amount: int | None
    note: str | None


class OrderRating(msgspec.Struct, frozen=True):
    """A rating of one party by the other."""

    stars: int
    comment: str
    at: Instant


class OrderRatings(msgspec.Struct, frozen=True):
    """The viewer's own rating, and the other one's once it may be seen."""

    mine: OrderRating | None = None
    theirs: OrderRating | None = None


class TimelineEntry(msgspec.Struct, frozen=True):
    """Something that happened to the order; `amount` in minor units of its currency."""

    kind: str
    at: Instant
    by: Party
    amount: int | None
    note: str | None


class NextView(msgspec.Struct, frozen=True):
    """Whom the order waits for, for what, and until when."""

    who: Party
    action: Action | None
    by: Instant | None


class OrderView(msgspec.Struct, frozen=True):
    """An order as the viewer, one of its parties or staff, sees it."""

    id: UUID
    listing_id: UUID
    auction_id: UUID | None
    buyer_id: UUID
    seller_id: UUID
    quantity: int
    amount: int
    fees: FeesView
    tax: int
    total: int
    seller_receives: int
    refunded_amount: int
    currency: Currency
    status: Status
    fulfilment: Way | None
    fulfilment_options: list[Way]
    pay_by: Instant
    escrow_release_at: Instant | None
    delivered_at: Instant | None
    completed_at: Instant | None
    cancelled_at: Instant | None
    cancel_reason: str | None
    created_at: Instant
    listing: OrderListing
    buyer: OrderPerson
    seller: OrderPerson
    payment: OrderPayment | None
    shipment: OrderShipment | None
    meeting: OrderMeeting | None
    dispute: OrderDispute | None
    rating: OrderRatings
    invoice_number: str | None
    timeline: list[TimelineEntry]
    next: NextView
    may: list[Action]
    server_time: Instant


class CreateOrder(RequestStruct):
    """Buying at the fixed price (SPEC CAT-7)."""

    listing_id: UUID
    quantity: Annotated[int, Meta(ge=1, le=MAX_QUANTITY)] = 1
    fulfilment: Way | None = None


class PayOrder(RequestStruct):
    """How the buyer pays; `return_url` is where a hosted checkout leads back to."""

    method: Literal["wallet", "card"]
    return_url: Annotated[str, Meta(min_length=1, max_length=2_000)] | None = None


class OrderPaid(msgspec.Struct, frozen=True):
    """The order after it; for a card, where the buyer goes on paying."""

    order: OrderView
    checkout_url: str | None = None
    client_secret: str | None = None


class ShipOrder(RequestStruct):
    """Who carries it, and under which number."""

    carrier: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$")]
    tracking: (
        Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[\x21-\x7e ]*[\x21-\x7e][\x21-\x7e ]*$")] | None
    ) = None


class CancelOrder(RequestStruct):
    """Why an order is called off."""

    reason: Words | None = None


class RefundOrder(RequestStruct):
    """How much goes back to the buyer (absent: all that is held), and why."""

    reason: Words
    amount: AmountMinor | None = None
