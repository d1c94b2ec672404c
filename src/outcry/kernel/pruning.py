"""Forgetting what is no longer needed: old events and remembered answers."""

from outcry.kernel.database import SYSTEM, Database

# The oldest first, in slices, so that no one statement has everything to do after a long pause, and a channel loses
# its events from the front only.
SLICES_HOURS = (720, 168, 72, 24, 12, 6, 3, 2, 1, 0)

_EVENTS = "SELECT forget_events(clock_timestamp() - make_interval(hours => :hours))"
_ANSWERS = """
WITH gone AS (
    DELETE FROM idempotency_keys WHERE created_at < clock_timestamp() - make_interval(hours => :hours) RETURNING 1
)
SELECT count(*) FROM gone
"""


async def prune_events(database: Database, keep_hours: int) -> int:
    """Events older than `keep_hours`; who asks for them gets a snapshot instead. How many were removed."""
    return await _prune(database, _EVENTS, keep_hours)


async def prune_answers(database: Database, keep_hours: int) -> int:
    """Remembered answers older than `keep_hours`. How many were removed."""
    return await _prune(database, _ANSWERS, keep_hours)


async def _prune(database: Database, statement: str, keep_hours: int) -> int:
    removed = 0
    for older_hours in SLICES_HOURS:
        async with database.transaction(SYSTEM) as tx:
            removed += await tx.scalar(statement, {"hours": keep_hours + older_hours})
    return removed
