"""Prometheus metrics (SPEC OPS-3): requests by route, and whatever parts register as gauges."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from litestar import Response, get
from litestar.types import ASGIApp, ControllerRouterHandler, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from outcry.kernel.access import Access, access

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """One process's numbers; each process is scraped at its own address, or sampled through the shared one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "outcry_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "outcry_request_seconds", "Time to answer", ["route"], buckets=_BUCKETS, registry=self.registry
        )

    def gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Show what `read` gives at each scrape."""
        Gauge(name, description, registry=self.registry).set_function(read)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """ASGI middleware counting requests by the route's template, so that ids make no series of their own."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            began = perf_counter()
            status = 500

            async def noticing(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                await app(scope, receive, noticing)
            finally:
                plain: dict[str, Any] = dict(scope)
                route = str(plain.get("path_template") or "other")
                self.count(plain["method"], route, status, perf_counter() - began)

        return counted

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


@get("/metrics", opt=access(Access.PUBLIC), include_in_schema=False)
async def show(metrics: Metrics) -> Response[bytes]:
    """For Prometheus; keep it inside at the proxy."""
    return Response(metrics.text(), media_type=CONTENT_TYPE)


ROUTES: Sequence[ControllerRouterHandler] = [show]
