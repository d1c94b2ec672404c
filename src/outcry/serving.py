"""Running Outcry: the embedded database, the API, the clock and the workers, as one process or several (SPEC OPS-2).

One process is the default and does everything. With `workers` above one a supervisor owns the database and the
listening socket and keeps N API processes and one clock-and-jobs process alive.
"""

import asyncio
import contextlib
import gc
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from outcry.kernel.settings import Settings, SettingsError

LISTEN_BACKLOG = 4_096
# New objects before the youngest, and younger collections before the older generations are looked at.
COLLECTOR_THRESHOLDS = (50_000, 20, 50)
GRACEFUL_SECONDS = 10
# A child that has not ended by then is past its own grace.
KILL_AFTER_SECONDS = 2.0 * GRACEFUL_SECONDS
KEEP_ALIVE_SECONDS = 75
RESTART_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
HEALTHY_AFTER_SECONDS = 30.0
READY_POLL_SECONDS = 0.05
READY_WITHIN_SECONDS = 60.0
DATABASE_WATCH_SECONDS = 0.1
CHILD_FD_VARIABLE = "LISTEN_FD_OF_OUTCRY"
# The folder of the processes' metrics sockets, and the name of one's own there.
METRICS_VARIABLE = "METRICS_SOCKET_OF_OUTCRY"

_log = logging.getLogger("outcry.serving")


@contextlib.contextmanager
def database_urls(settings: Settings) -> Iterator[tuple[str, str]]:
    """`(owner's URL, app's URL)`: of the database the settings name, or of an embedded one that lives this long."""
    if settings.database_url:
        yield settings.database_url, settings.database_url
        return
    from outcry.kernel.embedded import EmbeddedPostgres

    with EmbeddedPostgres.start(settings.data_path) as postgres, _kept_alive(postgres):
        # The app logs in as the role that row security binds; only migrations run as the owner.
        yield postgres.url, postgres.url.replace("postgresql://postgres@", "postgresql://outcry_app@", 1)


