"""Applying what providers say to payments, refunds and withdrawals (SPEC MON-7).

Locks: an advisory one for the payment first, so that its events come one after another; then the sink locks the order;
then the payment's row; then the ledger's accounts. What orders ask for takes the same without the first.
"""

from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.database import Transaction
from outcry.kernel.ids import new_id
from outcry.ledger.accounts import available, clearing, escrow, losses
from outcry.payments import flows, queries
from outcry.payments.flows import Moved
from outcry.payments.parts import Parts, facts_of
from outcry.payments.ports import PaymentFacts, PaymentFate
from outcry.payments.providers import KEY_LIFE_HOURS, EventKind, ProviderEvent
from outcry.payments.rules import (
    DISPUTE_KINDS,
    PAYMENT_KINDS,
    PAYOUT_KINDS,
    REFUND_KINDS,
    PaymentState,
    Step,
    Verdict,
    failure_mark,
    judge_outgoing,
    judge_payment,
)

_CAPTURE = """
UPDATE payments SET status = :status, failure_code = NULL, failure_event = NULL, reference = :reference,
    card_brand = :brand, card_last4 = :last4, settled_at = clock_timestamp(),
    refunded_amount = CASE WHEN :status = 'returned' THEN amount ELSE refunded_amount END
WHERE id = :id
"""
_NOTE_FAILURE = """
UPDATE payments SET failure_code = :code, failure_event = :mark WHERE id = :id
"""
_CANCEL = """
UPDATE payments SET status = 'cancelled', settled_at = clock_timestamp() WHERE id = :id
"""
_DISPUTE = """
UPDATE payments SET dispute_status = :status, dispute_reference = :reference, disputed_amount = :amount WHERE id = :id
"""
_RETURN = """
INSERT INTO refunds (id, payment_id, payer_id, order_id, key, amount, currency, reason, provider)
VALUES (:id, :payment_id, :payer_id, :order_id, :key, :amount, :currency, 'The order needed no payment', :provider)
"""


