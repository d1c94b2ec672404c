"""Every domain's routes, and the check that none of them is open by oversight (SPEC ID-5)."""

from litestar import Litestar
from litestar.types import ControllerRouterHandler

from outcry.auctions import routes as auction_routes
from outcry.catalog import routes as catalog_routes
from outcry.identity import routes as identity_routes
from outcry.kernel import health, metrics
from outcry.ledger import routes as ledger_routes
from outcry.media import routes as media_routes
from outcry.notifications import routes as notification_routes
from outcry.notifications import staff_routes as mail_staff_routes
from outcry.orders import aftersale_routes, handover_routes
from outcry.orders import dev_routes as order_dev_routes
from outcry.orders import routes as order_routes
from outcry.pages import people, reference_routes, sitemap
from outcry.pages import routes as page_routes
from outcry.payments import routes as payment_routes
from outcry.payments import staff_routes as payment_staff_routes
from outcry.payments.sandbox import dev_routes as sandbox_dev_routes
from outcry.payments.sandbox import routes as sandbox_routes
from outcry.realtime import routes as realtime_routes


def every_route(*, client: bool, sandbox: bool, development: bool) -> list[ControllerRouterHandler]:
    """What is answered: always, with a built client, with the sandbox for money, and in development only."""
    routes: list[ControllerRouterHandler] = [
        *identity_routes.ROUTES,
        *media_routes.ROUTES,
        *catalog_routes.ROUTES,
        *ledger_routes.ROUTES,
        *auction_routes.ROUTES,
        *payment_routes.ROUTES,
        *payment_staff_routes.ROUTES,
        *order_routes.ROUTES,
        *handover_routes.ROUTES,
        *aftersale_routes.ROUTES,
        *notification_routes.ROUTES,
        *mail_staff_routes.ROUTES,
        *realtime_routes.ROUTES,
        *page_routes.ROUTES,
        *people.ROUTES,
        *reference_routes.ROUTES,
        *sitemap.ROUTES,
        *health.ROUTES,
        *metrics.ROUTES,
    ]
    if client:
        routes += page_routes.CLIENT_ROUTES
    if sandbox:
        routes += sandbox_routes.ROUTES
    if development:
        routes += [
            *identity_routes.DEVELOPMENT_ROUTES,
            *ledger_routes.DEVELOPMENT_ROUTES,
            *sandbox_dev_routes.ROUTES,
            *order_dev_routes.DEVELOPMENT_ROUTES,
            *reference_routes.DEVELOPMENT_ROUTES,
        ]
    return routes


def refuse_undeclared_access(app: Litestar) -> None:
    """Default deny is checked at start too, so that a forgotten declaration cannot reach a deployment."""
    silent = [
        f"{route.path} ({handler.handler_name})"
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if "access" not in handler.opt and "OPTIONS" not in getattr(handler, "http_methods", ())
    ]
    if silent:
        raise RuntimeError("these routes declare no access: " + ", ".join(silent))
