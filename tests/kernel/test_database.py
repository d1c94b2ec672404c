"""The unit of work when its task is ended in the middle of a statement."""

import asyncio

import pytest

from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.ids import new_id
from outcry.kernel.outbox import Event

pytestmark = pytest.mark.anyio
# No socket takes that at once: whoever sends it waits.
LONG = "x" * 32_000_000


async def test_ending_a_task_in_a_statement_ends_it_whatever_becomes_of_the_connection(database_url: str) -> None:
    database = Database(database_url, pool_connections=2)

    async def say_much() -> None:
        async with database.transaction(SYSTEM) as tx:
            tx.emit(Event(f"user:{new_id()}", "never", {}))
            connection = await tx.driver()
            me = asyncio.current_task()
            assert me is not None
            # By the next turn of the loop we are sending.
            asyncio.get_running_loop().call_soon(me.cancel)
            await connection.execute("SELECT length(%s)", (LONG,))

    try:
        # More often than there are connections: none may be lost for good.
        for _ in range(5):
            with pytest.raises(asyncio.CancelledError):
                await asyncio.create_task(say_much())
        async with database.transaction(SYSTEM) as tx:
            assert await tx.scalar("SELECT count(*) FROM outbox WHERE type = 'never'") == 0
    finally:
        await database.close()
