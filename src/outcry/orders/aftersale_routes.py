"""HTTP of disputes, invoices and ratings (API.md "Orders and money")."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, Principal, access
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.http import problems
from outcry.kernel.idempotency import Idempotent
from outcry.kernel.paging import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS, Page
from outcry.orders.dispute_views import (
    AddEvidence,
    DisputeLine,
    DisputeView,
    OpenDispute,
    ResolveDispute,
    StaffDisputeView,
)
from outcry.orders.disputes import Disputes, StandingFilter
from outcry.orders.invoices import Invoices
from outcry.orders.ratings import GiveRating, Ratings, RatingView
from outcry.orders.schemas import OrderView
from outcry.orders.service import OrderService

_DISPUTES = ["Disputes"]
_SIGNED_IN = access(Access.SIGNED_IN)
_SUPPORT = access(Access.SUPPORT)
_REFUSALS = problems(401, 403, 404, 409)
Limit = Annotated[int, Parameter(ge=1, le=MAX_PAGE_ITEMS)]
Cursor = Annotated[str | None, Parameter(max_length=512)]


@post("/v1/orders/{order_id:uuid}/dispute", opt=_SIGNED_IN, tags=_DISPUTES, summary="Dispute", responses=_REFUSALS)
async def open_dispute(
    order_id: UUID,
    data: OpenDispute,
    principal: Principal,
    database: Database,
    disputes: Disputes,
    orders: OrderService,
    idempotent: Idempotent,
) -> Response[OrderView]:
    """By the buyer, while the money is held: nothing is released until it is decided. Answers with the order."""
    async with database.transaction(SYSTEM) as tx:

        async def act() -> OrderView:
            await disputes.open(tx, principal, order_id, data)
            return await orders.read(tx, order_id, principal)

        return await idempotent.answer(tx, data, act, status=201)


@get(
    "/v1/orders/{order_id:uuid}/dispute",
    opt=_SIGNED_IN,
    tags=_DISPUTES,
    summary="An order's dispute",
    responses=problems(401, 404),
)
async def dispute_of_order(
    order_id: UUID, principal: Principal, database: Database, disputes: Disputes
) -> Response[DisputeView]:
    """The latest, with the evidence of both sides; for both of them and staff."""
    async with database.transaction(principal.actor) as tx:
        view = await disputes.of_order(tx, principal, order_id)
    return Response(view, headers={"Cache-Control": "no-store"})


@post(
    "/v1/disputes/{dispute_id:uuid}/evidence",
    opt=_SIGNED_IN,
    tags=_DISPUTES,
    summary="Add evidence",
    responses=problems(401, 404, 409),
)
async def add_evidence(
    dispute_id: UUID,
    data: AddEvidence,
    principal: Principal,
    database: Database,
    disputes: Disputes,
    idempotent: Idempotent,
) -> Response[DisputeView]:
    """By both sides and staff; the seller's first is its answer. Pictures are uploads with the purpose `evidence`."""
    async with database.transaction(SYSTEM) as tx:
        return await idempotent.answer(
            tx, data, lambda: disputes.add_evidence(tx, principal, dispute_id, data), status=201
        )


@post(
    "/v1/disputes/{dispute_id:uuid}/withdraw",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_DISPUTES,
    summary="Withdraw",
    responses=_REFUSALS,
)
async def withdraw(
    dispute_id: UUID, principal: Principal, database: Database, disputes: Disputes, idempotent: Idempotent
) -> Response[DisputeView]:
    """By the buyer: the order goes on where it was."""
    async with database.transaction(SYSTEM) as tx:
        return await idempotent.answer(tx, None, lambda: disputes.withdraw(tx, principal, dispute_id), status=200)


@get("/v1/admin/disputes", opt=_SUPPORT, tags=["Staff"], summary="Everybody's disputes", responses=problems(401, 403))
async def all_disputes(
    principal: Principal,
    database: Database,
    disputes: Disputes,
    status: StandingFilter | None = None,
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Cursor = None,
) -> Page[DisputeLine]:
    """`open` and `overdue` (the seller's time to answer is over) with the oldest first, others the newest."""
    async with database.transaction(principal.actor) as tx:
        return await disputes.page(tx, status, limit, cursor)


@get(
    "/v1/admin/disputes/{dispute_id:uuid}",
    opt=_SUPPORT,
    tags=["Staff"],
    summary="A dispute",
    responses=problems(401, 403, 404),
)
async def dispute_for_staff(
    dispute_id: UUID, principal: Principal, database: Database, disputes: Disputes
) -> Response[StaffDisputeView]:
    """With its order and the evidence of both sides."""
    async with database.transaction(principal.actor) as tx:
        view = await disputes.for_staff(tx, principal, dispute_id)
    return Response(view, headers={"Cache-Control": "no-store"})


@post(
    "/v1/admin/disputes/{dispute_id:uuid}/resolve",
    opt=_SUPPORT,
    status_code=200,
    tags=["Staff"],
    summary="Decide a dispute",
    responses=_REFUSALS,
)
async def resolve(
    dispute_id: UUID,
    data: ResolveDispute,
    principal: Principal,
    database: Database,
    disputes: Disputes,
    idempotent: Idempotent,
) -> Response[StaffDisputeView]:
    """`refund_amount` goes back to the buyer, the rest to the seller, in one transaction; once."""
    async with database.transaction(SYSTEM) as tx:
        return await idempotent.answer(tx, data, lambda: disputes.resolve(tx, principal, dispute_id, data), status=200)


@get(
    "/v1/orders/{order_id:uuid}/invoice.pdf",
    opt=_SIGNED_IN,
    tags=["Orders"],
    summary="The invoice",
    media_type="application/pdf",
    responses=problems(401, 404),
)
async def invoice(order_id: UUID, principal: Principal, invoices: Invoices) -> Response[bytes]:
    """Of a completed order. The buyer's is the invoice; the seller's, which staff see, has the fees with it."""
    name, document = await invoices.pdf(principal, order_id)
    return Response(
        document,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


@post(
    "/v1/orders/{order_id:uuid}/rating",
    opt=_SIGNED_IN,
    tags=["Ratings"],
    summary="Rate",
    responses=problems(401, 404, 409),
)
async def rate(
    order_id: UUID, data: GiveRating, principal: Principal, database: Database, ratings: Ratings, idempotent: Idempotent
) -> Response[OrderView]:
    """The other party of a completed order, once; nobody sees it until both have rated, or the time is over."""
    async with database.transaction(SYSTEM) as tx:
        return await idempotent.answer(tx, data, lambda: ratings.rate(tx, principal, order_id, data), status=201)


@get(
    "/v1/users/{user_id:uuid}/ratings",
    opt=access(Access.PUBLIC),
    tags=["Ratings"],
    summary="What others say of a person",
    responses=problems(401, 404),
)
async def ratings_of(
    user_id: UUID,
    database: Database,
    ratings: Ratings,
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Cursor = None,
) -> Page[RatingView]:
    """Newest first."""
    async with database.transaction(SYSTEM) as tx:
        return await ratings.of_person(tx, user_id, limit, cursor)


ROUTES: Sequence[ControllerRouterHandler] = [
    open_dispute, dispute_of_order, add_evidence, withdraw, all_disputes, dispute_for_staff, resolve, invoice, rate,
    ratings_of,
]  # fmt: skip
