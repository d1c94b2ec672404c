"""Moves of holds as the desk writes them: a line for each, proved by the database alone (SPEC MON-1, MON-5)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from outcry.kernel.arrays import BigInts, Ints, Texts, Uuids
from outcry.kernel.database import PUBLIC, SYSTEM, Actor, Database
from outcry.kernel.ids import new_id
from outcry.ledger import accounts, queries
from outcry.ledger.audit import audit_ledger
from outcry.ledger.service import HoldMove, Ledger, Transfer, legs

pytestmark = pytest.mark.anyio
LEDGER = Ledger()
STAKE = 100
_BIND = "SELECT ledger_bind(%s, %s, %s, %s, %s, %s, 'bid', %s, %s, %s, %s)"
_OPEN = "SELECT place, available FROM ledger_open(%s, %s, %s, %s) ORDER BY place"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_connections=4)
    yield database
    await database.close()


async def funded(database: Database, *people: UUID) -> None:
    pairs = [(accounts.available(person, "USD"), STAKE) for person in people]
    gifts = [
        Transfer(f"gift:{new_id()}", "grant", legs(pair, (accounts.grants("USD"), -STAKE))) for pair in pairs
    ]  # fmt: skip
    async with database.transaction(SYSTEM) as tx:
        await LEDGER.post(await tx.driver(), gifts)


def ids(make: Any, people: list[UUID]) -> Uuids:
    return Uuids([make(person, "USD").id for person in people])


async def opened(database: Database, people: list[UUID], actor: Actor = SYSTEM) -> list[int]:
    async with database.transaction(actor) as tx:
        wallets = ids(accounts.available, people), ids(accounts.held, people)
        cursor = await (await tx.driver()).execute(_OPEN, (Uuids(people), Texts(["USD"] * len(people)), *wallets))
        return [row[1] for row in await cursor.fetchall()]


async def bound(
    database: Database,
    *moves: tuple[int, UUID, int | None, int],
    people: list[UUID],
    heirs: list[int | None] | None = None,
    asked: list[int] | None = None,
    currency: str = "USD",
    actor: Actor = SYSTEM,
    **columns: Any,
) -> None:
    """`moves`: whose (1 is the first of `people`), for what, from how much (None: never any), to how much.

    `heirs`: beside a hold that ends the place of the one that takes it over, beside that one -1.
    """
    sent: dict[str, Any] = {
        "ids": Uuids([new_id() for _ in moves]),
        "wallets": Ints([move[0] for move in moves]),
        "subjects": Uuids([move[1] for move in moves]),
        "befores": BigInts([move[2] for move in moves]),
        "amounts": BigInts([move[3] for move in moves]),
        "heirs": Ints(heirs or [0] * len(moves)),
        "users": Uuids(people),
        "currencies": Texts([currency] * len(people)),
        "asked": BigInts(asked or [0] * len(people)),
        "available": ids(accounts.available, people),
        **columns,
    }
    async with database.transaction(actor) as tx:
        await (await tx.driver()).execute(_BIND, tuple(sent.values()))


async def purses(database: Database, *people: UUID) -> list[tuple[int, int]]:
    async with database.transaction(SYSTEM) as tx:
        sides = [(accounts.available(one, "USD"), accounts.held(one, "USD")) for one in people]
        found = await LEDGER.balances(tx, [account for pair in sides for account in pair])
    return [(found[free], found[held]) for free, held in sides]


async def test_every_move_is_a_line_of_both_buckets_with_its_subject(database: Database) -> None:
    ann, bob, one, two = new_id(), new_id(), new_id(), new_id()
    people = [ann, bob]
    await funded(database, *people)
    assert await opened(database, people) == [STAKE, STAKE]
    await bound(database, (1, one, None, 90), (2, two, 0, 40), people=people)
    # Ann is outbid in one and leads two with the same money: what is freed comes first, so no line is below zero.
    await bound(database, (1, two, 0, 95), (1, one, 90, 0), (2, two, 40, 0), (2, one, None, 60), people=people)
    await bound(database, (1, one, 60, 70), people=[bob], asked=[40])
    assert await purses(database, ann, bob) == [(5, 95), (30, 70)]
    async with database.transaction(Actor.user(ann)) as tx:
        free, held = (make(ann, "USD").id for make in (accounts.available, accounts.held))
        lines = [
            [
                (row.kind, row.subject_id, row.amount, row.balance_after)
                for row in await queries.entries_before(tx, account, None, 9)
            ]
            for account in (free, held)
        ]
    assert lines == [
        [("hold", two, -95, 5), ("hold_released", one, 90, 100), ("hold", one, -90, 10), ("grant", None, 100, 100)],
        [("hold", two, 95, 95), ("hold_released", one, -90, 0), ("hold", one, 90, 90)],
    ]
    assert [fault async for fault in audit_ledger(database)] == []


async def test_what_the_desk_says_about_before_is_proved(database: Database) -> None:
    ann, bob, cid, one, two = (new_id() for _ in range(5))
    await funded(database, ann, bob)
    await opened(database, [ann, bob])
    await bound(database, (1, one, 0, 50), people=[ann])
    named: dict[str, Any] = {"people": [ann]}
    both: dict[str, Any] = {"people": [ann, bob]}
    wrong: list[tuple[str, list[tuple[int, UUID, int | None, int]], dict[str, Any]]] = [
        # A hold of another size, none where there is one, one where there is none, one named twice.
        ("OC001", [(1, one, 49, 60)], named),
        ("23505", [(1, one, 0, 30)], named),
        ("23505", [(1, one, None, 30)], named),
        ("OC001", [(1, two, 10, 0)], named),
        ("OC001", [(1, one, 50, 60), (1, one, 50, 70)], named),
        ("23505", [(1, two, 0, 10), (1, two, 0, 20)], named),
        # Less available than the bids rest on; less than what is bound.
        ("OC001", [(1, two, 0, 10)], {**named, "asked": [51]}),
        ("23514", [(1, two, 0, 51)], named),
        # Wallets that are not theirs, not of that kind or currency, not opened, named twice.
        ("OC001", [(1, two, 0, 10)], {**named, "users": Uuids([bob])}),
        ("OC001", [(1, two, 0, 10)], {**named, "available": ids(accounts.held, [ann])}),
        ("OC001", [(1, two, 0, 10)], {**named, "currency": "EUR"}),
        ("OC001", [(1, two, 0, 10)], {"people": [cid]}),
        ("OC001", [(1, one, 50, 60), (2, two, 0, 10)], {"people": [ann, ann]}),
        # What makes no sense: nothing moves, less than nothing, wallets without a move, moves without a wallet.
        ("23514", [(1, one, 50, 50)], named),
        ("OL003", [(1, one, 50, -1)], named),
        ("OL003", [(1, two, -10, 0)], named),
        ("23514", [(1, two, None, 0)], named),
        ("OL003", [(1, one, 50, 60)], {"people": [ann, bob]}),
        ("OL003", [(2, one, 50, 60)], named),
        ("OL003", [], {"people": []}),
        ("OL003", [(1, one, 50, 60)], {**named, "ids": Uuids([new_id(), new_id()])}),
        ("OL003", [(1, one, 50, 60)], {**named, "amounts": BigInts([None])}),
        # Heirs: of a hold that does not end, of none, of another auction's, of nobody, not new, in another currency,
        # of two holds, of a hold that is not there.
        ("OL003", [(1, one, 50, 60), (2, one, None, 70)], {**both, "heirs": [2, -1]}),
        ("OL003", [(1, one, 50, 0), (2, one, None, 70)], {**both, "heirs": [0, -1]}),
        ("OL003", [(1, one, 50, 0), (2, two, None, 70)], {**both, "heirs": [2, -1]}),
        ("OL003", [(1, one, 50, 0), (2, one, None, 70)], {**both, "heirs": [2, 0]}),
        ("OL003", [(1, one, 50, 0), (2, one, None, 70)], {**both, "heirs": [3, -1]}),
        ("OL003", [(1, one, 50, 0), (2, one, 0, 70)], {**both, "heirs": [2, -1]}),
        (
            "OL003",
            [(1, one, 50, 0), (2, one, None, 70)],
            {**both, "heirs": [2, -1], "currencies": Texts(["USD", "EUR"])},
        ),
        ("OL003", [(1, one, 50, 0), (2, one, None, 70)], {**both, "heirs": [2, -2]}),
        ("OL003", [(1, one, 50, 0), (2, one, None, 70)], {**both, "heirs": [2, None]}),
        ("OC001", [(1, one, 49, 0), (2, one, None, 70)], {**both, "heirs": [2, -1]}),
    ]
    for state, moves, given in wrong:
        with pytest.raises(psycopg.DatabaseError) as refused:
            await bound(database, *moves, **given)
        assert refused.value.sqlstate == state, (state, moves, given)
    assert await purses(database, ann, bob, cid) == [(50, 50), (100, 0), (0, 0)]
    assert [fault async for fault in audit_ledger(database)] == []


async def test_a_hold_is_handed_over_to_who_outbids(database: Database) -> None:
    ann, bob, cid, one, two = (new_id() for _ in range(5))
    people = [ann, bob, cid]
    await funded(database, *people)
    await opened(database, people)
    await bound(database, (1, one, None, 50), (1, two, None, 20), people=[ann])
    # Of two auctions in one batch one passes on, where the other's freed hold stays hers.
    await bound(database, (1, one, 50, 0), (1, two, 20, 0), (2, one, None, 60), people=[ann, bob], heirs=[3, 0, -1])
    assert await holds(database) == {(ann, two): (0, 2), (bob, one): (60, 1)}
    # She is back where hers was handed over, and where it was not; then it passes from her again.
    await bound(database, (2, one, 60, 0), (1, one, 0, 70), (1, two, 0, 30), people=[ann, bob])
    assert await holds(database) == {(ann, one): (70, 1), (ann, two): (30, 3), (bob, one): (0, 2)}
    await bound(database, (1, one, 70, 0), (2, one, None, 80), people=[ann, cid], heirs=[2, -1])
    assert await holds(database) == {(cid, one): (80, 1), (ann, two): (30, 3), (bob, one): (0, 2)}
    assert await purses(database, *people) == [(70, 30), (100, 0), (20, 80)]
    # What it bound while it was hers is told by its moves.
    async with database.transaction(Actor.user(ann)) as tx:
        lines = await queries.entries_before(tx, accounts.held(ann, "USD").id, None, 9)
    assert [row.amount for row in reversed(lines) if row.subject_id == one] == [50, -50, 70, -70]
    # It is the heir's to pay with.
    async with database.transaction(SYSTEM) as tx:
        to = accounts.escrow(one, "USD")
        rest = await LEDGER.capture_hold(
            await tx.driver(), user_id=cid, subject_id=one, to=to, amount=75, key="pay"
        )  # fmt: skip
    assert rest == 5
    assert await purses(database, cid) == [(25, 0)]
    assert [fault async for fault in audit_ledger(database)] == []


async def holds(database: Database) -> dict[tuple[UUID, UUID], tuple[int, int]]:
    """What each hold binds, and how often it was changed."""
    async with database.transaction(SYSTEM) as tx:
        rows = await tx.all("SELECT user_id, subject_id, amount, change_count FROM ledger_holds")
    return {(row.user_id, row.subject_id): (row.amount, row.change_count) for row in rows}


async def test_nothing_is_held_in_a_wallet_that_nobody_opened(database: Database) -> None:
    ann, bob, one = new_id(), new_id(), new_id()
    await funded(database, ann, bob)
    await opened(database, [bob])
    with pytest.raises(psycopg.DatabaseError) as refused:
        await bound(database, (1, one, None, 40), (2, one, None, 30), people=[ann, bob])
    assert refused.value.sqlstate == "OC001"
    assert await purses(database, ann, bob) == [(STAKE, 0), (STAKE, 0)]
    await opened(database, [ann])
    await bound(database, (1, one, None, 40), (2, one, None, 30), people=[ann, bob])
    assert await purses(database, ann, bob) == [(60, 40), (70, 30)]
    assert [fault async for fault in audit_ledger(database)] == []


async def test_held_money_is_locked_with_its_wallet(database: Database) -> None:
    ann = new_id()
    await funded(database, ann)
    await opened(database, [ann])
    await bound(database, (1, new_id(), None, 40), people=[ann])
    free, held = accounts.available(ann, "USD"), accounts.held(ann, "USD")
    async with database.transaction(SYSTEM) as tx:
        assert await LEDGER.lock(await tx.driver(), [held, free]) == {free: 60, held: 40}
    with pytest.raises(psycopg.DatabaseError) as refused:
        async with database.transaction(SYSTEM) as tx:
            await LEDGER.lock(await tx.driver(), [held])
    assert refused.value.sqlstate == "OL003"


async def test_only_the_system_binds_and_people_see_their_own(database: Database) -> None:
    ann, bob, one = new_id(), new_id(), new_id()
    await funded(database, ann, bob)
    await opened(database, [ann, bob])
    for actor in (PUBLIC, Actor.user(ann), Actor.staff(bob)):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await bound(database, (1, one, 0, 50), people=[ann], actor=actor)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await opened(database, [new_id()], actor)
    await bound(database, (1, one, 0, 50), (2, one, 0, 60), people=[ann, bob])
    for actor, seen in ((PUBLIC, 0), (Actor.user(ann), 1), (Actor.staff(bob), 2)):
        async with database.transaction(actor) as tx:
            assert await tx.scalar("SELECT count(*) FROM ledger_hold_moves") == seen
            assert await tx.scalar("SELECT count(*) FROM ledger_legs WHERE is_hold_move") == 2 * seen


async def test_an_ended_hold_is_placed_again_after_a_capture_too(database: Database) -> None:
    ann, auction = new_id(), new_id()
    await funded(database, ann)
    async with database.transaction(SYSTEM) as tx:
        connection = await tx.driver()
        await LEDGER.move_holds(connection, [HoldMove(ann, auction, "USD", 60)])
        to = accounts.escrow(auction, "USD")
        rest = await LEDGER.capture_hold(connection, user_id=ann, subject_id=auction, to=to, amount=50, key="pay")
        assert rest == 10
    await bound(database, (1, auction, 0, 30), people=[ann])
    assert await purses(database, ann) == [(20, 30)]
    assert [fault async for fault in audit_ledger(database)] == []
    # Numbers run through what both ways have written.
    async with database.transaction(SYSTEM) as tx:
        held = await queries.entries_before(tx, accounts.held(ann, "USD").id, None, 9)
    assert [(row.seq, row.kind, row.amount) for row in held] == [
        (3, "hold", 30), (2, "hold_captured", -60), (1, "hold", 60),
    ]  # fmt: skip


async def test_what_older_processes_wrote_goes_on(database: Database) -> None:
    """As before this way of writing, and by a process of that version beside one of this."""
    ann, bob, one, two = new_id(), new_id(), new_id(), new_id()
    people = [ann, bob]
    await funded(database, *people)
    older = "SELECT count(*) FROM ledger_move_holds('move', %s, NULL, %s, %s, %s, %s, 'bid', %s, %s)"

    async def moved(*amounts: int) -> None:
        async with database.transaction(SYSTEM) as tx:
            wallets = ids(accounts.available, people), ids(accounts.held, people)
            sent = Uuids([new_id(), new_id()]), Uuids(people), Uuids([one, two]), Texts(["USD", "USD"])
            await (await tx.driver()).execute(older, (*sent, BigInts(amounts), *wallets))

    await moved(30, 40)
    await bound(database, (1, one, 30, 50), (2, two, 40, 0), (2, one, 0, 60), people=people)
    await moved(20, 10)
    assert await purses(database, ann, bob) == [(80, 20), (30, 70)]
    async with database.transaction(SYSTEM) as tx:
        free = await queries.entries_before(tx, accounts.available(bob, "USD").id, None, 9)
    assert [(row.seq, row.kind, row.subject_id, row.amount) for row in free] == [
        (5, "hold_changed", None, -10), (4, "hold", one, -60), (3, "hold_released", two, 40),
        (2, "hold_changed", None, -40), (1, "grant", None, 100),
    ]  # fmt: skip
    assert [fault async for fault in audit_ledger(database)] == []
