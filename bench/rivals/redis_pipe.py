"""One Redis connection that all callers share: commands go out at once, answers are matched in order.

What ioredis and other drivers do by themselves. redis-py takes a connection and several awaits for each command, which
made the client, not Redis, the limit of the designs that use it.
"""

import asyncio
from collections import deque
from typing import Any
from urllib.parse import urlsplit

import hiredis


class RedisPipe(asyncio.Protocol):
    """Made by `connect`; `call` sends a command and gives its answer."""

    def __init__(self) -> None:
        self._reader = hiredis.Reader()
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._unsent: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.WriteTransport | None = None

    @classmethod
    async def connect(cls, url: str) -> "RedisPipe":
        """Connect to `unix://PATH` or `redis://HOST:PORT`."""
        loop, parts = asyncio.get_running_loop(), urlsplit(url)
        if parts.scheme == "unix":
            _, pipe = await loop.create_unix_connection(cls, parts.path)
        else:
            _, pipe = await loop.create_connection(cls, parts.hostname, parts.port or 6379)
        return pipe

    def call(self, *words: str | bytes | int) -> "asyncio.Future[Any]":
        """The answer to a command; Redis's errors are raised."""
        if not self._unsent:
            # Everything that is asked for in one round of the loop leaves in one write.
            self._loop.call_soon(self._send)
        self._unsent.append(hiredis.pack_command(words))  # type: ignore[arg-type]
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append(answer)
        return answer

    def close(self) -> None:
        """Close the connection; nobody may be waiting."""
        if self._transport is not None:
            self._transport.close()

    def _send(self) -> None:
        assert self._transport is not None
        self._transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (found := self._reader.gets()) is not False:
            answer = self._waiting.popleft()
            if answer.done():
                continue
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)

    def connection_lost(self, exc: Exception | None) -> None:
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(exc or ConnectionError("Redis closed the connection"))
