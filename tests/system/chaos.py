"""People who trade without rest over a market that dies again and again: each repeats a call until it is answered."""

import asyncio
import random
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from tests.support.market import PASSWORD, listing_body, signup_body

PRICE, STOCK, GRANT = 1_000, 200, 1_000_000
AGAIN_SECONDS = 0.05
CALL_SECONDS = 20
STORY_SECONDS = 120
LISTINGS = 4
GOOD_CARD = {"name": "Ada Example", "number": "4242424242424242", "expiry": "12/40", "cvc": "123"}
# What an answer may be that does not settle a call.
UNSETTLED = (500, 502, 503)


class Market:
    """Where the market is to be found now; it moves when it is started again."""

    def __init__(self, base_url: str) -> None:
        self.client = httpx.AsyncClient(base_url=base_url, timeout=CALL_SECONDS)

    def moved(self, base_url: str) -> None:
        self.client.base_url = base_url

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Until it is answered, whatever dies meanwhile; a key in `headers` makes that one call."""
        return await self._until_answered(method, path, json=body, headers=headers)

    async def submit(self, url: str, form: dict[str, str]) -> httpx.Response:
        """A page's form, until it is answered; the market may have moved since the page's address was made."""
        return await self._until_answered("POST", urlsplit(url).path, data=form)

    async def _until_answered(self, method: str, path: str, **sent: Any) -> httpx.Response:
        while True:
            try:
                answer = await self.client.request(method, path, **sent)
            except httpx.HTTPError:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            if answer.status_code not in UNSETTLED:
                return answer
            await asyncio.sleep(AGAIN_SECONDS)


class Trader:
    """Buys from everybody, and does with its orders whatever the market says that it may."""

    def __init__(self, market: Market, number: int) -> None:
        self.market = market
        self.email = f"trader{number}@test.example"
        self.random = random.Random(number)
        self.id = ""
        self.token = ""
        self.bought: set[str] = set()
        self.paid: dict[str, int] = {}
        self.faults: list[str] = []

    async def join(self) -> None:
        await self.market.call("POST", "/v1/auth/signup", signup_body(self.email))
        session = await self.market.call("POST", "/v1/auth/login", {"email": self.email, "password": PASSWORD})
        self.token, self.id = session.json()["access_token"], session.json()["user"]["id"]
        grant = {"user_id": self.id, "amount": GRANT, "currency": "USD"}
        await self.market.call("POST", "/v1/dev/grant", grant, **{"Idempotency-Key": f"grant-{self.id}"})

    async def sell(self) -> str:
        body = listing_body(sale_type="fixed", price=PRICE, stock=STOCK, fulfilment=["shipping", "meetup"])
        listing = (await self.post("/v1/listings", body)).json()
        await self.post(f"/v1/listings/{listing['id']}/publish")
        return listing["id"]

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        """One intention: however often it must be sent, it is done once."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid4())}
        answer = await self.market.call("POST", path, body, **headers)
        if answer.status_code >= 500 or answer.status_code in (401, 422):
            self.faults.append(f"{path}: {answer.status_code} {answer.text}")
        return answer

    async def get(self, path: str) -> Any:
        answer = await self.market.call("GET", path, Authorization=f"Bearer {self.token}")
        return answer.json()

    async def until(self, order_id: str, status: str) -> None:
        """Look until the order is there."""
        async with asyncio.timeout(STORY_SECONDS):
            while True:
                if (await self.get(f"/v1/orders/{order_id}"))["status"] == status:
                    return
                await asyncio.sleep(AGAIN_SECONDS)

    async def buy(self, listing_id: str) -> None:
        answer = await self.post("/v1/orders", {"listing_id": listing_id, "quantity": self.random.randint(1, 3)})
        if answer.status_code == 201:
            self.bought.add(answer.json()["id"])

    async def act(self) -> None:
        """Something with one of its newest orders, as buyer or seller."""
        orders = [one for one in (await self.get("/v1/orders?limit=20"))["items"] if one["may"] not in ([], ["rate"])]
        if not orders:
            return
        order = self.random.choice(orders)
        do = getattr(self, f"_{self.random.choice(order['may'])}", None)
        if do is not None:
            await do(order)

    async def settle(self, order_id: str, what: str, body: Any = None) -> Any:
        """A step of a story that must succeed; the order after it."""
        answer = await self.post(f"/v1/orders/{order_id}/{what}", body)
        if answer.status_code != 200:
            self.faults.append(f"{what}: {answer.status_code} {answer.text}")
        return answer.json()

    async def _pay(self, order: dict[str, Any]) -> None:
        path = f"/v1/orders/{order['id']}/pay"
        if self.random.random() < 0.6:
            answer = await self.post(path, {"method": "wallet"})
            if answer.status_code == 200:
                self.paid[order["id"]] = order["total"]
            return
        answer = await self.post(path, {"method": "card", "return_url": f"/orders/{order['id']}"})
        if answer.status_code == 200:
            try:
                await self.market.client.post(answer.json()["checkout_url"], data=GOOD_CARD)
            except httpx.HTTPError:
                # Nobody knows whether the card was charged; the webhook will tell.
                return

    async def _cancel(self, order: dict[str, Any]) -> None:
        if self.random.random() < 0.3:
            await self.post(f"/v1/orders/{order['id']}/cancel", {"reason": "Changed my mind"})

    async def _ship(self, order: dict[str, Any]) -> None:
        await self.post(f"/v1/orders/{order['id']}/ship", {"carrier": "Post", "tracking": "RR 1"})

    async def _confirm_delivery(self, order: dict[str, Any]) -> None:
        await self.post(f"/v1/orders/{order['id']}/confirm-delivery")

    async def _refund(self, order: dict[str, Any]) -> None:
        left = order["total"] - order["refunded_amount"]
        amount = self.random.choice((left, max(1, left // 3), left + 1))
        await self.post(f"/v1/orders/{order['id']}/refund", {"amount": amount, "reason": "Not as it should be"})


async def story(seller: Trader, buyer: Trader) -> None:
    """What happens at least once whatever the dice say: paid by wallet and card, given back in part, sent, released."""
    listing_id = await seller.sell()
    for method in ("wallet", "card"):
        order = (await buyer.post("/v1/orders", {"listing_id": listing_id, "quantity": 2})).json()
        buyer.bought.add(order["id"])
        body = {"method": method} if method == "wallet" else {"method": method, "return_url": f"/orders/{order['id']}"}
        answer = await buyer.settle(order["id"], "pay", body)
        if method == "card":
            await buyer.market.submit(answer["checkout_url"], GOOD_CARD)
            await buyer.until(order["id"], "in_escrow")
        await seller.settle(order["id"], "refund", {"amount": order["total"] // 3, "reason": "A scratch"})
        await seller.settle(order["id"], "ship", {"carrier": "Post", "tracking": "RR 1"})
        await buyer.settle(order["id"], "confirm-delivery")
        buyer.paid[order["id"]] = order["total"]
