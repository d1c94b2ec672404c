"""Whatever the order and however often a provider's events come, the end is the same (SPEC MON-7)."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcry.kernel.database import SYSTEM
from outcry.kernel.ids import new_id
from outcry.ledger.accounts import available, clearing, escrow, losses, outgoing
from outcry.payments import flows
from outcry.payments.flows import Moved
from outcry.payments.providers import EventKind, ProviderEvent
from outcry.payments.rules import PaymentState, Step, judge_outgoing, judge_payment
from tests.payments import till
from tests.payments.shop import Shop
from tests.support.market import Person, TestMarket

AMOUNT = 10_000
FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

PAYMENT_STORY = (
    EventKind.PAYMENT_FAILED,
    EventKind.PAYMENT_FAILED,
    EventKind.PAYMENT_SUCCEEDED,
    EventKind.DISPUTE_OPENED,
)


def shuffled(story: tuple[EventKind, ...]) -> st.SearchStrategy[list[int]]:
    """The story's events by place, each once or more, in any order."""
    places = list(range(len(story)))
    repeats = st.lists(st.sampled_from(places), max_size=4)
    return repeats.flatmap(lambda more: st.permutations(places + more))


def events_of(story: tuple[EventKind, ...], reference: str, subject_id: UUID | None) -> list[ProviderEvent]:
    return [
        ProviderEvent(
            f"evt_{reference}_{place}",
            kind,
            reference,
            at_seconds=1_000 + place,
            subject_id=subject_id,
            object_reference=f"dis_{reference}" if kind.value.startswith("dispute") else None,
            amount=AMOUNT,
            currency="USD",
            failure_code=f"code_{place}" if kind.value.endswith("failed") else None,
        )
        for place, kind in enumerate(story)
    ]


async def told(market: TestMarket, events: list[ProviderEvent], places: list[int]) -> None:
    """Apply them in this order; those whose time has not come are tried again, as their jobs are."""
    settlement = market.outcry.payments.settlement
    left = [events[place] for place in places]
    while left:
        waiting: list[ProviderEvent] = []
        for event in left:
            async with market.outcry.database.transaction(SYSTEM) as tx:
                verdict = await settlement.apply(tx, "sandbox", event)
            assert verdict.step is not Step.FLAG
            if verdict.step is Step.WAIT:
                waiting.append(event)
        assert len(waiting) < len(left), "nothing moved"
        left = waiting


async def insert_payment(market: TestMarket, payer: Person, order_id: UUID | None) -> UUID:
    payment_id = new_id()
    await till.scalar(
        market,
        "INSERT INTO payments (id, purpose, payer_id, order_id, amount, currency, method, provider, reference)"
        " VALUES (:id, CASE WHEN CAST(:order_id AS uuid) IS NULL THEN 'top_up' ELSE 'order' END, :payer, :order_id,"
        " :amount, 'USD', 'card', 'sandbox', :reference) RETURNING id",
        id=payment_id,
        payer=payer.id,
        order_id=order_id,
        amount=AMOUNT,
        reference=f"pay_{payment_id.hex}",
    )
    return payment_id


async def state(market: TestMarket, payment_id: UUID) -> Any:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        row = await tx.first(
            "SELECT status, failure_code, failure_event, dispute_status, disputed_amount, refunded_amount"
            " FROM payments WHERE id = :id",
            {"id": payment_id},
        )
    assert row is not None
    return tuple(row)


@pytest.mark.anyio
@FEW
@given(shuffled((*PAYMENT_STORY, EventKind.DISPUTE_LOST)))
async def test_a_disputed_payment_ends_the_same(market: TestMarket, places: list[int]) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id = shop.order()
    payment_id = await insert_payment(market, ada, order_id)
    events = events_of((*PAYMENT_STORY, EventKind.DISPUTE_LOST), f"pay_{payment_id.hex}", payment_id)
    before = await till.balance(market, clearing("sandbox", "USD"))
    await told(market, events, places)
    assert await state(market, payment_id) == ("succeeded", None, None, "lost", AMOUNT, 0)
    assert await shop.in_escrow(order_id) == 0
    assert await till.balance(market, clearing("sandbox", "USD")) == before
    assert await till.balance(market, losses("USD")) == 0
    assert [one for one, _ in shop.told].count("succeeded") == 1
    assert [one for one, _ in shop.told].count(f"lost {AMOUNT}") == 1
    assert await till.faults(market.outcry.database) == []


