"""What orders keep of a person, for the person's own copy of its data (SPEC ID-7): orders, disputes, ratings.

Only what is the person's: its own words and pictures, what was decided about it, and of others' words the ratings that
everybody may read. The other party is an id.
"""

from typing import Any
from uuid import UUID

from outcry.kernel.database import Transaction
from outcry.kernel.personal import MAX_EXPORTED, exported, plain_row
from outcry.kernel.times import rfc3339
from outcry.orders.errors import OrdersOpen
from outcry.orders.rules import FINAL

_ORDERS = """
SELECT id, CASE WHEN buyer_id = :person THEN 'buyer' ELSE 'seller' END AS role, title, quantity, amount, total,
    refunded_amount, currency, status, created_at, paid_at, completed_at
FROM orders WHERE :person IN (buyer_id, seller_id) ORDER BY id DESC LIMIT :limit
"""
_DISPUTES = """
SELECT d.id, d.order_id, CASE WHEN d.buyer_id = :person THEN 'buyer' ELSE 'seller' END AS role, d.status, d.reason,
    CASE WHEN d.buyer_id = :person THEN d.details END AS details, d.opened_at, d.answered_at, d.closed_at,
    d.refund_amount, o.currency, d.note
FROM disputes d JOIN orders o ON o.id = d.order_id
WHERE :person IN (d.buyer_id, d.seller_id) ORDER BY d.id DESC LIMIT :limit
"""
_EVIDENCE = """
SELECT e.dispute_id, e.words, e.at, ARRAY(
    SELECT p.media_id FROM dispute_pictures p WHERE p.evidence_id = e.id ORDER BY p.position
) AS media_ids
FROM dispute_evidence e WHERE e.author_id = :person ORDER BY e.id DESC LIMIT :limit
"""
# What is still blind is seen by who gave it alone; row security says so too.
_RATINGS = """
SELECT order_id, rater_id = :person AS given, CASE WHEN rater_id = :person THEN rated_id ELSE rater_id END AS other_id,
    rater, stars, comment, created_at
FROM ratings WHERE rater_id = :person OR (rated_id = :person AND visible_at <= clock_timestamp())
ORDER BY id DESC LIMIT :limit
"""
_OPEN = "SELECT count(*) FROM orders WHERE :person IN (buyer_id, seller_id) AND status <> ALL(:final)"


class OrderRecords:
    """A `PersonalRecords` of identity."""

    async def export(self, tx: Transaction, user_id: UUID) -> dict[str, Any]:
        """The newest MAX_EXPORTED of each; as the person."""
        names = {"person": user_id, "limit": MAX_EXPORTED}
        evidence: dict[UUID, list[dict[str, Any]]] = {}
        for row in reversed(await tx.all(_EVIDENCE, names)):
            said = {"text": row.words, "at": rfc3339(row.at), "media_ids": list(row.media_ids)}
            evidence.setdefault(row.dispute_id, []).append(said)
        disputes = [plain_row(row) | {"evidence": evidence.get(row.id, [])} for row in await tx.all(_DISPUTES, names)]
        return {
            **await exported(tx, user_id, {"orders": _ORDERS}),
            "disputes": disputes,
            "ratings": [_rating(row) for row in await tx.all(_RATINGS, names)],
        }

    async def leave(self, tx: Transaction, user_id: UUID) -> None:
        """What two people have agreed stays for the other one, who knows people by id alone, once it is done.

        Raises OrdersOpen.
        """
        if await tx.scalar(_OPEN, {"person": user_id, "final": sorted(FINAL)}):
            raise OrdersOpen()


def _rating(row: Any) -> dict[str, Any]:
    return {
        "order_id": row.order_id,
        "direction": "given" if row.given else "received",
        "other_id": row.other_id,
        "rater": row.rater,
        "stars": row.stars,
        "comment": row.comment,
        "at": rfc3339(row.created_at),
    }
