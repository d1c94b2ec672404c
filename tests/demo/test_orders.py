"""The sample world's orders: one in every state, where its people would have it, made once."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from outcry.auctions.audit import audit_auctions
from outcry.demo.orders import CARD, DEALS, SHOWN, Deal
from outcry.demo.seed import seed_world
from outcry.demo.world import PASSWORD, World, sample_world
from outcry.kernel.audit import Check
from outcry.ledger.audit import audit_ledger
from outcry.orders.aftersale_audit import audit_aftersale
from outcry.orders.audit import audit_orders
from outcry.orders.rules import Status
from outcry.payments.audit import audit_payments
from tests.demo.test_seed_and_crowd import quick
from tests.payments import till
from tests.support.market import Person, TestMarket
from tests.support.sales import a_sale, expect, refused

pytestmark = pytest.mark.anyio
AUDITS: tuple[Check, ...] = (audit_auctions, audit_ledger, audit_payments, audit_orders, audit_aftersale)


def world_of_orders() -> World:
    """All the people, and what the deals are about; one picture each."""
    sample, titles = sample_world(), {deal.good for deal in DEALS}
    goods = tuple(msgspec.structs.replace(good, views=1) for good in sample.goods if good.title in titles)
    return World(sample.people, goods)


async def log_in(market: TestMarket, key: str) -> Person:
    login = {"email": sample_world().person(key).email, "password": PASSWORD}
    return Person(market.client, expect(await market.client.post("/v1/auth/login", json=login)))


async def orders_of(person: Person, role: str = "buyer") -> list[dict[str, Any]]:
    return expect(await person.get(f"/v1/orders?role={role}&limit=100"))["items"]


async def order_of(market: TestMarket, deal: Deal) -> dict[str, Any]:
    found = await orders_of(await log_in(market, deal.buyer))
    (order,) = [order for order in found if order["listing"]["title"] == deal.good]
    return order


async def test_there_is_an_order_in_every_state_made_once(market: TestMarket) -> None:
    first = await seed_world(market.client, world_of_orders(), draw=quick)
    assert (first.orders, first.faults) == (len(DEALS), [])
    made = [await order_of(market, deal) for deal in DEALS]
    assert [order["status"] for order in made] == [deal.status for deal in DEALS]
    assert {order["status"] for order in made} == {status.value for status in Status}
    for deal, order in zip(DEALS, made, strict=True):
        assert (order["auction_id"] is not None) == deal.won
        method = ("card", "sandbox") if deal.by_card else ("wallet", None)
        assert order["payment"] is None or (order["payment"]["method"], order["payment"]["provider"]) == method
    (delivered,) = [order for order in made if order["status"] == "delivered"]
    assert [line["by"] for line in delivered["timeline"] if line["kind"] == "delivered"] == ["system"]
    sellers = {order["seller_id"] for order in made if order["status"] == "completed"}
    given = [deal.stars for deal in DEALS if deal.stage == "completed"]
    rating = expect(await market.client.get(f"/v1/users/{sellers.pop()}"))["rating"]
    assert (rating["average"], rating["count"]) == (round(sum(given) / len(given), 2), len(given))

    again = await seed_world(market.client, world_of_orders(), draw=quick)
    assert (again.orders, again.found, again.faults) == (0, len(world_of_orders().goods), [])
    now = [await order_of(market, deal) for deal in DEALS]
    assert [(order["id"], order["timeline"]) for order in now] == [(order["id"], order["timeline"]) for order in made]
    for audit in AUDITS:
        assert [str(fault) async for fault in audit(market.outcry.database)] == []


async def test_the_people_shown_can_try_it_all_at_once(market: TestMarket) -> None:
    await seed_world(market.client, world_of_orders(), draw=quick)
    assert [key for key, _ in SHOWN] == ["alex", "mira", "staff"]
    alex, mira, staff = [await log_in(market, key) for key, _ in SHOWN]
    own = {order["status"]: order for order in await orders_of(alex)}

    # What was won is one press away from the sandbox's page, and one more from being paid.
    won = own["pending_payment"]
    assert won["may"] == ["pay"]
    page = expect(await alex.post(f"/v1/orders/{won['id']}/pay", {"method": "card"}))["checkout_url"]
    assert "/sandbox/checkout/" in page
    await market.client.post(page, data={"quick": CARD})

    async def paid() -> bool:
        return expect(await alex.get(f"/v1/orders/{won['id']}"))["status"] == "in_escrow"

    await till.until(paid)

    # The buyer shows, the seller scans.
    meeting = own["in_escrow"]
    assert meeting["meeting"]["agreed"]
    assert "show_code" in meeting["may"]
    assert meeting["seller_id"] == mira.id
    code = expect(await alex.get(f"/v1/orders/{meeting['id']}/qr"))["code"]
    assert expect(await mira.post(f"/v1/orders/{meeting['id']}/verify", {"code": code}))["status"] == "completed"
    assert "confirm_delivery" in own["shipped"]["may"]

    sold = await orders_of(mira, "seller")
    assert any("ship" in order["may"] for order in sold)
    assert any(order["status"] == "disputed" and order["next"]["who"] == "seller" for order in sold)
    disputes = expect(await staff.get("/v1/admin/disputes?status=open"))["items"]
    assert [one["answered_at"] is not None for one in disputes].count(True) == 1
    assert [one["answered_at"] is not None for one in disputes].count(False) == 1


async def test_time_passes_for_an_order_in_development(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    due = f"/v1/dev/orders/{sale.id}/due"
    refused(await market.client.post(due), 409, "nothing_due", order_status="in_escrow")
    await sale.ship()
    for status in ("delivered", "completed"):
        expect(await market.client.post(due), 204)
        assert (await sale.read())["status"] == status
    unpaid = await a_sale(market)
    expect(await market.client.post(f"/v1/dev/orders/{unpaid.id}/due"), 204)
    assert ((await unpaid.read())["status"], (await unpaid.read())["timeline"][-1]["kind"]) == ("cancelled", "not_paid")
    refused(await market.client.post(f"/v1/dev/orders/{uuid4()}/due"), 404, "not_found")
