"""Stripe's events and words as ours. Pure."""

from typing import Any
from uuid import UUID

import msgspec

from outcry.payments.providers import EventKind, Outcome, ProviderEvent

# Stripe counts these in hundredths although they have none: 5 kronur are 500.
_HUNDREDFOLD = frozenset({"ISK", "UGX"})

_OUTCOMES = {
    "succeeded": Outcome.DONE,
    "paid": Outcome.DONE,
    "failed": Outcome.FAILED,
    "canceled": Outcome.FAILED,
}
_PAYMENTS = {
    "payment_intent.succeeded": EventKind.PAYMENT_SUCCEEDED,
    "payment_intent.payment_failed": EventKind.PAYMENT_FAILED,
    "payment_intent.canceled": EventKind.PAYMENT_CANCELLED,
    "checkout.session.expired": EventKind.PAYMENT_CANCELLED,
}
_REFUNDS = frozenset({"refund.created", "refund.updated", "refund.failed"})
_PAYOUTS = {
    "payout.paid": EventKind.PAYOUT_PAID,
    "payout.failed": EventKind.PAYOUT_FAILED,
    "payout.canceled": EventKind.PAYOUT_FAILED,
}
_REFUNDED = {Outcome.DONE: EventKind.REFUND_SUCCEEDED, Outcome.FAILED: EventKind.REFUND_FAILED}
_OTHERS = {
    "charge.dispute.created": EventKind.DISPUTE_OPENED,
    "account.updated": EventKind.ACCOUNT_UPDATED,
}
_READ = frozenset({*_PAYMENTS, *_REFUNDS, *_PAYOUTS, *_OTHERS, "charge.dispute.closed"})
_DISPUTES_CLOSED = {"won": EventKind.DISPUTE_WON, "lost": EventKind.DISPUTE_LOST}


class _Object(msgspec.Struct):
    id: str
    amount: int | None = None
    amount_received: int | None = None
    currency: str | None = None
    status: str | None = None
    payment_intent: str | None = None
    metadata: dict[str, str] | None = None
    last_payment_error: dict[str, Any] | None = None
    failure_code: str | None = None
    failure_reason: str | None = None


class _Data(msgspec.Struct):
    object: _Object


class _Event(msgspec.Struct):
    id: str
    type: str
    created: int
    data: _Data


class _Unread(msgspec.Struct):
    id: str
    type: str
    created: int


def to_stripe(amount_minor: int, currency: str) -> int:
    """Our minor units as Stripe counts."""
    return amount_minor * 100 if currency in _HUNDREDFOLD else amount_minor


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's count in our minor units."""
    return amount // 100 if currency in _HUNDREDFOLD else amount


def outcome_of(status: str | None) -> Outcome:
    """Of a refund, payout or PaymentIntent."""
    return _OUTCOMES.get(status or "", Outcome.PENDING)


def subject_of(found: Any, name: str) -> UUID | None:
    """Our own id in an object's metadata."""
    metadata = getattr(found, "metadata", None)
    return _uuid(metadata[name]) if metadata and name in metadata else None


def read_event(body: bytes) -> ProviderEvent:
    """A verified body. Raises ValueError when it is no event; kinds that concern us not are OTHER."""
    unread = msgspec.json.decode(body, type=_Unread)
    if unread.type not in _READ:
        return ProviderEvent(unread.id, EventKind.OTHER, "", unread.created, type=unread.type)
    event = msgspec.json.decode(body, type=_Event)
    what = event.data.object
    kind, subject_name = _classed(event.type, what)
    subject = _uuid((what.metadata or {}).get(subject_name, "")) if subject_name else None
    if subject is None and kind not in _WITHOUT_OUR_ID:
        # Something else that is sold through the same account.
        kind = EventKind.OTHER
    currency = what.currency.upper() if what.currency else None
    amount = what.amount_received if kind is EventKind.PAYMENT_SUCCEEDED else what.amount
    disputed = event.type.startswith("charge.dispute.")
    return ProviderEvent(
        event_id=event.id,
        kind=kind,
        reference=(what.payment_intent or "") if disputed else what.id,
        at_seconds=event.created,
        subject_id=subject,
        object_reference=what.id if disputed else None,
        amount=from_stripe(amount, currency) if amount is not None and currency else amount,
        currency=currency,
        failure_code=_failure(what) if kind in _FAILURES else None,
        type=event.type,
    )


# A refund made by hand has none of our ids, and must be seen; a dispute or account is known by its reference.
_WITHOUT_OUR_ID = frozenset(
    {
        EventKind.REFUND_SUCCEEDED,
        EventKind.REFUND_FAILED,
        EventKind.DISPUTE_OPENED,
        EventKind.DISPUTE_WON,
        EventKind.DISPUTE_LOST,
        EventKind.ACCOUNT_UPDATED,
    }
)
_FAILURES = frozenset({EventKind.PAYMENT_FAILED, EventKind.REFUND_FAILED, EventKind.PAYOUT_FAILED})


def _classed(kind: str, what: _Object) -> tuple[EventKind, str | None]:
    """Our kind of an event, and where in the metadata our own id stands."""
    if kind in _PAYMENTS:
        return _PAYMENTS[kind], "payment_id"
    if kind in _REFUNDS:
        return _REFUNDED.get(outcome_of(what.status), EventKind.OTHER), "refund_id"
    if kind in _PAYOUTS:
        return _PAYOUTS[kind], "withdrawal_id"
    if kind == "charge.dispute.closed":
        return _DISPUTES_CLOSED.get(what.status or "", EventKind.OTHER), None
    return _OTHERS[kind], None


def _failure(what: _Object) -> str:
    error = what.last_payment_error or {}
    code = what.failure_code or what.failure_reason or error.get("decline_code") or error.get("code")
    return str(code or "declined")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
