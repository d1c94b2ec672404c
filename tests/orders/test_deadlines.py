"""The clock of orders: reminders, unpaid orders, arrivals and releases, once each on any number of processes."""

import asyncio
from uuid import UUID

import pytest

from outcry.kernel.database import SYSTEM
from tests.support.market import TestMarket
from tests.support.sales import (
    PRICE,
    SELLER_RECEIVES,
    a_sale,
    a_won_sale,
    balanced,
    expect,
    fund,
    held,
    make_staff,
    refused,
    ring_the_bell,
    wallet,
)

pytestmark = pytest.mark.anyio
WALLET = {"method": "wallet"}


async def test_the_buyer_is_reminded_before_the_end_and_not_again(market: TestMarket) -> None:
    sale = await a_sale(market)
    run = market.outcry.order_deadlines.move_due
    assert (await run()).reminded == 0
    async with market.socket(sale.buyer) as socket:
        await socket.ask(type="subscribe", channel="user")
        # Half an hour is left of the second, nearer reminder.
        await sale.set("pay_by = clock_timestamp() + interval '90 minutes', remind_at = clock_timestamp()")
        assert (await run()).reminded == 1
        event = await socket.event("order_updated")
    assert (event["data"]["kind"], event["data"]["role"]) == ("payment_reminder", "buyer")
    assert event["data"]["pay_by"] is not None
    assert (await run()).reminded == 0


