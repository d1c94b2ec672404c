"""The sandbox as the market asks it: payments, refunds, payouts, accounts, records."""

import secrets
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.payments.providers import (
    AccountStanding,
    Outcome,
    PaymentRequest,
    PayoutRequest,
    ProviderAccount,
    ProviderEvent,
    ProviderRecord,
    ProviderRefused,
    RecordKind,
    RefundRequest,
    Sent,
    StartedAtProvider,
)
from outcry.payments.sandbox import events, signing
from outcry.payments.sandbox.cards import BankBehaviour, Behaviour
from outcry.payments.sandbox.deliveries import Deliveries

NAME = "sandbox"
CHECKOUT_PATH = "/sandbox/checkout/"
ONBOARDING_PATH = "/sandbox/onboarding/"
ONBOARDING_MINUTES = 15
RECORDS_PAGE_ROWS = 1_000

_INSERT_PAYMENT = """
INSERT INTO sandbox_payments (id, key, request_hash, subject_id, amount, currency, description, return_url)
VALUES (:id, :key, :hash, :subject_id, :amount, :currency, :description, :return_url) ON CONFLICT (key) DO NOTHING
"""
_INSERT_REFUND = """
INSERT INTO sandbox_refunds (id, key, request_hash, subject_id, payment_id, amount, currency, status)
VALUES (:id, :key, :hash, :subject_id, :payment_id, :amount, :currency, 'pending') ON CONFLICT (key) DO NOTHING
"""
_INSERT_PAYOUT = """
INSERT INTO sandbox_payouts (id, key, request_hash, subject_id, account_id, amount, currency, status)
VALUES (:id, :key, :hash, :subject_id, :account_id, :amount, :currency, 'pending') ON CONFLICT (key) DO NOTHING
"""
_OUTCOMES = {
    "paid": Outcome.DONE,
    "succeeded": Outcome.DONE,
    "lost": Outcome.DONE,
    "pending": Outcome.PENDING,
    "open": Outcome.PENDING,
    "authenticating": Outcome.PENDING,
    "failed": Outcome.FAILED,
    "cancelled": Outcome.FAILED,
    "won": Outcome.FAILED,
}
_RECORDS = {
    RecordKind.PAYMENT: "SELECT id, subject_id, amount, currency, status, created_at FROM sandbox_payments t",
    RecordKind.REFUND: "SELECT id, subject_id, amount, currency, status, created_at FROM sandbox_refunds t",
    RecordKind.PAYOUT: "SELECT id, subject_id, amount, currency, status, created_at FROM sandbox_payouts t",
    RecordKind.DISPUTE: "SELECT t.id, p.subject_id, t.amount, t.currency, t.status, t.created_at"
    " FROM sandbox_disputes t JOIN sandbox_payments p ON p.id = t.payment_id",
}


