"""HTTP of notifications (API.md "Talk, notices, business, staff")."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, Principal, access
from outcry.kernel.database import Actor, Database
from outcry.kernel.http import problems
from outcry.kernel.paging import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS
from outcry.notifications.schemas import NotificationPage, NotificationView, UnreadCount
from outcry.notifications.service import Notifications

_TAGS = ["Notifications"]
_SIGNED_IN = access(Access.SIGNED_IN)


@get("/v1/notifications", opt=_SIGNED_IN, tags=_TAGS, summary="My notifications", responses=problems(401))
async def list_notifications(
    principal: Principal,
    database: Database,
    notifications: Notifications,
    limit: Annotated[int, Parameter(ge=1, le=MAX_PAGE_ITEMS)] = DEFAULT_PAGE_ITEMS,
    cursor: Annotated[str | None, Parameter(max_length=512)] = None,
) -> NotificationPage:
    """Newest first, with how many are unread. Each also comes as a `notification` event on the `user` channel, when
    it is made and whenever it changes."""
    async with database.transaction(Actor.user(principal.user_id)) as tx:
        return await notifications.page(tx, principal, limit, cursor)


@post(
    "/v1/notifications/{notification_id:uuid}/read",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Mark a notification as read",
    responses=problems(401, 404),
)
async def read_notification(
    notification_id: UUID, principal: Principal, database: Database, notifications: Notifications
) -> NotificationView:
    """Again changes nothing."""
    async with database.transaction(Actor.user(principal.user_id)) as tx:
        return await notifications.read(tx, principal, notification_id)


@post(
    "/v1/notifications/read-all",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Mark all notifications as read",
    responses=problems(401),
)
async def read_all_notifications(principal: Principal, database: Database, notifications: Notifications) -> UnreadCount:
    """All there are now."""
    async with database.transaction(Actor.user(principal.user_id)) as tx:
        return await notifications.read_all(tx, principal)


ROUTES: Sequence[ControllerRouterHandler] = [list_notifications, read_notification, read_all_notifications]
