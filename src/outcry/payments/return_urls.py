"""Where a provider's page may lead back to: our own site, or origins the settings allow. Never anywhere else."""

from urllib.parse import urlsplit

from outcry.kernel.settings import Settings
from outcry.payments.errors import ReturnUrlRefused

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def origin_of(url: str) -> str | None:
    """`https://host[:port]` of an absolute http(s) URL without credentials, else None."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        return None
    default = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, default) else f":{port}")


def allowed_origins(settings: Settings) -> frozenset[str]:
    """Our own origin and those of `cors_origins`."""
    listed = [settings.public_url, *settings.cors_origins.split(",")]
    return frozenset(origin for url in listed if (origin := origin_of(url.strip())) is not None)


def checked_return_url(settings: Settings, url: str | None) -> str | None:
    """`url` when it is a path of ours or of an allowed origin. Raises ReturnUrlRefused.

    Browsers read `\\` as `/` and drop control characters, so neither may stand in it.
    """
    if url is None:
        return None
    if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        raise ReturnUrlRefused(errors=[{"field": "/return_url", "message": "must be a plain ASCII address"}])
    if url.startswith("/") and not url.startswith("//"):
        return url
    origin = origin_of(url)
    # In development every port of this machine is ours: the client's own server, an emulator's proxy.
    at_home = not settings.is_production and origin is not None and urlsplit(origin).hostname in _LOOPBACK
    if at_home or (origin is not None and origin in allowed_origins(settings)):
        return url
    raise ReturnUrlRefused(
        errors=[{"field": "/return_url", "message": "must be a path, or of OUTCRY_PUBLIC_URL or OUTCRY_CORS_ORIGINS"}]
    )


def absolute_url(settings: Settings, base_url: str, url: str | None) -> str | None:
    """A path of ours as an address for this caller, who reached us at `base_url`; any other address as it is."""
    if url is None or not url.startswith("/"):
        return url
    return (settings.public_url or base_url).rstrip("/") + url
