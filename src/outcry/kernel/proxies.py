"""Behind a proxy: the client's own address and scheme, believed only from proxies that the settings trust (OPS-6)."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from outcry.kernel.settings import Settings, SettingsError

MAX_HOPS = 32
_Network = IPv4Network | IPv6Network


def trusted_networks(listed: str) -> list[_Network] | None:
    """Networks of a comma-separated list; None for `*`. Raises SettingsError."""
    if listed.strip() == "*":
        return None
    try:
        return [ip_network(one.strip(), strict=False) for one in listed.split(",") if one.strip()]
    except ValueError as wrong:
        raise SettingsError(f"OUTCRY_TRUSTED_PROXIES: {wrong}") from None


def client_address(peer: str, forwarded: str, trusted: Sequence[_Network] | None) -> str:
    """Who called, given who connected and what X-Forwarded-For says. Pure.

    Each proxy appends whom it serves, so only the entries appended by trusted ones are true: the last that is not
    itself a trusted proxy is the client. `None` trusts whoever connects, but not what that one was told.
    """
    hops = [hop.strip() for hop in forwarded.split(",")[-MAX_HOPS:] if hop.strip()]
    if trusted is None:
        return hops[-1] if hops else peer
    address = peer
    while hops and _is_in(address, trusted):
        address = hops.pop()
    return address


def _is_in(address: str, networks: Sequence[_Network]) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return any(known in network for network in networks)


def _told(scope: dict[str, Any], header: bytes) -> str:
    return ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == header)


def behind_proxies(settings: Settings) -> Any:
    """ASGI middleware that puts the client's address and the outer scheme into the scope."""
    trusted = trusted_networks(settings.trusted_proxies)

    def middleware(app: ASGIApp) -> ASGIApp:
        if trusted == []:
            return app

        async def forwarded(scope: Scope, receive: Receive, send: Send) -> None:
            plain: dict[str, Any] = scope  # type: ignore[assignment]
            client = plain.get("client")
            if client and (trusted is None or _is_in(client[0], trusted)):
                plain["client"] = (client_address(client[0], _told(plain, b"x-forwarded-for"), trusted), 0)
                scheme = _told(plain, b"x-forwarded-proto").rpartition(",")[2].strip().lower()
                if scheme in ("http", "https"):
                    plain["scheme"] = scheme.replace("http", "ws") if plain["type"] == "websocket" else scheme
            await app(scope, receive, send)

        return forwarded

    return middleware
