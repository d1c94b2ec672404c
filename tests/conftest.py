"""What every test may ask for: a database of its own, a Redis, an event loop.

Async tests say `pytestmark = pytest.mark.anyio`.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import ordinary_uid
from tests.support.fixtures_redis import redis_server, redis_url
from tests.support.market import TestMarket, served_market
from tests.support.postgres import Desk, ask_template_url, cloned_database

__all__ = ["ordinary_uid", "redis_server", "redis_url"]

_ADDRESS = pytest.StashKey[str]()
_INPUT = "postgres_desk"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as cores: a third of a test is waiting for the database, a browser or another process."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


def pytest_configure(config: pytest.Config) -> None:
    """The run's first process opens the desk; xdist's workers are told its address."""
    told: dict[str, Any] | None = getattr(config, "workerinput", None)
    if told is not None:
        config.stash[_ADDRESS] = told[_INPUT]
        return
    desk = Desk()
    config.stash[_ADDRESS] = desk.address
    config.add_cleanup(lambda: desk.__exit__(None, None, None))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Called by xdist for each worker it makes."""
    node.workerinput[_INPUT] = node.config.stash[_ADDRESS]


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop production runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def template_url(pytestconfig: pytest.Config) -> str:
    """The owner's URL of the migrated, empty database that each test's own is cloned from. Do not connect to it."""
    return ask_template_url(pytestconfig.stash[_ADDRESS])


@pytest.fixture
def database_url(template_url: str) -> Iterator[str]:
    """The owner's URL of a migrated, empty database that is this test's alone."""
    with cloned_database(template_url) as url:
        yield url


@pytest.fixture
async def market(database_url: str, tmp_path: Path) -> AsyncIterator[TestMarket]:
    """The whole app, served on a free port over a database of the test's own."""
    async with served_market(database_url, tmp_path) as served:
        yield served
