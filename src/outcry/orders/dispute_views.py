"""Disputes as their parties and staff see them, with the evidence of both sides."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from outcry.identity.service import display_names
from outcry.kernel.database import Transaction
from outcry.kernel.http import Currency, Instant, RequestStruct
from outcry.kernel.times import rfc3339
from outcry.media.service import MediaService, MediaView
from outcry.orders.rules import HOLDING, Status
from outcry.orders.schemas import OrderPerson, OrderView

MAX_PICTURES = 8
MAX_WORDS_CHARACTERS = 4_000
MAX_REFUND_MINOR = 10**15
Reason = Literal["not_received", "not_as_described", "damaged", "wrong_item", "counterfeit", "other"]
Words = Annotated[str, Meta(min_length=1, max_length=MAX_WORDS_CHARACTERS, pattern=r"^[^\x00]*\S[^\x00]*$")]
Pictures = Annotated[list[UUID], Meta(max_length=MAX_PICTURES)]

# With the order's sums, since that is what a decision is about.
SELECT = """
SELECT d.*, o.title, o.total, o.refunded_amount, o.currency, o.status AS order_status,
    d.status = 'open' AND d.answered_at IS NULL AND d.respond_by <= clock_timestamp() AS overdue
FROM disputes d JOIN orders o ON o.id = d.order_id
"""
_EVIDENCE = """
SELECT e.id, e.author, e.words, e.at, ARRAY(
    SELECT p.media_id FROM dispute_pictures p WHERE p.evidence_id = e.id ORDER BY p.position
) AS media_ids
FROM dispute_evidence e WHERE e.dispute_id = :id ORDER BY e.id
"""


class OpenDispute(RequestStruct):
    """What is wrong; pictures are completed uploads with the purpose `evidence`."""

    reason: Reason
    details: Words
    media_ids: Pictures = msgspec.field(default_factory=list[UUID])


class AddEvidence(RequestStruct):
    """What one has to say and to show."""

    text: Words
    media_ids: Pictures = msgspec.field(default_factory=list[UUID])


class ResolveDispute(RequestStruct):
    """How much goes back to the buyer, from nothing to all that is held; the rest is released to the seller."""

    refund_amount: Annotated[int, Meta(ge=0, le=MAX_REFUND_MINOR)]
    note: Words


class EvidencePicture(msgspec.Struct, frozen=True):
    """A picture; its addresses are private and end after a while."""

    id: UUID
    url: str
    thumb_url: str
    width: int
    height: int


class EvidenceView(msgspec.Struct, frozen=True):
    """What one side has brought."""

    id: UUID
    by: Literal["buyer", "seller", "staff"]
    text: str
    media: list[EvidencePicture]
    at: Instant


class DisputeListing(msgspec.Struct, frozen=True):
    """What was sold."""

    title: str


class DisputeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute in a list; `refundable` is what is held, in minor units of `currency`, while it is open."""

    id: UUID
    order_id: UUID
    status: Literal["open", "resolved", "withdrawn", "charged_back"]
    reason: Reason
    opened_at: Instant
    respond_by: Instant | None
    answered_at: Instant | None
    overdue: bool
    closed_at: Instant | None
    refund_amount: int | None
    total: int
    refundable: int
    currency: Currency
    listing: DisputeListing
    buyer: OrderPerson
    seller: OrderPerson


class DisputeView(DisputeLine, frozen=True, kw_only=True):
    """A dispute with all that was brought, oldest first."""

    details: str
    note: str | None
    evidence: list[EvidenceView]


class StaffDisputeView(DisputeView, frozen=True, kw_only=True):
    """What staff decide on."""

    order: OrderView


def _line(row: Any, names: dict[UUID, str]) -> dict[str, Any]:
    held = row.total - row.refunded_amount if Status(row.order_status) in HOLDING else 0
    return {
        "id": row.id,
        "order_id": row.order_id,
        "status": row.status,
        "reason": row.reason,
        "opened_at": rfc3339(row.opened_at),
        "respond_by": rfc3339(row.respond_by) if row.status == "open" else None,
        "answered_at": rfc3339(row.answered_at) if row.answered_at else None,
        "overdue": row.overdue,
        "closed_at": rfc3339(row.closed_at) if row.closed_at else None,
        "refund_amount": row.refund_amount,
        "total": row.total,
        "refundable": held,
        "currency": row.currency,
        "listing": DisputeListing(row.title),
        "buyer": OrderPerson(row.buyer_id, names.get(row.buyer_id, "")),
        "seller": OrderPerson(row.seller_id, names.get(row.seller_id, "")),
    }


async def dispute_lines(tx: Transaction, rows: Sequence[Any]) -> list[DisputeLine]:
    """Rows of SELECT as a list shows them."""
    names = await display_names(tx, [person for row in rows for person in (row.buyer_id, row.seller_id)])
    return [DisputeLine(**_line(row, names)) for row in rows]


async def dispute_facts(tx: Transaction, media: MediaService, row: Any) -> dict[str, Any]:
    """The fields of a DisputeView of a row of SELECT; pictures are those that the transaction's actor may see."""
    names = await display_names(tx, [row.buyer_id, row.seller_id])
    brought = await tx.all(_EVIDENCE, {"id": row.id})
    pictures = await media.private_views(tx, [one for piece in brought for one in piece.media_ids])
    evidence = [
        EvidenceView(
            piece.id,
            piece.author,
            piece.words,
            [_picture(pictures[one]) for one in piece.media_ids if one in pictures],
            rfc3339(piece.at),
        )
        for piece in brought
    ]
    return {**_line(row, names), "details": row.details, "note": row.note, "evidence": evidence}


def _picture(view: MediaView) -> EvidencePicture:
    thumb, large = view.variants[0], view.variants[-1]
    return EvidencePicture(view.id, large.url, thumb.url, large.width, large.height)
