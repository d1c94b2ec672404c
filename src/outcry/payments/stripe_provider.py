"""Stripe Connect through the official SDK (SPEC MON-3): separate charges and transfers.

A payment is a Checkout Session (a hosted page) when there is an address to return to, else a PaymentIntent for the
client's own form. Money stays at the market's account while in escrow; a withdrawal is a transfer to the person's
connected account and a payout from there.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import stripe
from stripe import StripeClient

from outcry.kernel.market import Market
from outcry.kernel.settings import Settings
from outcry.payments.providers import (
    SIGNATURE_TOLERANCE_SECONDS,
    AccountStanding,
    BadSignature,
    Outcome,
    PaymentRequest,
    PayoutRequest,
    ProviderAccount,
    ProviderEvent,
    ProviderRecord,
    ProviderRefused,
    ProviderUnavailable,
    RecordKind,
    RefundRequest,
    Sent,
    StaleSignature,
    StartedAtProvider,
)
from outcry.payments.stripe_events import from_stripe, outcome_of, read_event, subject_of, to_stripe

NAME = "stripe"
REQUEST_SECONDS = 20
NETWORK_RETRIES = 2
PAGE_ITEMS = 100
SIGNATURE_HEADER = "stripe-signature"
_SESSION = "cs_"

T = TypeVar("T")


class StripeProvider:
    """Implements `Provider`."""

    name = NAME

    def __init__(self, settings: Settings, market: Market) -> None:
        self._secrets = [one.strip() for one in settings.stripe_webhook_secret.split(",") if one.strip()]
        self._own_url = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
        self._title = market.title
        self._http = stripe.HTTPXClient(timeout=REQUEST_SECONDS)
        self._client = StripeClient(
            settings.stripe_secret_key,
            http_client=self._http,
            base_addresses={"api": settings.stripe_api_base.rstrip("/")},
            max_network_retries=NETWORK_RETRIES,
        ).v1

    async def close(self) -> None:
        """End the connections."""
        await self._http.close_async()

    async def start_payment(self, request: PaymentRequest, *, key: str) -> StartedAtProvider:
        """A Checkout Session or a PaymentIntent."""
        metadata = {"payment_id": str(request.payment_id)}
        group = f"order:{request.order_id}" if request.order_id else f"payment:{request.payment_id}"
        amount, currency = to_stripe(request.amount, request.currency), request.currency.lower()
        if request.return_url is None:
            intent = await _asked(
                self._client.payment_intents.create_async(
                    {
                        "amount": amount,
                        "currency": currency,
                        "description": request.description,
                        "metadata": metadata,
                        "transfer_group": group,
                    },
                    {"idempotency_key": key},
                )
            )
            return StartedAtProvider(intent.id, client_secret=intent.client_secret)
        url = self._absolute(request.return_url)
        session = await _asked(
            self._client.checkout.sessions.create_async(
                {
                    "mode": "payment",
                    "client_reference_id": str(request.payment_id),
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": currency,
                                "unit_amount": amount,
                                "product_data": {"name": request.description or self._title},
                            },
                        }
                    ],
                    "metadata": metadata,
                    "payment_intent_data": {
                        "description": request.description,
                        "metadata": metadata,
                        "transfer_group": group,
                    },
                    "success_url": url,
                    "cancel_url": url,
                },
                {"idempotency_key": key},
            )
        )
        return StartedAtProvider(session.id, checkout_url=session.url)

    async def resume_payment(self, reference: str) -> StartedAtProvider:
        """The page's address, or the secret."""
        if reference.startswith(_SESSION):
            session = await _asked(self._client.checkout.sessions.retrieve_async(reference))
            return StartedAtProvider(reference, checkout_url=session.url)
        intent = await _asked(self._client.payment_intents.retrieve_async(reference))
        return StartedAtProvider(reference, client_secret=intent.client_secret)

    async def cancel_payment(self, reference: str) -> bool:
        """Expires the session or cancels the intent."""
        try:
            if reference.startswith(_SESSION):
                await _asked(self._client.checkout.sessions.expire_async(reference))
            else:
                await _asked(self._client.payment_intents.cancel_async(reference))
        except ProviderRefused:
            return False
        return True

    async def refund(self, request: RefundRequest, *, key: str) -> Sent:
        """Of a PaymentIntent."""
        refund = await _asked(
            self._client.refunds.create_async(
                {
                    "payment_intent": request.payment_reference,
                    "amount": to_stripe(request.amount, request.currency),
                    "metadata": {"refund_id": str(request.refund_id)},
                },
                {"idempotency_key": key},
            )
        )
        return Sent(refund.id, outcome_of(refund.status), getattr(refund, "failure_reason", None))

    async def payout(self, request: PayoutRequest, *, key: str) -> Sent:
        """A transfer to the connected account, then a payout from there; each with a key of its own."""
        amount, currency = to_stripe(request.amount, request.currency), request.currency.lower()
        metadata = {"withdrawal_id": str(request.withdrawal_id)}
        await _asked(
            self._client.transfers.create_async(
                {
                    "amount": amount,
                    "currency": currency,
                    "destination": request.account_reference,
                    "transfer_group": _group(request.withdrawal_id),
                    "metadata": metadata,
                },
                {"idempotency_key": f"{key}:transfer"},
            )
        )
        payout = await _asked(
            self._client.payouts.create_async(
                {"amount": amount, "currency": currency, "metadata": metadata},
                {"idempotency_key": f"{key}:payout", "stripe_account": request.account_reference},
            )
        )
        return Sent(payout.id, outcome_of(payout.status), payout.failure_code)

    async def take_back(self, withdrawal_id: UUID, *, key: str) -> None:
        """Reverses the withdrawal's transfer, unless that is done."""
        transfers = await _asked(
            self._client.transfers.list_async({"transfer_group": _group(withdrawal_id), "limit": PAGE_ITEMS})
        )
        for transfer in transfers.data:
            if not transfer.reversed:
                await _asked(
                    self._client.transfers.reversals.create_async(
                        transfer.id, {}, {"idempotency_key": f"{key}:{transfer.id}"}
                    )
                )

    async def open_account(self, user_id: UUID, *, key: str) -> ProviderAccount:
        """An Express account that may receive transfers and pays out when we say so."""
        account = await _asked(
            self._client.accounts.create_async(
                {
                    "type": "express",
                    "capabilities": {"transfers": {"requested": True}},
                    "settings": {"payouts": {"schedule": {"interval": "manual"}}},
                    "metadata": {"user_id": str(user_id)},
                },
                {"idempotency_key": key},
            )
        )
        return _account(account)

    async def onboarding_url(self, reference: str, *, return_url: str) -> str:
        """A link of Stripe's own pages, good once."""
        url = self._absolute(return_url)
        link = await _asked(
            self._client.account_links.create_async(
                {"account": reference, "type": "account_onboarding", "return_url": url, "refresh_url": url}
            )
        )
        return link.url

    async def account(self, reference: str) -> ProviderAccount:
        """How it stands."""
        return _account(await _asked(self._client.accounts.retrieve_async(reference)))

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_seconds: int) -> None:
        """By the SDK; the tolerance is by our own clock, which is the database's, and counts both ways."""
        header = headers.get(SIGNATURE_HEADER, "")
        for secret in self._secrets:
            try:
                stripe.WebhookSignature.verify_header(body, header, secret, tolerance=None)
            except (stripe.SignatureVerificationError, UnicodeDecodeError):
                continue
            stamp = next(part[2:] for part in header.split(",") if part.startswith("t="))
            if abs(now_seconds - int(stamp)) > SIGNATURE_TOLERANCE_SECONDS:
                raise StaleSignature()
            return
        raise BadSignature()

    def read_event(self, body: bytes) -> ProviderEvent:
        """Raises ValueError."""
        return read_event(body)

    async def records(self, since: datetime, until: datetime) -> AsyncIterator[ProviderRecord]:
        """PaymentIntents, refunds, disputes; payouts of the connected accounts that got transfers."""
        created: Any = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        page: Any = {"created": created, "limit": PAGE_ITEMS}
        async for intent in _each(self._client.payment_intents.list_async(page)):
            subject = subject_of(intent, "payment_id")
            if subject is not None:
                yield _record(RecordKind.PAYMENT, intent, subject, outcome_of(intent.status))
        async for refund in _each(self._client.refunds.list_async(page)):
            yield _record(RecordKind.REFUND, refund, subject_of(refund, "refund_id"), outcome_of(refund.status))
        async for dispute in _each(self._client.disputes.list_async(page)):
            outcome = {"lost": Outcome.DONE, "won": Outcome.FAILED}.get(dispute.status, Outcome.PENDING)
            yield _record(RecordKind.DISPUTE, dispute, None, outcome)
        destinations: dict[UUID, Any] = {}
        async for transfer in _each(self._client.transfers.list_async(page)):
            subject = subject_of(transfer, "withdrawal_id")
            if subject is not None:
                destinations[subject] = transfer
        paid: set[UUID] = set()
        for account in sorted({transfer.destination for transfer in destinations.values()}):
            async for payout in _each(self._client.payouts.list_async(page, {"stripe_account": account})):
                subject = subject_of(payout, "withdrawal_id")
                if subject is not None:
                    paid.add(subject)
                    yield _record(RecordKind.PAYOUT, payout, subject, outcome_of(payout.status))
        for subject in sorted(destinations.keys() - paid):
            transfer = destinations[subject]
            outcome = Outcome.FAILED if transfer.reversed else Outcome.PENDING
            yield _record(RecordKind.PAYOUT, transfer, subject, outcome)

    def _absolute(self, url: str) -> str:
        return self._own_url + url if url.startswith("/") else url


