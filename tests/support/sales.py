"""Sales for tests of what comes after them: bought at a fixed price, paid out of a wallet."""

from typing import Any
from uuid import UUID

import psycopg

from outcry.kernel.database import SYSTEM
from outcry.kernel.ids import new_id
from outcry.ledger.accounts import available, grants
from outcry.ledger.service import Leg, Transfer
from outcry.orders.rules import Party
from tests.support.market import Person, TestMarket

PRICE = 10_000


async def fund(market: TestMarket, person: Person, amount: int, currency: str = "USD") -> None:
    """Money for a wallet, as the development grant gives it."""
    legs = (Leg(available(UUID(person.id), currency), amount), Leg(grants(currency), -amount))
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await market.outcry.ledger.post(await tx.driver(), [Transfer(f"test:{new_id()}", "grant", legs)])


async def listed(market: TestMarket, seller: Person, **changes: Any) -> dict[str, Any]:
    """A listing at a fixed price that can be sent or handed over."""
    body = {"sale_type": "fixed", "price": PRICE, "stock": 1, "fulfilment": ["shipping", "meetup"], **changes}
    return await market.listing(seller, **body)


async def bought(market: TestMarket, seller: Person, buyer: Person, **changes: Any) -> dict[str, Any]:
    """An order that waits for its payment."""
    listing = await listed(market, seller, **changes)
    answer = await buyer.post("/v1/orders", {"listing_id": listing["id"], "quantity": 1})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def paid(market: TestMarket, seller: Person, buyer: Person, **changes: Any) -> dict[str, Any]:
    """An order whose money is in escrow."""
    order = await bought(market, seller, buyer, **changes)
    await fund(market, buyer, order["total"])
    answer = await buyer.post(f"/v1/orders/{order['id']}/pay", {"method": "wallet"})
    assert answer.status_code == 200, answer.text
    return answer.json()["order"]


async def delivered(market: TestMarket, seller: Person, buyer: Person, **changes: Any) -> dict[str, Any]:
    """An order that has arrived, of which the buyer has not said so."""
    order = await paid(market, seller, buyer, **changes)
    answer = await seller.post(f"/v1/orders/{order['id']}/ship", {"carrier": "Post", "tracking": "RR1"})
    assert answer.status_code == 200, answer.text
    outcry = market.outcry
    async with outcry.database.transaction(SYSTEM) as tx:
        locked = await outcry.order_moves.locked(tx, UUID(order["id"]))
        await outcry.order_moves.delivered(tx, locked, "delivered", Party.SYSTEM)
    return (await buyer.get(f"/v1/orders/{order['id']}")).json()


async def completed(market: TestMarket, seller: Person, buyer: Person, **changes: Any) -> dict[str, Any]:
    """An order that the buyer has confirmed."""
    order = await paid(market, seller, buyer, **changes)
    answer = await buyer.post(f"/v1/orders/{order['id']}/confirm-delivery")
    assert answer.status_code == 200, answer.text
    return answer.json()


def as_owner(market: TestMarket, statement: str, *values: Any) -> None:
    """Make something have happened earlier than it did: tests wait for no days."""
    with psycopg.connect(market.outcry.database.url) as owner:
        owner.execute(statement, values)


async def escrow_balance(market: TestMarket, order: dict[str, Any]) -> int:
    """What is held for the order."""
    async with market.outcry.database.transaction(SYSTEM) as tx:
        return await market.outcry.payments.payments.in_escrow(tx, UUID(order["id"]), order["currency"])


async def wallet(market: TestMarket, person: Person, currency: str = "USD") -> int:
    """What the person has to spend."""
    account = available(UUID(person.id), currency)
    async with market.outcry.database.transaction(SYSTEM) as tx:
        return (await market.outcry.ledger.balances(tx, [account]))[account]
