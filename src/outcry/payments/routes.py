"""HTTP of payments (API.md "Orders and money")."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, access
from outcry.kernel.errors import InvalidInput
from outcry.kernel.http import problems
from outcry.kernel.market import Market
from outcry.kernel.money import MAX_AMOUNT_MINOR
from outcry.payments.fees import costs_of
from outcry.payments.schemas import FeesPreview

_TAGS = ["Money"]
_PUBLIC = access(Access.PUBLIC)


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


ROUTES: Sequence[ControllerRouterHandler] = [preview_fees]
