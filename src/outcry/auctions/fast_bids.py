"""POST /v1/auctions/{id}/bids without the framework: from a request's head and body to the bytes of its answer.

Same rules, same answers, same headers and same access line as the route in `routes.py`, which stays for the OpenAPI
document and for whatever this one hands on: a caller whose token is not known yet, a media type that is not JSON. A
test sends both the same requests. `bid_protocol.py` carries it.
"""

import re
from collections.abc import Callable, Sequence
from contextvars import Token
from functools import lru_cache
from time import perf_counter
from typing import Any
from uuid import UUID

import msgspec

from outcry.auctions.batch import BidAnswer
from outcry.auctions.schemas import PlaceBid
from outcry.auctions.service import AuctionService
from outcry.identity.authentication import Authentication
from outcry.kernel.access import Principal
from outcry.kernel.errors import InvalidInput, OutcryError, PayloadTooLarge
from outcry.kernel.http import PROBLEM_JSON, UNREADABLE, edge_error, invalid_body
from outcry.kernel.idempotency import checked_key
from outcry.kernel.logs import REQUEST_ID_HEADER, acting_user_id, request_id, request_id_for, write_access_line

MAX_BODY_BYTES = 4_096
ROUTE = "/v1/auctions/{auction_id}/bids"

_CACHED_PATHS = 4_096
_PATH = re.compile(r"^/v1/auctions/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/bids$")
_PATH_CHARACTERS = len(ROUTE) - len("{auction_id}") + 36
_decode = msgspec.json.Decoder(PlaceBid).decode
_encode = msgspec.json.Encoder().encode
_JSON = b"content-type: application/json\r\n"
_REPLAYED = _JSON + b"idempotency-replayed: true\r\n"
_PROBLEM = b"content-type: %b\r\n" % PROBLEM_JSON.encode()
Headers = list[tuple[bytes, bytes]]
# Takes status, header lines (each with its line end) and body.
Answered = Callable[[int, bytes, bytes], None]


class BidCall:
    """A request that is answered here, as its head tells it."""

    __slots__ = ("auction_id", "began", "key", "origin", "path", "principal", "request_id")

    def __init__(
        self,
        principal: Principal,
        auction_id: UUID,
        *,
        path: str,
        key: bytes | None,
        origin: bytes | None,
        given_id: bytes,
    ) -> None:
        self.principal = principal
        self.auction_id = auction_id
        self.path = path
        self.key = key
        self.origin = origin
        self.request_id = request_id_for(given_id)
        self.began = perf_counter()


class FastBids:
    """Answers bids itself."""

    def __init__(
        self,
        *,
        auctions: AuctionService,
        authentication: Authentication,
        headers: Headers,
        origin_headers: Callable[[bytes | None], Headers],
        limit_headers: Callable[[UUID, UUID], Headers],
        count: Callable[[int, float], None],
    ) -> None:
        self._auctions = auctions
        self._authentication = authentication
        self._headers = _lines(headers)
        self._origin_headers = origin_headers
        self._limit_headers = limit_headers
        self._count = count

    def call_of(self, scope: Any) -> BidCall | None:
        """The bid that a request's head announces; None when the framework must answer."""
        path: str = scope["path"]
        if len(path) != _PATH_CHARACTERS or scope["method"] != "POST":
            return None
        auction_id = _auction_in(path)
        if auction_id is None:
            return None
        token = key = origin = None
        given_id = b""
        is_json = False
        for name, value in scope["headers"]:
            if name == b"authorization":
                scheme, _, token = value.partition(b" ")
                token = token if scheme.lower() == b"bearer" else None
            elif name == b"idempotency-key":
                key = value
            elif name == b"content-type":
                is_json = value.startswith(b"application/json")
            elif name == REQUEST_ID_HEADER:
                given_id = value
            elif name == b"origin":
                origin = value
        principal = self._authentication.known(token.decode("latin-1")) if token else None
        if principal is None or not is_json:
            return None
        return BidCall(principal, auction_id, path=path, key=key, origin=origin, given_id=given_id)

    def place(self, call: BidCall, body: bytes | bytearray, answered: Answered) -> None:
        """Decide a bid; `answered` is called once, at once or when it is durable."""

        def done(answer: BidAnswer | OutcryError) -> None:
            if isinstance(answer, OutcryError):
                self._refuse(call, answer, answered)
                return
            encoded = b'{"bid":%b,"auction":%b}' % (answer.bid_json, answer.auction_json)
            self._answer(call, 201, _REPLAYED if answer.replayed else _JSON, encoded, answered)

        try:
            key = checked_key(None if call.key is None else call.key.decode("latin-1"))
            bid = _bid_in(body)
            # What goes wrong later the desk tells.
            place = self._auctions.place_bid_nowait
            place(call.principal, call.auction_id, bid.amount, bid.max_amount, key, done)
        except Exception as failed:
            contexts = _enter(call)
            refusal = edge_error(failed, ROUTE)
            _leave(contexts)
            self._refuse(call, refusal, answered)

    def _refuse(self, call: BidCall, refusal: OutcryError, answered: Answered) -> None:
        told = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
        self._answer(call, refusal.status, _PROBLEM + _lines(told), _encode(refusal.problem()), answered)

    def _answer(self, call: BidCall, status: int, head: bytes, body: bytes, answered: Answered) -> None:
        lines = b"%bcontent-length: %d\r\nx-request-id: %b\r\n%b%b%b" % (
            head,
            len(body),
            call.request_id.encode(),
            self._headers,
            _lines(self._limit_headers(call.principal.user_id, call.auction_id)),
            _lines(self._origin_headers(call.origin)),
        )
        answered(status, lines, body)
        self._count(status, perf_counter() - call.began)
        contexts = _enter(call)
        write_access_line("POST", call.path, ROUTE, status, call.began)
        _leave(contexts)


_Contexts = tuple[Token[str], Token[UUID | None]]


def _enter(call: BidCall) -> _Contexts:
    """What is logged from here on carries the request's id and who acts."""
    return request_id.set(call.request_id), acting_user_id.set(call.principal.user_id)


def _leave(contexts: _Contexts) -> None:
    request_id.reset(contexts[0])
    acting_user_id.reset(contexts[1])


@lru_cache(_CACHED_PATHS)
def _auction_in(path: str) -> UUID | None:
    match = _PATH.match(path)
    return None if match is None else UUID(match[1])


def _bid_in(body: bytes | bytearray) -> PlaceBid:
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge()
    try:
        bid = _decode(body)
    except UNREADABLE as wrong:
        raise invalid_body(wrong) from None
    if bid.amount is None and bid.max_amount is None:
        raise InvalidInput(("/amount", "give amount, max_amount, or both"))
    if bid.amount is not None and bid.max_amount is not None and bid.max_amount < bid.amount:
        raise InvalidInput(("/max_amount", "must not be below amount"))
    return bid


def _lines(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])
