"""Readiness: each part is asked, and none may keep the answer waiting."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from outcry.kernel.database import Database, libpq_url
from outcry.kernel.health import NotReady, Readiness

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url, pool_connections=2)
    yield made
    await made.close()


async def test_a_part_that_hangs_is_named_and_given_up(database: Database) -> None:
    given_up = asyncio.Event()

    async def hang() -> bool:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        return True

    readiness = Readiness(database)
    await readiness.check()
    readiness.check_seconds = 0.01
    readiness.checks = {"redis": hang}
    with pytest.raises(NotReady) as refused:
        await readiness.check()
    assert refused.value.problem()["part"] == "redis"
    await given_up.wait()


async def test_a_part_that_fails_is_named(database: Database) -> None:
    async def fail() -> bool:
        raise OSError("out of reach")

    readiness = Readiness(database)
    readiness.checks["redis"] = fail
    with pytest.raises(NotReady) as refused:
        await readiness.check()
    assert refused.value.problem()["part"] == "redis"


async def test_a_schema_that_is_behind_is_not_ready(database: Database, database_url: str) -> None:
    await _stand_at(database_url, "0001")
    with pytest.raises(NotReady) as refused:
        await Readiness(database).check()
    assert refused.value.problem()["part"] == "database"


async def _stand_at(url: str, revision: str) -> None:
    async with await psycopg.AsyncConnection.connect(libpq_url(url)) as owner:
        await owner.execute("UPDATE alembic_version SET version_num = %s", (revision,))
