"""Moving an order: the one place where its status, its escrow and its history change (SPEC ORD-1, ORD-2, ORD-6).

Every call works on an order whose row the transaction has locked (`locked`), as the system actor; who may ask for it
is decided by whoever calls, with `rules.may`. Locks are taken in the order auctions, listings, orders, ledger.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.database import Transaction
from outcry.kernel.market import Market
from outcry.kernel.outbox import Event
from outcry.kernel.times import rfc3339, to_microseconds
from outcry.orders import queries
from outcry.orders.errors import OrderDisputed, OrderNotFound, RefundExceedsEscrow, WrongOrderStatus
from outcry.orders.rules import HOLDING, Facts, Party, Settlement, Status, may_become, settle
from outcry.payments.queries import under_bank_dispute
from outcry.payments.service import Payments

# What `move` may set along with the status.
_SETTABLE = frozenset(
    {
        "fulfilment", "remind_at", "deliver_by", "escrow_release_at", "payment_method", "payment_provider",
        "payment_id", "shipment", "paid_at", "shipped_at", "delivered_at", "completed_at", "cancelled_at",
        "cancel_reason", "refunded_amount",
    }
)  # fmt: skip


class LockedOrder(msgspec.Struct, kw_only=True):
    """An order whose row this transaction holds, kept up to date by every move; `now` is PostgreSQL's clock."""

    id: UUID
    listing_id: UUID
    auction_id: UUID | None
    buyer_id: UUID
    seller_id: UUID
    quantity: int
    amount: int
    commission: int
    escrow_fee: int
    buyer_premium: int
    tax: int
    total: int
    refunded_amount: int
    currency: str
    status: Status
    fulfilment: str | None
    fulfilment_options: list[str]
    title: str
    cover_id: UUID | None
    pay_by: datetime
    remind_at: datetime | None
    deliver_by: datetime | None
    escrow_release_at: datetime | None
    payment_method: str | None
    payment_provider: str | None
    payment_id: UUID | None
    shipment: dict[str, str] | None
    paid_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    created_at: datetime
    now: datetime

    @property
    def ways(self) -> frozenset[str]:
        """The ways of handing over that are still open."""
        return frozenset({self.fulfilment} if self.fulfilment else self.fulfilment_options)

    @property
    def in_escrow(self) -> int:
        """What is held for it now."""
        return self.total - self.refunded_amount if self.status in HOLDING else 0

    @property
    def settlement(self) -> Settlement:
        """Who would get what if the escrow were released now."""
        return settle(
            total=self.total,
            commission=self.commission,
            escrow_fee=self.escrow_fee,
            buyer_premium=self.buyer_premium,
            tax=self.tax,
            refunded=self.refunded_amount,
        )

    def party_of(self, user_id: UUID) -> Party:
        """On which side of it the person is; NOBODY for a stranger."""
        return {self.buyer_id: Party.BUYER, self.seller_id: Party.SELLER}.get(user_id, Party.NOBODY)

    def facts(self, **more: Any) -> Facts:
        """For the rules; `more` is what only the after-sale knows."""
        return Facts(
            status=self.status,
            now_us=to_microseconds(self.now),
            pay_by_us=to_microseconds(self.pay_by),
            is_won=self.auction_id is not None,
            ways=self.ways,
            deliver_by_us=to_microseconds(self.deliver_by) if self.deliver_by else None,
            release_at_us=to_microseconds(self.escrow_release_at) if self.escrow_release_at else None,
            **more,
        )


def order_of(row: Any) -> LockedOrder:
    """A row of `queries.COLUMNS` and `now`."""
    fields: dict[str, Any] = {**row._mapping, "status": Status(row.status)}
    return LockedOrder(**fields)


