"""Buying at a fixed price (SPEC CAT-7): what is reserved is taken out of stock by the statement that looks at it.

The listing's row is locked by that one statement, so of any number of buyers at once each sees what the one before
left, and none gets what is not there. Stock comes back when the order is cancelled.
"""

from typing import Any
from uuid import UUID

from outcry.catalog import service as catalog
from outcry.identity.service import read_restrictions
from outcry.kernel.access import AccountSuspended, Principal
from outcry.kernel.database import Transaction
from outcry.kernel.errors import InvalidInput
from outcry.kernel.market import Market
from outcry.kernel.money import MAX_AMOUNT_MINOR
from outcry.orders.errors import NotForSale, OutOfStock, OwnListing, SellerBlocksBuyer, TooManyUnpaid
from outcry.orders.moves import OrderMoves
from outcry.orders.rules import Party
from outcry.orders.schemas import CreateOrder
from outcry.orders.service import NewOrder, OrderService

# One purchase of a person at a time, for the count must see the one before. Taken before any row's lock, and by nothing
# else; in a statement of its own, for a count of the same statement would be as of before the wait.
_QUEUE = "SELECT pg_advisory_xact_lock(hashtextextended('purchases of ' || CAST(:buyer AS text), 0))"
_UNPAID = """
SELECT count(*) FROM orders WHERE buyer_id = :buyer AND status = 'pending_payment' AND auction_id IS NULL
"""


class Purchases:
    """Makes orders of listings with a price; in a transaction of the SYSTEM."""

    def __init__(self, market: Market, orders: OrderService, moves: OrderMoves) -> None:
        self._market = market
        self._orders = orders
        self._moves = moves

    async def buy(self, tx: Transaction, principal: Principal, body: CreateOrder) -> UUID:
        """Reserve and order; the order's id.

        Raises ListingNotFound, NotForSale, OutOfStock, OwnListing, SellerBlocksBuyer, AccountSuspended, InvalidInput,
        TooManyUnpaid.
        """
        if principal.suspended:
            raise AccountSuspended()
        await tx.run(_QUEUE, {"buyer": principal.user_id})
        unpaid = await tx.scalar(_UNPAID, {"buyer": principal.user_id})
        if unpaid >= self._market.unpaid_purchases:
            raise TooManyUnpaid(limit=self._market.unpaid_purchases)
        sold = await catalog.reserve_stock(tx, body.listing_id, body.quantity)
        if sold is None:
            raise await self._why_not(tx, principal, body)
        await self._check(tx, principal, body, sold)
        order = NewOrder(
            listing_id=body.listing_id,
            buyer_id=principal.user_id,
            seller_id=sold.seller_id,
            quantity=body.quantity,
            amount=sold.price * body.quantity,
            currency=sold.currency,
            fulfilment=body.fulfilment or (sold.fulfilment[0] if len(sold.fulfilment) == 1 else None),
        )
        (order_id,) = await self._orders.create(await tx.driver(), [order])
        self._moves.tell(tx, await self._moves.locked(tx, order_id), "ordered", Party.BUYER)
        return order_id

    async def _check(self, tx: Transaction, principal: Principal, body: CreateOrder, sold: catalog.Reserved) -> None:
        """Who may not buy undoes the reservation by being refused."""
        pair = (sold.seller_id, principal.user_id)
        if sold.seller_id == principal.user_id:
            raise OwnListing()
        if pair in (await read_restrictions(await tx.driver(), [principal.user_id], [pair])).blocked:
            raise SellerBlocksBuyer()
        if body.fulfilment is not None and body.fulfilment not in sold.fulfilment:
            raise InvalidInput(("/fulfilment", f"must be one of {', '.join(sold.fulfilment)}"))
        if sold.price * body.quantity > MAX_AMOUNT_MINOR:
            raise InvalidInput(("/quantity", "is worth more than an order may be"))

    async def _why_not(self, tx: Transaction, principal: Principal, body: CreateOrder) -> Exception:
        listing: Any = await catalog.lock_listing(tx, body.listing_id)
        if listing is None or listing.status not in ("active", "sold"):
            # Whether somebody else's draft exists is nobody's business.
            return catalog.ListingNotFound()
        if listing.seller_id == principal.user_id:
            return OwnListing()
        if listing.sale_type == "auction":
            return NotForSale(sale_type=listing.sale_type)
        bound = await catalog.bound_by_auction(tx, body.listing_id)
        return OutOfStock(available=max(0, listing.stock - bound) if listing.status == "active" else 0)
