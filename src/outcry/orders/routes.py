"""HTTP of orders (API.md "Orders and money")."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.identity import strikes
from outcry.identity.strikes import StrikeView
from outcry.kernel.access import Access, Principal, access
from outcry.kernel.database import SYSTEM, Actor, Database, Transaction
from outcry.kernel.http import problems
from outcry.kernel.idempotency import Idempotent
from outcry.kernel.market import Market
from outcry.kernel.paging import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS, Page
from outcry.orders.cancelling import Cancelling
from outcry.orders.fulfilling import Fulfilling
from outcry.orders.lookup import MAX_FIND_CHARACTERS, Wanted, find_orders
from outcry.orders.paying import Paying
from outcry.orders.purchases import Purchases
from outcry.orders.rules import Status
from outcry.orders.schemas import (
    CancelOrder,
    CreateOrder,
    OrderPaid,
    OrderView,
    PayOrder,
    RefundOrder,
    ShipOrder,
)
from outcry.orders.service import OrderService

_TAGS = ["Orders"]
_SIGNED_IN = access(Access.SIGNED_IN)
_STAFF = access(Access.STAFF)
# What most of these may answer: not yours, not your part, not now.
_REFUSALS = problems(401, 403, 404, 409)
Limit = Annotated[int, Parameter(ge=1, le=MAX_PAGE_ITEMS)]
Cursor = Annotated[str | None, Parameter(max_length=512)]


@post("/v1/orders", opt=_SIGNED_IN, tags=_TAGS, summary="Buy at the fixed price", responses=_REFUSALS)
async def create_order(
    data: CreateOrder,
    principal: Principal,
    database: Database,
    orders: OrderService,
    purchases: Purchases,
    idempotent: Idempotent,
) -> Response[OrderView]:
    """Reserves what is bought until it is paid or the time to pay is over; `out_of_stock` tells what is `available`."""
    async with database.transaction(SYSTEM) as tx:

        async def act() -> OrderView:
            return await orders.read(tx, await purchases.buy(tx, principal, data), principal)

        return await idempotent.answer(tx, data, act, status=201)


@get("/v1/orders", opt=_SIGNED_IN, tags=_TAGS, summary="My orders", responses=problems(401))
async def list_orders(
    principal: Principal,
    database: Database,
    orders: OrderService,
    role: Literal["buyer", "seller"] | None = None,
    status: Status | None = None,
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Cursor = None,
) -> Page[OrderView]:
    """Newest first."""
    async with database.transaction(Actor.user(principal.user_id)) as tx:
        return await orders.of_person(tx, principal, role, [status] if status else [], limit, cursor)


@get("/v1/orders/{order_id:uuid}", opt=_SIGNED_IN, tags=_TAGS, summary="One order", responses=problems(401, 404))
async def get_order(order_id: UUID, principal: Principal, database: Database, orders: OrderService) -> OrderView:
    """For its buyer, its seller and staff: what happened, what comes next and what the viewer may do."""
    async with database.transaction(principal.actor) as tx:
        return await orders.read(tx, order_id, principal)


@post(
    "/v1/orders/{order_id:uuid}/pay",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Pay",
    responses=problems(401, 402, 403, 404, 409, 503),
)
async def pay(
    order_id: UUID,
    data: PayOrder,
    request: Request[Any, Any, Any],
    principal: Principal,
    paying: Paying,
    idempotent: Idempotent,
) -> Response[OrderPaid]:
    """By wallet at once; by card at `checkout_url`, or with `client_secret`, and the order follows the payment."""
    return await paying.pay(principal, order_id, data, idempotent, str(request.base_url))


@post(
    "/v1/orders/{order_id:uuid}/cancel",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Call an order off",
    responses=_REFUSALS,
)
async def cancel(
    order_id: UUID,
    principal: Principal,
    database: Database,
    orders: OrderService,
    cancelling: Cancelling,
    idempotent: Idempotent,
    data: CancelOrder | None = None,
) -> Response[OrderView]:
    """Before it is paid: by the seller or staff, and by the buyer unless it was won by bidding."""
    reason = data.reason if data else None
    return await _acting(
        database,
        orders,
        principal,
        order_id,
        idempotent,
        data,
        lambda tx: cancelling.cancel(tx, principal, order_id, reason),
    )


@post(
    "/v1/orders/{order_id:uuid}/ship",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="It is on its way",
    responses=_REFUSALS,
)
async def ship(
    order_id: UUID,
    data: ShipOrder,
    principal: Principal,
    database: Database,
    orders: OrderService,
    fulfilling: Fulfilling,
    idempotent: Idempotent,
) -> Response[OrderView]:
    """By the seller, of an order that is paid."""
    return await _acting(
        database,
        orders,
        principal,
        order_id,
        idempotent,
        data,
        lambda tx: fulfilling.ship(tx, principal, order_id, data),
    )


@post(
    "/v1/orders/{order_id:uuid}/confirm-delivery",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="It is here",
    responses=_REFUSALS,
)
async def confirm_delivery(
    order_id: UUID,
    principal: Principal,
    database: Database,
    orders: OrderService,
    fulfilling: Fulfilling,
    idempotent: Idempotent,
) -> Response[OrderView]:
    """By the buyer: the seller is paid."""
    return await _acting(
        database,
        orders,
        principal,
        order_id,
        idempotent,
        None,
        lambda tx: fulfilling.confirm(tx, principal, order_id),
    )


@post(
    "/v1/orders/{order_id:uuid}/refund",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Give money back",
    responses=_REFUSALS,
)
async def refund(
    order_id: UUID,
    data: RefundOrder,
    principal: Principal,
    database: Database,
    orders: OrderService,
    fulfilling: Fulfilling,
    idempotent: Idempotent,
) -> Response[OrderView]:
    """By the seller or staff, all or part of what is held, to where it came from."""
    return await _acting(
        database,
        orders,
        principal,
        order_id,
        idempotent,
        data,
        lambda tx: fulfilling.refund(tx, principal, order_id, data),
    )


@get("/v1/admin/orders", opt=_STAFF, tags=["Staff"], summary="Everybody's orders", responses=problems(401, 403))
async def all_orders(
    principal: Principal,
    database: Database,
    orders: OrderService,
    market: Market,
    find: Annotated[str | None, Parameter(max_length=MAX_FIND_CHARACTERS)] = None,
    user_id: UUID | None = None,
    buyer_id: UUID | None = None,
    seller_id: UUID | None = None,
    status: Status | None = None,
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Cursor = None,
) -> Page[OrderView]:
    """Newest first. `find` takes an id (of an order, its auction, listing, dispute or a party) or an invoice's number;
    `user_id` is either party."""
    wanted = Wanted(find=find, user_id=user_id, buyer_id=buyer_id, seller_id=seller_id, status=status)
    async with database.transaction(principal.actor) as tx:
        return await find_orders(tx, orders, market, principal, wanted, limit, cursor)


@get(
    "/v1/admin/users/{user_id:uuid}/strikes",
    opt=_STAFF,
    tags=["Staff"],
    summary="A person's strikes",
    responses=problems(401, 403, 404),
)
async def strikes_of(user_id: UUID, principal: Principal, database: Database) -> list[StrikeView]:
    """Newest first; the person sees its own at /users/me."""
    async with database.transaction(principal.actor) as tx:
        return await strikes.of_person(tx, user_id)


async def _acting(
    database: Database,
    orders: OrderService,
    principal: Principal,
    order_id: UUID,
    idempotent: Idempotent,
    body: Any,
    do: Callable[[Transaction], Awaitable[None]],
) -> Response[OrderView]:
    """One transaction of the system, whose use case checks who asks; answers with the order after it."""
    async with database.transaction(SYSTEM) as tx:

        async def act() -> OrderView:
            await do(tx)
            return await orders.read(tx, order_id, principal)

        return await idempotent.answer(tx, body, act, status=200)


ROUTES: Sequence[ControllerRouterHandler] = [
    create_order,
    list_orders,
    get_order,
    pay,
    cancel,
    ship,
    confirm_delivery,
    refund,
    all_orders,
    strikes_of,
]
