"""A person's own money in and out: top-ups, withdrawals, payout account, gas (SPEC MON-2, MON-6)."""

import logging
from typing import Any
from uuid import UUID

from litestar import Response

from outcry.kernel.database import SYSTEM, Actor, Transaction
from outcry.kernel.errors import InvalidInput
from outcry.kernel.ids import new_id
from outcry.kernel.paging import Page, decode_cursor, page_of
from outcry.kernel.times import rfc3339
from outcry.ledger.accounts import gas
from outcry.payments import flows, queries
from outcry.payments.card_payments import CardPayments
from outcry.payments.dispatch import SEND_PAYOUT
from outcry.payments.errors import PaymentNotFound, PayoutAccountRequired, WithdrawalLimit
from outcry.payments.flows import Moved
from outcry.payments.parts import Parts
from outcry.payments.providers import AccountStanding, ProviderAccount
from outcry.payments.return_urls import checked_return_url
from outcry.payments.schemas import (
    CardView,
    GasBought,
    NewTopUp,
    NewWithdrawal,
    PayoutAccountView,
    StartedTopUp,
    TopUpView,
    WithdrawalView,
)

PAYOUTS_PATH = "/wallet/payouts"
TOP_UP_WORDS = "Wallet top-up"

_log = logging.getLogger("outcry.payments")

_WITHDRAWN_TODAY = """
SELECT CAST(coalesce(sum(amount), 0) AS bigint) FROM withdrawals WHERE user_id = :user_id AND currency = :currency
    AND status <> 'failed' AND created_at > clock_timestamp() - interval '1 day'
"""
_INSERT_WITHDRAWAL = """
INSERT INTO withdrawals (id, user_id, amount, currency, provider, account_reference)
VALUES (:id, :user_id, :amount, :currency, :provider, :account_reference) RETURNING created_at
"""
_LIST_WITHDRAWALS = """
SELECT id, amount, currency, status, failure_code, created_at, settled_at FROM withdrawals
WHERE user_id = :user_id AND (CAST(:after AS uuid) IS NULL OR id < :after) ORDER BY id DESC LIMIT :limit
"""
_ACCOUNT = """
SELECT user_id, provider, reference, status, requirements FROM payout_accounts
WHERE user_id = :user_id AND provider = :provider
"""


