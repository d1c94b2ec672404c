"""A root key is replaced: everything is brought under the new one, and the old one may go (SPEC SEC-1)."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from outcry.identity.queries import contact_hashes
from outcry.kernel import reencryption as module
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM
from outcry.kernel.reencryption import UNREADABLE, KeyUse, told_uses
from tests.support.market import PASSWORD, TestMarket, served_market, signup_body

pytestmark = pytest.mark.anyio

OLD, NEW = "old-root-key-of-32-characters-or-more", "new-root-key-of-32-characters-or-more"
PHONE = "+14155550123"
THIRD = "third-root-key-of-32-characters-or-more"
BEFORE = {"secret_key": OLD}
BOTH = {"secret_key": NEW, "secret_key_previous": OLD}
AFTER = {"secret_key": NEW}


async def code_for(market: TestMarket) -> str:
    assert (await market.client.post("/v1/auth/phone/send-code", json={"phone": PHONE})).status_code == 202
    return (await newest_message(market))["body"].split()[0]


async def newest_message(market: TestMarket) -> dict[str, Any]:
    return (await market.client.get("/dev/outbox", headers={"Accept": "application/json"})).json()["items"][0]


async def verify(market: TestMarket, code: str, **person: Any) -> Any:
    return await market.client.post("/v1/auth/phone/verify", json={"phone": PHONE, "code": code, **person})


async def log_in(market: TestMarket, email: str) -> Any:
    return await market.client.post("/v1/auth/login", json={"email": email, "password": PASSWORD})


def forget_codes(url: str) -> None:
    """As if an hour had passed: a phone may be sent a code again."""
    with psycopg.connect(url) as owner:
        owner.execute("DELETE FROM one_time_codes")


async def test_everything_lives_on_when_the_old_key_is_gone(database_url: str, tmp_path: Path) -> None:
    consents = signup_body("")["consents"]
    async with served_market(database_url, tmp_path, **BEFORE) as market:
        ann = await market.sign_up("Ann")
        signed_in = await verify(market, await code_for(market), display_name="Bo", consents=consents)
        assert signed_in.status_code == 201
        bo: str = signed_in.json()["user"]["id"]
        refresh_token: str = signed_in.json()["refresh_token"]
        auction = await market.auction(ann, live=False)
        stream_key: str = (await ann.post(f"/v1/auctions/{auction['id']}/go-live")).json()["live_session"]["stream_key"]
    forget_codes(database_url)

    async with served_market(database_url, tmp_path, **BOTH) as market:
        # Before anything is renewed both are found by what the old key made, and cannot be had twice.
        assert (await log_in(market, "PERSON1@test.example")).json()["user"]["id"] == ann.id
        assert (await verify(market, await code_for(market))).json()["user"]["id"] == bo
        taken = await market.client.post("/v1/auth/signup", json=signup_body("person1@test.example"))
        assert taken.json()["code"] == "email_taken"
        assert (await market.client.get("/v1/users/me", headers={"Authorization": f"Bearer {ann.token}"})).is_success
        needed, _ = told_uses(market.outcry.keys, await market.outcry.reencryption.key_uses())
        assert needed
        assert await market.outcry.reencryption.run() > 0
        assert await market.outcry.reencryption.run() == 0
        # And after it by what the new key made.
        assert (await log_in(market, "person1@test.example")).json()["user"]["id"] == ann.id
        taken = await market.client.post("/v1/auth/signup", json=signup_body("person1@test.example"))
        assert taken.json()["code"] == "email_taken"
        needed, lines = told_uses(market.outcry.keys, await market.outcry.reencryption.key_uses())
        assert not needed, lines
    forget_codes(database_url)

    async with served_market(database_url, tmp_path, **AFTER) as market:
        assert (await log_in(market, "person1@test.example")).json()["user"]["email"] == "person1@test.example"
        again = await verify(market, await code_for(market))
        assert (again.json()["user"]["id"], again.json()["user"]["phone"]) == (bo, PHONE)
        assert (await market.client.post("/v1/auth/refresh", json={"refresh_token": refresh_token})).is_success
        assert PHONE in (await newest_message(market))["recipient"]
        keys = market.outcry.keys
        with psycopg.connect(database_url) as owner:
            row = owner.execute("SELECT stream_key_sealed, stream_key_hash FROM live_sessions").fetchone()
        assert row is not None
        assert keys.decrypt(row[0], context="live_sessions.stream_key") == stream_key
        assert keys.keyed_hash(stream_key, context="live_sessions.stream_key") == row[1]


async def test_codes_and_links_of_the_old_key_are_good_until_they_end(database_url: str, tmp_path: Path) -> None:
    person = {"display_name": "Bo", "consents": signup_body("")["consents"]}
    async with served_market(database_url, tmp_path, **BEFORE) as market:
        await market.sign_up("Ann")
        link = (await newest_message(market))["body"].partition("token=")[2].split()[0]
        code = await code_for(market)
    async with served_market(database_url, tmp_path, **BOTH) as market:
        reencryption = market.outcry.reencryption
        await reencryption.run()
        needed, lines = told_uses(market.outcry.keys, await reencryption.key_uses())
        assert needed
        assert "2 of one_time_codes" in lines[1]
        assert (await verify(market, "wrong", **person)).status_code == 401
        # Asked again at once, the back-off of the old key's code holds.
        assert (await market.client.post("/v1/auth/phone/send-code", json={"phone": PHONE})).status_code == 429
        assert (await verify(market, code, **person)).status_code == 201
        assert (await market.client.post("/v1/auth/email/verify", json={"token": link})).is_success
        assert not told_uses(market.outcry.keys, await reencryption.key_uses())[0]


async def test_it_goes_by_pages_and_may_end_anywhere(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE_ROWS", 4)
    async with served_market(database_url, tmp_path, **BEFORE) as market:
        await asyncio.gather(*(market.sign_up() for _ in range(10)))
    # Rows of before keys were noted are renewed too.
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE user_contacts SET key_id = NULL WHERE user_id IN (SELECT id FROM users LIMIT 5)")
    async with served_market(database_url, tmp_path, **BOTH) as market:
        first = [await market.outcry.reencryption.run(max_pages=1) for _ in range(2)]
        assert first == [4, 1]
        assert await market.outcry.reencryption.run() == 15
    async with served_market(database_url, tmp_path, **AFTER) as market:
        for number in range(1, 11):
            assert (await log_in(market, f"person{number}@test.example")).is_success


async def test_what_no_key_opens_is_left_and_told_and_found_once_its_key_is_back(
    database_url: str, tmp_path: Path
) -> None:
    async with served_market(database_url, tmp_path, secret_key=THIRD) as market:
        await market.sign_up("Ann")
    async with served_market(database_url, tmp_path, **BEFORE) as market:
        for name in ("bo", "cleo"):
            await market.client.post("/v1/auth/signup", json=signup_body(f"{name}@test.example"))
    with psycopg.connect(database_url) as owner:
        owner.execute("DELETE FROM one_time_codes")
        owner.execute("DELETE FROM outgoing_messages")
        owner.execute("UPDATE user_contacts SET key_id = NULL")
        # The last one's is damaged.
        row = owner.execute("SELECT value_sealed, user_id FROM user_contacts ORDER BY user_id DESC LIMIT 1").fetchone()
        assert row is not None
        damaged = bytes([*row[0][:-1], row[0][-1] ^ 1])
        owner.execute("UPDATE user_contacts SET value_sealed = %s WHERE user_id = %s", (damaged, row[1]))
    async with served_market(database_url, tmp_path, **BOTH) as market:
        assert await market.outcry.reencryption.run() == 1
        assert await market.outcry.reencryption.run() == 0
        _, lines = told_uses(market.outcry.keys, await market.outcry.reencryption.key_uses())
        third = KeyRing(THIRD).current_id.hex()
        assert f"1 of user_contacts of key {third}, which is not in the ring" in lines
        assert "1 of user_contacts that no key of the ring opens" in lines
    with_third = {"secret_key": NEW, "secret_key_previous": f"{OLD}, {THIRD}"}
    async with served_market(database_url, tmp_path, **with_third) as market:
        assert await market.outcry.reencryption.run() == 1
    async with served_market(database_url, tmp_path, **AFTER) as market:
        assert (await log_in(market, "person1@test.example")).is_success
        assert (await log_in(market, "bo@test.example")).is_success


def test_the_operator_is_told_which_keys_are_needed() -> None:
    ring, alone = KeyRing(NEW, OLD), KeyRing(NEW)
    new, old = ring.current_id, ring.older_ids[0]
    needed, lines = told_uses(ring, [KeyUse("a", None, 3), KeyUse("a", new, 2), KeyUse("b", old, 1)])
    assert needed
    assert lines[:3] == [
        f"newest key {new.hex()}: 2 of a", f"older  key {old.hex()}: 1 of b", "3 of a of before keys were noted",
    ]  # fmt: skip
    assert told_uses(ring, [KeyUse("a", None, 3)])[0]
    assert not told_uses(ring, [KeyUse("a", new, 2), KeyUse("b", UNREADABLE, 1)])[0]
    assert not told_uses(alone, [KeyUse("a", None, 3), KeyUse("a", old, 1)])[0]


async def test_a_contact_that_is_there_twice_stays_with_both(database_url: str, tmp_path: Path) -> None:
    """Of two processes one may not have had the new key yet when each took the same address."""
    async with served_market(database_url, tmp_path, **BEFORE) as market:
        ann, bo = await market.sign_up("Ann"), await market.sign_up("Bo")
    new = KeyRing(NEW)
    with psycopg.connect(database_url) as owner:
        owner.execute(
            "UPDATE user_contacts SET value_sealed = %s, value_hash = %s, key_id = %s WHERE user_id = %s",
            (
                new.encrypt("person1@test.example", context="user_contacts.email"),
                contact_hashes(new, "email", "person1@test.example")[0],
                new.current_id,
                bo.id,
            ),
        )
    async with served_market(database_url, tmp_path, **BOTH) as market:
        await market.outcry.reencryption.run()
        async with market.outcry.database.transaction(SYSTEM) as tx:
            for person in (ann, bo):
                view = await market.outcry.accounts.user_view(tx, UUID(person.id))
                assert view.email == "person1@test.example"
        _, lines = told_uses(market.outcry.keys, await market.outcry.reencryption.key_uses())
        assert "user_contacts" not in lines[1]


async def test_every_sealed_column_is_renewed(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path) as market:
        renewed = {(table.name, column) for table in market.outcry.reencryption.tables for column in table.columns}
    with psycopg.connect(database_url) as owner:
        rows = owner.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name LIKE '%\\_sealed'"
        ).fetchall()
    assert rows
    assert set(rows) <= renewed, f"name these to Reencryption: {set(rows) - renewed}"
