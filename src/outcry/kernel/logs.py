"""Logs (SPEC OPS-3): JSON lines with request and user ids, an access line a request, no secrets."""

import logging
import re
import sys
from contextvars import ContextVar
from time import perf_counter
from typing import Any

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from outcry.kernel.access import PRINCIPAL_KEY
from outcry.kernel.ids import new_id
from outcry.kernel.settings import Settings
from outcry.kernel.times import rfc3339_microseconds

REQUEST_ID_HEADER = b"x-request-id"
_SANE_ID = re.compile(rb"^[A-Za-z0-9._-]{8,64}$")
_SECRETS = re.compile(
    r"(?i)((?:password|secret|token|authorization|code|signature|stream_key|api_key)[\"']?\s*[=:]\s*[\"']?)"
    r"(?:bearer\s+)?[^\s\"',&}]+"
)
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

request_id: ContextVar[str] = ContextVar("request_id", default="")
_access = logging.getLogger("outcry.access")
_encode = msgspec.json.Encoder(enc_hook=str).encode


def redacted(text: str) -> str:
    """`text` without the values of what is named like a secret."""
    return _SECRETS.sub(r"\1[redacted]", text)


def sane_request_id(given: bytes) -> bytes | None:
    """A caller's own request id when it is one that can stand in a log."""
    return given if _SANE_ID.match(given) else None


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with its extra members."""
        line: dict[str, Any] = {
            "at": rfc3339_microseconds(int(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        line.update({name: value for name, value in record.__dict__.items() if name not in _STANDARD})
        if record.exc_info:
            line["trace"] = redacted(self.formatException(record.exc_info))
        return _encode(line).decode()


class TextFormatter(logging.Formatter):
    """For people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """As usual, without secrets."""
        return redacted(super().format(record))


def configure_logging(settings: Settings) -> None:
    """Everything to standard error, in the settings' format, from the settings' level on."""
    handler = logging.StreamHandler(sys.stderr)
    text = TextFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else text)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    # Others' chatter is not ours to tell at info.
    for name in ("alembic", "httpx", "httpcore", "procrastinate", "uvicorn.access"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def request_context(app: ASGIApp) -> ASGIApp:
    """ASGI middleware: gives every request an id, echoes it, and writes its access line."""

    async def within(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == REQUEST_ID_HEADER), b"")
        identity = given.decode() if _SANE_ID.match(given) else str(new_id())
        token = request_id.set(identity)
        began = perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (REQUEST_ID_HEADER, identity.encode())]
            await send(message)

        try:
            await app(scope, receive, send_with_id)
        finally:
            if _access.isEnabledFor(logging.INFO):
                principal = scope.get("state", {}).get(PRINCIPAL_KEY)
                facts = {
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "ms": round((perf_counter() - began) * 1000, 2),
                }
                if principal is not None:
                    facts["user_id"] = principal.user_id
                _access.info("%s %s %s", scope["method"], scope["path"], status, extra=facts)
            request_id.reset(token)

    return within
