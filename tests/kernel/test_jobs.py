"""Jobs: in the caller's transaction, retried with growing pauses, taken over from a worker that died, scheduled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from importlib import resources
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

import outcry
from outcry.kernel.database import SYSTEM, Actor, Database, Transaction
from outcry.kernel.ids import new_id
from outcry.kernel.jobs import MAX_RETRY_SECONDS, STALLED_AFTER_SECONDS, UNHURRIED, Jobs, retry_seconds
from outcry.kernel.pruning import prune_answers, prune_events

pytestmark = pytest.mark.anyio
PATIENCE_SECONDS = 30


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@asynccontextmanager
async def working(jobs: Jobs) -> AsyncIterator[None]:
    await jobs.start()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield
    finally:
        await jobs.stop()


class Seen:
    """Remembers what a task was called with, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.calls: list[dict[str, object]] = []
        self.done = asyncio.Event()
        self._failures = failures

    async def run(self, **arguments: object) -> None:
        self.calls.append(arguments)
        if len(self.calls) <= self._failures:
            raise ValueError("not this time")
        self.done.set()


async def a_worker(tx: Transaction, heard_of_seconds_ago: float = 0.0) -> int:
    return await tx.scalar(
        "INSERT INTO procrastinate_workers (last_heartbeat)"
        " VALUES (clock_timestamp() - make_interval(secs => :seconds)) RETURNING id",
        {"seconds": heard_of_seconds_ago},
    )


async def said_to_be_done_by(tx: Transaction, job_id: int, worker_id: int) -> None:
    await tx.run(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker WHERE id = :job",
        {"worker": worker_id, "job": job_id},
    )


async def status_of(database: Database, job_id: int) -> str:
    async with database.transaction(SYSTEM) as tx:
        return await tx.scalar("SELECT status::text FROM procrastinate_jobs WHERE id = :id", {"id": job_id})


async def test_a_job_runs_after_the_commit_with_its_arguments(database: Database) -> None:
    jobs, seen, auction_id = Jobs(database), Seen(), new_id()
    jobs.register("test.see", seen.run)
    async with working(jobs):
        async with database.transaction(Actor.user(new_id())) as tx:
            await jobs.defer(tx, "test.see", auction_id=auction_id, amount=15_000)
            assert not seen.calls
        await seen.done.wait()
    assert seen.calls == [{"auction_id": str(auction_id), "amount": 15_000}]
    assert UUID(str(seen.calls[0]["auction_id"])) == auction_id


async def test_a_job_of_a_transaction_that_rolls_back_never_runs(database: Database) -> None:
    jobs, seen = Jobs(database), Seen()
    jobs.register("test.see", seen.run)
    with suppress(ZeroDivisionError):
        async with database.transaction(SYSTEM) as tx:
            await jobs.defer(tx, "test.see", which="rolled back")
            raise ZeroDivisionError
    async with database.transaction(SYSTEM) as tx:
        await jobs.defer(tx, "test.see", which="committed")
    async with working(jobs):
        await seen.done.wait()
    assert seen.calls == [{"which": "committed"}]


async def test_a_job_that_fails_runs_again_until_it_succeeds(database: Database) -> None:
    jobs, seen = Jobs(database, poll_seconds=0.05), Seen(failures=2)
    jobs.register("test.see", seen.run, first_retry_seconds=0)
    async with working(jobs):
        async with database.transaction(SYSTEM) as tx:
            await jobs.defer(tx, "test.see")
        await seen.done.wait()
    assert len(seen.calls) == 3
    assert jobs.failed_runs == 2


