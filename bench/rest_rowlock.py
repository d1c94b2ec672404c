"""`python -m bench.rest_rowlock`: the row lock behind the product's web stack, for the REST ratio.

Litestar, msgspec and uvicorn as the product has them, one process; the same route, JSON and problem documents, the
same Ed25519 tokens remembered after their first use. What differs is how a bid is decided. Orders come as one line of
JSON on standard input; `ready on http://HOST:PORT` says that it answers.
"""

import asyncio
import socket
import sys
from uuid import UUID

import msgspec
import uvicorn
import uvloop
from litestar import Litestar, post
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from bench.rivals.design import INCREMENT, STARTING_PRICE
from bench.rivals.row_lock import Outcome, RowLock
from bench.seed import CURRENCY
from outcry.auctions.errors import BidTooLow
from outcry.auctions.schemas import (
    AntiSnipeView,
    AuctionView,
    BidAccepted,
    BidderView,
    BidView,
    LeaderView,
    PlaceBid,
)
from outcry.identity.authentication import bearer_token
from outcry.identity.tokens import Tokens
from outcry.kernel.crypto import KeyRing
from outcry.kernel.errors import Unauthenticated
from outcry.kernel.http import handle_exception, send_problem
from outcry.kernel.ids import new_id
from outcry.kernel.times import rfc3339, utc_now

_SNIPE = AntiSnipeView(0, 0, None)


class ServeOrders(msgspec.Struct, forbid_unknown_fields=True):
    """The database (with the rivals' tables in it), and the key and issuer that tokens are checked with."""

    database_url: str
    secret_key: str
    issuer: str


def bid_route(row_lock: RowLock) -> HTTPRouteHandler:
    """The route, without dependencies: Litestar starts a task group for them, which would cost the rival dearly."""

    @post("/v1/auctions/{auction_id:uuid}/bids")
    async def place_bid(auction_id: UUID, data: PlaceBid, scope: Scope) -> BidAccepted:
        bidder_id, key = scope["state"]["bidder_id"], scope["state"]["key"]
        outcome = await row_lock.decide(auction_id, bidder_id, 1, data.amount or 0, key)
        if not outcome.accepted:
            raise BidTooLow(minimum_bid=outcome.minimum_bid, current_price=outcome.current_price)
        return _accepted(auction_id, outcome)

    return place_bid


def _accepted(auction_id: UUID, outcome: Outcome) -> BidAccepted:
    now, amount = rfc3339(utc_now()), outcome.current_price or 0
    bid = BidView(
        id=outcome.id or new_id(),
        auction_id=auction_id,
        kind="bid",
        amount=amount,
        placed_at=now,
        status="leading",
        bidder=BidderView("Bidder 1", is_you=True),
        seq=outcome.seq,
        max_amount=amount,
    )
    auction = AuctionView(
        id=auction_id,
        listing_id=auction_id,
        seller_id=auction_id,
        format="english",
        status="live",
        currency=CURRENCY,
        starting_price=STARTING_PRICE,
        current_price=amount,
        minimum_bid=outcome.minimum_bid,
        bid_increment=INCREMENT,
        bid_count=outcome.seq,
        bidder_count=1,
        leader=LeaderView("Bidder 1", is_you=True),
        reserve_met=None,
        buy_now_price=None,
        starts_at=now,
        ends_at=now,
        extended_count=0,
        award="automatic",
        bid_security="none",
        deposit_amount=None,
        seq=outcome.seq,
        server_time=now,
        anti_snipe=_SNIPE,
        duration_seconds=86_400,
    )
    return BidAccepted(bid, auction)


class SignedIn:
    """Puts bidder and key into the scope's state, as the product's middleware does; tokens are remembered."""

    def __init__(self, app: ASGIApp, tokens: Tokens) -> None:
        self._app = app
        self._tokens = tokens
        self._known: dict[str, UUID] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            token = bearer_token(scope)
            try:
                bidder_id = self._known.get(token or "") or self._read(token)
            except Unauthenticated as refusal:
                await send_problem(refusal, send)
                return
            scope["state"]["bidder_id"] = bidder_id
            key = next((value for name, value in scope["headers"] if name == b"idempotency-key"), b"")
            scope["state"]["key"] = key.decode("latin-1") or str(new_id())
        await self._app(scope, receive, send)

    def _read(self, token: str | None) -> UUID:
        if token is None:
            raise Unauthenticated
        bidder_id = self._known[token] = self._tokens.read_access_token(token).user_id
        return bidder_id


async def _serve(orders: ServeOrders) -> None:
    row_lock = RowLock()
    await row_lock.open(orders.database_url)
    tokens = Tokens(KeyRing(orders.secret_key), issuer=orders.issuer, access_seconds=900)
    app = Litestar(
        [bid_route(row_lock)],
        exception_handlers={Exception: handle_exception},
        openapi_config=None,
    )
    config = uvicorn.Config(
        SignedIn(app, tokens), http="httptools", log_level="warning", access_log=False, lifespan="on"
    )
    listening = socket.create_server(("127.0.0.1", 0), backlog=1_024)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    print(f"ready on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    await serving
    await row_lock.close()


def main() -> None:
    """Read the orders, serve until terminated."""
    orders = msgspec.json.decode(sys.stdin.readline(), type=ServeOrders)
    uvloop.run(_serve(orders))


if __name__ == "__main__":
    main()
