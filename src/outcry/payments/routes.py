"""HTTP of payments (API.md "Orders and money")."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, Principal, access
from outcry.kernel.database import SYSTEM, Database, reserved
from outcry.kernel.errors import InvalidInput
from outcry.kernel.http import problems
from outcry.kernel.idempotency import IdempotencyHeader, Idempotent
from outcry.kernel.market import Market
from outcry.kernel.money import MAX_AMOUNT_MINOR
from outcry.kernel.paging import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS, Page
from outcry.kernel.settings import Settings
from outcry.payments.fees import costs_of
from outcry.payments.return_urls import absolute_url
from outcry.payments.schemas import (
    BuyGas,
    FeesPreview,
    GasBought,
    NewTopUp,
    NewWithdrawal,
    OpenPayoutAccount,
    PayoutAccountView,
    StartedTopUp,
    TopUpView,
    WebhookReceived,
    WithdrawalView,
)
from outcry.payments.wallets import Wallets
from outcry.payments.webhooks import Webhooks

_TAGS = ["Money"]
_PUBLIC = access(Access.PUBLIC)
_SIGNED_IN = access(Access.SIGNED_IN)
_AnyRequest = Request[Any, Any, Any]


@get("/v1/fees/preview", opt=_PUBLIC, tags=_TAGS, summary="What a sale costs and brings", responses=problems())
async def preview_fees(
    market: Market,
    amount: Annotated[int, Parameter(ge=1, le=MAX_AMOUNT_MINOR)],
    currency: Annotated[str, Parameter(pattern="^[A-Z]{3}$")],
) -> FeesPreview:
    """By this market's fees, each rounded half to even."""
    if currency not in market.currencies:
        raise InvalidInput(("currency", "must be one of " + ", ".join(market.currencies)))
    costs = costs_of(amount, market.fees)
    return FeesPreview(
        amount=amount,
        currency=currency,
        commission=costs.commission,
        escrow_fee=costs.escrow_fee,
        buyer_premium=costs.buyer_premium,
        tax=costs.tax,
        seller_receives=costs.seller_receives,
        buyer_pays=costs.total,
    )


@post(
    "/v1/wallet/top-ups",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="Put money into my wallet by card",
    responses=problems(401, 409, 503),
)
async def start_top_up(
    data: NewTopUp,
    request: _AnyRequest,
    principal: Principal,
    wallets: Wallets,
    settings: Settings,
    idempotent: Idempotent,
    idempotency_key: IdempotencyHeader = None,
) -> Response[StartedTopUp]:
    """Pay on `checkout_url`; the money is there when the provider says so, usually within seconds."""
    answer = await wallets.top_up(principal.user_id, data, idempotent)
    url = absolute_url(settings, str(request.base_url), answer.content.checkout_url)
    answer.content = msgspec.structs.replace(answer.content, checkout_url=url)
    return answer


@get(
    "/v1/wallet/top-ups/{top_up_id:uuid}", opt=_SIGNED_IN, tags=_TAGS, summary="A top-up", responses=problems(401, 404)
)
async def get_top_up(
    top_up_id: UUID, request: _AnyRequest, principal: Principal, wallets: Wallets, settings: Settings
) -> TopUpView:
    """One's own, as it stands."""
    view = await wallets.read_top_up(principal.user_id, top_up_id)
    url = absolute_url(settings, str(request.base_url), view.checkout_url)
    return msgspec.structs.replace(view, checkout_url=url)


@post(
    "/v1/wallet/withdrawals",
    opt=_SIGNED_IN,
    tags=_TAGS,
    summary="Take money out of my wallet",
    responses=problems(401, 402, 409),
)
async def withdraw(
    data: NewWithdrawal,
    principal: Principal,
    database: Database,
    wallets: Wallets,
    idempotent: Idempotent,
    idempotency_key: IdempotencyHeader = None,
) -> Response[WithdrawalView]:
    """Out of the wallet at once; `paid` or `failed` when the provider says so. A failed one is back in the wallet."""
    async with database.transaction(SYSTEM) as tx:
        return await idempotent.answer(tx, data, lambda: wallets.withdraw(tx, principal.user_id, data), status=201)


@get("/v1/wallet/withdrawals", opt=_SIGNED_IN, tags=_TAGS, summary="My withdrawals", responses=problems(401))
async def list_withdrawals(
    principal: Principal,
    wallets: Wallets,
    limit: Annotated[int, Parameter(ge=1, le=MAX_PAGE_ITEMS)] = DEFAULT_PAGE_ITEMS,
    cursor: Annotated[str | None, Parameter(max_length=512)] = None,
) -> Page[WithdrawalView]:
    """Newest first."""
    return await wallets.withdrawals(principal.user_id, limit, cursor)


@get("/v1/wallet/payout-account", opt=_SIGNED_IN, tags=_TAGS, summary="My payout account", responses=problems(401, 409))
async def get_payout_account(principal: Principal, wallets: Wallets) -> PayoutAccountView:
    """Where withdrawals go, and what is still asked for."""
    return await wallets.payout_account(principal.user_id)


@post(
    "/v1/wallet/payout-account",
    opt=_SIGNED_IN,
    status_code=200,
    tags=_TAGS,
    summary="Set up my payout account",
    responses=problems(401, 409, 503),
)
async def open_payout_account(
    request: _AnyRequest,
    principal: Principal,
    wallets: Wallets,
    settings: Settings,
    data: OpenPayoutAccount | None = None,
) -> PayoutAccountView:
    """Opens it or goes on with it: follow `onboarding_url`, which is good for some minutes."""
    view = await wallets.open_payout_account(principal.user_id, data.return_url if data else None)
    url = absolute_url(settings, str(request.base_url), view.onboarding_url)
    return msgspec.structs.replace(view, onboarding_url=url)


@post("/v1/wallet/gas", opt=_SIGNED_IN, tags=_TAGS, summary="Buy gas", responses=problems(401, 402, 409))
async def buy_gas(
    data: BuyGas,
    principal: Principal,
    database: Database,
    wallets: Wallets,
    idempotent: Idempotent,
    idempotency_key: IdempotencyHeader = None,
) -> Response[GasBought]:
    """From the wallet, at the market's price of a unit."""
    async with database.transaction(SYSTEM) as tx:
        return await idempotent.answer(tx, data, lambda: wallets.buy_gas(tx, principal.user_id, data.units), status=201)


@post(
    "/v1/webhooks/{provider:str}",
    opt=_PUBLIC,
    status_code=200,
    tags=_TAGS,
    summary="For payment providers",
    responses=problems(404, 409),
)
async def receive_webhook(provider: str, request: _AnyRequest, webhooks: Webhooks) -> WebhookReceived:
    """Signed by the provider; stored, then applied once, whatever the order they come in."""
    body = await request.body()
    with reserved():
        duplicate = await webhooks.receive(provider, dict(request.headers.items()), body)
    return WebhookReceived(received=True, duplicate=duplicate)


ROUTES: Sequence[ControllerRouterHandler] = [
    preview_fees, start_top_up, get_top_up, withdraw, list_withdrawals, get_payout_account, open_payout_account,
    buy_gas, receive_webhook,
]  # fmt: skip
