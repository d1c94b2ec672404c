"""Prepared statements in libpq's pipeline mode, with next to nothing between the caller and libpq.

A cursor's conveniences cost about as much as the statement when a transaction is seven small statements; the bid
path sends them as one flight instead and reads the rows it asked for. UUIDs come back as integers, which hash fast.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import errors
from psycopg.adapt import AdaptersMap, Loader, Transformer
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow

from outcry.kernel import arrays

UUID_OID = 2950
# How soon a flight is looked after that the loop says nothing about. libuv stops watching a socket that has an error
# (unread bytes at a server that was killed) without a word to who reads.
LOOK_SECONDS = 0.2
_ROWS = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class _IntegerUuidLoader(Loader):
    format = Format.BINARY

    def load(self, data: Any) -> int:
        return int.from_bytes(data, "big")


class _Adaptation:
    """What `Transformer` needs to know: our loaders, whatever connection the rows come from."""

    def __init__(self) -> None:
        self.adapters = AdaptersMap(psycopg.adapters)
        self.adapters.register_loader(UUID_OID, _IntegerUuidLoader)
        self.connection = None


_ADAPTATION = _Adaptation()


class Statement:
    """SQL with `$1`-style parameters, prepared once a connection. `rows` says whether its rows are wanted."""

    __slots__ = ("name", "rows", "text")

    def __init__(self, name: str, text: str, *, rows: bool = False) -> None:
        self.name = name.encode()
        self.text = text.encode()
        self.rows = rows


Step = tuple[Statement, Sequence[arrays.Array[Any]]]


class Flight:
    """Statements on their way. `answered` is done when the server has said everything, good or bad."""

    __slots__ = ("answered", "lost", "results", "wanted")

    def __init__(self, wanted: Sequence[tuple[Statement, bool]], answered: asyncio.Future[None]) -> None:
        self.wanted = wanted
        self.answered = answered
        self.results: list[PGresult] = []
        self.lost: psycopg.OperationalError | None = None

    def land(self) -> None:
        """Wake whoever waits."""
        if not self.answered.done():
            self.answered.set_result(None)


class PipelinedConnection:
    """Runs flights of prepared statements on one psycopg connection that nothing else uses any more.

    It stays in pipeline mode and listens to its socket itself: registering a socket anew for every answer, as a
    general driver must, costs as much as the answer. Made inside the running loop; `close` it.
    """

    def __init__(self, connection: psycopg.AsyncConnection[TupleRow]) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._prepared: set[bytes] = set()
        self._flying: deque[Flight] = deque()
        self._loop = asyncio.get_running_loop()
        self._socket = self._pgconn.socket
        self._is_writing = False
        self._looking: asyncio.TimerHandle | None = None
        self._pgconn.enter_pipeline_mode()
        self._loop.add_reader(self._socket, self._readable)
        self._is_listening = True

    async def close(self) -> None:
        """Let go of the socket, then of the connection."""
        self._stop_listening()
        await self._connection.close()

    async def flight(self, steps: Sequence[Step]) -> list[list[tuple[Any, ...]]]:
        """Send all steps at once and wait for all; rows by step, empty for those that want none.

        Raises psycopg errors; after one, every later step of the flight was skipped by the server.
        """
        flight = self.launch(steps)
        await flight.answered
        return self.rows(flight)

    def launch(self, steps: Sequence[Step]) -> "Flight":
        """Send all steps without waiting; the server works through flights in order. Raises OperationalError."""
        if self._pgconn.status != ConnStatus.OK or not self._is_listening:
            closed = psycopg.OperationalError("the connection is closed")
            self._lost(closed)
            raise closed
        try:
            wanted = self._send(steps)
        except psycopg.OperationalError as lost:
            self._lost(lost)
            raise
        flight = Flight(wanted, self._loop.create_future())
        self._flying.append(flight)
        self._flush()
        if self._looking is None:
            self._looking = self._loop.call_later(LOOK_SECONDS, self._look)
        return flight

    def _send(self, steps: Sequence[Step]) -> list[tuple[Statement, bool]]:
        """Hand `steps` to libpq: the statements in the order of their results, with whether each is being prepared."""
        pgconn = self._pgconn
        wanted: list[tuple[Statement, bool]] = []
        # All of them first: a value that cannot be sent must not leave half a flight on the line.
        dumped = [(statement, [parameter.dump() for parameter in parameters]) for statement, parameters in steps]
        for statement, parameters in dumped:
            if statement.name not in self._prepared:
                pgconn.send_prepare(statement.name, statement.text)
                # At once: the next flight may be sent before this one is answered, and must not prepare it again.
                self._prepared.add(statement.name)
                wanted.append((statement, True))
            formats = [Format.BINARY] * len(parameters)
            pgconn.send_query_prepared(statement.name, parameters, formats, Format.BINARY)
            wanted.append((statement, False))
        pgconn.pipeline_sync()
        return wanted

    def _flush(self) -> None:
        try:
            unsent = self._pgconn.flush()
        except psycopg.OperationalError as lost:
            self._lost(lost)
            return
        if self._pgconn.status != ConnStatus.OK:
            # libpq reads when it cannot write. If it met the end there, it has closed the socket without a word, and
            # nobody will ever call us for it again.
            self._lost(psycopg.OperationalError("the connection was lost while sending"))
            return
        if bool(unsent) is not self._is_writing:
            self._is_writing = bool(unsent)
            if unsent:
                self._loop.add_writer(self._socket, self._flush)
            else:
                self._loop.remove_writer(self._socket)

    def _look(self) -> None:
        """Now and then while something is on its way: asking costs a system call, and finds what was not told."""
        self._looking = None
        if self._flying and self._is_listening:
            self._readable()
        if self._flying and self._is_listening:
            self._looking = self._loop.call_later(LOOK_SECONDS, self._look)

    def _readable(self) -> None:
        pgconn = self._pgconn
        try:
            pgconn.consume_input()
            if self._is_writing:
                # The server may be waiting for us to read before it takes more.
                self._flush()
            while self._flying and not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    if pgconn.status != ConnStatus.OK:
                        # The end came with the last words: there will be no more results, and no error to tell it.
                        self._lost(psycopg.OperationalError("the connection was closed"))
                    continue
                if result.status == ExecStatus.PIPELINE_SYNC:
                    flight = self._flying.popleft()
                    self._forget_unprepared(flight)
                    flight.land()
                else:
                    self._flying[0].results.append(result)
        except psycopg.OperationalError as lost:
            self._lost(lost)

    def _forget_unprepared(self, flight: Flight) -> None:
        """What a flight that failed did not come to prepare; flights behind it that use it fail too."""
        for (statement, preparing), result in zip(flight.wanted, flight.results, strict=False):
            if preparing and result.status not in _ROWS:
                self._prepared.discard(statement.name)

    def _lost(self, error: psycopg.OperationalError) -> None:
        """Wherever libpq may have met the end: it closes the socket, and the next connection gets its number, while the
        loop still has us listen there (uvloop then refuses everyone that number, for good)."""
        self._stop_listening()
        while self._flying:
            flight = self._flying.popleft()
            flight.lost = error
            flight.land()

    def _stop_listening(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        if self._is_listening:
            self._is_listening = False
            self._loop.remove_reader(self._socket)
            if self._is_writing:
                self._loop.remove_writer(self._socket)

    def rows(self, flight: "Flight") -> list[list[tuple[Any, ...]]]:
        """What `flight` would have returned for a flight that has landed. Raises psycopg errors."""
        if flight.lost is not None:
            raise flight.lost
        answer: list[list[tuple[Any, ...]]] = []
        for (statement, preparing), result in zip(flight.wanted, flight.results, strict=False):
            if result.status not in _ROWS:
                if result.status == ExecStatus.FATAL_ERROR:
                    raise errors.error_from_result(result)
                raise psycopg.OperationalError("the pipeline was aborted")
            if not preparing and statement.rows and result.ntuples:
                transformer = Transformer(_ADAPTATION)  # type: ignore[arg-type]
                transformer.set_pgresult(result, set_loaders=True, format=Format.BINARY)
                answer.append(transformer.load_rows(0, result.ntuples, tuple))
            elif not preparing:
                answer.append([])
        return answer
