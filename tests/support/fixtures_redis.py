"""Fixtures of a real Redis; `tests/conftest.py` imports them."""

from collections.abc import Iterator

import pytest

from tests.support.redis import RedisServer


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One server for each test process; a test that ends it must start its own (`RedisServer.start()`)."""
    with RedisServer.start() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of a Redis that holds nothing."""
    redis_server.empty()
    return redis_server.url
