"""What an event means to the person whose channel it is on: a notification, the end of one, or nothing. Pure.

A notification is about one subject: an auction, or an order without one. There is at most one unread of a kind about
a subject; the next event of that kind brings it up to date. An event that answers what an unread notification asks
for, or makes it pointless, settles it: it counts as read.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from uuid import UUID

import msgspec


class Kind(StrEnum):
    """What a person can be notified of."""

    OUTBID = "outbid"
    WON = "won"
    SOLD = "sold"
    DECISION_REQUIRED = "decision_required"
    OFFER_REJECTED = "offer_rejected"
    COUNTER_OFFERED = "counter_offered"
    COUNTER_REJECTED = "counter_rejected"
    AUCTION_STARTED = "auction_started"
    AUCTION_CANCELLED = "auction_cancelled"
    SECOND_CHANCE = "second_chance"
    ORDER_CREATED = "order_created"
    PAYMENT_REMINDER = "payment_reminder"
    ORDER_PAID = "order_paid"
    ORDER_SHIPPED = "order_shipped"
    ORDER_DELIVERED = "order_delivered"
    ORDER_COMPLETED = "order_completed"
    ORDER_CANCELLED = "order_cancelled"
    MEETING_PROPOSED = "meeting_proposed"
    MEETING_AGREED = "meeting_agreed"
    REFUND = "refund"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_ANSWERED = "dispute_answered"
    DISPUTE_RESOLVED = "dispute_resolved"


class About(msgspec.Struct, frozen=True):
    """What events on a person's channel say, as far as notifications care."""

    auction_id: UUID | None = None
    listing_id: UUID | None = None
    order_id: UUID | None = None
    counter_offer_id: UUID | None = None
    # Of an order: what happened to it, and which party did it.
    kind: str | None = None
    by: str | None = None
    status: str | None = None
    role: str | None = None
    amount: int | None = None
    current_price: int | None = None
    currency: str | None = None
    decide_by: str | None = None
    reason: str | None = None


class Fact(msgspec.Struct, frozen=True):
    """An event on a person's channel; `at_us` in microseconds since the epoch."""

    event_id: UUID
    type: str
    about: About
    at_us: int


class Meaning(msgspec.Struct, frozen=True):
    """The kind of notification an event makes, if one, and the kinds about the same subject that it settles.

    `answers` are settled for the party whose own act the event is.
    """

    makes: Kind | None = None
    settles: frozenset[Kind] = frozenset()
    answers: frozenset[Kind] = frozenset()


class Notification(msgspec.Struct):
    """One notification as it is kept."""

    id: UUID
    user_id: UUID
    kind: Kind
    subject: UUID
    about: About
    event_id: UUID
    at_us: int
    read_at_us: int | None = None
    title: str | None = None
    cover_id: UUID | None = None


NOTHING = Meaning()
_ASKING = frozenset({Kind.OUTBID, Kind.DECISION_REQUIRED, Kind.COUNTER_OFFERED, Kind.SECOND_CHANCE})
_UNPAID = frozenset({Kind.PAYMENT_REMINDER, Kind.WON, Kind.ORDER_CREATED})
_MEETING = frozenset({Kind.MEETING_PROPOSED, Kind.MEETING_AGREED})
_DISPUTE = frozenset({Kind.DISPUTE_OPENED, Kind.DISPUTE_ANSWERED})
_ON_ITS_WAY = frozenset({Kind.ORDER_PAID, Kind.ORDER_SHIPPED, Kind.ORDER_DELIVERED}) | _MEETING | _DISPUTE
# By what happened to an order (orders' history has the same words).
_OF_ORDERS: dict[str, Meaning] = {
    "payment_reminder": Meaning(Kind.PAYMENT_REMINDER),
    "paid": Meaning(Kind.ORDER_PAID, _UNPAID | {Kind.SOLD}),
    "shipped": Meaning(Kind.ORDER_SHIPPED, _MEETING | {Kind.ORDER_PAID}),
    "delivered": Meaning(Kind.ORDER_DELIVERED, _MEETING | {Kind.ORDER_PAID, Kind.ORDER_SHIPPED}),
    "completed": Meaning(Kind.ORDER_COMPLETED, _ON_ITS_WAY),
    "handed_over": Meaning(Kind.ORDER_COMPLETED, _ON_ITS_WAY),
    "cancelled": Meaning(Kind.ORDER_CANCELLED, _UNPAID | {Kind.SOLD}),
    "not_paid": Meaning(Kind.ORDER_CANCELLED, _UNPAID | {Kind.SOLD}),
    "refunded": Meaning(Kind.REFUND, _ON_ITS_WAY),
    "partly_refunded": Meaning(Kind.REFUND),
    "charged_back": Meaning(Kind.REFUND),
    "meeting_proposed": Meaning(Kind.MEETING_PROPOSED, frozenset({Kind.MEETING_AGREED}), _MEETING),
    "meeting_agreed": Meaning(Kind.MEETING_AGREED, answers=_MEETING),
    "dispute_opened": Meaning(Kind.DISPUTE_OPENED, _MEETING),
    "dispute_answered": Meaning(Kind.DISPUTE_ANSWERED, answers=_DISPUTE),
    "dispute_withdrawn": Meaning(Kind.DISPUTE_RESOLVED, _DISPUTE),
    "dispute_refunded": Meaning(Kind.DISPUTE_RESOLVED, _DISPUTE),
    "dispute_released": Meaning(Kind.DISPUTE_RESOLVED, _DISPUTE),
    "dispute_charged_back": Meaning(Kind.DISPUTE_RESOLVED, _DISPUTE),
}


