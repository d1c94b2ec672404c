"""What payment tests do again and again: pay on the sandbox's page, wait for what webhooks bring."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx

from outcry.kernel.audit import Fault
from outcry.kernel.database import SYSTEM, Database
from outcry.ledger.accounts import Account
from outcry.payments.audit import audit_payments
from tests.support.market import Person, TestMarket

WAIT_SECONDS = 30
LOOK_SECONDS = 0.02
GOOD, DECLINED, POOR, STALE = "4242424242424242", "4000000000000002", "4000000000009995", "4000000000000069"
AUTHENTICATED, DISPUTED, UNREFUNDABLE = "4000002500003155", "4000000000000259", "4000000000005126"


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` gives once it is true: jobs and webhooks run beside the test."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(LOOK_SECONDS)


async def pay(client: httpx.AsyncClient, checkout_url: str, number: str = GOOD, **changes: str) -> httpx.Response:
    """Send the page's form as a browser would."""
    form = {"name": "Ada Example", "number": number, "expiry": "12/40", "cvc": "123", **changes}
    return await client.post(checkout_url, data=form)


async def start_top_up(person: Person, amount: int = 5_000, currency: str = "USD", **more: Any) -> dict[str, Any]:
    answer = await person.post("/v1/wallet/top-ups", {"amount": amount, "currency": currency, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def top_up(market: TestMarket, person: Person, amount: int = 5_000, number: str = GOOD) -> dict[str, Any]:
    """Paid, and in the wallet."""
    started = await start_top_up(person, amount)
    await pay(market.client, started["checkout_url"], number)
    return await settled(person, started["id"])


async def settled(person: Person, top_up_id: str, *statuses: str) -> dict[str, Any]:
    async def look() -> Any:
        view = (await person.get(f"/v1/wallet/top-ups/{top_up_id}")).json()
        return view if view["status"] in (statuses or ("succeeded",)) else None

    return await until(look)


async def withdrawal_in(person: Person, withdrawal_id: str, status: str) -> dict[str, Any]:
    async def look() -> Any:
        items = (await person.get("/v1/wallet/withdrawals")).json()["items"]
        return next((one for one in items if one["id"] == withdrawal_id and one["status"] == status), None)

    return await until(look)


async def ready_account(market: TestMarket, person: Person, number: str = "000123456789") -> None:
    """A payout account, onboarded on the sandbox's page."""
    opened = (await person.post("/v1/wallet/payout-account", {})).json()
    answer = await market.client.post(opened["onboarding_url"], data={"holder": "Ada Example", "account": number})
    assert answer.status_code == 303, answer.text

    async def look() -> Any:
        view = (await person.get("/v1/wallet/payout-account")).json()
        return view["status"] != "pending"

    await until(look)


async def balance(market: TestMarket, account: Account) -> int:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        return (await market.outcry.ledger.balances(tx, [account]))[account]


async def faults(database: Database) -> list[Fault]:
    return [fault async for fault in audit_payments(database)]


async def scalar(market: TestMarket, sql: str, **names: Any) -> Any:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        return await tx.scalar(sql, names)


async def make_staff(market: TestMarket, person: Person, role: str = "admin") -> None:
    answer = await market.client.post("/v1/dev/role", json={"user_id": person.id, "role": role})
    assert answer.status_code == 204, answer.text


async def control(market: TestMarket, **wanted: Any) -> dict[str, Any]:
    answer = await market.client.post("/v1/dev/sandbox/webhooks", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def dispute(market: TestMarket, payment_id: str | UUID, outcome: str) -> httpx.Response:
    return await market.client.post(
        "/v1/dev/sandbox/disputes", json={"payment_id": str(payment_id), "outcome": outcome}
    )
