"""Handover in person (SPEC ORD-3): the buyer's code is shown, the seller's scan of it releases the escrow, once.

The order's row is locked first, so two scans at once find one release and one `handover_code_used`. Every try is
logged before it is judged, in a transaction of its own: no crash or roll-back makes it unseen, and the log is what
limits guessing.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from outcry.kernel.access import Principal
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.errors import Conflict, Forbidden, OutcryError, RateLimited
from outcry.kernel.http import Instant, RequestStruct
from outcry.kernel.idempotency import REPLAYED_HEADER, Idempotent
from outcry.kernel.ids import new_id
from outcry.kernel.settings import Settings
from outcry.kernel.times import rfc3339, to_microseconds
from outcry.orders.errors import NotYourPart, OrderNotFound, WrongOrderStatus
from outcry.orders.handover_codes import PURPOSE, grouped, is_signed, normalised, qr_svg, sign
from outcry.orders.moves import LockedOrder, OrderMoves
from outcry.orders.rules import MEETUP, Party, Status
from outcry.orders.schemas import OrderView
from outcry.orders.service import OrderService

TRIES_WINDOW = timedelta(minutes=10)
_HASH_CONTEXT = "handover_codes.code"

_TRIES = """
SELECT count(*) AS tries, extract(epoch FROM min(at) + CAST(:window AS interval) - clock_timestamp()) AS wait_seconds
FROM handover_attempts
WHERE order_id = :order AND user_id = :user AND at > clock_timestamp() - CAST(:window AS interval)
    AND outcome NOT IN ('accepted', 'replayed')
"""
# A code of this order before another's that happens to look the same.
_FIND = """
SELECT id, order_id, buyer_id, expires_at, replaced_at, used_at, expires_at <= clock_timestamp() AS expired
FROM handover_codes WHERE code_hash = ANY(:hashes)
ORDER BY order_id = :order DESC, issued_at DESC LIMIT 1
"""


class HandoverCodeInvalid(Conflict):
    """No code of ours: mistyped, forged, or of a row that was changed."""

    code = "handover_code_invalid"
    title = "This is not a handover code"


class HandoverCodeExpired(Conflict):
    """Its time is over, or the buyer has asked for a newer one."""

    code = "handover_code_expired"
    title = "This code is no longer good; ask the buyer to show a new one"


class HandoverCodeUsed(Conflict):
    """The handover has been done with it."""

    code = "handover_code_used"
    title = "This code has been used"


class HandoverCodeNotYours(Forbidden):
    """A good code, of another order."""

    code = "handover_code_not_yours"
    title = "This code belongs to another order"


class NothingToHandOver(WrongOrderStatus):
    """The order's money is not in escrow, waiting for a handover."""

    code = "nothing_to_hand_over"
    title = "This order is not waiting for a handover"


class HandoverCode(msgspec.Struct, frozen=True):
    """What the buyer shows: `code` to read out or type, `svg` to scan; both say the same."""

    code: str
    expires_at: Instant
    svg: str


class ScannedCode(RequestStruct):
    """What the seller scanned or typed."""

    code: str


