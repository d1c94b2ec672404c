"""HTTP of payments for support and administrators. Every change is logged with who asked for it."""

import logging
from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, Principal, access
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.http import RequestStruct, problems
from outcry.kernel.idempotency import IdempotencyHeader, Idempotent
from outcry.kernel.jobs import Jobs
from outcry.kernel.paging import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS, Page
from outcry.payments.reconciliation import RUN, Reconciliation
from outcry.payments.staff import PaymentsDesk, RunReport, RunView, StaffPayment, StaffWebhook
from outcry.payments.webhooks import Webhooks

_TAGS = ["Staff"]
_SUPPORT = access(Access.SUPPORT)
_ADMIN = access(Access.ADMIN)
Limit = Annotated[int, Parameter(ge=1, le=MAX_PAGE_ITEMS)]
Cursor = Annotated[str | None, Parameter(max_length=512)]

_log = logging.getLogger("outcry.payments.staff")


class RunNow(RequestStruct):
    """Which provider's records to compare now."""

    provider: Literal["sandbox", "stripe"]


class RunBegun(msgspec.Struct, frozen=True):
    """Its report comes under this id."""

    id: UUID


@get("/v1/admin/payments", opt=_SUPPORT, tags=_TAGS, summary="Payments", responses=problems(401, 403))
async def list_payments(
    principal: Principal,
    database: Database,
    payments_desk: PaymentsDesk,
    status: Literal["pending", "succeeded", "failed", "cancelled", "returned"] | None = None,
    order_id: UUID | None = None,
    payer_id: UUID | None = None,
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Cursor = None,
) -> Page[StaffPayment]:
    """Newest first."""
    async with database.transaction(principal.actor) as tx:
        return await payments_desk.payments(
            tx, status=status, order_id=order_id, payer_id=payer_id, limit=limit, cursor=cursor
        )


@get("/v1/admin/webhooks", opt=_SUPPORT, tags=_TAGS, summary="Providers' events", responses=problems(401, 403))
async def list_webhooks(
    principal: Principal,
    database: Database,
    payments_desk: PaymentsDesk,
    status: Literal["received", "waiting", "applied", "ignored", "flagged"] | None = None,
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Cursor = None,
) -> Page[StaffWebhook]:
    """Newest first; `flagged` are those that wait for a person."""
    async with database.transaction(principal.actor) as tx:
        return await payments_desk.webhooks(tx, status=status, limit=limit, cursor=cursor)


@post(
    "/v1/admin/webhooks/{event_id:uuid}/replay",
    opt=_ADMIN,
    status_code=202,
    tags=_TAGS,
    summary="Apply an event again",
    responses=problems(401, 403, 404),
)
async def replay_webhook(event_id: UUID, principal: Principal, database: Database, webhooks: Webhooks) -> None:
    """What it has done already it does not do twice."""
    async with database.transaction(SYSTEM) as tx:
        await webhooks.replay(tx, event_id, principal.user_id)


@get("/v1/admin/reconciliations", opt=_SUPPORT, tags=_TAGS, summary="Reconciliations", responses=problems(401, 403))
async def list_reconciliations(
    principal: Principal,
    database: Database,
    payments_desk: PaymentsDesk,
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Cursor = None,
) -> Page[RunView]:
    """Newest first."""
    async with database.transaction(principal.actor) as tx:
        return await payments_desk.runs(tx, limit=limit, cursor=cursor)


@get(
    "/v1/admin/reconciliations/{run_id:uuid}",
    opt=_SUPPORT,
    tags=_TAGS,
    summary="A reconciliation's report",
    responses=problems(401, 403, 404),
)
async def get_reconciliation(
    run_id: UUID, principal: Principal, database: Database, payments_desk: PaymentsDesk
) -> RunReport:
    """Every difference it found."""
    async with database.transaction(principal.actor) as tx:
        return await payments_desk.report(tx, run_id)


@post(
    "/v1/admin/reconciliations",
    opt=_ADMIN,
    status_code=202,
    tags=_TAGS,
    summary="Reconcile now",
    responses=problems(401, 403, 404, 409),
)
async def run_reconciliation(
    data: RunNow,
    principal: Principal,
    database: Database,
    jobs: Jobs,
    reconciliation: Reconciliation,
    idempotent: Idempotent,
    idempotency_key: IdempotencyHeader = None,
) -> Response[RunBegun]:
    """The report is there when its `status` is `done`."""

    async def begin() -> RunBegun:
        run_id = await reconciliation.begin(tx, data.provider, asked_by=principal.user_id)
        await jobs.defer(tx, RUN, reconciliation=run_id)
        _log.warning("staff %s asks for reconciliation %s of %s", principal.user_id, run_id, data.provider)
        return RunBegun(run_id)

    async with database.transaction(SYSTEM) as tx:
        return await idempotent.answer(tx, data, begin, status=202)


ROUTES: Sequence[ControllerRouterHandler] = [
    list_payments, list_webhooks, replay_webhook, list_reconciliations, get_reconciliation, run_reconciliation,
]  # fmt: skip
