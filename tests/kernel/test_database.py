"""The unit of work when its task is ended in the middle of a statement."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from outcry.kernel.database import SYSTEM, Database, Transaction

pytestmark = pytest.mark.anyio
# No socket takes that at once: whoever sends it waits.
LONG = "x" * 32_000_000


def cancel_at_the_next_turn() -> None:
    """By then, whoever calls this and goes on to a statement is sending it."""
    me = asyncio.current_task()
    assert me is not None
    asyncio.get_running_loop().call_soon(me.cancel)


async def in_a_statement(tx: Transaction) -> None:
    connection = await tx.driver()
    cancel_at_the_next_turn()
    await connection.execute("SELECT length(%s)", (LONG,))


async def in_a_statement_of_the_library(tx: Transaction) -> None:
    cancel_at_the_next_turn()
    await tx.scalar("SELECT length(:long)", {"long": LONG})


async def in_the_commit(_: Transaction) -> None:
    cancel_at_the_next_turn()


@pytest.mark.parametrize("where", [in_a_statement, in_a_statement_of_the_library, in_the_commit])
async def test_ending_a_task_ends_it_whatever_becomes_of_its_connection(
    database_url: str, where: Callable[[Transaction], Awaitable[None]]
) -> None:
    database = Database(database_url, pool_connections=2)

    async def say_something() -> None:
        async with database.transaction(SYSTEM) as tx:
            await where(tx)

    try:
        # More often than there are connections: none may be lost for good.
        for _ in range(5):
            with pytest.raises(asyncio.CancelledError):
                await asyncio.create_task(say_something())
        async with database.transaction(SYSTEM) as tx:
            assert await tx.scalar("SELECT 1") == 1
    finally:
        await database.close()
