"""Orders' use cases: made by awards, read by their parties (SPEC ORD-1)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from outcry.auctions.ports import AwardedSale
from outcry.kernel.arrays import BigInts, Texts, Uuids
from outcry.kernel.database import Transaction
from outcry.kernel.errors import NotFound
from outcry.kernel.ids import new_id
from outcry.kernel.market import Market
from outcry.kernel.paging import Page, decode_cursor, page_of
from outcry.kernel.times import rfc3339
from outcry.orders.rules import costs_of
from outcry.orders.schemas import FeesView, OrderView

_INSERT = """
INSERT INTO orders (id, listing_id, auction_id, buyer_id, seller_id, amount, commission, escrow_fee, buyer_premium,
    total, seller_receives, currency, pay_by)
SELECT o.*, clock_timestamp() + make_interval(hours => %s)
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::text[]) AS o
ORDER BY 1
"""

_SELECT = """
SELECT id, listing_id, auction_id, buyer_id, seller_id, quantity, amount, commission, escrow_fee, buyer_premium,
    total, seller_receives, currency, status, fulfilment, pay_by, escrow_release_at, created_at
FROM orders
"""


class OrderNotFound(NotFound):
    """No such order of this person."""

    title = "There is no such order"


class OrderService:
    """Makes orders of awards and shows them to their parties."""

    def __init__(self, market: Market) -> None:
        self._market = market

    async def awarded(
        self, connection: psycopg.AsyncConnection[TupleRow], sales: Sequence[AwardedSale]
    ) -> dict[UUID, UUID]:
        """An order for each sale, `pending_payment`, in one statement; gives order ids by auction id."""
        ids = {sale.auction_id: new_id() for sale in sales}
        costs = [costs_of(sale.amount, self._market.fees) for sale in sales]
        await connection.execute(
            _INSERT,
            (
                self._market.payment_hours,
                Uuids([ids[sale.auction_id] for sale in sales]),
                Uuids([sale.listing_id for sale in sales]),
                Uuids([sale.auction_id for sale in sales]),
                Uuids([sale.buyer_id for sale in sales]),
                Uuids([sale.seller_id for sale in sales]),
                BigInts([sale.amount for sale in sales]),
                BigInts([cost.commission for cost in costs]),
                BigInts([cost.escrow_fee for cost in costs]),
                BigInts([cost.buyer_premium for cost in costs]),
                BigInts([cost.total for cost in costs]),
                BigInts([cost.seller_receives for cost in costs]),
                Texts([sale.currency for sale in sales]),
            ),
        )
        return ids

    async def read(self, tx: Transaction, order_id: UUID) -> OrderView:
        """One order of the transaction's actor (row security sees to that). Raises OrderNotFound."""
        row = await tx.first(f"{_SELECT} WHERE id = :id", {"id": order_id})
        if row is None:
            raise OrderNotFound()
        return _view(row)

    async def of_person(
        self, tx: Transaction, user_id: UUID, role: str | None, limit: int, cursor: str | None
    ) -> Page[OrderView]:
        """One's orders as buyer, seller or both, newest first."""
        after = decode_cursor(cursor, tuple[UUID])
        party = {"buyer": "buyer_id = :me", "seller": "seller_id = :me"}.get(
            role or "", "(buyer_id = :me OR seller_id = :me)"
        )
        rows = await tx.all(
            f"{_SELECT} WHERE {party} AND (CAST(:after AS uuid) IS NULL OR id < :after) ORDER BY id DESC LIMIT :limit",
            {"me": user_id, "after": after[0] if after else None, "limit": limit + 1},
        )
        return page_of(rows, limit, _view, lambda row: (row.id,))


def _view(row: Any) -> OrderView:
    return OrderView(
        row.id,
        row.listing_id,
        row.auction_id,
        row.buyer_id,
        row.seller_id,
        row.quantity,
        row.amount,
        FeesView(row.commission, row.escrow_fee, row.buyer_premium),
        row.total,
        row.seller_receives,
        row.currency,
        row.status,
        row.fulfilment,
        rfc3339(row.pay_by),
        rfc3339(row.escrow_release_at) if row.escrow_release_at else None,
        rfc3339(row.created_at),
    )
