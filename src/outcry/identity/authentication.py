"""Who is behind a token, as the database says now (SPEC ID-4, ID-5).

A verified token is remembered for a few seconds, so that a bid costs a dictionary look-up; whatever ends or changes
a session tells every process to forget it at once. Tokens not remembered are looked up together: one statement reads
all that came while the one before it ran, so a crowd that arrives at once does not queue for the pool.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextvars import Context
from itertools import islice
from time import monotonic
from typing import Any
from uuid import UUID

from litestar.types import ASGIApp, Receive, Scope, Send

from outcry.identity.tokens import AccessClaims, Tokens
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
MAX_TOKENS_PER_READ = 500

_READ = """
SELECT s.id, s.user_id, u.suspended_at, ARRAY(SELECT role FROM user_roles r WHERE r.user_id = u.id) AS roles
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.id = ANY(:session_ids) AND s.revoked_at IS NULL AND u.deleted_at IS NULL
"""


class _Look:
    """A token that somebody waits to have looked up."""

    def __init__(self, token: str, claims: AccessClaims) -> None:
        self.token = token
        self.claims = claims
        # Who it stands for, or None when the session has ended.
        self.found: asyncio.Future[Principal | None] = asyncio.get_running_loop().create_future()


class Authentication:
    """A process's memory of tokens, and the way to the truth behind them."""

    def __init__(self, database: Database, tokens: Tokens, bus: Bus) -> None:
        self._database = database
        self._tokens = tokens
        self._known: OrderedDict[str, tuple[float, Principal]] = OrderedDict()
        # By token: what the next read will ask for. Never what the read under way asked: that may be too old.
        self._next: dict[str, _Look] = {}
        self._reader: asyncio.Task[None] | None = None
        # The people of the read under way of whom no change was signalled since it began.
        self._unchanged: set[UUID] = set()
        bus.on_signal(IDENTITY_CHANGED, self._forget)

    def known(self, token: str) -> Principal | None:
        """The principal of a token checked a moment ago; None means: ask `principal`."""
        found = self._known.get(token)
        if found is None or found[0] < monotonic():
            return None
        return found[1]

    async def principal(self, token: str) -> Principal:
        """Who `token` stands for, read after this was called or remembered. Raises Unauthenticated."""
        known = self.known(token)
        if known is not None:
            return known
        look = self._next.get(token)
        if look is None:
            look = self._next[token] = _Look(token, self._tokens.read_access_token(token))
            if self._reader is None or self._reader.done():
                # In a context of its own: it works for many requests, not for the first of them.
                self._reader = asyncio.create_task(self._read_all(), context=Context())
        # One who gives up takes nothing from the others who wait for the same token.
        principal = await asyncio.shield(look.found)
        if principal is None:
            raise Unauthenticated("The session has ended")
        return principal

    async def _read_all(self) -> None:
        while self._next:
            batch = list(islice(self._next.values(), MAX_TOKENS_PER_READ))
            for look in batch:
                del self._next[look.token]
            try:
                await self._read(batch)
            except Exception as failed:
                for look in batch:
                    look.found.set_exception(failed)
                    # Nobody may be waiting any more, and that is nothing to complain of.
                    look.found.exception()

    async def _read(self, batch: Sequence[_Look]) -> None:
        self._unchanged = {look.claims.user_id for look in batch}
        async with self._database.transaction(SYSTEM) as tx:
            rows = await tx.all(_READ, {"session_ids": [look.claims.session_id for look in batch]})
        people = {(row.id, row.user_id): (frozenset(row.roles), row.suspended_at is not None) for row in rows}
        for look in batch:
            claims = look.claims
            standing = people.get((claims.session_id, claims.user_id))
            principal = standing and Principal(claims.user_id, claims.session_id, standing[0], suspended=standing[1])
            # What was read may be from before a change that was signalled meanwhile: good for those who asked before
            # it, but nobody after them may be told the same.
            if principal is not None and claims.user_id in self._unchanged:
                self._remember(look, principal)
            look.found.set_result(principal)

    def _remember(self, look: _Look, principal: Principal) -> None:
        life_seconds = min(CACHED_SECONDS, look.claims.expires_at - utc_now().timestamp())
        self._known[look.token] = (monotonic() + life_seconds, principal)
        while len(self._known) > MAX_CACHED_TOKENS:
            self._known.popitem(last=False)

    def _forget(self, payload: bytes) -> None:
        user_id = UUID(bytes=payload)
        self._unchanged.discard(user_id)
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
