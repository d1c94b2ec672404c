"""Who may call what: one guard, default deny (SPEC ID-5).

Every route names its access in `opt={"access": Access...}` (use the constants below, `**SIGNED_IN`). A route that
names none can be called by nobody, and the app refuses to start with one.
"""

from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from outcry.kernel.database import PUBLIC as PUBLIC_ACTOR
from outcry.kernel.database import Actor
from outcry.kernel.errors import Forbidden, OutcryError, Unauthenticated

STAFF_ROLES = frozenset({"moderator", "support", "admin"})
PRINCIPAL_KEY = "principal"


class Access(StrEnum):
    """What a route asks of its caller."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    STAFF = "staff"
    MODERATOR = "moderator"
    SUPPORT = "support"
    ADMIN = "admin"


class AccountSuspended(Forbidden):
    """A suspended person may read, but not act."""

    code = "account_suspended"
    title = "Your account is suspended"


class Principal(msgspec.Struct, frozen=True):
    """The signed-in person behind a request, as the database says now, not as the token said when made."""

    user_id: UUID
    session_id: UUID
    roles: frozenset[str] = frozenset()
    suspended: bool = False

    @property
    def is_staff(self) -> bool:
        """True for moderator, support and admin."""
        return bool(self.roles & STAFF_ROLES)

    @property
    def actor(self) -> Actor:
        """For `Database.transaction`: acts as the person, with a staff member's sight if it is one."""
        return Actor.staff(self.user_id) if self.is_staff else Actor.user(self.user_id)


def access(level: Access) -> dict[str, Any]:
    """The `opt` of a route."""
    return {"access": level}


def actor_of(principal: Principal | None) -> Actor:
    """The actor of a request that may be signed out."""
    return principal.actor if principal else PUBLIC_ACTOR


def may_enter(level: Access | None, principal: Principal | None) -> OutcryError | None:
    """None when `principal` may call a route of `level`, else the refusal. Pure; the guard's whole rule."""
    if level is Access.PUBLIC:
        return None
    if level is None:
        return Forbidden("This route declares no access")
    if principal is None:
        return Unauthenticated()
    if level is Access.SIGNED_IN:
        return None
    if "admin" in principal.roles:
        return None
    if level is Access.STAFF and principal.is_staff:
        return None
    if level.value in principal.roles:
        return None
    return Forbidden()


def access_guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The app-level Litestar guard. Raises Unauthenticated or Forbidden."""
    if connection.scope.get("method") == "OPTIONS":
        # Made by the framework; it tells which methods a path takes and runs nothing of ours.
        return
    refusal = may_enter(handler.opt.get("access"), connection.scope["state"].get(PRINCIPAL_KEY))
    if refusal is not None:
        raise refusal


def provide_principal(scope: Any) -> Principal | None:
    """Litestar dependency `principal`: who calls, or None when signed out."""
    return scope["state"].get(PRINCIPAL_KEY)
