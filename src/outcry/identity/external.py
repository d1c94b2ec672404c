"""Outside issuers (SPEC ID-3): their tokens verified against their keys, their people kept in step with ours."""

import asyncio
from time import monotonic
from typing import Any

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from outcry.identity import queries
from outcry.identity.accounts import Accounts
from outcry.identity.errors import BadExternalToken, ExternalSignInOff, IssuerUnreachable
from outcry.identity.schemas import Consents, SessionTokens
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM
from outcry.kernel.settings import Settings
from outcry.kernel.times import unix_seconds

# Which algorithms go with which key type: a public RSA key must never verify an HMAC.
_ALGORITHMS = {"RSA": ("RS256",), "EC": ("ES256",), "OKP": ("EdDSA", "Ed25519")}
KEYS_LIVE_SECONDS = 600
# An unknown kid makes us look for new keys, but not more often than this.
REFETCH_SECONDS = 10
FETCH_TIMEOUT_SECONDS = 5
MAX_TOKEN_CHARACTERS = 8_192
LEEWAY_SECONDS = 30
MAX_NAME_CHARACTERS = 60


class ExternalIdentity:
    """Verifies one outside issuer's tokens and signs their people in."""

    def __init__(self, accounts: Accounts, settings: Settings, keys: KeyRing) -> None:
        self._accounts = accounts
        self._settings = settings
        self._keys = keys
        self._key_set: KeySet | None = None
        self._fetched_at = 0.0
        self._fetching = asyncio.Lock()

    async def sync(self, token: str | None, origin: str) -> SessionTokens:
        """A session for the token's person, made or updated (idempotent).

        Raises ExternalSignInOff, BadExternalToken, IssuerUnreachable.
        """
        settings = self._settings
        if not settings.external_issuer or not (settings.external_jwks_url or settings.external_hs256_secret):
            raise ExternalSignInOff()
        if token is None or len(token) > MAX_TOKEN_CHARACTERS:
            raise BadExternalToken()
        claims = await self._claims(token)
        return await self._session_of(claims, origin)

    async def _claims(self, token: str) -> dict[str, Any]:
        settings = self._settings
        try:
            header = jws.extract_compact(token.encode()).headers()
            algorithm, kid = str(header.get("alg")), header.get("kid")
            if settings.external_hs256_secret and not settings.external_jwks_url:
                if algorithm != "HS256":
                    raise BadExternalToken()
                key: Any = OctKey.import_key(settings.external_hs256_secret)
            else:
                key = await self._key_for(kid, algorithm)
            claims = jwt.decode(token, key, algorithms=[algorithm]).claims
            rules: dict[str, Any] = {
                "iss": {"essential": True, "value": settings.external_issuer},
                "sub": {"essential": True},
                "exp": {"essential": True},
            }
            if settings.external_audience:
                rules["aud"] = {"essential": True, "value": settings.external_audience}
            jwt.JWTClaimsRegistry(now=unix_seconds, leeway=LEEWAY_SECONDS, **rules).validate(claims)
        except (JoseError, ValueError, TypeError, KeyError, UnicodeError):
            raise BadExternalToken() from None
        return claims

    async def _key_for(self, kid: Any, algorithm: str) -> Any:
        """The issuer's key of that kid, if it is of a type that goes with the algorithm."""
        for attempt in range(2):
            key_set = await self._keys_of_issuer(refetch=attempt > 0)
            fitting = [key for key in key_set.keys if algorithm in _ALGORITHMS.get(key.key_type, ())]
            chosen = [key for key in fitting if key.kid == kid] if kid is not None else fitting[:1]
            if chosen:
                return chosen[0]
        raise BadExternalToken("The token is signed with a key or algorithm that is not the issuer's")

    async def _keys_of_issuer(self, *, refetch: bool) -> KeySet:
        async with self._fetching:
            age_seconds = monotonic() - self._fetched_at
            fresh = age_seconds < (REFETCH_SECONDS if refetch else KEYS_LIVE_SECONDS)
            # The first unknown kid after a good fetch may look again at once; later ones wait their turn.
            if self._key_set is not None and fresh and not (refetch and self._may_refetch):
                return self._key_set
            try:
                async with httpx.AsyncClient(timeout=FETCH_TIMEOUT_SECONDS) as client:
                    answer = await client.get(self._settings.external_jwks_url)
                answer.raise_for_status()
                self._key_set = KeySet.import_key_set(answer.json())
            except (httpx.HTTPError, ValueError, KeyError, JoseError):
                if self._key_set is None:
                    raise IssuerUnreachable() from None
            self._may_refetch = not refetch
            self._fetched_at = monotonic()
            return self._key_set

    _may_refetch = True

    async def _session_of(self, claims: dict[str, Any], origin: str) -> SessionTokens:
        accounts, issuer, subject = self._accounts, str(claims["iss"]), str(claims["sub"])
        email = claims.get("email") if isinstance(claims.get("email"), str) else None
        verified = bool(claims.get("email_verified"))
        name = _name_in(claims, email)
        async with accounts.database.transaction(SYSTEM) as tx:
            await tx.run("SELECT pg_advisory_xact_lock(hashtextextended(:who, 0))", {"who": f"{issuer}\n{subject}"})
            user_id = await tx.scalar(
                "SELECT user_id FROM external_identities WHERE issuer = :issuer AND subject = :subject",
                {"issuer": issuer, "subject": subject},
            )
            if user_id is None and email and verified:
                # The issuer vouches for the address, and so did a link of ours: the same person.
                known = await queries.user_of_contact(tx, self._keys, "email", email)
                user_id = known.user_id if known and known.verified_at else None
            if user_id is None:
                user_id = await accounts.create_person(tx, name, Consents(), origin)
            await tx.run(
                "INSERT INTO external_identities (issuer, subject, user_id) VALUES (:issuer, :subject, :user_id)"
                " ON CONFLICT DO NOTHING",
                {"issuer": issuer, "subject": subject, "user_id": user_id},
            )
            if email:
                await queries.add_contact(tx, self._keys, user_id, "email", email, verified=verified)
            return await accounts.open_session(tx, user_id, origin)


def _name_in(claims: dict[str, Any], email: str | None) -> str:
    metadata = claims.get("user_metadata")
    offered = [claims.get("name"), metadata.get("full_name") if isinstance(metadata, dict) else None]
    offered.append(email.partition("@")[0] if email else None)
    for name in offered:
        if isinstance(name, str) and name.strip() and name.isprintable():
            return name.strip()[:MAX_NAME_CHARACTERS]
    return "New member"
