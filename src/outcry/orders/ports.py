"""What orders need of payments: money into and out of an order's escrow. `payments.service.Payments` has it."""

from typing import Protocol
from uuid import UUID

from outcry.kernel.database import Transaction
from outcry.payments.ports import PaymentFacts


class StartedCardPayment(Protocol):
    """A card payment that waits for its buyer."""

    payment_id: UUID
    checkout_url: str | None
    client_secret: str | None


class Escrow(Protocol):
    """Each call but `start_card_payment` runs in the caller's transaction, which holds the order's row."""

    async def pay_by_wallet(
        self, tx: Transaction, *, order_id: UUID, buyer_id: UUID, amount: int, currency: str
    ) -> PaymentFacts:
        """From the buyer's wallet into escrow. Raises InsufficientFunds."""
        ...

    async def refund(self, tx: Transaction, *, order_id: UUID, amount: int, reason: str, key: str) -> object:
        """Out of escrow, to where the money came from."""
        ...

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
    ) -> object:
        """Out of escrow to the seller's wallet, the market's fees and tax."""
        ...

    async def cancel_pending(self, tx: Transaction, order_id: UUID) -> object:
        """Take no card payment for it any more."""
        ...
