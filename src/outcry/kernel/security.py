"""Security headers and cross-origin rules (SPEC SEC-2)."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256

from litestar.config.cors import CORSConfig
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from outcry.kernel.settings import Settings

_HSTS_SECONDS = 31_536_000
_POLICY_HEADER = b"content-security-policy"


def content_policy(*, scripts: Sequence[str] = (), styles: Sequence[str] = ()) -> str:
    """The content policy of a page; `scripts` and `styles` are the digests of what stands in it, by `inline_digest`.

    Nothing else inline is run, and 'self' covers the socket of the same origin. `blob:` shows a picture that a person
    has chosen before it is uploaded.
    """
    script_sources = " ".join(["'self'", *scripts])
    style_sources = " ".join(["'self'", *styles])
    return (
        f"default-src 'self'; script-src {script_sources}; style-src {style_sources}; img-src 'self' blob:; "
        "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def inline_digest(text: str) -> str:
    """How a content policy names the inline script or style that is exactly `text`."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def cors(settings: Settings) -> CORSConfig | None:
    """For the origins the settings name; None when there are none."""
    origins = [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()]
    if not origins:
        return None
    return CORSConfig(
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["authorization", "content-type", "idempotency-key", "x-request-id"],
        expose_headers=[
            "idempotency-replayed",
            "ratelimit-limit",
            "ratelimit-remaining",
            "ratelimit-reset",
            "retry-after",
            "x-request-id",
        ],
    )


def cross_origin(settings: Settings) -> Callable[[ASGIApp], ASGIApp]:
    """ASGI middleware for the origins the settings name; the outermost that answers, and instead of `cors`.

    A page of another origin may read an answer only when it carries these headers, and what a middleware refuses
    (429 with its Retry-After, 401 for a token that has run out) never passes the framework that would add them.
    """
    config = cors(settings)
    readable = cross_origin_headers(settings)

    def middleware(app: ASGIApp) -> ASGIApp:
        if config is None:
            return app
        preflight = [
            (b"access-control-allow-methods", ", ".join(config.allow_methods).encode()),
            (b"access-control-allow-headers", ", ".join(config.allow_headers).encode()),
            (b"access-control-max-age", str(config.max_age).encode()),
            *header_pairs(settings),
        ]

        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            asked = dict(scope["headers"])
            headers = readable(asked.get(b"origin"))
            if scope["method"] == "OPTIONS" and b"access-control-request-method" in asked:
                await send({"type": "http.response.start", "status": 204, "headers": [*headers, *preflight]})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return

            async def send_readable(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], *headers]
                await send(message)

            await app(scope, receive, send_readable)

        return answered

    return middleware


def cross_origin_headers(settings: Settings) -> Callable[[bytes | None], list[tuple[bytes, bytes]]]:
    """What an answer carries so that a page of the given origin may read it; nothing when the settings name none."""
    config = cors(settings)
    if config is None:
        return lambda origin: []
    is_allowed = config.is_origin_allowed
    exposed = (b"access-control-expose-headers", ", ".join(config.expose_headers).encode())

    def headers(origin: bytes | None) -> list[tuple[bytes, bytes]]:
        # Also without an origin: a cache must not give that answer to a page that has one.
        told = [(b"vary", b"Origin")]
        if origin is not None and is_allowed(origin.decode("latin-1")):
            told.append((b"access-control-allow-origin", origin))
        return [*told, exposed]

    return headers


def header_pairs(settings: Settings) -> list[tuple[bytes, bytes]]:
    """What every answer carries."""
    headers = [
        (_POLICY_HEADER, content_policy().encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"strict-origin-when-cross-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(self), microphone=(self), geolocation=(self)"),
    ]
    if settings.is_production:
        headers.append((b"strict-transport-security", f"max-age={_HSTS_SECONDS}; includeSubDomains".encode()))
    return headers


def security_headers(settings: Settings) -> Callable[[ASGIApp], ASGIApp]:
    """ASGI middleware adding the headers to every answer; a page with a content policy of its own keeps that."""
    headers = header_pairs(settings)
    without_policy = [pair for pair in headers if pair[0] != _POLICY_HEADER]

    def middleware(app: ASGIApp) -> ASGIApp:
        async def secured(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return

            async def send_secured(message: Message) -> None:
                if message["type"] == "http.response.start":
                    own = list(message["headers"])
                    has_policy = any(name == _POLICY_HEADER for name, _ in own)
                    message["headers"] = [*own, *(without_policy if has_policy else headers)]
                await send(message)

            await app(scope, receive, send_secured)

        return secured

    return middleware
