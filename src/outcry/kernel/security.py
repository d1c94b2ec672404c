"""Security headers and cross-origin rules (SPEC SEC-2)."""

from collections.abc import Callable

from litestar.config.cors import CORSConfig
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from outcry.kernel.settings import Settings

_HSTS_SECONDS = 31_536_000
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; script-src 'self'; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


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
            "retry-after",
            "x-request-id",
        ],
    )


def header_pairs(settings: Settings) -> list[tuple[bytes, bytes]]:
    """What every answer carries."""
    headers = [
        (b"content-security-policy", _POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"strict-origin-when-cross-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(self), microphone=(self), geolocation=(self)"),
    ]
    if settings.is_production:
        headers.append((b"strict-transport-security", f"max-age={_HSTS_SECONDS}; includeSubDomains".encode()))
    return headers


def security_headers(settings: Settings) -> Callable[[ASGIApp], ASGIApp]:
    """ASGI middleware adding the headers to every answer."""
    headers = header_pairs(settings)

    def middleware(app: ASGIApp) -> ASGIApp:
        async def secured(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return

            async def send_secured(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], *headers]
                await send(message)

            await app(scope, receive, send_secured)

        return secured

    return middleware
