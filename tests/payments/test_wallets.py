"""Money into and out of wallets through the sandbox (SPEC MON-2, MON-3, MON-6)."""

import asyncio
from uuid import UUID

import pytest

from outcry.ledger.accounts import available, clearing, fees, gas, outgoing
from tests.payments import till
from tests.support.market import TestMarket, served_market

pytestmark = pytest.mark.anyio


async def test_a_top_up_is_in_the_wallet_when_the_provider_says_so(market: TestMarket) -> None:
    ada = await market.sign_up()
    started = await till.start_top_up(ada, 5_000, return_url="/wallet?from=top-up")
    assert started["status"] == "pending"
    assert started["checkout_url"].startswith(market.base_url + "/sandbox/checkout/")
    answer = await till.pay(market.client, started["checkout_url"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/wallet?from=top-up")
    view = await till.settled(ada, started["id"])
    assert view["card"] == {"brand": "Visa", "last4": "4242"}
    assert view["checkout_url"] is None
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 5_000
    assert await till.balance(market, clearing("sandbox", "USD")) == -5_000
    assert await till.faults(market.outcry.database) == []


async def test_the_same_key_is_one_top_up_and_one_answer(market: TestMarket) -> None:
    ada = await market.sign_up()
    body = {"amount": 5_000, "currency": "USD", "return_url": "/wallet"}
    first, second = await asyncio.gather(
        *(ada.post("/v1/wallet/top-ups", body, key="once") for _ in range(2)), return_exceptions=False
    )
    assert first.json() == second.json()
    assert sorted(answer.headers.get("idempotency-replayed", "") for answer in (first, second)) == ["", "true"]
    await till.pay(market.client, first.json()["checkout_url"])
    await till.settled(ada, first.json()["id"])
    again = await ada.post("/v1/wallet/top-ups", body, key="once")
    assert again.json() == first.json()
    other = await ada.post("/v1/wallet/top-ups", {**body, "amount": 6_000}, key="once")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert await till.scalar(market, "SELECT count(*) FROM payments") == 1
    assert await till.scalar(market, "SELECT count(*) FROM sandbox_payments") == 1


async def test_top_ups_have_limits_and_are_ones_own(market: TestMarket) -> None:
    ada, bob = await market.sign_up(), await market.sign_up()
    for body, field in (
        ({"amount": 99, "currency": "USD"}, "/amount"),
        ({"amount": 1_000_001, "currency": "USD"}, "/amount"),
        ({"amount": 5_000, "currency": "XXX"}, "/currency"),
        ({"amount": 0, "currency": "USD"}, "/amount"),
    ):
        refused = await ada.post("/v1/wallet/top-ups", body)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["field"] == field
    started = await till.start_top_up(ada)
    assert (await bob.get(f"/v1/wallet/top-ups/{started['id']}")).status_code == 404
    assert (await market.client.post("/v1/wallet/top-ups", json={})).status_code == 401


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example\\@localhost/",
        "javascript:alert(1)",
        "https://localhost:x/",
        "https://user@localhost/",
        "/a\nb",
    ],
)
async def test_nobody_is_sent_to_somebody_elses_site(market: TestMarket, url: str) -> None:
    ada = await market.sign_up()
    for path, body in (("top-ups", {"amount": 5_000, "currency": "USD"}), ("payout-account", {})):
        refused = await ada.post(f"/v1/wallet/{path}", {**body, "return_url": url})
        assert (refused.status_code, refused.json()["code"]) == (422, "return_url_not_allowed"), refused.text


async def test_a_withdrawal_leaves_the_wallet_at_once_and_is_paid_by_the_provider(market: TestMarket) -> None:
    ada = await market.sign_up()
    await till.top_up(market, ada, 5_000)
    refused = await ada.post("/v1/wallet/withdrawals", {"amount": 1_000, "currency": "USD"})
    assert (refused.status_code, refused.json()["code"]) == (409, "payout_account_required")
    await till.ready_account(market, ada)
    await till.control(market, hold=True)
    answer = await ada.post("/v1/wallet/withdrawals", {"amount": 3_000, "currency": "USD"}, key="w")
    assert (answer.status_code, answer.json()["status"]) == (201, "pending"), answer.text
    assert (await ada.post("/v1/wallet/withdrawals", {"amount": 3_000, "currency": "USD"}, key="w")).json() == (
        answer.json()
    )
    mine = UUID(ada.id)
    assert await till.balance(market, available(mine, "USD")) == 2_000
    assert await till.balance(market, outgoing("sandbox", "USD")) == 3_000
    assert await till.faults(market.outcry.database) == []
    await till.until(lambda: till.scalar(market, "SELECT count(*) FROM sandbox_events WHERE status = 'held'"))
    await till.control(market, hold=False, reorder="in_order")
    paid = await till.withdrawal_in(ada, answer.json()["id"], "paid")
    assert paid["settled_at"] is not None
    assert await till.balance(market, outgoing("sandbox", "USD")) == 0
    assert await till.balance(market, clearing("sandbox", "USD")) == -2_000
    assert await till.faults(market.outcry.database) == []


