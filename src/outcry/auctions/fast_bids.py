"""POST /v1/auctions/{id}/bids without the framework (DESIGN "Parts": the hot endpoint as a raw ASGI handler).

Same rules, same answers, same headers and same access line as the route in `routes.py`, which stays for the OpenAPI
document and for whatever this one hands on: a caller whose token is not known yet, a media type that is not JSON. A
test sends both the same requests.
"""

import asyncio
import re
from collections.abc import Callable
from time import perf_counter
from typing import Any
from uuid import UUID

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send

from outcry.auctions.batch import BidAnswer
from outcry.auctions.schemas import PlaceBid
from outcry.auctions.service import AuctionService
from outcry.identity.authentication import Authentication
from outcry.kernel.access import Principal
from outcry.kernel.errors import InvalidInput, OutcryError, PayloadTooLarge
from outcry.kernel.http import PROBLEM_JSON, edge_error, invalid_body
from outcry.kernel.idempotency import checked_key
from outcry.kernel.logs import REQUEST_ID_HEADER, acting_user_id, request_id, request_id_for, write_access_line

MAX_BODY_BYTES = 4_096
ROUTE = "/v1/auctions/{auction_id}/bids"

_PATH = re.compile(r"^/v1/auctions/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/bids$")
_decode = msgspec.json.Decoder(PlaceBid).decode
_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", PROBLEM_JSON.encode())
_REPLAYED = (b"idempotency-replayed", b"true")
_Headers = list[tuple[bytes, bytes]]


class FastBids:
    """Stands before the app and answers bids itself."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        auctions: AuctionService,
        authentication: Authentication,
        headers: _Headers,
        limit_headers: Callable[[UUID, UUID], _Headers],
        count: Callable[[str, str, int, float], None],
    ) -> None:
        self._app = app
        self._auctions = auctions
        self._authentication = authentication
        self._headers = headers
        self._limit_headers = limit_headers
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI app."""
        if scope["type"] == "http" and scope["method"] == "POST":
            match = _PATH.match(scope["path"])
            if match is not None and await self._answered(UUID(match[1]), scope, receive, send):
                return
        await self._app(scope, receive, send)

    async def _answered(self, auction_id: UUID, scope: Any, receive: Receive, send: Send) -> bool:
        """False when the app must answer; nothing has been read or sent then."""
        token = key = None
        given_id = b""
        is_json = False
        for name, value in scope["headers"]:
            if name == b"authorization":
                scheme, _, token = value.partition(b" ")
                token = token.decode("latin-1") if scheme.lower() == b"bearer" else None
            elif name == b"idempotency-key":
                key = value.decode("latin-1")
            elif name == b"content-type":
                is_json = value.startswith(b"application/json")
            elif name == REQUEST_ID_HEADER:
                given_id = value
        principal = self._authentication.known(token) if token else None
        if principal is None or not is_json:
            return False
        began, status = perf_counter(), 500
        identity = request_id_for(given_id)
        # What is logged on the way carries them too.
        contexts = request_id.set(identity), acting_user_id.set(principal.user_id)
        try:
            status, body, headers = await self._told(principal, auction_id, key, receive)
            headers += [
                (b"content-length", b"%d" % len(body)),
                (REQUEST_ID_HEADER, identity.encode()),
                *self._headers,
                *self._limit_headers(principal.user_id, auction_id),
            ]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body, "more_body": False})
        finally:
            self._count("POST", ROUTE, status, perf_counter() - began)
            write_access_line("POST", scope["path"], ROUTE, status, began)
            request_id.reset(contexts[0])
            acting_user_id.reset(contexts[1])
        return True

    async def _told(
        self, principal: Principal, auction_id: UUID, key: str | None, receive: Receive
    ) -> tuple[int, bytes, _Headers]:
        try:
            return await self._bid(principal, auction_id, checked_key(key), receive)
        except Exception as failed:
            refusal = edge_error(failed, ROUTE)
        told = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
        return refusal.status, msgspec.json.encode(refusal.problem()), [_PROBLEM, *told]

    async def _bid(
        self, principal: Principal, auction_id: UUID, key: str | None, receive: Receive
    ) -> tuple[int, bytes, _Headers]:
        body = await _read(receive)
        try:
            bid = _decode(body)
        except msgspec.MsgspecError as wrong:
            raise invalid_body(wrong) from None
        if bid.amount is None and bid.max_amount is None:
            raise InvalidInput(("/amount", "give amount, max_amount, or both"))
        if bid.amount is not None and bid.max_amount is not None and bid.max_amount < bid.amount:
            raise InvalidInput(("/max_amount", "must not be below amount"))
        decided: asyncio.Future[BidAnswer | OutcryError] = asyncio.get_running_loop().create_future()

        def done(answer: BidAnswer | OutcryError) -> None:
            # The bidder may have hung up; the decision stands all the same.
            if not decided.done():
                decided.set_result(answer)

        self._auctions.place_bid_nowait(principal, auction_id, bid.amount, bid.max_amount, key, done)
        answer = await decided
        if isinstance(answer, OutcryError):
            raise answer
        encoded = b'{"bid":%b,"auction":%b}' % (answer.bid_json, answer.auction_json)
        return 201, encoded, [_JSON, _REPLAYED] if answer.replayed else [_JSON]


async def _read(receive: Receive) -> bytes:
    message: Any = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            break
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge()
    return body
