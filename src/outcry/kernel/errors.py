"""Errors as values of the domain, and their one mapping to RFC 9457 problem documents (SPEC API-2)."""

from typing import Any, ClassVar

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """One wrong field: `field` is a JSON pointer into the body, or the name of a query parameter."""

    field: str
    message: str


class OutcryError(Exception):
    """A refusal with a stable `code`. Subclass it in a domain; raise it anywhere below the routes.

    `members` are extra problem members (API.md names them); `headers` go on the HTTP answer.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, detail: str | None = None, *, headers: dict[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.members: dict[str, Any] = members
        self.headers = headers or {}

    def problem(self) -> dict[str, Any]:
        """The problem+json body."""
        return {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.members,
        }


class InvalidInput(OutcryError):
    """The body or a parameter breaks a rule; `errors` names each field."""

    status = 422
    code = "invalid_input"
    title = "Some of the input is not valid"

    def __init__(self, *errors: FieldError | tuple[str, str], detail: str | None = None) -> None:
        listed = [error if isinstance(error, FieldError) else FieldError(*error) for error in errors]
        words = detail or "; ".join(f"{error.field}: {error.message}" for error in listed) or self.title
        super().__init__(words, errors=[{"field": e.field, "message": e.message} for e in listed])


class MalformedRequest(OutcryError):
    """Not readable as the media type it says it is."""

    status = 400
    code = "malformed_request"
    title = "The request could not be read"


class Unauthenticated(OutcryError):
    """No valid access token came with the request."""

    status = 401
    code = "unauthenticated"
    title = "Please sign in"

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **members)


class Forbidden(OutcryError):
    """Signed in, but not allowed."""

    status = 403
    code = "forbidden"
    title = "You may not do this"


class NotFound(OutcryError):
    """It does not exist, or the caller may not know that it does."""

    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(OutcryError):
    """The state of things does not allow it; domains subclass this with their own code."""

    status = 409
    code = "conflict"
    title = "This is not possible now"


class IdempotencyKeyReused(Conflict):
    """The same Idempotency-Key came with another body (SPEC AUC-14, API-3)."""

    code = "idempotency_key_reused"
    title = "This idempotency key was used for another request"


class PayloadTooLarge(OutcryError):
    """The body is over the limit of the setting `max_body_bytes`."""

    status = 413
    code = "payload_too_large"
    title = "The request is too large"


class RateLimited(OutcryError):
    """Too many requests; `Retry-After` in seconds (SPEC API-4)."""

    status = 429
    code = "rate_limited"
    title = "Too many requests"

    def __init__(self, *, retry_after_seconds: int, detail: str | None = None) -> None:
        super().__init__(
            detail or f"Try again in {retry_after_seconds} s",
            headers={"Retry-After": str(retry_after_seconds)},
            retry_after=retry_after_seconds,
        )


class Busy(OutcryError):
    """A bounded queue is full; nothing was done (SPEC law 1)."""

    status = 503
    code = "busy"
    title = "Too busy just now"

    def __init__(self, *, retry_after_seconds: int = 1, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)})
