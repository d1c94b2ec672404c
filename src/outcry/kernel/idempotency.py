"""`Idempotency-Key` (SPEC API-3): the same key and body replays the first answer; another body is refused.

The answer is stored in the same transaction as the action, so there is never one without the other. Two requests
with one key at once meet at the key's row: the second waits for the first, then replays it. Refusals are not
remembered.
"""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.params import Parameter

from outcry.kernel.access import PRINCIPAL_KEY, Principal
from outcry.kernel.database import Transaction
from outcry.kernel.errors import IdempotencyKeyReused, InvalidInput

HEADER = "Idempotency-Key"
MAX_KEY_CHARACTERS = 255
REPLAYED_HEADER = {"Idempotency-Replayed": "true"}

# Checked by `checked_key`, so that its refusal is the same wherever the header is read.
IdempotencyHeader = Annotated[str | None, Parameter(header=HEADER, required=False)]

_CLAIM = """
INSERT INTO idempotency_keys (user_id, scope, key, request_hash) VALUES (:user_id, :scope, :key, :hash)
ON CONFLICT (user_id, scope, key) DO NOTHING
"""
_READ = """
SELECT request_hash, status, response FROM idempotency_keys
WHERE user_id = :user_id AND scope = :scope AND key = :key
"""
_REMEMBER = """
UPDATE idempotency_keys SET status = :status, response = :response
WHERE user_id = :user_id AND scope = :scope AND key = :key
"""


def checked_key(key: str | None) -> str | None:
    """`key` when it is 1 to 255 printable characters. Raises InvalidInput naming the header."""
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise InvalidInput((HEADER, "must be 1 to 255 printable ASCII characters"))
    return key


class Idempotent:
    """A request's idempotency; ask for it in a route as the dependency `idempotent`."""

    def __init__(self, user_id: UUID, scope: str, key: str | None) -> None:
        self._user_id = user_id
        self._scope = scope
        self._key = checked_key(key)

    @property
    def _names(self) -> dict[str, Any]:
        return {"user_id": self._user_id, "scope": self._scope, "key": self._key}

    async def remembered(self, tx: Transaction, body: Any) -> Response[Any] | None:
        """The first answer to this key, for what is done in more than one transaction. Raises IdempotencyKeyReused."""
        row = await tx.first(_READ, self._names) if self._key is not None else None
        if row is None:
            return None
        if bytes(row.request_hash) != sha256(msgspec.json.encode(body)).digest():
            raise IdempotencyKeyReused()
        return _response(bytes(row.response), row.status, REPLAYED_HEADER)

    async def answer(
        self, tx: Transaction, body: Any, produce: Callable[[], Awaitable[Any]], *, status: int
    ) -> Response[Any]:
        """`produce()`'s answer, or the remembered one. Raises IdempotencyKeyReused; what `produce` raises passes."""
        if self._key is None:
            return _response(msgspec.json.encode(await produce()), status)
        names = self._names
        request_hash = sha256(msgspec.json.encode(body)).digest()
        claimed = await tx.run(_CLAIM, {**names, "hash": request_hash})
        if not claimed:
            row = await tx.first(_READ, names)
            if row is None or bytes(row.request_hash) != request_hash:
                raise IdempotencyKeyReused()
            return _response(bytes(row.response), row.status, REPLAYED_HEADER)
        encoded = msgspec.json.encode(await produce())
        await tx.run(_REMEMBER, {**names, "status": status, "response": encoded})
        return _response(encoded, status)


def _response(encoded: bytes, status: int, headers: dict[str, str] | None = None) -> Response[Any]:
    return Response(encoded, status_code=status, media_type="application/json", headers=headers)


def provide_idempotent(request: Request[Any, Any, Any]) -> Idempotent:
    """Litestar dependency `idempotent`; the scope is the method and the path, ids included."""
    principal: Principal | None = request.scope["state"].get(PRINCIPAL_KEY)
    user_id = principal.user_id if principal else UUID(int=0)
    return Idempotent(user_id, f"{request.method} {request.url.path}", request.headers.get(HEADER))
