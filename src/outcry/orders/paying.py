"""Paying for an order (SPEC ORD-1, ORD-2): by wallet in one transaction, by card when the provider says so.

A card's money arrives by webhook, applied in the transaction that calls `payment_succeeded`: the order is paid once,
whatever comes twice, late or out of order; money that no order waits for goes back.
"""

from typing import Any
from uuid import UUID

from litestar import Response

from outcry.kernel.access import Principal
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.idempotency import Idempotent
from outcry.ledger import accounts
from outcry.ledger.service import Ledger
from outcry.orders.errors import (
    NotYourPart,
    OrderAlreadyPaid,
    OrderCancelled,
    OrderNotFound,
    OrderNotPayable,
    PaymentOverdue,
)
from outcry.orders.moves import LockedOrder, OrderMoves
from outcry.orders.rules import HOLDING, Party, Status
from outcry.orders.schemas import OrderPaid, PayOrder
from outcry.orders.service import OrderService
from outcry.orders.views import party_of
from outcry.payments.ports import PaymentFacts, PaymentFate
from outcry.payments.service import Payments


def refuse_unpayable(order: LockedOrder, party: Party) -> None:
    """Raises the refusal that tells why this order cannot be paid by this party now."""
    if party is Party.NOBODY:
        raise OrderNotFound()
    if party is not Party.BUYER:
        raise NotYourPart("The buyer pays", who="buyer")
    if order.status is Status.CANCELLED:
        raise OrderCancelled(order.status)
    if order.status in HOLDING or order.status is Status.COMPLETED:
        raise OrderAlreadyPaid(order.status)
    if order.status is not Status.PENDING_PAYMENT:
        raise OrderNotPayable(order.status)
    if order.now >= order.pay_by:
        raise PaymentOverdue(order.status)


