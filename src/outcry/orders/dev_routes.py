"""Time for developers and the sample world: an order's own clock runs out now; in production this does not exist."""

from collections.abc import Sequence
from uuid import UUID

from litestar import post
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, access
from outcry.kernel.http import problems
from outcry.orders.deadlines import Deadlines


@post(
    "/v1/dev/orders/{order_id:uuid}/due",
    opt=access(Access.PUBLIC),
    status_code=204,
    tags=["Development"],
    summary="Let the time pass that an order waits for",
    responses=problems(404, 409),
)
async def let_pass(order_id: UUID, order_deadlines: Deadlines) -> None:
    """Development only: unpaid it is cancelled, on its way it arrives, delivered it is released."""
    await order_deadlines.let_pass(order_id)


DEVELOPMENT_ROUTES: Sequence[ControllerRouterHandler] = [let_pass]
