"""Our own tokens (SPEC ID-4): ES256-signed access JWTs, opaque refresh tokens, and the published key set."""

import secrets
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from outcry.kernel.crypto import KeyRing
from outcry.kernel.errors import Unauthenticated
from outcry.kernel.times import unix_seconds

ALGORITHM = "ES256"
# The order of the curve P-256; a private key is a number below it.
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
REFRESH_TOKEN_BYTES = 32
# More than the curve's 32 bytes, so that reducing to its order leaves no bias.
_SEED_BYTES = 48
MAX_TOKEN_CHARACTERS = 4_096
# Clocks of our own processes may differ by this much.
LEEWAY_SECONDS = 5


class AccessClaims(msgspec.Struct, frozen=True):
    """What an access token says: whose, of which session, until when (Unix seconds)."""

    user_id: UUID
    session_id: UUID
    expires_at: int


class Tokens:
    """Signs with the newest key, accepts all keys of the ring: rotation logs nobody out."""

    def __init__(self, keys: KeyRing, *, issuer: str, access_seconds: int) -> None:
        self._issuer = issuer
        self.access_seconds = access_seconds
        self._keys = [_signing_key(seed) for seed in keys.derive_all("access-token-p256", _SEED_BYTES)]
        self._key_set = KeySet(list(self._keys))
        self._registry = jwt.JWTClaimsRegistry(
            now=unix_seconds,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            sub={"essential": True},
            sid={"essential": True},
            exp={"essential": True},
        )

    def access_token(self, user_id: UUID, session_id: UUID) -> str:
        """A JWT that lives `access_seconds`."""
        now = unix_seconds()
        claims = {
            "iss": self._issuer,
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": now,
            "exp": now + self.access_seconds,
        }
        key = self._keys[0]
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT", "kid": key.kid}, claims, key, algorithms=[ALGORITHM])

    def read_access_token(self, token: str) -> AccessClaims:
        """The claims of a token of ours that is still good. Raises Unauthenticated."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated("The access token is not valid")
        try:
            claims = jwt.decode(token, self._key_set, algorithms=[ALGORITHM]).claims
            self._registry.validate(claims)
            return AccessClaims(UUID(claims["sub"]), UUID(claims["sid"]), int(claims["exp"]))
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise Unauthenticated("The access token is not valid or has expired") from None

    def key_set(self) -> dict[str, Any]:
        """The public JWKS."""
        return {"keys": [{**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in self._keys]}


def _signing_key(seed: bytes) -> ECKey:
    private = ec.derive_private_key(int.from_bytes(seed, "big") % (_P256_ORDER - 1) + 1, ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    identity = sha256(private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)).hexdigest()[:16]
    return ECKey.import_key(pem, {"kid": identity})


def new_refresh_token() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(REFRESH_TOKEN_BYTES)


def refresh_token_hash(token: str) -> bytes:
    """What is stored of it; the token itself has full entropy, so a plain hash is enough."""
    return sha256(token.encode()).digest()
