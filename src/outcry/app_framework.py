"""The web framework as the product uses it: routes, parts by name, one guard, one exception handler, one document."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

from outcry import __version__
from outcry.app_routes import refuse_undeclared_access
from outcry.kernel.access import Access, access, access_guard, provide_principal
from outcry.kernel.http import handle_exception
from outcry.kernel.idempotency import provide_idempotent

SCHEMA_PATH = "/v1/schema"


def make_framework(
    routes: Sequence[ControllerRouterHandler],
    parts: Mapping[str, Any],
    *,
    lifespan: Callable[[Litestar], Any],
    missing_page: Callable[..., Any],
    max_body_bytes: int,
) -> Litestar:
    """`parts` are what routes may ask for by parameter name. Raises RuntimeError when a route declares no access."""
    app = Litestar(
        route_handlers=routes,
        dependencies={
            "principal": Provide(provide_principal, sync_to_thread=False),
            "idempotent": Provide(provide_idempotent, sync_to_thread=False),
            **{name: Provide(_always(part), sync_to_thread=False) for name, part in parts.items()},
        },
        guards=[access_guard],
        compression_config=CompressionConfig(backend="gzip", minimum_size=2_000, exclude=["/events$", "/media/"]),
        exception_handlers={Exception: handle_exception, NotFoundException: missing_page},
        lifespan=[lifespan],
        request_max_body_size=max_body_bytes,
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Outcry",
            version=__version__,
            description="The live-auction marketplace: listings, real-time bidding, orders.",
            path=SCHEMA_PATH,
            openapi_router=Router(path=SCHEMA_PATH, route_handlers=[], opt=access(Access.PUBLIC)),
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            components=Components(
                security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
            ),
        ),
    )
    refuse_undeclared_access(app)
    return app


def _always(part: Any) -> Callable[[], Any]:
    def provide() -> Any:
        return part

    return provide
