"""The sandbox's pages, as forms without a script send them (SPEC MON-3)."""

import pytest

from tests.payments import till
from tests.support.market import TestMarket

pytestmark = pytest.mark.anyio


async def test_each_wrong_field_is_told_and_nothing_is_charged(market: TestMarket) -> None:
    ada = await market.sign_up()
    started = await till.start_top_up(ada)
    for changes, field in (
        ({"number": "4242424242424241"}, "number"),
        ({"number": ""}, "number"),
        ({"number": "4111111111111111"}, "number"),
        ({"expiry": "12/20"}, "expiry"),
        ({"expiry": "13/40"}, "expiry"),
        ({"expiry": "soon"}, "expiry"),
        ({"cvc": "12"}, "cvc"),
        ({"cvc": "abc"}, "cvc"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"number": "378282246310005"}, "cvc"),
    ):
        answer = await till.pay(market.client, started["checkout_url"], **{"number": till.GOOD, **changes})
        assert answer.status_code == 422, changes
        assert f'id="{field}-error"' in answer.text
        assert answer.text.count('aria-invalid="true"') == 1
    assert await till.scalar(market, "SELECT status FROM sandbox_payments") == "open"
    assert await till.scalar(market, "SELECT count(*) FROM sandbox_events") == 0


async def test_no_card_number_is_sent_back_or_kept(market: TestMarket) -> None:
    ada = await market.sign_up()
    started = await till.start_top_up(ada)
    answer = await till.pay(market.client, started["checkout_url"], "4111111111111111")
    assert "4111111111111111" not in answer.text
    await till.pay(market.client, started["checkout_url"])
    await till.settled(ada, started["id"])
    rows = await till.scalar(
        market,
        "SELECT string_agg(t::text, ' ') FROM (SELECT p::text AS t FROM sandbox_payments p"
        " UNION ALL SELECT convert_from(body, 'UTF8') FROM sandbox_events UNION ALL SELECT p::text FROM payments p"
        " UNION ALL SELECT convert_from(body, 'UTF8') FROM provider_events) all_of_it",
    )
    assert "4242" in rows
    assert till.GOOD not in rows.replace(" ", "")


@pytest.mark.parametrize(
    ("number", "code"),
    [(till.DECLINED, "card_declined"), (till.POOR, "insufficient_funds"), (till.STALE, "expired_card")],
)
async def test_a_refused_card_is_told_and_another_may_be_tried(market: TestMarket, number: str, code: str) -> None:
    ada = await market.sign_up()
    started = await till.start_top_up(ada, return_url="/wallet")
    answer = await till.pay(market.client, started["checkout_url"], number)
    assert answer.status_code == 303
    page = await market.client.get(answer.headers["location"])
    assert 'role="alert"' in page.text

    async def told() -> bool:
        return (await ada.get(f"/v1/wallet/top-ups/{started['id']}")).json()["failure_code"] == code

    await till.until(told)
    answer = await till.pay(market.client, started["checkout_url"])
    assert answer.headers["location"] == "/wallet"
    view = await till.settled(ada, started["id"])
    assert view["failure_code"] is None


async def test_authentication_is_a_step_of_its_own(market: TestMarket) -> None:
    ada = await market.sign_up()
    started = await till.start_top_up(ada, return_url="/wallet")
    url = started["checkout_url"]
    answer = await till.pay(market.client, url, till.AUTHENTICATED)
    page = await market.client.get(answer.headers["location"], follow_redirects=True)
    assert "Confirm that it is you" in page.text
    assert (await ada.get(f"/v1/wallet/top-ups/{started['id']}")).json()["status"] == "pending"
    # The form cannot be used to go round the question.
    assert (await till.pay(market.client, url)).status_code == 303
    assert await till.scalar(market, "SELECT status FROM sandbox_payments") == "authenticating"
    refused = await market.client.post(f"{url}/authenticate", data={"answer": "refuse"})
    assert refused.headers["location"] == f"/sandbox/checkout/{url.rpartition('/')[2]}"
    assert "could not be authenticated" in (await market.client.get(url)).text
    await till.pay(market.client, url, till.AUTHENTICATED)
    confirmed = await market.client.post(f"{url}/authenticate", data={"answer": "confirm"})
    assert confirmed.headers["location"] == "/wallet"
    await till.settled(ada, started["id"])


async def test_a_listed_card_pays_by_one_button(market: TestMarket) -> None:
    ada = await market.sign_up()
    started = await till.start_top_up(ada)
    answer = await market.client.post(started["checkout_url"], data={"quick": till.GOOD})
    page = await market.client.get(answer.headers["location"])
    assert "Paid" in page.text
    await till.settled(ada, started["id"])
    # Paid is paid: a second press changes nothing.
    await market.client.post(started["checkout_url"], data={"quick": till.GOOD})
    assert await till.scalar(market, "SELECT attempts FROM sandbox_payments") == 1


async def test_another_origin_is_returned_to_by_a_link(market: TestMarket) -> None:
    ada = await market.sign_up()
    started = await till.start_top_up(ada, return_url="http://localhost:5173/wallet")
    assert 'href="http://localhost:5173/wallet"' in (await market.client.get(started["checkout_url"])).text
    answer = await till.pay(market.client, started["checkout_url"])
    assert answer.headers["location"].startswith("/sandbox/checkout/")
    assert 'href="http://localhost:5173/wallet"' in (await market.client.get(started["checkout_url"])).text


async def test_unknown_and_ended_pages_say_so(market: TestMarket) -> None:
    for path in (
        "checkout/%00",
        "onboarding/%00",
        "checkout/pay_none",
        "checkout/pay_none/authenticate",
        "onboarding/none",
    ):
        assert (await market.client.get(f"/sandbox/{path}")).status_code == 404
        assert (await market.client.post(f"/sandbox/{path}", data={"answer": "confirm"})).status_code == 404
    ada = await market.sign_up()
    started = await till.start_top_up(ada)
    await till.scalar(market, "UPDATE sandbox_payments SET created_at = created_at - interval '25 hours' RETURNING id")
    assert "has ended" in (await market.client.get(started["checkout_url"])).text
    await till.pay(market.client, started["checkout_url"])
    assert await till.scalar(market, "SELECT status FROM sandbox_payments") == "open"
