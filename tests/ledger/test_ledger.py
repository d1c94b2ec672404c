"""Transfers and holds, and that the database itself keeps their rules (SPEC MON-1)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from outcry.kernel.database import APP_ROLE, PUBLIC, SYSTEM, Actor, Database
from outcry.kernel.ids import new_id
from outcry.ledger import accounts
from outcry.ledger.accounts import Account
from outcry.ledger.errors import (
    HoldExists,
    HoldNotFound,
    HoldTooSmall,
    InsufficientFunds,
    MalformedTransfer,
    TransferKeyReused,
)
from outcry.ledger.service import HoldMove, Ledger, Leg, Posted, Transfer, legs

pytestmark = pytest.mark.anyio
LEDGER = Ledger()
TABLES = ("ledger_accounts", "ledger_transfers", "ledger_entries", "ledger_holds", "ledger_hold_moves")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_connections=8)
    yield database
    await database.close()


async def post(database: Database, *transfers: Transfer) -> list[Posted]:
    async with database.transaction(SYSTEM) as tx:
        return await LEDGER.post(await tx.driver(), transfers)


async def balances(database: Database, *of: Account) -> list[int]:
    async with database.transaction(SYSTEM) as tx:
        found = await LEDGER.balances(tx, of)
    return [found[account] for account in of]


def grant(user_id: UUID, amount: int, currency: str = "USD", key: str | None = None) -> Transfer:
    pair = (accounts.available(user_id, currency), amount), (accounts.grants(currency), -amount)
    return Transfer(key or f"grant:{new_id()}", "grant", legs(*pair))


def move(key: str, source: Account, target: Account, amount: int) -> Transfer:
    return Transfer(key, "sale", legs((source, -amount), (target, amount)))


async def test_a_transfer_moves_money_and_numbers_its_entries(database: Database) -> None:
    ann, order = new_id(), new_id()
    await post(database, grant(ann, 1000), grant(ann, 500))
    await post(database, move("pay", accounts.available(ann, "USD"), accounts.escrow(order, "USD"), 700))
    assert await balances(database, accounts.available(ann, "USD"), accounts.escrow(order, "USD")) == [800, 700]
    async with database.transaction(SYSTEM) as tx:
        rows = await tx.all(
            "SELECT seq, amount, balance_after FROM ledger_entries WHERE account_id = :id ORDER BY seq",
            {"id": accounts.available(ann, "USD").id},
        )
    assert [tuple(row) for row in rows] == [(1, 1000, 1000), (2, 500, 1500), (3, -700, 800)]


async def test_one_call_posts_many_in_order_or_none(database: Database) -> None:
    ann, bob, cid = new_id(), new_id(), new_id()
    a, b, c = (accounts.available(person, "USD") for person in (ann, bob, cid))
    # Bob has nothing before Ann's transfer arrives: order counts.
    posted = await post(database, grant(ann, 100), move("1", a, b, 100), move("2", b, c, 60), move("3", c, a, 10))
    assert [one.replayed for one in posted] == [False] * 4
    assert await balances(database, a, b, c) == [10, 40, 50]
    with pytest.raises(InsufficientFunds) as refused:
        await post(database, move("4", a, b, 10), move("5", c, a, 51))
    assert refused.value.problem()["currency"] == "USD"
    assert await balances(database, a, b, c) == [10, 40, 50]
    with pytest.raises(InsufficientFunds):
        # What comes later in the call does not cover what is spent before.
        await post(database, move("6", a, b, 20), move("7", b, a, 20))


async def test_a_key_moves_money_once(database: Database) -> None:
    ann = new_id()
    first = grant(ann, 100, key="the-grant")
    (posted,) = await post(database, first)
    again, other = await post(database, first, grant(ann, 50, key="another"))
    assert again == Posted("the-grant", posted.transfer_id, True)
    assert not other.replayed
    assert await balances(database, accounts.available(ann, "USD")) == [150]
    for changed in (
        grant(ann, 101, key="the-grant"),
        grant(new_id(), 100, key="the-grant"),
        Transfer("the-grant", "gift", first.legs),
        Transfer("the-grant", "grant", first.legs, new_id()),
        Transfer("the-grant", "grant", (*first.legs, *grant(ann, 100, "EUR").legs)),
    ):
        with pytest.raises(TransferKeyReused):
            await post(database, grant(ann, 1), changed)
    one, two = await post(database, grant(ann, 5, key="twice"), grant(ann, 5, key="twice"))
    assert (one.replayed, two.replayed) == (False, True)
    assert await balances(database, accounts.available(ann, "USD")) == [155]


async def test_currencies_never_mix(database: Database) -> None:
    ann = new_id()
    await post(database, grant(ann, 100, "USD"), grant(ann, 100, "EUR"))
    dollars, euros = accounts.available(ann, "USD"), accounts.available(ann, "EUR")
    with pytest.raises(MalformedTransfer):
        await post(database, Transfer("mix", "sale", (Leg(dollars, -50), Leg(euros, 50))))
    with pytest.raises(InsufficientFunds):
        await post(database, move("too much", dollars, accounts.available(new_id(), "USD"), 101))


@pytest.mark.parametrize("amounts", [(100, -99), (100,), (), (0, 0), (10**16, -(10**16))])
async def test_what_is_no_transfer_is_refused(database: Database, amounts: tuple[int, ...]) -> None:
    sides = [accounts.grants("USD"), accounts.available(new_id(), "USD")]
    wrong = Transfer("wrong", "grant", tuple(Leg(side, amount) for side, amount in zip(sides, amounts, strict=False)))
    with pytest.raises(MalformedTransfer):
        await post(database, grant(new_id(), 5), wrong)


async def test_a_hold_binds_is_changed_captured_and_released(database: Database) -> None:
    ann, seller, auction, order = new_id(), new_id(), new_id(), new_id()
    free, bound = accounts.available(ann, "USD"), accounts.held(ann, "USD")
    await post(database, grant(ann, 1000))

    async with database.transaction(SYSTEM) as tx:
        connection = await tx.driver()
        placing: dict[str, Any] = {"user_id": ann, "currency": "USD", "subject_id": auction, "purpose": "bid"}
        hold = await LEDGER.place_hold(connection, amount=300, key="place", **placing)
        assert await LEDGER.place_hold(connection, amount=300, key="place", **placing) == hold
        await LEDGER.change_hold(connection, user_id=ann, subject_id=auction, amount=500, key="raise")
        await LEDGER.change_hold(connection, user_id=ann, subject_id=auction, amount=500, key="raise")
    assert await balances(database, free, bound) == [500, 500]

    with pytest.raises(HoldExists):
        async with database.transaction(SYSTEM) as tx:
            await LEDGER.place_hold(await tx.driver(), amount=1, key="second", **placing)
    with pytest.raises(InsufficientFunds):
        async with database.transaction(SYSTEM) as tx:
            await LEDGER.change_hold(await tx.driver(), user_id=ann, subject_id=auction, amount=1001, key="more")
    with pytest.raises(HoldTooSmall) as small:
        async with database.transaction(SYSTEM) as tx:
            to = accounts.escrow(order, "USD")
            await LEDGER.capture_hold(await tx.driver(), user_id=ann, subject_id=auction, to=to, amount=501, key="all")
    assert small.value.members == {"held": 500}

    async with database.transaction(SYSTEM) as tx:
        to = accounts.escrow(order, "USD")
        capture: dict[str, Any] = {"user_id": ann, "subject_id": auction, "to": to, "amount": 450}
        assert await LEDGER.capture_hold(await tx.driver(), key="win", **capture) == 50
        assert await LEDGER.capture_hold(await tx.driver(), key="win", **capture) == 50
    assert await balances(database, free, bound, accounts.escrow(order, "USD")) == [550, 0, 450]
    with pytest.raises(HoldNotFound):
        async with database.transaction(SYSTEM) as tx:
            await LEDGER.change_hold(await tx.driver(), user_id=ann, subject_id=auction, amount=5, key="gone")

    async with database.transaction(SYSTEM) as tx:
        connection = await tx.driver()
        await LEDGER.place_hold(connection, amount=200, key="again", **placing)
        assert await LEDGER.release_hold(connection, user_id=ann, subject_id=auction, key="off") == 200
        assert await LEDGER.release_hold(connection, user_id=ann, subject_id=auction, key="off") == 200
        assert await LEDGER.release_hold(connection, user_id=ann, subject_id=auction, key="off again") == 0
        assert await LEDGER.release_hold(connection, user_id=seller, subject_id=auction, key="none") == 0
    assert await balances(database, free, bound) == [550, 0]


async def test_many_holds_move_in_one_call_and_one_transfer(database: Database) -> None:
    ann, bob, one, two = new_id(), new_id(), new_id(), new_id()
    await post(database, grant(ann, 100), grant(bob, 100))

    async def moved(*moves: HoldMove) -> None:
        async with database.transaction(SYSTEM) as tx:
            await LEDGER.move_holds(await tx.driver(), moves)

    await moved(HoldMove(ann, one, "USD", 100), HoldMove(bob, two, "USD", 40))
    # Ann is outbid in one and leads two with the same money.
    await moved(
        HoldMove(ann, two, "USD", 90), HoldMove(ann, one, "USD", 0), HoldMove(bob, two, "USD", 0),
        HoldMove(bob, one, "USD", 100),
    )  # fmt: skip
    await moved(HoldMove(ann, two, "USD", 90), HoldMove(bob, one, "USD", 99))
    held = [accounts.held(person, "USD") for person in (ann, bob)]
    assert await balances(database, *held) == [90, 99]
    with pytest.raises(InsufficientFunds):
        await moved(HoldMove(ann, two, "USD", 80), HoldMove(bob, two, "USD", 2))
    assert await balances(database, *held) == [90, 99]
    async with database.transaction(SYSTEM) as tx:
        active = await tx.all("SELECT user_id, subject_id, amount FROM ledger_holds WHERE status = 'active'")
    assert {tuple(row) for row in active} == {(ann, two, 90), (bob, one, 99)}


async def test_held_money_moves_by_its_hold_only(database: Database) -> None:
    ann = new_id()
    await post(database, grant(ann, 100))
    with pytest.raises(MalformedTransfer):
        await post(database, move("sneak", accounts.available(ann, "USD"), accounts.held(ann, "USD"), 10))


async def test_the_apps_role_writes_no_ledger_table(database: Database) -> None:
    await post(database, grant(new_id(), 100))
    for table in TABLES:
        for statement in (
            f"INSERT INTO {table} SELECT * FROM {table}",
            f"UPDATE {table} SET id = id" if table != "ledger_entries" else f"UPDATE {table} SET amount = 1",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"SELECT FROM {table} FOR UPDATE",
        ):
            with pytest.raises(Exception, match="permission denied"):
                async with database.transaction(SYSTEM) as tx:
                    await tx.run(statement)
    for function in ("ledger_written", "ledger_locked", "ledger_refuse_change"):
        async with database.transaction(SYSTEM) as tx:
            assert await tx.all(
                "SELECT has_function_privilege(:role, oid, 'EXECUTE') FROM pg_proc WHERE proname = :name",
                {"role": APP_ROLE, "name": function},
            ) == [(False,)], function


async def test_history_is_not_changed_by_the_tables_owner_either(database: Database, database_url: str) -> None:
    await post(database, grant(new_id(), 100))
    with psycopg.connect(database_url, autocommit=True) as owner:
        for statement in (
            "UPDATE ledger_entries SET amount = 1",
            "DELETE FROM ledger_entries",
            "UPDATE ledger_transfers SET key = 'x'",
            "DELETE FROM ledger_transfers",
            "TRUNCATE ledger_entries",
            "DELETE FROM ledger_accounts",
            "DELETE FROM ledger_holds",
            "UPDATE ledger_hold_moves SET amount = 1",
            "DELETE FROM ledger_hold_moves",
            "TRUNCATE ledger_hold_moves",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only added to"):
                owner.execute(statement.encode())


async def test_unbalanced_legs_are_refused_by_the_database_itself(database: Database) -> None:
    ann, market = accounts.available(new_id(), "USD"), accounts.grants("USD")
    ids, kinds, owners = zip(*sorted((one.id, one.kind.value, one.owner_id) for one in (ann, market)), strict=True)
    call = (
        "SELECT * FROM ledger_post(%s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::uuid[], %s::text[],"
        " %s::text[], %s::uuid[], %s::int[], %s::int[], %s::bigint[])"
    )
    for leg_transfers, leg_accounts, amounts, currencies in (
        ([1, 1], [1, 2], [100, -99], ["USD", "USD"]),
        ([1], [1], [100], ["USD", "USD"]),
        ([1, 1], [1, 3], [100, -100], ["USD", "USD"]),
        ([1, 2], [1, 2], [100, -100], ["USD", "USD"]),
        ([1, 1, 1], [1, 2, 1], [100, -100, 0], ["USD", "USD"]),
        ([1, 1], [1, 2], [100, None], ["USD", "USD"]),
        ([1, 1], [1, 2], [100, -100], ["USD", "EUR"]),
        ([], [], [], ["USD", "USD"]),
    ):
        with pytest.raises(psycopg.DatabaseError) as refused:
            async with database.transaction(SYSTEM) as tx:
                connection = await tx.driver()
                sent = (list(ids), list(kinds), list(owners), currencies, [new_id()], ["k"], ["grant"], [None])
                await connection.execute(call, (*sent, leg_transfers, leg_accounts, amounts))
        assert refused.value.sqlstate == "OL003", (leg_transfers, leg_accounts, amounts)


async def test_only_the_system_moves_money_and_people_see_their_own(database: Database) -> None:
    ann, bob = new_id(), new_id()
    await post(database, grant(ann, 100), grant(bob, 70))
    for actor in (PUBLIC, Actor.user(ann), Actor.staff(bob)):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with database.transaction(actor) as tx:
                await LEDGER.post(await tx.driver(), [grant(ann, 1)])
    for actor, seen in ((PUBLIC, [0, 0, 0]), (Actor.user(ann), [1, 1, 1]), (Actor.staff(bob), [3, 2, 4])):
        async with database.transaction(actor) as tx:
            counted = [await tx.scalar(f"SELECT count(*) FROM {table}") for table in TABLES[:3]]
        assert counted == seen, actor


async def test_one_key_from_many_at_once_moves_money_once(database: Database) -> None:
    ann = new_id()
    same = grant(ann, 100, key="once")
    answers = await asyncio.gather(*(post(database, same) for _ in range(8)))
    assert sorted(one.replayed for (one,) in answers) == [False] + [True] * 7
    assert await balances(database, accounts.available(ann, "USD")) == [100]
    different = [post(database, grant(new_id(), 100, currency, key="either")) for currency in ("EUR", "GBP", "CAD")]
    results = await asyncio.gather(*different, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["TransferKeyReused", "TransferKeyReused", "list"]
