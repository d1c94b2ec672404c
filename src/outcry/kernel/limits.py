"""Rate limits (SPEC API-4): sign-in by address, the API by person, bids by person and auction.

Counted in this process, or in Redis for all processes when there is one; a Redis that is away never refuses anybody.
"""

import logging
from collections import OrderedDict
from hashlib import sha256
from ipaddress import ip_address, ip_network
from math import ceil
from time import monotonic
from typing import Any
from uuid import UUID

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from outcry.kernel.errors import RateLimited
from outcry.kernel.http import send_problem
from outcry.kernel.settings import Settings

WINDOW_SECONDS = 60.0
MAX_BID_COUNTERS = 200_000

_log = logging.getLogger("outcry.limits")


class BidRate:
    """Bids per person and auction in a fixed window: one dictionary look-up, since every bid passes here."""

    def __init__(self, bids_a_minute: int) -> None:
        self._limit = bids_a_minute
        self._counts: OrderedDict[tuple[int, int], tuple[float, int]] = OrderedDict()

    def check(self, user_id: UUID, auction_id: UUID) -> None:
        """Count one more. Raises RateLimited."""
        now = monotonic()
        key = (user_id.int, auction_id.int)
        ends_at, count = self._counts.get(key, (0.0, 0))
        if ends_at <= now:
            ends_at, count = now + WINDOW_SECONDS, 0
            self._counts.pop(key, None)
        if count >= self._limit:
            raise RateLimited(
                retry_after_seconds=max(1, ceil(ends_at - now)),
                detail=f"At most {self._limit} bids a minute on one auction",
            )
        self._counts[key] = (ends_at, count + 1)
        while len(self._counts) > MAX_BID_COUNTERS:
            self._counts.popitem(last=False)


class RateLimits:
    """The limits of all requests."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.rate_limits == "on"
        self._memory = FixedWindowRateLimiter(MemoryStorage())
        self._shared: FixedWindowRateLimiter | None = None
        if settings.redis_url and self._on:
            storage: Storage = RedisStorage(f"async+{settings.redis_url}", implementation="redispy")
            self._shared = FixedWindowRateLimiter(storage)
        self._auth = RateLimitItemPerMinute(settings.auth_requests_per_minute, namespace="auth")
        self._api = RateLimitItemPerMinute(settings.api_requests_per_minute, namespace="api")
        self._bids = BidRate(settings.bids_per_minute)
        self._trusted = settings.trusted_proxies

    def check_bid(self, user_id: UUID, auction_id: UUID) -> None:
        """Raises RateLimited when this person has bid too often on this auction."""
        if self._on:
            self._bids.check(user_id, auction_id)

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """ASGI middleware for everything but bids, which have a limit of their own."""
        if not self._on:
            return app

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            chosen = self._limit_of(scope)
            if chosen is None:
                await app(scope, receive, send)
                return
            item, key = chosen
            allowed, remaining, reset_seconds = await self._hit(item, key)
            headers = [
                (b"ratelimit-limit", str(item.amount).encode()),
                (b"ratelimit-remaining", str(remaining).encode()),
                (b"ratelimit-reset", str(reset_seconds).encode()),
            ]

            async def send_with_headers(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], *headers]
                await send(message)

            if allowed:
                await app(scope, receive, send_with_headers)
            else:
                await send_problem(RateLimited(retry_after_seconds=reset_seconds), send_with_headers)

        return limited

    def _limit_of(self, scope: Any) -> tuple[RateLimitItemPerMinute, str] | None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/") or scope["method"] == "OPTIONS":
            return None
        path: str = scope["path"]
        if path.startswith("/v1/auth/") and scope["method"] == "POST" and path != "/v1/auth/refresh":
            return self._auth, self.address_of(scope)
        if scope["method"] == "POST" and path.startswith("/v1/auctions/") and path.endswith("/bids"):
            return None
        for name, value in scope["headers"]:
            if name == b"authorization":
                return self._api, sha256(value).hexdigest()[:32]
        return self._api, self.address_of(scope)

    def address_of(self, scope: Any) -> str:
        """The client's address; behind a trusted proxy the one it forwards for."""
        client = scope.get("client")
        address = client[0] if client else "unknown"
        if self._trusted and self._is_trusted(address):
            for name, value in scope["headers"]:
                if name == b"x-forwarded-for":
                    # The last hop that is not ours is the only one that nobody outside could have made up.
                    hops = [hop.strip() for hop in value.decode("latin-1").split(",")]
                    return next((hop for hop in reversed(hops) if not self._is_trusted(hop)), address)
        return address

    def _is_trusted(self, address: str) -> bool:
        if self._trusted == "*":
            return True
        try:
            known = ip_address(address)
            return any(known in ip_network(one.strip(), strict=False) for one in self._trusted.split(","))
        except ValueError:
            return False

    async def _hit(self, item: RateLimitItemPerMinute, key: str) -> tuple[bool, int, int]:
        if self._shared is not None:
            try:
                return await _count(self._shared, item, key)
            except Exception as away:
                _log.warning("Redis is away, limits are counted in this process: %s", away)
        return await _count(self._memory, item, key)


async def _count(limiter: FixedWindowRateLimiter, item: RateLimitItemPerMinute, key: str) -> tuple[bool, int, int]:
    from time import time

    allowed = await limiter.hit(item, key)
    window = await limiter.get_window_stats(item, key)
    return allowed, window.remaining, max(1, ceil(window.reset_time - time()))
