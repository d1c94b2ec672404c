"""Strikes: what a person is held to account for (SPEC AUC-7). Given by the system, seen by the person and by staff."""

from typing import Literal
from uuid import UUID

import msgspec

from outcry.kernel.database import Transaction
from outcry.kernel.http import Instant
from outcry.kernel.ids import new_id
from outcry.kernel.times import rfc3339

MAX_SHOWN = 100

Reason = Literal["not_paid"]


class StrikeView(msgspec.Struct, frozen=True):
    """One strike."""

    reason: Reason
    order_id: UUID
    at: Instant


async def give(tx: Transaction, user_id: UUID, reason: Reason, order_id: UUID) -> None:
    """At most one of a reason for an order."""
    await tx.run(
        "INSERT INTO strikes (id, user_id, reason, order_id) VALUES (:id, :user_id, :reason, :order_id)"
        " ON CONFLICT (order_id, reason) DO NOTHING",
        {"id": new_id(), "user_id": user_id, "reason": reason, "order_id": order_id},
    )


async def of_person(tx: Transaction, user_id: UUID) -> list[StrikeView]:
    """Newest first; those the transaction's actor may see."""
    rows = await tx.all(
        "SELECT reason, order_id, at FROM strikes WHERE user_id = :user_id ORDER BY id DESC LIMIT :limit",
        {"user_id": user_id, "limit": MAX_SHOWN},
    )
    return [StrikeView(row.reason, row.order_id, rfc3339(row.at)) for row in rows]
