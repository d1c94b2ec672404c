"""What identity needs from above when a person leaves or takes its data along."""

from typing import Any, Protocol
from uuid import UUID

from outcry.kernel.database import Transaction


class PersonalRecords(Protocol):
    """What another domain keeps of a person. Wired in the composition root."""

    async def export(self, tx: Transaction, user_id: UUID) -> dict[str, Any]:
        """What it keeps, by name, as plain data or structs; as the person."""
        ...

    async def leave(self, tx: Transaction, user_id: UUID) -> None:
        """The account is about to be deleted, in this transaction of the system's. Raises a refusal that says what the
        person must do first."""
        ...