class Settlement:
    """Brings our books to what a provider's event says."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def apply(self, tx: Transaction, provider: str, event: ProviderEvent) -> Verdict:
        """In a transaction of the SYSTEM; applying an event again changes nothing."""
        if event.kind in PAYMENT_KINDS or event.kind in DISPUTE_KINDS:
            return await self._of_payment(tx, provider, event)
        if event.kind in REFUND_KINDS:
            return await self._of_refund(tx, provider, event)
        if event.kind in PAYOUT_KINDS:
            return await self._of_payout(tx, provider, event)
        if event.kind is EventKind.ACCOUNT_UPDATED:
            return await self._of_account(tx, provider, event)
        return Verdict(Step.NOTHING)

    # -- payments and disputes ------------------------------------------------------------------------------------

    async def _of_payment(self, tx: Transaction, provider: str, event: ProviderEvent) -> Verdict:
        found = await queries.payment_of_event(tx, provider, event.subject_id, event.reference)
        if found is None:
            return Verdict(Step.WAIT)
        await queries.lock_events_of(tx, found.id)
        row = await queries.payment(tx, found.id)
        verdict = judge_payment(event, _state(row))
        match verdict.step:
            case Step.CAPTURE:
                await self._capture(tx, row, event)
            case Step.NOTE_FAILURE | Step.CANCEL:
                await self._end_without_money(tx, row, event, verdict.step)
            case Step.OPEN_DISPUTE | Step.WIN_DISPUTE | Step.LOSE_DISPUTE:
                await self._dispute(tx, row, event, verdict.step)
            case _:
                pass
        return verdict

    async def _capture(self, tx: Transaction, row: Any, event: ProviderEvent) -> None:
        moved = Moved(row.id, row.payer_id, row.amount, row.currency, row.provider, row.order_id)
        fate = PaymentFate.KEPT
        if row.order_id is not None:
            fate = await self._parts.sink.payment_succeeded(tx, facts_of(row, row.order_id))
        returned = fate is PaymentFate.RETURNED
        await queries.payment(tx, row.id, lock=True)
        await tx.run(
            _CAPTURE,
            {
                "id": row.id,
                "status": "returned" if returned else "succeeded",
                "reference": event.reference,
                "brand": event.card.brand if event.card else None,
                "last4": event.card.last4 if event.card else None,
            },
        )
        if returned:
            await self._return(tx, moved)
        elif row.order_id is not None:
            await self._parts.post(tx, flows.captured(moved))
        else:
            await self._parts.post(tx, flows.topped_up(moved))

    async def _return(self, tx: Transaction, moved: Moved) -> None:
        refund_id = new_id()
        await tx.run(
            _RETURN,
            {
                "id": refund_id,
                "payment_id": moved.subject_id,
                "payer_id": moved.owner_id,
                "order_id": moved.order_id,
                "key": f"return:{moved.subject_id}",
                "amount": moved.amount,
                "currency": moved.currency,
                "provider": moved.provider,
            },
        )
        await self._parts.jobs.defer(tx, "payments.send_refund", refund_id=refund_id)
        await self._parts.post(tx, flows.captured_to_return(moved))

    async def _end_without_money(self, tx: Transaction, row: Any, event: ProviderEvent, step: Step) -> None:
        if row.order_id is not None and row.status == "pending":
            facts = facts_of(row, row.order_id)
            await self._parts.sink.payment_failed(tx, _with_failure(facts, event))
        await queries.payment(tx, row.id, lock=True)
        if step is Step.CANCEL:
            await tx.run(_CANCEL, {"id": row.id})
        else:
            await tx.run(_NOTE_FAILURE, {"id": row.id, "code": event.failure_code, "mark": failure_mark(event)})

    async def _dispute(self, tx: Transaction, row: Any, event: ProviderEvent, step: Step) -> None:
        assert event.amount is not None
        lost = step is Step.LOSE_DISPUTE
        # Money that was given back never was the order's: its bank dispute does not concern the order.
        if row.order_id is not None and row.status == "succeeded" and step is not Step.WIN_DISPUTE:
            facts = facts_of(row, row.order_id)
            await self._parts.sink.payment_disputed(tx, facts, amount=event.amount, lost=lost)
        await queries.payment(tx, row.id, lock=True)
        status = {Step.OPEN_DISPUTE: "open", Step.WIN_DISPUTE: "won", Step.LOSE_DISPUTE: "lost"}[step]
        await tx.run(
            _DISPUTE,
            {"id": row.id, "status": status, "reference": event.object_reference, "amount": event.amount},
        )
        if lost:
            await self._charge_back(tx, row, event.amount)

    async def _charge_back(self, tx: Transaction, row: Any, amount: int) -> None:
        """Out of escrow while it is there, then out of the wallet of who has the money, as far as it goes.

        Who has it: the seller after the release; the payer of a top-up, and of what was given back.
        """
        currency = row.currency
        owner_id: UUID | None = row.payer_id
        kept_by: UUID | None = row.order_id if row.status == "succeeded" else None
        if kept_by is not None:
            owner_id = await tx.scalar("SELECT seller_id FROM releases WHERE order_id = :id", {"id": kept_by})
        in_escrow = escrow(kept_by, currency) if kept_by else None
        wallet = available(owner_id, currency) if owner_id else None
        # All that will be touched, locked at once and so in the one order.
        touched = [clearing(row.provider, currency), losses(currency)]
        touched += [account for account in (in_escrow, wallet) if account is not None]
        balances = await self._parts.ledger.lock(await tx.driver(), touched)
        from_escrow = min(amount, balances[in_escrow]) if in_escrow else 0
        from_person = min(amount - from_escrow, balances[wallet]) if wallet else 0
        moved = Moved(row.id, owner_id or row.payer_id, amount, currency, row.provider, row.order_id)
        await self._parts.post(tx, flows.charged_back(moved, from_escrow=from_escrow, from_person=from_person))

    # -- money on its way out -------------------------------------------------------------------------------------

    async def _of_refund(self, tx: Transaction, provider: str, event: ProviderEvent) -> Verdict:
        refund_id = await queries.refund_id_of_event(tx, provider, event.subject_id, event.reference)
        row = await queries.refund(tx, refund_id, key_hours=KEY_LIFE_HOURS) if refund_id else None
        if row is None:
            return Verdict(Step.WAIT)
        return await self.settle_refund(tx, row, event)

    async def settle_refund(self, tx: Transaction, row: Any, event: ProviderEvent) -> Verdict:
        """Of a locked row of `refunds`."""
        verdict = judge_outgoing(event, amount=row.amount, currency=row.currency, status=row.status)
        if verdict.step not in (Step.FINISH, Step.FAIL, Step.FAIL_LATE):
            return verdict
        await _settle(tx, "refunds", row.id, "succeeded" if verdict.step is Step.FINISH else "failed", event)
        moved = Moved(row.id, row.payer_id, row.amount, row.currency, row.provider, row.order_id)
        if verdict.step is Step.FINISH:
            await self._parts.post(tx, flows.refund_done(moved))
        else:
            await self._parts.post(tx, flows.refund_failed(moved, after_done=verdict.step is Step.FAIL_LATE))
        return verdict

    async def _of_payout(self, tx: Transaction, provider: str, event: ProviderEvent) -> Verdict:
        found = await queries.withdrawal_id_of_event(tx, provider, event.subject_id, event.reference)
        row = await queries.withdrawal(tx, found, key_hours=KEY_LIFE_HOURS) if found else None
        if row is None:
            return Verdict(Step.WAIT)
        return await self.settle_withdrawal(tx, row, event)

    async def settle_withdrawal(self, tx: Transaction, row: Any, event: ProviderEvent) -> Verdict:
        """Of a locked row of `withdrawals`."""
        verdict = judge_outgoing(event, amount=row.amount, currency=row.currency, status=row.status)
        if verdict.step not in (Step.FINISH, Step.FAIL, Step.FAIL_LATE):
            return verdict
        await _settle(tx, "withdrawals", row.id, "paid" if verdict.step is Step.FINISH else "failed", event)
        moved = Moved(row.id, row.user_id, row.amount, row.currency, row.provider)
        if verdict.step is Step.FINISH:
            await self._parts.post(tx, flows.payout_done(moved))
            return verdict
        await self._parts.jobs.defer(tx, "payments.take_back", withdrawal_id=row.id)
        await self._parts.post(tx, flows.payout_failed(moved, after_done=verdict.step is Step.FAIL_LATE))
        return verdict

    async def _of_account(self, tx: Transaction, provider: str, event: ProviderEvent) -> Verdict:
        user_id: UUID | None = await tx.scalar(
            "SELECT user_id FROM payout_accounts WHERE provider = :provider AND reference = :reference",
            {"provider": provider, "reference": event.reference},
        )
        if user_id is None:
            return Verdict(Step.WAIT)
        # The event is of a moment that may be past: how the account stands now is asked.
        await self._parts.jobs.defer(tx, "payments.refresh_account", user_id=user_id, provider=provider)
        return Verdict(Step.FINISH)


async def _settle(tx: Transaction, table: str, row_id: UUID, status: str, event: ProviderEvent) -> None:
    await tx.run(
        f"UPDATE {table} SET status = :status, failure_code = :code, settled_at = clock_timestamp(),"
        " reference = coalesce(reference, :reference) WHERE id = :id",
        {"id": row_id, "status": status, "code": event.failure_code, "reference": event.reference or None},
    )


def _state(row: Any) -> PaymentState:
    return PaymentState(row.amount, row.currency, row.status, row.failure_event, row.dispute_status)


def _with_failure(facts: PaymentFacts, event: ProviderEvent) -> PaymentFacts:
    return msgspec.structs.replace(facts, failure_code=event.failure_code)
