"""Money on its way out: jobs that tell the provider of refunds and payouts, and what resumes what a crash left.

Before the provider is asked it is noted and committed that it will be; a repeat asks with the same key, and after
KEY_LIFE_HOURS not at all, for then a key might move money twice: such a one is "stuck" for a person to look at.
"""

import logging
from typing import Any
from uuid import UUID

from outcry.kernel.database import SYSTEM, Transaction
from outcry.payments import queries
from outcry.payments.parts import Parts
from outcry.payments.providers import (
    KEY_LIFE_HOURS,
    EventKind,
    Outcome,
    PayoutRequest,
    ProviderEvent,
    ProviderRefused,
    RefundRequest,
    Sent,
)
from outcry.payments.settlement import Settlement

SEND_REFUND = "payments.send_refund"
SEND_PAYOUT = "payments.send_payout"
# What has waited this long has lost its job.
RESUME_AFTER_SECONDS = 300
RESUMED_AT_ONCE = 500

_log = logging.getLogger("outcry.payments")

_LOST = """
SELECT id FROM {table} WHERE status = 'pending' AND reference IS NULL AND {only}
    AND coalesce(sent_at, created_at) < clock_timestamp() - make_interval(secs => :seconds)
    AND (sent_at IS NULL OR sent_at > clock_timestamp() - make_interval(hours => :key_hours))
ORDER BY id LIMIT :limit
"""
_EXPIRED = """
UPDATE payments SET status = 'cancelled', settled_at = clock_timestamp()
WHERE id IN (
    SELECT id FROM payments WHERE status = 'pending'
        AND created_at < clock_timestamp() - make_interval(hours => :hours) LIMIT :limit FOR UPDATE SKIP LOCKED
) RETURNING id, reference
"""
_UNAPPLIED = """
SELECT id FROM provider_events WHERE status = 'received'
    AND received_at < clock_timestamp() - make_interval(secs => :seconds) ORDER BY id LIMIT :limit
"""


class Dispatch:
    """Sends refunds and payouts."""

    def __init__(self, parts: Parts, settlement: Settlement) -> None:
        self._parts = parts
        self._settlement = settlement

    async def send_refund(self, refund_id: str) -> None:
        """Job: give the money back to the card. Raises ProviderUnavailable, and then it is tried again."""
        async with self._parts.database.transaction(SYSTEM) as tx:
            row = await queries.refund(tx, UUID(refund_id), key_hours=KEY_LIFE_HOURS)
            if row is None or not await _may_send(tx, "refunds", row):
                return
        request = RefundRequest(row.id, row.payment_reference, row.amount, row.currency)
        try:
            sent = await self._parts.provider(row.provider).refund(request, key=f"refund:{row.id}")
        except ProviderRefused as refused:
            sent = Sent("", Outcome.FAILED, refused.code)
        async with self._parts.database.transaction(SYSTEM) as tx:
            row = await queries.refund(tx, request.refund_id, key_hours=KEY_LIFE_HOURS)
            assert row is not None
            await _note_reference(tx, "refunds", row.id, sent)
            event = _as_event(row, sent, EventKind.REFUND_SUCCEEDED, EventKind.REFUND_FAILED)
            if event is not None:
                await self._settlement.settle_refund(tx, row, event)

    async def send_payout(self, withdrawal_id: str) -> None:
        """Job: send the money to the payout account. Raises ProviderUnavailable, and then it is tried again."""
        async with self._parts.database.transaction(SYSTEM) as tx:
            row = await queries.withdrawal(tx, UUID(withdrawal_id), key_hours=KEY_LIFE_HOURS)
            if row is None or not await _may_send(tx, "withdrawals", row):
                return
        request = PayoutRequest(row.id, row.account_reference, row.amount, row.currency)
        try:
            sent = await self._parts.provider(row.provider).payout(request, key=f"payout:{row.id}")
        except ProviderRefused as refused:
            sent = Sent("", Outcome.FAILED, refused.code)
        async with self._parts.database.transaction(SYSTEM) as tx:
            row = await queries.withdrawal(tx, request.withdrawal_id, key_hours=KEY_LIFE_HOURS)
            assert row is not None
            await _note_reference(tx, "withdrawals", row.id, sent)
            event = _as_event(row, sent, EventKind.PAYOUT_PAID, EventKind.PAYOUT_FAILED)
            if event is not None:
                await self._settlement.settle_withdrawal(tx, row, event)

    async def take_back(self, withdrawal_id: str) -> None:
        """Job: after a failed payout, what the provider moved to the person's account comes back to the market's."""
        async with self._parts.database.transaction(SYSTEM) as tx:
            row = await queries.withdrawal(tx, UUID(withdrawal_id), key_hours=KEY_LIFE_HOURS)
        if row is not None and row.status == "failed":
            await self._parts.provider(row.provider).take_back(row.id, key=f"take_back:{row.id}")

    async def resume(self) -> None:
        """Job, every few minutes: what lost its job gets one again, and what was not paid in time is called off."""
        bounds = {"seconds": RESUME_AFTER_SECONDS, "key_hours": KEY_LIFE_HOURS, "limit": RESUMED_AT_ONCE}
        jobs = self._parts.jobs
        async with self._parts.database.transaction(SYSTEM) as tx:
            for row in await tx.all(_LOST.format(table="refunds", only="provider IS NOT NULL"), bounds):
                await jobs.defer(tx, SEND_REFUND, lock=f"refund:{row.id}", refund_id=row.id)
            for row in await tx.all(_LOST.format(table="withdrawals", only="true"), bounds):
                await jobs.defer(tx, SEND_PAYOUT, lock=f"payout:{row.id}", withdrawal_id=row.id)
            for row in await tx.all(_UNAPPLIED, {"seconds": RESUME_AFTER_SECONDS, "limit": RESUMED_AT_ONCE}):
                await jobs.defer(tx, "payments.apply_event", event=row.id)
        async with self._parts.database.transaction(SYSTEM) as tx:
            hours = self._parts.settings.payment_expiry_hours
            for row in await tx.all(_EXPIRED, {"hours": hours, "limit": RESUMED_AT_ONCE}):
                if row.reference is not None:
                    await jobs.defer(tx, "payments.call_off", payment_id=row.id)


async def _may_send(tx: Transaction, table: str, row: Any) -> bool:
    """Note that the provider will be asked now; False when it must not be."""
    if row.status != "pending" or row.reference is not None or row.provider is None:
        return False
    if row.key_spent:
        _log.error("%s %s was sent too long ago to be sent again: see the runbook, stuck-payout", table, row.id)
        return False
    await tx.run(
        f"UPDATE {table} SET sent_at = coalesce(sent_at, clock_timestamp()) WHERE id = :id",
        {"id": row.id},
    )
    return True


async def _note_reference(tx: Transaction, table: str, row_id: UUID, sent: Sent) -> None:
    if sent.reference:
        await tx.run(
            f"UPDATE {table} SET reference = :reference WHERE id = :id", {"id": row_id, "reference": sent.reference}
        )


def _as_event(row: Any, sent: Sent, done: EventKind, failed: EventKind) -> ProviderEvent | None:
    """What the provider answered at once, in the words of an event; None while it is on its way."""
    if sent.outcome is Outcome.PENDING:
        return None
    return ProviderEvent(
        event_id="",
        kind=done if sent.outcome is Outcome.DONE else failed,
        reference=sent.reference,
        amount=row.amount,
        currency=row.currency,
        failure_code=sent.failure_code,
    )
