"""What people do with orders: buy, pay, call off, send, hand over, confirm, give back, dispute."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.support.chaos.trader import Trader

NEWEST_ORDERS = 8
GOOD, AUTHENTICATED, DISPUTED, UNREFUNDABLE = (
    "4242424242424242",
    "4000002500003155",
    "4000000000000259",
    "4000000000005126",
)
DECLINED, POOR = "4000000000000002", "4000000000009995"
# With how likely each is.
CARDS = {GOOD: 60, AUTHENTICATED: 12, DECLINED: 10, POOR: 5, UNREFUNDABLE: 8, DISPUTED: 5}
_AUTHENTICATE = "/authenticate"
_PAGE = "/sandbox/checkout/"

Order = dict[str, Any]
Act = Callable[[Trader, Order], Awaitable[None]]


class Neighbours:
    """Who is there: a handover takes two."""

    def __init__(self, people: list[Trader]) -> None:
        self.by_id = {person.id: person for person in people}


async def buy(person: Trader, listing_id: str, quantity: int) -> list[str]:
    """The orders that were made."""
    made = await person.ask("/v1/orders", {"listing_id": listing_id, "quantity": quantity})
    ids = [order["id"] for order in made]
    person.answered.bought.update(ids)
    return ids


async def act(person: Trader, neighbours: Neighbours) -> None:
    """Something that the market says it may do with one of its newest orders, as buyer or seller."""
    page = await person.get(f"/v1/orders?limit={NEWEST_ORDERS}")
    chances = [
        (ACTS[name], order, WEIGHTS[name]) for order in page["items"] for name in order["may"] if name in WEIGHTS
    ]
    if not chances:
        return
    ((do, order, _),) = person.random.choices(chances, [weight for *_, weight in chances])
    if do is show_code:
        await show_code(person, order, neighbours)
    else:
        await do(person, order)


async def pay(person: Trader, order: Order) -> None:
    """By wallet, by card, or by both at the same moment."""
    way = person.random.choices(("wallet", "card", "both"), (50, 35, 15))[0]
    url = None if way == "wallet" else await start_card(person, order)
    if way != "card":
        await pay_by_wallet(person, order)
    if url is not None:
        await pay_page(person, url, _some_card(person))


async def pay_by_wallet(person: Trader, order: Order) -> None:
    if await person.ask(f"/v1/orders/{order['id']}/pay", {"method": "wallet"}, once=True):
        person.answered.paid.add(order["id"])


async def start_card(person: Trader, order: Order) -> str | None:
    """The page to pay on."""
    body = {"method": "card", "return_url": f"/orders/{order['id']}"}
    started = await person.ask(f"/v1/orders/{order['id']}/pay", body)
    return started[0]["checkout_url"] if started else None


async def pay_page(person: Trader, url: str, number: str) -> bool:
    """Try a card on the page; whether the page says that it is paid."""
    where = (await person.market.submit(url, {"quick": number})).headers.get("location", "")
    if where.endswith(_AUTHENTICATE):
        said = {"answer": person.random.choice(("confirm", "confirm", "refuse"))}
        where = (await person.market.submit(where, said)).headers.get("location", "")
    paid = bool(where) and not where.startswith(_PAGE)
    if paid:
        person.answered.charged.add(url.rpartition("/")[2])
    return paid


def _some_card(person: Trader) -> str:
    return person.random.choices(list(CARDS), list(CARDS.values()))[0]


async def cancel(person: Trader, order: Order) -> None:
    await person.ask(f"/v1/orders/{order['id']}/cancel", {"reason": "Changed my mind"}, once=True)


async def ship(person: Trader, order: Order) -> None:
    await person.ask(f"/v1/orders/{order['id']}/ship", {"carrier": "Post", "tracking": "RR 1"}, once=True)


async def confirm(person: Trader, order: Order) -> None:
    await person.ask(f"/v1/orders/{order['id']}/confirm-delivery", once=True)


async def show_code(person: Trader, order: Order, neighbours: Neighbours) -> None:
    """The buyer shows its code, the seller scans it."""
    shown = await person.get(f"/v1/orders/{order['id']}/qr")
    # A refusal has a code, too.
    if "svg" in shown:
        seller = neighbours.by_id[order["seller_id"]]
        await seller.ask(f"/v1/orders/{order['id']}/verify", {"code": shown["code"]}, once=True)


async def refund(person: Trader, order: Order) -> None:
    """A part, all, or more than there is."""
    left = order["total"] - order["refunded_amount"]
    amount = person.random.choice((left, max(1, left // 3), left + 1))
    await give_back(person, order["id"], amount)


async def give_back(person: Trader, order_id: str, amount: int) -> None:
    for _ in await person.ask(f"/v1/orders/{order_id}/refund", {"amount": amount, "reason": "Not as it should be"}):
        person.answered.given_back[order_id] += amount


async def dispute(person: Trader, order: Order) -> None:
    body = {"reason": "not_as_described", "details": "It is not what the pictures show."}
    await person.ask(f"/v1/orders/{order['id']}/dispute", body, once=True)


async def respond(person: Trader, order: Order) -> None:
    """Evidence of either side; the buyer may think better of it."""
    dispute_id = (order["dispute"] or {}).get("id")
    if dispute_id is None:
        return
    if person.id == order["buyer_id"] and person.random.random() < 0.5:
        await person.ask(f"/v1/disputes/{dispute_id}/withdraw", once=True)
    else:
        await person.ask(f"/v1/disputes/{dispute_id}/evidence", {"text": "It was like this when it left."})


async def decide(staff: Trader, line: dict[str, Any]) -> None:
    """Staff end a dispute: all goes back, a part, or nothing; and once more than is held."""
    held = line["refundable"]
    refund_amount = staff.random.choice((0, held, held // 2, held + 1))
    body = {"refund_amount": refund_amount, "note": "As the evidence shows."}
    if await staff.ask(f"/v1/admin/disputes/{line['id']}/resolve", body, once=True):
        staff.answered.given_back[line["order_id"]] += refund_amount


ACTS: dict[str, Any] = {
    "pay": pay,
    "cancel": cancel,
    "ship": ship,
    "confirm_delivery": confirm,
    "show_code": show_code,
    "refund": refund,
    "dispute": dispute,
    "respond": respond,
}
WEIGHTS = {
    "pay": 6,
    "cancel": 1,
    "ship": 4,
    "confirm_delivery": 4,
    "show_code": 2,
    "refund": 2,
    "dispute": 1,
    "respond": 3,
}
