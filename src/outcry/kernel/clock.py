"""Keeps `kernel.times` with PostgreSQL's clock: the wall clocks of our machines may be wrong, and differ."""

import asyncio
import logging

from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.times import learn_time, monotonic_us

LISTEN_SECONDS = 60.0
# A slower answer says too little about when it was made.
MAX_ROUND_TRIP_US = 500_000

_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_log = logging.getLogger("outcry.clock")


class Timekeeper:
    """Hears the time at start, and again every `LISTEN_SECONDS`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._task: asyncio.Task[None] | None = None
        self._heard = False

    async def start(self) -> None:
        """Returns once the time is known."""
        await self.listen()
        self._task = asyncio.create_task(self._go_on(), name="timekeeper")

    async def stop(self) -> None:
        """The time goes on as last heard."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def listen(self) -> None:
        """Ask PostgreSQL once."""
        async with self._database.transaction(SYSTEM) as tx:
            asked_us = monotonic_us()
            now_us: int = await tx.scalar(_NOW)
            answered_us = monotonic_us()
        if not self._heard or answered_us - asked_us <= MAX_ROUND_TRIP_US:
            self._heard = True
            learn_time(now_us, (asked_us + answered_us) // 2)

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(LISTEN_SECONDS)
            try:
                await self.listen()
            except Exception as failed:
                _log.warning("the database's clock could not be heard, the next time will do: %s", failed)
