"""Rate limits (SPEC API-4): sign-in by address, the API by person or address, bids by person and auction.

Counted in this process, since every request and every bid passes here: one dictionary look-up. Where there are
several processes each tells the others over the bus what it has counted, sign-ins at once and the rest every second,
so that a limit holds for all of them together and a bus that is away refuses nobody (decision 009).
"""

import asyncio
from collections.abc import Hashable
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from outcry.kernel.access import PRINCIPAL_KEY, Principal
from outcry.kernel.bus import Bus
from outcry.kernel.errors import RateLimited
from outcry.kernel.http import send_problem
from outcry.kernel.settings import Settings

WINDOW_SECONDS = 60.0
MAX_KEYS = 200_000
TELL_SECONDS = 1.0
MAX_TOLD_AT_ONCE = 1_000
IPV6_NETWORK_BITS = 64
SIGNAL = "limits"

_BIDS_BEFORE, _BIDS_AFTER = "/v1/auctions/", "/bids"
_WEBHOOKS = "/v1/webhooks/"
_SIGN_IN, _API, _BAD_TOKENS, _BIDS = "sign_in", "api", "bad_tokens", "bids"
# (kind, [(key, how many more, seconds to the window's end)])
_Told = tuple[str, list[tuple[str, int, float]]]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Told).decode


class Standing(msgspec.Struct, frozen=True):
    """How a limit stands after a hit."""

    allowed: bool
    remaining: int
    reset_seconds: int


class Window:
    """Hits by key, at most `limit` in a minute that begins with a key's first hit."""

    def __init__(self, limit: int, max_keys: int = MAX_KEYS) -> None:
        self.limit = limit
        self._max_keys = max_keys
        # By key: when its minute ends, and how many hits it has had. The oldest minute stands first.
        self._counts: dict[Hashable, list[Any]] = {}

    def allow(self, key: Hashable, now: float) -> bool:
        """Count one, unless the limit is reached."""
        entry = self._counts.get(key)
        if entry is None or entry[0] <= now:
            self._begin(key, now + WINDOW_SECONDS, 1)
            return True
        if entry[1] >= self.limit:
            return False
        entry[1] += 1
        return True

    def hit(self, key: Hashable, now: float) -> Standing:
        """As `allow`, telling how it stands then."""
        allowed = self.allow(key, now)
        return self.standing(key, now, allowed=allowed)

    def standing(self, key: Hashable, now: float, *, allowed: bool = True) -> Standing:
        """How it stands, counting nothing."""
        entry = self._counts.get(key)
        if entry is None or entry[0] <= now:
            return Standing(allowed, self.limit, ceil(WINDOW_SECONDS))
        return Standing(allowed, max(0, self.limit - entry[1]), max(1, ceil(entry[0] - now)))

    def is_spent(self, key: Hashable, now: float) -> Standing | None:
        """How it stands when the next hit would be refused, else None."""
        entry = self._counts.get(key)
        if entry is None or entry[0] <= now or entry[1] < self.limit:
            return None
        return Standing(False, 0, max(1, ceil(entry[0] - now)))

    def add(self, key: Hashable, hits: int, ends_in_seconds: float, now: float) -> None:
        """Count what another process has allowed."""
        entry = self._counts.get(key)
        if entry is None or entry[0] <= now:
            self._begin(key, now + min(ends_in_seconds, WINDOW_SECONDS), hits)
        else:
            entry[1] += hits

    def seconds_left(self, key: Hashable, now: float) -> float:
        """How long the key's minute still lasts."""
        entry = self._counts.get(key)
        return entry[0] - now if entry is not None else 0.0

    def _begin(self, key: Hashable, ends_at: float, count: int) -> None:
        self._counts.pop(key, None)
        self._counts[key] = [ends_at, count]
        if len(self._counts) > self._max_keys:
            del self._counts[next(iter(self._counts))]