@contextlib.contextmanager
def _kept_alive(postgres: Any) -> Iterator[None]:
    """Start the embedded server again whenever it crashes; it recovers every commit it acknowledged."""
    ending = threading.Event()

    def watch() -> None:
        while not ending.wait(DATABASE_WATCH_SECONDS):
            if postgres.is_running or ending.is_set():
                continue
            _log.error("PostgreSQL ended unexpectedly; starting it again")
            try:
                postgres.revive()
            except Exception:
                _log.exception("PostgreSQL could not be started")

    watcher = threading.Thread(target=watch, name="postgres-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ending.set()
        watcher.join()


def migrate(owner_url: str) -> None:
    """Bring the schema up to date, quickly when it already is."""
    from outcry.kernel import migrations

    if migrations.current_revision(owner_url) != migrations.head_revision():
        migrations.upgrade(owner_url)


def serve(settings: Settings, role: str = "all", on_ready: Callable[[str], None] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. `on_ready` is told the base URL once it answers."""
    with database_urls(settings) as (owner_url, app_url):
        if CHILD_FD_VARIABLE not in os.environ:
            migrate(owner_url)
        if role == "worker":
            return asyncio.run(_work(settings, app_url))
        listener = _listen(settings)
        url = f"http://{settings.host}:{listener.getsockname()[1]}"
        if settings.workers > 1:
            return Supervisor(settings, app_url, listener, url, clock=role == "all").run(on_ready)
        return _serve_here(settings, app_url, listener, url, role, on_ready)


def serve_child(settings: Settings) -> int:
    """One of several API processes: the supervisor has the database and gives the socket."""
    listener = socket.socket(fileno=int(os.environ[CHILD_FD_VARIABLE]))
    url = f"http://{settings.host}:{listener.getsockname()[1]}"
    return _serve_here(settings, settings.database_url, listener, url, "child", None)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as taken:
        listener.close()
        raise SettingsError(
            f"cannot listen on {settings.host}:{settings.port}: {taken.strerror}. "
            "Stop what uses that port or choose another with --port"
        ) from None
    listener.listen(LISTEN_BACKLOG)
    return listener


def _serve_here(
    settings: Settings,
    app_url: str,
    listener: socket.socket,
    url: str,
    role: str,
    on_ready: Callable[[str], None] | None,
) -> int:
    import uvicorn

    from outcry.app import Outcry

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started and role != "child":
                announce(url)
                if on_ready is not None:
                    on_ready(url)

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            # uvicorn's own sends the signal again at the end, which would kill us before the database is stopped.
            before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)

    outcry = Outcry(settings, app_url, clock=role == "all")
    outcry.payments.listens_at(url)
    _share_metrics(outcry)
    config = uvicorn.Config(
        outcry.asgi(),
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=outcry.http_protocol(),
        ws=outcry.socket_protocol(),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        backlog=LISTEN_BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        ws_ping_interval=settings.socket_heartbeat_seconds,
        ws_ping_timeout=settings.socket_heartbeat_seconds * 2,
        ws_per_message_deflate=False,
        # kernel/proxies.py reads what trusted proxies say.
        proxy_headers=False,
    )
    server = Server(config)
    rest_the_collector()
    server.run(sockets=[listener])
    return 0 if server.started else 1


def rest_the_collector() -> None:
    """Python's cycle collector looks at young objects less often, and never again at what is there at start.

    Bids, frames and answers are freed by their reference counts; a full collection over all code and routes would only
    make somebody wait for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def announce(url: str) -> None:
    """The one line that tells outside programs that we answer."""
    print(f"ready on {url}", flush=True)


async def _work(settings: Settings, app_url: str) -> int:
    """Clock and jobs, without an API."""
    from outcry.app import Outcry

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    outcry = Outcry(settings, app_url, clock=True)
    _share_metrics(outcry)
    await outcry.start()
    await stop.wait()
    await outcry.stop()
    return 0


def _share_metrics(outcry: Any) -> None:
    if METRICS_VARIABLE in os.environ:
        socket_path = Path(os.environ[METRICS_VARIABLE])
        outcry.metrics.share(socket_path.parent, socket_path.name)


class Supervisor:
    """Keeps the processes of one deployment alive until it is told to stop."""

    def __init__(self, settings: Settings, app_url: str, listener: socket.socket, url: str, *, clock: bool) -> None:
        self._settings = settings
        self._listener = listener
        self._url = url
        self._stopping = False
        self._sockets = Path()
        self._kill_at = math.inf
        environment = _environment_of(settings, app_url)
        environment[CHILD_FD_VARIABLE] = str(listener.fileno())
        self._environment = environment
        self._commands: list[list[str]] = [[*_PYTHON, "serve", "--role", "child"] for _ in range(settings.workers)]
        if clock:
            self._commands.append([*_PYTHON, "serve", "--role", "worker"])
        self._children: dict[int, tuple[subprocess.Popen[bytes], float]] = {}
        self._failures = [0] * len(self._commands)
        self._due: dict[int, float] = {}

    def run(self, on_ready: Callable[[str], None] | None) -> int:
        """Start all, announce when they answer, restart what dies; 0 after a clean stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)
        with tempfile.TemporaryDirectory(prefix="outcry-") as sockets:
            self._sockets = Path(sockets)
            return self._watch(on_ready)

    def _watch(self, on_ready: Callable[[str], None] | None) -> int:
        for place in range(len(self._commands)):
            self._start(place)
        announced = False
        began = time.monotonic()
        while self._children or (self._due and not self._stopping):
            self._reap()
            if not announced and not self._stopping and self._all_started() and _answers(self._url):
                announced = True
                announce(self._url)
                if on_ready is not None:
                    on_ready(self._url)
            if not announced and not self._stopping and time.monotonic() - began > READY_WITHIN_SECONDS:
                _log.error("nothing answers on %s", self._url)
                self._stop()
            time.sleep(READY_POLL_SECONDS)
        return 0 if announced else 1

    def _socket_of(self, place: int) -> Path:
        return self._sockets / (f"api-{place + 1}" if self._commands[place][-1] == "child" else "worker")

    def _all_started(self) -> bool:
        """Every process tells its metrics, which is the first thing that one does."""
        return all(self._socket_of(place).exists() for place in range(len(self._commands)))

    def _start(self, place: int) -> None:
        command = self._commands[place]
        environment = {**self._environment, METRICS_VARIABLE: str(self._socket_of(place))}
        child = subprocess.Popen(command, env=environment, pass_fds=[self._listener.fileno()])
        self._children[place] = (child, time.monotonic())

    def _reap(self) -> None:
        now = time.monotonic()
        if now > self._kill_at:
            self._kill_at = math.inf
            for child, _ in self._children.values():
                _log.error("process %d does not end by itself; killing it", child.pid)
                child.kill()
        for place, (child, since) in tuple(self._children.items()):
            if child.poll() is None:
                continue
            del self._children[place]
            if self._stopping:
                continue
            if now - since > HEALTHY_AFTER_SECONDS:
                self._failures[place] = 0
            wait_seconds = RESTART_SECONDS[min(self._failures[place], len(RESTART_SECONDS) - 1)]
            self._failures[place] += 1
            self._due[place] = now + wait_seconds
            _log.error("a process ended with code %s; starting it again in %.1f s", child.returncode, wait_seconds)
        if self._stopping:
            self._due.clear()
        for place in [place for place, at in self._due.items() if at <= now]:
            del self._due[place]
            self._start(place)

    def _told_to_stop(self, number: int, frame: object) -> None:
        self._stop()

    def _stop(self) -> None:
        self._stopping = True
        self._kill_at = min(self._kill_at, time.monotonic() + KILL_AFTER_SECONDS)
        for child, _ in self._children.values():
            child.terminate()


_PYTHON = [sys.executable, "-m", "outcry"]


def _environment_of(settings: Settings, app_url: str) -> dict[str, str]:
    """The children's settings: ours, whole, with the database we have already opened and migrated."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OUTCRY_")}
    whole: dict[str, Any] = msgspec.to_builtins(settings)
    whole.update(database_url=app_url, data_dir=str(settings.data_path), workers=1)
    for name, value in whole.items():
        environment[f"OUTCRY_{name.upper()}"] = str(value)
    environment["OUTCRY_CONFIG"] = os.devnull
    return environment


def _answers(url: str) -> bool:
    import httpx

    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{url}/health/ready", timeout=2.0).status_code == 200
    return False
