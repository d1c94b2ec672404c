"""Buying at a fixed price: never more than there is, whoever asks at once (SPEC CAT-7)."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest

from outcry.kernel.access import Principal
from outcry.kernel.database import SYSTEM
from outcry.orders.errors import OutOfStock
from outcry.orders.schemas import CreateOrder
from tests.support.market import TestMarket
from tests.support.sales import CURRENCY, FEES, PRICE, SELLER_RECEIVES, a_sale, balanced, expect, for_sale, refused

pytestmark = pytest.mark.anyio
CROWD, STOCK = 500, 37
# Over real sockets: fewer, for each has to sign up.
CLIENTS, CLIENT_STOCK = 60, 7


async def test_a_purchase_reserves_stock_and_shows_to_both(market: TestMarket) -> None:
    seller, buyer = await market.sign_up("Mira"), await market.sign_up("Sam")
    listing = await for_sale(market, seller, stock=3)
    answer = await buyer.post("/v1/orders", {"listing_id": listing["id"], "quantity": 2})
    order = expect(answer, 201)
    assert order["status"] == "pending_payment"
    assert (order["quantity"], order["amount"], order["total"], order["currency"]) == (
        2,
        2 * PRICE,
        2 * PRICE,
        CURRENCY,
    )
    assert order["fees"] == {"commission": 1_200, "escrow_fee": 199, "buyer_premium": 0}
    assert (order["tax"], order["seller_receives"], order["refunded_amount"]) == (0, 2 * PRICE - 1_399, 0)
    assert order["listing"] == {"title": listing["title"], "image_url": None}
    assert (order["buyer"]["display_name"], order["seller"]["display_name"]) == ("Sam", "Mira")
    assert (order["fulfilment"], order["fulfilment_options"]) == (None, ["meetup", "shipping"])
    assert (order["may"], order["next"]["who"], order["next"]["action"]) == (["pay", "cancel"], "buyer", "pay")
    assert order["next"]["by"] == order["pay_by"]
    assert [(line["kind"], line["by"], line["amount"]) for line in order["timeline"]] == [
        ("ordered", "buyer", 2 * PRICE)
    ]
    assert expect(await seller.get(f"/v1/orders/{order['id']}"))["may"] == ["cancel"]
    assert expect(await market.client.get(f"/v1/listings/{listing['id']}"))["stock"] == 1


async def test_a_hundred_gives_ninety_two_and_one_cent_to_the_seller(market: TestMarket) -> None:
    sale = await a_sale(market)
    assert sale.order["seller_receives"] == SELLER_RECEIVES == PRICE - FEES


async def test_five_hundred_buyers_at_once_get_what_there_is_and_no_more(market: TestMarket) -> None:
    seller = await market.sign_up("Seller")
    listing = await for_sale(market, seller, stock=STOCK)
    buyers = [UUID(int=number, version=4) for number in range(1, CROWD + 1)]
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run(
            "INSERT INTO users (id, display_name, language, time_zone)"
            " SELECT id, 'Buyer', 'en', 'UTC' FROM unnest(CAST(:ids AS uuid[])) AS u (id)",
            {"ids": buyers},
        )

    async def buy(buyer: UUID) -> UUID | int:
        wanted = CreateOrder(listing_id=UUID(listing["id"]), quantity=1)
        try:
            async with market.outcry.database.transaction(SYSTEM) as tx:
                return await market.outcry.purchases.buy(tx, Principal(buyer, buyer), wanted)
        except OutOfStock as refusal:
            return refusal.members["available"]

    made = await asyncio.gather(*(buy(buyer) for buyer in buyers))
    assert Counter(one for one in made if isinstance(one, int)) == {0: CROWD - STOCK}
    assert len({one for one in made if isinstance(one, UUID)}) == STOCK
    after = expect(await market.client.get(f"/v1/listings/{listing['id']}"))
    assert (after["stock"], after["status"]) == (0, "sold")
    async with market.outcry.database.transaction(SYSTEM) as tx:
        assert await tx.scalar("SELECT sum(quantity) FROM orders") == STOCK
    await balanced(market)


async def test_buyers_on_sockets_get_one_each_or_are_told_that_it_is_gone(market: TestMarket) -> None:
    seller = await market.sign_up("Seller")
    listing = await for_sale(market, seller, stock=CLIENT_STOCK)
    buyers = [await market.sign_up() for _ in range(CLIENTS)]
    answers = await asyncio.gather(
        *(buyer.post("/v1/orders", {"listing_id": listing["id"], "quantity": 1}) for buyer in buyers)
    )
    assert Counter(answer.status_code for answer in answers) == {201: CLIENT_STOCK, 409: CLIENTS - CLIENT_STOCK}
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "out_of_stock", available=0)
    # Those who got one see exactly one.
    owners = Counter(answer.json()["buyer_id"] for answer in answers if answer.status_code == 201)
    assert set(owners.values()) == {1}


async def test_more_than_is_left_is_refused_and_nothing_is_taken(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    listing = await for_sale(market, seller, stock=2)
    refused(
        await buyer.post("/v1/orders", {"listing_id": listing["id"], "quantity": 3}), 409, "out_of_stock", available=2
    )
    assert expect(await market.client.get(f"/v1/listings/{listing['id']}"))["stock"] == 2


async def test_one_key_is_one_purchase(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    listing = await for_sale(market, seller, stock=5)
    body = {"listing_id": listing["id"], "quantity": 1}
    answers = await asyncio.gather(*(buyer.post("/v1/orders", body, key="once") for _ in range(5)))
    assert len({expect(answer, 201)["id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 4
    assert expect(await market.client.get(f"/v1/listings/{listing['id']}"))["stock"] == 4
    other = await buyer.post("/v1/orders", {**body, "quantity": 2}, key="once")
    refused(other, 409, "idempotency_key_reused")


async def test_who_may_not_buy_what(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    listing = await for_sale(market, seller, fulfilment=["shipping"])
    body = {"listing_id": listing["id"], "quantity": 1}
    refused(await seller.post("/v1/orders", body), 403, "own_listing")
    auctioned = await market.listing(seller)
    refused(await buyer.post("/v1/orders", {"listing_id": auctioned["id"]}), 409, "not_for_sale")
    draft = await for_sale(market, seller)
    unpublished = await market.listing(seller, publish=False, sale_type="fixed", price=PRICE)
    refused(await buyer.post("/v1/orders", {"listing_id": unpublished["id"]}), 404, "not_found")
    refused(await buyer.post("/v1/orders", {"listing_id": str(UUID(int=7, version=4))}), 404, "not_found")
    refused(await buyer.post("/v1/orders", {**body, "fulfilment": "meetup"}), 422, "invalid_input")
    refused(await buyer.post("/v1/orders", {**body, "quantity": 0}), 422, "invalid_input")
    expect(await seller.call("PUT", f"/v1/users/{buyer.id}/block"), 204)
    refused(await buyer.post("/v1/orders", body), 403, "blocked_by_seller")
    expect(await seller.call("DELETE", f"/v1/listings/{draft['id']}"), 204)
    refused(await buyer.post("/v1/orders", {"listing_id": draft["id"]}), 404, "not_found")
    assert expect(await market.client.get(f"/v1/listings/{listing['id']}"))["stock"] == 1


async def test_a_suspended_person_buys_nothing(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    listing = await for_sale(market, seller)
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await market.outcry.staffing.suspend(tx, UUID(buyer.id), "fraud")
    refused(await buyer.post("/v1/orders", {"listing_id": listing["id"]}), 403, "account_suspended")


async def test_what_an_auction_is_about_is_not_sold_beside_it(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    listing = await for_sale(market, seller, sale_type="both", stock=2)
    auction = await seller.post(
        "/v1/auctions", {"listing_id": listing["id"], "starting_price": 1_000, "duration_seconds": 3_600}
    )
    expect(auction, 201)
    body = {"listing_id": listing["id"], "quantity": 1}
    expect(await buyer.post("/v1/orders", body), 201)
    refused(await buyer.post("/v1/orders", body), 409, "out_of_stock", available=0)
    after = expect(await market.client.get(f"/v1/listings/{listing['id']}"))
    assert (after["stock"], after["status"]) == (1, "active")


async def test_nobody_reserves_without_end(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    limit = market.outcry.market.unpaid_purchases
    listing = await for_sale(market, seller, stock=limit + 5)
    orders = [expect(await buyer.post("/v1/orders", {"listing_id": listing["id"]}), 201) for _ in range(limit)]
    refused(await buyer.post("/v1/orders", {"listing_id": listing["id"]}), 409, "too_many_unpaid_orders", limit=limit)
    expect(await buyer.post(f"/v1/orders/{orders[0]['id']}/cancel"))
    expect(await buyer.post("/v1/orders", {"listing_id": listing["id"]}), 201)


async def test_at_once_nobody_reserves_more_than_the_limit(market: TestMarket) -> None:
    seller, buyer, other = await market.sign_up(), await market.sign_up(), await market.sign_up()
    limit = market.outcry.market.unpaid_purchases
    listings = [await for_sale(market, seller, stock=limit + CLIENTS) for _ in range(3)]
    body = [{"listing_id": listing["id"], "quantity": 1} for listing in listings]
    answers = await asyncio.gather(
        *(buyer.post("/v1/orders", body[place % len(body)]) for place in range(limit + 12)),
        other.post("/v1/orders", body[0]),
    )
    assert Counter(answer.status_code for answer in answers[:-1]) == {201: limit, 409: 12}
    assert {answer.json()["code"] for answer in answers[:-1] if answer.status_code == 409} == {"too_many_unpaid_orders"}
    expect(answers[-1], 201)
    async with market.outcry.database.transaction(SYSTEM) as tx:
        assert await tx.scalar("SELECT count(*) FROM orders WHERE buyer_id = :id", {"id": UUID(buyer.id)}) == limit


async def test_a_cancelled_purchase_gives_its_stock_back(market: TestMarket) -> None:
    sale = await a_sale(market)
    assert (await sale.listing())["status"] == "sold"
    order = expect(await sale.ask(sale.buyer, "cancel", {"reason": "Found it at home"}))
    assert (order["status"], order["cancel_reason"], order["may"]) == ("cancelled", "Found it at home", [])
    assert order["next"] == {"who": "nobody", "action": None, "by": None}
    listing = await sale.listing()
    assert (listing["status"], listing["stock"]) == ("active", 1)
    refused(await sale.ask(sale.buyer, "cancel"), 409, "order_cancelled", order_status="cancelled")
    assert (await sale.listing())["stock"] == 1


async def test_orders_are_listed_by_role_and_status(market: TestMarket) -> None:
    sale = await a_sale(market, stock=3)
    second = expect(await sale.buyer.post("/v1/orders", {"listing_id": sale.order["listing_id"]}), 201)
    expect(await sale.buyer.post(f"/v1/orders/{second['id']}/cancel"))

    async def ids(query: str) -> list[str]:
        return [order["id"] for order in expect(await sale.buyer.get(f"/v1/orders?{query}"))["items"]]

    assert await ids("") == [second["id"], sale.id]
    assert await ids("role=buyer&status=cancelled") == [second["id"]]
    assert await ids("role=seller") == []
    first_page = expect(await sale.buyer.get("/v1/orders?limit=1"))
    assert await ids(f"limit=1&cursor={first_page['next_cursor']}") == [sale.id]


async def test_strangers_see_no_order_and_staff_see_all(market: TestMarket) -> None:
    sale = await a_sale(market)
    stranger = await market.sign_up()
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/confirm-delivery")):
        refused(await stranger.call(method, sale.path + path), 404, "not_found")
    refused(await stranger.post(f"{sale.path}/pay", {"method": "wallet"}), 404, "not_found")
    refused(await stranger.post(f"{sale.path}/ship", {"carrier": "Post"}), 404, "not_found")
    refused(await stranger.post(f"{sale.path}/refund", {"reason": "please"}), 404, "not_found")
    refused(await stranger.get("/v1/admin/orders"), 403, "forbidden")
    expect(await stranger.post("/v1/dev/role", {"user_id": stranger.id, "role": "support"}), 204)
    assert expect(await stranger.get(sale.path))["may"] == ["cancel"]
    assert [
        order["id"] for order in expect(await stranger.get("/v1/admin/orders?status=pending_payment"))["items"]
    ] == [sale.id]
    assert expect(await stranger.get(f"/v1/admin/orders?user_id={sale.seller.id}"))["items"][0]["id"] == sale.id
