"""Each test has a migrated database of its own."""

import os

import psycopg
import pytest

from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.migrations import current_revision, head_revision
from tests.support.postgres import Desk, ask_template_url, cloned_database


def test_it_is_migrated(database_url: str) -> None:
    assert current_revision(database_url) == head_revision()


def test_what_one_test_writes_no_other_sees_and_it_is_gone_afterwards(template_url: str) -> None:
    with cloned_database(template_url) as one, cloned_database(template_url) as other:
        with psycopg.connect(one) as connection:
            connection.execute("CREATE TABLE mine ()")
        with psycopg.connect(other) as connection:
            assert connection.execute("SELECT to_regclass('mine')").fetchone() == (None,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(one)


@pytest.mark.anyio
async def test_the_app_reaches_it_as_its_own_role(database_url: str) -> None:
    database = Database(database_url)
    try:
        async with database.transaction(SYSTEM) as transaction:
            assert await transaction.scalar("SELECT current_user") == "outcry_app"
    finally:
        await database.close()


def test_a_server_that_cannot_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TEST_DATABASE_URL", "postgresql://nobody@/none?host=/nowhere")
    with Desk() as desk, pytest.raises(RuntimeError, match="could not be made"):
        ask_template_url(desk.address)