async def test_a_failed_payout_is_back_in_the_wallet(market: TestMarket) -> None:
    ada = await market.sign_up()
    await till.top_up(market, ada, 5_000)
    await till.ready_account(market, ada, "000111111116")
    answer = await ada.post("/v1/wallet/withdrawals", {"amount": 3_000, "currency": "USD"})
    failed = await till.withdrawal_in(ada, answer.json()["id"], "failed")
    assert failed["failure_code"] == "bank_account_closed"
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 5_000
    assert await till.faults(market.outcry.database) == []


async def test_the_same_money_cannot_be_withdrawn_twice(market: TestMarket) -> None:
    ada = await market.sign_up()
    await till.top_up(market, ada, 5_000)
    await till.ready_account(market, ada)
    body = {"amount": 3_000, "currency": "USD"}
    answers = await asyncio.gather(*(ada.post("/v1/wallet/withdrawals", body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, *([402] * 7)]
    assert {answer.json().get("code") for answer in answers} == {None, "insufficient_funds"}
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 2_000
    assert await till.faults(market.outcry.database) == []


async def test_a_day_has_a_limit_also_for_withdrawals_at_once(database_url: str, tmp_path) -> None:
    async with served_market(database_url, tmp_path, withdrawal_day_max_minor=4_000) as market:
        ada = await market.sign_up()
        await till.top_up(market, ada, 9_000)
        await till.ready_account(market, ada)
        body = {"amount": 1_500, "currency": "USD"}
        answers = await asyncio.gather(*(ada.post("/v1/wallet/withdrawals", body) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]
        refused = next(answer.json() for answer in answers if answer.status_code == 409)
        assert (refused["code"], refused["left"], refused["currency"]) == ("withdrawal_limit", 1_000, "USD")
        small = await ada.post("/v1/wallet/withdrawals", {"amount": 99, "currency": "USD"})
        assert small.json()["errors"][0]["field"] == "/amount"


async def test_currencies_are_never_mixed(market: TestMarket) -> None:
    ada = await market.sign_up()
    await till.top_up(market, ada, 5_000)
    await till.ready_account(market, ada)
    refused = await ada.post("/v1/wallet/withdrawals", {"amount": 1_000, "currency": "EUR"})
    assert (refused.status_code, refused.json()["code"]) == (402, "insufficient_funds")


async def test_a_payout_account_asks_for_what_it_needs(market: TestMarket) -> None:
    ada = await market.sign_up()
    assert (await ada.get("/v1/wallet/payout-account")).json() == {
        "provider": "sandbox",
        "status": "none",
        "onboarding_url": None,
        "requirements": [],
    }
    opened = (await ada.post("/v1/wallet/payout-account")).json()
    assert (opened["status"], opened["requirements"]) == ("pending", ["bank_account", "account_holder"])
    page = await market.client.get(opened["onboarding_url"])
    assert "Your bank account" in page.text
    wrong = await market.client.post(opened["onboarding_url"], data={"holder": "", "account": "12"})
    assert wrong.status_code == 422
    assert wrong.text.count('aria-invalid="true"') == 2
    await till.ready_account(market, ada, "000111111113")
    now = (await ada.get("/v1/wallet/payout-account")).json()
    assert (now["status"], now["requirements"]) == ("restricted", ["identity_document"])
    refused = await ada.post("/v1/wallet/withdrawals", {"amount": 1_000, "currency": "USD"})
    assert refused.json()["account_status"] == "restricted"


async def test_gas_is_bought_from_the_wallet(market: TestMarket) -> None:
    ada = await market.sign_up()
    poor = await ada.post("/v1/wallet/gas", {"units": 10})
    assert (poor.status_code, poor.json()["code"]) == (402, "insufficient_funds")
    await till.top_up(market, ada, 5_000)
    bought = await ada.post("/v1/wallet/gas", {"units": 10}, key="gas")
    assert (bought.status_code, bought.json()) == (201, {"units": 10, "amount": 100, "currency": "USD", "gas": 10})
    assert (await ada.post("/v1/wallet/gas", {"units": 10}, key="gas")).json() == bought.json()
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 4_900
    assert await till.balance(market, gas(UUID(ada.id))) == 10
    assert await till.balance(market, fees("USD")) == 100


async def test_without_a_provider_only_wallets_pay(database_url: str, tmp_path) -> None:
    async with served_market(database_url, tmp_path, payment_provider="none") as market:
        ada = await market.sign_up()
        refused = await ada.post("/v1/wallet/top-ups", {"amount": 5_000, "currency": "USD"})
        assert (refused.status_code, refused.json()["code"]) == (409, "card_payments_unavailable")
