"""What the after-sale adds to how an order is shown and what its rules see: disputes, ratings, invoices, meetings."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.database import Transaction
from outcry.kernel.times import rfc3339, to_microseconds
from outcry.orders.rules import Party
from outcry.orders.schemas import MeetingPlace, OrderDispute, OrderMeeting, OrderRating, OrderRatings

_DISPUTES = """
SELECT DISTINCT ON (order_id) * FROM disputes WHERE order_id = ANY(:ids) ORDER BY order_id, id DESC
"""
_INVOICES = "SELECT order_id, label FROM invoices WHERE order_id = ANY(:ids)"
# Row security hides what is still blind; staff see all, and are no party.
_RATINGS = """
SELECT order_id, rater_id, rater, stars, comment, created_at, visible_at <= clock_timestamp() AS visible
FROM ratings WHERE order_id = ANY(:ids)
"""


class Extras(msgspec.Struct, kw_only=True):
    """Of one order; the instants are microseconds since the epoch."""

    meeting: OrderMeeting | None = None
    dispute: OrderDispute | None = None
    ratings: OrderRatings = OrderRatings()
    invoice_number: str | None = None
    seller_answered: bool = False
    respond_by_us: int | None = None
    rated: frozenset[Party] = frozenset()

    @property
    def has_meeting(self) -> bool:
        """Whether a place and a time have been proposed."""
        return self.meeting is not None


NONE = Extras()


async def read_extras(tx: Transaction, order_ids: Sequence[UUID], viewer_id: UUID) -> dict[UUID, Extras]:
    """By order id, for the viewer."""
    ids = list(order_ids)
    found = {order_id: Extras() for order_id in ids}
    for order_id, meeting in (await _meetings(tx, ids)).items():
        found[order_id].meeting = meeting
    for row in await tx.all(_DISPUTES, {"ids": ids}):
        extras = found[row.order_id]
        extras.dispute = dispute_in_order(row)
        extras.seller_answered = row.answered_at is not None
        extras.respond_by_us = to_microseconds(row.respond_by)
    for row in await tx.all(_INVOICES, {"ids": ids}):
        found[row.order_id].invoice_number = row.label
    for row in await tx.all(_RATINGS, {"ids": ids}):
        _add_rating(found[row.order_id], row, viewer_id)
    return found


async def _meetings(tx: Transaction, order_ids: Sequence[UUID]) -> dict[UUID, OrderMeeting]:
    """By order id."""
    rows = await tx.all(
        "SELECT order_id, place, at, proposed_by, buyer_id, agreed_at FROM order_meetings WHERE order_id = ANY(:ids)",
        {"ids": list(order_ids)},
    )
    return {
        row.order_id: OrderMeeting(
            msgspec.convert(row.place, MeetingPlace),
            rfc3339(row.at),
            Party.BUYER if row.proposed_by == row.buyer_id else Party.SELLER,
            row.agreed_at is not None,
        )
        for row in rows
    }


def _add_rating(extras: Extras, row: Any, viewer_id: UUID) -> None:
    mine = row.rater_id == viewer_id
    if not (mine or row.visible):
        return
    rating = OrderRating(row.stars, row.comment, rfc3339(row.created_at))
    extras.rated |= {Party(row.rater)}
    extras.ratings = msgspec.structs.replace(extras.ratings, **{"mine" if mine else "theirs": rating})


def dispute_in_order(row: Any) -> OrderDispute:
    """A row of `disputes` as an order shows it."""
    return OrderDispute(
        row.id,
        row.status,
        row.reason,
        row.details,
        rfc3339(row.opened_at),
        rfc3339(row.respond_by) if row.status == "open" else None,
        row.refund_amount,
        row.note,
    )
