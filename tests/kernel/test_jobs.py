"""Jobs commit with their reason, run, and are tried again when they fail (SPEC NTF-3)."""

import asyncio

import pytest

from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.jobs import Jobs

pytestmark = pytest.mark.anyio
PATIENCE_SECONDS = 30


async def test_a_job_runs_after_its_transaction_and_again_when_it_fails(database_url: str) -> None:
    database, jobs = Database(database_url), Jobs(database_url)
    calls: list[str] = []
    done = asyncio.Event()

    async def greet(name: str) -> None:
        calls.append(name)
        if len(calls) == 1:
            raise RuntimeError("not yet")
        done.set()

    jobs.task("greet", greet)
    async with database.transaction(SYSTEM) as tx:
        await jobs.defer(tx, "greet", name="Ada")
    with pytest.raises(ZeroDivisionError):
        async with database.transaction(SYSTEM) as tx:
            await jobs.defer(tx, "greet", name="nobody")
            raise ZeroDivisionError
    await jobs.start()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await done.wait()
    await jobs.stop()
    await database.close()
    assert calls == ["Ada", "Ada"]