class Paying:
    """Pays orders; also payments' `PaymentSink`."""

    def __init__(
        self, database: Database, orders: OrderService, moves: OrderMoves, payments: Payments, ledger: Ledger
    ) -> None:
        self._database = database
        self._orders = orders
        self._moves = moves
        self._payments = payments
        self._ledger = ledger

    async def pay(
        self, principal: Principal, order_id: UUID, body: PayOrder, idempotent: Idempotent, base_url: str
    ) -> Response[OrderPaid]:
        """Raises why the order cannot be paid, InsufficientFunds, and what the provider's start raises."""
        if body.method == "card":
            return await self._by_card(principal, order_id, body, idempotent, base_url)
        async with self._database.transaction(SYSTEM) as tx:

            async def act() -> OrderPaid:
                await self._by_wallet(tx, principal, order_id)
                return OrderPaid(await self._orders.read(tx, order_id, principal))

            return await idempotent.answer(tx, body, act, status=200)

    async def _by_wallet(self, tx: Transaction, principal: Principal, order_id: UUID) -> None:
        order = await self._moves.locked(tx, order_id)
        refuse_unpayable(order, party_of(order, principal))
        # A hold's subject is the auction (SPEC MON-5): what the bid bound pays for what it won.
        payment = await self._payments.pay_by_wallet(
            tx,
            order_id=order.id,
            buyer_id=order.buyer_id,
            amount=order.total,
            currency=order.currency,
            held_for=order.auction_id,
        )
        await self._into_escrow(tx, order, payment)

    async def _by_card(
        self, principal: Principal, order_id: UUID, body: PayOrder, idempotent: Idempotent, base_url: str
    ) -> Response[Any]:
        """Two transactions round the provider's call: nothing waits on the network under a lock."""
        async with self._database.transaction(SYSTEM) as tx:
            remembered = await idempotent.remembered(tx, body)
            if remembered is not None:
                return remembered
            order = await self._moves.locked(tx, order_id)
            refuse_unpayable(order, party_of(order, principal))
        started = await self._payments.start_card_payment(
            order_id=order.id,
            buyer_id=order.buyer_id,
            amount=order.total,
            currency=order.currency,
            return_url=body.return_url,
            description=order.title,
            base_url=base_url,
        )
        async with self._database.transaction(SYSTEM) as tx:

            async def act() -> OrderPaid:
                view = await self._orders.read(tx, order_id, principal)
                return OrderPaid(view, started.checkout_url, started.client_secret)

            return await idempotent.answer(tx, body, act, status=200)

    async def _into_escrow(self, tx: Transaction, order: LockedOrder, payment: PaymentFacts) -> None:
        await self._moves.move(
            tx,
            order,
            Status.IN_ESCROW,
            "paid",
            Party.BUYER,
            by_id=order.buyer_id,
            amount=payment.amount,
            paid_at=order.now,
            payment_method=payment.method,
            payment_provider=payment.provider,
            payment_id=payment.payment_id,
            remind_at=None,
        )

    # -- what payments tell (payments/ports.py PaymentSink) ------------------------------------------------------

    async def payment_succeeded(self, tx: Transaction, payment: PaymentFacts) -> PaymentFate:
        """KEPT when the order waited for exactly this money; else it goes back, and the history says so."""
        try:
            order = await self._moves.locked(tx, payment.order_id)
        except OrderNotFound:
            return PaymentFate.RETURNED
        wanted = (order.buyer_id, order.total, order.currency)
        came = (payment.buyer_id, payment.amount, payment.currency)
        # A card that was charged in time is not refused because its message took long.
        if order.status is not Status.PENDING_PAYMENT or came != wanted:
            await self._moves.note(tx, order, "payment_returned", Party.SYSTEM, amount=payment.amount)
            return PaymentFate.RETURNED
        if order.auction_id is not None:
            await self._lock_for_card(tx, order, payment)
            # The card brought all of it: what the bid bound is the buyer's own again.
            await free_security(self._ledger, tx, order)
        await self._into_escrow(tx, order, payment)
        return PaymentFate.KEPT

    async def _lock_for_card(self, tx: Transaction, order: LockedOrder, payment: PaymentFacts) -> None:
        """The bidder's wallet and the way of the card's money, at once: a top-up of the same person locks both."""
        wallet = [accounts.held(order.buyer_id, order.currency), accounts.available(order.buyer_id, order.currency)]
        assert payment.provider is not None
        way = [accounts.clearing(payment.provider, order.currency), accounts.escrow(order.id, order.currency)]
        await self._ledger.lock(await tx.driver(), [*wallet, *way])

    async def payment_failed(self, tx: Transaction, payment: PaymentFacts) -> None:
        """The buyer is told; the order waits on."""
        try:
            order = await self._moves.locked(tx, payment.order_id)
        except OrderNotFound:
            return
        if order.status is Status.PENDING_PAYMENT:
            self._moves.tell_one(tx, order, "payment_failed", Party.BUYER)

    async def payment_disputed(self, tx: Transaction, payment: PaymentFacts, *, amount: int, lost: bool) -> None:
        """The buyer's bank takes money back: nothing is released while it decides, and what is lost is gone."""
        try:
            order = await self._moves.locked(tx, payment.order_id)
        except OrderNotFound:
            return
        if not lost:
            await self._moves.note(tx, order, "bank_dispute_opened", Party.SYSTEM, amount=amount)
            return
        gone = min(amount, order.in_escrow)
        if gone:
            await self._moves.charged_back(tx, order, gone)
        else:
            await self._moves.note(tx, order, "charged_back", Party.SYSTEM, amount=amount)


async def free_security(ledger: Ledger, tx: Transaction, order: LockedOrder) -> int:
    """Release the hold that the buyer's bid has on this order's auction; 0 when there is none."""
    if order.auction_id is None:
        return 0
    return await ledger.release_hold(
        await tx.driver(), user_id=order.buyer_id, subject_id=order.auction_id, key=f"order:{order.id}:security"
    )
