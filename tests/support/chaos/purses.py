"""What people do with their wallets: top up by card, withdraw to a bank that may refuse, buy gas."""

from typing import Any

from tests.support.chaos.trader import Trader
from tests.support.chaos.trading import CARDS, pay_page

PAID_BANK, FAILING_BANK, RESTRICTED_BANK = "000123456789", "000111111116", "000111111113"
BANKS = {PAID_BANK: 6, FAILING_BANK: 3, RESTRICTED_BANK: 1}
LEAST_MINOR = 100


async def top_up(person: Trader, amount: int, number: str | None = None) -> str | None:
    """By the card of this number, or by some card; the top-up."""
    body = {"amount": amount, "currency": "USD", "return_url": "/wallet"}
    started = await person.ask("/v1/wallet/top-ups", body)
    person.answered.topped_up.update(one["id"] for one in started)
    chosen = number or person.random.choices(list(CARDS), list(CARDS.values()))[0]
    for one in started:
        await pay_page(person, one["checkout_url"], chosen)
    return started[0]["id"] if started else None


async def withdraw(person: Trader) -> None:
    """A part of what there is, or all of it: asked for twice it cannot be had twice."""
    if (await person.get("/v1/wallet/payout-account"))["status"] in ("none", "pending"):
        await open_account(person, person.random.choices(list(BANKS), list(BANKS.values()))[0])
    free = (await person.get("/v1/wallet"))["balances"][0]["available"]
    amount = max(LEAST_MINOR, person.random.choice((free, free // 4, free // 8)))
    await take_out(person, amount)


async def take_out(person: Trader, amount: int) -> list[dict[str, Any]]:
    """What was withdrawn."""
    done = await person.ask("/v1/wallet/withdrawals", {"amount": amount, "currency": "USD"})
    for withdrawal in done:
        person.answered.withdrawn[withdrawal["id"]] = withdrawal["amount"]
    return done


async def open_account(person: Trader, number: str) -> None:
    """A payout account, its details given on the provider's page."""
    answer = await person.post("/v1/wallet/payout-account", {})
    if answer.is_success:
        await person.market.submit(answer.json()["onboarding_url"], {"holder": "Ada Example", "account": number})


async def buy_gas(person: Trader, units: int) -> None:
    for bought in await person.ask("/v1/wallet/gas", {"units": units}):
        person.answered.gas_units += bought["units"]
