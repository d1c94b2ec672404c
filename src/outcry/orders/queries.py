"""Every statement of orders that more than one use case needs."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from outcry.kernel.database import Transaction

COLUMNS = """
id, listing_id, auction_id, buyer_id, seller_id, quantity, amount, commission, escrow_fee, buyer_premium, tax, total,
refunded_amount, currency, status, fulfilment, fulfilment_options, title, cover_id, pay_by, remind_at,
deliver_by, escrow_release_at, payment_method, payment_provider, payment_id, shipment, paid_at, shipped_at,
delivered_at, completed_at, cancelled_at, cancel_reason, created_at
"""
# The clock is read in the select list: after the lock was granted, not before.
LOCK = f"SELECT {COLUMNS}, clock_timestamp() AS now FROM orders WHERE id = :id FOR NO KEY UPDATE"
READ = f"SELECT {COLUMNS}, clock_timestamp() AS now FROM orders"

# Numbered under the order's lock.
_ADD_HISTORY = """
INSERT INTO order_history (order_id, seq, kind, status, at, by, by_id, amount, note)
SELECT :order_id, coalesce(max(seq), 0) + 1, :kind, :status, :at, :by, :by_id, :amount, :note
FROM order_history WHERE order_id = :order_id
"""
_HISTORY = """
SELECT order_id, kind, at, by, amount, note FROM order_history WHERE order_id = ANY(:ids) ORDER BY order_id, seq
"""


async def add_history(tx: Transaction, row: dict[str, Any]) -> None:
    """One more line of an order's history."""
    await tx.run(_ADD_HISTORY, row)


async def histories(tx: Transaction, order_ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """The histories of these orders, oldest first."""
    found: dict[UUID, list[Any]] = {order_id: [] for order_id in order_ids}
    for row in await tx.all(_HISTORY, {"ids": list(order_ids)}):
        found[row.order_id].append(row)
    return found
