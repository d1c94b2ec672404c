"""Money into and out of wallets through the sandbox (SPEC MON-2, MON-3, MON-6)."""

from uuid import UUID

import pytest

from outcry.ledger.accounts import available, clearing
from tests.payments import till
from tests.support.market import TestMarket

pytestmark = pytest.mark.anyio


async def test_a_top_up_is_in_the_wallet_when_the_provider_says_so(market: TestMarket) -> None:
    ada = await market.sign_up()
    started = await till.start_top_up(ada, 5_000, return_url="/wallet?from=top-up")
    assert started["status"] == "pending"
    assert started["checkout_url"].startswith(market.base_url + "/sandbox/checkout/")
    page = await market.client.get(started["checkout_url"])
    assert page.status_code == 200
    assert "50.00 USD" in page.text
    assert "4242 4242 4242 4242" in page.text
    answer = await till.pay(market.client, started["checkout_url"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/wallet?from=top-up")
    view = await till.settled(ada, started["id"])
    assert view["card"] == {"brand": "Visa", "last4": "4242"}
    assert await till.balance(market, available(UUID(ada.id), "USD")) == 5_000
    assert await till.balance(market, clearing("sandbox", "USD")) == -5_000
    assert await till.faults(market.outcry.database) == []
