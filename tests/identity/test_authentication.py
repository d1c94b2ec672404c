"""Who is behind a token: remembered no longer than true, and looked up together (SPEC ID-4, ID-5)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import LiteralString
from uuid import UUID

import psycopg
import pytest

from outcry.identity import authentication as module
from outcry.identity.authentication import IDENTITY_CHANGED, Authentication
from outcry.identity.tokens import Tokens
from outcry.kernel.bus import LocalBus
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Actor, Database, Transaction
from outcry.kernel.errors import Unauthenticated
from outcry.kernel.ids import new_id

pytestmark = pytest.mark.anyio
CROWD = 300


class SlowDatabase(Database):
    """A database whose answers come back when the test lets them, and that counts what it was asked."""

    def __init__(self, url: str) -> None:
        super().__init__(url, pool_connections=2)
        self.transactions = 0
        self.has_read = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    @asynccontextmanager
    async def transaction(self, actor: Actor, *, snapshot: bool = False) -> AsyncIterator[Transaction]:
        self.transactions += 1
        async with super().transaction(actor, snapshot=snapshot) as tx:
            yield tx
            self.has_read.set()
            await self.go_on.wait()

    def hold(self) -> None:
        self.has_read.clear()
        self.go_on.clear()


class Door:
    """Authentication over a real database, and people to let in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = SlowDatabase(url)
        self.tokens = Tokens(KeyRing("a root key of tests"), issuer="https://test.example", access_seconds=900)
        self.bus = LocalBus()
        self.authentication = Authentication(self.database, self.tokens, self.bus)

    def people(self, count: int) -> list[tuple[UUID, str]]:
        """New people with a session each: their ids and tokens."""
        made = [(new_id(), new_id()) for _ in range(count)]
        with psycopg.connect(self.url) as owner, owner.cursor() as cursor:
            cursor.executemany("INSERT INTO users (id, display_name) VALUES (%s, 'Somebody')", [(u,) for u, _ in made])
            cursor.executemany("INSERT INTO sessions (user_id, id, origin) VALUES (%s, %s, 'test')", made)
        return [(user_id, self.tokens.access_token(user_id, session_id)) for user_id, session_id in made]

    def change(self, statement: LiteralString, user_id: UUID) -> None:
        """Commit a change of somebody's standing, then tell."""
        with psycopg.connect(self.url) as owner:
            owner.execute(statement, (user_id,))
        self.bus.signal(IDENTITY_CHANGED, user_id.bytes)


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    door = Door(database_url)
    yield door
    await door.database.close()


async def test_what_was_read_before_a_change_is_not_remembered_after_it(door: Door) -> None:
    (ann, anns), (_, bobs) = door.people(2)
    door.database.hold()
    both = asyncio.gather(door.authentication.principal(anns), door.authentication.principal(bobs))
    await door.database.has_read.wait()
    door.change("UPDATE sessions SET revoked_at = now() WHERE user_id = %s", ann)
    # Who asks after the signal is not given what was read before it.
    after = asyncio.ensure_future(door.authentication.principal(anns))
    door.database.go_on.set()
    await both
    with pytest.raises(Unauthenticated):
        await after
    assert door.authentication.known(anns) is None
    assert door.authentication.known(bobs) is not None
    with pytest.raises(Unauthenticated):
        await door.authentication.principal(anns)


async def test_a_change_ends_what_is_remembered_and_the_next_read_is_remembered_again(door: Door) -> None:
    ((ann, token),) = door.people(1)
    assert (await door.authentication.principal(token)).suspended is False
    door.change("UPDATE users SET suspended_at = now() WHERE id = %s", ann)
    assert door.authentication.known(token) is None
    assert (await door.authentication.principal(token)).suspended is True
    known = door.authentication.known(token)
    assert known is not None
    assert known.suspended is True


async def test_a_crowd_is_looked_up_together(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TOKENS_PER_READ", CROWD // 2, raising=False)
    (_, first), *crowd = door.people(1 + CROWD)
    door.database.hold()
    early = asyncio.ensure_future(door.authentication.principal(first))
    await door.database.has_read.wait()
    # While one read is under way they come, each twice, and form the next two.
    late = asyncio.gather(*(door.authentication.principal(token) for _, token in crowd * 2))
    door.database.go_on.set()
    await early
    assert [principal.user_id for principal in await late] == [user_id for user_id, _ in crowd * 2]
    assert door.database.transactions == 3
    assert all(door.authentication.known(token) for _, token in crowd)


async def test_each_of_a_crowd_gets_its_own_answer(door: Door) -> None:
    (ann, anns), (bob, bobs), (cleo, cleos), (dan, dans), (eve, _) = door.people(5)
    door.change("INSERT INTO user_roles (user_id, role) VALUES (%s, 'moderator')", bob)
    door.change("UPDATE sessions SET revoked_at = now() WHERE user_id = %s", cleo)
    door.change("UPDATE users SET deleted_at = now() WHERE id = %s", dan)
    # Signed by us, but the session is not hers.
    stolen = door.tokens.access_token(eve, (await door.authentication.principal(anns)).session_id)
    asked = [anns, bobs, cleos, dans, stolen, "not a token"]
    answers = await asyncio.gather(*(door.authentication.principal(token) for token in asked), return_exceptions=True)
    good, bad = answers[:2], answers[2:]
    assert [(one.user_id, one.roles) for one in good if not isinstance(one, BaseException)] == [
        (ann, frozenset()), (bob, {"moderator"}),
    ]  # fmt: skip
    assert all(isinstance(one, Unauthenticated) for one in bad)


async def test_who_gives_up_takes_nothing_from_the_others(door: Door) -> None:
    ((ann, token),) = door.people(1)
    door.database.hold()
    first = asyncio.ensure_future(door.authentication.principal(token))
    second = asyncio.ensure_future(door.authentication.principal(token))
    await door.database.has_read.wait()
    first.cancel()
    door.database.go_on.set()
    assert (await second).user_id == ann
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_failed_read_fails_those_who_waited_and_no_one_after(door: Door) -> None:
    (_, anns), (_, bobs) = door.people(2)
    with psycopg.connect(door.url) as owner:
        owner.execute("ALTER TABLE sessions RENAME TO hidden")
    answers = await asyncio.gather(
        *(door.authentication.principal(token) for token in (anns, bobs)), return_exceptions=True
    )
    assert all(isinstance(one, Exception) and not isinstance(one, Unauthenticated) for one in answers)
    with psycopg.connect(door.url) as owner:
        owner.execute("ALTER TABLE hidden RENAME TO sessions")
    await asyncio.gather(*(door.authentication.principal(token) for token in (anns, bobs)))
