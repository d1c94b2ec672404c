"""What orders ask of payments (SPEC ORD-2, ORD-6): pay, give back, release.

Every transaction given here is the SYSTEM's, and its caller holds the order's row: payments are locked after it, the
ledger's accounts last.
"""

from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.database import Transaction
from outcry.kernel.ids import new_id
from outcry.ledger import accounts
from outcry.ledger.accounts import escrow
from outcry.ledger.errors import InsufficientFunds
from outcry.payments import flows, queries
from outcry.payments.card_payments import CardPayments, StartedPayment
from outcry.payments.errors import AlreadyPaid, EscrowReleased, RefundKeyReused, RefundTooLarge
from outcry.payments.flows import Moved
from outcry.payments.parts import Parts, facts_of
from outcry.payments.ports import PaymentFacts
from outcry.payments.return_urls import absolute_url

__all__ = ["Payments", "StartedPayment"]

MAX_REASON_CHARACTERS = 500

_INSERT_WALLET = """
INSERT INTO payments (id, purpose, payer_id, order_id, amount, currency, method, status, settled_at)
VALUES (:id, 'order', :payer_id, :order_id, :amount, :currency, 'wallet', 'succeeded', clock_timestamp())
ON CONFLICT (order_id) WHERE status = 'succeeded' DO NOTHING
"""
_INSERT_REFUND = """
INSERT INTO refunds (id, payment_id, payer_id, order_id, key, amount, currency, reason, provider, status, settled_at)
VALUES (:id, :payment_id, :payer_id, :order_id, :key, :amount, :currency, :reason, :provider, :status,
    CASE WHEN :status = 'pending' THEN NULL ELSE clock_timestamp() END)
"""
_INSERT_RELEASE = """
INSERT INTO releases (order_id, seller_id, key, seller_receives, fees, tax, currency)
VALUES (:order_id, :seller_id, :key, :seller_receives, :fees, :tax, :currency) ON CONFLICT (order_id) DO NOTHING
"""
_GET_REFUND = "SELECT order_id, amount, currency FROM refunds WHERE key = :key"


