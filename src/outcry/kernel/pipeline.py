"""Prepared statements in libpq's pipeline mode, with next to nothing between the caller and libpq.

A cursor's conveniences cost about as much as the statement when a transaction is seven small statements; the bid
path sends them as one flight instead and reads the rows it asked for. UUIDs come back as integers, which hash fast.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.adapt import AdaptersMap, Loader, Transformer
from psycopg.generators import fetch_many, send
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import TupleRow

from outcry.kernel import arrays

UUID_OID = 2950
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


def _exchange(pgconn: PGconn, answers: int) -> PQGen[list[list[PGresult]]]:
    """Send what is queued, then wait for that many answers: the loop is woken for rows, not for a free socket."""
    yield from send(pgconn)
    results: list[list[PGresult]] = []
    while len(results) < answers:
        results.append((yield from fetch_many(pgconn)))
    return results


Step = tuple[Statement, Sequence[arrays.Array[Any]]]


class PipelinedConnection:
    """Runs flights of prepared statements on one psycopg connection that nothing else uses meanwhile."""

    def __init__(self, connection: psycopg.AsyncConnection[TupleRow]) -> None:
        self.connection = connection
        self._prepared: set[bytes] = set()

    async def flight(self, steps: Sequence[Step]) -> list[list[tuple[Any, ...]]]:
        """Send all steps at once and wait for all; rows by step, empty for those that want none.

        Raises psycopg errors; after one, every later step of the flight was skipped by the server.
        """
        pgconn = self.connection.pgconn
        if pgconn.status != psycopg.pq.ConnStatus.OK:
            raise psycopg.OperationalError("the connection is closed")
        wanted: list[tuple[Statement, bool]] = []
        pgconn.enter_pipeline_mode()
        try:
            for statement, parameters in steps:
                if statement.name not in self._prepared:
                    pgconn.send_prepare(statement.name, statement.text)
                    wanted.append((statement, True))
                pgconn.send_query_prepared(
                    statement.name,
                    [parameter.dump() for parameter in parameters],
                    [Format.BINARY] * len(parameters),
                    Format.BINARY,
                )
                wanted.append((statement, False))
            pgconn.pipeline_sync()
            results = await self.connection.wait(_exchange(pgconn, len(wanted) + 1))
        finally:
            if pgconn.status == psycopg.pq.ConnStatus.OK:
                pgconn.exit_pipeline_mode()
        return self._rows(wanted, results)

    def _rows(self, wanted: Sequence[tuple[Statement, bool]], results: Sequence[Any]) -> list[list[tuple[Any, ...]]]:
        answer: list[list[tuple[Any, ...]]] = []
        for (statement, preparing), (result, *_) in zip(wanted, results, strict=False):
            if result.status not in _ROWS:
                if result.status == ExecStatus.FATAL_ERROR:
                    raise errors.error_from_result(result)
                raise psycopg.OperationalError("the pipeline was aborted")
            if preparing:
                self._prepared.add(statement.name)
            elif statement.rows and result.ntuples:
                transformer = Transformer(_ADAPTATION)  # type: ignore[arg-type]
                transformer.set_pgresult(result, set_loaders=True, format=Format.BINARY)
                answer.append(transformer.load_rows(0, result.ntuples, tuple))
            else:
                answer.append([])
        return answer
