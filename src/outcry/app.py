"""The composition root: builds every part once and wires the domains into one ASGI app."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.types import ControllerRouterHandler

from outcry import __version__
from outcry.kernel.access import access_guard, provide_principal
from outcry.kernel.bus import Bus, LocalBus
from outcry.kernel.crypto import KeyRing, load_key_ring
from outcry.kernel.database import Database
from outcry.kernel.http import handle_exception
from outcry.kernel.market import Market
from outcry.kernel.settings import Settings


class Outcry:
    """All parts of one API process. `start` before serving, `stop` after; each may be called once."""

    def __init__(self, settings: Settings, database_url: str) -> None:
        self.settings = settings
        self.market: Market = settings.load_market()
        self.keys: KeyRing = load_key_ring(settings)
        self.database = Database(database_url, pool_connections=settings.database_pool_connections)
        self.bus: Bus = LocalBus()
        self.database.publish_with(self.bus.publish)

    def dependencies(self) -> dict[str, Any]:
        """What routes may ask for by parameter name."""
        return {
            "settings": self.settings,
            "market": self.market,
            "keys": self.keys,
            "database": self.database,
            "bus": self.bus,
        }

    def routes(self) -> list[ControllerRouterHandler]:
        """Every domain's routes."""
        return []

    async def start(self) -> None:
        """Open what needs opening, the back first."""
        await self.bus.start()

    async def stop(self) -> None:
        """Close everything, the front first."""
        await self.bus.stop()
        await self.database.close()

    @asynccontextmanager
    async def lifespan(self, _: Litestar) -> AsyncIterator[None]:
        """For Litestar: started while it serves."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    def asgi(self) -> Litestar:
        """The ASGI app. Raises RuntimeError when a route declares no access."""
        app = Litestar(
            route_handlers=self.routes(),
            dependencies={
                "principal": Provide(provide_principal, sync_to_thread=False),
                **{name: Provide(_always(part), sync_to_thread=False) for name, part in self.dependencies().items()},
            },
            guards=[access_guard],
            exception_handlers={Exception: handle_exception},
            lifespan=[self.lifespan],
            request_max_body_size=self.settings.max_body_bytes,
            openapi_config=OpenAPIConfig(title="Outcry", version=__version__, path="/docs"),
        )
        refuse_undeclared_access(app)
        return app


def _always(part: Any) -> Callable[[], Any]:
    def provide() -> Any:
        return part

    return provide


def refuse_undeclared_access(app: Litestar) -> None:
    """Default deny is checked at start too, so that a forgotten declaration cannot reach a deployment."""
    silent = [
        f"{route.path} ({handler.handler_name})"
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if "access" not in handler.opt and not route.path.startswith("/docs")
    ]
    if silent:
        raise RuntimeError("these routes declare no access: " + ", ".join(silent))
