"""Row-level security: the app's role is bound by it, and personal rows are their owner's (SPEC TRU-4)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError

from outcry.kernel.database import APP_ROLE, PUBLIC, SYSTEM, Actor, Database
from outcry.kernel.outbox import Event
from tests.support.market import TestMarket, served_market

pytestmark = pytest.mark.anyio
# Tables whose rows anyone may see, or that hold nothing of anybody.
OPEN_TABLES = {
    "alembic_version", "auctions", "bid_chains", "categories", "listings", "procrastinate_events",
    "procrastinate_jobs", "procrastinate_periodic_defers", "procrastinate_workers", "restriction_version",
}  # fmt: skip
PERSONAL_TABLES = (
    "user_contacts", "sessions", "consents", "passwords", "refresh_tokens", "one_time_codes", "external_identities",
    "outgoing_messages", "idempotency_keys", "notifications", "notification_cursors", "handover_codes",
    "handover_attempts", "order_meetings", "disputes", "dispute_evidence", "dispute_pictures", "invoices",
    "invoice_counters",
)  # fmt: skip


@pytest.fixture
async def market(database_url: str, tmp_path: Path) -> AsyncIterator[TestMarket]:
    async with served_market(database_url, tmp_path) as market:
        yield market


async def counted(database: Database, actor: Actor, table: str) -> int:
    async with database.transaction(actor) as tx:
        return await tx.scalar(f"SELECT count(*) FROM {table}")


async def test_the_apps_role_can_bypass_nothing(database_url: str) -> None:
    with psycopg.connect(database_url) as owner:
        row = owner.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s", (APP_ROLE,)
        ).fetchone()
        assert row == (False, False, False, False)
        owned = owner.execute("SELECT count(*) FROM pg_class WHERE relowner = %s::regrole", (APP_ROLE,)).fetchone()
        assert owned == (0,)
    database = Database(database_url)
    try:
        for statement in (
            "ALTER TABLE sessions DISABLE ROW LEVEL SECURITY",
            "CREATE TABLE mine ()",
            "DROP TABLE users",
            "TRUNCATE sessions",
            f"ALTER ROLE {APP_ROLE} BYPASSRLS",
        ):
            with pytest.raises(Exception, match=r"must be (owner|superuser)|permission denied"):
                await ran(database, statement)
    finally:
        await database.close()


async def ran(database: Database, statement: str) -> None:
    async with database.transaction(SYSTEM) as tx:
        await tx.run(statement)


async def test_every_table_is_guarded_or_known_to_be_open(database_url: str) -> None:
    with psycopg.connect(database_url) as owner:
        rows = owner.execute(
            "SELECT relname, relrowsecurity FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    unguarded = {name for name, guarded in rows if not guarded}
    assert unguarded <= OPEN_TABLES, f"give these policies, or say here that they are open: {unguarded - OPEN_TABLES}"


async def test_personal_rows_are_seen_by_their_owner_and_the_system_only(market: TestMarket) -> None:
    ann, bob = await asyncio.gather(market.sign_up("Ann"), market.sign_up("Bob"))
    database = market.outcry.database
    for table in PERSONAL_TABLES:
        assert await counted(database, PUBLIC, table) == 0, table
    for table in ("user_contacts", "sessions", "consents"):
        everybodys = await counted(database, SYSTEM, table)
        hers = await counted(database, Actor.user(UUID(ann.id)), table)
        his = await counted(database, Actor.user(UUID(bob.id)), table)
        assert hers > 0, table
        assert hers + his == everybodys, table
    async with database.transaction(Actor.user(UUID(ann.id))) as tx:
        assert await tx.run("UPDATE user_contacts SET user_id = user_id WHERE user_id = :id", {"id": bob.id}) == 0
        assert await tx.run("UPDATE sessions SET revoked_at = now() WHERE user_id = :id", {"id": bob.id}) == 0


async def test_events_are_the_systems_alone_whoever_causes_them(market: TestMarket) -> None:
    ann, bob = await asyncio.gather(market.sign_up("Ann"), market.sign_up("Bob"))
    database, someone = market.outcry.database, Actor.user(UUID(ann.id))
    auction = await market.auction(ann)
    assert (await bob.bid(auction["id"], 1_000)).status_code == 201
    async with database.transaction(someone) as tx:
        tx.emit(Event(f"user:{ann.id}", "notification", {}))
    async with database.transaction(PUBLIC) as tx:
        tx.emit(Event(f"user:{ann.id}", "notification", {}))
    for table in ("outbox", "channels", "bid_events"):
        assert await counted(database, SYSTEM, table) > 0, table
        for actor in (PUBLIC, someone, Actor.staff(UUID(ann.id))):
            assert await counted(database, actor, table) == 0, (actor, table)
    forged = "INSERT INTO outbox (channel, seq, id, type, data) VALUES ('a', 1, gen_random_uuid(), 'a', '{}')"
    for statement in (forged, "INSERT INTO channels (channel, seq) VALUES ('a', 1)"):
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with database.transaction(someone) as tx:
                await tx.run(statement)
    async with database.transaction(someone) as tx:
        assert await tx.run("UPDATE channels SET seq = seq + 1") == 0
        assert await tx.run("DELETE FROM outbox") == 0


async def test_who_acts_ends_with_the_transaction(market: TestMarket) -> None:
    ann = await market.sign_up("Ann")
    database = market.outcry.database
    for _ in range(20):
        assert await counted(database, Actor.user(UUID(ann.id)), "sessions") == 1
        assert await counted(database, PUBLIC, "sessions") == 0
