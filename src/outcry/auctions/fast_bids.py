"""POST /v1/auctions/{id}/bids without the framework (DESIGN "Parts": the hot endpoint as a raw ASGI handler).

Same rules, same answers as the route in `routes.py`, which stays for the OpenAPI document and for whatever this one
hands on: a caller whose token is not known yet, a media type that is not JSON. A test sends both the same requests.
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
from outcry.kernel.errors import InvalidInput, OutcryError, PayloadTooLarge
from outcry.kernel.http import PROBLEM_JSON, invalid_body
from outcry.kernel.idempotency import checked_key
from outcry.kernel.ids import new_id
from outcry.kernel.logs import REQUEST_ID_HEADER, sane_request_id

MAX_BODY_BYTES = 4_096
ROUTE = "/v1/auctions/{auction_id}/bids"

_PATH = re.compile(r"^/v1/auctions/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/bids$")
_decode = msgspec.json.Decoder(PlaceBid).decode
_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", PROBLEM_JSON.encode())
_REPLAYED = (b"idempotency-replayed", b"true")


class FastBids:
    """Stands before the app and answers bids itself."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        auctions: AuctionService,
        authentication: Authentication,
        headers: list[tuple[bytes, bytes]],
        count: Callable[[str, str, int, float], None],
    ) -> None:
        self._app = app
        self._auctions = auctions
        self._authentication = authentication
        self._headers = headers
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
        token = key = identity = None
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
                identity = sane_request_id(value)
        principal = self._authentication.known(token) if token else None
        if principal is None or not is_json:
            return False
        began = perf_counter()
        try:
            status, body, headers = await self._bid(principal, auction_id, checked_key(key), receive)
        except OutcryError as refusal:
            status, body = refusal.status, msgspec.json.encode(refusal.problem())
            headers = [_PROBLEM, *((name.lower().encode(), value.encode()) for name, value in refusal.headers.items())]
        headers += [
            (b"content-length", b"%d" % len(body)),
            (REQUEST_ID_HEADER, identity or str(new_id()).encode()),
            *self._headers,
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        self._count("POST", ROUTE, status, perf_counter() - began)
        return True

    async def _bid(
        self, principal: Any, auction_id: UUID, key: str | None, receive: Receive
    ) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
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
