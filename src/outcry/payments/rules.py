"""What an event of a provider does, given how things stand. Pure; looks at the state, never at the order of arrival.

Whatever the order in which a provider's events come, the end is the same: money that came in wins over failures and
cancellations, money that came back wins over "it has arrived", and of several failures the latest is remembered.
"""

from enum import StrEnum

import msgspec

from outcry.payments.providers import EventKind, ProviderEvent


class Step(StrEnum):
    """What to do about an event."""

    CAPTURE = "capture"
    NOTE_FAILURE = "note_failure"
    CANCEL = "cancel"
    OPEN_DISPUTE = "open_dispute"
    WIN_DISPUTE = "win_dispute"
    LOSE_DISPUTE = "lose_dispute"
    FINISH = "finish"
    FAIL = "fail"
    FAIL_LATE = "fail_late"
    NOTHING = "nothing"
    # Its time has not come: something else has to be known first.
    WAIT = "wait"
    # For a person to look at; `code` says why.
    FLAG = "flag"


class Verdict(msgspec.Struct, frozen=True):
    """The step, and why where it is a flag."""

    step: Step
    code: str | None = None


AMOUNT_MISMATCH = "amount_mismatch"
CURRENCY_MISMATCH = "currency_mismatch"
UNKNOWN_SUBJECT = "unknown_subject"

PAYMENT_KINDS = frozenset({EventKind.PAYMENT_SUCCEEDED, EventKind.PAYMENT_FAILED, EventKind.PAYMENT_CANCELLED})
DISPUTE_KINDS = frozenset({EventKind.DISPUTE_OPENED, EventKind.DISPUTE_WON, EventKind.DISPUTE_LOST})
REFUND_KINDS = frozenset({EventKind.REFUND_SUCCEEDED, EventKind.REFUND_FAILED})
PAYOUT_KINDS = frozenset({EventKind.PAYOUT_PAID, EventKind.PAYOUT_FAILED})


class PaymentState(msgspec.Struct, frozen=True):
    """As much of a payment as decides."""

    amount: int
    currency: str
    status: str
    failure_event: str | None = None
    dispute_status: str | None = None


def judge_payment(event: ProviderEvent, now: PaymentState) -> Verdict:
    """A payment's own events, and disputes of it."""
    money_in = now.status in ("succeeded", "returned")
    match event.kind:
        case EventKind.PAYMENT_SUCCEEDED:
            return Verdict(Step.NOTHING) if money_in else _matched(event, now.amount, now.currency, Step.CAPTURE)
        case EventKind.PAYMENT_FAILED:
            older = now.failure_event is not None and failure_mark(event) <= now.failure_event
            return Verdict(Step.NOTHING if money_in or older else Step.NOTE_FAILURE)
        case EventKind.PAYMENT_CANCELLED:
            return Verdict(Step.CANCEL if now.status == "pending" else Step.NOTHING)
        case _:
            return _judge_dispute(event, now) if money_in else Verdict(Step.WAIT)


def _judge_dispute(event: ProviderEvent, now: PaymentState) -> Verdict:
    if event.currency != now.currency:
        return Verdict(Step.FLAG, CURRENCY_MISMATCH)
    if event.amount is None or not 0 < event.amount <= now.amount:
        return Verdict(Step.FLAG, AMOUNT_MISMATCH)
    match event.kind, now.dispute_status:
        case EventKind.DISPUTE_OPENED, None:
            return Verdict(Step.OPEN_DISPUTE)
        case EventKind.DISPUTE_WON, None | "open":
            return Verdict(Step.WIN_DISPUTE)
        case EventKind.DISPUTE_LOST, None | "open":
            return Verdict(Step.LOSE_DISPUTE)
        case _:
            return Verdict(Step.NOTHING)


def judge_outgoing(event: ProviderEvent, *, amount: int, currency: str, status: str) -> Verdict:
    """A refund's or payout's events; `status` is ours: pending, then succeeded or paid, or failed for good."""
    failed = event.kind in (EventKind.REFUND_FAILED, EventKind.PAYOUT_FAILED)
    if status == "failed" or (status != "pending" and not failed):
        return Verdict(Step.NOTHING)
    failing = Step.FAIL if status == "pending" else Step.FAIL_LATE
    return _matched(event, amount, currency, failing if failed else Step.FINISH)


def _matched(event: ProviderEvent, amount: int, currency: str, step: Step) -> Verdict:
    if event.currency != currency:
        return Verdict(Step.FLAG, CURRENCY_MISMATCH)
    if event.amount != amount:
        return Verdict(Step.FLAG, AMOUNT_MISMATCH)
    return Verdict(step)


def failure_mark(event: ProviderEvent) -> str:
    """Sorts failures by when they happened, whatever came first."""
    return f"{event.at_seconds:012d}:{event.event_id}"
