"""One-time codes and links: what is asked of the table goes by an index (SPEC ID-1)."""

import psycopg
import pytest

from outcry.identity.codes import VOID_LINKS
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.ids import new_id

pytestmark = pytest.mark.anyio
STORED = 5_000


async def test_a_persons_open_links_are_found_without_reading_everybodys(database_url: str) -> None:
    """A tenth of the rows are links, all of different people and half of them spent; the rest are phone codes."""
    with psycopg.connect(database_url) as owner:
        owner.execute(
            """
            INSERT INTO one_time_codes (id, purpose, subject_hash, user_id, code_hash, tries_left, expires_at, used_at)
            SELECT gen_random_uuid(), CASE n %% 10 WHEN 0 THEN 'verify_email' ELSE 'phone' END, int4send(n),
                CASE n %% 10 WHEN 0 THEN gen_random_uuid() END, '', 1, now(), CASE n %% 20 WHEN 0 THEN now() END
            FROM generate_series(1, %s) AS n
            """,
            (STORED,),
        )
        owner.execute("ANALYZE one_time_codes")
    database = Database(database_url)
    try:
        async with database.transaction(SYSTEM) as tx:
            plan = await tx.all("EXPLAIN " + VOID_LINKS, {"id": new_id(), "purpose": "verify_email"})
    finally:
        await database.close()
    lines = "\n".join(line for (line,) in plan)
    assert "ix_one_time_codes_open_links" in lines, lines
