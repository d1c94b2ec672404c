"""Staff find an order by whatever they have of it (SPEC ADM-1)."""

from typing import Any

import pytest

from outcry.kernel.ids import new_id
from tests.support.market import Person, TestMarket
from tests.support.sales import a_sale, a_won_sale, bought, completed, expect, make_staff, paid, refused

pytestmark = pytest.mark.anyio


async def found(staff: Person, **asked: Any) -> list[str]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return [order["id"] for order in expect(await staff.get(f"/v1/admin/orders?{query}"))["items"]]


async def test_an_order_is_found_by_every_id_that_stands_on_it(market: TestMarket) -> None:
    staff = await make_staff(market, await market.sign_up("Staff"))
    sale, _ = await a_won_sale(market)
    await a_sale(market)
    order = sale.order
    for name in ("id", "listing_id", "auction_id", "buyer_id", "seller_id"):
        assert await found(staff, find=order[name]) == [sale.id], name
    assert await found(staff, find=f"%20{order['id'].upper()}%20") == [sale.id]
    assert await found(staff, find=new_id()) == []
    assert await found(staff, find="no%20id") == []


async def test_by_invoice_number_and_by_dispute(market: TestMarket) -> None:
    staff = await make_staff(market, await market.sign_up("Staff"))
    seller, buyer = await market.sign_up(), await market.sign_up()
    done = await completed(market, seller, buyer)
    held = await paid(market, seller, buyer)
    number = expect(await buyer.get(f"/v1/orders/{done['id']}"))["invoice_number"]
    assert await found(staff, find=number.lower()) == [done["id"]]
    assert await found(staff, find=f"{number}9") == []
    claim = {"reason": "damaged", "details": "Cracked."}
    dispute = expect(await buyer.post(f"/v1/orders/{held['id']}/dispute", claim), 201)["dispute"]
    assert await found(staff, find=dispute["id"]) == [held["id"]]


async def test_by_party_and_status_in_pages(market: TestMarket) -> None:
    staff = await make_staff(market, await market.sign_up("Staff"))
    ann, bea, cat = [await market.sign_up(name) for name in ("Ann", "Bea", "Cat")]
    first = await bought(market, ann, bea)
    second = await paid(market, bea, ann)
    third = await bought(market, ann, cat)
    assert await found(staff, buyer_id=ann.id) == [second["id"]]
    assert await found(staff, seller_id=ann.id) == [third["id"], first["id"]]
    assert await found(staff, user_id=ann.id) == [third["id"], second["id"], first["id"]]
    assert await found(staff, seller_id=ann.id, buyer_id=cat.id) == [third["id"]]
    assert await found(staff, find=ann.id, status="in_escrow") == [second["id"]]
    page = expect(await staff.get(f"/v1/admin/orders?find={ann.id}&limit=2"))
    rest = expect(await staff.get(f"/v1/admin/orders?find={ann.id}&limit=2&cursor={page['next_cursor']}"))
    assert [one["id"] for one in (*page["items"], *rest["items"])] == [third["id"], second["id"], first["id"]]
    assert rest["next_cursor"] is None


async def test_staff_alone_look_and_bad_questions_name_the_field(market: TestMarket) -> None:
    sale = await a_sale(market)
    assert (await market.client.get("/v1/admin/orders")).status_code == 401
    refused(await sale.buyer.get(f"/v1/admin/orders?find={sale.id}"), 403, "forbidden")
    staff = await make_staff(market, await market.sign_up())
    for query in ("status=lost", "buyer_id=me", f"find={'x' * 81}", "limit=101"):
        refused(await staff.get(f"/v1/admin/orders?{query}"), 422, "invalid_input")
