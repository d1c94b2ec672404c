"""The edge: every refusal is a problem document, every answer carries its headers (SPEC API-1, API-2, SEC-2, OPS-3)."""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from outcry.app import Outcry
from outcry.kernel.errors import Conflict, InvalidInput, OutcryError
from outcry.kernel.http import as_outcry_error, is_unhappy
from outcry.kernel.settings import load_settings
from tests.support.market import Person, TestMarket, listing_body, served_market, signup_body
from tests.support.postgres import in_database
from tests.support.server import serving

pytestmark = pytest.mark.anyio


@pytest.fixture
async def market(database_url: str, tmp_path: Path) -> AsyncIterator[TestMarket]:
    async with served_market(database_url, tmp_path) as market:
        yield market


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """The problem document, checked for what every one of them has."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"/problems/{problem['code']}"
    assert re.fullmatch(r"[a-z][a-z_]*", problem["code"])
    assert problem["title"]
    assert problem["detail"]
    return problem


@contextmanager
def away(database_url: str) -> Iterator[None]:
    """The database lets nobody in, and those who are in are out, until the end of the block."""
    name = make_url(database_url).database or ""
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(in_database(database_url, "postgres"), autocommit=True) as owner:
        owner.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        try:
            yield
        finally:
            owner.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


async def test_text_that_postgresql_cannot_hold_is_refused_by_name(market: TestMarket) -> None:
    ann = await market.sign_up()
    asked = problem_of(await market.client.get("/v1/listings?q=a%00b&category=x"))
    assert asked["errors"] == [{"field": "q", "message": "must not contain the character NUL"}]
    sent = problem_of(await ann.post("/v1/listings", listing_body(description="a\0b" * 10)))
    assert (sent["status"], sent["code"]) == (422, "invalid_input")


async def test_every_kind_of_wrong_request_is_a_problem_document(market: TestMarket) -> None:
    client, ann = market.client, await market.sign_up()
    json_type = {"content-type": "application/json"}
    unknown = "01890000-0000-7000-8000-000000000000"
    wrong = [
        (await client.get("/v1/nothing"), 404, "not_found"),
        (await client.get("/nothing"), 404, "not_found"),
        (await client.get(f"/v1/auctions/{unknown}"), 404, "not_found"),
        (await client.get("/v1/auctions/not-an-id"), 404, "not_found"),
        (await client.put("/v1/auctions"), 405, "method_not_allowed"),
        (await client.get("/v1/users/me"), 401, "unauthenticated"),
        (await client.get("/v1/users/me", headers={"authorization": "Bearer nonsense"}), 401, "unauthenticated"),
        (await client.post("/v1/auth/login", content=b"{", headers=json_type), 400, "malformed_request"),
        (await client.post("/v1/auth/login", content=b"", headers=json_type), 422, "invalid_input"),
        (await client.post("/v1/auth/login", content=b"\xff\xfe", headers=json_type), 400, "malformed_request"),
        (await client.post("/v1/auth/login", json=[1]), 422, "invalid_input"),
        (await client.get("/v1/auctions?limit=101"), 422, "invalid_input"),
        (await client.get("/v1/auctions?limit=many"), 422, "invalid_input"),
        (await client.get("/v1/auctions?cursor=nonsense"), 422, "invalid_input"),
        (await ann.post("/v1/listings", listing_body(title="x" * 2_000_000)), 413, "payload_too_large"),
    ]
    for answer, status, code in wrong:
        assert (answer.status_code, problem_of(answer)["code"]) == (status, code), answer.request.url
        assert answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert wrong[5][0].headers["www-authenticate"] == "Bearer"


async def test_an_unknown_or_missing_or_wrong_field_is_named(market: TestMarket) -> None:
    body = signup_body("ann@test.example")
    for changed, field in (
        ({**body, "role": "admin"}, "/role"),
        ({name: value for name, value in body.items() if name != "password"}, "/password"),
        ({**body, "display_name": 7}, "/display_name"),
        ({**body, "consents": {**body["consents"], "marketing": "yes"}}, "/consents/marketing"),
    ):
        problem = problem_of(await market.client.post("/v1/auth/signup", json=changed))
        assert problem["code"] == "invalid_input"
        assert [error["field"] for error in problem["errors"]] == [field], problem
        assert problem["errors"][0]["message"]


def test_domain_refusals_keep_their_members_and_strangers_become_an_internal_error() -> None:
    class Sold(Conflict):
        code = "sold"
        title = "It is sold"

    problem = Sold("To Ann", final_price=15_000).problem()
    assert problem == {
        "type": "/problems/sold", "title": "It is sold", "status": 409, "detail": "To Ann", "code": "sold",
        "final_price": 15_000,
    }  # fmt: skip
    internal = as_outcry_error(RuntimeError("password=hunter2"))
    assert (internal.status, internal.code) == (500, "internal_error")
    assert "hunter2" not in str(internal.problem())
    assert as_outcry_error(InvalidInput(("/a", "no"))).status == 422
    assert isinstance(internal, OutcryError)


async def test_a_database_that_is_away_leaves_one_line_a_call_and_no_trace(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = load_settings({}, tmp_path / "none.toml", data_dir=str(tmp_path), rate_limits="off")
    calls = ["/v1/orders", "/v1/listings?q=camera", f"/v1/auctions/{UUID(int=7)}"]
    async with (
        serving(Outcry(settings, database_url, clock=False).asgi()) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as client,
    ):
        person = Person(client, (await client.post("/v1/auth/signup", json=signup_body("ann@test.example"))).json())
        with caplog.at_level(logging.WARNING, logger="outcry.http"), away(database_url):
            answers = [await person.get(call) for call in calls]
    for answer in answers:
        problem = problem_of(answer)
        assert (answer.status_code, problem["code"], answer.headers["retry-after"]) == (503, "busy", "1")
    lines = [record for record in caplog.records if record.name == "outcry.http"]
    assert [record.levelname for record in lines] == ["WARNING"] * len(calls)
    for call, record in zip(calls, lines, strict=True):
        said = record.getMessage()
        assert f"{call.partition('?')[0]} was answered busy: " in said
        assert record.exc_info is None
        assert not any(word in said for word in ("\n", "SELECT", "parameters", person.id, "camera")), said


@pytest.mark.parametrize("unhappy", [psycopg.errors.DeadlockDetected(), psycopg.errors.QueryCanceled()])
def test_what_the_database_refuses_is_no_lost_database(unhappy: psycopg.Error) -> None:
    assert is_unhappy(unhappy)
    assert not is_unhappy(psycopg.errors.CannotConnectNow())


async def test_every_answer_carries_the_security_headers(market: TestMarket) -> None:
    for path in ("/", "/docs", "/v1/auctions", "/health/live", "/nothing", "/openapi.json"):
        headers = (await market.client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self';" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        # Only behind TLS, in production.
        assert "strict-transport-security" not in headers


async def test_a_request_id_is_kept_when_it_is_sane_and_made_otherwise(market: TestMarket) -> None:
    async def told(given: str | None) -> str:
        headers = {} if given is None else {"X-Request-Id": given}
        return (await market.client.get("/health/live", headers=headers)).headers["x-request-id"]

    assert await told("trace-0123456789") == "trace-0123456789"
    made = {await told(given) for given in (None, "short", "x" * 65, 'quo"te-in-id', "two words here")}
    assert len(made) == 5
    assert all(re.fullmatch(r"[0-9a-f-]{36}", identity) for identity in made)


async def test_the_reference_asks_nobody_else_for_anything(market: TestMarket) -> None:
    page = await market.client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    sources = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page.text)
    assert [source for source in sources if "//" in source] == []
    for source in {source for source in sources if re.search(r"\.(js|css|svg)$", source)}:
        assert (await market.client.get(source)).status_code == 200
    assert "<script>" not in page.text
    assert not re.search(r"\son\w+=", page.text)
    document = (await market.client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    for path in document["paths"]:
        assert path in page.text


async def test_health_says_which_part_is_missing(market: TestMarket) -> None:
    assert (await market.client.get("/health/live")).json() == {"status": "ok"}
    assert (await market.client.get("/health/ready")).json() == {"status": "ready"}

    async def away() -> bool:
        return False

    market.outcry.readiness.checks["redis"] = away
    answer = await market.client.get("/health/ready")
    problem = problem_of(answer)
    assert (answer.status_code, problem["code"], problem["part"]) == (503, "not_ready", "redis")
    assert (await market.client.get("/health/live")).status_code == 200


async def test_metrics_count_by_route_and_not_by_id(market: TestMarket) -> None:
    seller = await market.sign_up()
    auction = await market.auction(seller)
    bidder = await market.sign_up()
    await bidder.bid(auction["id"], 1_000)
    await market.read(auction["id"])
    await market.client.get("/v1/nothing/at/all")
    answer = await market.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    assert auction["id"] not in answer.text
    assert any(
        line.startswith("outcry_requests_total{")
        and 'route="/v1/auctions/{auction_id' in line
        and line.endswith(" 1.0")
        for line in lines
    )
    assert any('status="404"' in line and "nothing" not in line for line in lines)
    assert "outcry_desk_decided_bids_total 1.0" in lines
    assert "# TYPE outcry_desk_decided_bids_total counter" in lines


async def test_big_answers_are_compressed_and_small_ones_are_not(market: TestMarket) -> None:
    big = await market.client.get("/openapi.json", headers={"accept-encoding": "gzip"})
    assert big.headers["content-encoding"] == "gzip"
    small = await market.client.get("/health/live", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in small.headers


async def test_other_sites_may_call_only_when_they_are_named(database_url: str, tmp_path: Path) -> None:
    named, stranger = "https://shop.example", "https://evil.example"
    async with served_market(database_url, tmp_path, cors_origins=named) as market:
        for origin, allowed in ((named, named), (stranger, None)):
            answer = await market.client.get("/v1/auctions", headers={"origin": origin})
            assert answer.headers.get("access-control-allow-origin") == allowed
        preflight = await market.client.options(
            "/v1/auctions",
            headers={
                "origin": named,
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,content-type,idempotency-key",
            },
        )
        assert preflight.status_code in (200, 204)
        assert preflight.headers["access-control-allow-origin"] == named
        assert "idempotency-key" in preflight.headers["access-control-allow-headers"].lower()