@pytest.mark.anyio
@FEW
@given(shuffled((EventKind.PAYMENT_FAILED, EventKind.PAYMENT_CANCELLED, EventKind.PAYMENT_FAILED)))
async def test_a_payment_without_money_ends_the_same(market: TestMarket, places: list[int]) -> None:
    ada = await market.sign_up()
    payment_id = await insert_payment(market, ada, None)
    story = (EventKind.PAYMENT_FAILED, EventKind.PAYMENT_CANCELLED, EventKind.PAYMENT_FAILED)
    events = events_of(story, f"pay_{payment_id.hex}", payment_id)
    await told(market, events, places)
    # Of the two failures the later one is remembered, whichever came last.
    status, code, *_ = await state(market, payment_id)
    assert (status, code) == ("cancelled", "code_2")


@pytest.mark.anyio
@FEW
@given(shuffled((EventKind.PAYMENT_CANCELLED, EventKind.PAYMENT_SUCCEEDED, EventKind.PAYMENT_FAILED)))
async def test_money_that_came_wins_over_everything(market: TestMarket, places: list[int]) -> None:
    ada = await market.sign_up()
    payment_id = await insert_payment(market, ada, None)
    story = (EventKind.PAYMENT_CANCELLED, EventKind.PAYMENT_SUCCEEDED, EventKind.PAYMENT_FAILED)
    await told(market, events_of(story, f"pay_{payment_id.hex}", payment_id), places)
    assert (await state(market, payment_id))[:3] == ("succeeded", None, None)
    assert await till.balance(market, available(UUID(ada.id), "USD")) == AMOUNT
    assert await till.faults(market.outcry.database) == []


@pytest.mark.anyio
@pytest.mark.parametrize("what", ["refund", "payout"])
@FEW
@given(places=shuffled((EventKind.PAYOUT_PAID, EventKind.PAYOUT_FAILED)))
async def test_money_that_came_back_wins_over_arrived(market: TestMarket, what: str, places: list[int]) -> None:
    refund = what == "refund"
    story = (
        (EventKind.REFUND_SUCCEEDED, EventKind.REFUND_FAILED)
        if refund
        else (EventKind.PAYOUT_PAID, EventKind.PAYOUT_FAILED)
    )
    ada = await market.sign_up()
    subject_id = new_id()
    if refund:
        await begin_refund(market, ada, subject_id)
    else:
        await begin_withdrawal(market, ada, subject_id)
    mine = available(UUID(ada.id), "USD")
    await told(market, events_of(story, f"ref_{subject_id.hex}", subject_id), places)
    table = "refunds" if refund else "withdrawals"
    row = await till.scalar(market, f"SELECT status || ' ' || failure_code FROM {table} WHERE id = :id", id=subject_id)
    assert row == "failed code_1"
    assert await till.balance(market, mine) == AMOUNT
    assert await till.balance(market, outgoing("sandbox", "USD")) == 0
    assert await till.faults(market.outcry.database) == []


async def begin_refund(market: TestMarket, ada: Person, refund_id: UUID) -> None:
    shop = Shop(market)
    order_id = shop.order()
    payment_id = await insert_payment(market, ada, order_id)
    paid = events_of((EventKind.PAYMENT_SUCCEEDED,), f"pay_{payment_id.hex}", payment_id)
    await told(market, paid, [0])
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run(
            "INSERT INTO refunds (id, payment_id, payer_id, order_id, key, amount, currency, reason, provider)"
            " VALUES (:id, :payment_id, :payer, :order_id, :key, :amount, 'USD', 'test', 'sandbox')",
            {
                "id": refund_id,
                "payment_id": payment_id,
                "payer": ada.id,
                "order_id": order_id,
                "key": str(refund_id),
                "amount": AMOUNT,
            },
        )
        await tx.run("UPDATE payments SET refunded_amount = amount WHERE id = :id", {"id": payment_id})
        moved = Moved(refund_id, UUID(ada.id), AMOUNT, "USD", "sandbox", order_id)
        await market.outcry.payments.parts.post(tx, flows.refund_begun(moved))
    assert await till.balance(market, escrow(order_id, "USD")) == 0


