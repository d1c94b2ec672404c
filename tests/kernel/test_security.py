"""Other origins: what a page of theirs may ask and read, whichever part of the app answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from outcry.app import Outcry
from outcry.kernel.security import cross_origin, header_pairs
from outcry.kernel.settings import load_settings
from tests.support.server import serving

pytestmark = pytest.mark.anyio

NAMED, STRANGER = "https://shop.example", "https://evil.example"
AUCTION = "/v1/auctions/0198c0de-0000-7000-8000-000000000000"


@asynccontextmanager
async def served(database_url: str, folder: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The app for NAMED, its cross-origin rules round everything else."""
    chosen = {"OUTCRY_DATA_DIR": str(folder), "OUTCRY_DATABASE_POOL_CONNECTIONS": "4"}
    chosen.update({f"OUTCRY_{name.upper()}": str(value) for name, value in settings.items()})
    outcry = Outcry(load_settings(chosen, folder / "none.toml"), database_url)
    rules = cross_origin(load_settings({**chosen, "OUTCRY_CORS_ORIGINS": NAMED}, folder / "none.toml"))
    async with serving(rules(outcry.asgi())) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        yield client


def _allowed(answer: httpx.Response) -> str | None:
    return answer.headers.get("access-control-allow-origin")


async def test_a_refusal_can_be_read_whoever_makes_it(database_url: str, tmp_path: Path) -> None:
    async with served(database_url, tmp_path, api_requests_per_minute=1) as client:
        from_shop = {"origin": NAMED}
        bad_token = {**from_shop, "authorization": "Bearer made-up"}
        answers = [
            await client.get("/v1/auctions", headers=from_shop),
            await client.get("/v1/auctions", headers=from_shop),
            await client.get("/v1/users/me", headers=bad_token),
            await client.post(f"{AUCTION}/bids", headers=bad_token, json={"amount": 1}),
            await client.get("/nothing", headers=from_shop),
        ]
        assert [answer.status_code for answer in answers] == [200, 429, 401, 429, 404]
        for answer in answers:
            assert _allowed(answer) == NAMED
            assert "Origin" in answer.headers["vary"]
            assert "retry-after" in answer.headers["access-control-expose-headers"]
            assert "ratelimit-reset" in answer.headers["access-control-expose-headers"]


async def test_strangers_get_no_leave_and_caches_keep_the_two_apart(database_url: str, tmp_path: Path) -> None:
    async with served(database_url, tmp_path) as client:
        for headers in ({"origin": STRANGER}, {"origin": "null"}, {"origin": f"{NAMED}.evil.example"}, {}):
            answer = await client.get("/v1/auctions", headers=headers)
            assert answer.status_code == 200
            assert _allowed(answer) is None
            assert "Origin" in answer.headers["vary"]


async def test_a_page_may_ask_first(database_url: str, tmp_path: Path) -> None:
    asking = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,idempotency-key",
    }
    # Asking costs nothing of the limit.
    async with served(database_url, tmp_path, api_requests_per_minute=1) as client:
        for path in ("/v1/listings", f"{AUCTION}/bids", "/v1/listings"):
            answer = await client.options(path, headers={"origin": NAMED, **asking})
            assert (answer.status_code, _allowed(answer)) == (204, NAMED)
            assert "POST" in answer.headers["access-control-allow-methods"]
            for name in asking["access-control-request-headers"].split(","):
                assert name in answer.headers["access-control-allow-headers"]
            assert answer.headers["x-content-type-options"] == "nosniff"
        assert _allowed(await client.options("/v1/listings", headers={"origin": STRANGER, **asking})) is None


def test_without_named_origins_nothing_stands_before_the_app(tmp_path: Path) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    settings = load_settings({"OUTCRY_DATA_DIR": str(tmp_path)}, tmp_path / "none.toml")
    assert cross_origin(settings)(app) is app


def test_the_policy_allows_nothing_inline_and_nobody_else(tmp_path: Path) -> None:
    settings = load_settings({"OUTCRY_DATA_DIR": str(tmp_path)}, tmp_path / "none.toml")
    policy = dict(header_pairs(settings))[b"content-security-policy"].decode()
    sources = {word for rule in policy.split(";") for word in rule.split()[1:]}
    # `blob:` is a picture on the person's own device.
    assert sources == {"'self'", "'none'", "blob:"}
    assert "img-src 'self' blob:;" in policy
