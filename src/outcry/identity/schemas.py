"""What identity looks like on the wire (API.md "Identity")."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from outcry.identity.rating_board import RatingSummary
from outcry.identity.strikes import StrikeView
from outcry.kernel.http import Instant, RequestStruct

Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Password = Annotated[str, Meta(min_length=8, max_length=200)]
DisplayName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]
Phone = Annotated[str, Meta(min_length=5, max_length=24, pattern=r"^\+[0-9 ()-]+$")]
Token = Annotated[str, Meta(min_length=1, max_length=512)]


class Consents(RequestStruct):
    """What a person agrees to; the first two are required."""

    offer_agreement: bool = False
    personal_data: bool = False
    marketing: bool = False


class SignUp(RequestStruct):
    """A new account with e-mail and password."""

    email: Email
    password: Password
    display_name: DisplayName
    consents: Consents


class LogIn(RequestStruct):
    """Signing in with e-mail and password."""

    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=200)]


class SendCode(RequestStruct):
    """Where to send a one-time code."""

    phone: Phone


class VerifyCode(RequestStruct):
    """The code; a new person also gives a name and consents."""

    phone: Phone
    code: Annotated[str, Meta(min_length=1, max_length=12)]
    display_name: DisplayName | None = None
    consents: Consents | None = None


class Refresh(RequestStruct):
    """A refresh token."""

    refresh_token: Token


class LinkToken(RequestStruct):
    """The token of a one-time link."""

    token: Token


class ForgotPassword(RequestStruct):
    """Whose password was forgotten."""

    email: Annotated[str, Meta(max_length=254)]


class ResetPassword(RequestStruct):
    """A new password, with the token of the link."""

    token: Token
    password: Password


class PatchMe(RequestStruct):
    """What a person changes of its profile; absent stays."""

    display_name: DisplayName | None = None
    language: Annotated[str, Meta(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] | None = None
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class GrantRole(RequestStruct):
    """Development only: makes somebody staff, or `user` again."""

    user_id: UUID
    role: Literal["user", "moderator", "support", "admin"]


class Verified(msgspec.Struct, frozen=True):
    """What has been verified of a person."""

    email: bool
    phone: bool


class UserView(msgspec.Struct, frozen=True):
    """A person as itself sees it."""

    id: UUID
    display_name: str
    email: str | None
    phone: str | None
    roles: list[str]
    verified: Verified
    created_at: Instant
    language: str
    time_zone: str
    consents_due: list[str]
    strikes: list[StrikeView]


class SessionTokens(msgspec.Struct, frozen=True):
    """A session's tokens; `expires_in` seconds of the access token."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"]
    expires_in: int
    user: UserView


class PublicUser(msgspec.Struct, frozen=True):
    """A person as others see it."""

    id: UUID
    display_name: str
    member_since: Instant
    verified: Verified
    rating: RatingSummary


class SessionView(msgspec.Struct, frozen=True):
    """One place where a person is signed in."""

    id: UUID
    origin: str
    created_at: Instant
    used_at: Instant
    current: bool


class SessionList(msgspec.Struct, frozen=True):
    """All of them, newest first."""

    items: list[SessionView]


class ConsentView(msgspec.Struct, frozen=True):
    """How one consent stands; `due` when a version in force has not been agreed to."""

    kind: str
    version: str | None
    current_version: str
    granted: bool
    required: bool
    due: bool
    at: Instant | None


class ConsentList(msgspec.Struct, frozen=True):
    """All kinds of consent."""

    items: list[ConsentView]


class Accepted(msgspec.Struct, frozen=True):
    """Taken; `expires_in` seconds."""

    status: Literal["sent"]
    expires_in: int