async def test_a_reminder_is_followed_by_the_nearer_one(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.set("pay_by = clock_timestamp() + interval '23 hours', remind_at = clock_timestamp()")
    await market.outcry.order_deadlines.move_due()
    async with market.outcry.database.transaction(SYSTEM) as tx:
        left = await tx.scalar("SELECT pay_by - remind_at FROM orders WHERE id = :id", {"id": UUID(sale.id)})
    assert left.total_seconds() == 2 * 3_600


async def test_the_first_reminder_is_a_day_before_the_end(market: TestMarket) -> None:
    sale = await a_sale(market)
    async with market.outcry.database.transaction(SYSTEM) as tx:
        row = await tx.first(
            "SELECT pay_by - remind_at AS before, pay_by - created_at AS time FROM orders WHERE id = :id",
            {"id": UUID(sale.id)},
        )
    assert row is not None
    assert (row.before.total_seconds(), row.time.total_seconds()) == (24 * 3_600, 48 * 3_600)


async def test_an_unpaid_purchase_is_cancelled_with_a_strike_and_its_stock_returns(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.due("pay_by")
    moved = await market.outcry.order_deadlines.move_due()
    assert moved.unpaid == 1
    order = await sale.read()
    assert (order["status"], order["cancel_reason"]) == ("cancelled", "Not paid in time")
    assert (order["timeline"][-1]["kind"], order["timeline"][-1]["by"]) == ("not_paid", "system")
    assert (await sale.listing())["status"] == "active"
    (strike,) = expect(await sale.buyer.get("/v1/users/me"))["strikes"]
    assert (strike["reason"], strike["order_id"]) == ("not_paid", sale.id)
    assert expect(await sale.seller.get("/v1/users/me"))["strikes"] == []
    staff = await make_staff(market, await market.sign_up())
    assert expect(await staff.get(f"/v1/admin/users/{sale.buyer.id}/strikes")) == [strike]
    refused(await sale.seller.get(f"/v1/admin/users/{sale.buyer.id}/strikes"), 403, "forbidden")
    refused(await sale.ask(sale.buyer, "pay", WALLET), 409, "order_cancelled")
    assert (await market.outcry.order_deadlines.move_due()).unpaid == 0


async def test_what_is_due_is_moved_once_however_many_look(market: TestMarket) -> None:
    sales = [await a_sale(market) for _ in range(6)]
    for sale in sales:
        await sale.due("pay_by")
    moved = await asyncio.gather(*(market.outcry.order_deadlines.move_due() for _ in range(3)))
    assert (sum(one.unpaid for one in moved), sum(one.failed for one in moved)) == (6, 0)
    async with market.outcry.database.transaction(SYSTEM) as tx:
        assert await tx.scalar("SELECT count(*) FROM strikes") == 6
    for sale in sales:
        assert (await sale.listing())["stock"] == 1


async def test_sent_and_never_confirmed_it_arrives_by_itself_and_is_released(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    await sale.ship()
    run = market.outcry.order_deadlines.move_due
    assert (await run()).arrived == 0
    await sale.due("deliver_by")
    assert (await run()).arrived == 1
    order = await sale.read()
    assert (order["status"], order["may"]) == ("delivered", ["confirm_delivery", "dispute"])
    assert order["next"] == {"who": "buyer", "action": "confirm_delivery", "by": order["escrow_release_at"]}
    assert (await run()).released == 0
    await sale.due("escrow_release_at")
    moved = await asyncio.gather(*(run() for _ in range(3)))
    assert sum(one.released for one in moved) == 1
    done = await sale.read()
    assert (done["status"], done["timeline"][-1]["by"]) == ("completed", "system")
    assert (await wallet(market, sale.seller), await held(market, sale.id)) == (SELLER_RECEIVES, 0)
    await balanced(market)


async def test_a_dispute_stops_the_release_and_so_does_the_buyers_bank(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    await sale.ship()
    await sale.due("deliver_by")
    run = market.outcry.order_deadlines.move_due
    await run()
    await sale.due("escrow_release_at")
    asked = "UPDATE payments SET dispute_status = :status, dispute_reference = 'd', disputed_amount = amount"
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run(f"{asked} WHERE order_id = :id", {"status": "open", "id": UUID(sale.id)})
    assert (await run()).released == 0
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run(f"{asked} WHERE order_id = :id", {"status": "won", "id": UUID(sale.id)})
    await sale.set("status = 'disputed'")
    assert (await run()).released == 0
    assert await held(market, sale.id) == PRICE
    await sale.set("status = 'delivered'")
    assert (await run()).released == 1


async def test_one_order_that_cannot_be_moved_does_not_stop_the_others(market: TestMarket) -> None:
    broken, fine = await a_sale(market), await a_sale(market)
    for sale in (broken, fine):
        await sale.pay()
        await sale.ship()
        await sale.set("status = 'delivered'")
        await sale.due("escrow_release_at")
    # Its escrow is empty: the ledger refuses the release.
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await market.outcry.payments.payments.refund(
            tx, order_id=UUID(broken.id), amount=PRICE, reason="?", key="apart"
        )
    moved = await market.outcry.order_deadlines.move_due()
    assert (moved.released, moved.failed) == (1, 1)
    assert ((await fine.read())["status"], (await broken.read())["status"]) == ("completed", "delivered")


# -- a win that is not paid (SPEC AUC-7) -------------------------------------------------------------------------


async def test_a_win_that_is_not_paid_is_offered_to_the_runner_up_at_its_own_highest_bid(market: TestMarket) -> None:
    sale, (_, second, _) = await a_won_sale(market, (1_000, 1_500, 2_000))
    auction_id = sale.order["auction_id"]
    await sale.due("pay_by")
    async with market.socket(second) as socket:
        await socket.ask(type="subscribe", channel="user")
        assert (await market.outcry.order_deadlines.move_due()).unpaid == 1
        offer = (await socket.event("counter_offered"))["data"]
    assert (offer["kind"], offer["amount"], offer["role"]) == ("second_chance", 1_500, "buyer")
    assert len(expect(await sale.buyer.get("/v1/users/me"))["strikes"]) == 1
    assert (await market.read(auction_id))["status"] == "awaiting_decision"
    # The piece is neither for sale nor anybody else's to decide about meanwhile.
    assert (await sale.listing())["status"] == "sold"
    refused(
        await sale.seller.post(f"/v1/auctions/{auction_id}/decision", {"action": "reject"}), 409, "wrong_auction_status"
    )
    answer = f"/v1/counter-offers/{offer['counter_offer_id']}/response"
    refused(await sale.buyer.post(answer, {"action": "accept"}), 404, "not_found")
    taken = expect(await second.post(answer, {"action": "accept"}))
    assert (taken["auction"]["status"], taken["auction"]["final_price"]) == ("sold", 1_500)
    assert taken["counter_offer"]["kind"] == "second_chance"
    order = expect(await second.get(f"/v1/orders/{taken['order_id']}"))
    assert (order["amount"], order["auction_id"], order["status"]) == (1_500, auction_id, "pending_payment")
    assert (await sale.listing())["stock"] == 0
    assert (await sale.read())["status"] == "cancelled"
    await audited(market)


async def test_a_rejected_second_chance_leaves_the_auction_unsold_and_relistable(market: TestMarket) -> None:
    sale, (second, _) = await a_won_sale(market, (1_000, 1_500))
    offer_id = await not_paid(market, sale.id)
    answer = expect(await second.post(f"/v1/counter-offers/{offer_id}/response", {"action": "reject"}))
    assert answer["auction"]["status"] == "unsold"
    listing = await sale.listing()
    assert (listing["status"], listing["stock"]) == ("active", 1)
    again = await sale.seller.post(f"/v1/auctions/{sale.order['auction_id']}/relist")
    assert expect(again, 201)["relisted_from"] == sale.order["auction_id"]
    await audited(market)


async def test_a_second_chance_that_nobody_answers_ends_by_the_clock(market: TestMarket) -> None:
    sale, (second, _) = await a_won_sale(market, (1_000, 1_500))
    offer_id = await not_paid(market, sale.id)
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run("UPDATE auctions SET decide_by = clock_timestamp() WHERE status = 'awaiting_decision'")
        await tx.run("UPDATE counter_offers SET expires_at = clock_timestamp()")
    async with market.socket(second) as socket:
        await socket.ask(type="subscribe", channel="user", since=0)
        await market.outcry.clock.tick()
        told = await socket.event("counter_rejected")
    assert (told["data"]["kind"], told["data"]["reason"]) == ("second_chance", "No answer in time")
    assert (await market.read(sale.order["auction_id"]))["status"] == "unsold"
    assert (await sale.listing())["stock"] == 1
    refused(
        await second.post(f"/v1/counter-offers/{offer_id}/response", {"action": "accept"}), 409, "counter_offer_closed"
    )
    await audited(market)


async def test_who_accepts_and_does_not_pay_either_gets_a_strike_and_the_next_is_asked(market: TestMarket) -> None:
    sale, (third, second, _) = await a_won_sale(market, (1_000, 1_500, 2_000))
    offer_id = await not_paid(market, sale.id)
    taken = expect(await second.post(f"/v1/counter-offers/{offer_id}/response", {"action": "accept"}))
    next_offer = await not_paid(market, taken["order_id"])
    assert len(expect(await second.get("/v1/users/me"))["strikes"]) == 1
    last = expect(await third.post(f"/v1/counter-offers/{next_offer}/response", {"action": "accept"}))
    assert last["auction"]["final_price"] == 1_000
    assert await not_paid(market, last["order_id"]) is None
    assert (await market.read(sale.order["auction_id"]))["status"] == "unsold"
    assert (await sale.listing())["stock"] == 1
    await audited(market)


async def test_nobody_below_the_reserve_or_blocked_is_asked(market: TestMarket) -> None:
    sale, _ = await a_won_sale(market, (1_000, 1_500, 5_000), reserve_price=2_000)
    assert await not_paid(market, sale.id) is None
    assert (await market.read(sale.order["auction_id"]))["status"] == "unsold"
    other, (below, blocked, _) = await a_won_sale(market, (1_000, 1_500, 2_000))
    expect(await other.seller.call("PUT", f"/v1/users/{blocked.id}/block"), 204)
    offer_id = await not_paid(market, other.id)
    expect(await below.post(f"/v1/counter-offers/{offer_id}/response", {"action": "accept"}))


async def test_a_piece_of_several_is_never_sold_twice_over_a_second_chance(market: TestMarket) -> None:
    seller, winner, runner_up = [await market.sign_up() for _ in range(3)]
    listing = await market.listing(seller, sale_type="both", price=PRICE, stock=2)
    terms = {"listing_id": listing["id"], "starting_price": 1_000, "duration_seconds": 3_600}
    auction = expect(await seller.post("/v1/auctions", terms), 201)
    expect(await seller.post(f"/v1/auctions/{auction['id']}/go-live"))
    expect(await runner_up.bid(auction["id"], 1_000), 201)
    expect(await winner.bid(auction["id"], 2_000), 201)
    await ring_the_bell(market, auction["id"])
    (order,) = expect(await winner.get("/v1/orders"))["items"]
    offer_id = await not_paid(market, order["id"])
    # One is bound by the second chance; the other is bought beside it.
    expect(await winner.post("/v1/orders", {"listing_id": listing["id"]}), 201)
    refused(await winner.post("/v1/orders", {"listing_id": listing["id"]}), 409, "out_of_stock")
    expect(await runner_up.post(f"/v1/counter-offers/{offer_id}/response", {"action": "accept"}))
    after = expect(await seller.get(f"/v1/listings/{listing['id']}"))
    assert (after["stock"], after["status"]) == (0, "sold")
    await audited(market)


async def test_a_deposit_goes_to_the_seller_when_the_win_is_not_paid(market: TestMarket) -> None:
    seller, winner, other = [await market.sign_up() for _ in range(3)]
    for bidder in (winner, other):
        await fund(market, bidder, 1_000)
    auction = await market.auction(seller, bid_security="deposit", deposit_amount=300)
    expect(await other.bid(auction["id"], 1_000), 201)
    expect(await winner.bid(auction["id"], 2_000), 201)
    await ring_the_bell(market, auction["id"])
    (order,) = expect(await winner.get("/v1/orders"))["items"]
    offer_id = await not_paid(market, order["id"])
    assert [await wallet(market, person) for person in (winner, other, seller)] == [700, 1_000, 300]
    assert "deposit_forfeited" in [
        line["kind"] for line in expect(await winner.get(f"/v1/orders/{order['id']}"))["timeline"]
    ]
    expect(await other.post(f"/v1/counter-offers/{offer_id}/response", {"action": "accept"}))
    assert await wallet(market, other) == 700
    await audited(market)


async def test_a_full_hold_pays_the_order_and_is_free_when_the_seller_lets_it_go(market: TestMarket) -> None:
    seller, winner, other = [await market.sign_up() for _ in range(3)]
    await fund(market, winner, 2_000)
    auction = await market.auction(seller, bid_security="full_hold")
    expect(await winner.bid(auction["id"], 2_000), 201)
    await ring_the_bell(market, auction["id"])
    assert await wallet(market, winner) == 0
    (order,) = expect(await winner.get("/v1/orders"))["items"]
    expect(await winner.post(f"/v1/orders/{order['id']}/pay", WALLET))
    assert (await wallet(market, winner), await held(market, order["id"])) == (0, 2_000)
    await audited(market)
    await fund(market, other, 2_000)
    again = await market.auction(seller, bid_security="full_hold")
    expect(await other.bid(again["id"], 1_500), 201)
    await ring_the_bell(market, again["id"])
    (order,) = expect(await other.get("/v1/orders"))["items"]
    expect(await seller.post(f"/v1/orders/{order['id']}/cancel"))
    assert await wallet(market, other) == 2_000
    await audited(market)


async def not_paid(market: TestMarket, order_id: str) -> UUID | None:
    """The order's time to pay passes; the second chance that is offered then, if one is."""
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run(
            "UPDATE orders SET pay_by = clock_timestamp() - interval '1 second' WHERE id = :id", {"id": UUID(order_id)}
        )
    assert (await market.outcry.order_deadlines.move_due()).unpaid == 1
    async with market.outcry.database.transaction(SYSTEM) as tx:
        return await tx.scalar(
            "SELECT o.id FROM counter_offers o JOIN orders r USING (auction_id)"
            " WHERE r.id = :id AND o.status = 'pending'",
            {"id": UUID(order_id)},
        )


async def audited(market: TestMarket) -> None:
    """Nothing is wrong with auctions and orders."""
    from outcry.auctions.audit import audit_auctions

    assert [str(fault) async for fault in audit_auctions(market.outcry.database)] == []
    await balanced(market)
