"""HTTP of identity (API.md "Identity")."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ControllerRouterHandler

from outcry.identity.accounts import Accounts
from outcry.identity.authentication import bearer_token
from outcry.identity.external import ExternalIdentity
from outcry.identity.phones import PhoneSignIn
from outcry.identity.profiles import Profiles, Staffing
from outcry.identity.schemas import (
    Accepted,
    ConsentList,
    Consents,
    ForgotPassword,
    GrantRole,
    LinkToken,
    LogIn,
    PatchMe,
    PublicUser,
    Refresh,
    ResetPassword,
    SendCode,
    SessionList,
    SessionTokens,
    SignUp,
    UserView,
    VerifyCode,
)
from outcry.identity.tokens import Tokens
from outcry.kernel.access import Access, Principal, access
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.http import problems

_AUTH = ["Sign-in"]
_PEOPLE = ["People"]
_PUBLIC = access(Access.PUBLIC)
_SIGNED_IN = access(Access.SIGNED_IN)
_AnyRequest = Request[Any, Any, Any]


def origin_of(request: _AnyRequest) -> str:
    """Where a session or consent came from: address and agent, for its owner to recognise."""
    address = request.client.host if request.client else "unknown"
    return f"{address} {request.headers.get('user-agent', '')}".strip()


@post("/v1/auth/signup", opt=_PUBLIC, tags=_AUTH, summary="Sign up", responses=problems(401, 409))
async def sign_up(request: _AnyRequest, data: SignUp, accounts: Accounts) -> SessionTokens:
    """With e-mail, password and the required consents."""
    return await accounts.sign_up(data, origin_of(request))


@post("/v1/auth/login", opt=_PUBLIC, status_code=200, tags=_AUTH, summary="Log in", responses=problems(401))
async def log_in(request: _AnyRequest, data: LogIn, accounts: Accounts) -> SessionTokens:
    """Unknown e-mail and wrong password get the same answer."""
    return await accounts.log_in(data.email, data.password, origin_of(request))


@post("/v1/auth/refresh", opt=_PUBLIC, status_code=200, tags=_AUTH, summary="Refresh", responses=problems(401))
async def refresh(request: _AnyRequest, data: Refresh, accounts: Accounts) -> SessionTokens:
    """The refresh token is spent; one that comes again ends its session."""
    return await accounts.refresh(data.refresh_token, origin_of(request))


@delete("/v1/auth/logout", opt=_PUBLIC, status_code=204, tags=_AUTH, summary="Log out", responses=problems(401))
async def log_out(data: Refresh, accounts: Accounts) -> None:
    """Ends the session of the refresh token."""
    await accounts.log_out(data.refresh_token)


@post(
    "/v1/auth/phone/send-code", opt=_PUBLIC, status_code=202, tags=_AUTH, summary="Send code", responses=problems(401)
)
async def send_code(data: SendCode, phones: PhoneSignIn) -> Accepted:
    """Six digits, five minutes, five tries."""
    return Accepted("sent", await phones.send_code(data.phone))


@post(
    "/v1/auth/phone/verify",
    opt=_PUBLIC,
    status_code=200,
    tags=_AUTH,
    summary="Verify code",
    responses=problems(401) | {201: ResponseSpec(SessionTokens, description="Signed up", generate_examples=False)},
)
async def verify_code(request: _AnyRequest, data: VerifyCode, phones: PhoneSignIn) -> Response[SessionTokens]:
    """200 with a session, 201 when the person is new."""
    session, is_new = await phones.verify(data, origin_of(request))
    return Response(session, status_code=201 if is_new else 200)


@post(
    "/v1/auth/sync",
    opt=_PUBLIC,
    status_code=200,
    tags=_AUTH,
    summary="Sign in with an outside issuer's token",
    responses=problems(401, 404, 503),
)
async def sync(request: _AnyRequest, external: ExternalIdentity) -> SessionTokens:
    """The bearer token is the outside issuer's; the profile is made or updated."""
    return await external.sync(bearer_token(request.scope), origin_of(request))


@post(
    "/v1/auth/email/verify", opt=_PUBLIC, status_code=204, tags=_AUTH, summary="Verify e-mail", responses=problems(401)
)
async def verify_email(data: LinkToken, accounts: Accounts) -> None:
    """By the token of the mailed link."""
    await accounts.verify_email(data.token)


@post(
    "/v1/auth/password/forgot",
    opt=_PUBLIC,
    status_code=202,
    tags=_AUTH,
    summary="Forgot password",
    responses=problems(401),
)
async def forgot_password(data: ForgotPassword, accounts: Accounts) -> None:
    """Mails a link when the address is known; the answer is the same when it is not."""
    await accounts.forgot_password(data.email)


@post(
    "/v1/auth/password/reset",
    opt=_PUBLIC,
    status_code=204,
    tags=_AUTH,
    summary="Reset password",
    responses=problems(401),
)
async def reset_password(data: ResetPassword, accounts: Accounts) -> None:
    """By the token of the mailed link; ends every session."""
    await accounts.reset_password(data.token, data.password)


@get("/.well-known/jwks.json", opt=_PUBLIC, tags=_AUTH, summary="Our public keys", responses=problems(401))
async def key_set(tokens: Tokens) -> dict[str, Any]:
    """What verifies our access tokens."""
    return tokens.key_set()


