"""Making orders of awards and of purchases, and showing them (SPEC ORD-1)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import TupleRow

from outcry.auctions.ports import AwardedSale
from outcry.kernel.access import Principal
from outcry.kernel.arrays import BigInts, Ints, Texts, Uuids
from outcry.kernel.database import Transaction
from outcry.kernel.ids import new_id
from outcry.kernel.market import Market
from outcry.kernel.paging import Page, decode_cursor, encode_cursor
from outcry.orders import queries
from outcry.orders.errors import OrderNotFound
from outcry.orders.moves import order_of
from outcry.orders.rules import Status
from outcry.orders.schemas import OrderView
from outcry.orders.views import order_views
from outcry.payments.fees import costs_of

# Title and picture are those of now: the listing may change, what was bought does not.
_INSERT = """
WITH made AS (
    INSERT INTO orders (id, listing_id, auction_id, buyer_id, seller_id, quantity, amount, commission, escrow_fee,
        buyer_premium, tax, total, seller_receives, currency, fulfilment, title, cover_id, fulfilment_options, pay_by,
        remind_at, created_at)
    SELECT o.*, l.title, l.media_ids[1], l.fulfilment, d.pay_by, (
            SELECT min(d.pay_by - make_interval(hours => r)) FROM unnest(%s::integer[]) AS r
            WHERE d.pay_by - make_interval(hours => r) > t.now
        ), t.now
    FROM (SELECT clock_timestamp() AS now) AS t, LATERAL (SELECT t.now + make_interval(hours => %s) AS pay_by) AS d,
        unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::integer[], %s::bigint[], %s::bigint[],
            %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])
            AS o (id, listing_id, auction_id, buyer_id, seller_id, quantity, amount, commission, escrow_fee,
                buyer_premium, tax, total, seller_receives, currency, fulfilment)
        JOIN listings l ON l.id = o.listing_id
    ORDER BY o.id
    RETURNING id, buyer_id, auction_id, total, created_at
)
INSERT INTO order_history (order_id, seq, kind, status, at, by, by_id, amount)
SELECT id, 1, 'ordered', 'pending_payment', created_at, CASE WHEN auction_id IS NULL THEN 'buyer' ELSE 'system' END,
    CASE WHEN auction_id IS NULL THEN buyer_id END, total
FROM made
"""


_EITHER = "(buyer_id = :user_id OR seller_id = :user_id)"


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What two people have agreed; `amount` is for all of `quantity`, in minor units of `currency`."""

    listing_id: UUID
    auction_id: UUID | None = None
    buyer_id: UUID
    seller_id: UUID
    quantity: int = 1
    amount: int
    currency: str
    fulfilment: str | None = None


class OrderService:
    """Makes orders and shows them to their parties."""

    def __init__(self, market: Market) -> None:
        self._market = market

    async def awarded(
        self, connection: psycopg.AsyncConnection[TupleRow], sales: Sequence[AwardedSale]
    ) -> dict[UUID, UUID]:
        """An order for each sale, `pending_payment`, in one statement; gives order ids by auction id."""
        made = await self.create(
            connection,
            [
                NewOrder(
                    listing_id=sale.listing_id,
                    auction_id=sale.auction_id,
                    buyer_id=sale.buyer_id,
                    seller_id=sale.seller_id,
                    amount=sale.amount,
                    currency=sale.currency,
                )
                for sale in sales
            ],
        )
        return {sale.auction_id: order_id for sale, order_id in zip(sales, made, strict=True)}

    async def create(self, connection: psycopg.AsyncConnection[TupleRow], orders: Sequence[NewOrder]) -> list[UUID]:
        """Orders that wait for their payment, with the market's costs; their ids, in the order given."""
        ids = [new_id() for _ in orders]
        costs = [costs_of(order.amount, self._market.fees) for order in orders]
        await connection.execute(
            _INSERT,
            (
                Ints(self._market.payment_reminder_hours),
                self._market.payment_hours,
                Uuids(ids),
                Uuids([order.listing_id for order in orders]),
                Uuids([order.auction_id for order in orders]),  # type: ignore[misc]
                Uuids([order.buyer_id for order in orders]),
                Uuids([order.seller_id for order in orders]),
                Ints([order.quantity for order in orders]),
                BigInts([order.amount for order in orders]),
                BigInts([cost.commission for cost in costs]),
                BigInts([cost.escrow_fee for cost in costs]),
                BigInts([cost.buyer_premium for cost in costs]),
                BigInts([cost.tax for cost in costs]),
                BigInts([cost.total for cost in costs]),
                BigInts([cost.seller_receives for cost in costs]),
                Texts([order.currency for order in orders]),
                Texts([order.fulfilment for order in orders]),
            ),
        )
        return ids

    async def read(self, tx: Transaction, order_id: UUID, viewer: Principal) -> OrderView:
        """One order that the viewer is a party of, or staff. Raises OrderNotFound."""
        row = await tx.first(f"{queries.READ} WHERE id = :id", {"id": order_id})
        if row is None or not (viewer.is_staff or viewer.user_id in (row.buyer_id, row.seller_id)):
            raise OrderNotFound()
        (view,) = await order_views(tx, [order_of(row)], viewer, self._market)
        return view

    async def of_person(
        self,
        tx: Transaction,
        viewer: Principal,
        role: str | None,
        statuses: Sequence[Status],
        limit: int,
        cursor: str | None,
    ) -> Page[OrderView]:
        """One's orders as buyer, seller or both, newest first, of these statuses (none: all)."""
        party = {"buyer": "buyer_id = :user_id", "seller": "seller_id = :user_id"}.get(role or "", _EITHER)
        return await self.page(tx, viewer, [party], {"user_id": viewer.user_id}, statuses, limit, cursor)

    async def page(
        self,
        tx: Transaction,
        viewer: Principal,
        conditions: Sequence[str],
        named: Mapping[str, Any],
        statuses: Sequence[Status],
        limit: int,
        cursor: str | None,
    ) -> Page[OrderView]:
        """The orders that meet all `conditions` (SQL over `orders`, with `named` values), newest first."""
        after = decode_cursor(cursor, tuple[UUID])
        wanted = list(conditions) or ["true"]
        values: dict[str, Any] = {**named, "limit": limit + 1}
        if statuses:
            wanted.append("status = ANY(:statuses)")
            values["statuses"] = [one.value for one in statuses]
        if after:
            wanted.append("id < :after")
            values["after"] = after[0]
        rows = await tx.all(
            f"{queries.READ} WHERE {' AND '.join(wanted)} ORDER BY id DESC LIMIT :limit",
            values,
        )
        views = await order_views(tx, [order_of(row) for row in rows[:limit]], viewer, self._market)
        return Page(views, encode_cursor(views[-1].id) if len(rows) > limit else None)
