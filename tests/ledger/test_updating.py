"""The books of an older version, brought to this one: what people have and what is held stays, to the cent."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from outcry.kernel.arrays import Uuids
from outcry.kernel.database import SYSTEM, Actor, Database
from outcry.kernel.ids import new_id
from outcry.kernel.migrations import upgrade
from outcry.ledger import accounts, queries
from outcry.ledger.audit import audit_ledger
from outcry.ledger.service import HoldMove, Ledger, Transfer, legs
from tests.support.postgres import create_database, drop_database, in_database

pytestmark = pytest.mark.anyio
LEDGER = Ledger()
# The last with a row of its own for held money.
BEFORE = "0018"


# The last that did not ask for it.
BEFORE_OPENED = "0019"


@pytest.fixture
def older_url(template_url: str) -> Iterator[str]:
    url = in_database(template_url, f"older_{new_id().hex}")
    create_database(url, "template1")
    yield url
    drop_database(url)


async def test_wallets_of_two_rows_become_wallets_of_one(older_url: str) -> None:
    ann, bob, one, two = (new_id() for _ in range(4))
    grants = accounts.grants("USD")
    wallets = [accounts.available(person, "USD") for person in (ann, bob)]
    upgrade(older_url, BEFORE)
    older = Database(older_url, pool_connections=2)
    async with older.transaction(SYSTEM) as tx:
        connection = await tx.driver()
        gifts = [
            Transfer(f"gift:{place}", "grant", legs((grants, -500), (each, 500))) for place, each in enumerate(wallets)
        ]
        await LEDGER.post(connection, gifts)
        # By a line of its own, by entries, ended, and paid from.
        await LEDGER.move_holds(connection, [HoldMove(ann, one, "USD", 200), HoldMove(bob, one, "USD", 90)])
        await LEDGER.move_holds(connection, [HoldMove(bob, one, "USD", 0)])
        await LEDGER.place_hold(
            connection, user_id=ann, currency="USD", amount=120, subject_id=two, purpose="bid", key="by hand"
        )
        escrow = accounts.escrow(one, "USD")
        await LEDGER.capture_hold(connection, user_id=ann, subject_id=one, to=escrow, amount=150, key="paid")
    await older.close()
    upgrade(older_url)
    newer = Database(older_url, pool_connections=2)
    try:
        assert await purses(newer, ann, bob) == [(230, 120), (500, 0)]
        assert [fault async for fault in audit_ledger(newer)] == []
        async with newer.transaction(SYSTEM) as tx:
            await LEDGER.move_holds(await tx.driver(), [HoldMove(ann, two, "USD", 20), HoldMove(bob, two, "USD", 7)])
        assert await purses(newer, ann, bob) == [(330, 20), (493, 7)]
        async with newer.transaction(Actor.user(ann)) as tx:
            held = await queries.entries_before(tx, accounts.held(ann, "USD").id, None, 9)
        assert [(row.seq, row.amount, row.balance_after) for row in held] == [
            (4, -100, 20), (3, -200, 120), (2, 120, 320), (1, 200, 200),
        ]  # fmt: skip
        assert [fault async for fault in audit_ledger(newer)] == []
    finally:
        await newer.close()


async def test_wallets_that_hold_money_and_were_not_opened_are(older_url: str) -> None:
    ann, auction = new_id(), new_id()
    upgrade(older_url, BEFORE_OPENED)
    older = Database(older_url, pool_connections=2)
    async with older.transaction(SYSTEM) as tx:
        connection, free = await tx.driver(), accounts.available(ann, "USD")
        await LEDGER.post(connection, [Transfer("gift", "grant", legs((accounts.grants("USD"), -500), (free, 500)))])
        # As a desk did that took the wallet for opened.
        await connection.execute(
            "SELECT ledger_bind(%s, '{1}', %s, '{NULL}', '{70}', '{0}', 'bid', %s, '{USD}', '{0}', %s)",
            tuple(Uuids([one]) for one in (new_id(), auction, ann, free.id)),
        )
    assert len([fault async for fault in audit_ledger(older)]) > 0
    await older.close()
    upgrade(older_url)
    newer = Database(older_url, pool_connections=2)
    try:
        assert await purses(newer, ann) == [(430, 70)]
        async with newer.transaction(Actor.user(ann)) as tx:
            held = await queries.entries_before(tx, accounts.held(ann, "USD").id, None, 9)
        assert [(row.subject_id, row.amount) for row in held] == [(auction, 70)]
        assert [fault async for fault in audit_ledger(newer)] == []
    finally:
        await newer.close()


async def purses(database: Database, *people: UUID) -> list[tuple[int, int]]:
    async with database.transaction(SYSTEM) as tx:
        sides = [(accounts.available(one, "USD"), accounts.held(one, "USD")) for one in people]
        found = await LEDGER.balances(tx, [account for pair in sides for account in pair])
    return [(found[free], found[held]) for free, held in sides]
