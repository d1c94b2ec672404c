"""Signing up, in and out (SPEC ID-1, ID-4, ID-5, ID-6, ID-7, SEC-1)."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from outcry.kernel.database import Actor
from outcry.kernel.settings import SettingsError, load_settings
from tests.support.market import PASSWORD, TestMarket, served_market, signup_body

pytestmark = pytest.mark.anyio


async def outbox(market: TestMarket) -> list[dict[str, Any]]:
    return (await market.client.get("/dev/outbox", headers={"Accept": "application/json"})).json()["items"]


async def test_a_session_is_what_the_contract_says(market: TestMarket) -> None:
    answer = await market.client.post("/v1/auth/signup", json=signup_body("Ada@Test.example", "Ada"))
    session = answer.json()
    assert answer.status_code == 201
    assert (session["token_type"], session["expires_in"]) == ("bearer", 900)
    user = session["user"]
    assert (user["display_name"], user["email"], user["phone"], user["roles"]) == ("Ada", "Ada@Test.example", None, [])
    assert user["verified"] == {"email": False, "phone": False}
    again = await market.client.post("/v1/auth/signup", json=signup_body("ada@test.EXAMPLE"))
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")
    keys = KeySet.import_key_set((await market.client.get("/.well-known/jwks.json")).json())
    assert jwt.decode(session["access_token"], keys, algorithms=["ES256"]).claims["sub"] == user["id"]


async def test_required_consents_are_asked_for_by_name(market: TestMarket) -> None:
    body = signup_body("a@test.example")
    body["consents"] = {"offer_agreement": True}
    answer = await market.client.post("/v1/auth/signup", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "consent_required")
    assert answer.json()["errors"][0]["field"] == "/consents/personal_data"


async def test_unknown_and_wrong_get_the_same_answer_for_the_same_work(market: TestMarket) -> None:
    await market.sign_up()
    passwords = market.outcry.accounts.passwords
    answers = []
    for email in ("person1@test.example", "nobody@test.example"):
        before = passwords.checks
        answers.append(await market.client.post("/v1/auth/login", json={"email": email, "password": "wrong"}))
        assert passwords.checks == before + 1
    assert answers[0].status_code == 401
    assert answers[0].json()["code"] == "bad_credentials"
    assert answers[0].content == answers[1].content
    right = {"email": "PERSON1@test.example", "password": PASSWORD}
    assert (await market.client.post("/v1/auth/login", json=right)).status_code == 200


async def test_refresh_rotates_and_reuse_ends_the_session(market: TestMarket, database_url: str) -> None:
    person = await market.sign_up()
    first = person.session["refresh_token"]

    async def refresh(token: str) -> Any:
        return await market.client.post("/v1/auth/refresh", json={"refresh_token": token})

    # Two tabs at the same moment both go on.
    both = await asyncio.gather(refresh(first), refresh(first))
    assert {answer.status_code for answer in both} == {200}
    second = both[0].json()
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE refresh_tokens SET used_at = used_at - interval '1 minute' WHERE used_at IS NOT NULL"
        )
    stolen = await refresh(first)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "bad_refresh_token")
    assert (await refresh(second["refresh_token"])).status_code == 401
    headers = {"Authorization": f"Bearer {second['access_token']}"}
    assert (await market.client.get("/v1/users/me", headers=headers)).status_code == 401
    assert (await refresh("nobody's")).status_code == 401


async def test_log_out_and_revoking_end_access_tokens_at_once(market: TestMarket) -> None:
    person = await market.sign_up()
    other = (
        await market.client.post("/v1/auth/login", json={"email": "person1@test.example", "password": PASSWORD})
    ).json()
    sessions = (await person.get("/v1/users/me/sessions")).json()["items"]
    assert [one["current"] for one in sessions] == [False, True]
    assert (await person.call("DELETE", f"/v1/users/me/sessions/{sessions[0]['id']}")).status_code == 204
    headers = {"Authorization": f"Bearer {other['access_token']}"}
    assert (await market.client.get("/v1/users/me", headers=headers)).status_code == 401
    assert (await person.get("/v1/users/me")).status_code == 200
    token = {"refresh_token": person.session["refresh_token"]}
    assert (await market.client.request("DELETE", "/v1/auth/logout", json=token)).status_code == 204
    assert (await person.get("/v1/users/me")).status_code == 401


async def test_links_verify_the_address_and_reset_the_password(market: TestMarket) -> None:
    person = await market.sign_up()
    token = (await outbox(market))[0]["body"].partition("token=")[2].split()[0]
    assert (await market.client.post("/v1/auth/email/verify", json={"token": token})).status_code == 204
    assert (await market.client.post("/v1/auth/email/verify", json={"token": token})).status_code == 401
    assert (await person.get("/v1/users/me")).json()["verified"]["email"] is True
    sent = len(await outbox(market))
    for email in ("person1@test.example", "nobody@test.example"):
        assert (await market.client.post("/v1/auth/password/forgot", json={"email": email})).status_code == 202
    messages = await outbox(market)
    assert len(messages) == sent + 1
    token = messages[0]["body"].partition("token=")[2].split()[0]
    body = {"token": token, "password": "another password"}
    assert (await market.client.post("/v1/auth/password/reset", json=body)).status_code == 204
    assert (await person.get("/v1/users/me")).status_code == 401
    login = {"email": "person1@test.example", "password": "another password"}
    assert (await market.client.post("/v1/auth/login", json=login)).status_code == 200


async def test_phone_codes(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, market="kg") as market:
        send = "/v1/auth/phone/send-code"
        wrong = await market.client.post(send, json={"phone": "+15551234567"})
        assert wrong.json()["errors"] == [{"field": "/phone", "message": "must begin with +996"}]
        assert (await market.client.post(send, json={"phone": "+99655512345"})).status_code == 422
        assert (await market.client.post(send, json={"phone": "+996 555 123 456"})).status_code == 202
        early = await market.client.post(send, json={"phone": "+996555123456"})
        assert (early.status_code, early.json()["code"]) == (429, "rate_limited")
        assert int(early.headers["Retry-After"]) > 0
        message = (await outbox(market))[0]
        assert (message["channel"], message["recipient"]) == ("sms", "+996555123456")
        code = message["body"].split()[0]
        assert len(code) == 6
        body = {"phone": "+996555123456", "code": code}
        new = await market.client.post("/v1/auth/phone/verify", json=body)
        assert new.json()["code"] == "consent_required"
        person = {"display_name": "Aida", "consents": {"offer_agreement": True, "personal_data": True}}
        bad = await market.client.post("/v1/auth/phone/verify", json={**body, **person, "code": "000000x"})
        assert (bad.status_code, bad.json()["code"]) == (401, "bad_code")
        made = await market.client.post("/v1/auth/phone/verify", json={**body, **person})
        assert made.status_code == 201
        assert made.json()["user"]["verified"] == {"email": False, "phone": True}
        spent = await market.client.post("/v1/auth/phone/verify", json=body)
        assert spent.status_code == 401


async def test_a_code_takes_five_tries(market: TestMarket) -> None:
    phone = {"phone": "+14155550123"}
    assert (await market.client.post("/v1/auth/phone/send-code", json=phone)).status_code == 202
    code = (await outbox(market))[0]["body"].split()[0]
    person = {"display_name": "Bo", "consents": {"offer_agreement": True, "personal_data": True}}
    for _ in range(5):
        answer = await market.client.post("/v1/auth/phone/verify", json={**phone, **person, "code": "wrong"})
        assert answer.status_code == 401
    late = await market.client.post("/v1/auth/phone/verify", json={**phone, **person, "code": code})
    assert late.status_code == 401


async def test_who_has_no_code_does_not_learn_who_has_an_account(market: TestMarket) -> None:
    verify = "/v1/auth/phone/verify"
    known, unknown = {"phone": "+14155550123"}, {"phone": "+14155550124"}
    person = {"display_name": "Bo", "consents": {"offer_agreement": True, "personal_data": True}}
    assert (
        await market.client.post(verify, json={**known, **person, "code": await code_for(market, known)})
    ).is_success
    for asked in (False, True):
        answers = []
        for phone in (known, unknown):
            if asked and phone is unknown:
                await code_for(market, phone)
            for body in ({}, {"display_name": "Bo"}, person):
                answers.append(await market.client.post(verify, json={**phone, **body, "code": "wrong"}))
        assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
        assert answers[0].json()["code"] == "bad_code"


async def test_a_new_persons_code_waits_for_the_consents_and_wrong_tries_still_end_it(market: TestMarket) -> None:
    verify, phone = "/v1/auth/phone/verify", {"phone": "+14155550123"}
    person = {"display_name": "Bo", "consents": {"offer_agreement": True, "personal_data": True}}
    right = {**phone, "code": await code_for(market, phone)}
    for _ in range(2):
        for _ in range(2):
            assert (await market.client.post(verify, json={**right, "code": "wrong"})).status_code == 401
        assert (await market.client.post(verify, json=right)).json()["code"] == "consent_required"
        nameless = await market.client.post(verify, json={**right, "consents": person["consents"]})
        assert nameless.json()["errors"][0]["field"] == "/display_name"
    # Of the same code twice at once, one makes the person and the other comes too late.
    answers = await asyncio.gather(*(market.client.post(verify, json={**right, **person}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 401]
    other = {"phone": "+14155550124"}
    right = {**other, "code": await code_for(market, other)}
    assert (await market.client.post(verify, json=right)).json()["code"] == "consent_required"
    for _ in range(5):
        assert (await market.client.post(verify, json={**right, "code": "wrong"})).status_code == 401
    assert (await market.client.post(verify, json={**right, **person})).status_code == 401


async def test_a_code_kept_for_the_consents_expires_as_any(market: TestMarket, database_url: str) -> None:
    verify, phone = "/v1/auth/phone/verify", {"phone": "+14155550123"}
    body = {**phone, "code": await code_for(market, phone)}
    assert (await market.client.post(verify, json=body)).json()["code"] == "consent_required"
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE one_time_codes SET expires_at = now()")
    person = {"display_name": "Bo", "consents": {"offer_agreement": True, "personal_data": True}}
    assert (await market.client.post(verify, json={**body, **person})).json()["code"] == "bad_code"


async def code_for(market: TestMarket, phone: dict[str, str]) -> str:
    assert (await market.client.post("/v1/auth/phone/send-code", json=phone)).status_code == 202
    return (await outbox(market))[0]["body"].split()[0]


async def test_profile_export_and_deletion(market: TestMarket, database_url: str) -> None:
    person, other = await market.sign_up("Ada"), await market.sign_up("Bo")
    patched = await person.call("PATCH", "/v1/users/me", {"display_name": "Ada L.", "time_zone": "Asia/Bishkek"})
    assert (patched.json()["display_name"], patched.json()["time_zone"]) == ("Ada L.", "Asia/Bishkek")
    bad = await person.call("PATCH", "/v1/users/me", {"time_zone": "Mars/Olympus"})
    assert bad.json()["errors"][0]["field"] == "/time_zone"
    public = (await other.get(f"/v1/users/{person.id}")).json()
    assert (public["display_name"], "email" in public) == ("Ada L.", False)
    await person.call("PUT", f"/v1/users/{other.id}/block")
    export = (await person.get("/v1/users/me/export")).json()
    assert export["user"]["email"] == "person1@test.example"
    assert [one["user_id"] for one in export["blocked"]] == [other.id]
    async with market.outcry.database.transaction(Actor.user(UUID(other.id))) as tx:
        assert await tx.scalar("SELECT count(*) FROM user_contacts WHERE user_id <> :me", {"me": other.id}) == 0
    with psycopg.connect(database_url) as connection:
        stored = connection.execute("SELECT value_sealed, value_hash FROM user_contacts").fetchall()
        assert not any(b"test.example" in bytes(value) for row in stored for value in row)
    assert (await person.call("DELETE", "/v1/users/me")).status_code == 204
    assert (await person.get("/v1/users/me")).status_code == 401
    assert (await other.get(f"/v1/users/{person.id}")).status_code == 404
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM user_contacts").fetchone() == (1,)
        row = connection.execute("SELECT display_name FROM users WHERE id = %s", (person.id,)).fetchone()
    assert row == ("Former member",)


async def test_roles_work_at_once_also_for_tokens_already_out(market: TestMarket) -> None:
    person = await market.sign_up()
    assert (await person.get("/v1/users/me")).json()["roles"] == []
    await market.client.post("/v1/dev/role", json={"user_id": person.id, "role": "moderator"})
    principal = await market.outcry.authentication.principal(person.token)
    assert principal.roles == {"moderator"}
    await market.client.post("/v1/dev/role", json={"user_id": person.id, "role": "user"})
    assert (await market.outcry.authentication.principal(person.token)).roles == frozenset()


async def test_a_new_version_of_a_consent_asks_again(market: TestMarket) -> None:
    person = await market.sign_up()
    assert (await person.get("/v1/users/me")).json()["consents_due"] == []
    market.outcry.market.consent_versions["personal_data"] = "2"
    try:
        assert (await person.get("/v1/users/me")).json()["consents_due"] == ["personal_data"]
        given = await person.call("PUT", "/v1/users/me/consents", {"offer_agreement": True, "personal_data": True})
        assert [one["due"] for one in given.json()["items"]] == [False, False, False]
    finally:
        market.outcry.market.consent_versions["personal_data"] = "1"


async def test_production_has_no_development_routes(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        load_settings({"OUTCRY_ENV": "production"}, tmp_path / "none")
    settings = {"env": "production", "secret_key": "s" * 40, "rate_limits": "on"}
    async with served_market(database_url, tmp_path, **settings) as market:
        assert (await market.client.get("/dev/outbox")).status_code == 404
        body = {"user_id": "0198c0de-0000-7000-8000-000000000000", "role": "admin"}
        assert (await market.client.post("/v1/dev/role", json=body)).status_code in (404, 405)


async def test_keys_rotate_without_logging_anyone_out(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, secret_key="first" * 8) as market:
        person = await market.sign_up()
    async with served_market(
        database_url, tmp_path, secret_key="second" * 8, secret_key_previous="first" * 8
    ) as market:
        answer = await market.client.get("/v1/users/me", headers={"Authorization": f"Bearer {person.token}"})
        assert (answer.status_code, answer.json()["email"]) == (200, "person1@test.example")
        assert len((await market.client.get("/.well-known/jwks.json")).json()["keys"]) == 2
