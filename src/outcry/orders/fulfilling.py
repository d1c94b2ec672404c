"""Sending, confirming, giving back (SPEC ORD-2, ORD-4, ORD-6): what the parties do with an order that is paid."""

from datetime import timedelta
from uuid import UUID

from outcry.kernel.access import Principal
from outcry.kernel.database import Transaction
from outcry.kernel.ids import new_id
from outcry.kernel.market import Market
from outcry.orders.errors import (
    AlreadyRefunded,
    EscrowAlreadyReleased,
    NothingToConfirm,
    NotShippable,
    NotYourPart,
    OrderDisputed,
    OrderNotFound,
    OrderNotPaid,
    ShippingNotOffered,
)
from outcry.orders.moves import LockedOrder, OrderMoves
from outcry.orders.rules import SHIPPING, Party, Status
from outcry.orders.schemas import RefundOrder, ShipOrder
from outcry.orders.views import party_of

_CONFIRMABLE = (Status.IN_ESCROW, Status.SHIPPED, Status.DELIVERED)


class Fulfilling:
    """In transactions of the SYSTEM, on behalf of a person."""

    def __init__(self, market: Market, moves: OrderMoves) -> None:
        self._market = market
        self._moves = moves

    async def ship(self, tx: Transaction, principal: Principal, order_id: UUID, body: ShipOrder) -> None:
        """By the seller. Raises OrderNotFound, NotYourPart, NotShippable, ShippingNotOffered."""
        order, party = await self._lock(tx, principal, order_id)
        if party is not Party.SELLER:
            raise NotYourPart("The seller ships", who="seller")
        if order.status is not Status.IN_ESCROW:
            raise NotShippable(order.status)
        if SHIPPING not in order.ways:
            raise ShippingNotOffered()
        shipment = {"carrier": body.carrier.strip()}
        if body.tracking is not None:
            shipment["tracking"] = body.tracking.strip()
        await self._moves.move(
            tx, order, Status.SHIPPED, "shipped", party, by_id=principal.user_id, note=" ".join(shipment.values()),
            fulfilment=SHIPPING, shipment=shipment, shipped_at=order.now,
            deliver_by=order.now + timedelta(days=self._market.delivery_days),
        )  # fmt: skip

    async def confirm(self, tx: Transaction, principal: Principal, order_id: UUID) -> None:
        """By the buyer: it is here, and as it should be. Pays the seller, where the market says so at once.

        Raises OrderNotFound, NotYourPart, NothingToConfirm, OrderDisputed.
        """
        order, party = await self._lock(tx, principal, order_id)
        if party is not Party.BUYER:
            raise NotYourPart("The buyer confirms", who="buyer")
        if order.status is Status.DISPUTED:
            raise OrderDisputed(order.status)
        if order.status not in _CONFIRMABLE:
            raise NothingToConfirm(order.status)
        releases = self._market.confirmation_releases or order.status is Status.DELIVERED
        if order.status is not Status.DELIVERED:
            await self._moves.delivered(tx, order, "delivered", party, by_id=principal.user_id)
        if releases:
            await self._moves.complete(tx, order, party, by_id=principal.user_id)

    async def refund(self, tx: Transaction, principal: Principal, order_id: UUID, body: RefundOrder) -> None:
        """By the seller or staff, while the money is held and nobody disputes (SPEC ORD-6).

        Raises OrderNotFound, NotYourPart, OrderNotPaid, EscrowAlreadyReleased, AlreadyRefunded, OrderDisputed,
        RefundExceedsEscrow.
        """
        order, party = await self._lock(tx, principal, order_id)
        if party is Party.BUYER:
            raise NotYourPart("The seller or staff refund; open a dispute", who="seller")
        refusals = {
            Status.PENDING_PAYMENT: OrderNotPaid,
            Status.CANCELLED: OrderNotPaid,
            Status.COMPLETED: EscrowAlreadyReleased,
            Status.REFUNDED: AlreadyRefunded,
            Status.DISPUTED: OrderDisputed,
        }
        if order.status in refusals:
            raise refusals[order.status](order.status)
        await self._moves.refund(
            tx, order, body.amount, by=party, by_id=principal.user_id, reason=body.reason.strip(), key=str(new_id())
        )

    async def _lock(self, tx: Transaction, principal: Principal, order_id: UUID) -> tuple[LockedOrder, Party]:
        order = await self._moves.locked(tx, order_id)
        party = party_of(order, principal)
        if party is Party.NOBODY:
            raise OrderNotFound()
        return order, party
