"""Paying: once, in time, by the buyer, exactly what is owed (SPEC ORD-1, ORD-2)."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest

from outcry.kernel.database import SYSTEM
from outcry.orders.rules import Party
from outcry.payments.ports import PaymentFacts, PaymentFate
from tests.support.market import TestMarket
from tests.support.sales import (
    CURRENCY,
    PRICE,
    Sale,
    a_sale,
    balanced,
    expect,
    fund,
    held,
    make_staff,
    refused,
    wallet,
)

pytestmark = pytest.mark.anyio
WALLET = {"method": "wallet"}


async def test_a_wallet_pays_into_escrow(market: TestMarket) -> None:
    sale = await a_sale(market)
    await fund(market, sale.buyer, PRICE + 5)
    answer = expect(await sale.ask(sale.buyer, "pay", WALLET))
    order = answer["order"]
    assert (answer["checkout_url"], answer["client_secret"]) == (None, None)
    assert (order["status"], order["payment"]["method"], order["payment"]["status"]) == ("in_escrow", "wallet", "held")
    assert order["next"]["who"] == "seller"
    assert [line["kind"] for line in order["timeline"]] == ["ordered", "paid"]
    assert (await wallet(market, sale.buyer), await held(market, sale.id)) == (5, PRICE)
    await balanced(market)


async def test_without_the_money_nothing_happens(market: TestMarket) -> None:
    sale = await a_sale(market)
    await fund(market, sale.buyer, PRICE - 1)
    refused(await sale.ask(sale.buyer, "pay", WALLET), 402, "insufficient_funds", currency=CURRENCY)
    assert (await sale.read())["status"] == "pending_payment"
    assert (await wallet(market, sale.buyer), await held(market, sale.id)) == (PRICE - 1, 0)


async def test_paying_twice_at_once_pays_once(market: TestMarket) -> None:
    sale = await a_sale(market)
    await fund(market, sale.buyer, 3 * PRICE)
    answers = await asyncio.gather(*(sale.ask(sale.buyer, "pay", WALLET) for _ in range(8)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 7}
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "already_paid", order_status="in_escrow")
    assert (await wallet(market, sale.buyer), await held(market, sale.id)) == (2 * PRICE, PRICE)
    await balanced(market)


async def test_money_for_one_pays_one_of_two(market: TestMarket) -> None:
    first = await a_sale(market)
    other = expect(
        await first.buyer.post("/v1/orders", {"listing_id": (await a_sale(market, stock=2)).order["listing_id"]}), 201
    )
    second = Sale(market, first.seller, first.buyer, other)
    await fund(market, first.buyer, PRICE)
    answers = await asyncio.gather(*(sale.ask(first.buyer, "pay", WALLET) for sale in (first, second)))
    assert sorted(answer.status_code for answer in answers) == [200, 402]
    assert await wallet(market, first.buyer) == 0
    assert await held(market, first.id) + await held(market, second.id) == PRICE
    await balanced(market)


async def test_the_same_key_pays_once_and_answers_the_same(market: TestMarket) -> None:
    sale = await a_sale(market)
    await fund(market, sale.buyer, 2 * PRICE)
    first = await sale.ask(sale.buyer, "pay", WALLET, key="pay-1")
    again = await sale.ask(sale.buyer, "pay", WALLET, key="pay-1")
    assert expect(first) == expect(again)
    assert "Idempotency-Replayed" in again.headers
    assert await wallet(market, sale.buyer) == PRICE


async def test_only_the_buyer_pays(market: TestMarket) -> None:
    sale = await a_sale(market)
    await fund(market, sale.seller)
    refused(await sale.ask(sale.seller, "pay", WALLET), 403, "not_your_part", who="buyer")
    staff = await make_staff(market, await market.sign_up())
    refused(await sale.ask(staff, "pay", WALLET), 403, "not_your_part", who="buyer")


async def test_what_cannot_be_paid_says_why(market: TestMarket) -> None:
    cancelled = await a_sale(market)
    expect(await cancelled.ask(cancelled.seller, "cancel"))
    refused(await cancelled.ask(cancelled.buyer, "pay", WALLET), 409, "order_cancelled", order_status="cancelled")
    late = await a_sale(market)
    await fund(market, late.buyer)
    await late.due("pay_by")
    assert "pay" not in (await late.read())["may"]
    refused(await late.ask(late.buyer, "pay", WALLET), 409, "payment_overdue", order_status="pending_payment")
    back = await a_sale(market)
    await back.pay()
    expect(await back.ask(back.seller, "refund", {"reason": "Broken"}))
    refused(await back.ask(back.buyer, "pay", WALLET), 409, "order_not_payable", order_status="refunded")
    done = await a_sale(market)
    await done.pay()
    expect(await done.ask(done.buyer, "confirm-delivery"))
    refused(await done.ask(done.buyer, "pay", WALLET), 409, "already_paid", order_status="completed")


async def test_pay_and_cancel_at_once_is_one_of_the_two(market: TestMarket) -> None:
    for _ in range(5):
        sale = await a_sale(market)
        await fund(market, sale.buyer)
        paid, called_off = await asyncio.gather(sale.ask(sale.buyer, "pay", WALLET), sale.ask(sale.seller, "cancel"))
        status = (await sale.read())["status"]
        if paid.status_code == 200:
            refused(called_off, 409, "not_cancellable", order_status="in_escrow")
            assert (status, await held(market, sale.id)) == ("in_escrow", PRICE)
        else:
            refused(paid, 409, "order_cancelled")
            assert (status, await wallet(market, sale.buyer)) == ("cancelled", PRICE)
    await balanced(market)


async def test_a_card_is_asked_for_at_a_whole_address(market: TestMarket) -> None:
    sale = await a_sale(market)
    first, again = [await sale.buyer.post(f"/v1/orders/{sale.id}/pay", {"method": "card"}) for _ in range(2)]
    assert first.json()["checkout_url"].startswith(f"{market.base_url}/sandbox/checkout/")
    assert again.json()["checkout_url"] == first.json()["checkout_url"]


# -- what a provider's webhook tells, in the transaction that applies it -----------------------------------------


def came(sale: Sale, **changes: Any) -> PaymentFacts:
    facts: dict[str, Any] = {
        "payment_id": uuid4(),
        "order_id": UUID(sale.id),
        "buyer_id": UUID(sale.buyer.id),
        "amount": PRICE,
        "currency": CURRENCY,
        "method": "card",
        "provider": "sandbox",
        "status": "pending",
        **changes,
    }
    return PaymentFacts(**facts)


async def tell(market: TestMarket, facts: PaymentFacts) -> PaymentFate:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        return await market.outcry.paying.payment_succeeded(tx, facts)


async def test_a_cards_money_is_kept_once_whatever_comes_after(market: TestMarket) -> None:
    sale = await a_sale(market)
    assert await tell(market, came(sale)) is PaymentFate.KEPT
    assert await tell(market, came(sale)) is PaymentFate.RETURNED
    order = await sale.read()
    assert (order["status"], order["payment"]["method"], order["payment"]["provider"]) == (
        "in_escrow",
        "card",
        "sandbox",
    )
    assert [line["kind"] for line in order["timeline"]] == ["ordered", "paid", "payment_returned"]


@pytest.mark.parametrize(
    "changes", [{"amount": PRICE - 1}, {"amount": PRICE + 1}, {"currency": "EUR"}, {"buyer_id": uuid4()}]
)
async def test_other_money_than_is_owed_goes_back(market: TestMarket, changes: dict[str, Any]) -> None:
    sale = await a_sale(market)
    assert await tell(market, came(sale, **changes)) is PaymentFate.RETURNED
    assert (await sale.read())["status"] == "pending_payment"


async def test_money_for_a_cancelled_or_unknown_order_goes_back(market: TestMarket) -> None:
    sale = await a_sale(market)
    expect(await sale.ask(sale.buyer, "cancel"))
    assert await tell(market, came(sale)) is PaymentFate.RETURNED
    assert await tell(market, came(sale, order_id=uuid4())) is PaymentFate.RETURNED
    assert (await sale.read())["status"] == "cancelled"


async def test_a_card_charged_in_time_counts_though_its_word_comes_late(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.due("pay_by")
    assert await tell(market, came(sale)) is PaymentFate.KEPT
    moved = await market.outcry.order_deadlines.move_due()
    assert (moved.unpaid, (await sale.read())["status"]) == (0, "in_escrow")


async def test_a_failed_card_is_told_to_the_buyer_and_the_order_waits(market: TestMarket) -> None:
    sale = await a_sale(market)
    async with market.socket(sale.buyer) as socket:
        await socket.ask(type="subscribe", channel="user")
        async with market.outcry.database.transaction(SYSTEM) as tx:
            await market.outcry.paying.payment_failed(tx, came(sale, failure_code="card_declined"))
        event = await socket.event("order_updated")
    assert (event["data"]["kind"], event["data"]["status"]) == ("payment_failed", "pending_payment")
    assert (await sale.read())["status"] == "pending_payment"


async def test_both_are_told_when_it_is_paid(market: TestMarket) -> None:
    sale = await a_sale(market)
    async with market.socket(sale.seller) as socket:
        await socket.ask(type="subscribe", channel="user")
        await sale.pay()
        event = await socket.event("order_updated")
    assert (event["data"]["kind"], event["data"]["status"], event["data"]["role"]) == ("paid", "in_escrow", "seller")
    assert (event["data"]["order_id"], event["data"]["amount"]) == (sale.id, PRICE)


async def test_the_history_cannot_be_rewritten(market: TestMarket) -> None:
    sale = await a_sale(market)
    for words in ("UPDATE order_history SET kind = 'paid'", "DELETE FROM order_history", "DELETE FROM orders"):
        with pytest.raises(Exception, match="permission denied"):
            async with market.outcry.database.transaction(SYSTEM) as tx:
                await tx.run(words)
    assert [line["by"] for line in (await sale.read())["timeline"]] == [Party.BUYER]