class Payments:
    """The money of orders."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.cards = CardPayments(parts)

    async def pay_by_wallet(
        self,
        tx: Transaction,
        *,
        order_id: UUID,
        buyer_id: UUID,
        amount: int,
        currency: str,
        held_for: UUID | None = None,
    ) -> PaymentFacts:
        """The buyer's wallet into the order's escrow; a card payment that waits is called off.

        The hold that the wallet has for `held_for` (the auction it was won in) is captured, and what that does not
        cover is paid from what is available. Raises InsufficientFunds (402), which leaves the hold, and AlreadyPaid.
        """
        for row in await queries.payments_of_order(tx, order_id):
            if row.status == "succeeded":
                raise AlreadyPaid()
        await self.cancel_pending(tx, order_id)
        payment_id = new_id()
        moved = Moved(payment_id, buyer_id, amount, currency, order_id=order_id)
        inserted = await tx.run(
            _INSERT_WALLET,
            {"id": payment_id, "payer_id": buyer_id, "order_id": order_id, "amount": amount, "currency": currency},
        )
        if not inserted:
            raise AlreadyPaid()
        captured = await self._capture(tx, moved, held_for) if held_for is not None else 0
        if captured < amount:
            rest = msgspec.structs.replace(moved, amount=amount - captured)
            await self.parts.post(tx, flows.paid_by_wallet(rest))
        return facts_of(await queries.payment(tx, payment_id), order_id)

    async def _capture(self, tx: Transaction, moved: Moved, held_for: UUID) -> int:
        """Held money straight into escrow, at most the whole payment; what is held beyond it is free again."""
        assert moved.order_id is not None
        connection, ledger = await tx.driver(), self.parts.ledger
        to = escrow(moved.order_id, moved.currency)
        held = await ledger.lock_hold(
            connection, user_id=moved.owner_id, subject_id=held_for, currency=moved.currency, beside=(to,)
        )
        captured = min(held, moved.amount)
        if captured:
            await ledger.capture_hold(
                connection,
                user_id=moved.owner_id,
                subject_id=held_for,
                to=to,
                amount=captured,
                key=flows.capture_key(moved),
            )
        return captured

    async def start_card_payment(
        self,
        *,
        order_id: UUID,
        buyer_id: UUID,
        amount: int,
        currency: str,
        return_url: str | None,
        description: str,
        base_url: str = "",
    ) -> StartedPayment:
        """Ask for the money by card; in transactions of its own, and the same payment again while it waits.

        `base_url` is where the caller reached us: a page of our own is told as a whole address there.
        Raises AlreadyPaid, PaymentsUnavailable, ProviderUnavailable, ReturnUrlRefused.
        """
        started = await self.cards.start_for_order(
            order_id=order_id,
            buyer_id=buyer_id,
            amount=amount,
            currency=currency,
            return_url=return_url,
            description=description,
        )
        url = absolute_url(self.parts.settings, base_url, started.checkout_url)
        return msgspec.structs.replace(started, checkout_url=url)

    async def cancel_pending(self, tx: Transaction, order_id: UUID) -> None:
        """Ask for no money any more; if it comes all the same, it is given back."""
        await self.cards.cancel_waiting(tx, order_id)

    async def paid_with(self, tx: Transaction, order_id: UUID) -> PaymentFacts | None:
        """The payment that the order keeps, else the newest attempt; None when there was none."""
        row = await tx.first(
            "SELECT id, payer_id, amount, currency, method, provider, status, failure_code, refunded_amount"
            " FROM payments WHERE order_id = :order_id ORDER BY status = 'succeeded' DESC, id DESC LIMIT 1",
            {"order_id": order_id},
        )
        return None if row is None else facts_of(row, order_id)

    async def refund(self, tx: Transaction, *, order_id: UUID, amount: int, reason: str, key: str) -> None:
        """Out of escrow to where the money came from: a wallet has it at once, a card when the provider is done.

        The same key refunds once. Raises RefundTooLarge (`refundable`), EscrowReleased, RefundKeyReused.
        """
        assert amount > 0, "a refund is of more than nothing"
        rows = await queries.payments_of_order(tx, order_id)
        known = await tx.first(_GET_REFUND, {"key": key})
        if known is not None:
            if (known.order_id, known.amount) != (order_id, amount):
                raise RefundKeyReused()
            return
        kept = next((row for row in rows if row.status == "succeeded"), None)
        refundable = 0 if kept is None else kept.amount - kept.refunded_amount
        if kept is None or amount > refundable:
            raise RefundTooLarge(refundable=refundable, currency=kept.currency if kept else None)
        try:
            await self._refund(tx, kept, amount, reason, key)
        except InsufficientFunds:
            raise EscrowReleased() from None

    async def _refund(self, tx: Transaction, kept: Any, amount: int, reason: str, key: str) -> None:
        refund_id, by_card = new_id(), kept.method == "card"
        moved = Moved(refund_id, kept.payer_id, amount, kept.currency, kept.provider or "", kept.order_id)
        await tx.run(
            _INSERT_REFUND,
            {
                "id": refund_id,
                "payment_id": kept.id,
                "payer_id": kept.payer_id,
                "order_id": kept.order_id,
                "key": key,
                "amount": amount,
                "currency": kept.currency,
                "reason": reason[:MAX_REASON_CHARACTERS],
                "provider": kept.provider,
                "status": "pending" if by_card else "succeeded",
            },
        )
        await tx.run(
            "UPDATE payments SET refunded_amount = refunded_amount + :amount WHERE id = :id",
            {"id": kept.id, "amount": amount},
        )
        if by_card:
            await self.parts.jobs.defer(tx, "payments.send_refund", refund_id=refund_id)
        await self.parts.post(tx, flows.refund_begun(moved) if by_card else flows.refunded_to_wallet(moved))

    async def lock_settlement(
        self, tx: Transaction, *, order_id: UUID, buyer_id: UUID, seller_id: UUID, currency: str
    ) -> None:
        """Lock at once all that a refund and a release of one order in one transaction will touch.

        Each locks its own accounts in order; one after the other they could wait for another pair that crosses them.
        """
        touched = [escrow(order_id, currency), accounts.fees(currency), accounts.tax(currency)]
        touched += [accounts.available(person, currency) for person in (buyer_id, seller_id)]
        kept = await self.paid_with(tx, order_id)
        if kept is not None and kept.provider:
            touched.append(accounts.outgoing(kept.provider, currency))
        await self.parts.ledger.lock(await tx.driver(), touched)

    async def release(
        self,
        tx: Transaction,
        *,
        order_id: UUID,
        seller_id: UUID,
        currency: str,
        seller_receives: int,
        fees: int,
        tax: int,
        key: str,
    ) -> None:
        """Escrow to the seller's wallet, the market's fees and the tax. The same key releases once.

        Raises EscrowReleased when the money is not in escrow, TransferKeyReused when a key comes with other sums.
        """
        transfer = flows.released(
            order_id,
            seller_id,
            currency,
            seller_receives=seller_receives,
            fees_minor=fees,
            tax_minor=tax,
            key=f"release:{key}",
        )
        await tx.run(
            _INSERT_RELEASE,
            {
                "order_id": order_id,
                "seller_id": seller_id,
                "key": key,
                "seller_receives": seller_receives,
                "fees": fees,
                "tax": tax,
                "currency": currency,
            },
        )
        try:
            await self.parts.post(tx, transfer)
        except InsufficientFunds:
            raise EscrowReleased() from None

    async def in_escrow(self, tx: Transaction, order_id: UUID, currency: str) -> int:
        """How much of the order's money is in escrow."""
        account = escrow(order_id, currency)
        return (await self.parts.ledger.balances(tx, [account]))[account]
