"""A person's notifications in its own copy of its data; they go when it goes (SPEC ID-7)."""

from typing import Any
from uuid import UUID

from outcry.kernel.database import Transaction
from outcry.kernel.personal import exported

_NOTIFICATIONS = """
SELECT id, kind, auction_id, listing_id, order_id, title, amount, currency, at, read_at FROM notifications
WHERE user_id = :person ORDER BY id DESC LIMIT :limit
"""


class NotificationRecords:
    """A `PersonalRecords` of identity."""

    async def export(self, tx: Transaction, user_id: UUID) -> dict[str, Any]:
        """As the bell shows them."""
        return await exported(tx, user_id, {"notifications": _NOTIFICATIONS})

    async def leave(self, tx: Transaction, user_id: UUID) -> None:
        """They were for nobody else."""
        await tx.run("DELETE FROM notifications WHERE user_id = :person", {"person": user_id})
