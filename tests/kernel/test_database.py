"""The unit of work when its task is ended in the middle of a statement."""

import asyncio

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.ids import new_id
from outcry.kernel.outbox import Event

pytestmark = pytest.mark.anyio
WITHIN_SECONDS = 30
# No socket takes that at once: whoever sends it waits.
LONG = "x" * 32_000_000


async def test_ending_a_task_in_a_statement_ends_it_whatever_becomes_of_the_connection(database_url: str) -> None:
    database = Database(database_url, pool_connections=2)
    at_work: list[psycopg.AsyncConnection] = []

    async def say_much() -> None:
        async with database.transaction(SYSTEM) as tx:
            tx.emit(Event(f"user:{new_id()}", "never", {}))
            at_work.append(await tx.driver())
            await at_work[-1].execute("SELECT length(%s)", (LONG,))

    try:
        # More often than there are connections: none may be lost for good.
        for number in range(5):
            task = asyncio.create_task(say_much())
            async with asyncio.timeout(WITHIN_SECONDS):
                while len(at_work) <= number or at_work[-1].pgconn.transaction_status != TransactionStatus.ACTIVE:
                    await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with database.transaction(SYSTEM) as tx:
            assert await tx.scalar("SELECT count(*) FROM outbox WHERE type = 'never'") == 0
    finally:
        await database.close()
