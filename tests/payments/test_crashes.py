"""A process that dies between the provider's answer and our commit: the same key resumes, nothing moves twice."""

from uuid import UUID

import pytest

from outcry.kernel.database import SYSTEM
from outcry.kernel.ids import new_id
from outcry.ledger.accounts import available
from outcry.payments.providers import (
    PayoutRequest,
    ProviderRefused,
    ProviderUnavailable,
    RefundRequest,
    Sent,
    StartedAtProvider,
)
from outcry.payments.sandbox.provider import SandboxProvider
from tests.payments import till
from tests.payments.shop import Shop
from tests.support.market import TestMarket

pytestmark = pytest.mark.anyio


class Dying:
    """The sandbox, behind a line that breaks after the next calls were carried out."""

    def __init__(self, market: TestMarket, deaths: int) -> None:
        provider = market.outcry.payments.parts.providers["sandbox"]
        assert isinstance(provider, SandboxProvider)
        self.real = provider
        self.deaths = deaths
        self.keys: list[str] = []
        market.outcry.payments.parts.providers["sandbox"] = self  # type: ignore[index]

    def __getattr__(self, name: str):
        return getattr(self.real, name)

    def _die(self, key: str) -> None:
        self.keys.append(key)
        if self.deaths:
            self.deaths -= 1
            raise ProviderUnavailable()

    async def start_payment(self, request, *, key: str) -> StartedAtProvider:
        started = await self.real.start_payment(request, key=key)
        self._die(key)
        return started

    async def refund(self, request: RefundRequest, *, key: str) -> Sent:
        sent = await self.real.refund(request, key=key)
        self._die(key)
        return sent

    async def payout(self, request: PayoutRequest, *, key: str) -> Sent:
        sent = await self.real.payout(request, key=key)
        self._die(key)
        return sent


async def test_a_top_up_is_resumed_by_its_key(market: TestMarket) -> None:
    ada = await market.sign_up()
    line = Dying(market, 1)
    body = {"amount": 5_000, "currency": "USD"}
    broken = await ada.post("/v1/wallet/top-ups", body, key="once")
    assert (broken.status_code, broken.json()["code"]) == (503, "payment_provider_unavailable")
    again = await ada.post("/v1/wallet/top-ups", body, key="once")
    assert again.status_code == 201
    assert len(line.keys) == 2
    assert len(set(line.keys)) == 1
    assert await till.scalar(market, "SELECT count(*) FROM sandbox_payments") == 1
    await till.pay(market.client, again.json()["checkout_url"])
    await till.settled(ada, again.json()["id"])


async def test_a_payment_is_known_also_when_its_start_was_never_answered(market: TestMarket) -> None:
    ada = await market.sign_up()
    Dying(market, 1)
    await ada.post("/v1/wallet/top-ups", {"amount": 5_000, "currency": "USD"})
    reference = await till.scalar(market, "SELECT id FROM sandbox_payments")
    payment_id = await till.scalar(market, "SELECT id FROM payments WHERE reference IS NULL")
    await till.pay(market.client, f"/sandbox/checkout/{reference}")
    await till.settled(ada, str(payment_id))


async def test_refunds_and_payouts_are_sent_once_over_broken_lines(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id, _ = await shop.paid_by_card(ada)
    await till.top_up(market, ada, 5_000)
    await till.ready_account(market, ada)
    line = Dying(market, 2)
    await shop.refund(order_id, 4_000)
    answer = await ada.post("/v1/wallet/withdrawals", {"amount": 5_000, "currency": "USD"})
    await till.withdrawal_in(ada, answer.json()["id"], "paid")
    await till.until(lambda: till.scalar(market, "SELECT id FROM refunds WHERE status = 'succeeded'"))
    assert len(line.keys) >= 2
    assert await till.scalar(market, "SELECT count(*) FROM sandbox_refunds") == 1
    assert await till.scalar(market, "SELECT count(*) FROM sandbox_payouts") == 1
    assert await till.faults(market.outcry.database) == []


async def test_what_lost_its_job_is_resumed_and_what_was_not_paid_in_time_called_off(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id, _ = await shop.paid_by_card(ada)
    await till.top_up(market, ada, 5_000)
    await till.ready_account(market, ada)
    late = await shop.start(shop.order(), ada)
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run("UPDATE payments SET created_at = created_at - interval '2 days' WHERE status = 'pending'")
        await market.outcry.payments.payments.refund(tx, order_id=order_id, amount=4_000, reason="test", key="lost")
        await tx.run("DELETE FROM procrastinate_jobs WHERE task_name = 'payments.send_refund'")
        await tx.run("UPDATE refunds SET created_at = created_at - interval '10 minutes'")
    await market.outcry.payments.dispatch.resume()
    await till.until(lambda: till.scalar(market, "SELECT id FROM refunds WHERE status = 'succeeded'"))
    await till.until(lambda: till.scalar(market, "SELECT id FROM sandbox_payments WHERE status = 'cancelled'"))
    status = await till.scalar(market, "SELECT status FROM payments WHERE id = :id", id=late.payment_id)
    assert status == "cancelled"
    assert await till.faults(market.outcry.database) == []


async def test_a_key_that_may_be_forgotten_is_not_sent_again(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id, _ = await shop.paid_by_card(ada)
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await market.outcry.payments.payments.refund(tx, order_id=order_id, amount=4_000, reason="test", key="old")
        await tx.run("DELETE FROM procrastinate_jobs WHERE task_name = 'payments.send_refund'")
        await tx.run("UPDATE refunds SET sent_at = created_at - interval '21 hours'")
        refund_id = await tx.scalar("SELECT id FROM refunds")
    await market.outcry.payments.dispatch.resume()
    await market.outcry.payments.dispatch.send_refund(str(refund_id))
    assert await till.scalar(market, "SELECT count(*) FROM sandbox_refunds") == 0
    assert await till.scalar(market, "SELECT status FROM refunds") == "pending"


async def test_the_sandbox_holds_to_its_keys(market: TestMarket) -> None:
    ada = await market.sign_up()
    await till.top_up(market, ada, 5_000)
    provider = market.outcry.payments.parts.provider("sandbox")
    reference = await till.scalar(market, "SELECT id FROM sandbox_payments")
    request = RefundRequest(new_id(), reference, 2_000, "USD")
    first = await provider.refund(request, key="k")
    assert (await provider.refund(request, key="k")).reference == first.reference
    with pytest.raises(ProviderRefused, match="idempotency_key_reused"):
        await provider.refund(RefundRequest(new_id(), reference, 1_000, "USD"), key="k")
    with pytest.raises(ProviderRefused, match="refund_exceeds_payment"):
        await provider.refund(RefundRequest(new_id(), reference, 3_001, "USD"), key="other")
    with pytest.raises(ProviderRefused, match="payment_not_refundable"):
        await provider.refund(RefundRequest(new_id(), "pay_none", 1, "USD"), key="none")
    with pytest.raises(ProviderRefused, match="account_not_ready"):
        await provider.payout(PayoutRequest(new_id(), "acc_none", 1, "USD"), key="none")
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 5_000
