"""The API reference and the outbox of development: pages of their own, with or without the client."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, access
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.http import Document
from outcry.kernel.market import Market
from outcry.kernel.messages import newest_messages
from outcry.pages.reference import tags_of
from outcry.pages.render import plain_page, static

_PUBLIC = access(Access.PUBLIC)


@get("/docs", opt=_PUBLIC, include_in_schema=False)
async def docs(document: Document, market: Market) -> Response[str]:
    """The API reference."""
    facts = {"version": document.content["info"]["version"], "tags": tags_of(document.content)}
    return plain_page("docs.html", market=market, **facts)


@get("/openapi.json", opt=_PUBLIC, include_in_schema=False)
async def openapi(document: Document) -> Response[bytes]:
    """The OpenAPI 3.1 document."""
    return Response(msgspec.json.encode(document.content), media_type="application/json")


@get("/docs.js", opt=_PUBLIC, include_in_schema=False)
async def docs_script() -> Response[bytes]:
    """Tries calls from the reference."""
    return Response(static("docs.js"), media_type="text/javascript", headers={"Cache-Control": "max-age=300"})


@get("/dev/outbox", opt=_PUBLIC, include_in_schema=False)
async def outbox(request: Request[Any, Any, Any], database: Database, keys: KeyRing, market: Market) -> Response[Any]:
    """Development only: what would have been sent; JSON for those who ask for it."""
    async with database.transaction(SYSTEM) as tx:
        messages = await newest_messages(tx, keys)
    if "application/json" in request.headers.get("accept", ""):
        return Response(msgspec.json.encode({"items": messages}), media_type="application/json")
    return plain_page("outbox.html", market=market, messages=messages)


ROUTES: Sequence[ControllerRouterHandler] = [docs, openapi, docs_script]
DEVELOPMENT_ROUTES: Sequence[ControllerRouterHandler] = [outbox]
