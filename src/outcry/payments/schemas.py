"""What payments look like on the wire (API.md "Orders and money")."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from outcry.kernel.http import AmountMinor, Currency, Instant, RequestStruct

MAX_URL_CHARACTERS = 2_000
MAX_GAS_UNITS = 1_000_000

ReturnUrl = Annotated[str, Meta(min_length=1, max_length=MAX_URL_CHARACTERS)]
PaymentStatus = Literal["pending", "succeeded", "failed", "cancelled", "returned"]


class FeesPreview(msgspec.Struct, frozen=True):
    """What a sale at `amount` costs and brings, in minor units of `currency` (SPEC MON-4)."""

    amount: int
    currency: Currency
    commission: int
    escrow_fee: int
    buyer_premium: int
    tax: int
    seller_receives: int
    buyer_pays: int


class NewTopUp(RequestStruct):
    """Money for one's wallet. With `return_url` the answer has a page to pay on, which leads back there."""

    amount: AmountMinor
    currency: Currency
    return_url: ReturnUrl | None = None


class StartedTopUp(msgspec.Struct, frozen=True):
    """A top-up as it began: pay on `checkout_url`, or in the app with `client_secret`."""

    id: UUID
    amount: int
    currency: Currency
    status: PaymentStatus
    checkout_url: str | None
    client_secret: str | None


class CardView(msgspec.Struct, frozen=True):
    """As much of a card as its owner needs to know it."""

    brand: str
    last4: str


class TopUpView(msgspec.Struct, frozen=True):
    """A top-up as it stands; `failure_code` tells of the last attempt, and there may be another while `pending`."""

    id: UUID
    amount: int
    currency: Currency
    status: PaymentStatus
    checkout_url: str | None
    card: CardView | None
    failure_code: str | None
    created_at: Instant


class NewWithdrawal(RequestStruct):
    """Money from one's wallet to one's payout account."""

    amount: AmountMinor
    currency: Currency


class WithdrawalView(msgspec.Struct, frozen=True):
    """A withdrawal; `failure_code` when the money came back into the wallet."""

    id: UUID
    amount: int
    currency: Currency
    status: Literal["pending", "paid", "failed"]
    failure_code: str | None
    created_at: Instant
    settled_at: Instant | None


class OpenPayoutAccount(RequestStruct):
    """Where the provider's pages lead back to when the person is done."""

    return_url: ReturnUrl | None = None


class PayoutAccountView(msgspec.Struct, frozen=True):
    """Where one's money goes; follow `onboarding_url` while something in `requirements` is asked for."""

    provider: str
    status: Literal["none", "pending", "ready", "restricted"]
    onboarding_url: str | None
    requirements: list[str]


class BuyGas(RequestStruct):
    """Units of gas, paid from the wallet in the market's currency (SPEC MON-6)."""

    units: Annotated[int, Meta(ge=1, le=MAX_GAS_UNITS)]


class GasBought(msgspec.Struct, frozen=True):
    """What was bought, what it cost, and how much gas there is now."""

    units: int
    amount: int
    currency: Currency
    gas: int


class WebhookReceived(msgspec.Struct, frozen=True):
    """Stored; `duplicate` when it was known already."""

    received: bool
    duplicate: bool
