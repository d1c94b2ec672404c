"""What the kernel's own tables need now and then: forgetting what has had its time."""

from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.jobs import Jobs
from outcry.kernel.settings import Settings

EVERY_TEN_MINUTES = "*/10 * * * *"
# The oldest first, in slices, so that no one statement has everything to do after a long pause.
_SLICES_HOURS = (720, 168, 72, 24, 12, 6, 3, 2, 1, 0)

_FORGET_EVENTS = "DELETE FROM outbox WHERE at < clock_timestamp() - make_interval(hours => :hours)"
_FORGET_ANSWERS = "DELETE FROM idempotency_keys WHERE created_at < clock_timestamp() - make_interval(hours => :hours)"


class Upkeep:
    """Forgets events and remembered answers after the settings' hours."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._event_hours = settings.event_retention_hours
        self._answer_hours = settings.idempotency_retention_hours

    def register(self, jobs: Jobs) -> None:
        """Have it done every ten minutes."""
        jobs.register("kernel.forget_events", self.forget_events, cron=EVERY_TEN_MINUTES)
        jobs.register("kernel.forget_answers", self.forget_answers, cron=EVERY_TEN_MINUTES)

    async def forget_events(self) -> int:
        """Delete events that can no longer be caught up with; how many. Channels keep their count."""
        return await self._delete(_FORGET_EVENTS, self._event_hours)

    async def forget_answers(self) -> int:
        """Delete answers that are no longer replayed; how many."""
        return await self._delete(_FORGET_ANSWERS, self._answer_hours)

    async def _delete(self, statement: str, hours: int) -> int:
        deleted = 0
        for more in _SLICES_HOURS:
            async with self._database.transaction(SYSTEM) as tx:
                deleted += await tx.run(statement, {"hours": hours + more})
        return deleted
