"""Orders' money: card and wallet in, refunds, release, returned payments, chargebacks (SPEC ORD-2, ORD-6, MON-3)."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from outcry.ledger.accounts import available, clearing, fees, losses, outgoing
from outcry.ledger.errors import InsufficientFunds
from outcry.payments.errors import AlreadyPaid, EscrowReleased, RefundKeyReused, RefundTooLarge
from tests.payments import till
from tests.payments.shop import Shop
from tests.support.market import Person, TestMarket

pytestmark = pytest.mark.anyio


async def wallet(market: TestMarket, person: Person) -> int:
    return await till.balance(market, available(UUID(person.id), "USD"))


async def test_a_card_pays_into_escrow_once(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id = shop.order()
    first, again = await asyncio.gather(shop.start(order_id, ada), shop.start(order_id, ada))
    assert first == again
    await till.pay(market.client, first.checkout_url or "")
    await till.until(lambda: shop.in_escrow(order_id))
    assert shop.told == [("succeeded", order_id)]
    assert await shop.in_escrow(order_id) == 10_000
    with pytest.raises(AlreadyPaid):
        await shop.start(order_id, ada)
    with pytest.raises(AlreadyPaid):
        await shop.pay_by_wallet(order_id, ada)
    assert await till.faults(market.outcry.database) == []


async def test_another_sum_asks_anew_and_the_first_page_ends(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id = shop.order()
    first = await shop.start(order_id, ada, 10_000)
    second = await shop.start(order_id, ada, 9_000)
    assert first.payment_id != second.payment_id
    await till.until(lambda: till.scalar(market, "SELECT id FROM sandbox_payments WHERE status = 'cancelled'"))
    await till.pay(market.client, second.checkout_url or "")
    await till.until(lambda: shop.in_escrow(order_id))
    assert await shop.in_escrow(order_id) == 9_000


async def test_a_wallet_pays_and_calls_the_card_off(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id = shop.order()
    started = await shop.start(order_id, ada)
    with pytest.raises(InsufficientFunds):
        await shop.pay_by_wallet(order_id, ada)
    await till.top_up(market, ada, 12_000)
    facts = await shop.pay_by_wallet(order_id, ada)
    assert (facts.method, facts.status, facts.amount) == ("wallet", "succeeded", 10_000)
    shop.orders[order_id] = "paid"
    assert (await shop.in_escrow(order_id), await wallet(market, ada)) == (10_000, 2_000)
    await till.until(lambda: till.scalar(market, "SELECT id FROM sandbox_payments WHERE status = 'cancelled'"))
    assert "has ended" in (await market.client.get(started.checkout_url or "")).text
    assert await till.faults(market.outcry.database) == []


async def test_a_card_that_was_quicker_than_the_wallet_is_given_back(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    await till.top_up(market, ada, 12_000)
    order_id = shop.order()
    started = await shop.start(order_id, ada)
    await till.control(market, hold=True)
    await till.pay(market.client, started.checkout_url or "")
    await shop.pay_by_wallet(order_id, ada)
    shop.orders[order_id] = "paid"
    await till.until(lambda: till.scalar(market, "SELECT id FROM sandbox_events WHERE status = 'held'"))
    await till.control(market, hold=False, reorder="in_order")
    await till.until(lambda: till.scalar(market, "SELECT id FROM refunds WHERE status = 'succeeded'"))
    assert await till.scalar(market, "SELECT status FROM payments WHERE id = :id", id=started.payment_id) == "returned"
    assert await shop.in_escrow(order_id) == 10_000
    assert await till.balance(market, clearing("sandbox", "USD")) == -12_000
    assert await till.balance(market, outgoing("sandbox", "USD")) == 0
    assert await till.faults(market.outcry.database) == []


async def test_money_for_a_cancelled_order_is_given_back(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id = shop.order()
    started = await shop.start(order_id, ada)
    shop.orders[order_id] = "cancelled"
    await till.pay(market.client, started.checkout_url or "")
    await till.until(lambda: till.scalar(market, "SELECT id FROM refunds WHERE status = 'succeeded'"))
    assert await shop.in_escrow(order_id) == 0
    assert await till.balance(market, clearing("sandbox", "USD")) == 0
    assert await till.faults(market.outcry.database) == []


async def test_a_refused_card_is_told_to_the_shop(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id = shop.order()
    started = await shop.start(order_id, ada)
    await till.pay(market.client, started.checkout_url or "", till.POOR)

    async def told() -> bool:
        return shop.told == [("failed insufficient_funds", order_id)]

    await till.until(told)


async def test_refunds_go_back_to_where_the_money_came_from(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    await till.top_up(market, ada, 10_000)
    by_wallet = shop.order()
    await shop.pay_by_wallet(by_wallet, ada)
    await shop.refund(by_wallet, 4_000)
    assert (await wallet(market, ada), await shop.in_escrow(by_wallet)) == (4_000, 6_000)
    by_card, _ = await shop.paid_by_card(ada)
    await shop.refund(by_card, 4_000)
    assert await shop.in_escrow(by_card) == 6_000
    await till.until(
        lambda: till.scalar(market, "SELECT id FROM refunds WHERE status = 'succeeded' AND provider = 'sandbox'")
    )
    assert await till.balance(market, outgoing("sandbox", "USD")) == 0
    assert await till.balance(market, clearing("sandbox", "USD")) == -16_000
    assert await till.scalar(market, "SELECT sum(refunded_amount) FROM sandbox_payments") == 4_000
    assert await wallet(market, ada) == 4_000
    assert await till.faults(market.outcry.database) == []


async def test_never_more_than_was_captured_and_each_key_once(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id, _ = await shop.paid_by_card(ada)
    with pytest.raises(RefundTooLarge) as refused:
        await shop.refund(order_id, 10_001)
    assert refused.value.members["refundable"] == 10_000
    with pytest.raises(RefundTooLarge):
        await shop.refund(shop.order(), 1)
    results = await asyncio.gather(*(shop.refund(order_id, 6_000, "same") for _ in range(5)))
    assert results == [None] * 5
    with pytest.raises(RefundKeyReused):
        await shop.refund(order_id, 1_000, "same")
    outcomes: list[Any] = await asyncio.gather(
        *(shop.refund(order_id, 3_000, f"other {place}") for place in range(4)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", *(["RefundTooLarge"] * 3)]
    await till.until(lambda: till.scalar(market, "SELECT count(*) = 2 FROM refunds WHERE status = 'succeeded'"))
    assert await shop.in_escrow(order_id) == 1_000
    assert await till.faults(market.outcry.database) == []


async def test_a_refund_the_card_does_not_take_lands_in_the_wallet(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id, _ = await shop.paid_by_card(ada, number=till.UNREFUNDABLE)
    await shop.refund(order_id, 4_000)
    await till.until(lambda: wallet(market, ada))
    assert await wallet(market, ada) == 4_000
    assert await till.scalar(market, "SELECT failure_code FROM refunds") == "refund_declined_by_bank"
    assert await till.balance(market, outgoing("sandbox", "USD")) == 0
    assert await till.faults(market.outcry.database) == []


async def test_escrow_is_released_once_and_not_refunded_after(market: TestMarket) -> None:
    shop, ada, bob = Shop(market), await market.sign_up(), await market.sign_up()
    order_id, _ = await shop.paid_by_card(ada)
    outcomes = await asyncio.gather(*(shop.release(order_id, bob) for _ in range(4)))
    assert outcomes == [None] * 4
    assert (await wallet(market, bob), await till.balance(market, fees("USD"))) == (9_201, 799)
    with pytest.raises(EscrowReleased):
        await shop.release(order_id, bob, key="again")
    with pytest.raises(EscrowReleased):
        await shop.refund(order_id, 1_000)
    assert (await wallet(market, bob), await shop.in_escrow(order_id)) == (9_201, 0)
    assert await till.faults(market.outcry.database) == []


async def test_a_chargeback_takes_escrow_first(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id, started = await shop.paid_by_card(ada)
    assert (await till.dispute(market, started.payment_id, "opened")).status_code == 204
    assert (await till.dispute(market, started.payment_id, "lost")).status_code == 204
    assert (await till.dispute(market, started.payment_id, "won")).json()["code"] == "dispute_not_possible"
    await till.until(lambda: till.scalar(market, "SELECT dispute_status = 'lost' FROM payments"))
    assert shop.told[-1] == ("lost 10000", order_id)
    assert await shop.in_escrow(order_id) == 0
    assert await till.balance(market, clearing("sandbox", "USD")) == 0
    assert await till.balance(market, losses("USD")) == 0
    assert await till.faults(market.outcry.database) == []


async def test_a_late_chargeback_takes_what_the_seller_has_and_the_rest_is_lost(market: TestMarket) -> None:
    shop, ada, bob = Shop(market), await market.sign_up(), await market.sign_up()
    order_id, started = await shop.paid_by_card(ada)
    await shop.release(order_id, bob)
    await till.ready_account(market, bob)
    await bob.post("/v1/wallet/withdrawals", {"amount": 5_000, "currency": "USD"})
    await till.dispute(market, started.payment_id, "opened")
    await till.until(lambda: till.scalar(market, "SELECT dispute_status = 'open' FROM payments"))
    assert await wallet(market, bob) == 4_201
    await till.dispute(market, started.payment_id, "lost")
    await till.until(lambda: till.scalar(market, "SELECT dispute_status = 'lost' FROM payments"))
    assert await wallet(market, bob) == 0
    assert await till.balance(market, losses("USD")) == -(10_000 - 4_201)
    assert await till.faults(market.outcry.database) == []


async def test_the_dispute_card_disputes_by_itself(market: TestMarket) -> None:
    market.outcry.payments.sandbox_checkout._dispute_seconds = 0
    shop, ada = Shop(market), await market.sign_up()
    order_id, _ = await shop.paid_by_card(ada, number=till.DISPUTED)
    await till.until(lambda: till.scalar(market, "SELECT dispute_status = 'open' FROM payments"))
    assert shop.told == [("succeeded", order_id), ("disputed 10000", order_id)]
    assert await shop.in_escrow(order_id) == 10_000
