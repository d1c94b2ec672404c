"""The buyer's bank takes a card's money back, from orders in every state that holds it (SPEC MON-7, ORD-2)."""

from uuid import UUID

import pytest

from outcry.kernel.database import SYSTEM
from outcry.ledger.accounts import clearing, losses
from outcry.orders.aftersale_audit import audit_aftersale
from outcry.orders.disputes import BANK_TOOK_IT
from tests.payments import till
from tests.support.market import TestMarket
from tests.support.sales import (
    PRICE,
    SELLER_RECEIVES,
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


async def paid_by_card(market: TestMarket) -> Sale:
    sale = await a_sale(market)
    started = expect(await sale.ask(sale.buyer, "pay", {"method": "card", "return_url": "/orders"}))
    await till.pay(market.client, started["checkout_url"])
    await reaches(sale, "in_escrow")
    return sale


async def reaches(sale: Sale, status: str) -> None:
    async def there() -> bool:
        return (await sale.read())["status"] == status

    await till.until(there)


async def bank(sale: Sale, outcome: str) -> None:
    """The bank's word, applied."""
    payment_id = await till.scalar(sale.market, "SELECT id FROM payments WHERE order_id = :id", id=UUID(sale.id))
    assert (await till.dispute(sale.market, payment_id, outcome)).status_code == 204
    status = {"opened": "open"}.get(outcome, outcome)
    await till.until(
        lambda: till.scalar(
            sale.market,
            "SELECT id FROM payments WHERE id = :id AND dispute_status = :status",
            id=payment_id,
            status=status,
        )
    )


async def proved(market: TestMarket) -> None:
    await balanced(market)
    assert await till.faults(market.outcry.database) == []


async def brought_to(sale: Sale, status: str) -> None:
    if status in ("shipped", "delivered", "disputed"):
        await sale.ship()
    if status in ("delivered", "disputed"):
        await sale.due("deliver_by")
        await sale.market.outcry.order_deadlines.move_due()
    if status == "disputed":
        expect(await sale.ask(sale.buyer, "dispute", {"reason": "damaged", "details": "The lens is broken."}), 201)
    assert (await sale.read())["status"] == status


@pytest.mark.parametrize("status", ["in_escrow", "shipped", "delivered", "disputed"])
async def test_what_the_bank_takes_ends_the_order(market: TestMarket, status: str) -> None:
    sale = await paid_by_card(market)
    await brought_to(sale, status)
    await bank(sale, "opened")
    assert (await sale.read())["status"] == status
    await bank(sale, "lost")
    order = await sale.read()
    assert (order["status"], order["refunded_amount"]) == ("refunded", PRICE)
    kinds = [line["kind"] for line in order["timeline"]]
    assert kinds[-1] == ("dispute_charged_back" if status == "disputed" else "charged_back")
    assert (kinds.count("charged_back"), kinds.count("bank_dispute_opened")) == (1, 1)
    assert (await held(market, sale.id), await wallet(market, sale.seller)) == (0, 0)
    assert await till.balance(market, clearing("sandbox", "USD")) == 0
    assert await till.balance(market, losses("USD")) == 0
    await proved(market)


async def test_what_the_bank_takes_closes_the_markets_own_dispute(market: TestMarket) -> None:
    sale, staff = await paid_by_card(market), await make_staff(market, await market.sign_up("Staff"))
    await brought_to(sale, "disputed")
    await bank(sale, "opened")
    assert [str(fault) async for fault in audit_aftersale(market.outcry.database)] == []
    await bank(sale, "lost")
    order = await sale.read()
    dispute = order["dispute"]
    assert (dispute["status"], dispute["refund_amount"], dispute["note"]) == ("charged_back", PRICE, BANK_TOOK_IT)
    assert (order["next"]["who"], order["may"]) == ("nobody", [])
    # Nobody decides any more, and nobody is asked to.
    path = f"/v1/admin/disputes/{dispute['id']}"
    refused(await staff.post(f"{path}/resolve", {"refund_amount": 0, "note": "Late"}), 409, "dispute_closed")
    refused(await sale.buyer.post(f"/v1/disputes/{dispute['id']}/withdraw"), 409, "dispute_closed")
    assert expect(await staff.get("/v1/admin/disputes?status=open"))["items"] == []
    (line,) = expect(await staff.get("/v1/admin/disputes?status=charged_back"))["items"]
    assert (line["id"], line["refundable"], line["respond_by"]) == (dispute["id"], 0, None)
    await market.outcry.disputes.remind(dispute["id"])
    for person in (sale.buyer, sale.seller):
        await market.outcry.notifications.take([UUID(person.id)])
        items = expect(await person.get("/v1/notifications"))["items"]
        unread = [item["kind"] for item in items if not item["read"]]
        assert ("dispute_resolved" in unread, "dispute_opened" in unread) == (True, False)
    outbox = await market.client.get("/dev/outbox", headers={"Accept": "application/json"})
    told = {mail["recipient"] for mail in expect(outbox)["items"] if mail["subject"] == "The dispute is closed"}
    assert told == {person.session["user"]["email"] for person in (sale.buyer, sale.seller)}
    assert [str(fault) async for fault in audit_aftersale(market.outcry.database)] == []
    await proved(market)


async def test_a_part_taken_by_the_bank_leaves_the_rest_to_be_decided(market: TestMarket) -> None:
    sale, staff = await paid_by_card(market), await make_staff(market, await market.sign_up("Staff"))
    await brought_to(sale, "disputed")
    async with market.outcry.database.transaction(SYSTEM) as tx:
        order = await market.outcry.order_moves.locked(tx, UUID(sale.id))
        await market.outcry.order_moves.charged_back(tx, order, 4_000)
    dispute = (await sale.read())["dispute"]
    assert dispute["status"] == "open"
    refused(
        await staff.post(f"/v1/admin/disputes/{dispute['id']}/resolve", {"refund_amount": 6_001, "note": "No"}),
        422, "invalid_input",
    )  # fmt: skip


async def test_what_was_refunded_before_is_lost(market: TestMarket) -> None:
    sale = await paid_by_card(market)
    expect(await sale.ask(sale.seller, "refund", {"amount": 4_000, "reason": "A scratch"}))
    await till.until(lambda: till.scalar(market, "SELECT id FROM refunds WHERE status = 'succeeded'"))
    await bank(sale, "opened")
    await bank(sale, "lost")
    order = await sale.read()
    assert (order["status"], order["refunded_amount"]) == ("refunded", PRICE)
    assert await till.balance(market, losses("USD")) == -4_000
    await proved(market)


async def test_a_completed_order_stays_and_the_seller_pays(market: TestMarket) -> None:
    sale = await paid_by_card(market)
    await sale.ship()
    expect(await sale.ask(sale.buyer, "confirm-delivery"))
    await reaches(sale, "completed")
    assert await wallet(market, sale.seller) == SELLER_RECEIVES
    await bank(sale, "opened")
    await bank(sale, "lost")
    order = await sale.read()
    assert (order["status"], order["timeline"][-1]["kind"]) == ("completed", "charged_back")
    assert await wallet(market, sale.seller) == 0
    assert await till.balance(market, losses("USD")) == SELLER_RECEIVES - PRICE
    await proved(market)


async def test_a_bank_that_finds_for_the_seller_changes_nothing(market: TestMarket) -> None:
    sale = await paid_by_card(market)
    await brought_to(sale, "delivered")
    await bank(sale, "opened")
    await sale.due("escrow_release_at")
    assert (await market.outcry.order_deadlines.move_due()).released == 0
    await bank(sale, "won")
    assert (await market.outcry.order_deadlines.move_due()).released == 1
    assert await wallet(market, sale.seller) == SELLER_RECEIVES
    await proved(market)


async def test_a_card_that_came_after_the_wallet_is_not_this_orders_affair(market: TestMarket) -> None:
    """The bank disputes money that had gone back: the order is released all the same, and the payer pays."""
    sale = await a_sale(market)
    started = expect(await sale.ask(sale.buyer, "pay", {"method": "card", "return_url": "/orders"}))
    await till.control(market, hold=True)
    await till.pay(market.client, started["checkout_url"])
    await sale.pay()
    await till.until(lambda: till.scalar(market, "SELECT id FROM sandbox_events WHERE status = 'held'"))
    await till.control(market, hold=False, reorder="in_order")
    await till.until(lambda: till.scalar(market, "SELECT id FROM refunds WHERE status = 'succeeded'"))
    returned = await till.scalar(market, "SELECT id FROM payments WHERE status = 'returned'")

    async def the_bank(outcome: str, status: str) -> None:
        assert (await till.dispute(market, returned, outcome)).status_code == 204
        await till.until(
            lambda: till.scalar(
                market,
                "SELECT id FROM payments WHERE id = :id AND dispute_status = :status",
                id=returned,
                status=status,
            )
        )

    await brought_to(sale, "delivered")
    await the_bank("opened", "open")
    await sale.due("escrow_release_at")
    assert (await market.outcry.order_deadlines.move_due()).released == 1
    assert await wallet(market, sale.seller) == SELLER_RECEIVES
    await fund(market, sale.buyer, 3_000)
    await the_bank("lost", "lost")
    order = await sale.read()
    assert (order["status"], order["refunded_amount"]) == ("completed", 0)
    assert "charged_back" not in [line["kind"] for line in order["timeline"]]
    assert (await wallet(market, sale.seller), await wallet(market, sale.buyer)) == (SELLER_RECEIVES, 0)
    assert await till.balance(market, losses("USD")) == -7_000
    await proved(market)
