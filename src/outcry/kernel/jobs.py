"""Background jobs on PostgreSQL (procrastinate): deferred in the transaction that wants them, retried, scheduled.

A job runs at least once: its task must bear to run again. Arguments are ids and small facts, never personal data,
for whoever may look at jobs sees them.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.types.json import Jsonb

from outcry.kernel.database import APP_ROLE, SYSTEM, Database, Transaction, libpq_url, reserved
from outcry.kernel.times import utc_now

if TYPE_CHECKING:
    from procrastinate import App, JobContext

QUEUE = "outcry"
MAX_ATTEMPTS = 10
# The priority of what is dear and may wait when there is much to do: money goes first.
UNHURRIED = -10
FIRST_RETRY_SECONDS = 2
MAX_RETRY_SECONDS = 3_600
JOBS_AT_ONCE = 8
POOL_CONNECTIONS = 3
# Notifications wake the worker; this finds what they do not tell: retries that are due, and jobs behind a pooler.
POLL_SECONDS = 1.0
FINISH_SECONDS = 8.0
RESTART_SECONDS = (0.1, 0.5, 1.0, 2.0)
# A worker that has not been heard of for so long is dead, and others look for such: money in flight when a process is
# killed waits at most for both.
STALLED_AFTER_SECONDS = 12.0
HEARTBEAT_SECONDS = 3.0
TAKE_OVER_SECONDS = 3.0
KEPT_FAILED_HOURS = 30 * 24

Run = Callable[..., Awaitable[Any]]
_log = logging.getLogger("outcry.jobs")

_DEFER = """
SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[
    ROW(%s, %s, %s, %s, NULL, %s, clock_timestamp() + %s)::procrastinate_job_to_defer_v1
]))
"""
# A worker that died left its jobs "doing". They run again, unless they may have killed too many workers, or their
# schedule brings them back anyway.
_STALLED = """
SELECT j.id, j.attempts + 1 >= :max_attempts OR j.queueing_lock IS NOT NULL AS give_up
FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < clock_timestamp() - make_interval(secs => :seconds))
FOR UPDATE OF j SKIP LOCKED
"""
# What a worker that lives is said to be at.
_AT_WORK = """
SELECT j.id, j.attempts + 1 >= :max_attempts OR j.queueing_lock IS NOT NULL AS give_up
FROM procrastinate_jobs j WHERE j.status = 'doing' AND j.worker_id = :worker_id FOR UPDATE OF j SKIP LOCKED
"""
_RUN_AGAIN = "SELECT procrastinate_retry_job_v2(:id, clock_timestamp(), NULL, NULL, NULL)"
_GIVE_UP = "SELECT procrastinate_finish_job_v1(:id, 'failed', false)"
_FORGET_FAILED = """
DELETE FROM procrastinate_jobs j WHERE j.status IN ('failed', 'cancelled', 'aborted') AND NOT EXISTS (
    SELECT FROM procrastinate_events e
    WHERE e.job_id = j.id AND e.at > clock_timestamp() - make_interval(hours => :hours)
)
"""


class Task(msgspec.Struct, frozen=True):
    """What a job runs, and how often it may fail."""

    name: str
    run: Run
    max_attempts: int = MAX_ATTEMPTS
    first_retry_seconds: int = FIRST_RETRY_SECONDS
    cron: str | None = None
    priority: int = 0


def retry_seconds(attempts: int, first_seconds: int) -> int:
    """How long to wait after the attempt with that number, from 1: doubling up to an hour. Pure."""
    return min(MAX_RETRY_SECONDS, first_seconds * 2 ** min(attempts - 1, 20))


async def defer_task(
    tx: Transaction,
    name: str,
    *,
    lock: str | None = None,
    delay: timedelta | None = None,
    priority: int = 0,
    **arguments: Any,
) -> int:
    """As `Jobs.defer`, for the kernel's own that know the task's name without knowing who runs it."""
    connection = await tx.driver()
    values = (QUEUE, name, priority, lock, Jsonb(msgspec.to_builtins(arguments)), delay)
    cursor = await connection.execute(_DEFER, values)
    row = await cursor.fetchone()
    assert row is not None
    return row[0]


class Jobs:
    """A process's tasks, and the worker that runs them where one is started."""

    def __init__(self, database: Database, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._database = database
        self._poll_seconds = poll_seconds
        self._tasks: dict[str, Task] = {}
        self._running: list[asyncio.Task[None]] = []
        self._stopping = False
        self._worker_id: int | None = None
        self._in_hand: set[int] = set()
        self._dropped: set[int] = set()
        self.run_jobs = 0
        self.failed_runs = 0
        self.register("jobs.tidy", self.tidy, cron="* * * * *")

    def register(
        self,
        name: str,
        run: Run,
        *,
        max_attempts: int = MAX_ATTEMPTS,
        first_retry_seconds: int = FIRST_RETRY_SECONDS,
        cron: str | None = None,
        priority: int = 0,
    ) -> None:
        """Name a task `domain.verb`; `run` gets the job's arguments. With `cron` it also runs on that schedule (UTC).

        One process of all runs a schedule's turn; a turn that fails is not repeated, for the next one comes.
        """
        if name in self._tasks:
            raise ValueError(f"there is a task {name} already")
        if cron is not None:
            max_attempts = 1
        self._tasks[name] = Task(name, run, max_attempts, first_retry_seconds, cron, priority)

    async def defer(
        self,
        tx: Transaction,
        name: str,
        *,
        lock: str | None = None,
        delay: timedelta | None = None,
        **arguments: Any,
    ) -> int:
        """Have the task run after `tx` commits, and never when it rolls back; the job's id.

        Jobs with one `lock` run one after another. `delay` counts by PostgreSQL's clock. Raises KeyError for an
        unknown task.
        """
        task = self._tasks[name]
        return await defer_task(tx, task.name, lock=lock, delay=delay, priority=task.priority, **arguments)

    async def start(self) -> None:
        """Begin to run jobs in this process."""
        self._stopping = False
        with reserved():
            self._running = [
                asyncio.create_task(self._work(), name="jobs"),
                asyncio.create_task(self._look_for_the_dead(), name="jobs of the dead"),
            ]

    async def stop(self) -> None:
        """Take no more jobs and let those that run finish; what does not in FINISH_SECONDS runs again later."""
        self._stopping = True
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running = []

    async def tidy(self) -> None:
        """Forget failures that are old."""
        async with self._database.transaction(SYSTEM) as tx:
            await tx.run(_FORGET_FAILED, {"hours": KEPT_FAILED_HOURS})

    async def take_over(self) -> None:
        """Have jobs run again whose worker died, and those that this one was given or ended without anybody hearing.

        A connection may be lost with either. What is in nobody's hands at two looks is such a job.
        """
        async with self._database.transaction(SYSTEM) as tx:
            left = await tx.all(_STALLED, {"seconds": STALLED_AFTER_SECONDS, "max_attempts": MAX_ATTEMPTS})
            if self._worker_id is not None:
                mine = await tx.all(_AT_WORK, {"worker_id": self._worker_id, "max_attempts": MAX_ATTEMPTS})
                dropped = [row for row in mine if row.id not in self._in_hand]
                left = [*left, *(row for row in dropped if row.id in self._dropped)]
                self._dropped = {row.id for row in dropped} - {row.id for row in left}
            for row in left:
                await tx.run(_GIVE_UP if row.give_up else _RUN_AGAIN, {"id": row.id})

    async def _look_for_the_dead(self) -> None:
        while True:
            await asyncio.sleep(TAKE_OVER_SECONDS)
            try:
                await self.take_over()
            except Exception as failed:
                _log.warning("jobs of workers that died could not be taken over just now: %s", failed)

    async def _work(self) -> None:
        failures = 0
        while True:
            app = self._app()
            try:
                async with app.open_async():
                    await app.run_worker_async(
                        queues=[QUEUE],
                        concurrency=JOBS_AT_ONCE,
                        install_signal_handlers=False,
                        fetch_job_polling_interval=self._poll_seconds,
                        shutdown_graceful_timeout=FINISH_SECONDS,
                        delete_jobs="successful",
                        update_heartbeat_interval=HEARTBEAT_SECONDS,
                        stalled_worker_timeout=STALLED_AFTER_SECONDS,
                    )
            except Exception as failed:
                # A worker that loses its database while it is told to stop ends so, and not as cancelled.
                if self._stopping:
                    return
                _log.warning("the jobs' worker ended, it starts again: %s", failed)
            await asyncio.sleep(RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)])
            failures += 1

    def _app(self) -> "App":
        # Half a second of imports that only a process with a worker needs.
        from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
        from procrastinate.jobs import Job

        class BackOff(BaseRetryStrategy):
            def __init__(self, task: Task) -> None:
                self._task = task

            def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
                # `attempts` counts the runs that were over before this one.
                if job.attempts + 1 >= self._task.max_attempts:
                    return None
                wait_seconds = retry_seconds(job.attempts + 1, self._task.first_retry_seconds)
                return RetryDecision(retry_at=utc_now() + timedelta(seconds=wait_seconds))

        connector = PsycopgConnector(
            conninfo=libpq_url(self._database.url),
            min_size=1,
            max_size=POOL_CONNECTIONS,
            kwargs={"options": f"-c role={APP_ROLE} -c timezone=UTC", "application_name": "outcry jobs"},
        )
        app = App(connector=connector)
        for task in self._tasks.values():
            run = self._counted(task, scheduled=task.cron is not None)
            lock = task.name if task.cron else None
            made = app.task(name=task.name, queue=QUEUE, retry=BackOff(task), queueing_lock=lock, pass_context=True)(
                run
            )
            if task.cron is not None:
                app.periodic(cron=task.cron)(made)
        return app

    def _counted(self, task: Task, *, scheduled: bool) -> Run:
        async def run(context: "JobContext", **arguments: Any) -> None:
            job = context.job
            assert job.id is not None
            self._worker_id = job.worker_id
            self._in_hand.add(job.id)
            try:
                await self._run(task, arguments, scheduled=scheduled)
            finally:
                self._in_hand.discard(job.id)

        return run

    async def _run(self, task: Task, arguments: dict[str, Any], *, scheduled: bool) -> None:
        if scheduled:
            # The second it was due at, which procrastinate adds.
            arguments.pop("timestamp", None)
        try:
            await task.run(**arguments)
        except Exception as failed:
            self.failed_runs += 1
            _log.warning("job %s failed: %s", task.name, failed, exc_info=failed)
            raise
        self.run_jobs += 1
