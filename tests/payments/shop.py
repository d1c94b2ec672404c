"""A shop of the tests' own above payments: orders as plain facts, and what payments told of them."""

from typing import Any
from uuid import UUID

from outcry.kernel.database import SYSTEM, Transaction
from outcry.kernel.ids import new_id
from outcry.ledger.accounts import escrow
from outcry.payments.ports import PaymentFacts, PaymentFate
from outcry.payments.service import Payments, StartedPayment
from tests.payments import till
from tests.support.market import Person, TestMarket


class Shop:
    """Implements `PaymentSink`: an order is `waiting`, `paid` or `cancelled`."""

    def __init__(self, market: TestMarket) -> None:
        self.market = market
        self.orders: dict[UUID, str] = {}
        self.told: list[tuple[str, UUID]] = []
        market.outcry.payments.use_sink(self)

    @property
    def payments(self) -> Payments:
        return self.market.outcry.payments.payments

    async def payment_succeeded(self, tx: Transaction, payment: PaymentFacts) -> PaymentFate:
        self.told.append(("succeeded", payment.order_id))
        if self.orders.get(payment.order_id) != "waiting":
            return PaymentFate.RETURNED
        self.orders[payment.order_id] = "paid"
        return PaymentFate.KEPT

    async def payment_failed(self, tx: Transaction, payment: PaymentFacts) -> None:
        self.told.append((f"failed {payment.failure_code}", payment.order_id))

    async def payment_disputed(self, tx: Transaction, payment: PaymentFacts, *, amount: int, lost: bool) -> None:
        self.told.append((f"{'lost' if lost else 'disputed'} {amount}", payment.order_id))

    def order(self) -> UUID:
        order_id = new_id()
        self.orders[order_id] = "waiting"
        return order_id

    async def start(self, order_id: UUID, buyer: Person, amount: int = 10_000, **changes: Any) -> StartedPayment:
        wanted = {"currency": "USD", "return_url": "/orders", "description": "Rangefinder camera", **changes}
        return await self.payments.start_card_payment(
            order_id=order_id, buyer_id=UUID(buyer.id), amount=amount, **wanted
        )

    async def paid_by_card(
        self, buyer: Person, amount: int = 10_000, number: str = till.GOOD
    ) -> tuple[UUID, StartedPayment]:
        """An order whose money is in escrow."""
        order_id = self.order()
        started = await self.start(order_id, buyer, amount)
        assert started.checkout_url is not None
        await till.pay(self.market.client, started.checkout_url, number)
        await till.until(lambda: self.in_escrow(order_id))
        return order_id, started

    async def pay_by_wallet(self, order_id: UUID, buyer: Person, amount: int = 10_000) -> PaymentFacts:
        async with self.market.outcry.database.transaction(SYSTEM) as tx:
            return await self.payments.pay_by_wallet(
                tx, order_id=order_id, buyer_id=UUID(buyer.id), amount=amount, currency="USD"
            )

    async def refund(self, order_id: UUID, amount: int, key: str = "refund") -> None:
        async with self.market.outcry.database.transaction(SYSTEM) as tx:
            await self.payments.refund(tx, order_id=order_id, amount=amount, reason="test", key=f"{key}:{order_id}")

    async def release(self, order_id: UUID, seller: Person, amount: int = 10_000, key: str = "release") -> None:
        async with self.market.outcry.database.transaction(SYSTEM) as tx:
            await self.payments.release(
                tx,
                order_id=order_id,
                seller_id=UUID(seller.id),
                currency="USD",
                seller_receives=amount - 799,
                fees=799,
                tax=0,
                key=f"{key}:{order_id}",
            )

    async def in_escrow(self, order_id: UUID) -> int:
        return await till.balance(self.market, escrow(order_id, "USD"))
