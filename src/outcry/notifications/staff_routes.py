"""HTTP of mail for staff (SPEC NTF-3): what went out, what was given up, and sending it again."""

import logging
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, Principal, access
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.http import problems
from outcry.kernel.idempotency import Idempotent
from outcry.kernel.messages import MailStatus, OutgoingMail, mails_page, send_again
from outcry.kernel.paging import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS, Page

_TAGS = ["Staff"]

_log = logging.getLogger("outcry.notifications.staff")


@get("/v1/admin/mails", opt=access(Access.SUPPORT), tags=_TAGS, summary="Outgoing mail", responses=problems(401, 403))
async def list_mails(
    database: Database,
    keys: KeyRing,
    status: MailStatus | None = None,
    limit: Annotated[int, Parameter(ge=1, le=MAX_PAGE_ITEMS)] = DEFAULT_PAGE_ITEMS,
    cursor: Annotated[str | None, Parameter(max_length=512)] = None,
) -> Page[OutgoingMail]:
    """Newest first; `failed` are those given up. Addresses are masked, and what a mail says is not shown."""
    async with database.transaction(SYSTEM) as tx:
        return await mails_page(tx, keys, status=status, limit=limit, cursor=cursor)


@post(
    "/v1/admin/mails/{mail_id:uuid}/replay",
    opt=access(Access.ADMIN),
    status_code=202,
    tags=_TAGS,
    summary="Send a mail again",
    responses=problems(401, 403, 404, 409),
)
async def replay_mail(
    mail_id: UUID, principal: Principal, database: Database, keys: KeyRing, idempotent: Idempotent
) -> Response[OutgoingMail]:
    """Of one that was given up, with as many tries as a new one; else `mail_not_failed`."""

    async def again() -> OutgoingMail:
        mail = await send_again(tx, keys, mail_id)
        _log.warning("staff %s sends mail %s again", principal.user_id, mail_id)
        return mail

    async with database.transaction(SYSTEM) as tx:
        return await idempotent.answer(tx, None, again, status=202)


ROUTES: Sequence[ControllerRouterHandler] = [list_mails, replay_mail]