class RateLimits:
    """The limits of a process; `bus` when there are others to tell."""

    def __init__(self, settings: Settings, bus: Bus | None = None) -> None:
        self.on = settings.rate_limits == "on"
        self._bus = bus
        self._windows = {
            _SIGN_IN: Window(settings.auth_requests_per_minute),
            _API: Window(settings.api_requests_per_minute),
            _BAD_TOKENS: Window(settings.api_requests_per_minute),
            _BIDS: Window(settings.bids_per_minute),
        }
        self._bids = self._windows[_BIDS]
        self._untold: dict[str, dict[Hashable, int]] = {kind: {} for kind in self._windows}
        self._timer: asyncio.TimerHandle | None = None
        if bus is not None:
            bus.on_signal(SIGNAL, self._heard)
        self._own_signal = False

    def check_bid(self, user_id: UUID, auction_id: UUID) -> None:
        """Count a bid. Raises RateLimited when this person has bid too often on this auction."""
        if not self.on:
            return
        key = (user_id.int, auction_id.int)
        now = monotonic()
        if not self._bids.allow(key, now):
            detail = f"At most {self._bids.limit} bids a minute on one auction"
            raise RateLimited(retry_after_seconds=max(1, ceil(self._bids.seconds_left(key, now))), detail=detail)
        if self._bus is not None:
            self._tell(_BIDS, key)

    def bid_headers(self, user_id: UUID, auction_id: UUID) -> list[tuple[bytes, bytes]]:
        """How this person's bids on this auction stand, as the answer to one of them says it."""
        if not self.on:
            return []
        return _headers(self._bids.limit, self._bids.standing((user_id.int, auction_id.int), monotonic()))

    def by_address(self, app: ASGIApp) -> ASGIApp:
        """Middleware before authentication: sign-in, calls without a token, and tokens that are not good."""
        if not self.on:
            return app

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            if not _is_limited(scope):
                await app(scope, receive, send)
                return
            address = _address_of(scope)
            if _is_sign_in(scope):
                await self._within(_SIGN_IN, address, app, scope, receive, send)
            elif not any(name == b"authorization" for name, _ in scope["headers"]):
                await self._within(_API, address, app, scope, receive, send)
            else:
                await self._with_token(address, app, scope, receive, send)

        return limited

    def by_person(self, app: ASGIApp) -> ASGIApp:
        """Middleware after authentication: a person's calls, whatever tokens and addresses they come by."""
        if not self.on:
            return app

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            principal: Principal | None = scope["state"].get(PRINCIPAL_KEY) if _is_limited(scope) else None
            if principal is None or _is_sign_in(scope):
                await app(scope, receive, send)
                return
            auction_id = _auction_of_bid(scope)
            if auction_id is None:
                await self._within(_API, str(principal.user_id), app, scope, receive, send)
                return
            user_id = principal.user_id

            async def send_with_headers(message: Message) -> None:
                # The desk's door counts bids, however they come (`check_bid`); by now this one is counted.
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], *self.bid_headers(user_id, auction_id)]
                await send(message)

            await app(scope, receive, send_with_headers)

        return limited

    async def _within(self, kind: str, key: str, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        window = self._windows[kind]
        standing = window.hit(key, monotonic())
        headers = _headers(window.limit, standing)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        if not standing.allowed:
            await send_problem(RateLimited(retry_after_seconds=standing.reset_seconds), send_with_headers)
            return
        self._tell(kind, key)
        await app(scope, receive, send_with_headers)

    async def _with_token(self, address: str, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Made-up tokens must not be a way around the limit of an address, nor cost their neighbours theirs."""
        window = self._windows[_BAD_TOKENS]
        spent = window.is_spent(address, monotonic())
        if spent is not None:
            await send_problem(RateLimited(retry_after_seconds=spent.reset_seconds), send)
            return

        async def noticing(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 401:
                window.hit(address, monotonic())
                self._tell(_BAD_TOKENS, address)
            await send(message)

        await app(scope, receive, noticing)

    # -- other processes -------------------------------------------------------------------------------------

    def _tell(self, kind: str, key: Hashable) -> None:
        if self._bus is None:
            return
        untold = self._untold[kind]
        untold[key] = untold.get(key, 0) + 1
        if kind == _SIGN_IN:
            self._tell_now()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TELL_SECONDS, self._tell_now)

    def _tell_now(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        assert self._bus is not None
        now = monotonic()
        for kind, untold in self._untold.items():
            window = self._windows[kind]
            listed = [(_text(key), hits, window.seconds_left(key, now)) for key, hits in untold.items()]
            untold.clear()
            for start in range(0, len(listed), MAX_TOLD_AT_ONCE):
                self._own_signal = True
                self._bus.signal(SIGNAL, _encode((kind, listed[start : start + MAX_TOLD_AT_ONCE])))
                self._own_signal = False

    def _heard(self, payload: bytes) -> None:
        # The bus tells its own process at once, within `signal`; those hits are counted already.
        if self._own_signal:
            return
        kind, listed = _decode(payload)
        window = self._windows.get(kind)
        if window is None:
            return
        now = monotonic()
        for text, hits, ends_in_seconds in listed:
            window.add(_key(kind, text), hits, ends_in_seconds, now)


def _headers(limit: int, standing: Standing) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", b"%d" % limit),
        (b"ratelimit-remaining", b"%d" % standing.remaining),
        (b"ratelimit-reset", b"%d" % standing.reset_seconds),
    ]


def _is_limited(scope: Any) -> bool:
    """Pages and pictures have no limit, nor have payment providers, who come in bursts and are known by signature."""
    path: str = scope["path"] if scope["type"] == "http" else ""
    return path.startswith("/v1/") and not path.startswith(_WEBHOOKS) and scope["method"] != "OPTIONS"


def _auction_of_bid(scope: Any) -> UUID | None:
    """The auction that a signed-in person bids on: bids have a limit of their own. None for any other call."""
    path: str = scope["path"]
    if scope["method"] != "POST" or not path.startswith(_BIDS_BEFORE) or not path.endswith(_BIDS_AFTER):
        return None
    try:
        return UUID(path[len(_BIDS_BEFORE) : -len(_BIDS_AFTER)])
    except ValueError:
        return None


def _is_sign_in(scope: Any) -> bool:
    path: str = scope["path"]
    return path.startswith("/v1/auth/") and scope["method"] == "POST" and path != "/v1/auth/refresh"


def _address_of(scope: Any) -> str:
    """The client's address; of IPv6 its network, since one person has all of it."""
    client = scope.get("client")
    if not client:
        return "unknown"
    try:
        address = ip_address(client[0])
    except ValueError:
        return str(client[0])
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return hex(int(address) >> (128 - IPV6_NETWORK_BITS))


def _text(key: Hashable) -> str:
    return f"{key[0]:032x}{key[1]:032x}" if isinstance(key, tuple) else str(key)


def _key(kind: str, text: str) -> Hashable:
    return (int(text[:32], 16), int(text[32:], 16)) if kind == _BIDS else text
