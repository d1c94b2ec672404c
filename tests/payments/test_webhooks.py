"""Webhooks: forged, stale, repeated, reordered, held back, too early, wrong (SPEC MON-7)."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from outcry.kernel.ids import new_id
from outcry.kernel.times import unix_seconds
from outcry.ledger.accounts import available, clearing
from outcry.payments.providers import Card
from outcry.payments.sandbox import signing
from outcry.payments.sandbox.events import EventData, EventObject, SandboxEvent
from tests.payments import till
from tests.support.market import TestMarket, served_market

pytestmark = pytest.mark.anyio


def body_of(kind: str, what: EventObject, event_id: str | None = None) -> bytes:
    event_id = event_id or f"evt_{new_id().hex}"
    return msgspec.json.encode(SandboxEvent(event_id, kind, unix_seconds(), EventData(what)))


async def send(
    market: TestMarket, body: bytes, *, late_seconds: int = 0, secret: bytes | None = None
) -> httpx.Response:
    event_id = msgspec.json.decode(body, type=SandboxEvent).id
    secret = secret or market.outcry.payments.sandbox_deliveries.secrets[0]
    headers = signing.signed_headers(secret, event_id, body, now_seconds=unix_seconds() - late_seconds)
    return await market.client.post("/v1/webhooks/sandbox", content=body, headers=headers)


async def started(market: TestMarket, amount: int = 5_000) -> tuple[Any, dict[str, Any], EventObject]:
    """A top-up that waits, and the event that would say it is paid."""
    ada = await market.sign_up()
    top_up = await till.start_top_up(ada, amount)
    reference = top_up["checkout_url"].rpartition("/")[2]
    paid = EventObject(reference, UUID(top_up["id"]), amount, "USD", "paid", card=Card("Visa", "4242"))
    return ada, top_up, paid


async def event_status(market: TestMarket) -> Any:
    return await till.scalar(market, "SELECT status || coalesce(' ' || code, '') FROM provider_events")


async def test_what_is_not_signed_well_and_now_is_refused(market: TestMarket) -> None:
    _, _, paid = await started(market)
    body = body_of("payment.succeeded", paid)
    for answer, code in (
        (await send(market, body, secret=b"not ours"), "webhook_signature_invalid"),
        (await send(market, body, late_seconds=301), "webhook_timestamp_stale"),
        (await send(market, body, late_seconds=-301), "webhook_timestamp_stale"),
        (await market.client.post("/v1/webhooks/sandbox", content=body), "webhook_signature_invalid"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    headers = signing.signed_headers(
        market.outcry.payments.sandbox_deliveries.secrets[0], "evt", body, now_seconds=unix_seconds()
    )
    changed = await market.client.post("/v1/webhooks/sandbox", content=body.replace(b"5000", b"9000"), headers=headers)
    assert changed.json()["code"] == "webhook_signature_invalid"
    later = {**headers, signing.TIMESTAMP: str(unix_seconds() + 1)}
    assert (await market.client.post("/v1/webhooks/sandbox", content=body, headers=later)).status_code == 400
    unknown = await market.client.post("/v1/webhooks/nobody", content=body, headers=headers)
    assert unknown.status_code == 404
    assert await till.scalar(market, "SELECT count(*) FROM provider_events") == 0


async def test_a_signed_body_that_is_no_event_is_refused(market: TestMarket) -> None:
    secret = market.outcry.payments.sandbox_deliveries.secrets[0]
    for body in (b"{}", b"no json", b"\xff"):
        headers = signing.signed_headers(secret, "evt", body, now_seconds=unix_seconds())
        answer = await market.client.post("/v1/webhooks/sandbox", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


async def test_a_repeated_event_is_known_and_does_nothing(market: TestMarket) -> None:
    ada, top_up, paid = await started(market)
    body = body_of("payment.succeeded", paid)
    answers = await asyncio.gather(*(send(market, body) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert sorted(answer.json()["duplicate"] for answer in answers) == [False, *([True] * 5)]
    await till.settled(ada, top_up["id"])
    # The same news under another event id does nothing either.
    assert (await send(market, body_of("payment.succeeded", paid))).json()["duplicate"] is False
    await till.until(
        lambda: till.scalar(market, "SELECT count(*) = 2 FROM provider_events WHERE status IN ('applied', 'ignored')")
    )
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 5_000
    assert await till.faults(market.outcry.database) == []


async def test_one_event_id_says_one_thing(market: TestMarket) -> None:
    _, _, paid = await started(market)
    await send(market, body_of("payment.succeeded", paid, "evt_1"))
    other = msgspec.structs.replace(paid, amount=9_000)
    answer = await send(market, body_of("payment.succeeded", other, "evt_1"))
    assert (answer.status_code, answer.json()["code"]) == (409, "webhook_event_reused")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 4_999}, "amount_mismatch"),
        ({"currency": "EUR"}, "currency_mismatch"),
        ({"amount": None}, "amount_mismatch"),
    ],
)
async def test_another_sum_than_was_asked_for_is_flagged(
    market: TestMarket, changes: dict[str, Any], code: str
) -> None:
    ada, top_up, paid = await started(market)
    await send(market, body_of("payment.succeeded", msgspec.structs.replace(paid, **changes)))

    async def flagged() -> bool:
        return await event_status(market) == f"flagged {code}"

    await till.until(flagged)
    assert (await ada.get(f"/v1/wallet/top-ups/{top_up['id']}")).json()["status"] == "pending"
    assert await till.balance(market, clearing("sandbox", "USD")) == 0


async def test_an_event_that_comes_before_its_payment_waits_for_it(market: TestMarket) -> None:
    ada = await market.sign_up()
    payment_id = new_id()
    early = EventObject("pay_early", payment_id, 5_000, "USD", "paid")
    await send(market, body_of("payment.succeeded", early))

    async def waits() -> bool:
        return await event_status(market) == "waiting unknown_subject"

    await till.until(waits)
    await till.scalar(
        market,
        "INSERT INTO payments (id, purpose, payer_id, amount, currency, method, provider)"
        " VALUES (:id, 'top_up', :payer, 5000, 'USD', 'card', 'sandbox') RETURNING id",
        id=payment_id,
        payer=ada.id,
    )
    await till.settled(ada, str(payment_id))
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 5_000


async def test_what_nobody_knows_is_flagged_at_last_and_can_be_replayed(market: TestMarket) -> None:
    ada, boss = await market.sign_up(), await market.sign_up()
    await till.make_staff(market, boss)
    payment_id = new_id()
    await send(market, body_of("payment.succeeded", EventObject("pay_x", payment_id, 5_000, "USD", "paid")))
    row_id = await till.until(lambda: till.scalar(market, "SELECT id FROM provider_events WHERE status = 'waiting'"))
    # As after all its waits.
    await till.scalar(market, "UPDATE provider_events SET attempts = 9 RETURNING id")
    await market.outcry.payments.webhooks.apply(str(row_id))
    listed = (await boss.get("/v1/admin/webhooks?status=flagged")).json()["items"]
    assert [(one["code"], one["reference"]) for one in listed] == [("unknown_subject", "pay_x")]
    await till.scalar(
        market,
        "INSERT INTO payments (id, purpose, payer_id, amount, currency, method, provider)"
        " VALUES (:id, 'top_up', :payer, 5000, 'USD', 'card', 'sandbox') RETURNING id",
        id=payment_id,
        payer=ada.id,
    )
    assert (await ada.post(f"/v1/admin/webhooks/{row_id}/replay")).status_code == 403
    assert (await boss.post(f"/v1/admin/webhooks/{new_id()}/replay")).status_code == 404
    assert (await boss.post(f"/v1/admin/webhooks/{row_id}/replay")).status_code == 202
    await till.settled(ada, str(payment_id))
    # Replaying what is done does nothing.
    assert (await boss.post(f"/v1/admin/webhooks/{row_id}/replay")).status_code == 202
    await till.until(lambda: till.scalar(market, "SELECT id FROM provider_events WHERE status = 'ignored'"))
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 5_000


async def test_a_dispute_that_was_given_up_is_taken_up_when_its_payment_comes(market: TestMarket) -> None:
    _, top_up, paid = await started(market)
    disputed = EventObject("dis_early", UUID(top_up["id"]), 5_000, "USD", "open", payment=paid.id)
    await send(market, body_of("dispute.opened", disputed))
    row_id = await till.until(lambda: till.scalar(market, "SELECT id FROM provider_events WHERE status = 'waiting'"))
    # As after all its waits: the payment's own news takes longer than anybody waits.
    await till.scalar(market, "UPDATE provider_events SET attempts = 9 RETURNING id")
    await market.outcry.payments.webhooks.apply(str(row_id))
    assert await event_status(market) == "flagged unknown_subject"
    await send(market, body_of("payment.succeeded", paid))
    await till.until(lambda: till.scalar(market, "SELECT dispute_status = 'open' FROM payments"))


async def test_deliveries_are_repeated_until_they_are_taken(market: TestMarket) -> None:
    ada = await market.sign_up()
    await till.control(market, fail=1)
    top_up = await till.top_up(market, ada)
    assert top_up["status"] == "succeeded"
    sent = (await market.client.get("/v1/dev/sandbox/webhooks")).json()["items"]
    assert [(one["status"], one["attempts"], one["answer_status"]) for one in sent] == [("delivered", 2, 200)]


async def test_copies_and_reversed_order_end_the_same(market: TestMarket) -> None:
    ada = await market.sign_up()
    await till.control(market, hold=True, duplicate=3)
    top_up = await till.start_top_up(ada, 5_000)
    await till.pay(market.client, top_up["checkout_url"], till.DECLINED)
    await till.pay(market.client, top_up["checkout_url"])
    await till.dispute(market, top_up["id"], "opened")
    await till.dispute(market, top_up["id"], "won")
    await till.until(lambda: till.scalar(market, "SELECT count(*) = 4 FROM sandbox_events WHERE status = 'held'"))
    released = await till.control(market, hold=False, duplicate=3, reorder="reversed")
    assert released["released"] == 4
    await till.settled(ada, top_up["id"])
    await till.until(lambda: till.scalar(market, "SELECT dispute_status = 'won' FROM payments"))
    assert await till.scalar(market, "SELECT failure_code FROM payments") is None
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 5_000
    assert await till.faults(market.outcry.database) == []


async def test_a_held_webhook_that_is_not_taken_stays_held_and_holds_back_no_other(market: TestMarket) -> None:
    ada = await market.sign_up()
    await till.control(market, hold=True)
    top_ups = [await till.start_top_up(ada, 5_000) for _ in range(2)]
    for top_up in top_ups:
        await till.pay(market.client, top_up["checkout_url"])
    await till.until(lambda: till.scalar(market, "SELECT count(*) = 2 FROM sandbox_events WHERE status = 'held'"))
    assert (await till.control(market, fail=1, reorder="in_order"))["released"] == 1
    assert (await till.control(market, hold=False, reorder="in_order"))["released"] == 1
    for top_up in top_ups:
        await till.settled(ada, top_up["id"])
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 10_000


async def test_providers_come_in_bursts(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, rate_limits="on", api_requests_per_minute=2) as market:
        answers = [await market.client.post("/v1/webhooks/sandbox", content=b"{}") for _ in range(5)]
        assert {answer.json()["code"] for answer in answers} == {"webhook_signature_invalid"}


async def test_the_app_cannot_rewrite_what_a_provider_said(market: TestMarket) -> None:
    _, _, paid = await started(market)
    await send(market, body_of("payment.succeeded", paid))
    for statement in ("UPDATE provider_events SET body = ''", "DELETE FROM provider_events", "DELETE FROM payments"):
        with pytest.raises(Exception, match="permission denied"):
            await till.scalar(market, f"{statement} RETURNING 1")