@get("/v1/users/me", opt=_SIGNED_IN, tags=_PEOPLE, summary="Me", responses=problems(401))
async def me(principal: Principal, database: Database, accounts: Accounts) -> UserView:
    """The signed-in person."""
    async with database.transaction(principal.actor) as tx:
        return await accounts.user_view(tx, principal.user_id)


@patch("/v1/users/me", opt=_SIGNED_IN, tags=_PEOPLE, summary="Change my profile", responses=problems(401))
async def patch_me(data: PatchMe, principal: Principal, database: Database, profiles: Profiles) -> UserView:
    """Absent fields stay."""
    async with database.transaction(principal.actor) as tx:
        return await profiles.patch(tx, principal.user_id, data)


@delete("/v1/users/me", opt=_SIGNED_IN, tags=_PEOPLE, summary="Delete my account", responses=problems(401, 409))
async def delete_me(principal: Principal, database: Database, profiles: Profiles) -> None:
    """Personal data is removed; what others rely on stays, anonymous. Refused with `auctions_open`, `orders_open` or
    `wallet_not_empty` while there is something to be done first; the detail says what."""
    async with database.transaction(SYSTEM) as tx:
        await profiles.delete(tx, principal.user_id)


@get("/v1/users/me/export", opt=_SIGNED_IN, tags=_PEOPLE, summary="Export my data", responses=problems(401))
async def export_me(principal: Principal, database: Database, profiles: Profiles) -> dict[str, Any]:
    """Everything kept of the person."""
    async with database.transaction(principal.actor) as tx:
        return msgspec.to_builtins(await profiles.export(tx, principal))


@get("/v1/users/me/sessions", opt=_SIGNED_IN, tags=_PEOPLE, summary="My sessions", responses=problems(401))
async def my_sessions(principal: Principal, database: Database, profiles: Profiles) -> SessionList:
    """Newest first."""
    async with database.transaction(principal.actor) as tx:
        return SessionList(await profiles.sessions(tx, principal))


@delete(
    "/v1/users/me/sessions/{session_id:uuid}",
    opt=_SIGNED_IN,
    tags=_PEOPLE,
    summary="End a session",
    responses=problems(401, 404),
)
async def end_session(session_id: UUID, principal: Principal, database: Database, profiles: Profiles) -> None:
    """At once, also for access tokens already out."""
    async with database.transaction(principal.actor) as tx:
        await profiles.end_session(tx, principal, session_id)


@get("/v1/users/me/consents", opt=_SIGNED_IN, tags=_PEOPLE, summary="My consents", responses=problems(401))
async def my_consents(principal: Principal, database: Database, profiles: Profiles) -> ConsentList:
    """`due` when a new version asks again."""
    async with database.transaction(principal.actor) as tx:
        return ConsentList(await profiles.consents(tx, principal.user_id))


@put("/v1/users/me/consents", opt=_SIGNED_IN, tags=_PEOPLE, summary="Give consents", responses=problems(401))
async def give_consents(
    request: _AnyRequest, data: Consents, principal: Principal, database: Database, profiles: Profiles
) -> ConsentList:
    """To the versions in force."""
    async with database.transaction(principal.actor) as tx:
        return ConsentList(await profiles.give_consents(tx, principal.user_id, data, origin_of(request)))


@get("/v1/users/{user_id:uuid}", opt=_PUBLIC, tags=_PEOPLE, summary="A person's page", responses=problems(401, 404))
async def public_user(user_id: UUID, database: Database, profiles: Profiles) -> PublicUser:
    """What everybody may know."""
    async with database.transaction(SYSTEM) as tx:
        return await profiles.public(tx, user_id)


@put(
    "/v1/users/{user_id:uuid}/block",
    opt=_SIGNED_IN,
    status_code=204,
    tags=_PEOPLE,
    summary="Block",
    responses=problems(401, 404),
)
async def block(user_id: UUID, principal: Principal, database: Database, profiles: Profiles) -> None:
    """That person cannot bid on my auctions."""
    async with database.transaction(principal.actor) as tx:
        await profiles.block(tx, principal.user_id, user_id)


@delete("/v1/users/{user_id:uuid}/block", opt=_SIGNED_IN, tags=_PEOPLE, summary="Unblock", responses=problems(401, 404))
async def unblock(user_id: UUID, principal: Principal, database: Database, profiles: Profiles) -> None:
    """Fine when there was no block."""
    async with database.transaction(principal.actor) as tx:
        await profiles.unblock(tx, principal.user_id, user_id)


@post(
    "/v1/dev/role",
    opt=_PUBLIC,
    status_code=204,
    tags=["Development"],
    summary="Set somebody's role",
    responses=problems(401, 404),
)
async def set_role(data: GrantRole, database: Database, staffing: Staffing) -> None:
    """Development only; at once, also for tokens already out."""
    async with database.transaction(SYSTEM) as tx:
        await staffing.set_role(tx, data.user_id, data.role)


ROUTES: Sequence[ControllerRouterHandler] = [
    sign_up, log_in, refresh, log_out, send_code, verify_code, sync, verify_email, forgot_password, reset_password,
    key_set, me, patch_me, delete_me, export_me, my_sessions, end_session, my_consents, give_consents, public_user,
    block, unblock,
]  # fmt: skip
DEVELOPMENT_ROUTES: Sequence[ControllerRouterHandler] = [set_role]