class SandboxProvider:
    """Implements `Provider`."""

    name = NAME

    def __init__(self, database: Database, deliveries: Deliveries) -> None:
        self._database = database
        self._deliveries = deliveries

    async def start_payment(self, request: PaymentRequest, *, key: str) -> StartedAtProvider:
        """A page to pay on; without a return address it is there all the same, and the secret is its id."""
        names: dict[str, Any] = {
            "id": f"pay_{secrets.token_hex(16)}",
            "key": key,
            "hash": _hash(request),
            "subject_id": request.payment_id,
            "amount": request.amount,
            "currency": request.currency,
            "description": request.description,
            "return_url": request.return_url,
        }
        async with self._database.transaction(SYSTEM) as tx:
            await tx.run(_INSERT_PAYMENT, names)
            row = await _by_key(tx, "sandbox_payments", key, names["hash"])
        return _started(row.id)

    async def resume_payment(self, reference: str) -> StartedAtProvider:
        """The same page."""
        return _started(reference)

    async def cancel_payment(self, reference: str) -> bool:
        """Ends an open payment."""
        async with self._database.transaction(SYSTEM) as tx:
            row = await tx.first(
                "UPDATE sandbox_payments SET status = 'cancelled' WHERE id = :id AND status IN ('open',"
                " 'authenticating') RETURNING id, subject_id, amount, currency, status, brand, last4",
                {"id": reference},
            )
            if row is None:
                return False
            await self._deliveries.tell(tx, "payment.cancelled", events.of_payment(row))
        return True

    async def refund(self, request: RefundRequest, *, key: str) -> Sent:
        """On its way at once; the webhook tells how it ended. Raises ProviderRefused."""
        names: dict[str, Any] = {
            "id": f"ref_{secrets.token_hex(12)}",
            "key": key,
            "hash": _hash(request),
            "subject_id": request.refund_id,
            "payment_id": request.payment_reference,
            "amount": request.amount,
            "currency": request.currency,
        }
        async with self._database.transaction(SYSTEM) as tx:
            payment = await tx.first(
                "SELECT status, behaviour, currency, amount - refunded_amount AS left FROM sandbox_payments"
                " WHERE id = :id FOR UPDATE",
                {"id": request.payment_reference},
            )
            if payment is None or payment.status != "paid" or payment.currency != request.currency:
                raise ProviderRefused("payment_not_refundable")
            if await tx.run(_INSERT_REFUND, names):
                if request.amount > payment.left:
                    raise ProviderRefused("refund_exceeds_payment")
                await tx.run(
                    "UPDATE sandbox_payments SET refunded_amount = refunded_amount + :amount WHERE id = :id",
                    {"id": request.payment_reference, "amount": request.amount},
                )
                fails = payment.behaviour == Behaviour.REFUND_FAILS
                await self._end(tx, "refund", names["id"], "succeeded", "failed" if fails else None)
            row = await _by_key(tx, "sandbox_refunds", key, names["hash"])
        return Sent(row.id, Outcome.PENDING)

    async def payout(self, request: PayoutRequest, *, key: str) -> Sent:
        """On its way at once; the webhook tells how it ended. Raises ProviderRefused."""
        names: dict[str, Any] = {
            "id": f"out_{secrets.token_hex(12)}",
            "key": key,
            "hash": _hash(request),
            "subject_id": request.withdrawal_id,
            "account_id": request.account_reference,
            "amount": request.amount,
            "currency": request.currency,
        }
        async with self._database.transaction(SYSTEM) as tx:
            account = await tx.first(
                "SELECT status, behaviour FROM sandbox_accounts WHERE id = :id", {"id": request.account_reference}
            )
            if account is None or account.status != "ready":
                raise ProviderRefused("account_not_ready")
            if await tx.run(_INSERT_PAYOUT, names):
                fails = account.behaviour == BankBehaviour.FAILS
                await self._end(tx, "payout", names["id"], "paid", "failed" if fails else None)
            row = await _by_key(tx, "sandbox_payouts", key, names["hash"])
        return Sent(row.id, Outcome.PENDING)

    async def _end(self, tx: Transaction, what: str, row_id: str, good: str, bad: str | None) -> None:
        """A refund or payout ends: the books say so now, the market hears of it by webhook."""
        code = {"refund": "refund_declined_by_bank", "payout": "bank_account_closed"}[what] if bad else None
        row = await tx.first(
            f"UPDATE sandbox_{what}s SET status = :status, failure_code = :code WHERE id = :id"
            " RETURNING id, subject_id, amount, currency, status, failure_code",
            {"id": row_id, "status": bad or good, "code": code},
        )
        await self._deliveries.tell(tx, f"{what}.{bad or good}", events.of_movement(row))

    async def take_back(self, withdrawal_id: UUID, *, key: str) -> None:
        """Nothing lies at a sandbox account: what fails never left."""

    async def open_account(self, user_id: UUID, *, key: str) -> ProviderAccount:
        """An account that asks for everything."""
        async with self._database.transaction(SYSTEM) as tx:
            await tx.run(
                "INSERT INTO sandbox_accounts (id, key) VALUES (:id, :key) ON CONFLICT (key) DO NOTHING",
                {"id": f"acc_{secrets.token_hex(12)}", "key": key},
            )
            row = await tx.first("SELECT id, status, requirements FROM sandbox_accounts WHERE key = :key", {"key": key})
        return _account(row)

    async def onboarding_url(self, reference: str, *, return_url: str) -> str:
        """A page good for ONBOARDING_MINUTES."""
        page_id = secrets.token_urlsafe(24)
        async with self._database.transaction(SYSTEM) as tx:
            await tx.run(
                "INSERT INTO sandbox_onboardings (id, account_id, return_url, expires_at) VALUES (:id, :account_id,"
                " :return_url, clock_timestamp() + make_interval(mins => :minutes))",
                {"id": page_id, "account_id": reference, "return_url": return_url, "minutes": ONBOARDING_MINUTES},
            )
        return ONBOARDING_PATH + page_id

    async def account(self, reference: str) -> ProviderAccount:
        """How it stands."""
        async with self._database.transaction(SYSTEM) as tx:
            row = await tx.first(
                "SELECT id, status, requirements FROM sandbox_accounts WHERE id = :id", {"id": reference}
            )
        if row is None:
            raise ProviderRefused("no_such_account")
        return _account(row)

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_seconds: int) -> None:
        """By the market's own key."""
        signing.verify(self._deliveries.secrets, headers, body, now_seconds=now_seconds)

    def read_event(self, body: bytes) -> ProviderEvent:
        """Raises ValueError."""
        return events.read(body)

    async def close(self) -> None:
        """Nothing to end."""

    async def records(self, since: datetime, until: datetime) -> AsyncIterator[ProviderRecord]:
        """Page by page."""
        for kind, select in _RECORDS.items():
            after: tuple[datetime, str] = (since, "")
            while True:
                async with self._database.transaction(SYSTEM) as tx:
                    rows = await tx.all(
                        f"{select} WHERE (t.created_at, t.id) > (:at, :id) AND t.created_at < :until"
                        " ORDER BY t.created_at, t.id LIMIT :limit",
                        {"at": after[0], "id": after[1], "until": until, "limit": RECORDS_PAGE_ROWS},
                    )
                for row in rows:
                    yield ProviderRecord(
                        kind, row.id, row.subject_id, row.amount, row.currency, _OUTCOMES[row.status], row.created_at
                    )
                if len(rows) < RECORDS_PAGE_ROWS:
                    break
                after = (rows[-1].created_at, rows[-1].id)


async def _by_key(tx: Transaction, table: str, key: str, request_hash: bytes) -> Any:
    row = await tx.first(f"SELECT id, request_hash FROM {table} WHERE key = :key", {"key": key})
    if row is None or bytes(row.request_hash) != request_hash:
        raise ProviderRefused("idempotency_key_reused")
    return row


def _hash(request: msgspec.Struct) -> bytes:
    return sha256(msgspec.json.encode(request)).digest()


def _started(payment_id: str) -> StartedAtProvider:
    return StartedAtProvider(payment_id, checkout_url=CHECKOUT_PATH + payment_id)


def _account(row: Any) -> ProviderAccount:
    return ProviderAccount(row.id, AccountStanding(row.status), tuple(row.requirements))
