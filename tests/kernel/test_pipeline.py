"""The pipelined connection: whoever waits for a flight is told how it ended, whatever becomes of the server."""

import asyncio
import select
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from outcry.kernel.arrays import Texts
from outcry.kernel.database import Database
from outcry.kernel.pipeline import PipelinedConnection, Statement

pytestmark = pytest.mark.anyio

ANSWER_SECONDS = 20
LENGTHS = Statement("lengths", "SELECT length(t) FROM unnest($1::text[]) AS t", rows=True)


# The one that the product runs on, and Python's own.
@pytest.fixture(params=[True, False], ids=["uvloop", "asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.mark.parametrize("characters", [10, 20_000_000], ids=["small", "more than a socket takes"])
async def test_a_flight_to_a_server_that_is_gone_says_so(database_url: str, characters: int) -> None:
    database = Database(database_url)
    connection = await database.connect_raw()
    backend = connection.info.backend_pid
    pipe = PipelinedConnection(connection)
    try:
        assert await pipe.flight([(LENGTHS, (Texts(["four"]),))]) == [[(4,)]]
        # Synchronous, so that the loop cannot hear of the end before the flight is sent.
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute("SELECT pg_terminate_backend(%s, 10000)", (backend,))
        with pytest.raises(psycopg.OperationalError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await pipe.flight([(LENGTHS, (Texts(["x" * characters]),))])
    finally:
        await pipe.close()
        await database.close()


@asynccontextmanager
async def piped(database_url: str) -> AsyncIterator[PipelinedConnection]:
    database = Database(database_url)
    pipe = PipelinedConnection(await database.connect_raw())
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            yield pipe
    finally:
        await pipe.close()
        await database.close()


async def test_flights_that_overlap_use_one_statement(database_url: str) -> None:
    async with piped(database_url) as pipe:
        # The second is sent before it is known that the first has prepared it.
        flights = [pipe.launch([(LENGTHS, (Texts([word]),))]) for word in ("four", "seven", "eleven")]
        await flights[-1].answered
        assert [pipe.rows(flight) for flight in flights] == [[[(4,)]], [[(5,)]], [[(6,)]]]


async def test_what_a_failed_flight_did_not_prepare_is_prepared_by_the_next(database_url: str) -> None:
    wrong = Statement("wrong", "SELECT 1 / 0 FROM unnest($1::text[])", rows=True)
    async with piped(database_url) as pipe:
        failed = pipe.launch([(wrong, (Texts(["x"]),)), (LENGTHS, (Texts(["four"]),))])
        behind = pipe.launch([(LENGTHS, (Texts(["four"]),))])
        await behind.answered
        for flight, code in ((failed, "22012"), (behind, "26000")):
            with pytest.raises(psycopg.Error) as refused:
                pipe.rows(flight)
            assert refused.value.sqlstate == code
        assert await pipe.flight([(LENGTHS, (Texts(["four"]),))]) == [[(4,)]]
        # This one was prepared before it failed.
        with pytest.raises(psycopg.errors.DivisionByZero):
            await pipe.flight([(wrong, (Texts(["x"]),))])


def error_response(**fields: str) -> bytes:
    """PostgreSQL's message of an error, fields by their letters."""
    body = b"".join(f"{letter}{value}".encode() + b"\0" for letter, value in fields.items()) + b"\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


LAST_WORDS = error_response(S="FATAL", V="FATAL", C="57P02", M="terminating connection because of a crash")


class Line:
    """A line to PostgreSQL that ends as a backend does when its server is killed: last words, and others unread."""

    def __init__(self, database_url: str, folder: Path) -> None:
        name = f".s.PGSQL.{conninfo_to_dict(database_url).get('port', 5432)}"
        self._path = f"{conninfo_to_dict(database_url)['host']}/{name}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / name))
        self._listener.listen()
        self._is_cut = threading.Event()
        self.url = make_conninfo(database_url, host=str(folder))
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def cut(self) -> None:
        """From now on nothing is carried; whatever is said next ends it."""
        self._is_cut.set()

    def _carry(self) -> None:
        client, _ = self._listener.accept()
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self._path)
            other = {client: server, server: client}
            while True:
                ready, _, _ = select.select([client, server], [], [])
                if self._is_cut.is_set() and client in ready:
                    client.sendall(LAST_WORDS)
                    return
                for one in ready:
                    words = one.recv(65_536)
                    if not words:
                        return
                    other[one].sendall(words)

    def close(self) -> None:
        self._thread.join()
        self._listener.close()


async def test_last_words_and_then_an_error_of_the_socket_are_the_end(database_url: str) -> None:
    with TemporaryDirectory(prefix="outcry-line-") as folder:
        line = Line(database_url, Path(folder))
        pipe = PipelinedConnection(await psycopg.AsyncConnection.connect(line.url, autocommit=True))
        try:
            assert await pipe.flight([(LENGTHS, (Texts(["four"]),))]) == [[(4,)]]
            line.cut()
            with pytest.raises(psycopg.OperationalError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await pipe.flight([(LENGTHS, (Texts(["more"]),))])
        finally:
            await pipe.close()
            line.close()


@pytest.mark.parametrize("characters", [10, 20_000_000], ids=["small", "more than a socket takes"])
async def test_the_socket_number_of_a_lost_connection_is_good_for_the_next(database_url: str, characters: int) -> None:
    with TemporaryDirectory(prefix="outcry-line-") as folder:
        line = Line(database_url, Path(folder))
        connection = await psycopg.AsyncConnection.connect(line.url, autocommit=True)
        number = connection.pgconn.socket
        pipe = PipelinedConnection(connection)
        others: list[psycopg.AsyncConnection[Any]] = []
        try:
            line.cut()
            pipe.launch([(LENGTHS, (Texts(["four"]),))])
            await asyncio.to_thread(line.close)
            # The loop has seen an error of the socket, and libpq closes it in the middle of being handed this.
            with pytest.raises(psycopg.OperationalError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await pipe.flight([(LENGTHS, (Texts(["x" * characters]),))])
            async with asyncio.timeout(ANSWER_SECONDS):
                while number not in [other.pgconn.socket for other in others]:
                    others.append(await psycopg.AsyncConnection.connect(database_url, autocommit=True))
                await others[-1].execute("SELECT 1")
        finally:
            for other in others:
                await other.close()
            await pipe.close()
