"""Prometheus metrics (SPEC OPS-3): requests by route, and whatever parts register.

Several processes behind one socket answer as one: whichever is scraped asks its siblings over their Unix sockets and
tells all their numbers, each under its `process` label.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from litestar import Response, get
from litestar.types import ASGIApp, ControllerRouterHandler, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from outcry.kernel.access import Access, access

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SIBLING_SECONDS = 1.0
# Callers may send any word as the method; it must not make a series of its own.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

_log = logging.getLogger("outcry.metrics")


class Family(msgspec.Struct, frozen=True):
    """A metric as one process tells it to another."""

    name: str
    documentation: str
    type: str
    # (name, labels, value)
    samples: list[tuple[str, dict[str, str], float]]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Family]).decode


class _Listed(Collector):
    """Metrics that are there already, for the exposition writer."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


class Metrics(Collector):
    """One process's numbers."""

    def __init__(self) -> None:
        disable_created_metrics()
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "outcry_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "outcry_request_seconds", "Time to answer", ["route"], buckets=_BUCKETS, registry=self._registry
        )
        self._read: list[tuple[type[Metric], str, str, Callable[[], float]]] = []
        self._registry.register(self)
        self._socket: Path | None = None
        self._server: asyncio.Server | None = None

    def gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Show what `read` gives at each scrape."""
        self._read.append((GaugeMetricFamily, name, description, read))

    def counter(self, name: str, description: str, read: Callable[[], float]) -> None:
        """As `gauge`, of something that only rises; Prometheus sees it as `name`_total."""
        self._read.append((CounterMetricFamily, name, description, read))

    def collect(self) -> Iterable[Metric]:
        """What was registered, as it stands now; called by the registry."""
        for kind, name, description, read in self._read:
            yield kind(name, description, value=read())  # type: ignore[call-arg]

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def counting(self, method: str, route: str) -> Callable[[int, float], None]:
        """`count` of one route, for hot paths: its series are looked up once."""
        answered = self._seconds.labels(route)
        by_status: dict[int, Counter] = {}

        def count(status: int, seconds: float) -> None:
            requests = by_status.get(status)
            if requests is None:
                requests = by_status[status] = self._requests.labels(method, route, str(status))
            requests.inc()
            answered.observe(seconds)

        return count

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
                method = plain["method"] if plain["method"] in _METHODS else "other"
                self.count(method, route, status, perf_counter() - began)

        return counted

    # -- several processes -----------------------------------------------------------------------------------

    def share(self, folder: Path, process: str) -> None:
        """Answer together with the processes whose sockets are in `folder`; before `start`."""
        self._socket = folder / process

    async def start(self) -> None:
        """Begin to answer siblings."""
        if self._socket is not None:
            # A process that was killed left its socket behind.
            self._socket.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._answer, self._socket)

    async def stop(self) -> None:
        """Answer no more."""
        if self._server is not None and self._socket is not None:
            self._server.close()
            self._socket.unlink(missing_ok=True)

    async def _answer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_encode(self._families()))
        await writer.drain()
        writer.close()

    def _families(self) -> list[Family]:
        return [
            Family(one.name, one.documentation, one.type, [(s.name, s.labels, s.value) for s in one.samples])
            for one in self._registry.collect()
        ]

    async def text(self) -> bytes:
        """The exposition format."""
        if self._socket is None:
            return generate_latest(self._registry)
        sockets = sorted(path for path in self._socket.parent.iterdir() if path != self._socket)
        told = [(self._socket.name, self._families())]
        told += zip([path.name for path in sockets], await asyncio.gather(*map(_ask, sockets)), strict=True)
        registry = CollectorRegistry()
        registry.register(_Listed(merged(told)))
        return generate_latest(registry)


async def _ask(socket: Path) -> list[Family]:
    """A sibling's numbers; none when it is just starting or ending."""
    try:
        async with asyncio.timeout(SIBLING_SECONDS):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                return _decode(await reader.read())
            finally:
                writer.close()
    except (OSError, TimeoutError, msgspec.MsgspecError) as silent:
        _log.warning("process %s tells no metrics: %s", socket.name, silent)
        return []


def merged(told: Iterable[tuple[str, Iterable[Family]]]) -> list[Metric]:
    """One metric for each name, its samples labelled with the process that told them. Pure."""
    metrics: dict[str, Metric] = {}
    for process, families in told:
        for family in families:
            if family.name not in metrics:
                metrics[family.name] = Metric(family.name, family.documentation, family.type)
            for name, labels, value in family.samples:
                metrics[family.name].add_sample(name, {**labels, "process": process}, value)
    return list(metrics.values())


@get("/metrics", opt=access(Access.PUBLIC), include_in_schema=False)
async def show(metrics: Metrics) -> Response[bytes]:
    """For Prometheus; keep it inside at the proxy."""
    return Response(await metrics.text(), media_type=CONTENT_TYPE)


ROUTES: Sequence[ControllerRouterHandler] = [show]
