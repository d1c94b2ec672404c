"""The same money wanted twice at once, and news of which half fails: once or not at all (SPEC MON-2, MON-7)."""

import asyncio
from itertools import permutations
from uuid import UUID

import pytest

from outcry.kernel.database import SYSTEM, Transaction
from outcry.ledger.accounts import available, clearing, escrow, losses
from outcry.ledger.service import InsufficientFunds
from outcry.payments import queries
from outcry.payments.errors import AlreadyPaid
from outcry.payments.ports import PaymentFacts, PaymentFate
from outcry.payments.providers import EventKind, ProviderEvent
from outcry.payments.rules import Step
from tests.payments import till
from tests.payments.shop import Shop
from tests.support.market import Person, TestMarket

pytestmark = pytest.mark.anyio
AMOUNT = 10_000


def event(kind: EventKind, reference: str, subject_id: UUID, *, number: int = 1) -> ProviderEvent:
    return ProviderEvent(
        f"evt_{kind}_{number}_{reference}",
        kind,
        reference,
        at_seconds=1_000 + number,
        subject_id=subject_id,
        object_reference=f"dis_{reference}" if kind.value.startswith("dispute") else None,
        amount=AMOUNT,
        currency="USD",
    )


async def apply(market: TestMarket, told: ProviderEvent) -> Step:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        return (await market.outcry.payments.settlement.apply(tx, "sandbox", told)).step


async def start(shop: Shop, order_id: UUID, buyer: Person) -> tuple[str, UUID]:
    """A card payment that waits; its reference and its id."""
    started = await shop.start(order_id, buyer, AMOUNT)
    assert started.checkout_url is not None
    return started.checkout_url.rpartition("/")[2], started.payment_id


