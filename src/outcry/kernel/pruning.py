"""Forgetting what is no longer needed: old events and remembered answers, in batches that lock little."""

from outcry.kernel.database import SYSTEM, Database

BATCH_ROWS = 5_000
MAX_BATCHES = 200
ANSWER_HOURS = 48

_EVENTS = """
DELETE FROM outbox WHERE (channel, seq) IN (
    SELECT channel, seq FROM outbox WHERE at < now() - make_interval(hours => :hours) LIMIT :rows
)
"""
_ANSWERS = """
DELETE FROM idempotency_keys WHERE (user_id, scope, key) IN (
    SELECT user_id, scope, key FROM idempotency_keys
    WHERE created_at < now() - make_interval(hours => :hours) LIMIT :rows
)
"""


async def prune_events(database: Database, keep_hours: int) -> int:
    """Events older than `keep_hours`; who asks for them gets a snapshot instead. How many were removed."""
    return await _prune(database, _EVENTS, keep_hours)


async def prune_answers(database: Database) -> int:
    """Remembered answers older than ANSWER_HOURS. How many were removed."""
    return await _prune(database, _ANSWERS, ANSWER_HOURS)


async def _prune(database: Database, statement: str, hours: int) -> int:
    removed = 0
    for _ in range(MAX_BATCHES):
        async with database.transaction(SYSTEM) as tx:
            rows = await tx.run(statement, {"hours": hours, "rows": BATCH_ROWS})
        removed += rows
        if rows < BATCH_ROWS:
            break
    return removed
