"""What people do on the sandbox's pages: pay, authenticate, give a bank account; and disputes by their banks."""

import secrets
from datetime import timedelta
from typing import Any

from outcry.kernel.database import Transaction
from outcry.kernel.errors import Conflict, FieldError, NotFound
from outcry.payments.sandbox import events
from outcry.payments.sandbox.cards import (
    FAILS_AT_ONCE,
    AccountForm,
    BankBehaviour,
    Behaviour,
    CardForm,
    TestCard,
    read_account,
    read_card,
)
from outcry.payments.sandbox.deliveries import Deliveries

MAX_ATTEMPTS = 50
OPEN_DISPUTE = "sandbox.open_dispute"

_COLUMNS = (
    "id, subject_id, amount, currency, description, return_url, status, behaviour, brand, last4, failure_code, attempts"
)
_PAYMENT = f"""
SELECT {_COLUMNS}, created_at < clock_timestamp() - make_interval(hours => :hours) AS expired FROM sandbox_payments
WHERE id = :id
"""
_TODAY = "SELECT extract(year FROM now())::int AS year, extract(month FROM now())::int AS month"


class NoSuchPage(NotFound):
    """The address is wrong or its time is over."""


class DisputeNotPossible(Conflict):
    """There is nothing to dispute, or the dispute is over."""

    code = "dispute_not_possible"
    title = "This payment cannot be disputed now"


