"""Logs (SPEC OPS-3): JSON lines with request and user ids, an access line a request, no secrets."""

import logging
import re
import sys
from contextvars import ContextVar
from functools import lru_cache
from time import perf_counter
from typing import Any
from uuid import UUID

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from outcry.kernel.ids import id_text, new_id_int
from outcry.kernel.settings import Settings
from outcry.kernel.times import rfc3339_microseconds

REQUEST_ID_HEADER = b"x-request-id"
REDACTED = "[redacted]"
MAX_MESSAGE_CHARACTERS = 20_000
MAX_CACHED_NAMES = 1_024
_SANE_ID = re.compile(rb"^[A-Za-z0-9._-]{8,64}$")
_SECRET_NAME = r"[\w-]*(?:password|passwd|secret|token|authorization|cookie|signature|stream_key|api[_-]?key|dsn)[\w-]*"  # noqa: S105
_SECRET_NAMED = re.compile(f"^{_SECRET_NAME}$", re.IGNORECASE)
_SECRETS = re.compile(
    # name=value, name: value and "name": "value"; a scheme such as Bearer belongs to the value.
    rf"""(?i)(?<![\w-])({_SECRET_NAME}["']?\s*[=:]\s*["']?)(?:(?:bearer|basic|digest)\s+)?[^\s"',;&}}\])]+"""
    # A code that was sent to somebody: digits only, so that error codes stay readable.
    r"""|(?<![\w-])(code["']?\s*[=:]\s*["']?)\d{4,8}(?!\d)"""
)
# A token or password that stands on its own, or inside an address.
_BEARER = re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}")
_URL_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s@/]+(@)")
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# Others' chatter is not ours to tell at info.
_CHATTY = ("alembic", "httpx", "httpcore", "procrastinate", "uvicorn.access", "uvicorn.error", "asyncio")

request_id: ContextVar[str] = ContextVar("request_id", default="")
# Whoever acts in this request; set once it is known, and then in every line.
acting_user_id: ContextVar[UUID | None] = ContextVar("acting_user_id", default=None)
_access = logging.getLogger("outcry.access")
_encode = msgspec.json.Encoder(enc_hook=str).encode


def redacted(text: str) -> str:
    """`text` without the values of what is named like a secret."""
    # None of the patterns matches without one of these. They are slow, and most texts are a word or a path.
    if "=" not in text and ":" not in text and "bearer" not in text.lower():
        return text
    text = _SECRETS.sub(lambda found: (found[1] or found[2]) + REDACTED, text)
    text = _BEARER.sub(rf"\1{REDACTED}", text)
    return _URL_PASSWORD.sub(rf"\1{REDACTED}\2", text)


def _redacted_member(name: str, value: Any) -> Any:
    if _is_secret(name):
        return REDACTED
    return redacted(value) if isinstance(value, str) else value


@lru_cache(MAX_CACHED_NAMES)
def _is_secret(name: str) -> bool:
    return _SECRET_NAMED.match(name) is not None


def request_id_for(given: bytes) -> str:
    """A caller's own request id when it is one that can stand in a log, else a new one."""
    return given.decode() if _SANE_ID.match(given) else id_text(new_id_int())


def write_access_line(method: str, path: str, route: str, status: int, began: float) -> None:
    """The line that every answered request leaves; `began` is what `perf_counter` said when it came.

    `path` never has the query: it may carry what signs an upload, or what somebody looks for.
    """
    if not _access.isEnabledFor(logging.INFO):
        return
    ms = round((perf_counter() - began) * 1000, 2)
    facts = {"method": method, "path": path, "route": route, "status": status, "ms": ms}
    # Made here and not by `info`, which would look up the stack for a place that no line shows.
    line = _access.makeRecord(
        _access.name, logging.INFO, __file__, 0, "%s %s %s", (method, path, status), None, extra=facts
    )
    _access.handle(line)


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with its extra members."""
        line: dict[str, Any] = {
            "at": rfc3339_microseconds(int(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()[:MAX_MESSAGE_CHARACTERS]),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        user_id = acting_user_id.get()
        if user_id is not None:
            line["user_id"] = user_id
        for name, value in record.__dict__.items():
            if name not in _STANDARD:
                line[name] = _redacted_member(name, value)
        if record.exc_info:
            line["trace"] = redacted(self.formatException(record.exc_info))
        return _encode(line).decode()


class TextFormatter(logging.Formatter):
    """For people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """As usual, without secrets."""
        identity = request_id.get()
        return redacted(super().format(record)) + (f" [{identity}]" if identity else "")


def configure_logging(settings: Settings) -> None:
    """Everything to standard error, in the settings' format, from the settings' level on."""
    handler = logging.StreamHandler(sys.stderr)
    text = TextFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else text)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def request_context(app: ASGIApp) -> ASGIApp:
    """ASGI middleware: gives every request an id, echoes it, and writes its access line."""

    async def within(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        identity = request_id_for(next((value for name, value in scope["headers"] if name == REQUEST_ID_HEADER), b""))
        token = request_id.set(identity)
        user_token = acting_user_id.set(None)
        began = perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (REQUEST_ID_HEADER, identity.encode())]
            await send(message)

        try:
            await app(scope, receive, send_with_id)
        finally:
            plain: dict[str, Any] = scope  # type: ignore[assignment]
            write_access_line(plain["method"], plain["path"], plain.get("path_template", ""), status, began)
            acting_user_id.reset(user_token)
            request_id.reset(token)

    return within