class Handover:
    """Codes, and what they release."""

    def __init__(
        self, database: Database, moves: OrderMoves, orders: OrderService, keys: KeyRing, settings: Settings
    ) -> None:
        self._database = database
        self._moves = moves
        self._orders = orders
        self._keys = keys
        self._code_seconds = settings.handover_code_seconds
        self._max_tries = settings.handover_tries

    async def issue(self, tx: Transaction, buyer_id: UUID, order_id: UUID) -> HandoverCode:
        """A new code for the buyer, in place of the one before; run as the system.

        Raises OrderNotFound, NotYourPart for the seller, NothingToHandOver.
        """
        order = await self._moves.locked(tx, order_id)
        if order.party_of(buyer_id) is Party.SELLER:
            raise NotYourPart("The buyer shows the code, you scan it", who=Party.BUYER.value)
        if order.party_of(buyer_id) is not Party.BUYER:
            raise OrderNotFound()
        if order.status is not Status.IN_ESCROW:
            raise NothingToHandOver(order.status)
        issued_at: datetime = await tx.scalar("SELECT clock_timestamp()")
        expires_at = issued_at + timedelta(seconds=self._code_seconds)
        code_id = new_id()
        code = sign(
            self._keys.derive(PURPOSE),
            code_id=code_id,
            order_id=order_id,
            buyer_id=buyer_id,
            expires_us=to_microseconds(expires_at),
        )
        await tx.run(
            "UPDATE handover_codes SET replaced_at = :at WHERE order_id = :order AND replaced_at IS NULL",
            {"order": order_id, "at": issued_at},
        )
        await tx.run(
            "INSERT INTO handover_codes (id, order_id, buyer_id, code_hash, issued_at, expires_at)"
            " VALUES (:id, :order, :buyer, :hash, :issued_at, :expires_at)",
            {
                "id": code_id,
                "order": order_id,
                "buyer": buyer_id,
                "hash": self._keys.keyed_hash(code, context=_HASH_CONTEXT),
                "issued_at": issued_at,
                "expires_at": expires_at,
            },
        )
        return HandoverCode(grouped(code), rfc3339(expires_at), qr_svg(code))

    async def verify(
        self, principal: Principal, order_id: UUID, body: ScannedCode, idempotent: Idempotent
    ) -> Response[Any]:
        """Complete the order for its seller. Raises OrderNotFound, NotYourPart, RateLimited, NothingToHandOver and the
        HandoverCode refusals, each of them logged."""
        attempt_id = await self._log(principal.user_id, order_id)
        try:
            async with self._database.transaction(SYSTEM) as tx:
                answer = await idempotent.answer(
                    tx, body, lambda: self._complete(tx, principal, order_id, body.code), status=200
                )
                replayed = REPLAYED_HEADER.keys() <= answer.headers.keys()
                await _judge(tx, attempt_id, "replayed" if replayed else "accepted")
            return answer
        except OutcryError as refused:
            async with self._database.transaction(SYSTEM) as tx:
                await _judge(tx, attempt_id, refused.code)
            raise

    async def _log(self, user_id: UUID, order_id: UUID) -> UUID:
        attempt_id = new_id()
        async with self._database.transaction(SYSTEM) as tx:
            # Tries at once count one another: the order's row is what they queue at.
            order = await self._moves.locked(tx, order_id)
            row = await tx.first(_TRIES, {"order": order_id, "user": user_id, "window": TRIES_WINDOW})
            assert row is not None
            if row.tries >= self._max_tries:
                if order.party_of(user_id) is not Party.SELLER:
                    raise OrderNotFound()
                raise RateLimited(
                    retry_after_seconds=max(1, int(row.wait_seconds) + 1), detail="Too many wrong codes for this order"
                )
            await tx.run(
                "INSERT INTO handover_attempts (id, order_id, user_id) VALUES (:id, :order, :user)",
                {"id": attempt_id, "order": order_id, "user": user_id},
            )
        return attempt_id

    async def _complete(self, tx: Transaction, seller: Principal, order_id: UUID, typed: str) -> OrderView:
        order = await self._moves.locked(tx, order_id)
        if order.party_of(seller.user_id) is Party.BUYER:
            raise NotYourPart("The seller scans the code, you show it", who=Party.SELLER.value)
        if order.party_of(seller.user_id) is not Party.SELLER:
            raise OrderNotFound()
        code_id = await self._checked(tx, order, typed)
        if order.status is not Status.IN_ESCROW:
            raise NothingToHandOver(order.status)
        await tx.run("UPDATE handover_codes SET used_at = clock_timestamp() WHERE id = :id", {"id": code_id})
        await self._moves.complete(tx, order, Party.SELLER, "handed_over", by_id=seller.user_id, fulfilment=MEETUP)
        return await self._orders.read(tx, order_id, seller)

    async def _checked(self, tx: Transaction, order: LockedOrder, typed: str) -> UUID:
        """The id of the good code that was typed. Raises the HandoverCode refusals."""
        code = normalised(typed)
        if code is None:
            raise HandoverCodeInvalid()
        hashes = self._keys.keyed_hashes(code, context=_HASH_CONTEXT)
        row = await tx.first(_FIND, {"hashes": hashes, "order": order.id})
        if row is None or not is_signed(
            self._keys.derive_all(PURPOSE),
            code,
            code_id=row.id,
            order_id=row.order_id,
            buyer_id=row.buyer_id,
            expires_us=to_microseconds(row.expires_at),
        ):
            raise HandoverCodeInvalid()
        if row.order_id != order.id or row.buyer_id != order.buyer_id:
            raise HandoverCodeNotYours()
        if row.used_at is not None:
            raise HandoverCodeUsed()
        if row.expired or row.replaced_at is not None:
            raise HandoverCodeExpired()
        return row.id


async def _judge(tx: Transaction, attempt_id: UUID, outcome: str) -> None:
    await tx.run(
        "UPDATE handover_attempts SET outcome = :outcome WHERE id = :id", {"id": attempt_id, "outcome": outcome}
    )