class Checkout:
    """The sandbox's side of its pages. `hours` is how long a payment may be paid."""

    def __init__(self, deliveries: Deliveries, *, hours: int, dispute_seconds: int) -> None:
        self._deliveries = deliveries
        self._hours = hours
        self._dispute_seconds = dispute_seconds

    async def read(self, tx: Transaction, payment_id: str, *, lock: bool = False) -> Any:
        """One payment. Raises NoSuchPage."""
        if "\0" in payment_id:
            raise NoSuchPage()
        row = await tx.first(_PAYMENT + ("FOR UPDATE" if lock else ""), {"id": payment_id, "hours": self._hours})
        if row is None:
            raise NoSuchPage()
        return row

    async def pay(self, tx: Transaction, payment_id: str, form: CardForm) -> list[FieldError]:
        """Try a card; what is wrong with the form, else nothing: the payment's status and failure say the rest."""
        row = await self.read(tx, payment_id, lock=True)
        if row.status != "open" or row.expired or row.attempts >= MAX_ATTEMPTS:
            return []
        today = await tx.first(_TODAY)
        assert today is not None
        card, errors = read_card(form, year=today.year, month=today.month)
        if card is None:
            return errors
        if card.behaviour in FAILS_AT_ONCE:
            await self._fail(tx, payment_id, card, card.behaviour.value)
        elif card.behaviour is Behaviour.AUTHENTICATES:
            await self._note(tx, payment_id, card, "authenticating", None)
        else:
            await self._paid(tx, payment_id, card)
        return []

    async def authenticate(self, tx: Transaction, payment_id: str, *, passed: bool) -> None:
        """The payer's bank has asked who they are."""
        row = await self.read(tx, payment_id, lock=True)
        if row.status != "authenticating" or row.expired:
            return
        card = TestCard("0" * 12 + row.last4, row.brand, Behaviour(row.behaviour), "")
        if passed:
            await self._paid(tx, payment_id, card)
        else:
            await self._fail(tx, payment_id, card, "authentication_failed")

    async def _paid(self, tx: Transaction, payment_id: str, card: TestCard) -> None:
        row = await self._note(tx, payment_id, card, "paid", None)
        await self._deliveries.tell(tx, "payment.succeeded", events.of_payment(row))
        if card.behaviour is Behaviour.DISPUTED:
            await self._deliveries.defer(
                tx, OPEN_DISPUTE, timedelta(seconds=self._dispute_seconds), payment_id=payment_id
            )

    async def _fail(self, tx: Transaction, payment_id: str, card: TestCard, code: str) -> None:
        row = await self._note(tx, payment_id, card, "open", code)
        await self._deliveries.tell(tx, "payment.failed", events.of_payment(row, failure_code=code))

    async def _note(self, tx: Transaction, payment_id: str, card: TestCard, status: str, code: str | None) -> Any:
        return await tx.first(
            "UPDATE sandbox_payments SET status = :status, failure_code = :code, brand = :brand, last4 = :last4,"
            " behaviour = :behaviour, attempts = attempts + 1, paid_at = CASE WHEN :status = 'paid' THEN"
            f" clock_timestamp() END WHERE id = :id RETURNING {_COLUMNS}",
            {
                "id": payment_id,
                "status": status,
                "code": code,
                "brand": card.brand,
                "last4": card.number[-4:],
                "behaviour": card.behaviour.value,
            },
        )

    # -- disputes -----------------------------------------------------------------------------------------------------

    async def open_dispute(self, tx: Transaction, payment_id: str) -> str:
        """The cardholder disputes all of a payment; the dispute's id, the same when there is one already.

        Raises DisputeNotPossible.
        """
        row = await self.read(tx, payment_id, lock=True)
        if row.status != "paid":
            raise DisputeNotPossible()
        known = await tx.scalar("SELECT id FROM sandbox_disputes WHERE payment_id = :id", {"id": payment_id})
        if known is not None:
            return known
        dispute = await tx.first(
            "INSERT INTO sandbox_disputes (id, payment_id, amount, currency) VALUES (:id, :payment_id, :amount,"
            " :currency) RETURNING id, payment_id, amount, currency, status",
            {
                "id": f"dis_{secrets.token_hex(12)}",
                "payment_id": payment_id,
                "amount": row.amount,
                "currency": row.currency,
            },
        )
        assert dispute is not None
        await self._deliveries.tell(tx, "dispute.opened", events.of_dispute(dispute, row.subject_id))
        return dispute.id

    async def close_dispute(self, tx: Transaction, payment_id: str, outcome: str) -> None:
        """The bank decides: `won` by the market or `lost`. Raises DisputeNotPossible."""
        row = await self.read(tx, payment_id)
        dispute = await tx.first(
            "UPDATE sandbox_disputes SET status = :status WHERE payment_id = :id AND status = 'open'"
            " RETURNING id, payment_id, amount, currency, status",
            {"id": payment_id, "status": outcome},
        )
        if dispute is None:
            raise DisputeNotPossible()
        await self._deliveries.tell(tx, "dispute.closed", events.of_dispute(dispute, row.subject_id))

    # -- payout accounts ----------------------------------------------------------------------------------------------

    async def onboarding(self, tx: Transaction, page_id: str) -> Any:
        """An onboarding page that is still good. Raises NoSuchPage."""
        if "\0" in page_id:
            raise NoSuchPage()
        row = await tx.first(
            "SELECT o.account_id, o.return_url, a.status, a.last4, a.requirements FROM sandbox_onboardings o"
            " JOIN sandbox_accounts a ON a.id = o.account_id WHERE o.id = :id AND o.expires_at > clock_timestamp()",
            {"id": page_id},
        )
        if row is None:
            raise NoSuchPage()
        return row

    async def give_account(self, tx: Transaction, page_id: str, form: AccountForm) -> list[FieldError]:
        """Take a bank account; what is wrong with the form, else nothing."""
        page = await self.onboarding(tx, page_id)
        bank, errors = read_account(form)
        if bank is None:
            return errors
        restricted = bank.behaviour is BankBehaviour.RESTRICTED
        row = await tx.first(
            "UPDATE sandbox_accounts SET status = :status, requirements = :requirements, behaviour = :behaviour,"
            " last4 = :last4 WHERE id = :id RETURNING id, status, requirements",
            {
                "id": page.account_id,
                "status": "restricted" if restricted else "ready",
                "requirements": ["identity_document"] if restricted else [],
                "behaviour": bank.behaviour.value,
                "last4": bank.number[-4:],
            },
        )
        assert row is not None
        told = events.EventObject(row.id, status=row.status, requirements=list(row.requirements))
        await self._deliveries.tell(tx, "account.updated", told)
        return []
