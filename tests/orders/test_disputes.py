"""Disputes (SPEC ORD-5): who may open one and when, evidence of both sides, decisions whose money moves with them."""

import asyncio
import io
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from outcry.kernel.database import SYSTEM, Actor
from outcry.orders.aftersale_audit import audit_aftersale
from outcry.orders.disputes import MAX_EVIDENCE_BY_PARTY, REMIND
from tests.support.market import Person, TestMarket, served_market
from tests.support.sales import as_owner, bought, completed, delivered, fund, held, paid, wallet

pytestmark = pytest.mark.anyio
WRONG = {"reason": "not_as_described", "details": "The lens is scratched."}


async def staff(market: TestMarket, role: str = "support") -> Person:
    person = await market.sign_up("Staff")
    answer = await market.client.post("/v1/dev/role", json={"user_id": person.id, "role": role})
    assert answer.status_code == 204, answer.text
    return person


async def disputed(market: TestMarket, seller: Person, buyer: Person, **changes: Any) -> dict[str, Any]:
    order = await delivered(market, seller, buyer, **changes)
    answer = await buyer.post(f"/v1/orders/{order['id']}/dispute", WRONG)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def picture(market: TestMarket, person: Person, purpose: str | None = "evidence") -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), "navy").save(buffer, "JPEG")
    body = {"content_type": "image/jpeg", **({"purpose": purpose} if purpose else {})}
    ticket = (await person.post("/v1/media/uploads", body)).json()
    sent = await market.client.put(
        ticket["upload"]["url"], content=buffer.getvalue(), headers=ticket["upload"]["headers"]
    )
    assert sent.status_code == 204, sent.text
    assert (await person.post(f"/v1/media/{ticket['media_id']}/complete")).status_code == 200
    return ticket["media_id"]


async def mails(market: TestMarket) -> list[dict[str, Any]]:
    return (await market.client.get("/dev/outbox", headers={"Accept": "application/json"})).json()["items"]


# -- opening -------------------------------------------------------------------------------------------------------


async def test_a_dispute_freezes_the_release(market: TestMarket) -> None:
    seller, buyer = await market.sign_up("Sel"), await market.sign_up("Bea")
    order = await disputed(market, seller, buyer)
    assert (order["status"], order["dispute"]["status"], order["dispute"]["reason"]) == (
        "disputed", "open", "not_as_described",
    )  # fmt: skip
    assert (order["next"]["who"], order["next"]["action"]) == ("seller", "respond")
    as_owner(market, "UPDATE orders SET escrow_release_at = now() - interval '1 day'")
    await market.outcry.order_deadlines.move_due()
    for person, step, body in (
        (buyer, "confirm-delivery", None),
        (seller, "refund", {"reason": "Sorry"}),
        (buyer, "dispute", WRONG),
    ):
        refused = await person.post(f"/v1/orders/{order['id']}/{step}", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "order_disputed"), step
    assert await held(market, order["id"]) == order["total"]
    told = [(mail["recipient"], mail["subject"]) for mail in await mails(market)]
    assert told[:2] == [
        (buyer.session["user"]["email"], "Your dispute is open"),
        (seller.session["user"]["email"], "The buyer has opened a dispute"),
    ]


