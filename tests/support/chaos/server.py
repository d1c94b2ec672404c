"""The real command with its own PostgreSQL, to be killed and started again."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from shutil import rmtree

import psutil

READY_PREFIX = "ready on http://"
READY_SECONDS = 120
# A long run outlives an ordinary access token; a bank shall not be waited for.
SETTINGS = {
    "OUTCRY_RATE_LIMITS": "off",
    "OUTCRY_LOG_LEVEL": "error",
    "OUTCRY_CLIENT_DIR": "none",
    "OUTCRY_ACCESS_TOKEN_SECONDS": "86400",
    "OUTCRY_SANDBOX_DISPUTE_SECONDS": "1",
    "OUTCRY_CONFIG": os.devnull,
}


class Server:
    """`outcry serve` on a data folder."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.url = ""
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Ready when it returns; `url` says where."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OUTCRY_")}
        environment |= {**SETTINGS, **self._settings, "OUTCRY_DATA_DIR": str(self.folder)}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "outcry", "serve", "--port", "0", env=environment, stdout=asyncio.subprocess.PIPE
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(READY_SECONDS):
            line = (await self._process.stdout.readline()).decode()
        if not line.startswith(READY_PREFIX):
            raise RuntimeError(f"the server did not start: {line!r}")
        self.url = line.split()[-1]

    async def kill(self) -> None:
        """SIGKILL, and gone when it returns."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    def kill_database(self) -> None:
        """SIGKILL for PostgreSQL's first process; the server is to start it again."""
        pid = int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0])
        psutil.Process(pid).kill()

    async def stop(self) -> None:
        """As an operator stops it."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            await self._process.wait()


@contextlib.asynccontextmanager
async def serving(folder: Path, **settings: str) -> AsyncIterator[Server]:
    """A server that runs until the end of the block."""
    server = Server(folder, settings)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


@contextlib.contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own account can reach."""
    made = Path(tempfile.mkdtemp(prefix="outcry-chaos-"))
    try:
        yield made
    finally:
        rmtree(made, ignore_errors=True)
