"""Jobs (SPEC NTF-3): procrastinate in the same PostgreSQL, so that a job and its reason commit together."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import procrastinate
from procrastinate import RetryStrategy

from outcry.kernel.database import APP_ROLE, Transaction, libpq_url

QUEUE = "outcry"
WORKER_JOBS_AT_ONCE = 2
MAX_ATTEMPTS = 8
_RETRY = RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=2)

_DEFER = """
SELECT procrastinate_defer_jobs_v1(ARRAY[
    ROW(:queue, :task, 0, NULL, NULL, CAST(:args AS jsonb), NULL)::procrastinate_job_to_defer_v1])
"""

_log = logging.getLogger("outcry.jobs")


class Jobs:
    """The tasks of one process, and the worker that runs them."""

    def __init__(self, database_url: str) -> None:
        connector = procrastinate.PsycopgConnector(
            conninfo=libpq_url(database_url), min_size=1, max_size=WORKER_JOBS_AT_ONCE + 2,
            kwargs={"options": f"-c role={APP_ROLE} -c timezone=UTC", "application_name": "outcry jobs"},
        )  # fmt: skip
        self._app = procrastinate.App(connector=connector)
        self._worker: asyncio.Task[None] | None = None

    def task(self, name: str, call: Callable[..., Awaitable[Any]]) -> None:
        """Register `call`; a job that fails is tried again with growing waits, MAX_ATTEMPTS times."""
        self._app.task(name=name, queue=QUEUE, retry=_RETRY)(call)

    def every(self, cron: str, name: str, call: Callable[[], Awaitable[Any]]) -> None:
        """Run `call` on a schedule, once over all processes."""

        async def scheduled(timestamp: int) -> None:
            _log.info("%s: %s", name, await call())

        self._app.periodic(cron=cron)(self._app.task(name=name, queue=QUEUE, retry=_RETRY)(scheduled))

    async def defer(self, tx: Transaction, task: str, /, **arguments: Any) -> None:
        """Queue a job that runs once `tx` has committed; never when it rolls back."""
        encoded = msgspec.json.encode(arguments).decode()
        await tx.run(_DEFER, {"queue": QUEUE, "task": task, "args": encoded})

    async def start(self) -> None:
        """Run jobs in this process."""
        self._worker = asyncio.create_task(self._work(), name="jobs")

    async def _work(self) -> None:
        async with self._app.open_async():
            await self._app.run_worker_async(
                queues=[QUEUE], concurrency=WORKER_JOBS_AT_ONCE, install_signal_handlers=False, delete_jobs="successful"
            )

    async def stop(self) -> None:
        """End after the jobs in hand."""
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._worker
