"""The tests' own Redis: private, empty, back after a crash, and to be had where the wheel has none."""

import shutil
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.support import redis as support
from tests.support.redis import RedisServer


def test_it_answers_is_emptied_and_ends(redis_server: RedisServer) -> None:
    with Redis.from_url(redis_server.url) as client:
        client.set("left", "behind")
        redis_server.empty()
        assert client.get("left") is None


def test_it_comes_back_on_its_port_with_nothing_after_a_crash() -> None:
    with RedisServer.start() as first, Redis.from_url(first.url) as client:
        client.set("lost", "1")
        first.kill()
        with pytest.raises(RedisConnectionError):
            client.ping()
        with RedisServer.start(first.port) as second:
            assert second.url == first.url
            assert client.get("lost") is None


def test_it_says_loudly_that_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "apt-get" else real(name))
    with pytest.raises(support.NoRedisError, match="install either"):
        support.fetch_server(tmp_path)
