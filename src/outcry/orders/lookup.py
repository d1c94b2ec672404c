"""Staff find orders (SPEC ADM-1): by any id that stands on one, by invoice number, by party and status."""

import re
from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.access import Principal
from outcry.kernel.database import Transaction
from outcry.kernel.market import Market
from outcry.kernel.paging import Page
from outcry.orders.rules import Status
from outcry.orders.schemas import OrderView
from outcry.orders.service import OrderService

MAX_FIND_CHARACTERS = 80

# Each column is an index's first, so that PostgreSQL puts their answers together instead of reading all orders.
_BY_ID = (
    "(id = :find OR buyer_id = :find OR seller_id = :find OR listing_id = :find OR auction_id = :find"
    " OR id IN (SELECT order_id FROM disputes WHERE disputes.id = :find))"
)
_BY_INVOICE = (
    "id IN (SELECT order_id FROM invoices"
    " WHERE market = :market AND year = :year AND number = :number AND label = :find)"
)
_INVOICE = re.compile(r".+-(\d{4})-(\d{1,9})", re.ASCII)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders; what is None asks for nothing, and all that is asked for must be so.

    `find` is an id (of the order, its auction, listing, dispute or one of its parties) or an invoice's number.
    """

    find: str | None = None
    user_id: UUID | None = None
    buyer_id: UUID | None = None
    seller_id: UUID | None = None
    status: Status | None = None


async def find_orders(
    tx: Transaction,
    orders: OrderService,
    market: Market,
    viewer: Principal,
    wanted: Wanted,
    limit: int,
    cursor: str | None,
) -> Page[OrderView]:
    """Newest first; text that is neither an id nor an invoice's number finds nothing."""
    conditions: list[str] = []
    named: dict[str, Any] = {}
    if wanted.find and (text := wanted.find.strip()):
        condition, values = _meant(text, market)
        conditions.append(condition)
        named.update(values)
    if wanted.user_id:
        conditions.append("(buyer_id = :user_id OR seller_id = :user_id)")
        named["user_id"] = wanted.user_id
    if wanted.buyer_id:
        conditions.append("buyer_id = :buyer_id")
        named["buyer_id"] = wanted.buyer_id
    if wanted.seller_id:
        conditions.append("seller_id = :seller_id")
        named["seller_id"] = wanted.seller_id
    statuses = [wanted.status] if wanted.status else []
    return await orders.page(tx, viewer, conditions, named, statuses, limit, cursor)


def _meant(text: str, market: Market) -> tuple[str, dict[str, Any]]:
    """What the text asks for, as a condition and its values."""
    if numbered := _INVOICE.fullmatch(text):
        year, number = map(int, numbered.groups())
        return _BY_INVOICE, {"market": market.name, "year": year, "number": number, "find": text.upper()}
    try:
        return _BY_ID, {"find": UUID(text)}
    except ValueError:
        return "false", {}
