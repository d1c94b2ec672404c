"""Sales for tests: people with money, things with a price, orders where a test wants them."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
from httpx import Response

from outcry.kernel.database import SYSTEM
from outcry.ledger.accounts import available, escrow, fees, grants, tax
from outcry.ledger.service import Transfer, legs
from outcry.orders.audit import audit_orders
from outcry.orders.rules import Party
from tests.support.market import Person, TestMarket

PRICE = 10_000
# The default market's: 6 % and 1.99.
SELLER_RECEIVES = 9_201
FEES = PRICE - SELLER_RECEIVES
CURRENCY = "USD"


async def fund(market: TestMarket, person: Person, amount: int = PRICE, currency: str = CURRENCY) -> None:
    """Money in the wallet, as the development grant gives it."""
    moved = legs((grants(currency), -amount), (available(UUID(person.id), currency), amount))
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await market.outcry.ledger.post(await tx.driver(), [Transfer(f"test:{uuid4()}", "grant", moved)])


async def wallet(market: TestMarket, person: Person, currency: str = CURRENCY) -> int:
    """What is available in it."""
    return await _balance(market, available(UUID(person.id), currency))


async def held(market: TestMarket, order_id: str) -> int:
    """What is in escrow for the order."""
    return await _balance(market, escrow(UUID(order_id), CURRENCY))


async def earned(market: TestMarket) -> tuple[int, int]:
    """The market's fees, and the tax it owes."""
    return await _balance(market, fees(CURRENCY)), await _balance(market, tax(CURRENCY))


async def _balance(market: TestMarket, account: Any) -> int:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        return (await market.outcry.ledger.balances(tx, [account]))[account]


async def for_sale(market: TestMarket, seller: Person, **changes: Any) -> dict[str, Any]:
    """An active listing with a price."""
    terms = {"sale_type": "fixed", "price": PRICE, "fulfilment": ["shipping", "meetup"], **changes}
    return await market.listing(seller, **terms)


class Sale:
    """A seller, a buyer and their order of one thing at PRICE."""

    def __init__(self, market: TestMarket, seller: Person, buyer: Person, order: dict[str, Any]) -> None:
        self.market = market
        self.seller = seller
        self.buyer = buyer
        self.order = order
        self.id: str = order["id"]
        self.path = f"/v1/orders/{self.id}"

    async def ask(self, person: Person, what: str, body: Any = None, *, key: str | None = None) -> Response:
        return await person.post(f"{self.path}/{what}", body, key=key)

    async def pay(self) -> None:
        await fund(self.market, self.buyer, self.order["total"])
        expect(await self.ask(self.buyer, "pay", {"method": "wallet"}))

    async def ship(self) -> None:
        expect(await self.ask(self.seller, "ship", {"carrier": "Post", "tracking": "RR 1"}))

    async def read(self, person: Person | None = None) -> dict[str, Any]:
        return expect(await (person or self.buyer).get(self.path))

    async def listing(self) -> dict[str, Any]:
        return expect(await self.seller.get(f"/v1/listings/{self.order['listing_id']}"))

    async def due(self, column: str) -> None:
        """Time passes: the deadline in `column` is over."""
        await self.set(f"{column} = clock_timestamp() - interval '1 second'")

    async def set(self, words: str) -> None:
        async with self.market.outcry.database.transaction(SYSTEM) as tx:
            await tx.run(f"UPDATE orders SET {words} WHERE id = :id", {"id": UUID(self.id)})


async def a_sale(market: TestMarket, **changes: Any) -> Sale:
    """Ordered, not paid."""
    seller, buyer = await market.sign_up("Seller"), await market.sign_up("Buyer")
    return Sale(market, seller, buyer, await bought(market, seller, buyer, **changes))


async def bought(market: TestMarket, seller: Person, buyer: Person, **changes: Any) -> dict[str, Any]:
    """An order that waits for its payment."""
    listing = await for_sale(market, seller, **changes)
    return expect(await buyer.post("/v1/orders", {"listing_id": listing["id"], "quantity": 1}), 201)


async def paid(market: TestMarket, seller: Person, buyer: Person, **changes: Any) -> dict[str, Any]:
    """An order whose money is in escrow."""
    sale = Sale(market, seller, buyer, await bought(market, seller, buyer, **changes))
    await sale.pay()
    return await sale.read()


async def delivered(market: TestMarket, seller: Person, buyer: Person, **changes: Any) -> dict[str, Any]:
    """An order that has arrived, of which the buyer has not said so."""
    sale = Sale(market, seller, buyer, await paid(market, seller, buyer, **changes))
    await sale.ship()
    outcry = market.outcry
    async with outcry.database.transaction(SYSTEM) as tx:
        locked = await outcry.order_moves.locked(tx, UUID(sale.id))
        await outcry.order_moves.delivered(tx, locked, "delivered", Party.SYSTEM)
    return await sale.read()


async def completed(market: TestMarket, seller: Person, buyer: Person, **changes: Any) -> dict[str, Any]:
    """An order that the buyer has confirmed."""
    order = await paid(market, seller, buyer, **changes)
    return expect(await buyer.post(f"/v1/orders/{order['id']}/confirm-delivery"))


async def a_won_sale(
    market: TestMarket, amounts: tuple[int, ...] = (1_000,), **terms: Any
) -> tuple[Sale, list[Person]]:
    """Won by the last of as many bidders as amounts, who bid in this order; the auction is over."""
    seller = await market.sign_up("Seller")
    auction = await market.auction(seller, **terms)
    bidders = [await market.sign_up(f"Bidder {place}") for place, _ in enumerate(amounts, 1)]
    for bidder, amount in zip(bidders, amounts, strict=True):
        expect(await bidder.bid(auction["id"], amount), 201)
    await ring_the_bell(market, auction["id"])
    (order,) = expect(await bidders[-1].get("/v1/orders?role=buyer"))["items"]
    return Sale(market, seller, bidders[-1], order), bidders


async def ring_the_bell(market: TestMarket, auction_id: str) -> None:
    """The auction's time is over, and the clock has seen it."""
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run(
            "UPDATE auctions SET ends_at = clock_timestamp() WHERE id = :id AND status = 'live'",
            {"id": UUID(auction_id)},
        )
    await market.outcry.clock.tick()
    await market.reaches(auction_id, "sold", "unsold", "awaiting_decision")


def as_owner(market: TestMarket, statement: str, *values: Any) -> None:
    """Make something have happened earlier than it did: tests wait for no days."""
    with psycopg.connect(market.outcry.database.url) as owner:
        owner.execute(statement, values)


async def make_staff(market: TestMarket, person: Person) -> Person:
    expect(await person.post("/v1/dev/role", {"user_id": person.id, "role": "support"}), 204)
    return person


def expect(answer: Response, status: int = 200) -> Any:
    """The body of an answer of this status."""
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def refused(answer: Response, status: int, code: str, **members: Any) -> None:
    """The answer is this refusal, with these members."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    told = answer.json()
    assert {name: told[name] for name in members} == members


async def balanced(market: TestMarket) -> None:
    """The audit of orders finds nothing."""
    assert [str(fault) async for fault in audit_orders(market.outcry.database)] == []
