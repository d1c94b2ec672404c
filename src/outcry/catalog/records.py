"""What the catalog keeps of a person, for the person's own copy of its data, and what becomes of it (SPEC ID-7)."""

from typing import Any
from uuid import UUID

from outcry.kernel.database import Transaction
from outcry.kernel.personal import exported

_LISTINGS = """
SELECT id, title, description, category, condition, sale_type, currency, price, stock, attributes, latitude, longitude,
    place, fulfilment, status, media_ids, created_at, updated_at, published_at
FROM listings WHERE seller_id = :person ORDER BY id DESC LIMIT :limit
"""
_WATCHED = """
SELECT listing_id, created_at FROM listing_watches WHERE user_id = :person ORDER BY listing_id DESC LIMIT :limit
"""
# What was sold stays as the buyer saw it, but for where the seller was.
_TAKE_DOWN = """
UPDATE listings SET latitude = NULL, longitude = NULL, place = NULL, updated_at = now(),
    status = CASE WHEN status IN ('draft', 'pending_review', 'active') THEN 'archived' ELSE status END
WHERE seller_id = :person
"""
_STOP_WATCHING = """
WITH gone AS (DELETE FROM listing_watches WHERE user_id = :person RETURNING listing_id)
UPDATE listings SET watch_count = watch_count - 1 WHERE id IN (SELECT listing_id FROM gone)
"""


class ListingRecords:
    """A `PersonalRecords` of identity."""

    async def export(self, tx: Transaction, user_id: UUID) -> dict[str, Any]:
        """Its listings and what it watches."""
        return await exported(tx, user_id, {"listings": _LISTINGS, "watched_listings": _WATCHED})

    async def leave(self, tx: Transaction, user_id: UUID) -> None:
        """Nothing of somebody who is gone is for sale."""
        await tx.run(_TAKE_DOWN, {"person": user_id})
        await tx.run(_STOP_WATCHING, {"person": user_id})