async def test_who_may_dispute_what_and_until_when(market: TestMarket) -> None:
    seller, buyer, stranger = await market.sign_up(), await market.sign_up(), await market.sign_up()

    async def opened(order: dict[str, Any], person: Person = buyer, **changes: Any) -> tuple[int, str]:
        answer = await person.post(f"/v1/orders/{order['id']}/dispute", {**WRONG, **changes})
        return answer.status_code, answer.json().get("code", answer.json().get("status"))

    unpaid = await bought(market, seller, buyer)
    assert await opened(unpaid) == (409, "not_disputable")
    held = await paid(market, seller, buyer)
    assert await opened(held, seller) == (403, "not_your_part")
    assert await opened(held, stranger) == (404, "not_found")
    assert (await market.client.post(f"/v1/orders/{held['id']}/dispute", json=WRONG)).status_code == 401
    assert await opened(held, reason="not_received") == (201, "disputed"), "it never came"
    shipped = await paid(market, seller, buyer)
    assert (await seller.post(f"/v1/orders/{shipped['id']}/ship", {"carrier": "Post"})).status_code == 200
    assert await opened(shipped) == (201, "disputed")
    last_moment = await delivered(market, seller, buyer)
    too_late = await delivered(market, seller, buyer)
    as_owner(
        market, "UPDATE orders SET delivered_at = now() - interval '6 days 23 hours',"
        " escrow_release_at = now() + interval '1 hour' WHERE id = %s", last_moment["id"],
    )  # fmt: skip
    as_owner(
        market, "UPDATE orders SET delivered_at = now() - interval '7 days', escrow_release_at = now() WHERE id = %s",
        too_late["id"],
    )  # fmt: skip
    assert await opened(last_moment) == (201, "disputed")
    assert await opened(too_late) == (409, "dispute_window_closed")
    done = await completed(market, seller, buyer)
    assert await opened(done) == (409, "dispute_window_closed")
    for change, field in (
        ({"reason": "bored"}, "/reason"), ({"details": " "}, "/details"), ({"details": "x" * 4_001}, "/details"),
        ({"media_ids": ["x"]}, "/media_ids/0"), ({"surprise": 1}, "/surprise"),
    ):  # fmt: skip
        answer = await buyer.post(f"/v1/orders/{unpaid['id']}/dispute", {**WRONG, **change})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text


