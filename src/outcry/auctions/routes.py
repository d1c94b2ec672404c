"""HTTP of auctions (API.md "Auctions"); thin: the services decide."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.auctions import browsing
from outcry.auctions.batch import BidAnswer
from outcry.auctions.decisions import DecisionService
from outcry.auctions.schemas import (
    AuctionView,
    BidAccepted,
    BidView,
    CancelAuction,
    CounterOfferResponse,
    CreateAuction,
    Decided,
    Decision,
    MyBidding,
    PlaceBid,
    Relist,
    WentLive,
)
from outcry.auctions.service import AuctionService
from outcry.kernel.access import Access, Principal, access, actor_of
from outcry.kernel.database import Database
from outcry.kernel.errors import InvalidInput, OutcryError
from outcry.kernel.http import problems
from outcry.kernel.idempotency import IdempotencyHeader, Idempotent, checked_key
from outcry.kernel.paging import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS, Page

Limit = Annotated[int, Parameter(ge=1, le=MAX_PAGE_ITEMS)]
_TAGS = ["Auctions"]
_PUBLIC = access(Access.PUBLIC)
_SIGNED_IN = access(Access.SIGNED_IN)


def accepted_response(answer: BidAnswer) -> Response[Any]:
    """201 with the bid and the auction, from what the desk has already encoded."""
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return Response(
        b'{"bid":%b,"auction":%b}' % (answer.bid_json, answer.auction_json),
        status_code=201,
        media_type="application/json",
        headers=headers,
    )


@post(
    "/v1/auctions/{auction_id:uuid}/bids",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="Place a bid",
    responses=problems(401, 402, 403, 404, 409, 503),
)
async def place_bid(
    auction_id: UUID,
    data: PlaceBid,
    principal: Principal,
    auctions: AuctionService,
    idempotency_key: IdempotencyHeader = None,
) -> Response[BidAccepted]:
    """Answered after the bid is durable. Only an acceptance is remembered under its Idempotency-Key."""
    if data.amount is None and data.max_amount is None:
        raise InvalidInput(("/amount", "give amount, max_amount, or both"))
    if data.amount is not None and data.max_amount is not None and data.max_amount < data.amount:
        raise InvalidInput(("/max_amount", "must not be below amount"))
    decided: asyncio.Future[BidAnswer | OutcryError] = asyncio.get_running_loop().create_future()

    def done(answer: BidAnswer | OutcryError) -> None:
        # The bidder may have hung up; the decision stands all the same.
        if not decided.done():
            decided.set_result(answer)

    key = checked_key(idempotency_key)
    auctions.place_bid_nowait(principal, auction_id, data.amount, data.max_amount, key, done)
    answer = await decided
    if isinstance(answer, OutcryError):
        raise answer
    return accepted_response(answer)


@post(
    "/v1/auctions",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="Create an auction",
    responses=problems(401, 403, 404, 409),
)
async def create_auction(
    data: CreateAuction, principal: Principal, auctions: AuctionService, idempotent: Idempotent
) -> Response[AuctionView]:
    """On one's own listing. Without `starts_at` it waits for go-live."""
    async with auctions.transaction() as tx:
        return await idempotent.answer(tx, data, lambda: auctions.create(tx, principal, data), status=201)


@get("/v1/auctions", opt=_PUBLIC, tags=_TAGS, summary="List auctions", responses=problems(401))
async def list_auctions(
    principal: Principal | None,
    database: Database,
    auctions: AuctionService,
    status: Literal["scheduled", "live", "ended", "awaiting_decision", "sold", "unsold", "cancelled"] | None = None,
    category: Annotated[str | None, Parameter(max_length=100)] = None,
    seller: UUID | None = None,
    sort: Literal["ending_soon", "newest", "price"] = "newest",
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Annotated[str | None, Parameter(max_length=512)] = None,
) -> Page[AuctionView]:
    """`status=ended` means all that are over. Auctions of listings that are not public show to their seller only."""
    wanted = browsing.Wanted(status, category, seller, sort, limit, cursor)
    async with database.transaction(actor_of(principal)) as tx:
        return await browsing.list_auctions(tx, auctions, principal, wanted)


@get("/v1/auctions/{auction_id:uuid}", opt=_PUBLIC, tags=_TAGS, summary="One auction", responses=problems(401, 404))
async def get_auction(
    auction_id: UUID, principal: Principal | None, database: Database, auctions: AuctionService
) -> AuctionView:
    """As the caller may see it, by the server's clock."""
    async with database.transaction(actor_of(principal)) as tx:
        return await auctions.read(tx, auction_id, principal)


@get(
    "/v1/auctions/{auction_id:uuid}/bids",
    opt=_PUBLIC,
    tags=_TAGS,
    summary="Bid history",
    responses=problems(401, 404),
)
async def get_history(
    auction_id: UUID,
    principal: Principal | None,
    database: Database,
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Annotated[str | None, Parameter(max_length=512)] = None,
) -> Page[BidView]:
    """Newest first. Bidders by alias; owners see their own entries whole, staff see all."""
    async with database.transaction(actor_of(principal)) as tx:
        return await browsing.history(tx, auction_id, principal, limit, cursor)


@post(
    "/v1/auctions/{auction_id:uuid}/go-live",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Go live now",
    responses=problems(401, 403, 404, 409),
)
async def go_live(
    auction_id: UUID, principal: Principal, auctions: AuctionService, idempotent: Idempotent
) -> Response[WentLive]:
    """Starts the auction, schedules its end, and gives the live session with its stream key."""
    async with auctions.transaction() as tx:

        async def act() -> WentLive:
            session = await auctions.go_live(tx, principal, auction_id)
            return WentLive(await auctions.read(tx, auction_id, principal), session)

        return await idempotent.answer(tx, None, act, status=200)


