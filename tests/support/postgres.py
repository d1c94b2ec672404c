"""The PostgreSQL of a test run: one server, started when the first test asks, with a migrated template to clone.

The run's first process (the controller, under xdist) owns it and answers the others on a Unix socket, so that
whichever test process ends first takes nothing away from the rest, and a run without databases starts none.
"""

import os
import shutil
import socket
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from outcry.kernel.database import libpq_url
from outcry.kernel.embedded import EmbeddedPostgres
from outcry.kernel.migrations import upgrade

# A superuser's URL of a server to use instead of the embedded one.
SERVER_VARIABLE = "TEST_DATABASE_URL"
START_SECONDS = 300.0
# Tests clone and drop hundreds of databases: nothing durable, and no vacuum that looks into each of them.
_SETTINGS = {"max_connections": "500", "autovacuum": "off", "max_wal_size": "8GB"}
_ERROR = "error: "
_STOP_LOOK_SECONDS = 0.05


def in_database(url: str, name: str) -> str:
    """`url` with another database."""
    return libpq_url(make_url(url).set(database=name).render_as_string(hide_password=False))


class TestServer:
    """The server and its template, made on first use."""

    __test__ = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answer = ""
        self._template = ""
        self._server: EmbeddedPostgres | None = None
        self._folder: Path | None = None

    def answer(self) -> str:
        """The URL of the migrated template that tests clone, or why there is none; the same for everyone."""
        with self._lock:
            if not self._answer:
                try:
                    self._answer = self._make_template()
                except Exception as failure:
                    self._answer = f"{_ERROR}{failure}"
            return self._answer

    def _make_template(self) -> str:
        url = os.environ.get(SERVER_VARIABLE) or self._start()
        template = in_database(url, f"template_{uuid4().hex}")
        create_database(template, "template1")
        self._template = template
        upgrade(template)
        return template

    def _start(self) -> str:
        self._folder = Path(tempfile.mkdtemp(prefix="outcry-test-"))
        self._server = EmbeddedPostgres.start(self._folder, durable=False, extra_settings=_SETTINGS)
        return self._server.url

    def stop(self) -> None:
        """Remove what was made."""
        with self._lock:
            if self._server is None and self._template:
                drop_database(self._template)
            if self._server is not None:
                self._server.stop()
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)


class Desk:
    """Answers every test process of the run with the template's URL; `address` is what they are told."""

    def __init__(self) -> None:
        self._test_server = test_server = TestServer()

        class Answer(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(test_server.answer().encode())

        self._folder = tempfile.mkdtemp(prefix="outcry-test-")
        self.address = f"{self._folder}/desk"
        self._listener = socketserver.ThreadingUnixStreamServer(self.address, Answer)
        threading.Thread(target=self._listener.serve_forever, args=[_STOP_LOOK_SECONDS], daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._listener.server_close()
        self._test_server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def ask_template_url(address: str) -> str:
    """The template's URL from the run's desk; waits while it is made."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(START_SECONDS)
        connection.connect(address)
        with connection.makefile() as answer:
            url = answer.read()
    if not url or url.startswith(_ERROR):
        raise RuntimeError(f"the test database could not be made: {url.removeprefix(_ERROR)}")
    return url


def create_database(url: str, template: str) -> None:
    """Make the database `url` names as a copy of `template`."""
    with psycopg.connect(in_database(url, "postgres"), autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(make_url(url).database or ""), sql.Identifier(template)))


def drop_database(url: str) -> None:
    """Drop the database `url` names, whoever is still connected."""
    with psycopg.connect(in_database(url, "postgres"), autocommit=True) as connection:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(statement.format(sql.Identifier(make_url(url).database or "")))


@contextmanager
def cloned_database(template_url: str) -> Iterator[str]:
    """A database of one's own, migrated and empty; dropped at the end."""
    url = in_database(template_url, f"test_{uuid4().hex}")
    create_database(url, make_url(template_url).database or "")
    try:
        yield url
    finally:
        drop_database(url)
