"""The SQL of payments."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from outcry.kernel.database import Transaction

_PAYMENT = """
SELECT id, purpose, payer_id, order_id, amount, currency, method, provider, reference, checkout_url, return_url,
    description, status, failure_code, failure_event, card_brand, card_last4, refunded_amount, dispute_reference,
    dispute_status, disputed_amount, created_at, sent_at, settled_at
FROM payments
"""
_REFUND = """
SELECT r.id, r.payment_id, r.payer_id, r.order_id, r.key, r.amount, r.currency, r.reason, r.provider, r.reference,
    r.status, r.failure_code, r.created_at, r.sent_at, r.settled_at, p.reference AS payment_reference,
    r.sent_at < clock_timestamp() - make_interval(hours => :key_hours) AS key_spent
FROM refunds r JOIN payments p ON p.id = r.payment_id
"""
_WITHDRAWAL = """
SELECT id, user_id, amount, currency, provider, account_reference, reference, status, failure_code, created_at,
    sent_at, settled_at, sent_at < clock_timestamp() - make_interval(hours => :key_hours) AS key_spent
FROM withdrawals
"""
# An advisory lock's space of its own; it is taken before any row's, and only by what applies events.
_EVENT_LOCK_SPACE = 0x7061


async def lock_events_of(tx: Transaction, subject_id: UUID) -> None:
    """Until the end of `tx` no other event of this subject is applied."""
    await tx.run(
        "SELECT pg_advisory_xact_lock(:space, hashtext(:subject))",
        {"space": _EVENT_LOCK_SPACE, "subject": str(subject_id)},
    )


async def payment(tx: Transaction, payment_id: UUID, *, lock: bool = False) -> Any | None:
    """One payment."""
    return await tx.first(f"{_PAYMENT} WHERE id = :id {_locking(lock)}", {"id": payment_id})


async def payment_of_event(tx: Transaction, provider: str, subject_id: UUID | None, reference: str) -> Any | None:
    """By the provider's reference, or by our own id that the provider carries."""
    return await tx.first(
        f"{_PAYMENT} WHERE provider = :provider AND (reference = :reference OR id = :id)"
        " ORDER BY id = :id DESC LIMIT 1",
        {"provider": provider, "reference": reference, "id": subject_id},
    )


async def payments_of_order(tx: Transaction, order_id: UUID) -> list[Any]:
    """Locked, the oldest first."""
    return list(await tx.all(f"{_PAYMENT} WHERE order_id = :order_id ORDER BY id FOR UPDATE", {"order_id": order_id}))


async def refund(tx: Transaction, refund_id: UUID, *, key_hours: int) -> Any | None:
    """One refund, locked."""
    return await tx.first(f"{_REFUND} WHERE r.id = :id FOR UPDATE OF r", {"id": refund_id, "key_hours": key_hours})


async def refund_id_of_event(tx: Transaction, provider: str, subject_id: UUID | None, reference: str) -> UUID | None:
    """By the provider's reference, or by our own id."""
    return await tx.scalar(
        "SELECT id FROM refunds WHERE provider = :provider AND (reference = :reference OR id = :id)"
        " ORDER BY id = :id DESC LIMIT 1",
        {"provider": provider, "reference": reference, "id": subject_id},
    )


async def withdrawal(tx: Transaction, withdrawal_id: UUID, *, key_hours: int) -> Any | None:
    """One withdrawal, locked."""
    return await tx.first(f"{_WITHDRAWAL} WHERE id = :id FOR UPDATE", {"id": withdrawal_id, "key_hours": key_hours})


async def withdrawal_id_of_event(
    tx: Transaction, provider: str, subject_id: UUID | None, reference: str
) -> UUID | None:
    """By the provider's reference, or by our own id."""
    return await tx.scalar(
        "SELECT id FROM withdrawals WHERE provider = :provider AND (reference = :reference OR id = :id)"
        " ORDER BY id = :id DESC LIMIT 1",
        {"provider": provider, "reference": reference, "id": subject_id},
    )


def _locking(lock: bool) -> str:
    return "FOR UPDATE" if lock else ""


async def under_bank_dispute(tx: Transaction, order_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these orders keep a payment that the buyer's bank is deciding about."""
    rows = await tx.all(
        "SELECT order_id FROM payments WHERE order_id = ANY(:ids) AND status = 'succeeded' AND dispute_status = 'open'",
        {"ids": list(order_ids)},
    )
    return frozenset(row.order_id for row in rows)
