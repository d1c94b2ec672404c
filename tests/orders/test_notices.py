"""What the parties of a paid order are told while they meet or disagree: in the app, live, and by mail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.market import Person, Socket, TestMarket
from tests.support.sales import Sale, a_sale, expect

pytestmark = pytest.mark.anyio
# Open every day from seven to ten.
PLACE = "toronto-union"


async def told(socket: Socket, kind: str) -> dict[str, Any]:
    event = await socket.until(lambda one: one["type"] == "notification" and one["data"]["kind"] == kind)
    return event["data"]


async def unread(person: Person) -> list[str]:
    items = expect(await person.get("/v1/notifications"))["items"]
    return [item["kind"] for item in items if not item["read"]]


async def mails(market: TestMarket, person: Person) -> list[dict[str, Any]]:
    outbox = expect(await market.client.get("/dev/outbox", headers={"Accept": "application/json"}))["items"]
    return [mail for mail in outbox if mail["recipient"] == person.session["user"]["email"]]


def tomorrow(hour: int) -> str:
    """At an hour by Toronto's clock, give or take one."""
    day = datetime.now(UTC).date() + timedelta(days=1)
    return f"{day}T{hour:02}:00:00-05:00"


async def propose(sale: Sale, person: Person, hour: int) -> None:
    expect(await person.call("PUT", f"{sale.path}/meeting", {"safe_zone_id": PLACE, "at": tomorrow(hour)}))


async def test_a_proposal_asks_the_other_and_an_agreement_tells_who_proposed(market: TestMarket) -> None:
    sale = await a_sale(market, fulfilment=["meetup"])
    await sale.pay()
    async with market.socket(sale.seller) as selling, market.socket(sale.buyer) as buying:
        await selling.ask(type="subscribe", channel="user")
        await buying.ask(type="subscribe", channel="user")
        await propose(sale, sale.buyer, 11)
        asked = await told(selling, "meeting_proposed")
        assert asked["order_id"] == sale.id
        # Another hour by the seller: now the buyer is asked.
        await propose(sale, sale.seller, 15)
        await told(buying, "meeting_proposed")
        await propose(sale, sale.buyer, 15)
        await told(selling, "meeting_agreed")
    assert "meeting_proposed" not in await unread(sale.buyer) + await unread(sale.seller)
    asked_by_mail = [mail for mail in await mails(market, sale.seller) if "meet" in mail["subject"]]
    assert [mail["subject"] for mail in asked_by_mail] == ["Your meeting is agreed", "A place and a time to meet"]
    assert "Lantern Courier Desk, Union" in asked_by_mail[-1]["body"]
    assert f"/orders/{sale.id}" in asked_by_mail[-1]["body"]
    assert [mail["subject"] for mail in await mails(market, sale.buyer) if "meet" in mail["subject"]] == [
        "A place and a time to meet"
    ]


async def test_the_buyer_is_told_that_the_dispute_is_answered(market: TestMarket) -> None:
    sale = await a_sale(market)
    await sale.pay()
    wrong = {"reason": "not_received", "details": "It never came."}
    async with market.socket(sale.seller) as selling, market.socket(sale.buyer) as buying:
        await selling.ask(type="subscribe", channel="user")
        await buying.ask(type="subscribe", channel="user")
        dispute = expect(await sale.ask(sale.buyer, "dispute", wrong), 201)["dispute"]
        await told(selling, "dispute_opened")
        expect(await sale.seller.post(f"/v1/disputes/{dispute['id']}/evidence", {"text": "It is on its way."}), 201)
        answered = await told(buying, "dispute_answered")
        assert answered["order_id"] == sale.id
        # Its own answer is what the seller was asked for.
        settled = await selling.until(
            lambda one: (
                one["type"] == "notification" and one["data"]["kind"] == "dispute_opened" and one["data"]["read"]
            )
        )
        assert settled["data"]["order_id"] == sale.id
    assert "dispute_answered" in await unread(sale.buyer)
    assert "The seller has answered your dispute" in [mail["subject"] for mail in await mails(market, sale.buyer)]
