"""Sending, confirming, releasing, giving back: every way once, every refusal with its code (ORD-2, ORD-4, ORD-6)."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest

from outcry.kernel.database import SYSTEM
from outcry.orders.errors import OrderDisputed, WrongOrderStatus
from outcry.orders.rules import Party, Status
from tests.support.market import TestMarket
from tests.support.sales import (
    FEES,
    PRICE,
    SELLER_RECEIVES,
    Sale,
    a_sale,
    a_won_sale,
    balanced,
    earned,
    expect,
    held,
    make_staff,
    refused,
    wallet,
)

pytestmark = pytest.mark.anyio
PARCEL = {"carrier": "Post", "tracking": "RR 1"}
WHY = {"reason": "Broken in the post"}


async def test_sent_confirmed_and_the_seller_is_paid(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    sent = expect(await sale.ask(sale.seller, "ship", PARCEL))
    assert (sent["status"], sent["fulfilment"]) == ("shipped", "shipping")
    assert (sent["shipment"]["carrier"], sent["shipment"]["tracking"]) == ("Post", "RR 1")
    assert (sent["next"]["who"], sent["next"]["action"]) == ("buyer", "confirm_delivery")
    assert sent["next"]["by"] == sent["shipment"]["deliver_by"]
    done = expect(await sale.ask(sale.buyer, "confirm-delivery"))
    assert (done["status"], done["payment"]["status"]) == ("completed", "released")
    assert [(line["kind"], line["by"]) for line in done["timeline"]] == [
        ("ordered", "buyer"),
        ("paid", "buyer"),
        ("shipped", "seller"),
        ("delivered", "buyer"),
        ("completed", "buyer"),
    ]
    assert done["timeline"][-1]["amount"] == SELLER_RECEIVES
    assert (done["may"], done["next"]["who"]) == (["rate"], "buyer")
    assert (await wallet(market, sale.seller), await held(market, sale.id)) == (SELLER_RECEIVES, 0)
    assert await earned(market) == (FEES, 0)
    await balanced(market)


async def test_confirming_many_times_at_once_pays_the_seller_once(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    await sale.ship()
    answers = await asyncio.gather(*(sale.ask(sale.buyer, "confirm-delivery") for _ in range(8)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 7}
    refused(await sale.ask(sale.buyer, "confirm-delivery"), 409, "nothing_to_confirm", order_status="completed")
    assert await wallet(market, sale.seller) == SELLER_RECEIVES
    await balanced(market)


async def test_what_was_never_marked_as_sent_can_be_confirmed(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    assert expect(await sale.ask(sale.buyer, "confirm-delivery"))["status"] == "completed"


async def test_a_market_may_keep_the_money_after_the_confirmation(market: TestMarket) -> None:
    import msgspec

    kept = msgspec.structs.replace(market.outcry.market, confirmation_releases=False)
    market.outcry.fulfilling._market = kept
    sale = await a_sale(market)
    await sale.pay()
    await sale.ship()
    here = expect(await sale.ask(sale.buyer, "confirm-delivery"))
    assert (here["status"], here["may"], await wallet(market, sale.seller)) == (
        "delivered",
        ["confirm_delivery", "dispute"],
        0,
    )
    assert here["escrow_release_at"] == here["next"]["by"]
    assert expect(await sale.ask(sale.buyer, "confirm-delivery"))["status"] == "completed"
    assert await wallet(market, sale.seller) == SELLER_RECEIVES


async def test_only_the_seller_ships_and_only_what_is_paid_once(market: TestMarket) -> None:
    sale = await a_sale(market)
    refused(await sale.ask(sale.seller, "ship", PARCEL), 409, "not_shippable", order_status="pending_payment")
    await sale.pay()
    refused(await sale.ask(sale.buyer, "ship", PARCEL), 403, "not_your_part", who="seller")
    refused(await sale.ask(sale.seller, "ship", {"carrier": " "}), 422, "invalid_input")
    answers = await asyncio.gather(*(sale.ask(sale.seller, "ship", PARCEL) for _ in range(4)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 3}
    refused(await sale.ask(sale.seller, "ship", PARCEL), 409, "not_shippable", order_status="shipped")


async def test_what_is_handed_over_in_person_is_not_shipped(market: TestMarket) -> None:
    sale = await a_sale(market, fulfilment=["meetup"])
    await sale.pay()
    refused(await sale.ask(sale.seller, "ship", PARCEL), 409, "shipping_not_offered")
    assert (await sale.read(sale.seller))["may"] == ["scan_code", "choose_place", "refund"]


async def test_only_the_buyer_confirms_and_only_what_is_paid(market: TestMarket) -> None:
    sale = await a_sale(market)
    refused(await sale.ask(sale.buyer, "confirm-delivery"), 409, "nothing_to_confirm", order_status="pending_payment")
    await sale.pay()
    refused(await sale.ask(sale.seller, "confirm-delivery"), 403, "not_your_part", who="buyer")


async def test_who_may_cancel_and_when(market: TestMarket) -> None:
    sale = await a_sale(market)
    staff = await make_staff(market, await market.sign_up())
    order = expect(await sale.ask(staff, "cancel"))
    assert order["cancel_reason"] == "Cancelled by staff"
    assert order["timeline"][-1]["by"] == "staff"
    paid = await a_sale(market)
    await paid.pay()
    refused(await paid.ask(paid.buyer, "cancel"), 409, "not_cancellable", order_status="in_escrow")
    refused(await paid.ask(paid.seller, "cancel"), 409, "not_cancellable", order_status="in_escrow")


async def test_a_win_is_binding_but_the_seller_may_let_it_go(market: TestMarket) -> None:
    sale, _ = await a_won_sale(market)
    refused(await sale.ask(sale.buyer, "cancel"), 403, "win_is_binding")
    expect(await sale.ask(sale.seller, "cancel", {"reason": "I dropped it"}))
    auction = await market.read(sale.order["auction_id"])
    assert auction["status"] == "unsold"
    assert (await sale.listing())["status"] == "active"
    me = expect(await sale.buyer.get("/v1/users/me"))
    assert me["strikes"] == []
    relisted = await sale.seller.post(f"/v1/auctions/{auction['id']}/relist")
    assert expect(relisted, 201)["status"] == "scheduled"
    await balanced(market)


async def test_all_of_it_goes_back_and_the_order_is_over(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    order = expect(await sale.ask(sale.seller, "refund", WHY))
    assert (order["status"], order["refunded_amount"], order["payment"]["status"]) == ("refunded", PRICE, "refunded")
    assert (order["timeline"][-1]["kind"], order["timeline"][-1]["note"]) == ("refunded", WHY["reason"])
    assert (await wallet(market, sale.buyer), await wallet(market, sale.seller)) == (PRICE, 0)
    refused(await sale.ask(sale.seller, "refund", WHY), 409, "already_refunded", order_status="refunded")
    refused(await sale.ask(sale.buyer, "confirm-delivery"), 409, "nothing_to_confirm", order_status="refunded")
    refused(await sale.ask(sale.seller, "ship", PARCEL), 409, "not_shippable", order_status="refunded")
    await balanced(market)


async def test_a_part_goes_back_and_the_rest_is_released_with_smaller_fees(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    order = expect(await sale.ask(sale.seller, "refund", {**WHY, "amount": PRICE // 2}))
    assert (order["status"], order["refunded_amount"]) == ("in_escrow", PRICE // 2)
    # What is told to the seller is what it gets.
    assert order["seller_receives"] == 4_501
    assert order["timeline"][-1]["kind"] == "partly_refunded"
    expect(await sale.ask(sale.buyer, "confirm-delivery"))
    assert (await wallet(market, sale.buyer), await wallet(market, sale.seller)) == (5_000, 4_501)
    assert await earned(market) == (499, 0)
    await balanced(market)


async def test_never_more_goes_back_than_was_captured(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    refused(
        await sale.ask(sale.seller, "refund", {**WHY, "amount": PRICE + 1}), 409, "refund_too_large", refundable=PRICE
    )
    answers = await asyncio.gather(*(sale.ask(sale.seller, "refund", {**WHY, "amount": 4_000}) for _ in range(6)))
    assert Counter(answer.status_code for answer in answers) == {200: 2, 409: 4}
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "refund_too_large", refundable=2_000)
    assert (await wallet(market, sale.buyer), await held(market, sale.id)) == (8_000, 2_000)
    whole = expect(await sale.ask(sale.seller, "refund", {**WHY, "amount": 2_000}))
    assert (whole["status"], whole["seller_receives"]) == ("refunded", 0)
    await balanced(market)


async def test_one_key_is_one_refund(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    body = {**WHY, "amount": 1_000}
    answers = await asyncio.gather(*(sale.ask(sale.seller, "refund", body, key="back") for _ in range(4)))
    assert {expect(answer)["refunded_amount"] for answer in answers} == {1_000}
    assert await wallet(market, sale.buyer) == 1_000


async def test_who_refunds_and_when_not(market: TestMarket) -> None:
    sale = await a_sale(market)
    refused(await sale.ask(sale.seller, "refund", WHY), 409, "order_not_paid", order_status="pending_payment")
    await sale.pay()
    refused(await sale.ask(sale.buyer, "refund", WHY), 403, "not_your_part", who="seller")
    refused(await sale.ask(sale.seller, "refund", {"reason": " "}), 422, "invalid_input")
    refused(await sale.ask(sale.seller, "refund", {**WHY, "amount": 0}), 422, "invalid_input")
    staff = await make_staff(market, await market.sign_up())
    order = expect(await sale.ask(staff, "refund", {**WHY, "amount": 1_000}))
    assert order["timeline"][-1]["by"] == "staff"
    expect(await sale.ask(sale.buyer, "confirm-delivery"))
    refused(await sale.ask(sale.seller, "refund", WHY), 409, "escrow_released", order_status="completed")
    refused(await sale.ask(staff, "refund", WHY), 409, "escrow_released", order_status="completed")
    await balanced(market)


async def test_refund_and_release_at_once_is_one_of_the_two(market: TestMarket) -> None:
    for _ in range(5):
        sale = await a_sale(market)
        await sale.pay()
        back, here = await asyncio.gather(
            sale.ask(sale.seller, "refund", WHY), sale.ask(sale.buyer, "confirm-delivery")
        )
        assert sorted((back.status_code, here.status_code)) == [200, 409]
        buyers, sellers = await wallet(market, sale.buyer), await wallet(market, sale.seller)
        assert (buyers, sellers) in ((PRICE, 0), (0, SELLER_RECEIVES))
    await balanced(market)


async def dispute(market: TestMarket, sale: Sale) -> None:
    """As the after-sale does it."""
    async with market.outcry.database.transaction(SYSTEM) as tx:
        order = await market.outcry.order_moves.locked(tx, UUID(sale.id))
        await market.outcry.order_moves.move(tx, order, Status.DISPUTED, "disputed", Party.BUYER)


async def test_while_there_is_a_dispute_the_parties_move_no_money(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    await dispute(market, sale)
    refused(await sale.ask(sale.seller, "refund", WHY), 409, "order_disputed", order_status="disputed")
    refused(await sale.ask(sale.buyer, "confirm-delivery"), 409, "order_disputed", order_status="disputed")
    assert await held(market, sale.id) == PRICE
    await balanced(market)


async def test_a_dispute_ends_with_a_part_back_and_the_rest_released_in_one_transaction(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    await dispute(market, sale)
    moves = market.outcry.order_moves
    async with market.outcry.database.transaction(SYSTEM) as tx:
        order = await moves.locked(tx, UUID(sale.id))
        await moves.refund(tx, order, 5_000, by=Party.STAFF, reason="Half is fair", key="dispute")
        await moves.complete(tx, order, Party.STAFF, "dispute_resolved", note="Half is fair")
    assert (await wallet(market, sale.buyer), await wallet(market, sale.seller)) == (5_000, 4_501)
    assert (await sale.read())["status"] == "completed"
    await balanced(market)


async def test_nothing_is_released_while_the_buyers_bank_decides(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    moves = market.outcry.order_moves
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run(
            "UPDATE payments SET dispute_status = 'open', dispute_reference = 'd', disputed_amount = amount"
            " WHERE order_id = :id",
            {"id": UUID(sale.id)},
        )
    refused(await sale.ask(sale.buyer, "confirm-delivery"), 409, "order_disputed")
    with pytest.raises(OrderDisputed):
        async with market.outcry.database.transaction(SYSTEM) as tx:
            await moves.complete(tx, await moves.locked(tx, UUID(sale.id)), Party.SELLER, "handed_over")
    assert (await sale.read())["status"] == "in_escrow"


async def test_no_move_leaves_the_table(market: TestMarket) -> None:
    sale = await a_sale(market)
    moves = market.outcry.order_moves
    for move in (
        lambda tx, order: moves.move(tx, order, Status.SHIPPED, "shipped", Party.SELLER),
        lambda tx, order: moves.complete(tx, order, Party.SELLER),
        lambda tx, order: moves.refund(tx, order, None, by=Party.STAFF, reason="?", key="1"),
    ):
        with pytest.raises(WrongOrderStatus):
            async with market.outcry.database.transaction(SYSTEM) as tx:
                await move(tx, await moves.locked(tx, UUID(sale.id)))
    assert (await sale.read())["status"] == "pending_payment"


async def test_the_audit_finds_money_that_is_where_it_should_not_be(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    await balanced(market)
    await sale.set("status = 'completed', completed_at = now()")
    from outcry.orders.audit import audit_orders

    faults = [str(fault) async for fault in audit_orders(market.outcry.database)]
    assert faults == [
        f"orders: order {sale.id}: it is completed and should hold 0, its escrow holds {PRICE}",
        f"orders: order {sale.id}: it is completed, its history ends at in_escrow",
    ]
