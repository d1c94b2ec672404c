"""Calling off an order that is not paid (SPEC ORD-1, AUC-7): by a person, or because the time to pay is over.

What was bought goes back into stock. A win that is not paid is offered to the runner-up, and the buyer gets a strike;
one that the seller lets go is unsold, and may be relisted in one call.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from outcry.auctions import second_chance
from outcry.auctions.security import deposit_of
from outcry.auctions.service import AuctionService
from outcry.catalog import service as catalog
from outcry.identity import strikes
from outcry.kernel.access import Principal
from outcry.kernel.database import Transaction
from outcry.kernel.market import Market
from outcry.ledger.accounts import available
from outcry.ledger.service import Ledger
from outcry.orders.errors import NotCancellable, OrderCancelled, OrderNotFound, WinIsBinding
from outcry.orders.moves import LockedOrder, OrderMoves
from outcry.orders.paying import free_security
from outcry.orders.rules import Party, Status
from outcry.orders.views import party_of
from outcry.payments.service import Payments

NOT_PAID = "Not paid in time"
_WITHOUT_WORDS = {Party.BUYER: "Cancelled by the buyer", Party.SELLER: "Cancelled by the seller"}
_BY_STAFF = "Cancelled by staff"

CallOff = Callable[[LockedOrder], Awaitable[bool]]


class Cancelling:
    """Calls orders off, in transactions of the SYSTEM."""

    def __init__(
        self, market: Market, auctions: AuctionService, moves: OrderMoves, payments: Payments, ledger: Ledger
    ) -> None:
        self._market = market
        self._auctions = auctions
        self._moves = moves
        self._payments = payments
        self._ledger = ledger

    async def cancel(self, tx: Transaction, principal: Principal, order_id: UUID, reason: str | None) -> None:
        """By the buyer of a purchase, the seller or staff, before it is paid.

        Raises OrderNotFound, WinIsBinding, NotCancellable, OrderCancelled.
        """

        async def call_off(order: LockedOrder) -> bool:
            party = party_of(order, principal)
            if party is Party.NOBODY:
                raise OrderNotFound()
            if order.status is Status.CANCELLED:
                raise OrderCancelled(order.status)
            if order.status is not Status.PENDING_PAYMENT:
                raise NotCancellable(order.status)
            if party is Party.BUYER and order.auction_id is not None:
                raise WinIsBinding()
            words = reason or _WITHOUT_WORDS.get(party, _BY_STAFF)
            await self._call_off(tx, order, "cancelled", party, words, principal.user_id)
            return True

        await self._undoing(tx, order_id, call_off, to_runner_up=False)

    async def time_out(self, tx: Transaction, order_id: UUID) -> bool:
        """The time to pay is over: cancelled, with a strike for the buyer; False when it is not so any more."""

        async def call_off(order: LockedOrder) -> bool:
            if order.status is not Status.PENDING_PAYMENT or order.now < order.pay_by:
                return False
            await self._forfeit(tx, order)
            await self._call_off(tx, order, "not_paid", Party.SYSTEM, NOT_PAID, None)
            await strikes.give(tx, order.buyer_id, "not_paid", order.id)
            return True

        return await self._undoing(tx, order_id, call_off, to_runner_up=True)

    async def _undoing(self, tx: Transaction, order_id: UUID, call_off: CallOff, *, to_runner_up: bool) -> bool:
        """Lock auction, listing and order, in this order; call off, then settle what becomes of the goods."""
        found = await tx.first("SELECT auction_id, listing_id FROM orders WHERE id = :id", {"id": order_id})
        if found is None:
            raise OrderNotFound()
        if found.auction_id is None:
            await catalog.lock_listing(tx, found.listing_id)
            order = await self._moves.locked(tx, order_id)
            done = await call_off(order)
            if done:
                await catalog.return_stock(tx, order.listing_id, order.quantity)
            return done
        async with self._auctions.moving(tx, found.auction_id) as (book, movement):
            await catalog.lock_listing(tx, found.listing_id)
            done = await call_off(await self._moves.locked(tx, order_id))
            if done and second_chance.is_sold(book):
                offered = to_runner_up and await second_chance.offer_runner_up(
                    movement, book, await self._had_it(tx, found.auction_id), self._market.second_chance_hours
                )
                if not offered:
                    second_chance.call_off_sale(movement, book)
        return done

    async def _call_off(
        self, tx: Transaction, order: LockedOrder, kind: str, by: Party, reason: str, by_id: UUID | None
    ) -> None:
        await self._payments.cancel_pending(tx, order.id)
        await free_security(self._ledger, tx, order)
        await self._moves.move(
            tx, order, Status.CANCELLED, kind, by, by_id=by_id, note=reason,
            cancelled_at=order.now, cancel_reason=reason, remind_at=None,
        )  # fmt: skip

    async def _forfeit(self, tx: Transaction, order: LockedOrder) -> None:
        """The winner's deposit, where the auction asked for one, goes to the seller who waited (SPEC MON-5)."""
        if order.auction_id is None:
            return
        deposit = await deposit_of(tx, order.auction_id, order.buyer_id)
        if not deposit:
            return
        await self._ledger.capture_hold(
            await tx.driver(),
            user_id=order.buyer_id,
            subject_id=order.auction_id,
            to=available(order.seller_id, order.currency),
            amount=deposit,
            key=f"order:{order.id}:forfeit",
        )
        await self._moves.note(tx, order, "deposit_forfeited", Party.SYSTEM, amount=deposit)

    async def _had_it(self, tx: Transaction, auction_id: UUID) -> list[UUID]:
        rows = await tx.all("SELECT buyer_id FROM orders WHERE auction_id = :id", {"id": auction_id})
        return [row.buyer_id for row in rows]