async def test_a_job_that_always_fails_is_given_up_and_kept_to_be_looked_at(database: Database) -> None:
    jobs, seen, last = Jobs(database, poll_seconds=0.05), Seen(failures=3), Seen()
    jobs.register("test.fail", seen.run, max_attempts=3, first_retry_seconds=0)
    jobs.register("test.last", last.run)
    async with working(jobs):
        async with database.transaction(SYSTEM) as tx:
            await jobs.defer(tx, "test.fail", lock="one after another")
            # Jobs of one lock wait for one another, so this one tells that the other is over.
            await jobs.defer(tx, "test.last", lock="one after another")
        await last.done.wait()
    assert len(seen.calls) == 3
    async with database.transaction(SYSTEM) as tx:
        # At the turn of a period the worker's own tidying may stand in the table too.
        rows = await tx.all(
            "SELECT task_name, status::text, attempts FROM procrastinate_jobs WHERE task_name LIKE 'test.%'"
        )
    assert [tuple(row) for row in rows] == [("test.fail", "failed", 3)]


def test_pauses_double_up_to_an_hour() -> None:
    assert [retry_seconds(attempt, 2) for attempt in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert retry_seconds(500, 2) == MAX_RETRY_SECONDS


async def test_a_job_whose_worker_died_runs_again(database: Database) -> None:
    jobs, seen = Jobs(database, poll_seconds=0.05), Seen()
    jobs.register("test.see", seen.run)
    async with database.transaction(SYSTEM) as tx:
        job_id = await jobs.defer(tx, "test.see")
        await said_to_be_done_by(tx, job_id, await a_worker(tx, heard_of_seconds_ago=STALLED_AFTER_SECONDS + 1))
    # Nobody has to ask: whoever works looks for what the dead have left.
    async with working(jobs):
        await seen.done.wait()


async def test_a_job_that_a_living_worker_never_heard_of_runs(database: Database) -> None:
    """As when the connection is lost with the answer that gave it out."""
    jobs, first, lost = Jobs(database, poll_seconds=0.05), Seen(), Seen()
    jobs.register("test.first", first.run)
    jobs.register("test.lost", lost.run)
    async with working(jobs):
        async with database.transaction(SYSTEM) as tx:
            await jobs.defer(tx, "test.first")
        await first.done.wait()
        async with database.transaction(SYSTEM) as tx:
            job_id = await jobs.defer(tx, "test.lost")
            await said_to_be_done_by(tx, job_id, await tx.scalar("SELECT id FROM procrastinate_workers"))
        await lost.done.wait()
    assert len(lost.calls) == 1


async def test_a_job_that_takes_long_is_not_run_beside_itself(database: Database) -> None:
    jobs, runs = Jobs(database, poll_seconds=0.05), 0
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def long() -> None:
        nonlocal runs
        runs += 1
        begun.set()
        await may_end.wait()
        ended.set()

    jobs.register("test.long", long)
    async with working(jobs):
        async with database.transaction(SYSTEM) as tx:
            job_id = await jobs.defer(tx, "test.long")
        await begun.wait()
        for _ in range(3):
            await jobs.take_over()
        assert await status_of(database, job_id) == "doing"
        may_end.set()
        await ended.wait()
    assert runs == 1


async def test_a_job_of_a_worker_that_lives_is_left_to_it(database: Database) -> None:
    jobs = Jobs(database)
    jobs.register("test.see", Seen().run)
    async with database.transaction(SYSTEM) as tx:
        job_id = await jobs.defer(tx, "test.see")
        await said_to_be_done_by(tx, job_id, await a_worker(tx))
    await jobs.take_over()
    assert await status_of(database, job_id) == "doing"


async def test_what_may_wait_runs_after_what_may_not(database: Database) -> None:
    jobs = Jobs(database)
    jobs.register("test.unhurried", Seen().run, priority=UNHURRIED)
    jobs.register("test.money", Seen().run)
    async with database.transaction(SYSTEM) as tx:
        await jobs.defer(tx, "test.unhurried")
        money = await jobs.defer(tx, "test.money")
        worker = await tx.scalar("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        first = await tx.scalar("SELECT (procrastinate_fetch_job_v2(ARRAY['outcry'], :worker)).id", {"worker": worker})
    assert first == money


async def test_a_job_does_not_wait_behind_requests(database_url: str) -> None:
    database, done = Database(database_url, pool_connections=1), asyncio.Event()
    jobs = Jobs(database, poll_seconds=0.05)

    async def read() -> None:
        async with database.transaction(SYSTEM) as tx:
            await tx.scalar("SELECT 1")
        done.set()

    jobs.register("test.read", read)
    async with working(jobs):
        async with database.transaction(SYSTEM) as request:
            await jobs.defer(request, "test.read")
        # Requests have all of their connections in hand, and keep them.
        async with database.transaction(SYSTEM):
            await done.wait()
    await database.close()


async def test_a_delayed_job_waits_by_the_databases_clock(database: Database) -> None:
    jobs = Jobs(database)
    jobs.register("test.later", Seen().run)
    async with database.transaction(SYSTEM) as tx:
        job_id = await jobs.defer(tx, "test.later", delay=timedelta(minutes=5))
        wait = await tx.scalar(
            "SELECT scheduled_at - clock_timestamp() FROM procrastinate_jobs WHERE id = :id", {"id": job_id}
        )
    assert timedelta(minutes=4) < wait <= timedelta(minutes=5)


async def test_a_task_has_one_meaning(database: Database) -> None:
    jobs = Jobs(database)
    jobs.register("test.see", Seen().run)
    with pytest.raises(ValueError, match=r"test\.see"):
        jobs.register("test.see", Seen().run)
    async with database.transaction(SYSTEM) as tx:
        with pytest.raises(KeyError):
            await jobs.defer(tx, "test.unknown")


async def unfinished(database: Database) -> int:
    async with database.transaction(SYSTEM) as tx:
        return await tx.scalar("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'test.before'")


async def test_the_worker_survives_the_loss_of_its_connections(database: Database, database_url: str) -> None:
    jobs, before, after = Jobs(database, poll_seconds=0.05), Seen(), Seen()
    jobs.register("test.before", before.run)
    jobs.register("test.after", after.run)
    async with working(jobs):
        async with database.transaction(SYSTEM) as tx:
            await jobs.defer(tx, "test.before")
        await before.done.wait()
        # Ended in the database too: what is lost is an idle connection, not one that says so.
        async with asyncio.timeout(30):
            while await unfinished(database):
                pass
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'outcry jobs'"
            )
        async with database.transaction(SYSTEM) as tx:
            await jobs.defer(tx, "test.after")
        await after.done.wait()


async def test_old_events_and_remembered_answers_are_forgotten_and_young_ones_kept(database: Database) -> None:
    async with database.transaction(SYSTEM) as tx:
        for seq, hours in enumerate((2_000, 100, 73, 71, 1), start=1):
            await tx.run(
                "INSERT INTO outbox (channel, seq, id, type, data, at)"
                " VALUES ('test', :seq, :id, 'test', '{}', now() - make_interval(hours => :hours))",
                {"seq": seq, "id": new_id(), "hours": hours},
            )
        for hours in (25, 23):
            await tx.run(
                "INSERT INTO idempotency_keys (user_id, scope, key, request_hash, created_at)"
                " VALUES (:id, 'test', 'key', '', now() - make_interval(hours => :hours))",
                {"id": new_id(), "hours": hours},
            )
    assert await prune_events(database, 72) == 3
    assert await prune_answers(database, 24) == 1
    async with database.transaction(SYSTEM) as tx:
        assert [row.seq for row in await tx.all("SELECT seq FROM outbox ORDER BY seq")] == [4, 5]
        assert await tx.scalar("SELECT count(*) FROM idempotency_keys") == 1


def test_the_frozen_schema_is_that_of_the_installed_procrastinate() -> None:
    ours = Path(outcry.__file__).parent / "migrations" / "sql" / "procrastinate_3_10.sql"
    theirs = (resources.files("procrastinate.sql") / "schema.sql").read_text()
    assert ours.read_text().endswith(theirs), "procrastinate has changed its schema: add a migration"