async def test_opened_twice_at_once_is_one(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    order = await delivered(market, seller, buyer)
    answers = await asyncio.gather(*(buyer.post(f"/v1/orders/{order['id']}/dispute", WRONG) for _ in range(6)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 5}
    same = await buyer.post(f"/v1/orders/{order['id']}/dispute", WRONG, key="other")
    assert same.json()["code"] == "order_disputed"


# -- evidence ------------------------------------------------------------------------------------------------------


async def test_both_sides_bring_evidence_that_only_they_and_staff_see(market: TestMarket) -> None:
    seller, buyer, stranger, judge = (
        await market.sign_up("Sel"), await market.sign_up("Bea"), await market.sign_up(), await staff(market),
    )  # fmt: skip
    shown = await picture(market, buyer)
    order = await delivered(market, seller, buyer)
    opened = await buyer.post(f"/v1/orders/{order['id']}/dispute", {**WRONG, "media_ids": [shown]})
    dispute_id = opened.json()["dispute"]["id"]
    path = f"/v1/disputes/{dispute_id}/evidence"
    answered = await seller.post(path, {"text": "It was so in the pictures.", "media_ids": []})
    assert answered.status_code == 201, answered.text
    order = (await buyer.get(f"/v1/orders/{order['id']}")).json()
    assert (order["next"]["who"], order["next"]["action"]) == ("staff", "resolve")
    assert (await stranger.post(path, {"text": "I was there"})).status_code == 404
    for person in (buyer, seller, judge):
        view = (await person.get(f"/v1/orders/{order['id']}/dispute")).json()
        assert [(one["by"], one["text"]) for one in view["evidence"]] == [
            ("buyer", WRONG["details"]), ("seller", "It was so in the pictures."),
        ]  # fmt: skip
        (medium,) = view["evidence"][0]["media"]
        seen = await market.client.get(medium["url"])
        assert (seen.status_code, seen.headers["content-type"]) == (200, "image/webp")
        assert seen.headers["cache-control"].startswith("private")
    assert (await stranger.get(f"/v1/orders/{order['id']}/dispute")).status_code == 404
    assert (await market.client.get(medium["url"].split("?")[0])).status_code == 404
    forged = medium["url"][:-4] + ("0000" if medium["url"][-4:] != "0000" else "1111")
    assert (await market.client.get(forged)).status_code == 403
    prolonged = medium["url"].replace("expires=", "expires=9")
    assert (await market.client.get(prolonged)).status_code == 403
    for person, rows in ((stranger, 0), (seller, 1), (buyer, 1)):
        async with market.outcry.database.transaction(Actor.user(UUID(person.id))) as tx:
            assert await tx.scalar("SELECT count(*) FROM media WHERE purpose = 'evidence'") == rows
            assert await tx.scalar("SELECT count(*) FROM disputes") == rows
            assert await tx.scalar("SELECT count(*) FROM dispute_evidence") == 2 * rows


async def test_pictures_must_be_ones_own_private_and_new(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    order = await disputed(market, seller, buyer)
    path = f"/v1/disputes/{order['dispute']['id']}/evidence"
    mine, public = await picture(market, buyer), await picture(market, buyer, None)
    for person, ids, field in (
        (seller, [mine], "/media_ids/0"), (buyer, [mine, public], "/media_ids/1"),
        (buyer, [mine, mine], "/media_ids/1"), (buyer, [str(UUID(int=1))] * 9, "/media_ids"),
    ):  # fmt: skip
        answer = await person.post(path, {"text": "See", "media_ids": ids})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
    assert (await buyer.post(path, {"text": "See", "media_ids": [mine]})).status_code == 201
    assert (await buyer.post(path, {"text": "See", "media_ids": [mine]})).status_code == 422
    listing = await market.listing(buyer, publish=False)
    private = await picture(market, buyer)
    shown = await buyer.call("PUT", f"/v1/listings/{listing['id']}/media", {"media_ids": [private]})
    assert (shown.status_code, shown.json()["errors"][0]["field"]) == (422, "/media_ids/0")


async def test_evidence_is_bounded_and_cannot_be_changed(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    order = await disputed(market, seller, buyer)
    path = f"/v1/disputes/{order['dispute']['id']}/evidence"
    for number in range(MAX_EVIDENCE_BY_PARTY):
        assert (await buyer.post(path, {"text": f"And {number}"})).status_code == 201
    more = await buyer.post(path, {"text": "And"})
    assert (more.status_code, more.json()["code"]) == (409, "enough_evidence")
    assert (await seller.post(path, {"text": "My turn"})).status_code == 201
    for statement in ("DELETE FROM dispute_evidence", "UPDATE dispute_evidence SET words = ''", "DELETE FROM disputes"):
        with pytest.raises(Exception, match="permission denied"):
            async with market.outcry.database.transaction(SYSTEM) as tx:
                await tx.run(statement)


# -- deciding ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refund", "status", "kinds"),
    [
        (0, "completed", ["dispute_released"]),
        (2_500, "completed", ["dispute_refunded", "dispute_released"]),
        (10_000, "refunded", ["dispute_refunded"]),
    ],
)
async def test_staff_release_refund_in_part_or_all(
    market: TestMarket, refund: int, status: str, kinds: list[str]
) -> None:
    seller, buyer, judge = await market.sign_up(), await market.sign_up(), await staff(market)
    order = await disputed(market, seller, buyer)
    assert order["total"] == 10_000
    path = f"/v1/admin/disputes/{order['dispute']['id']}"
    body = {"refund_amount": refund, "note": "The scratch is in the pictures."}
    decided = await judge.post(f"{path}/resolve", body, key="one")
    assert decided.status_code == 200, decided.text
    view = decided.json()
    assert (view["status"], view["refund_amount"], view["order"]["status"]) == ("resolved", refund, status)
    assert [line["kind"] for line in view["order"]["timeline"]][-len(kinds) :] == kinds
    assert await held(market, order["id"]) == 0
    assert await wallet(market, buyer) == refund
    fees = await market_fees(market)
    assert refund + await wallet(market, seller) + fees == order["total"]
    assert (fees == 0) == (refund == order["total"])
    again = await judge.post(f"{path}/resolve", body)
    assert (again.status_code, again.json()["code"]) == (409, "dispute_closed")
    replayed = await judge.post(f"{path}/resolve", body, key="one")
    assert (replayed.status_code, replayed.json()) == (200, view)
    for person in (buyer, seller):
        newest = next(mail for mail in await mails(market) if mail["recipient"] == person.session["user"]["email"]
                      and mail["subject"].startswith("The dispute"))  # fmt: skip
        assert body["note"] in newest["body"]
        assert (await person.post(f"/v1/disputes/{order['dispute']['id']}/evidence", {"text": "No"})).status_code == 409


async def market_fees(market: TestMarket) -> int:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        return await tx.scalar("SELECT coalesce(sum(balance), 0)::bigint FROM ledger_accounts WHERE kind = 'fees'")


async def test_a_decision_is_made_by_staff_within_what_is_held(market: TestMarket) -> None:
    seller, buyer, judge, moderator = (
        await market.sign_up(), await market.sign_up(), await staff(market), await staff(market, "moderator"),
    )  # fmt: skip
    order = await disputed(market, seller, buyer)
    path = f"/v1/admin/disputes/{order['dispute']['id']}/resolve"
    good = {"refund_amount": 1, "note": "A little"}
    for person in (seller, buyer, moderator):
        assert (await person.post(path, good)).status_code == 403
    assert (await market.client.post(path, json=good)).status_code == 401
    for change, field in (
        ({"refund_amount": 10_001}, "/refund_amount"), ({"refund_amount": -1}, "/refund_amount"),
        ({"refund_amount": 1.5}, "/refund_amount"), ({"note": ""}, "/note"), ({"note": " \n"}, "/note"),
    ):  # fmt: skip
        answer = await judge.post(path, {**good, **change})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
    assert await held(market, order["id"]) == order["total"]
    own = await disputed(market, seller, judge)
    mine = await judge.post(f"/v1/admin/disputes/{own['dispute']['id']}/resolve", good)
    assert mine.status_code == 403
    assert (await judge.post(f"/v1/admin/disputes/{order['id']}/resolve", good)).status_code == 404


async def test_decided_by_two_at_once_moves_money_once(market: TestMarket) -> None:
    seller, buyer, judge, other = (
        await market.sign_up(), await market.sign_up(), await staff(market), await staff(market, "admin"),
    )  # fmt: skip
    order = await disputed(market, seller, buyer)
    path = f"/v1/admin/disputes/{order['dispute']['id']}/resolve"
    answers = await asyncio.gather(
        *(one.post(path, {"refund_amount": 4_000, "note": "Half"}) for one in (judge, other) * 3),
        buyer.post(f"/v1/disputes/{order['dispute']['id']}/withdraw"),
    )
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code != 200} == {"dispute_closed"}
    assert [str(fault) async for fault in audit_aftersale(market.outcry.database)] == []
    in_escrow, back = await held(market, order["id"]), await wallet(market, buyer)
    assert (in_escrow, back) in ((0, 4_000), (order["total"], 0))


async def test_decisions_between_people_who_sold_to_each_other_do_not_wait_for_each_other(market: TestMarket) -> None:
    ann, bob, judge = await market.sign_up(), await market.sign_up(), await staff(market)
    pairs = [(ann, bob), (bob, ann)] * 4
    orders = [await disputed(market, seller, buyer) for seller, buyer in pairs]
    body = {"refund_amount": 4_000, "note": "Each gives a part."}
    decided = await asyncio.gather(
        *(judge.post(f"/v1/admin/disputes/{order['dispute']['id']}/resolve", body) for order in orders)
    )
    assert [answer.status_code for answer in decided] == [200] * len(pairs)


async def test_a_refund_before_the_dispute_lowers_what_can_be_decided(market: TestMarket) -> None:
    seller, buyer, judge = await market.sign_up(), await market.sign_up(), await staff(market)
    order = await delivered(market, seller, buyer)
    part = await seller.post(f"/v1/orders/{order['id']}/refund", {"amount": 3_000, "reason": "For the scratch"})
    assert part.status_code == 200, part.text
    opened = (await buyer.post(f"/v1/orders/{order['id']}/dispute", WRONG)).json()
    path = f"/v1/admin/disputes/{opened['dispute']['id']}"
    assert (await judge.get(path)).json()["refundable"] == 7_000
    refused = await judge.post(f"{path}/resolve", {"refund_amount": 7_001, "note": "All"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "/refund_amount")
    whole = await judge.post(f"{path}/resolve", {"refund_amount": 7_000, "note": "All"})
    assert whole.json()["order"]["status"] == "refunded"
    assert await wallet(market, buyer) == order["total"]
    assert await wallet(market, seller) == 0


async def test_the_audit_sees_an_order_and_its_dispute_part(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    lone, stale = await disputed(market, seller, buyer), await disputed(market, seller, buyer)
    as_owner(market, "DELETE FROM disputes WHERE order_id = %s", lone["id"])
    as_owner(market, "UPDATE orders SET status = 'delivered' WHERE id = %s", stale["id"])
    faults = [str(fault) async for fault in audit_aftersale(market.outcry.database)]
    assert faults == [
        f"after-sale: order {lone['id']}: it is disputed and has no open dispute",
        f"after-sale: order {stale['id']}: it is delivered and has an open dispute",
    ]


# -- withdrawing, deadlines, lists ---------------------------------------------------------------------------------


async def test_withdrawn_the_order_goes_on_where_it_was(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    order = await disputed(market, seller, buyer)
    path = f"/v1/disputes/{order['dispute']['id']}/withdraw"
    assert (await seller.post(path)).json()["code"] == "not_your_part"
    assert (await buyer.post(path)).json()["status"] == "withdrawn"
    assert (await buyer.post(path)).json()["code"] == "dispute_closed"
    back = (await buyer.get(f"/v1/orders/{order['id']}")).json()
    assert (back["status"], back["escrow_release_at"]) == ("delivered", order["escrow_release_at"])
    as_owner(market, "UPDATE orders SET escrow_release_at = now()")
    await market.outcry.order_deadlines.move_due()
    assert (await buyer.get(f"/v1/orders/{order['id']}")).json()["status"] == "completed"
    assert await wallet(market, seller) == order["seller_receives"]


async def test_the_seller_is_reminded_once_before_its_time_is_over(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    silent, answered = await disputed(market, seller, buyer), await disputed(market, seller, buyer)
    await seller.post(f"/v1/disputes/{answered['dispute']['id']}/evidence", {"text": "Here"})
    async with market.outcry.database.transaction(SYSTEM) as tx:
        rows = await tx.all(
            "SELECT args, scheduled_at FROM procrastinate_jobs WHERE task_name = :name", {"name": REMIND}
        )
    due = {row.args["dispute_id"]: row.scheduled_at for row in rows}
    assert due.keys() == {silent["dispute"]["id"], answered["dispute"]["id"]}
    left = datetime.fromisoformat(silent["dispute"]["respond_by"]) - due[silent["dispute"]["id"]].astimezone(UTC)
    assert abs(left.total_seconds() - 86_400) < 60
    for _ in range(2):
        for order in (silent, answered):
            await market.outcry.disputes.remind(order["dispute"]["id"])
    assert [mail["subject"] for mail in await mails(market)].count("Answer the dispute") == 1


async def test_staff_see_what_waits_and_what_is_overdue(market: TestMarket) -> None:
    seller, buyer, judge = await market.sign_up(), await market.sign_up(), await staff(market)
    orders = [await disputed(market, seller, buyer) for _ in range(3)]
    ids = [order["dispute"]["id"] for order in orders]
    as_owner(market, "UPDATE disputes SET respond_by = now() - interval '1 hour' WHERE id = ANY(%s)", ids[:2])
    await seller.post(f"/v1/disputes/{ids[0]}/evidence", {"text": "Late, but here"})
    await judge.post(f"/v1/admin/disputes/{ids[2]}/resolve", {"refund_amount": 0, "note": "No"})

    async def listed(query: str) -> list[str]:
        answer = await judge.get(f"/v1/admin/disputes?{query}")
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await listed("status=open") == ids[:2]
    assert await listed("status=overdue") == [ids[1]]
    assert await listed("status=resolved") == [ids[2]]
    assert await listed("status=withdrawn") == []
    assert await listed("") == ids[::-1]
    page = (await judge.get("/v1/admin/disputes?limit=2")).json()
    assert await listed(f"cursor={page['next_cursor']}") == ids[:1]
    assert (await seller.get("/v1/admin/disputes")).status_code == 403
    assert (await judge.get("/v1/admin/disputes?status=lost")).status_code == 422


async def test_a_market_says_how_long_the_seller_has(database_url: str, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('name = "own"\ntitle = "Own"\ncurrency = "USD"\ncurrencies = ["USD"]\ndispute_answer_days = 1\n')
    async with served_market(database_url, tmp_path, market=own) as market:
        seller, buyer = await market.sign_up(), await market.sign_up()
        await fund(market, buyer, 1)
        dispute = (await disputed(market, seller, buyer))["dispute"]
        given = datetime.fromisoformat(dispute["respond_by"]) - datetime.fromisoformat(dispute["opened_at"])
        assert given.total_seconds() == 86_400
