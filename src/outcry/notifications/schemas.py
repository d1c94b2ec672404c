"""What notifications look like on the wire (API.md "Talk, notices, business, staff")."""

from uuid import UUID

import msgspec

from outcry.kernel.http import Currency, Instant
from outcry.notifications.rules import Kind


class NotifiedListing(msgspec.Struct, frozen=True):
    """What to show of the listing, as it was when the notification was made."""

    title: str
    image_url: str | None


class NotificationView(msgspec.Struct, frozen=True):
    """One notification. `amount` in minor units of `currency`; `answer_by` is when the person must have answered."""

    id: UUID
    kind: Kind
    auction_id: UUID | None
    listing_id: UUID | None
    order_id: UUID | None
    counter_offer_id: UUID | None
    listing: NotifiedListing | None
    amount: int | None
    currency: Currency | None
    answer_by: Instant | None
    reason: str | None
    at: Instant
    read: bool


class NotificationPage(msgspec.Struct, frozen=True):
    """Newest first, and how many of all are unread; `next_cursor` is null on the last page."""

    items: list[NotificationView]
    next_cursor: str | None
    unread_count: int


class UnreadCount(msgspec.Struct, frozen=True):
    """How many notifications are unread now."""

    unread_count: int
