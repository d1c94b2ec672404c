"""The pipelined connection: whoever waits for a flight is told how it ended, whatever becomes of the server."""

import asyncio

import psycopg
import pytest

from outcry.kernel.arrays import Texts
from outcry.kernel.database import Database
from outcry.kernel.pipeline import PipelinedConnection, Statement

pytestmark = pytest.mark.anyio

ANSWER_SECONDS = 20
LENGTHS = Statement("lengths", "SELECT length(t) FROM unnest($1::text[]) AS t", rows=True)


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