def _order(about: About) -> Meaning:
    if about.kind in _OF_ORDERS:
        meaning = _OF_ORDERS[about.kind]
        # One's own act is no news, though it answers what one was asked.
        return Meaning(None, meaning.settles | meaning.answers) if about.by == about.role else meaning
    if about.kind not in (None, "ordered") or about.status != "pending_payment":
        return NOTHING
    if about.auction_id is None:
        return Meaning(Kind.ORDER_CREATED)
    return Meaning(Kind.SOLD if about.role == "seller" else Kind.WON, _ASKING)


def _counter_offered(about: About) -> Meaning:
    return Meaning(Kind.SECOND_CHANCE if about.kind == "second_chance" else Kind.COUNTER_OFFERED, _ASKING)


def _offer_rejected(about: About) -> Meaning:
    # Sellers need no news of their own word; but when it is the clock that spoke, a reason is given.
    news = about.role == "buyer" or about.reason is not None
    return Meaning(Kind.OFFER_REJECTED if news else None, _ASKING)


def _counter_rejected(about: About) -> Meaning:
    news = about.role == "seller" or about.reason is not None
    return Meaning(Kind.COUNTER_REJECTED if news else None, _ASKING)


def _ended(about: About) -> Meaning:
    if about.status != "cancelled":
        return NOTHING
    return Meaning(Kind.AUCTION_CANCELLED, _ASKING | {Kind.AUCTION_STARTED})


# An accepted offer is told by the order that it makes.
MEANINGS: dict[str, Callable[[About], Meaning]] = {
    "outbid": lambda about: Meaning(Kind.OUTBID),
    "order_updated": _order,
    "decision_required": lambda about: Meaning(Kind.DECISION_REQUIRED),
    "offer_rejected": _offer_rejected,
    "counter_offered": _counter_offered,
    "counter_rejected": _counter_rejected,
    "auction_started": lambda about: Meaning(Kind.AUCTION_STARTED),
    "auction_ended": _ended,
}


def amount_of(about: About) -> int | None:
    """The sum to show: what the event is about, else where the price stands."""
    return about.amount if about.amount is not None else about.current_price


def subject_of(about: About) -> UUID | None:
    """What a notification about this is about."""
    return about.auction_id or about.order_id or about.listing_id


def fold(
    user_id: UUID, unread: Sequence[Notification], facts: Sequence[Fact], make_id: Callable[[], UUID]
) -> list[Notification]:
    """The notifications that `facts`, in order, make or change, given the person's unread ones about their subjects.

    What is made and settled by the same facts was never there. `unread` is changed in place.
    """
    standing = {(row.subject, row.kind): row for row in unread}
    made: set[UUID] = set()
    changed: dict[UUID, Notification] = {}
    for fact in facts:
        subject = subject_of(fact.about)
        if subject is None:
            continue
        meaning = MEANINGS[fact.type](fact.about)
        for kind in meaning.settles:
            row = standing.pop((subject, kind), None)
            if row is not None:
                row.read_at_us = fact.at_us
                changed[row.id] = row
                if row.id in made:
                    del changed[row.id]
        if meaning.makes is None:
            continue
        row = standing.get((subject, meaning.makes))
        if row is None:
            row = Notification(make_id(), user_id, meaning.makes, subject, fact.about, fact.event_id, fact.at_us)
            standing[(subject, meaning.makes)] = row
            made.add(row.id)
        row.about, row.event_id, row.at_us = fact.about, fact.event_id, fact.at_us
        changed[row.id] = row
    return list(changed.values())
