"""What a provider of payments must be able to do (SPEC MON-3). `sandbox` is built in, `stripe` is Stripe Connect.

Every call that moves money carries a `key`: the same key is the same movement, however often it is asked for, for at
least KEY_LIFE_HOURS. Amounts are minor units. Calls raise ProviderUnavailable when nobody can know whether it was done
(try again with the same key), and ProviderRefused when it was not and will not be.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from outcry.kernel.errors import OutcryError

# After this a repeated key might move money twice (Stripe forgets keys after a day), so nothing is sent again.
KEY_LIFE_HOURS = 20
SIGNATURE_TOLERANCE_SECONDS = 300


class ProviderUnavailable(OutcryError):
    """The provider cannot be reached or does not know; the same call with the same key may be tried again."""

    status = 503
    code = "payment_provider_unavailable"
    title = "The payment provider cannot be reached just now"


class ProviderRefused(Exception):
    """The provider will not do it; `code` says why, in its words."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code


class BadSignature(OutcryError):
    """A webhook that its provider did not sign."""

    status = 400
    code = "webhook_signature_invalid"
    title = "The signature of this webhook is not valid"


class StaleSignature(OutcryError):
    """A webhook signed too long ago (or in the future) to be believed: somebody may be sending an old one again."""

    status = 400
    code = "webhook_timestamp_stale"
    title = "This webhook was signed outside the tolerance"


class PaymentRequest(msgspec.Struct, frozen=True):
    """Money to ask a payer for. `return_url` None: the client pays with `client_secret`, else on a hosted page."""

    payment_id: UUID
    amount: int
    currency: str
    description: str
    return_url: str | None
    order_id: UUID | None = None


class StartedAtProvider(msgspec.Struct, frozen=True):
    """A payment as the provider began it; `reference` names it in events and refunds."""

    reference: str
    checkout_url: str | None = None
    client_secret: str | None = None


class Outcome(StrEnum):
    """How far money on its way out has come."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Sent(msgspec.Struct, frozen=True):
    """A refund or payout at the provider."""

    reference: str
    outcome: Outcome
    failure_code: str | None = None


class RefundRequest(msgspec.Struct, frozen=True):
    """Money to give back to the card it came from."""

    refund_id: UUID
    payment_reference: str
    amount: int
    currency: str


class PayoutRequest(msgspec.Struct, frozen=True):
    """Money to send to a person's payout account."""

    withdrawal_id: UUID
    account_reference: str
    amount: int
    currency: str


class AccountStanding(StrEnum):
    """May money be sent to a payout account?"""

    PENDING = "pending"
    READY = "ready"
    RESTRICTED = "restricted"


class ProviderAccount(msgspec.Struct, frozen=True):
    """A payout account as the provider sees it; `requirements` are what it still asks for."""

    reference: str
    standing: AccountStanding
    requirements: tuple[str, ...] = ()


class EventKind(StrEnum):
    """What an event of a provider says, in our words."""

    PAYMENT_SUCCEEDED = "payment_succeeded"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_CANCELLED = "payment_cancelled"
    REFUND_SUCCEEDED = "refund_succeeded"
    REFUND_FAILED = "refund_failed"
    PAYOUT_PAID = "payout_paid"
    PAYOUT_FAILED = "payout_failed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    ACCOUNT_UPDATED = "account_updated"
    OTHER = "other"


class Card(msgspec.Struct, frozen=True):
    """As much of a card as anyone may know."""

    brand: str
    last4: str


class ProviderEvent(msgspec.Struct, frozen=True):
    """One event, read. `subject_id` is our own id where the provider carries it (payment, refund, withdrawal);
    `reference` is the provider's: of a dispute, the payment's; `object_reference` the dispute's own."""

    event_id: str
    kind: EventKind
    reference: str
    at_seconds: int = 0
    subject_id: UUID | None = None
    object_reference: str | None = None
    amount: int | None = None
    currency: str | None = None
    card: Card | None = None
    failure_code: str | None = None
    type: str = ""


class RecordKind(StrEnum):
    """What reconciliation compares."""

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    DISPUTE = "dispute"


class ProviderRecord(msgspec.Struct, frozen=True):
    """Money that moved at the provider, as its books say; `outcome` DONE moved, FAILED came back or never went."""

    kind: RecordKind
    reference: str
    subject_id: UUID | None
    amount: int
    currency: str
    outcome: Outcome
    at: datetime


class Provider(Protocol):
    """One provider; `name` stands in URLs, rows and ledger accounts."""

    name: str

    async def start_payment(self, request: PaymentRequest, *, key: str) -> StartedAtProvider:
        """Begin to ask for money."""
        ...

    async def resume_payment(self, reference: str) -> StartedAtProvider:
        """The same payment's page and secret again, for a payer who comes back."""
        ...

    async def cancel_payment(self, reference: str) -> bool:
        """Take no money for it any more; False when it has been paid."""
        ...

    async def refund(self, request: RefundRequest, *, key: str) -> Sent:
        """Give money back to the card."""
        ...

    async def payout(self, request: PayoutRequest, *, key: str) -> Sent:
        """Send money to a payout account."""
        ...

    async def take_back(self, withdrawal_id: UUID, *, key: str) -> None:
        """After a failed payout: what lies at the payout account comes back to the market's balance."""
        ...

    async def open_account(self, user_id: UUID, *, key: str) -> ProviderAccount:
        """A payout account for a person, not yet ready."""
        ...

    async def onboarding_url(self, reference: str, *, return_url: str) -> str:
        """A page of the provider's on which the person gives what the account asks for; good for minutes."""
        ...

    async def account(self, reference: str) -> ProviderAccount:
        """How the account stands now."""
        ...

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_seconds: int) -> None:
        """Raises BadSignature or StaleSignature. Header names are in lower case."""
        ...

    def read_event(self, body: bytes) -> ProviderEvent:
        """A verified body, read. Raises ValueError when it is no event."""
        ...

    async def close(self) -> None:
        """End its connections."""
        ...

    def records(self, since: datetime, until: datetime) -> AsyncIterator[ProviderRecord]:
        """Everything that moved, or was to move, between the two instants, by when it was made."""
        ...
