"""What the figures were measured on: cores, CPU, memory, kernel, PostgreSQL, and how long a commit's fsync takes."""

import os
import platform
import re
import tempfile
import time
from pathlib import Path
from statistics import median

import msgspec
import psycopg

_SYNC_SAMPLES = 400
_COMMIT_SAMPLES = 400
_WAL_PAGE_BYTES = 8_192


class Machine(msgspec.Struct, frozen=True):
    """The machine as RESULTS.md describes it; times in milliseconds."""

    cores: int
    cpu_model: str
    memory_gib: float
    kernel: str
    python: str
    postgresql: str
    fdatasync_ms: float
    commit_ms: float

    def lines(self) -> str:
        """A Markdown list."""
        return "\n".join(
            [
                f"- {self.cores} cores, {self.cpu_model}, {self.memory_gib:.0f} GiB RAM, {self.kernel}",
                f"- Python {self.python}, PostgreSQL {self.postgresql}, durable (fsync, synchronous_commit on)",
                f"- fdatasync of one 8 KiB page {self.fdatasync_ms:.3f} ms, a single-row commit {self.commit_ms:.3f} ms"
                " (medians)",
                "- PostgreSQL, Redis, the product and the load generators share these cores",
            ]
        )


def describe(database_url: str, folder: Path | None = None) -> Machine:
    """Measure and describe this machine; `folder` is where the database lives (its disk is the one that counts)."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        version = connection.execute("SHOW server_version").fetchone()
        settings = connection.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
        if settings != ("on", "on"):
            raise RuntimeError(f"commits are not durable: fsync, synchronous_commit = {settings}")
        commit_ms = _commit_ms(connection)
    assert version is not None
    return Machine(
        cores=os.cpu_count() or 0,
        cpu_model=_cpu_model(),
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        postgresql=str(version[0]),
        fdatasync_ms=_fdatasync_ms(folder),
        commit_ms=commit_ms,
    )


def _cpu_model() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def _fdatasync_ms(folder: Path | None) -> float:
    page = os.urandom(_WAL_PAGE_BYTES)
    times: list[float] = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        # Like the write-ahead log: space allocated beforehand, then overwritten and synced page by page.
        os.write(file.fileno(), bytes(_WAL_PAGE_BYTES * _SYNC_SAMPLES))
        os.fsync(file.fileno())
        for position in range(_SYNC_SAMPLES):
            began = time.perf_counter()
            os.pwrite(file.fileno(), page, position * _WAL_PAGE_BYTES)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return median(times) * 1_000


def _commit_ms(connection: psycopg.Connection) -> float:
    connection.execute("CREATE TABLE IF NOT EXISTS bench_commits (at timestamptz)")
    times: list[float] = []
    for _ in range(_COMMIT_SAMPLES):
        began = time.perf_counter()
        connection.execute("INSERT INTO bench_commits VALUES (now())", prepare=True)
        times.append(time.perf_counter() - began)
    connection.execute("DROP TABLE bench_commits")
    return median(times) * 1_000
