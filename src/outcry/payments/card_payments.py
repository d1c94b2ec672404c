"""Asking for money by card: for orders and for wallets.

What is wanted is written down and committed, then the provider is asked, then its answer is written down: nothing
waits on the network under a lock, and a process that dies between is resumed with the same key.
"""

from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.database import SYSTEM, Transaction
from outcry.kernel.ids import new_id
from outcry.payments import queries
from outcry.payments.errors import AlreadyPaid, PaymentNotFound, PaymentsUnavailable
from outcry.payments.parts import Parts
from outcry.payments.providers import PaymentRequest, ProviderRefused, StartedAtProvider
from outcry.payments.return_urls import checked_return_url

MAX_DESCRIPTION_CHARACTERS = 200

_INSERT = """
INSERT INTO payments (id, purpose, payer_id, order_id, amount, currency, method, provider, return_url, description)
VALUES (:id, :purpose, :payer_id, :order_id, :amount, :currency, 'card', :provider, :return_url, :description)
ON CONFLICT (order_id) WHERE status = 'pending' DO NOTHING
"""
_STARTED = """
UPDATE payments SET reference = :reference, checkout_url = :checkout_url, sent_at = clock_timestamp() WHERE id = :id
"""


class StartedPayment(msgspec.Struct, frozen=True):
    """Where the payer goes on: a page, or the provider's library with the secret."""

    payment_id: UUID
    checkout_url: str | None
    client_secret: str | None


class CardPayments:
    """Begins and calls off card payments."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def start_for_order(
        self, *, order_id: UUID, buyer_id: UUID, amount: int, currency: str, return_url: str | None, description: str
    ) -> StartedPayment:
        """The order's payment that waits, or a new one."""
        provider = self._parts.active
        returned = checked_return_url(self._parts.settings, return_url)
        wanted = (amount, currency, provider.name, returned)
        async with self._parts.database.transaction(SYSTEM) as tx:
            payment_id = await self._waiting(tx, order_id, wanted)
            if payment_id is None:
                payment_id = new_id()
                if not await self.record(
                    tx, payment_id, buyer_id, amount, currency, returned, description, order_id=order_id
                ):
                    # Somebody asked at the same moment, and is committed now: theirs is the one that waits.
                    payment_id = await self._waiting(tx, order_id, wanted)
        if payment_id is None:
            raise PaymentsUnavailable("Another payment for this was started just now; try again")
        return await self.begin(payment_id)

    async def _waiting(self, tx: Transaction, order_id: UUID, wanted: tuple[Any, ...]) -> UUID | None:
        """The order's payment that waits, if it asks for the same; one that asks for something else is called off.

        Raises AlreadyPaid.
        """
        rows = await queries.payments_of_order(tx, order_id)
        if any(row.status == "succeeded" for row in rows):
            raise AlreadyPaid()
        waiting = next((row for row in rows if row.status == "pending"), None)
        if waiting is None:
            return None
        if (waiting.amount, waiting.currency, waiting.provider, waiting.return_url) == wanted:
            return waiting.id
        await self.cancel_waiting(tx, order_id)
        return None

    async def record(
        self,
        tx: Transaction,
        payment_id: UUID,
        payer_id: UUID,
        amount: int,
        currency: str,
        return_url: str | None,
        description: str,
        *,
        order_id: UUID | None = None,
    ) -> bool:
        """Write down what is wanted; False when the order has a payment that waits."""
        recorded = await tx.run(
            _INSERT,
            {
                "id": payment_id,
                "purpose": "order" if order_id else "top_up",
                "payer_id": payer_id,
                "order_id": order_id,
                "amount": amount,
                "currency": currency,
                "provider": self._parts.active.name,
                "return_url": return_url,
                "description": description[:MAX_DESCRIPTION_CHARACTERS],
            },
        )
        return recorded == 1

    async def begin(self, payment_id: UUID) -> StartedPayment:
        """Ask the provider, unless it has been asked; may be called again at any time, also after a crash.

        Raises ProviderUnavailable (nothing is lost: call again), AlreadyPaid, PaymentsUnavailable when it is refused.
        """
        async with self._parts.database.transaction(SYSTEM) as tx:
            row = await queries.payment(tx, payment_id)
        if row is None:
            raise PaymentNotFound()
        provider = self._parts.provider(row.provider)
        if row.reference is not None:
            if row.status != "pending":
                return StartedPayment(row.id, row.checkout_url, None)
            if row.checkout_url is not None:
                return StartedPayment(row.id, row.checkout_url, None)
            return _started(row, await provider.resume_payment(row.reference))
        request = PaymentRequest(row.id, row.amount, row.currency, row.description, row.return_url, row.order_id)
        try:
            started = await provider.start_payment(request, key=f"payment:{row.id}")
        except ProviderRefused as refused:
            await self._refused(row, refused)
            raise PaymentsUnavailable(f"The payment provider refused: {refused.code}") from None
        async with self._parts.database.transaction(SYSTEM) as tx:
            now = await queries.payment(tx, payment_id, lock=True)
            assert now is not None
            await tx.run(
                _STARTED,
                {"id": row.id, "reference": started.reference, "checkout_url": started.checkout_url},
            )
            if now.status == "cancelled":
                # Called off while the provider was asked.
                await self._parts.jobs.defer(tx, "payments.call_off", payment_id=row.id)
        if now.status == "cancelled":
            raise AlreadyPaid("This payment was called off meanwhile")
        return _started(row, started)

    async def cancel_waiting(self, tx: Transaction, order_id: UUID) -> None:
        """The order's payment that waits is called off, here now and at the provider by a job."""
        row = await tx.first(
            "UPDATE payments SET status = 'cancelled', settled_at = clock_timestamp()"
            " WHERE order_id = :order_id AND status = 'pending' RETURNING id, reference",
            {"order_id": order_id},
        )
        if row is not None and row.reference is not None:
            await self._parts.jobs.defer(tx, "payments.call_off", payment_id=row.id)

    async def call_off(self, payment_id: str) -> None:
        """Job: the provider shall take no money for it. If it has already, its event will say so."""
        async with self._parts.database.transaction(SYSTEM) as tx:
            row = await queries.payment(tx, UUID(payment_id))
        if row is not None and row.reference is not None and row.provider in self._parts.providers:
            await self._parts.provider(row.provider).cancel_payment(row.reference)

    async def _refused(self, row: Any, refused: ProviderRefused) -> None:
        async with self._parts.database.transaction(SYSTEM) as tx:
            await tx.run(
                "UPDATE payments SET status = 'failed', failure_code = :code, settled_at = clock_timestamp()"
                " WHERE id = :id AND status = 'pending'",
                {"id": row.id, "code": refused.code},
            )


def _started(row: Any, started: StartedAtProvider) -> StartedPayment:
    return StartedPayment(row.id, started.checkout_url, started.client_secret)
