"""What payments tell above: who has an order moves it when money comes, or does not. Orders may import payments, never
the reverse."""

from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from outcry.kernel.database import Transaction


class PaymentFate(StrEnum):
    """What becomes of money that has come in for an order."""

    KEPT = "kept"
    RETURNED = "returned"


class PaymentFacts(msgspec.Struct, frozen=True):
    """A payment for an order; `amount` in minor units, `refunded` what of it went or is going back."""

    payment_id: UUID
    order_id: UUID
    buyer_id: UUID
    amount: int
    currency: str
    method: str
    provider: str | None
    status: str
    failure_code: str | None = None
    refunded: int = 0


class PaymentSink(Protocol):
    """The owner of orders. Each call is made in the transaction that applies the news; the sink locks the order's row,
    payments lock no order."""

    async def payment_succeeded(self, tx: Transaction, payment: PaymentFacts) -> PaymentFate:
        """The money is here. KEPT: the order is in escrow now. RETURNED: it needs no money (cancelled, paid already,
        another amount): payments give it back in full, and no ledger account of the order has seen it."""
        ...

    async def payment_failed(self, tx: Transaction, payment: PaymentFacts) -> None:
        """An attempt failed (`failure_code`), or the payment ended without money; the order still waits."""
        ...

    async def payment_disputed(self, tx: Transaction, payment: PaymentFacts, *, amount: int, lost: bool) -> None:
        """The buyer's bank takes money back: first told with `lost` False; True when it is gone for good."""
        ...


class NoOrders:
    """A sink where there are no orders: money for one is given back."""

    async def payment_succeeded(self, tx: Transaction, payment: PaymentFacts) -> PaymentFate:
        """Nobody waits for it."""
        return PaymentFate.RETURNED

    async def payment_failed(self, tx: Transaction, payment: PaymentFacts) -> None:
        """Nobody waits for it."""

    async def payment_disputed(self, tx: Transaction, payment: PaymentFacts, *, amount: int, lost: bool) -> None:
        """Nobody has it."""
