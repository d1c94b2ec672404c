"""The provider's records against ours, and what support sees (SPEC MON-7)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from outcry.kernel.ids import new_id
from outcry.payments.providers import Outcome, ProviderRecord, RecordKind
from outcry.payments.reconciliation import OurRecord, compare
from tests.payments import till
from tests.payments.shop import Shop
from tests.support.market import Person, TestMarket

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SINCE, UNTIL = NOW - timedelta(days=1), NOW
INSIDE, OUTSIDE = NOW - timedelta(hours=5), NOW - timedelta(days=1, minutes=30)


def ours(**changes: Any) -> OurRecord:
    facts = {
        "kind": RecordKind.PAYMENT,
        "subject_id": UUID(int=1),
        "reference": "pay_1",
        "amount": 500,
        "currency": "USD",
        "outcome": Outcome.DONE,
        "at": INSIDE,
    }
    return OurRecord(**{**facts, **changes})


def theirs(**changes: Any) -> ProviderRecord:
    facts = {
        "kind": RecordKind.PAYMENT,
        "reference": "pay_1",
        "subject_id": UUID(int=1),
        "amount": 500,
        "currency": "USD",
        "outcome": Outcome.DONE,
        "at": INSIDE,
    }
    return ProviderRecord(**{**facts, **changes})


@pytest.mark.parametrize(
    ("our", "their", "found"),
    [
        ([ours()], [theirs()], []),
        ([ours(reference=None)], [theirs()], []),
        ([ours()], [theirs(subject_id=None)], []),
        ([], [theirs()], ["extra"]),
        ([ours()], [], ["missing"]),
        ([ours()], [theirs(amount=499)], ["amount"]),
        ([ours()], [theirs(currency="EUR")], ["amount"]),
        ([ours(outcome=Outcome.PENDING)], [theirs()], ["state"]),
        ([ours()], [theirs(outcome=Outcome.FAILED)], ["state"]),
        ([ours(outcome=Outcome.PENDING)], [theirs(outcome=Outcome.FAILED)], []),
        ([ours(outcome=Outcome.FAILED)], [], []),
        ([], [theirs(outcome=Outcome.PENDING)], []),
        # What lies outside the window is another run's, but is known as the other half.
        ([], [theirs(at=OUTSIDE)], []),
        ([ours(at=OUTSIDE)], [], []),
        ([ours(at=OUTSIDE)], [theirs()], []),
        ([ours(kind=RecordKind.REFUND)], [theirs()], ["extra", "missing"]),
    ],
)
def test_what_differs(our: list[OurRecord], their: list[ProviderRecord], found: list[str]) -> None:
    assert [one.kind for one in compare(our, their, SINCE, UNTIL)[1]] == found


async def report(market: TestMarket, boss: Person) -> dict[str, Any]:
    begun = await boss.post("/v1/admin/reconciliations", {"provider": "sandbox"})
    assert begun.status_code == 202, begun.text

    async def look() -> Any:
        answer = (await boss.get(f"/v1/admin/reconciliations/{begun.json()['id']}")).json()
        return answer if answer["run"]["status"] == "done" else None

    return await till.until(look)


async def age(market: TestMarket) -> None:
    """Everything happened two hours ago."""
    for table in (
        "payments", "refunds", "withdrawals", "sandbox_payments", "sandbox_refunds", "sandbox_payouts",
        "sandbox_disputes",
    ):  # fmt: skip
        await till.scalar(
            market, f"WITH aged AS (UPDATE {table} SET created_at = created_at - interval '2 hours') SELECT 1"
        )
    await till.scalar(
        market, "WITH aged AS (UPDATE payments SET settled_at = settled_at - interval '2 hours') SELECT 1"
    )


async def test_a_day_of_everything_reconciles(market: TestMarket) -> None:
    shop, ada, bob, boss = Shop(market), *[await market.sign_up() for _ in range(3)]
    await till.make_staff(market, boss)
    order_id, _ = await shop.paid_by_card(ada)
    await shop.refund(order_id, 2_000)
    await shop.release(order_id, bob, amount=8_000)
    _, disputed = await shop.paid_by_card(ada)
    await till.dispute(market, disputed.payment_id, "opened")
    await till.dispute(market, disputed.payment_id, "lost")
    await till.ready_account(market, bob)
    answer = await bob.post("/v1/wallet/withdrawals", {"amount": 3_000, "currency": "USD"})
    await till.withdrawal_in(bob, answer.json()["id"], "paid")
    await till.until(lambda: till.scalar(market, "SELECT id FROM refunds WHERE status = 'succeeded'"))
    await till.until(lambda: till.scalar(market, "SELECT id FROM payments WHERE dispute_status = 'lost'"))
    await age(market)
    found = await report(market, boss)
    assert found["differences"] == []
    assert found["run"]["compared"] == 5
    assert found["run"]["asked_by"] == boss.id


async def test_every_kind_of_difference_is_reported(market: TestMarket) -> None:
    shop, ada, boss = Shop(market), *[await market.sign_up() for _ in range(2)]
    await till.make_staff(market, boss)
    lost = await till.top_up(market, ada, 1_000)
    wrong = await till.top_up(market, ada, 2_000)
    order_id, _ = await shop.paid_by_card(ada)
    await till.control(market, hold=True)
    missed = await till.start_top_up(ada, 3_000)
    await till.pay(market.client, missed["checkout_url"])
    await shop.refund(order_id, 4_000)
    await till.until(lambda: till.scalar(market, "SELECT id FROM sandbox_refunds"))
    await till.until(lambda: till.scalar(market, "SELECT id FROM refunds WHERE reference IS NOT NULL"))
    await age(market)
    # The provider forgets one, has another sum for the second, and knows one that we do not.
    await till.scalar(market, "DELETE FROM sandbox_payments WHERE subject_id = :id RETURNING 1", id=lost["id"])
    await till.scalar(
        market, "UPDATE sandbox_payments SET amount = 2001 WHERE subject_id = :id RETURNING 1", id=wrong["id"]
    )
    await till.scalar(
        market,
        "INSERT INTO sandbox_payments (id, key, request_hash, subject_id, amount, currency, description, status,"
        " created_at) VALUES ('pay_stranger', 'k', '', :id, 700, 'USD', '', 'paid', now() - interval '2 hours')"
        " RETURNING 1",
        id=new_id(),
    )
    await till.scalar(market, "UPDATE refunds SET created_at = created_at - interval '5 days' WHERE true RETURNING 1")
    found = await report(market, boss)
    listed = sorted((one["kind"], one["record"], one["ours"], one["theirs"]) for one in found["differences"])
    assert listed == [
        ("amount", "payment", 2_000, 2_001),
        ("extra", "payment", None, 700),
        ("missing", "payment", 1_000, None),
        ("state", "payment", 3_000, 3_000),
        ("state", "refund", 4_000, 4_000),
        ("stuck", "refund", 4_000, None),
    ]
    assert found["run"]["differing"] == 6
    runs = (await boss.get("/v1/admin/reconciliations")).json()["items"]
    assert [one["id"] for one in runs] == [found["run"]["id"]]


async def test_a_changed_row_is_a_fault_of_the_audit_and_of_the_report(market: TestMarket) -> None:
    ada, boss = [await market.sign_up() for _ in range(2)]
    await till.make_staff(market, boss)
    await till.top_up(market, ada, 1_000)
    await till.scalar(market, "UPDATE payments SET amount = 900 RETURNING 1")
    assert [(one.subject, one.detail) for one in await till.faults(market.outcry.database)] == [
        ("clearing of sandbox in USD", "the ledger says -1000, our records give -900")
    ]
    found = await report(market, boss)
    assert [one["record"] for one in found["differences"] if one["record"] == "ledger"] == ["ledger"]


async def test_staff_pages_are_for_staff(market: TestMarket) -> None:
    shop, ada, helper = Shop(market), *[await market.sign_up() for _ in range(2)]
    await till.make_staff(market, helper, "support")
    order_id, started = await shop.paid_by_card(ada)
    paths = ("payments", "webhooks", "reconciliations", f"reconciliations/{new_id()}")
    for path in paths:
        assert (await market.client.get(f"/v1/admin/{path}")).status_code == 401
        assert (await ada.get(f"/v1/admin/{path}")).status_code == 403
    assert (await helper.get(f"/v1/admin/{paths[3]}")).status_code == 404
    # Support looks; moving something takes an administrator.
    assert (await helper.post("/v1/admin/reconciliations", {"provider": "sandbox"})).status_code == 403
    found = (await helper.get(f"/v1/admin/payments?order_id={order_id}&status=succeeded")).json()["items"]
    assert [(one["id"], one["card"], one["amount"]) for one in found] == [
        (str(started.payment_id), "Visa 4242", 10_000)
    ]
    assert (await helper.get("/v1/admin/payments?status=failed")).json()["items"] == []
