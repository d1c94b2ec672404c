"""`outcry audit` on the ledger: right after rough treatment, and it finds what was tampered with (SPEC MON-1)."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.ids import new_id
from outcry.ledger import accounts
from outcry.ledger.accounts import Account
from outcry.ledger.audit import audit_ledger
from outcry.ledger.errors import InsufficientFunds
from outcry.ledger.service import HoldMove, Ledger, Transfer, legs

pytestmark = pytest.mark.anyio
LEDGER = Ledger()
WORKERS, ROUNDS, PEOPLE, STAKE = 6, 20, 6, 1_000
KILLS = 15
TABLES = ("ledger_accounts", "ledger_transfers", "ledger_entries", "ledger_holds", "ledger_hold_moves")
_VICTIM = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'outcry' AND xact_start IS NOT NULL
ORDER BY random() LIMIT 1
"""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_connections=WORKERS)
    yield database
    await database.close()


async def faults(database: Database) -> list[str]:
    return [str(fault) async for fault in audit_ledger(database)]


def pair(key: str, source: Account, target: Account, amount: int) -> Transfer:
    return Transfer(key, "pay", legs((source, -amount), (target, amount)))


class Hammer:
    """Workers that move money at random, each operation repeated under its key until it is answered."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.people = [new_id() for _ in range(PEOPLE)]
        self.subjects = [new_id() for _ in range(3)]
        self.lost_connections = 0
        self.paid: dict[UUID, int] = dict.fromkeys(self.people, 0)

    async def fund(self) -> None:
        async with self.database.transaction(SYSTEM) as tx:
            for person in self.people:
                wallet = accounts.available(person, "USD")
                await LEDGER.post(await tx.driver(), [pair(f"fund:{person}", accounts.grants("USD"), wallet, STAKE)])

    async def work(self, worker: int) -> None:
        dice = random.Random(worker)
        everybody = [make(person, "USD") for person in self.people for make in (accounts.available, accounts.held)]
        for number in range(ROUNDS):
            one, two = dice.sample(self.people, 2)
            amount = dice.randint(1, 400)
            holds = [
                HoldMove(person, dice.choice(self.subjects), "USD", dice.choice((0, dice.randint(1, 300))))
                for person in dice.sample(self.people, 3)
            ]
            transfer = pair(
                f"{worker}:{number}", accounts.available(one, "USD"), accounts.available(two, "USD"), amount
            )
            while True:
                try:
                    async with self.database.transaction(SYSTEM) as tx:
                        connection = await tx.driver()
                        # Two calls follow: what both need is locked first, in one order.
                        await LEDGER.lock(connection, everybody)
                        await LEDGER.post(connection, [transfer])
                        await LEDGER.move_holds(connection, holds)
                except InsufficientFunds:
                    break
                except Exception as lost:
                    if not connection_lost(lost):
                        raise
                    self.lost_connections += 1
                    continue
                self.paid[one] += amount
                self.paid[two] -= amount
                break

    async def kill(self, url: str) -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as owner:
            kills = 0
            while kills < KILLS:
                kills += (await owner.execute(_VICTIM)).rowcount


def connection_lost(failed: BaseException) -> bool:
    while failed.__cause__ is not None:
        failed = failed.__cause__
    return isinstance(failed, psycopg.OperationalError)


async def test_many_hands_and_killed_connections_lose_and_double_nothing(database: Database, database_url: str) -> None:
    hammer = Hammer(database)
    await hammer.fund()
    killer = asyncio.create_task(hammer.kill(database_url))
    await asyncio.gather(*(hammer.work(worker) for worker in range(WORKERS)))
    killer.cancel()
    await asyncio.gather(killer, return_exceptions=True)
    assert hammer.lost_connections > 0
    assert await faults(database) == []
    async with database.transaction(SYSTEM) as tx:
        kinds = [make(person, "USD") for person in hammer.people for make in (accounts.available, accounts.held)]
        balances = await LEDGER.balances(tx, kinds)
    assert sum(balances.values()) == PEOPLE * STAKE
    for person in hammer.people:
        own = balances[accounts.available(person, "USD")] + balances[accounts.held(person, "USD")]
        assert own == STAKE - hammer.paid[person]


async def world(database: Database) -> tuple[UUID, UUID]:
    """Somebody with money, some of it held; the id of the hold's transfer too."""
    ann = new_id()
    async with database.transaction(SYSTEM) as tx:
        connection = await tx.driver()
        wallet = accounts.available(ann, "USD")
        await LEDGER.post(connection, [pair("1", accounts.grants("USD"), wallet, 500)])
        named: dict[str, Any] = {"user_id": ann, "subject_id": new_id(), "currency": "USD"}
        hold = await LEDGER.place_hold(connection, amount=200, purpose="bid", key="2", **named)
    return ann, hold


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'available'", "its entries give 300"),
        ("UPDATE ledger_entries SET amount = amount + 1 WHERE amount = 500", "do not balance"),
        ("UPDATE ledger_entries SET balance_after = 7 WHERE amount = 500", "do not tell the balance after"),
        ("DELETE FROM ledger_entries WHERE amount = 500", "counts 2 entries, has 1"),
        ("DELETE FROM ledger_transfers WHERE kind = 'hold'", "belong to no transfer"),
        ("DELETE FROM ledger_accounts WHERE kind = 'grants'", "do not balance between known accounts"),
        ("DELETE FROM ledger_holds", "200 more is held than its holds say"),
        ("UPDATE ledger_holds SET amount = 150", "50 more is held"),
        ("UPDATE ledger_holds SET currency = 'EUR'", "has holds of 200 EUR and nothing held"),
        (
            "ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_held;"
            "UPDATE ledger_accounts SET held = -1 WHERE kind = 'available'",
            "may not be",
        ),
    ],
)
async def test_tampering_is_found(database: Database, database_url: str, tampering: str, told: str) -> None:
    await world(database)
    assert await faults(database) == []
    with psycopg.connect(database_url, autocommit=True) as owner:
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())
        owner.execute(tampering.encode())
    found = await faults(database)
    assert any(told in fault for fault in found), found


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("DELETE FROM ledger_hold_moves WHERE amount < 0", "counts 4 entries, has 3"),
        ("UPDATE ledger_hold_moves SET amount = 7 WHERE amount = 40", "do not tell the balance after"),
        ("UPDATE ledger_hold_moves SET held_after = 7 WHERE amount = 40", "do not tell the balance after"),
        ("UPDATE ledger_hold_moves SET held_seq = 9 WHERE amount = 40", "the last is numbered 9"),
        ("UPDATE ledger_hold_moves SET available_id = uuid_nil() WHERE amount = 40", "not of anybody's wallet"),
        ("DELETE FROM ledger_accounts WHERE kind = 'held'", "not of anybody's wallet"),
    ],
)
async def test_tampering_with_what_the_desk_wrote_is_found(
    database: Database, database_url: str, tampering: str, told: str
) -> None:
    (ann, _), bob = await world(database), new_id()
    one, two = new_id(), new_id()
    async with database.transaction(SYSTEM) as tx:
        connection = await tx.driver()
        await LEDGER.post(connection, [pair("3", accounts.grants("USD"), accounts.available(bob, "USD"), 90)])
        await LEDGER.move_holds(connection, [HoldMove(ann, one, "USD", 40), HoldMove(bob, two, "USD", 90)])
        await LEDGER.move_holds(connection, [HoldMove(ann, one, "USD", 10)])
    assert await faults(database) == []
    with psycopg.connect(database_url, autocommit=True) as owner:
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())
        owner.execute(tampering.replace("uuid_nil()", f"'{UUID(int=0)}'").encode())
    found = await faults(database)
    assert any(told in fault for fault in found), found
