"""HTTP ground shared by all routes: problem documents and wire types (SPEC API-1 to API-3)."""

import logging
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
import psycopg
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from outcry.kernel.errors import (
    Busy,
    Forbidden,
    InvalidInput,
    MalformedRequest,
    NotFound,
    OutcryError,
    PayloadTooLarge,
    Unauthenticated,
)
from outcry.kernel.refusal_words import plain_words

PROBLEM_JSON = "application/problem+json"

Instant = Annotated[
    str, msgspec.Meta(description="RFC 3339 UTC with milliseconds", extra_json_schema={"format": "date-time"})
]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code")]
AmountMinor = Annotated[int, msgspec.Meta(ge=1, le=10**15, description="Minor units of the currency")]

# Classes of SQLSTATE: no connection; shut down, crashed or starting.
_GONE = ("08", "57P")

_log = logging.getLogger("outcry.http")


class RequestStruct(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of every request body: an unknown field is refused."""


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457 problem document; some codes carry more members, which their description names."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, str]] | msgspec.UnsetType = msgspec.UNSET


class Document(msgspec.Struct):
    """The OpenAPI document, once the app is made."""

    content: dict[str, Any]


# What any route may answer, whatever it does.
_EVERYWHERE = (400, 413, 422, 429)


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The `responses` of a route: the given refusals and those every route may give, for the OpenAPI document."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=HTTPStatus(status).phrase,
            media_type=PROBLEM_JSON,
            generate_examples=False,
        )
        for status in sorted({*_EVERYWHERE, *statuses})
    }


class MethodNotAllowed(OutcryError):
    """The path exists, but not for this method."""

    status = 405
    code = "method_not_allowed"
    title = "This address does not take that method"


_BY_STATUS: dict[int, type[OutcryError]] = {
    400: MalformedRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    413: PayloadTooLarge,
}


def as_outcry_error(exception: Exception) -> OutcryError:
    """Any exception that reached the edge as one of ours; unknown ones become `internal_error`."""
    if isinstance(exception, OutcryError):
        return exception
    if isinstance(exception, OperationalError | PoolTimeout | psycopg.OperationalError | TimeoutError):
        return Busy(detail="The database is out of reach; try again in a moment")
    if isinstance(exception, ValidationException):
        return _from_validation(exception)
    if isinstance(exception, UnicodeDecodeError):
        # JSON is UTF-8; of bytes that are not, msgspec says so by Python's own exception.
        return MalformedRequest()
    if isinstance(exception, HTTPException):
        kind = _BY_STATUS.get(exception.status_code)
        if kind is not None:
            # Litestar's own words name internals; ours name the rule.
            return kind()
    return OutcryError()


def _from_validation(exception: ValidationException) -> InvalidInput:
    listed: list[tuple[str, str]] = []
    for item in exception.extra if isinstance(exception.extra, list) else []:
        key, message = str(item.get("key", "")), str(item.get("message", "is not valid"))
        in_body = item.get("source", "body") == "body" or "source" not in item
        if key in ("data", ""):
            key = _named_in(message)
        listed.append((_pointer(key) if in_body else key, plain_words(message)))
    return InvalidInput(*(listed or [("", "the request body is missing or not valid")]))


UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError)
"""What msgspec raises of JSON that it cannot read, or that is not what it should be."""


def invalid_body(wrong: Exception) -> OutcryError:
    """A body that msgspec refused (`UNREADABLE`), as the refusal that names the field.

    JSON that cannot be read is `malformed_request`.
    """
    if not isinstance(wrong, msgspec.ValidationError):
        return MalformedRequest()
    said = str(wrong)
    named = said.rpartition("`$.")[2].rstrip("`") if "`$." in said else _named_in(said)
    return InvalidInput((_pointer(named), plain_words(said)))


def _pointer(path: str) -> str:
    """`consents.tags[0]` as `/consents/tags/0`."""
    return "/" + path.replace("[", ".").replace("]", "").replace(".", "/")


def _named_in(message: str) -> str:
    """msgspec names a missing or unknown field in its words: "Object missing required field `amount`"."""
    parts = message.split("`")
    return parts[1].removeprefix("$.") if len(parts) > 2 else ""


def problem_response(error: OutcryError) -> Response[bytes]:
    """The problem+json answer of a refusal."""
    return Response(
        msgspec.json.encode(error.problem()),
        status_code=error.status,
        media_type=PROBLEM_JSON,
        headers=error.headers,
    )


def handle_exception(request: Request[Any, Any, Any], exception: Exception) -> Response[bytes]:
    """The app's one exception handler: whatever is not a refusal is logged, and told as a 503 or a 500."""
    error = _nul_refused(request) if _is_about_nul(exception) else as_outcry_error(exception)
    _log_fault(error, exception, f"{request.method} {request.url.path}")
    return problem_response(error)


def _log_fault(error: OutcryError, exception: Exception, call: str) -> None:
    """What is not a refusal leaves a trace; a database that is away or overloaded leaves one line for each call.

    Every call would bring the same trace until it is back.
    """
    if isinstance(exception, OutcryError):
        return
    if isinstance(error, Busy) and not is_unhappy(exception):
        _log.warning("%s was answered %s: %s", call, error.code, _cause(exception))
    elif error.status >= OutcryError.status:
        _log.error("unhandled error on %s", call, exc_info=exception)


def _cause(exception: Exception) -> str:
    """Kind and first line of what the driver said; not SQLAlchemy's words, which tell the statement's values."""
    cause = exception.orig if isinstance(exception, DBAPIError) and exception.orig is not None else exception
    said = str(cause).strip().partition("\n")[0]
    return f"{type(cause).__name__}: {said}" if said else type(cause).__name__


def is_unhappy(exception: Exception) -> bool:
    """Whether the database is there, and was unhappy with what it was asked: a deadlock, a timeout."""
    said = exception.orig if isinstance(exception, DBAPIError) else exception
    sqlstate = said.sqlstate if isinstance(said, psycopg.Error) else None
    return sqlstate is not None and not sqlstate.startswith(_GONE)


def _is_about_nul(exception: Exception) -> bool:
    """PostgreSQL's text has no NUL, and psycopg says so before it sends anything."""
    return isinstance(exception, DBAPIError | psycopg.DataError) and "NUL (0x00)" in str(exception)


def _nul_refused(request: Request[Any, Any, Any]) -> InvalidInput:
    named = [name for name, value in request.query_params.multi_items() if "\0" in value or "\0" in name]
    return InvalidInput(*((name, "must not contain the character NUL") for name in named or [""]))


def html(body: str, status: int = 200) -> Response[str]:
    """A server-rendered page."""
    return Response(body, status_code=status, media_type=MediaType.HTML)


async def send_problem(error: OutcryError, send: Send) -> None:
    """Answer with a problem document from outside the routes, in a middleware."""
    body = msgspec.json.encode(error.problem())
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def edge_error(failed: Exception, path: str) -> OutcryError:
    """What to tell of an exception that no route's handler saw; one that is not a refusal is logged."""
    error = as_outcry_error(failed)
    _log_fault(error, failed, path)
    return error


def answering_problems(app: ASGIApp) -> ASGIApp:
    """ASGI middleware: what fails before a route is reached is told as a problem document too."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        started = scope["type"] != "http"

        async def noticing(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await app(scope, receive, noticing)
        except Exception as failed:
            if started:
                raise
            await send_problem(edge_error(failed, scope["path"]), send)

    return guarded