async def begin_withdrawal(market: TestMarket, ada: Person, withdrawal_id: UUID) -> None:
    payment_id = await insert_payment(market, ada, None)
    await told(market, events_of((EventKind.PAYMENT_SUCCEEDED,), f"pay_{payment_id.hex}", payment_id), [0])
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run(
            "INSERT INTO withdrawals (id, user_id, amount, currency, provider, account_reference)"
            " VALUES (:id, :user, :amount, 'USD', 'sandbox', 'acc')",
            {"id": withdrawal_id, "user": ada.id, "amount": AMOUNT},
        )
        moved = Moved(withdrawal_id, UUID(ada.id), AMOUNT, "USD", "sandbox")
        await market.outcry.payments.parts.post(tx, flows.withdrawn(moved))


STATUSES = ("pending", "succeeded", "failed", "cancelled", "returned")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("kind", list(EventKind))
def test_every_event_in_every_state_has_one_step(status: str, kind: EventKind) -> None:
    if kind in (EventKind.OTHER, EventKind.ACCOUNT_UPDATED) or kind.value.startswith(("refund", "payout")):
        return
    event = ProviderEvent("evt", kind, "ref", amount=AMOUNT, currency="USD")
    step = judge_payment(event, PaymentState(AMOUNT, "USD", status)).step
    money_in = status in ("succeeded", "returned")
    expected = {
        EventKind.PAYMENT_SUCCEEDED: Step.NOTHING if money_in else Step.CAPTURE,
        EventKind.PAYMENT_FAILED: Step.NOTHING if money_in else Step.NOTE_FAILURE,
        EventKind.PAYMENT_CANCELLED: Step.CANCEL if status == "pending" else Step.NOTHING,
        EventKind.DISPUTE_OPENED: Step.OPEN_DISPUTE if money_in else Step.WAIT,
        EventKind.DISPUTE_WON: Step.WIN_DISPUTE if money_in else Step.WAIT,
        EventKind.DISPUTE_LOST: Step.LOSE_DISPUTE if money_in else Step.WAIT,
    }
    assert step is expected[kind]


@pytest.mark.parametrize(
    ("kind", "amount", "currency", "code"),
    [
        (EventKind.DISPUTE_LOST, AMOUNT + 1, "USD", "amount_mismatch"),
        (EventKind.DISPUTE_LOST, None, "USD", "amount_mismatch"),
        (EventKind.DISPUTE_OPENED, AMOUNT, "EUR", "currency_mismatch"),
        (EventKind.PAYMENT_SUCCEEDED, AMOUNT, "EUR", "currency_mismatch"),
        (EventKind.PAYMENT_SUCCEEDED, 1, "USD", "amount_mismatch"),
    ],
)
def test_other_sums_are_flagged(kind: EventKind, amount: int | None, currency: str, code: str) -> None:
    status = "pending" if kind is EventKind.PAYMENT_SUCCEEDED else "succeeded"
    event = ProviderEvent("evt", kind, "ref", amount=amount, currency=currency)
    verdict = judge_payment(event, PaymentState(AMOUNT, "USD", status))
    assert (verdict.step, verdict.code) == (Step.FLAG, code)


@pytest.mark.parametrize(
    ("kind", "status", "step"),
    [
        (EventKind.PAYOUT_PAID, "pending", Step.FINISH),
        (EventKind.PAYOUT_PAID, "paid", Step.NOTHING),
        (EventKind.PAYOUT_PAID, "failed", Step.NOTHING),
        (EventKind.PAYOUT_FAILED, "pending", Step.FAIL),
        (EventKind.PAYOUT_FAILED, "paid", Step.FAIL_LATE),
        (EventKind.PAYOUT_FAILED, "failed", Step.NOTHING),
        (EventKind.REFUND_FAILED, "succeeded", Step.FAIL_LATE),
    ],
)
def test_money_on_its_way_out(kind: EventKind, status: str, step: Step) -> None:
    event = ProviderEvent("evt", kind, "ref", amount=AMOUNT, currency="USD")
    assert judge_outgoing(event, amount=AMOUNT, currency="USD", status=status).step is step
    if step is not Step.NOTHING:
        wrong = judge_outgoing(event, amount=AMOUNT - 1, currency="USD", status=status)
        assert (wrong.step, wrong.code) == (Step.FLAG, "amount_mismatch")
