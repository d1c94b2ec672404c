"""Sales in several states, for tests that look at the pages of orders and money."""

from dataclasses import dataclass
from typing import Any

from tests.browser.fair import auction, listing, picture
from tests.browser.room import let_it_end
from tests.support.market import Person, TestMarket
from tests.support.sales import completed

PRICE = 10_000


@dataclass(frozen=True)
class Sales:
    """Who is there, and the ids of their orders and of the dispute."""

    seller: Person
    buyer: Person
    staff: Person
    # Who has sold something and was rated.
    rated: Person
    unpaid: str
    paid: str
    disputed: str
    case: str


async def won_auction(market: TestMarket, seller: Person, buyer: Person, title: str, **changes: Any) -> str:
    """An auction that the buyer has won for 100.00; its id."""
    made = await listing(market, seller, title, [await picture(market, seller, 120)], **changes)
    auction_id = await auction(seller, made, starting_price=PRICE)
    assert (await buyer.bid(auction_id, PRICE)).status_code == 201
    await let_it_end(market, auction_id)
    await market.reaches(auction_id, "sold")
    return auction_id


async def order_of(buyer: Person, auction_id: str) -> str:
    """The order that the won auction became."""
    orders = (await buyer.get("/v1/orders?role=buyer&limit=100")).json()["items"]
    return next(order["id"] for order in orders if order["auction_id"] == auction_id)


async def staff_member(market: TestMarket, name: str, role: str) -> Person:
    """Somebody who works for the market, with a session that says so."""
    person = await market.sign_up(name)
    assert (await person.post("/v1/dev/role", {"user_id": person.id, "role": role})).status_code == 204
    spent = {"refresh_token": person.session["refresh_token"]}
    answer = await market.client.post("/v1/auth/refresh", json=spent)
    assert answer.status_code == 200, answer.text
    return Person(market.client, answer.json())


async def hold_sales(market: TestMarket) -> Sales:
    """One order of each kind that has a page of its own."""
    seller, buyer = await market.sign_up("Stella Seller"), await market.sign_up("Ben Buyer")
    staff = await staff_member(market, "Sam Staff", "admin")
    grant = {"user_id": buyer.id, "amount": 5 * PRICE, "currency": "USD"}
    assert (await buyer.post("/v1/dev/grant", grant)).is_success
    orders: list[str] = []
    for title, way in (("Brass telescope", "shipping"), ("Walnut armchair", "meetup"), ("Oil painting", "shipping")):
        orders.append(await order_of(buyer, await won_auction(market, seller, buyer, title, fulfilment=[way])))
    unpaid, paid, disputed = orders
    for order in (paid, disputed):
        assert (await buyer.post(f"/v1/orders/{order}/pay", {"method": "wallet"})).status_code == 200
    claim = {"reason": "damaged", "details": "The frame is cracked."}
    assert (await buyer.post(f"/v1/orders/{disputed}/dispute", claim)).status_code == 201
    case = (await buyer.get(f"/v1/orders/{disputed}/dispute")).json()["id"]
    rated = await market.sign_up("Rosa Rated")
    done = await completed(market, rated, buyer)
    for person, stars in ((buyer, 4), (rated, 5)):
        words = {"stars": stars, "comment": "Quick and kind."}
        assert (await person.post(f"/v1/orders/{done['id']}/rating", words)).status_code == 201
    return Sales(seller, buyer, staff, rated, unpaid, paid, disputed, case)