async def test_one_balance_is_spent_in_one_way(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    await till.top_up(market, ada, 10_000)
    await till.ready_account(market, ada)
    orders = [shop.order() for _ in range(3)]

    async def buy(order_id: UUID) -> bool:
        try:
            await shop.pay_by_wallet(order_id, ada)
        except InsufficientFunds:
            return False
        return True

    async def ask(path: str, body: dict[str, object]) -> bool:
        answer = await ada.post(f"/v1/wallet/{path}", body)
        assert answer.status_code in (201, 402), answer.text
        return answer.status_code == 201

    spent = await asyncio.gather(
        *(buy(order_id) for order_id in orders),
        *(ask("withdrawals", {"amount": 10_000, "currency": "USD"}) for _ in range(3)),
        *(ask("gas", {"units": 1_000}) for _ in range(3)),
    )
    assert spent.count(True) == 1
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 0
    assert await till.faults(market.outcry.database) == []


async def test_one_order_is_paid_once_by_a_wallet(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    await till.top_up(market, ada, 30_000)
    order_id = shop.order()
    ends = await asyncio.gather(*(shop.pay_by_wallet(order_id, ada) for _ in range(4)), return_exceptions=True)
    assert [type(end) for end in ends if isinstance(end, Exception)] == [AlreadyPaid] * 3
    assert await shop.in_escrow(order_id) == AMOUNT
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 20_000


async def test_the_same_news_from_many_hands_moves_money_once(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id = shop.order()
    reference, payment_id = await start(shop, order_id, ada)
    news = [event(EventKind.PAYMENT_SUCCEEDED, reference, payment_id, number=number) for number in range(6)]
    steps = await asyncio.gather(*(apply(market, one) for one in news))
    assert sorted(steps) == [Step.CAPTURE, *([Step.NOTHING] * 5)]
    assert await shop.in_escrow(order_id) == AMOUNT
    lost = [event(EventKind.DISPUTE_LOST, reference, payment_id, number=number) for number in range(6)]
    steps = await asyncio.gather(*(apply(market, one) for one in lost))
    assert sorted(steps) == [Step.LOSE_DISPUTE, *([Step.NOTHING] * 5)]
    assert await shop.in_escrow(order_id) == 0
    assert await till.faults(market.outcry.database) == []


async def test_refunds_at_once_never_exceed_what_was_captured(market: TestMarket) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id, _ = await shop.paid_by_card(ada)
    ends = await asyncio.gather(
        *(shop.refund(order_id, 4_000, f"part {number}") for number in range(5)), return_exceptions=True
    )
    assert [getattr(end, "code", None) for end in ends].count("refund_too_large") == 3
    assert [end for end in ends if end is None] == [None, None]
    assert await shop.in_escrow(order_id) == 2_000
    await till.until(lambda: till.scalar(market, "SELECT count(*) = 2 FROM refunds WHERE status = 'succeeded'"))
    assert await till.balance(market, clearing("sandbox", "USD")) == -2_000
    assert await till.faults(market.outcry.database) == []


class Falling(Shop):
    """A shop that falls over when it has written the order's news, before the ledger was written."""

    falls = 1

    async def payment_succeeded(self, tx: Transaction, payment: PaymentFacts) -> PaymentFate:
        if self.falls:
            self.falls -= 1
            await tx.run("UPDATE payments SET failure_code = 'half done' WHERE id = :id", {"id": payment.payment_id})
            raise RuntimeError("the process fell over")
        return await super().payment_succeeded(tx, payment)


async def test_news_that_half_came_through_left_nothing_and_comes_again(market: TestMarket) -> None:
    shop, ada = Falling(market), await market.sign_up()
    order_id = shop.order()
    reference, payment_id = await start(shop, order_id, ada)
    paid = event(EventKind.PAYMENT_SUCCEEDED, reference, payment_id)
    with pytest.raises(RuntimeError):
        await apply(market, paid)
    assert await till.scalar(market, "SELECT status || coalesce(failure_code, '') FROM payments") == "pending"
    assert await till.balance(market, clearing("sandbox", "USD")) == 0
    assert await apply(market, paid) is Step.CAPTURE
    assert await shop.in_escrow(order_id) == AMOUNT
    assert await till.faults(market.outcry.database) == []


async def test_a_job_that_fell_over_is_run_again(market: TestMarket) -> None:
    shop, ada = Falling(market), await market.sign_up()
    order_id, _ = await shop.paid_by_card(ada)
    assert (shop.falls, shop.orders[order_id]) == (0, "paid")
    assert await till.scalar(market, "SELECT count(*) FROM provider_events WHERE status = 'applied'") == 1
    assert await till.faults(market.outcry.database) == []


WON = (EventKind.PAYMENT_SUCCEEDED, EventKind.DISPUTE_OPENED, EventKind.DISPUTE_WON)


@pytest.mark.parametrize("order", list(permutations(WON)))
async def test_a_dispute_that_is_won_moves_nothing_in_any_order(
    market: TestMarket, order: tuple[EventKind, ...]
) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id = shop.order()
    reference, payment_id = await start(shop, order_id, ada)
    left = [event(kind, reference, payment_id) for kind in order for _ in range(2)]
    while left:
        waiting = [one for one in left if await apply(market, one) is Step.WAIT]
        assert len(waiting) < len(left)
        left = waiting
    assert await till.scalar(market, "SELECT status || ' ' || dispute_status FROM payments") == "succeeded won"
    assert await shop.in_escrow(order_id) == AMOUNT
    assert await till.faults(market.outcry.database) == []


@pytest.mark.parametrize("released", [False, True])
async def test_a_chargeback_of_money_given_back_takes_nobody_elses(market: TestMarket, released: bool) -> None:
    """The wallet paid first and the card's money went back: the bank takes that, not escrow nor the seller's."""
    shop, ada, seller = Shop(market), await market.sign_up(), await market.sign_up()
    await till.top_up(market, ada, 13_000)
    order_id = shop.order()
    reference, payment_id = await start(shop, order_id, ada)
    await till.control(market, hold=True)
    await till.pay(market.client, f"/sandbox/checkout/{reference}")
    await shop.pay_by_wallet(order_id, ada)
    shop.orders[order_id] = "paid"
    await till.until(lambda: till.scalar(market, "SELECT id FROM sandbox_events WHERE status = 'held'"))
    await till.control(market, hold=False, reorder="in_order")
    await till.until(lambda: till.scalar(market, "SELECT id FROM refunds WHERE status = 'succeeded'"))
    if released:
        await shop.release(order_id, seller)
    shop.told.clear()
    assert await apply(market, event(EventKind.DISPUTE_OPENED, reference, payment_id)) is Step.OPEN_DISPUTE
    async with market.outcry.database.transaction(SYSTEM) as tx:
        # Nothing hinders the release of what the wallet paid.
        assert await queries.under_bank_dispute(tx, [order_id]) == frozenset()
    assert await apply(market, event(EventKind.DISPUTE_LOST, reference, payment_id)) is Step.LOSE_DISPUTE
    assert shop.told == []
    assert await till.balance(market, escrow(order_id, "USD")) == (0 if released else AMOUNT)
    assert await till.balance(market, available(UUID(seller.id), "USD")) == (AMOUNT - 799 if released else 0)
    # What the payer has, as far as it goes; the rest is lost.
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 0
    assert await till.balance(market, losses("USD")) == -7_000
    assert await till.faults(market.outcry.database) == []