@post(
    "/v1/auctions/{auction_id:uuid}/decision",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Accept, reject or counter",
    responses=problems(401, 403, 404, 409),
)
async def decide(
    auction_id: UUID,
    data: Decision,
    principal: Principal,
    auctions: AuctionService,
    decisions: DecisionService,
    idempotent: Idempotent,
) -> Response[Decided]:
    """The seller's word after the bell; a counter is at least the highest bid."""
    async with auctions.transaction() as tx:

        async def act() -> Decided:
            offer, order_id = await decisions.decide(tx, principal, auction_id, data)
            return Decided(await auctions.read(tx, auction_id, principal), offer, order_id)

        return await idempotent.answer(tx, data, act, status=200)


@post(
    "/v1/counter-offers/{offer_id:uuid}/response",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Answer a counter-offer",
    responses=problems(401, 403, 404, 409),
)
async def respond(
    offer_id: UUID,
    data: CounterOfferResponse,
    principal: Principal,
    auctions: AuctionService,
    decisions: DecisionService,
    idempotent: Idempotent,
) -> Response[Decided]:
    """The buyer accepts or rejects."""
    async with auctions.transaction() as tx:

        async def act() -> Decided:
            auction_id, offer, order_id = await decisions.respond(tx, principal, offer_id, data.action)
            return Decided(await auctions.read(tx, auction_id, principal), offer, order_id)

        return await idempotent.answer(tx, data, act, status=200)


@post(
    "/v1/auctions/{auction_id:uuid}/buy-now",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Buy now",
    responses=problems(401, 403, 404, 409),
)
async def buy_now(
    auction_id: UUID, principal: Principal, auctions: AuctionService, idempotent: Idempotent
) -> Response[Decided]:
    """Ends the auction at once at its buy-now price."""
    async with auctions.transaction() as tx:

        async def act() -> Decided:
            order_id = await auctions.buy_now(tx, principal, auction_id)
            return Decided(await auctions.read(tx, auction_id, principal), order_id=order_id)

        return await idempotent.answer(tx, None, act, status=200)


@post(
    "/v1/auctions/{auction_id:uuid}/cancel",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Call an auction off",
    responses=problems(401, 403, 404, 409),
)
async def cancel_auction(
    auction_id: UUID,
    principal: Principal,
    auctions: AuctionService,
    idempotent: Idempotent,
    data: CancelAuction | None = None,
) -> Response[AuctionView]:
    """Sellers before the first bid, staff at any time while it is scheduled or live."""
    async with auctions.transaction() as tx:

        async def act() -> AuctionView:
            await auctions.cancel(tx, principal, auction_id, data.reason if data else None)
            return await auctions.read(tx, auction_id, principal)

        return await idempotent.answer(tx, data, act, status=200)


@post(
    "/v1/auctions/{auction_id:uuid}/relist",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="Relist",
    responses=problems(401, 403, 404, 409),
)
async def relist(
    auction_id: UUID,
    principal: Principal,
    auctions: AuctionService,
    idempotent: Idempotent,
    data: Relist | None = None,
) -> Response[AuctionView]:
    """A new auction on the same terms, but for what the body changes."""
    body = data or Relist()
    async with auctions.transaction() as tx:
        return await idempotent.answer(tx, data, lambda: auctions.relist(tx, principal, auction_id, body), status=201)


@put(
    "/v1/auctions/{auction_id:uuid}/watch",
    opt=_SIGNED_IN,
    status_code=204,
    tags=_TAGS,
    summary="Watch",
    responses=problems(401, 404),
)
async def watch(auction_id: UUID, principal: Principal, database: Database) -> None:
    """Be told when it starts."""
    async with database.transaction(principal.actor) as tx:
        await browsing.watch(tx, principal, auction_id)


@delete(
    "/v1/auctions/{auction_id:uuid}/watch",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="Stop watching",
    responses=problems(401, 404),
)
async def unwatch(auction_id: UUID, principal: Principal, database: Database) -> None:
    """Be told no more."""
    async with database.transaction(principal.actor) as tx:
        await browsing.unwatch(tx, principal, auction_id)


@get("/v1/bids/me", opt=_SIGNED_IN, tags=_TAGS, summary="Auctions I bid on", responses=problems(401))
async def my_bidding(
    principal: Principal,
    database: Database,
    auctions: AuctionService,
    limit: Limit = DEFAULT_PAGE_ITEMS,
    cursor: Annotated[str | None, Parameter(max_length=512)] = None,
) -> Page[MyBidding]:
    """Newest auction first, each with one's own maximum and how it stands."""
    async with database.transaction(principal.actor) as tx:
        return await browsing.my_bidding(tx, auctions, principal, limit, cursor)


@delete(
    "/v1/bids/{bid_id:uuid}",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Retract a bid",
    responses=problems(401, 403, 404, 409),
)
async def retract(
    bid_id: UUID, principal: Principal, auctions: AuctionService, decisions: DecisionService
) -> AuctionView:
    """Within the market's narrow window; the price is what the remaining bids give."""
    async with auctions.transaction() as tx:
        auction_id = await decisions.retract(tx, principal, bid_id)
        return await auctions.read(tx, auction_id, principal)


ROUTES: Sequence[ControllerRouterHandler] = [
    place_bid,
    create_auction,
    list_auctions,
    get_auction,
    get_history,
    go_live,
    decide,
    respond,
    buy_now,
    cancel_auction,
    relist,
    watch,
    unwatch,
    my_bidding,
    retract,
]
