"""A server process under test: started, waited for, measured from outside, stopped."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from bench.cpu import memory_bytes
from bench.load import ROOT

READY = "ready on "
START_SECONDS = 120
STOP_SECONDS = 30
OUTCRY = (sys.executable, "-m", "outcry", "serve", "--port", "0")
ROW_LOCK = (sys.executable, "-m", "bench.rest_rowlock")


class ServerProcess:
    """A running server; `start_seconds` is from its start to its line `ready on`."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, start_seconds: float) -> None:
        self._process = process
        self.url = url
        self.start_seconds = start_seconds
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80

    @property
    def pid(self) -> int:
        """Of the process that was started."""
        return self._process.pid

    def memory_bytes(self) -> int:
        """Proportional set size of the process and its children."""
        return memory_bytes(self.pid)

    async def stop(self) -> None:
        """Ask it to end, and see to it that it does."""
        if self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def running_server(
    command: Sequence[str], environment: Mapping[str, str] | None = None, *, orders: bytes = b""
) -> AsyncIterator[ServerProcess]:
    """Start `command` with `environment` over our own, hand it `orders`, wait for its line `ready on URL`.

    Raises RuntimeError when it ends or stays silent.
    """
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **(environment or {})},
        cwd=ROOT,
        limit=1 << 20,
    )
    reading: asyncio.Task[None] | None = None
    try:
        assert process.stdin is not None
        if orders:
            process.stdin.write(orders + b"\n")
        process.stdin.close()
        url = await _ready(process)
        server = ServerProcess(process, url, time.perf_counter() - began)
        # What it prints later must not fill the pipe and stop it.
        reading = asyncio.create_task(_read_on(process))
        try:
            yield server
        finally:
            await server.stop()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        if reading is not None:
            await reading


async def _ready(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        while line := (await process.stdout.readline()).decode():
            _, found, url = line.partition(READY)
            if found:
                return url.split()[0]
    raise RuntimeError(f"the server ended with {await process.wait()} before it was ready")


async def _read_on(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    while await process.stdout.read(1 << 16):
        pass