class Wallets:
    """Top-ups, withdrawals, payout accounts and gas."""

    def __init__(self, parts: Parts, cards: CardPayments) -> None:
        self._parts = parts
        self._cards = cards

    # -- top-ups ----------------------------------------------------------------------------------------------------

    async def top_up(self, user_id: UUID, wanted: NewTopUp, idempotent: Any) -> Response[Any]:
        """201 with where to pay; the same key and body gives the same top-up and the same answer again.

        Raises InvalidInput (currency, limits), ReturnUrlRefused, PaymentsUnavailable, ProviderUnavailable.
        """
        settings = self._parts.settings
        self._check(wanted.currency, wanted.amount, settings.top_up_min_minor, settings.top_up_max_minor)
        returned = checked_return_url(settings, wanted.return_url)
        payment_id = new_id()

        async def record() -> UUID:
            await self._cards.record(tx, payment_id, user_id, wanted.amount, wanted.currency, returned, TOP_UP_WORDS)
            return payment_id

        async with self._parts.database.transaction(SYSTEM) as tx:
            # The key is remembered with the top-up's id; the provider is asked after the commit, with a key of its own.
            remembered = await idempotent.answer(tx, wanted, record, status=201)
        started_id = UUID(remembered.content.decode().strip('"'))
        started = await self._cards.begin(started_id)
        answer = StartedTopUp(
            started.payment_id,
            wanted.amount,
            wanted.currency,
            "pending",
            started.checkout_url,
            started.client_secret,
        )
        return Response(answer, status_code=201, headers=dict(remembered.headers))

    async def read_top_up(self, user_id: UUID, top_up_id: UUID) -> TopUpView:
        """One's own. Raises PaymentNotFound."""
        async with self._parts.database.transaction(Actor.user(user_id)) as tx:
            row = await queries.payment(tx, top_up_id)
        if row is None or row.purpose != "top_up" or row.payer_id != user_id:
            raise PaymentNotFound()
        return TopUpView(
            row.id,
            row.amount,
            row.currency,
            row.status,
            row.checkout_url if row.status == "pending" else None,
            CardView(row.card_brand, row.card_last4) if row.card_brand else None,
            row.failure_code,
            rfc3339(row.created_at),
        )

    # -- withdrawals ------------------------------------------------------------------------------------------------

    async def withdraw(self, tx: Transaction, user_id: UUID, wanted: NewWithdrawal) -> WithdrawalView:
        """Out of the wallet at once, to the payout account by a job. `tx` is the SYSTEM's.

        Raises InvalidInput, PayoutAccountRequired, WithdrawalLimit (`left`), InsufficientFunds.
        """
        settings, provider = self._parts.settings, self._parts.active
        self._check(wanted.currency, wanted.amount, settings.withdrawal_min_minor, None)
        # The account's row is the lock under which a person's withdrawals of a day are counted.
        account = await tx.first(f"{_ACCOUNT} FOR UPDATE", {"user_id": user_id, "provider": provider.name})
        if account is None or account.status != "ready":
            raise PayoutAccountRequired(account_status=account.status if account else "none")
        names = {"user_id": user_id, "currency": wanted.currency}
        left = max(0, settings.withdrawal_day_max_minor - await tx.scalar(_WITHDRAWN_TODAY, names))
        if wanted.amount > left:
            raise WithdrawalLimit(left=left, currency=wanted.currency)
        withdrawal_id = new_id()
        created_at = await tx.scalar(
            _INSERT_WITHDRAWAL,
            {
                **names,
                "id": withdrawal_id,
                "amount": wanted.amount,
                "provider": provider.name,
                "account_reference": account.reference,
            },
        )
        await self._parts.jobs.defer(tx, SEND_PAYOUT, lock=f"payout:{withdrawal_id}", withdrawal_id=withdrawal_id)
        moved = Moved(withdrawal_id, user_id, wanted.amount, wanted.currency, provider.name)
        await self._parts.post(tx, flows.withdrawn(moved))
        return WithdrawalView(withdrawal_id, wanted.amount, wanted.currency, "pending", None, rfc3339(created_at), None)

    async def withdrawals(self, user_id: UUID, limit: int, cursor: str | None) -> Page[WithdrawalView]:
        """One's own, newest first."""
        after = decode_cursor(cursor, tuple[UUID])
        async with self._parts.database.transaction(Actor.user(user_id)) as tx:
            rows = await tx.all(
                _LIST_WITHDRAWALS, {"user_id": user_id, "after": after[0] if after else None, "limit": limit + 1}
            )
        return page_of(rows, limit, _withdrawal_view, lambda row: (row.id,))

    # -- the payout account -----------------------------------------------------------------------------------------

    async def payout_account(self, user_id: UUID) -> PayoutAccountView:
        """How it stands."""
        provider = self._parts.active
        async with self._parts.database.transaction(Actor.user(user_id)) as tx:
            row = await tx.first(_ACCOUNT, {"user_id": user_id, "provider": provider.name})
        if row is None or row.reference is None:
            return PayoutAccountView(provider.name, "none", None, [])
        return PayoutAccountView(provider.name, row.status, None, list(row.requirements))

    async def open_payout_account(self, user_id: UUID, return_url: str | None) -> PayoutAccountView:
        """Opens one, or goes on with it: the answer has a fresh page of the provider's to give details on.

        Raises ReturnUrlRefused, PaymentsUnavailable, ProviderUnavailable.
        """
        provider = self._parts.active
        returned = checked_return_url(self._parts.settings, return_url) or PAYOUTS_PATH
        async with self._parts.database.transaction(SYSTEM) as tx:
            await tx.run(
                "INSERT INTO payout_accounts (user_id, provider) VALUES (:user_id, :provider) ON CONFLICT DO NOTHING",
                {"user_id": user_id, "provider": provider.name},
            )
            row = await tx.first(_ACCOUNT, {"user_id": user_id, "provider": provider.name})
        assert row is not None
        if row.reference is None:
            account = await provider.open_account(user_id, key=f"account:{user_id}")
            await self._note_account(user_id, provider.name, account)
        else:
            account = await provider.account(row.reference)
            await self._note_account(user_id, provider.name, account)
        url = await provider.onboarding_url(account.reference, return_url=returned)
        return PayoutAccountView(provider.name, account.standing.value, url, list(account.requirements))

    async def refresh_account(self, user_id: str, provider: str) -> None:
        """Job: ask how a payout account stands now."""
        async with self._parts.database.transaction(SYSTEM) as tx:
            row = await tx.first(_ACCOUNT, {"user_id": UUID(user_id), "provider": provider})
        if row is not None and row.reference is not None:
            account = await self._parts.provider(provider).account(row.reference)
            await self._note_account(UUID(user_id), provider, account)

    async def _note_account(self, user_id: UUID, provider: str, account: ProviderAccount) -> None:
        async with self._parts.database.transaction(SYSTEM) as tx:
            await tx.run(
                "UPDATE payout_accounts SET reference = :reference, status = :status, requirements = :requirements,"
                " updated_at = clock_timestamp() WHERE user_id = :user_id AND provider = :provider",
                {
                    "user_id": user_id,
                    "provider": provider,
                    "reference": account.reference,
                    "status": account.standing.value,
                    "requirements": list(account.requirements),
                },
            )
        if account.standing is AccountStanding.RESTRICTED:
            _log.info("the payout account of %s is restricted", user_id)

    # -- gas --------------------------------------------------------------------------------------------------------

    async def buy_gas(self, tx: Transaction, user_id: UUID, units: int) -> GasBought:
        """From the wallet, at the market's price of a unit. Raises InsufficientFunds."""
        market = self._parts.market
        cost = units * market.gas_price_minor
        transfer = flows.gas_bought(new_id(), user_id, units=units, cost=cost, currency=market.currency)
        await self._parts.post(tx, transfer)
        account = gas(user_id)
        balances = await self._parts.ledger.balances(tx, [account])
        return GasBought(units, cost, market.currency, balances[account])

    def _check(self, currency: str, amount: int, least: int, most: int | None) -> None:
        if currency not in self._parts.market.currencies:
            raise InvalidInput(("/currency", "must be one of " + ", ".join(self._parts.market.currencies)))
        if amount < least:
            raise InvalidInput(("/amount", f"must be at least {least}"))
        if most is not None and amount > most:
            raise InvalidInput(("/amount", f"must be at most {most}"))


def _withdrawal_view(row: Any) -> WithdrawalView:
    return WithdrawalView(
        row.id,
        row.amount,
        row.currency,
        row.status,
        row.failure_code,
        rfc3339(row.created_at),
        rfc3339(row.settled_at) if row.settled_at else None,
    )
