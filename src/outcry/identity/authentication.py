"""Who is behind a token, as the database says now (SPEC ID-4, ID-5).

A verified token is remembered for a few seconds, so that a bid costs a dictionary look-up; whatever ends or changes
a session tells every process to forget it at once.
"""

from collections import OrderedDict
from time import monotonic
from typing import Any
from uuid import UUID

from litestar.types import ASGIApp, Receive, Scope, Send

from outcry.identity.tokens import Tokens
from outcry.kernel.access import PRINCIPAL_KEY, Principal
from outcry.kernel.bus import Bus
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.errors import Unauthenticated
from outcry.kernel.http import send_problem
from outcry.kernel.logs import acting_user_id
from outcry.kernel.times import utc_now

IDENTITY_CHANGED = "identity_changed"
# What ends or changes a session is signalled to every process; this bounds what a lost signal could cost.
CACHED_SECONDS = 30.0
MAX_CACHED_TOKENS = 50_000

_READ = """
SELECT s.revoked_at, u.suspended_at, u.deleted_at,
    ARRAY(SELECT role FROM user_roles r WHERE r.user_id = u.id) AS roles
FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = :session_id AND u.id = :user_id
"""


class Authentication:
    """A process's memory of tokens, and the way to the truth behind them."""

    def __init__(self, database: Database, tokens: Tokens, bus: Bus) -> None:
        self._database = database
        self._tokens = tokens
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()
        bus.on_signal(IDENTITY_CHANGED, self._forget)

    def known(self, token: str) -> Principal | None:
        """The principal of a token checked a moment ago; None means: ask `principal`."""
        found = self._known.get(token)
        if found is None or found[0] < monotonic():
            return None
        return found[1]

    async def principal(self, token: str) -> Principal:
        """Who `token` stands for. Raises Unauthenticated."""
        known = self.known(token)
        if known is not None:
            return known
        claims = self._tokens.read_access_token(token)
        async with self._database.transaction(SYSTEM) as tx:
            row = await tx.first(_READ, {"session_id": claims.session_id, "user_id": claims.user_id})
        if row is None or row.revoked_at is not None or row.deleted_at is not None:
            raise Unauthenticated("The session has ended")
        principal = Principal(
            claims.user_id, claims.session_id, frozenset(row.roles), suspended=row.suspended_at is not None
        )
        life_seconds = min(CACHED_SECONDS, claims.expires_at - utc_now().timestamp())
        self._known[token] = (monotonic() + life_seconds, principal)
        while len(self._known) > MAX_CACHED_TOKENS:
            self._known.popitem(last=False)
        return principal

    def _forget(self, payload: bytes) -> None:
        user_id = UUID(bytes=payload)
        for token in [token for token, (_, known) in self._known.items() if known.user_id == user_id]:
            del self._known[token]

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Puts the principal into the scope's state; a token that is not good is refused on any route."""

        async def authenticated(scope: Scope, receive: Receive, send: Send) -> None:
            token = bearer_token(scope)
            if token is not None:
                try:
                    principal = self.known(token) or await self.principal(token)
                except Unauthenticated as refusal:
                    # auth/sync carries the outside issuer's token, which is not ours to know.
                    if scope["path"] != "/v1/auth/sync":
                        await send_problem(refusal, send)
                        return
                else:
                    scope["state"][PRINCIPAL_KEY] = principal
                    acting_user_id.set(principal.user_id)
            await app(scope, receive, send)

        return authenticated


def bearer_token(scope: Any) -> str | None:
    """The bearer token of an HTTP request, if it carries one."""
    if scope["type"] != "http":
        return None
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.partition(b" ")
            return token.strip().decode("latin-1") if scheme.lower() == b"bearer" and token else None
    return None