def _group(withdrawal_id: UUID) -> str:
    return f"withdrawal:{withdrawal_id}"


def _account(account: Any) -> ProviderAccount:
    due = tuple(account.requirements.currently_due or ()) if account.requirements else ()
    if account.payouts_enabled and getattr(account.capabilities, "transfers", None) == "active":
        return ProviderAccount(account.id, AccountStanding.READY, due)
    standing = AccountStanding.RESTRICTED if account.details_submitted else AccountStanding.PENDING
    return ProviderAccount(account.id, standing, due)


def _record(kind: RecordKind, found: Any, subject: UUID | None, outcome: Outcome) -> ProviderRecord:
    currency = found.currency.upper()
    at = datetime.fromtimestamp(found.created, UTC)
    return ProviderRecord(kind, found.id, subject, from_stripe(found.amount, currency), currency, outcome, at)


async def _each(listing: Awaitable[Any]) -> AsyncIterator[Any]:
    first = await _asked(listing)
    try:
        async for item in first.auto_paging_iter():
            yield item
    except stripe.StripeError as failed:
        raise _refusal(failed) from None


async def _asked(call: Awaitable[T]) -> T:
    """The SDK's answer, its errors as ours."""
    try:
        return await call
    except stripe.StripeError as failed:
        raise _refusal(failed) from None


def _refusal(failed: stripe.StripeError) -> Exception:
    if isinstance(failed, stripe.CardError | stripe.InvalidRequestError):
        return ProviderRefused(failed.code or "invalid_request", str(failed.user_message or failed))
    # No answer, a wrong key, too many requests, a key that is being used just now: nobody knows, or it will pass.
    return ProviderUnavailable()
