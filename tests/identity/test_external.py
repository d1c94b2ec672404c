"""Tokens of an outside issuer, against a real key set served on loopback (SPEC ID-3)."""

import base64
import hmac
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from tests.support.market import TestMarket, served_market
from tests.support.server import serving

pytestmark = pytest.mark.anyio
ISSUER, AUDIENCE = "https://issuer.example", "outcry"


class Issuer:
    """An issuer with keys that change, and its /jwks on loopback."""

    def __init__(self) -> None:
        self.rsa = RSAKey.generate_key(2048, {"kid": "rsa"})
        self.ec = ECKey.generate_key("P-256", {"kid": "ec"})
        self.okp = OKPKey.generate_key("Ed25519", {"kid": "okp"})
        self.keys: list[Any] = [self.rsa, self.ec, self.okp]

    def token(self, key: Any, algorithm: str, **changes: Any) -> str:
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": "person-1", "exp": int(time.time()) + 300,
            "email": "ada@issuer.example", "email_verified": True, "name": "Ada",
        }  # fmt: skip
        claims.update(changes)
        header = {"alg": algorithm, "kid": key.kid}
        return jwt.encode(header, claims, key, algorithms=[algorithm])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        import msgspec

        body = msgspec.json.encode(KeySet(self.keys).as_dict(private=False))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def issuer() -> AsyncIterator[tuple[Issuer, str]]:
    made = Issuer()
    async with serving(made) as url:
        yield made, url


@pytest.fixture
async def market(database_url: str, tmp_path: Path, issuer: tuple[Issuer, str]) -> AsyncIterator[TestMarket]:
    settings = {"external_issuer": ISSUER, "external_audience": AUDIENCE, "external_jwks_url": issuer[1]}
    async with served_market(database_url, tmp_path, **settings) as served:
        yield served


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def sync(market: TestMarket, token: str) -> Any:
    return await market.client.post("/v1/auth/sync", headers={"Authorization": f"Bearer {token}"})


async def test_every_algorithm_signs_the_same_person_in(market: TestMarket, issuer: tuple[Issuer, str]) -> None:
    made, _ = issuer
    pairs = ((made.rsa, "RS256"), (made.ec, "ES256"), (made.okp, "EdDSA"))
    answers = [await sync(market, made.token(key, algorithm)) for key, algorithm in pairs]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.json()["user"]["id"] for answer in answers}) == 1
    user = answers[0].json()["user"]
    assert (user["display_name"], user["email"], user["verified"]["email"]) == ("Ada", "ada@issuer.example", True)


async def test_a_rotated_key_is_fetched(market: TestMarket, issuer: tuple[Issuer, str]) -> None:
    made, _ = issuer
    assert (await sync(market, made.token(made.rsa, "RS256"))).status_code == 200
    fresh = RSAKey.generate_key(2048, {"kid": "rsa-2"})
    made.keys = [fresh]
    assert (await sync(market, made.token(fresh, "RS256"))).status_code == 200
    assert (await sync(market, made.token(made.rsa, "RS256"))).status_code == 401


async def test_what_must_be_refused(market: TestMarket, issuer: tuple[Issuer, str]) -> None:
    made, _ = issuer
    stranger = RSAKey.generate_key(2048, {"kid": "rsa"})
    head, body, _ = made.token(made.rsa, "RS256").split(".")
    nothing = encoded(b'{"alg":"none","kid":"rsa"}')
    # The public key, which everybody has, as the secret of an HMAC.
    signed = ".".join((encoded(b'{"alg":"HS256","kid":"rsa"}'), body))
    confused = f"{signed}.{encoded(hmac.digest(made.rsa.as_pem(private=False), signed.encode(), 'sha256'))}"
    bad = [
        made.token(made.rsa, "RS256", iss="https://other.example"),
        made.token(made.rsa, "RS256", aud="another"),
        made.token(made.rsa, "RS256", exp=int(time.time()) - 120),
        made.token(stranger, "RS256"),
        confused,
        f"{nothing}.{body}.",
        f"{head}.{body}.AAAA",
        "nonsense",
    ]
    for token in bad:
        answer = await sync(market, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_external_token"), token
    assert (await market.client.post("/v1/auth/sync")).status_code == 401
