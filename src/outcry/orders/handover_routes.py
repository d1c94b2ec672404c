"""HTTP of meeting and handing over (API.md "Orders and money")."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post, put
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, Principal, access
from outcry.kernel.database import PUBLIC, SYSTEM, Database
from outcry.kernel.http import problems
from outcry.kernel.idempotency import Idempotent
from outcry.kernel.paging import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS, Page
from outcry.orders.handover import Handover, HandoverCode, ScannedCode
from outcry.orders.meetings import Meetings, ProposeMeeting
from outcry.orders.schemas import OrderView, SafeZoneView

_TAGS = ["Handover"]
_SIGNED_IN = access(Access.SIGNED_IN)


@get("/v1/safe-zones", opt=access(Access.PUBLIC), tags=_TAGS, summary="Places to meet", responses=problems(401))
async def safe_zones(
    database: Database,
    meetings: Meetings,
    near: Annotated[str | None, Parameter(max_length=80, description="lat,lng")] = None,
    limit: Annotated[int, Parameter(ge=1, le=MAX_PAGE_ITEMS)] = DEFAULT_PAGE_ITEMS,
    cursor: Annotated[str | None, Parameter(max_length=512)] = None,
) -> Page[SafeZoneView]:
    """The market's partner places with their hours, nearest first, or by name."""
    async with database.transaction(PUBLIC) as tx:
        return await meetings.places(tx, near, limit, cursor)


@put(
    "/v1/orders/{order_id:uuid}/meeting",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="Propose where and when to meet",
    responses=problems(401, 404, 409),
)
async def propose_meeting(
    order_id: UUID, data: ProposeMeeting, principal: Principal, database: Database, meetings: Meetings
) -> OrderView:
    """By either party; proposing what the other has proposed agrees to it."""
    async with database.transaction(SYSTEM) as tx:
        return await meetings.propose(tx, principal, order_id, data)


@get(
    "/v1/orders/{order_id:uuid}/qr",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="The code to show",
    responses=problems(401, 403, 404, 409),
)
async def handover_code(
    order_id: UUID, principal: Principal, database: Database, handover: Handover
) -> Response[HandoverCode]:
    """For the buyer, when it holds the goods: good once, for some minutes; asking again replaces it."""
    async with database.transaction(SYSTEM) as tx:
        code = await handover.issue(tx, principal.user_id, order_id)
    return Response(code, headers={"Cache-Control": "no-store"})


@post(
    "/v1/orders/{order_id:uuid}/verify",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Scan the buyer's code",
    responses=problems(401, 403, 404, 409),
)
async def verify(
    order_id: UUID, data: ScannedCode, principal: Principal, handover: Handover, idempotent: Idempotent
) -> Response[OrderView]:
    """By the seller; the money is released. Refused with `handover_code_invalid`, `_expired`, `_used`, `_not_yours`."""
    return await handover.verify(principal, order_id, data, idempotent)


ROUTES: Sequence[ControllerRouterHandler] = [safe_zones, propose_meeting, handover_code, verify]
