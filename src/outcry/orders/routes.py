"""HTTP of orders (API.md "Orders and money")."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from litestar import get
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, Principal, access
from outcry.kernel.database import Actor, Database
from outcry.kernel.http import problems
from outcry.kernel.paging import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS, Page
from outcry.orders.rules import Status
from outcry.orders.schemas import OrderView
from outcry.orders.service import OrderService

_TAGS = ["Orders"]
_SIGNED_IN = access(Access.SIGNED_IN)


@get("/v1/orders", opt=_SIGNED_IN, tags=_TAGS, summary="My orders", responses=problems(401))
async def list_orders(
    principal: Principal,
    database: Database,
    orders: OrderService,
    role: Literal["buyer", "seller"] | None = None,
    status: Status | None = None,
    limit: Annotated[int, Parameter(ge=1, le=MAX_PAGE_ITEMS)] = DEFAULT_PAGE_ITEMS,
    cursor: Annotated[str, Parameter(max_length=512)] | None = None,
) -> Page[OrderView]:
    """Newest first."""
    async with database.transaction(Actor.user(principal.user_id)) as tx:
        return await orders.of_person(tx, principal, role, [status] if status else [], limit, cursor)


@get("/v1/orders/{order_id:uuid}", opt=_SIGNED_IN, tags=_TAGS, summary="One order", responses=problems(401, 404))
async def get_order(order_id: UUID, principal: Principal, database: Database, orders: OrderService) -> OrderView:
    """For its buyer, its seller and staff."""
    async with database.transaction(principal.actor) as tx:
        return await orders.read(tx, order_id, principal)


ROUTES: Sequence[ControllerRouterHandler] = [list_orders, get_order]
