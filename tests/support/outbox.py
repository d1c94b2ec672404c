"""How a message on its way out stands."""

from uuid import UUID

from outcry.kernel.database import SYSTEM, Database


async def message_state(database: Database, message_id: str) -> tuple[str, int, str | None]:
    """Its status, the tries so far, and what went wrong last."""
    async with database.transaction(SYSTEM) as tx:
        row = await tx.first(
            "SELECT status, tries, last_error FROM outgoing_messages WHERE id = :id", {"id": UUID(message_id)}
        )
    assert row is not None
    return row.status, row.tries, row.last_error
