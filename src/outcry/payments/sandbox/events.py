"""What the sandbox tells by webhooks: written with the change it tells of, read back by the market."""

from typing import Any
from uuid import UUID

import msgspec

from outcry.payments.providers import Card, EventKind, ProviderEvent


class EventObject(msgspec.Struct, omit_defaults=True):
    """What an event is about, as it is now; `payment` is set on refunds and disputes."""

    id: str
    subject_id: UUID | None = None
    amount: int | None = None
    currency: str | None = None
    status: str = ""
    payment: str | None = None
    card: Card | None = None
    failure_code: str | None = None
    requirements: list[str] = []


class EventData(msgspec.Struct):
    """Wraps the object, as is usual."""

    object: EventObject


class SandboxEvent(msgspec.Struct):
    """The body of a webhook."""

    id: str
    type: str
    created: int
    data: EventData


_KINDS = {
    "payment.succeeded": EventKind.PAYMENT_SUCCEEDED,
    "payment.failed": EventKind.PAYMENT_FAILED,
    "payment.cancelled": EventKind.PAYMENT_CANCELLED,
    "refund.succeeded": EventKind.REFUND_SUCCEEDED,
    "refund.failed": EventKind.REFUND_FAILED,
    "payout.paid": EventKind.PAYOUT_PAID,
    "payout.failed": EventKind.PAYOUT_FAILED,
    "dispute.opened": EventKind.DISPUTE_OPENED,
    "account.updated": EventKind.ACCOUNT_UPDATED,
}
_CLOSED = {"won": EventKind.DISPUTE_WON, "lost": EventKind.DISPUTE_LOST}


def read(body: bytes) -> ProviderEvent:
    """A verified body in the market's words. Raises ValueError."""
    event = msgspec.json.decode(body, type=SandboxEvent)
    what = event.data.object
    kind = _CLOSED.get(what.status) if event.type == "dispute.closed" else _KINDS.get(event.type)
    disputed = event.type.startswith("dispute.")
    return ProviderEvent(
        event_id=event.id,
        kind=kind or EventKind.OTHER,
        reference=(what.payment or "") if disputed else what.id,
        at_seconds=event.created,
        subject_id=what.subject_id,
        object_reference=what.id if disputed else None,
        amount=what.amount,
        currency=what.currency,
        card=what.card,
        failure_code=what.failure_code,
        type=event.type,
    )


def of_payment(row: Any, *, failure_code: str | None = None) -> EventObject:
    """A row of `sandbox_payments`."""
    card = Card(row.brand, row.last4) if row.brand else None
    return EventObject(
        row.id, row.subject_id, row.amount, row.currency, row.status, card=card, failure_code=failure_code
    )


def of_movement(row: Any) -> EventObject:
    """A row of `sandbox_refunds` or `sandbox_payouts`."""
    return EventObject(row.id, row.subject_id, row.amount, row.currency, row.status, failure_code=row.failure_code)


def of_dispute(row: Any, subject_id: UUID) -> EventObject:
    """A row of `sandbox_disputes`; `subject_id` is the payment's."""
    return EventObject(row.id, subject_id, row.amount, row.currency, row.status, payment=row.payment_id)