class OrderMoves:
    """What every use case of orders moves them with."""

    def __init__(self, market: Market, payments: Payments) -> None:
        self._market = market
        self._payments = payments
        # Called at the end of the completing transaction, after every other lock.
        self.on_completed: list[Callable[[Transaction, LockedOrder, Settlement], Awaitable[None]]] = []
        # Called when the buyer's bank has taken all that was held, with how much that was; the money moves after it.
        self.on_charged_back: list[Callable[[Transaction, LockedOrder, int], Awaitable[None]]] = []

    async def locked(self, tx: Transaction, order_id: UUID) -> LockedOrder:
        """The order, its row locked. Raises OrderNotFound."""
        row = await tx.first(queries.LOCK, {"id": order_id})
        if row is None:
            raise OrderNotFound()
        return order_of(row)

    async def move(
        self,
        tx: Transaction,
        order: LockedOrder,
        to: Status,
        kind: str,
        by: Party,
        *,
        by_id: UUID | None = None,
        amount: int | None = None,
        note: str | None = None,
        **columns: Any,
    ) -> None:
        """To another status, with `columns` of its row; noted in the history as `kind` and told to both parties.

        Money is moved by whoever calls, in the same transaction. Raises WrongOrderStatus.
        """
        if not may_become(order.status, to):
            raise WrongOrderStatus(order.status)
        order.status = to
        await self._set(tx, order, columns)
        await self.note(tx, order, kind, by, by_id=by_id, amount=amount, note=note)

    async def note(
        self,
        tx: Transaction,
        order: LockedOrder,
        kind: str,
        by: Party,
        *,
        by_id: UUID | None = None,
        amount: int | None = None,
        note: str | None = None,
    ) -> None:
        """A line of the history, told to both parties; the status stays."""
        await queries.add_history(
            tx,
            {
                "order_id": order.id,
                "kind": kind,
                "status": order.status,
                "at": order.now,
                "by": by,
                "by_id": by_id,
                "amount": amount,
                "note": note,
            },
        )
        self.tell(tx, order, kind, by, amount=amount, reason=note)

    def tell(
        self,
        tx: Transaction,
        order: LockedOrder,
        kind: str,
        by: Party,
        *,
        amount: int | None = None,
        reason: str | None = None,
    ) -> None:
        """`order_updated` on both parties' channels; `kind` says what happened, `by` who did it."""
        for person, role in ((order.buyer_id, "buyer"), (order.seller_id, "seller")):
            tx.emit(Event(f"user:{person}", "order_updated", _told(order, kind, by, role, amount, reason)))

    def tell_one(self, tx: Transaction, order: LockedOrder, kind: str, party: Party) -> None:
        """`order_updated` for one of the two only."""
        person = order.buyer_id if party is Party.BUYER else order.seller_id
        tx.emit(Event(f"user:{person}", "order_updated", _told(order, kind, Party.SYSTEM, party.value, None, None)))

    async def delivered(
        self, tx: Transaction, order: LockedOrder, kind: str, by: Party, *, by_id: UUID | None = None
    ) -> None:
        """It has arrived: from now the time to dispute runs, then the seller is paid."""
        await self.move(
            tx,
            order,
            Status.DELIVERED,
            kind,
            by,
            by_id=by_id,
            delivered_at=order.now,
            escrow_release_at=order.now + timedelta(days=self._market.escrow_days),
        )

    async def complete(
        self,
        tx: Transaction,
        order: LockedOrder,
        by: Party,
        kind: str = "completed",
        *,
        by_id: UUID | None = None,
        note: str | None = None,
        **columns: Any,
    ) -> Settlement:
        """Release the escrow to the seller, less fees and tax, and end the order; gives who got what (SPEC ORD-2).

        An order can be completed once: its row is locked, and the key of the release names it. Raises
        WrongOrderStatus, and OrderDisputed while the buyer's bank decides about the money.
        """
        if not may_become(order.status, Status.COMPLETED):
            raise WrongOrderStatus(order.status)
        if await under_bank_dispute(tx, [order.id]):
            raise OrderDisputed(order.status, "The buyer's bank is deciding about the money")
        split = order.settlement
        await self._payments.release(
            tx,
            order_id=order.id,
            seller_id=order.seller_id,
            currency=order.currency,
            seller_receives=split.seller_receives,
            fees=split.fees,
            tax=split.tax,
            key=f"order:{order.id}:release",
        )
        columns.setdefault("delivered_at", order.delivered_at or order.now)
        await self.move(
            tx,
            order,
            Status.COMPLETED,
            kind,
            by,
            by_id=by_id,
            amount=split.seller_receives,
            note=note,
            completed_at=order.now,
            **columns,
        )
        for completed in self.on_completed:
            await completed(tx, order, split)
        return split

    async def lock_money(self, tx: Transaction, order: LockedOrder) -> None:
        """Before a part of the escrow is refunded and the rest released in one transaction."""
        await self._payments.lock_settlement(
            tx, order_id=order.id, buyer_id=order.buyer_id, seller_id=order.seller_id, currency=order.currency
        )

    async def refund(
        self,
        tx: Transaction,
        order: LockedOrder,
        amount: int | None,
        *,
        by: Party,
        reason: str,
        key: str,
        by_id: UUID | None = None,
        kind: str | None = None,
    ) -> int:
        """Give `amount` (None: all that is held) back to the buyer, where the money came from; gives how much.

        All of it ends the order as refunded; a part leaves it where it is. `key` names the refund: orders add their
        id. Raises WrongOrderStatus when nothing is held, RefundExceedsEscrow above what is left (SPEC ORD-6).
        """
        held = order.in_escrow
        if not held:
            raise WrongOrderStatus(order.status)
        amount = held if amount is None else amount
        if not 0 < amount <= held:
            raise RefundExceedsEscrow(f"At most {held} is left to refund", refundable=held, currency=order.currency)
        await self._payments.refund(
            tx, order_id=order.id, amount=amount, reason=reason, key=f"order:{order.id}:refund:{key}"
        )
        back = order.refunded_amount + amount
        if amount == held:
            await self.move(
                tx, order, Status.REFUNDED, kind or "refunded", by, by_id=by_id, amount=amount, note=reason,
                refunded_amount=back, escrow_release_at=None, deliver_by=None,
            )  # fmt: skip
        else:
            await self._set(tx, order, {"refunded_amount": back})
            await self.note(tx, order, kind or "partly_refunded", by, by_id=by_id, amount=amount, note=reason)
        return amount

    async def charged_back(self, tx: Transaction, order: LockedOrder, amount: int) -> None:
        """The buyer's bank took `amount` of what is held; payments move it. All of it ends the order."""
        back = order.refunded_amount + amount
        if amount == order.in_escrow:
            await self.move(
                tx, order, Status.REFUNDED, "charged_back", Party.SYSTEM, amount=amount,
                refunded_amount=back, escrow_release_at=None, deliver_by=None,
            )  # fmt: skip
            for charged_back in self.on_charged_back:
                await charged_back(tx, order, amount)
        else:
            await self._set(tx, order, {"refunded_amount": back})
            await self.note(tx, order, "charged_back", Party.SYSTEM, amount=amount)

    async def remind(self, tx: Transaction, order: LockedOrder, next_at: datetime | None) -> None:
        """The buyer is reminded to pay; `next_at` is when again."""
        await self._set(tx, order, {"remind_at": next_at})
        self.tell_one(tx, order, "payment_reminder", Party.BUYER)

    async def choose(self, tx: Transaction, order: LockedOrder, way: str) -> None:
        """Settle how it is handed over: `shipping` or `meetup`."""
        await self._set(tx, order, {"fulfilment": way})

    async def _set(self, tx: Transaction, order: LockedOrder, columns: dict[str, Any]) -> None:
        unknown = columns.keys() - _SETTABLE
        if unknown:
            raise ValueError(f"no move sets {', '.join(sorted(unknown))}")
        values = {"id": order.id, "status": order.status, **columns}
        if "shipment" in columns:
            values["shipment"] = msgspec.json.encode(columns["shipment"]).decode()
        sets = "".join(
            f", {name} = CAST(:{name} AS jsonb)" if name == "shipment" else f", {name} = :{name}" for name in columns
        )
        await tx.run(f"UPDATE orders SET status = :status{sets} WHERE id = :id", values)
        for name, value in columns.items():
            setattr(order, name, value)


def _told(
    order: LockedOrder, kind: str, by: Party, role: str, amount: int | None, reason: str | None
) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "auction_id": order.auction_id,
        "listing_id": order.listing_id,
        "kind": kind,
        "by": by.value,
        "status": order.status.value,
        "role": role,
        "amount": order.total if amount is None else amount,
        "currency": order.currency,
        "reason": reason,
        "pay_by": rfc3339(order.pay_by) if order.status is Status.PENDING_PAYMENT else None,
        # Whoever must act by then is told so wherever the event is shown.
        "decide_by": rfc3339(order.pay_by) if kind == "payment_reminder" else None,
        "server_time": rfc3339(order.now),
    }
