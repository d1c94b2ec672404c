"""Stripe Connect through the official SDK, against a peer that checks what it is asked (SPEC MON-3, MON-7)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from outcry.kernel.ids import new_id
from outcry.kernel.times import utc_now
from outcry.ledger.accounts import available, clearing, losses, outgoing
from outcry.payments.providers import EventKind, Outcome, PaymentRequest, ProviderRefused, RecordKind
from outcry.payments.stripe_events import from_stripe, read_event, to_stripe
from tests.payments import till
from tests.payments.shop import Shop
from tests.support.market import Person, TestMarket, served_market
from tests.support.server import serving
from tests.support.stripe_params import WrongParameter, check, nested, params_type
from tests.support.stripe_peer import SECRET_KEY, WEBHOOK_SECRET, StripePeer, send

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stripe() -> AsyncIterator[tuple[StripePeer, str]]:
    peer = StripePeer()
    async with serving(peer) as url:
        yield peer, url


@pytest.fixture
async def peer(stripe: tuple[StripePeer, str]) -> StripePeer:
    return stripe[0]


@pytest.fixture
async def market(stripe: tuple[StripePeer, str], database_url: str, tmp_path: Path) -> AsyncIterator[TestMarket]:
    chosen = {
        "payment_provider": "stripe",
        "stripe_secret_key": SECRET_KEY,
        "stripe_webhook_secret": f"whsec_older,{WEBHOOK_SECRET}",
        "stripe_api_base": stripe[1],
        "public_url": "https://market.example",
    }
    async with served_market(database_url, tmp_path, **chosen) as served:
        yield served


async def topped_up(market: TestMarket, peer: StripePeer, person: Person, amount: int = 5_000) -> str:
    """A top-up by the client's own form, paid; the intent's id."""
    started = await till.start_top_up(person, amount)
    intent = started["client_secret"].partition("_secret")[0]
    assert (await send(market.client, peer.pay(intent))).status_code == 200
    await till.settled(person, started["id"])
    return intent


async def onboarded(market: TestMarket, peer: StripePeer, person: Person) -> str:
    await person.post("/v1/wallet/payout-account", {})
    account = peer.of_kind("account")[-1]["id"]
    await send(market.client, peer.onboard(account))

    async def ready() -> bool:
        return (await person.get("/v1/wallet/payout-account")).json()["status"] == "ready"

    await till.until(ready)
    return account


async def test_a_page_of_stripes_takes_the_money_into_escrow(market: TestMarket, peer: StripePeer) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id = shop.order()
    started = await shop.start(order_id, ada)
    (session,) = peer.of_kind("checkout.session")
    assert started.checkout_url == session["url"]
    assert session["success_url"] == "https://market.example/orders"
    assert await shop.start(order_id, ada) == started
    await send(market.client, peer.decline(session["id"], "insufficient_funds"))

    async def told() -> bool:
        return shop.told == [("failed insufficient_funds", order_id)]

    await till.until(told)
    await send(market.client, peer.pay(session["id"]))
    await till.until(lambda: shop.in_escrow(order_id))
    reference = await till.scalar(market, "SELECT reference FROM payments")
    assert reference == peer.of_kind("payment_intent")[0]["id"]
    assert await till.balance(market, clearing("stripe", "USD")) == -10_000
    assert await till.faults(market.outcry.database) == []


async def test_an_app_pays_with_the_secret(market: TestMarket, peer: StripePeer) -> None:
    ada = await market.sign_up()
    body = {"amount": 5_000, "currency": "USD"}
    first = await ada.post("/v1/wallet/top-ups", body, key="once")
    assert (first.json()["checkout_url"], first.json()["client_secret"]) == (None, "pi_000001_secret")
    assert (await ada.post("/v1/wallet/top-ups", body, key="once")).json() == first.json()
    await send(market.client, peer.pay("pi_000001"))
    await till.settled(ada, first.json()["id"])
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 5_000
    # Nothing of the secret stays with us.
    assert await till.scalar(market, "SELECT count(*) FROM payments WHERE payments::text LIKE '%secret%'") == 0


async def test_a_lost_answer_is_asked_for_again_with_the_same_key(market: TestMarket, peer: StripePeer) -> None:
    ada = await market.sign_up()
    peer.unanswered = 1
    await topped_up(market, peer, ada)
    assert len(peer.of_kind("payment_intent")) == 1
    assert peer.replays == 1


async def test_refunds_go_through_and_come_back(market: TestMarket, peer: StripePeer) -> None:
    shop, ada = Shop(market), await market.sign_up()
    order_id = shop.order()
    await shop.start(order_id, ada)
    await send(market.client, peer.pay(peer.of_kind("checkout.session")[0]["id"]))
    await till.until(lambda: shop.in_escrow(order_id))
    peer.unanswered = 1
    await shop.refund(order_id, 3_000, "one")
    await shop.refund(order_id, 2_000, "two")
    await till.until(lambda: till.scalar(market, "SELECT count(*) = 2 FROM refunds WHERE reference IS NOT NULL"))
    first, second = sorted(peer.of_kind("refund"), key=lambda one: -one["amount"])
    await send(market.client, peer.finish(first["id"], "succeeded"))
    await send(market.client, peer.finish(second["id"], "failed", failure_reason="lost_or_stolen_card"))
    await till.until(lambda: till.scalar(market, "SELECT id FROM refunds WHERE status = 'failed'"))
    await till.until(lambda: till.scalar(market, "SELECT id FROM refunds WHERE status = 'succeeded'"))
    assert await till.scalar(market, "SELECT failure_code FROM refunds WHERE status = 'failed'") == (
        "lost_or_stolen_card"
    )
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 2_000
    assert await till.balance(market, clearing("stripe", "USD")) == -7_000
    assert await till.faults(market.outcry.database) == []


async def test_a_withdrawal_is_a_transfer_and_a_payout(market: TestMarket, peer: StripePeer) -> None:
    ada = await market.sign_up()
    await topped_up(market, peer, ada)
    opened = (await ada.post("/v1/wallet/payout-account", {"return_url": "/wallet/payouts"})).json()
    assert (opened["status"], opened["requirements"]) == ("pending", ["external_account"])
    assert opened["onboarding_url"].startswith("https://connect.stripe.test/")
    account = await onboarded(market, peer, ada)
    assert len(peer.of_kind("account")) == 1
    peer.unanswered = 2
    answer = await ada.post("/v1/wallet/withdrawals", {"amount": 4_000, "currency": "USD"})
    await till.until(lambda: till.scalar(market, "SELECT reference FROM withdrawals"))
    (transfer,), (payout,) = peer.of_kind("transfer"), peer.of_kind("payout")
    assert (transfer["destination"], payout["account"], payout["amount"]) == (account, account, 4_000)
    await send(market.client, peer.finish(payout["id"], "paid"))
    await till.withdrawal_in(ada, answer.json()["id"], "paid")
    assert await till.balance(market, outgoing("stripe", "USD")) == 0
    assert await till.faults(market.outcry.database) == []


async def test_a_failed_payout_is_reversed_and_back_in_the_wallet(market: TestMarket, peer: StripePeer) -> None:
    ada = await market.sign_up()
    await topped_up(market, peer, ada)
    await onboarded(market, peer, ada)
    answer = await ada.post("/v1/wallet/withdrawals", {"amount": 4_000, "currency": "USD"})
    await till.until(lambda: till.scalar(market, "SELECT reference FROM withdrawals"))
    (payout,) = peer.of_kind("payout")
    await send(market.client, peer.finish(payout["id"], "failed", failure_code="account_closed"))
    failed = await till.withdrawal_in(ada, answer.json()["id"], "failed")
    assert failed["failure_code"] == "account_closed"
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 5_000

    async def reversed_() -> bool:
        return peer.of_kind("transfer")[0]["reversed"]

    await till.until(reversed_)
    assert await till.faults(market.outcry.database) == []


async def test_a_refused_payout_fails_at_once(market: TestMarket, peer: StripePeer) -> None:
    ada = await market.sign_up()
    await topped_up(market, peer, ada)
    account = await onboarded(market, peer, ada)
    peer.objects[account]["payouts_enabled"] = False
    answer = await ada.post("/v1/wallet/withdrawals", {"amount": 4_000, "currency": "USD"})
    failed = await till.withdrawal_in(ada, answer.json()["id"], "failed")
    assert failed["failure_code"] == "account_invalid"
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 5_000


async def test_a_lost_dispute_is_charged_back(market: TestMarket, peer: StripePeer) -> None:
    ada = await market.sign_up()
    intent = await topped_up(market, peer, ada)
    lost = peer.dispute(intent, "needs_response"), peer.dispute(intent, "lost")
    for told in reversed(lost):
        await send(market.client, told)
    await till.until(lambda: till.scalar(market, "SELECT dispute_status = 'lost' FROM payments"))
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 0
    assert await till.balance(market, losses("USD")) == 0
    assert await till.faults(market.outcry.database) == []


async def test_what_ends_unpaid_is_cancelled_there_too(market: TestMarket, peer: StripePeer) -> None:
    shop, ada = Shop(market), await market.sign_up()
    await topped_up(market, peer, ada, 20_000)
    order_id = shop.order()
    await shop.start(order_id, ada)
    await shop.pay_by_wallet(order_id, ada)
    (session,) = peer.of_kind("checkout.session")

    async def expired() -> bool:
        return session["status"] == "expired"

    await till.until(expired)
    provider = market.outcry.payments.parts.provider("stripe")
    assert await provider.cancel_payment(session["id"]) is False
    request = PaymentRequest(new_id(), 500, "USD", "x", None)
    started = await provider.start_payment(request, key="k")
    assert await provider.cancel_payment(started.reference) is True
    assert (await provider.start_payment(request, key="k")).reference == started.reference


async def test_webhooks_are_believed_only_when_signed_now(market: TestMarket, peer: StripePeer) -> None:
    ada = await market.sign_up()
    started = await till.start_top_up(ada)
    told = peer.pay(started["client_secret"].partition("_secret")[0])
    for answer, code in (
        (await send(market.client, told, secret="whsec_other"), "webhook_signature_invalid"),
        (await send(market.client, told, late_seconds=301), "webhook_timestamp_stale"),
        (await send(market.client, told, late_seconds=-301), "webhook_timestamp_stale"),
        (await market.client.post("/v1/webhooks/stripe", json=told), "webhook_signature_invalid"),
        (
            await market.client.post("/v1/webhooks/stripe", json=told, headers={"stripe-signature": "t=x,v1="}),
            "webhook_signature_invalid",
        ),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert (await send(market.client, told, secret="whsec_older")).json() == {"received": True, "duplicate": False}
    assert (await send(market.client, {**told, "pending_webhooks": 3})).json()["duplicate"] is True
    await till.settled(ada, started["id"])


async def test_what_is_sold_elsewhere_through_the_account_does_not_concern_us(market: TestMarket) -> None:
    for told in (
        {"id": "evt_x1", "type": "payment_intent.succeeded", "created": 1, "data": {"object": {"id": "pi_other"}}},
        {"id": "evt_x2", "type": "customer.created", "created": 1, "data": {"object": {"id": "cus_1", "amount": "?"}}},
    ):
        assert (await send(market.client, told)).status_code == 200
    await till.until(lambda: till.scalar(market, "SELECT count(*) = 2 FROM provider_events WHERE status = 'ignored'"))


async def test_stripes_records_are_read_whole(market: TestMarket, peer: StripePeer) -> None:
    ada = await market.sign_up()
    for _ in range(3):
        await topped_up(market, peer, ada)
    await onboarded(market, peer, ada)
    withdrawn = [
        (await ada.post("/v1/wallet/withdrawals", {"amount": 1_000, "currency": "USD"})).json()["id"] for _ in range(3)
    ]
    await till.until(lambda: till.scalar(market, "SELECT count(*) = 3 FROM withdrawals WHERE reference IS NOT NULL"))
    intent = peer.of_kind("payment_intent")[0]["id"]
    peer.dispute(intent, "lost")
    peer.create_refund("", {"payment_intent": intent, "amount": "100"}, None)
    provider = market.outcry.payments.parts.provider("stripe")
    since, until = utc_now() - timedelta(hours=1), utc_now() + timedelta(hours=1)
    found = [record async for record in provider.records(since, until)]
    kinds = sorted((one.kind.value, one.outcome.value) for one in found)
    assert kinds == [
        ("dispute", "done"), *([("payment", "done")] * 3), *([("payout", "pending")] * 3), ("refund", "pending"),
    ]  # fmt: skip
    payouts = {str(one.subject_id) for one in found if one.kind is RecordKind.PAYOUT}
    assert payouts == set(withdrawn)
    assert next(one for one in found if one.kind is RecordKind.REFUND).subject_id is None


async def test_refusals_and_outages_are_told_apart(market: TestMarket, peer: StripePeer) -> None:
    ada = await market.sign_up()
    peer.unanswered = 3
    answer = await ada.post("/v1/wallet/top-ups", {"amount": 5_000, "currency": "USD"}, key="k")
    assert (answer.status_code, answer.json()["code"]) == (503, "payment_provider_unavailable")
    assert (await ada.post("/v1/wallet/top-ups", {"amount": 5_000, "currency": "USD"}, key="k")).status_code == 201
    assert len(peer.of_kind("payment_intent")) == 1
    provider = market.outcry.payments.parts.provider("stripe")
    with pytest.raises(ProviderRefused, match="account_invalid"):
        from outcry.payments.providers import PayoutRequest

        await provider.payout(PayoutRequest(new_id(), "acct_none", 1, "USD"), key="x")


def test_the_peer_refuses_what_the_sdk_does_not_know() -> None:
    refund = params_type("_refund_create_params", "RefundCreateParams")
    check(nested("payment_intent=pi_1&amount=5&metadata[refund_id]=x"), refund)
    session = params_type("checkout._session_create_params", "SessionCreateParams")
    for form, kind, code in (
        ("payment_intent=pi_1&amout=5", refund, "parameter_unknown"),
        ("amount=five", refund, "parameter_invalid"),
        ("metadata=x", refund, "parameter_invalid"),
        ("line_items[0][price_data][colour]=red", session, "parameter_unknown"),
        ("line_items[0][price_data][unit_amount]=5", session, "parameter_missing"),
        ("amount=5", params_type("_payment_intent_create_params", "PaymentIntentCreateParams"), "parameter_missing"),
    ):
        with pytest.raises(WrongParameter) as wrong:
            check(nested(form), kind)
        assert wrong.value.code == code, form


@pytest.mark.parametrize(
    ("kind", "what", "expected"),
    [
        ("refund.created", {"status": "pending"}, EventKind.OTHER),
        ("refund.failed", {"status": "failed"}, EventKind.REFUND_FAILED),
        ("refund.updated", {"status": "canceled"}, EventKind.REFUND_FAILED),
        ("payout.paid", {}, EventKind.OTHER),
        ("payout.canceled", {"metadata": {"withdrawal_id": str(new_id())}}, EventKind.PAYOUT_FAILED),
        ("checkout.session.expired", {"metadata": {"payment_id": str(new_id())}}, EventKind.PAYMENT_CANCELLED),
        ("charge.dispute.closed", {"status": "warning_closed"}, EventKind.OTHER),
        ("payment_intent.succeeded", {"metadata": {"payment_id": "no id"}}, EventKind.OTHER),
        ("account.updated", {}, EventKind.ACCOUNT_UPDATED),
    ],
)
def test_events_in_our_words(kind: str, what: dict[str, Any], expected: EventKind) -> None:
    import json

    told = {"id": "evt", "type": kind, "created": 5, "data": {"object": {"id": "obj", **what}}}
    assert read_event(json.dumps(told).encode()).kind is expected


def test_stripe_counts_some_currencies_in_hundredths() -> None:
    assert (to_stripe(5, "ISK"), from_stripe(500, "ISK")) == (500, 5)
    assert (to_stripe(5, "JPY"), to_stripe(500, "USD")) == (5, 500)
    assert Outcome.DONE.value == "done"
