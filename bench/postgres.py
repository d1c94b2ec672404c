"""A durable PostgreSQL of its own for a benchmark, in a temporary folder, with a fresh database for every run."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

DURABLE_SETTINGS = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class BenchPostgres:
    """The server: `url` of its maintenance database, and fresh databases by name."""

    def __init__(self, url: str, folder: Path, pid: int | None = None) -> None:
        self.url = url
        self.pid = pid
        self.folder = folder
        self._made = 0

    @contextmanager
    def fresh_database(self, *, commit_delay_us: int = 0) -> Iterator[str]:
        """The URL of an empty, never analysed database; dropped at the end of the block.

        `commit_delay_us` is added to every commit's flush, as a slower disk would: group commit still works.
        """
        self._made += 1
        name = f"bench_{os.getpid()}_{self._made}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            if commit_delay_us:
                connection.execute(f"ALTER DATABASE {name} SET commit_delay = {int(commit_delay_us)}")
                connection.execute(f"ALTER DATABASE {name} SET commit_siblings = 0")
        try:
            yield database_url(self.url, name)
        finally:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def checkpoint(self) -> None:
        """Flush what earlier runs left, so that no run pays for another's."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")


def database_url(server_url: str, name: str) -> str:
    """The same server, another database."""
    parts = urlsplit(server_url)
    return urlunsplit(parts._replace(path="/" + quote(name)))


@contextmanager
def running_postgres(extra_settings: dict[str, str] | None = None) -> Iterator[BenchPostgres]:
    """A PostgreSQL with default settings, durable, stopped and removed at the end of the block.

    `OUTCRY_BENCH_DATABASE_URL` names a server to use instead (a superuser is needed).
    """
    outside = os.environ.get("OUTCRY_BENCH_DATABASE_URL")
    if outside:
        yield BenchPostgres(outside, Path(tempfile.gettempdir()))
        return
    from outcry.kernel.embedded import EmbeddedPostgres

    folder = Path(tempfile.mkdtemp(prefix="outcry-bench-"))
    server = EmbeddedPostgres.start(folder, extra_settings={**DURABLE_SETTINGS, **(extra_settings or {})})
    try:
        yield BenchPostgres(server.url, folder, server.pid)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
