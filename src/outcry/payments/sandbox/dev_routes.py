"""The sandbox's switches for developers and tests; in production these do not exist."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from outcry.kernel.access import Access, access
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.errors import NotFound
from outcry.kernel.http import RequestStruct, problems
from outcry.payments.sandbox.checkout import Checkout
from outcry.payments.sandbox.deliveries import Deliveries

_TAGS = ["Development"]
_PUBLIC = access(Access.PUBLIC)
MAX_COPIES = 10
MAX_SPOILT = 100


class WebhookControls(RequestStruct):
    """What to change; absent: as it is."""

    hold: Annotated[bool | None, Meta(description="Keep webhooks back until they are released")] = None
    duplicate: Annotated[int, Meta(ge=1, le=MAX_COPIES, description="How often each is sent")] | None = None
    fail: Annotated[int, Meta(ge=0, le=MAX_SPOILT, description="Spoil the signature of the next few")] | None = None
    reorder: Annotated[
        Literal["in_order", "reversed", "shuffled"] | None, Meta(description="Send what is held now, in this order")
    ] = None


class SentWebhook(msgspec.Struct, frozen=True):
    """An event of the sandbox; `answer_status` is what our endpoint said last."""

    id: str
    type: str
    status: str
    attempts: int
    answer_status: int | None


class SentWebhooks(msgspec.Struct, frozen=True):
    """Newest first; `released` is how many this call has sent."""

    items: list[SentWebhook]
    released: int = 0


class Dispute(RequestStruct):
    """A payment of ours (or a top-up), and what its owner's bank does."""

    payment_id: UUID
    outcome: Literal["opened", "won", "lost"]


@post(
    "/v1/dev/sandbox/webhooks",
    opt=_PUBLIC,
    status_code=200,
    tags=_TAGS,
    summary="Hold, repeat, spoil, reorder webhooks",
    responses=problems(),
)
async def control_webhooks(data: WebhookControls, database: Database, sandbox_deliveries: Deliveries) -> SentWebhooks:
    """Development only."""
    async with database.transaction(SYSTEM) as tx:
        await sandbox_deliveries.control(tx, hold=data.hold, copies=data.duplicate, broken=data.fail)
    released = 0
    if data.reorder is not None:
        released = await sandbox_deliveries.release(data.reorder, copies=data.duplicate or 1)
    return await _shown(sandbox_deliveries, released)


@get("/v1/dev/sandbox/webhooks", opt=_PUBLIC, tags=_TAGS, summary="The sandbox's webhooks", responses=problems())
async def list_webhooks(sandbox_deliveries: Deliveries) -> SentWebhooks:
    """Development only."""
    return await _shown(sandbox_deliveries, 0)


@post(
    "/v1/dev/sandbox/disputes",
    opt=_PUBLIC,
    status_code=204,
    tags=_TAGS,
    summary="Dispute a payment, and decide it",
    responses=problems(404, 409),
)
async def dispute(data: Dispute, database: Database, sandbox_checkout: Checkout) -> None:
    """Development only."""
    async with database.transaction(SYSTEM) as tx:
        reference = await tx.scalar(
            "SELECT id FROM sandbox_payments WHERE subject_id = :id ORDER BY created_at DESC LIMIT 1",
            {"id": data.payment_id},
        )
        if reference is None:
            raise NotFound()
        if data.outcome == "opened":
            await sandbox_checkout.open_dispute(tx, reference)
        else:
            await sandbox_checkout.close_dispute(tx, reference, data.outcome)


async def _shown(deliveries: Deliveries, released: int) -> SentWebhooks:
    rows = await deliveries.shown()
    return SentWebhooks(
        [SentWebhook(row.id, row.type, row.status, row.attempts, row.answer_status) for row in rows], released
    )


ROUTES: Sequence[ControllerRouterHandler] = [control_webhooks, list_webhooks, dispute]
