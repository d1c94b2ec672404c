"""The clock of orders (SPEC ORD-1, ORD-2, AUC-7): reminders, unpaid orders, arrivals, releases.

What is due by PostgreSQL's clock is looked for once a minute by a job, and moved order by order, each in a transaction
of its own under the order's lock, where it is looked at again. Any number of processes may do so at once: they pass
over what another one has in hand. After downtime the overdue are simply due.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.jobs import Jobs
from outcry.kernel.market import Market
from outcry.orders.cancelling import Cancelling
from outcry.orders.errors import NothingDue
from outcry.orders.moves import OrderMoves
from outcry.orders.rules import Party, Status
from outcry.payments.queries import under_bank_dispute

JOB = "orders.move_due"
BATCH_ORDERS = 200
# Of one run; the next minute's goes on.
MAX_FAILED_ORDERS = 1_000

_IN_HAND = "SELECT pg_try_advisory_xact_lock(hashtextextended('order:' || CAST(:id AS text), 0))"
_NEXT_REMINDER = """
SELECT min(CAST(:pay_by AS timestamptz) - make_interval(hours => r)) FROM unnest(CAST(:hours AS integer[])) AS r
WHERE CAST(:pay_by AS timestamptz) - make_interval(hours => r) > :now
"""
# A bank that decides about the money holds the release up; the payment says so.
_OVERDUE = "status = 'pending_payment' AND pay_by <= clock_timestamp() ORDER BY pay_by"
_REMINDABLE = "status = 'pending_payment' AND remind_at <= clock_timestamp() ORDER BY remind_at"
_ARRIVED = "status = 'shipped' AND deliver_by <= clock_timestamp() ORDER BY deliver_by"
_RELEASABLE = """
status = 'delivered' AND escrow_release_at <= clock_timestamp()
    AND NOT EXISTS (
        SELECT FROM payments p
        WHERE p.order_id = orders.id AND p.status = 'succeeded' AND p.dispute_status = 'open')
ORDER BY escrow_release_at
"""

# What each status waits for, as far as it is time.
_CLOCKS = {
    Status.PENDING_PAYMENT: "pay_by",
    Status.SHIPPED: "deliver_by",
    Status.DELIVERED: "escrow_release_at",
}

Move = Callable[[Transaction, UUID], Awaitable[bool]]
_log = logging.getLogger("outcry.orders")


class Moved(msgspec.Struct):
    """How many of each a run moved; `failed` are tried again by the next."""

    reminded: int = 0
    unpaid: int = 0
    arrived: int = 0
    released: int = 0
    failed: int = 0


class Deadlines:
    """Moves what is due."""

    def __init__(self, database: Database, market: Market, moves: OrderMoves, cancelling: Cancelling) -> None:
        self._database = database
        self._market = market
        self._moves = moves
        self._cancelling = cancelling

    def register(self, jobs: Jobs) -> None:
        """Once a minute, in one process of all."""
        jobs.register(JOB, self.move_due, cron="* * * * *")

    async def let_pass(self, order_id: UUID) -> None:
        """The time that this order waits for is over now, and it is moved, as are others that are due: for people who
        try things out. Raises OrderNotFound, NothingDue."""
        async with self._database.transaction(SYSTEM) as tx:
            order = await self._moves.locked(tx, order_id)
            column = _CLOCKS.get(order.status)
            if column is None:
                raise NothingDue(order.status)
            await tx.run(
                f"UPDATE orders SET {column} = clock_timestamp() WHERE id = :id AND {column} > clock_timestamp()",
                {"id": order_id},
            )
        await self.move_due()

    async def move_due(self) -> Moved:
        """Until nothing is due that nobody else has in hand."""
        moved = Moved()
        moved.unpaid = await self._each(moved, _OVERDUE, self._cancelling.time_out)
        moved.reminded = await self._each(moved, _REMINDABLE, self._remind)
        moved.arrived = await self._each(moved, _ARRIVED, self._arrive)
        moved.released = await self._each(moved, _RELEASABLE, self._release)
        return moved

    async def _each(self, moved: Moved, due: str, move: Move) -> int:
        count, passed = 0, set[UUID]()
        while len(passed) <= MAX_FAILED_ORDERS:
            async with self._database.transaction(SYSTEM) as tx:
                rows = await tx.all(
                    f"SELECT id FROM orders WHERE id <> ALL(:passed) AND {due} LIMIT :limit",
                    {"passed": list(passed), "limit": BATCH_ORDERS},
                )
            if not rows:
                break
            for row in rows:
                done = await self._one(moved, row.id, move)
                count += done
                if not done:
                    passed.add(row.id)
        return count

    async def _one(self, moved: Moved, order_id: UUID, move: Move) -> bool:
        try:
            async with self._database.transaction(SYSTEM) as tx:
                return bool(await tx.scalar(_IN_HAND, {"id": order_id})) and await move(tx, order_id)
        except Exception:
            # One order that cannot be moved must not hold up the others; the runbook says what to do with it.
            _log.exception("order %s is due and could not be moved", order_id)
            moved.failed += 1
            return False

    async def _remind(self, tx: Transaction, order_id: UUID) -> bool:
        order = await self._moves.locked(tx, order_id)
        is_due = order.remind_at is not None and order.remind_at <= order.now < order.pay_by
        if order.status is not Status.PENDING_PAYMENT or not is_due:
            return False
        hours = list(self._market.payment_reminder_hours)
        upcoming: Any = await tx.scalar(_NEXT_REMINDER, {"pay_by": order.pay_by, "hours": hours, "now": order.now})
        await self._moves.remind(tx, order, upcoming)
        return True

    async def _arrive(self, tx: Transaction, order_id: UUID) -> bool:
        order = await self._moves.locked(tx, order_id)
        if order.status is not Status.SHIPPED or order.deliver_by is None or order.deliver_by > order.now:
            return False
        await self._moves.delivered(tx, order, "delivered", Party.SYSTEM)
        return True

    async def _release(self, tx: Transaction, order_id: UUID) -> bool:
        order = await self._moves.locked(tx, order_id)
        release_at = order.escrow_release_at
        if order.status is not Status.DELIVERED or release_at is None or release_at > order.now:
            return False
        if await under_bank_dispute(tx, [order_id]):
            return False
        await self._moves.complete(tx, order, Party.SYSTEM)
        return True
