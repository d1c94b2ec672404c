"""One of the people: says everything until it is answered, sometimes twice at once, and remembers what was answered."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec

from tests.support.chaos.connection import Answer
from tests.support.chaos.market import AGAIN_SECONDS, KEY, Market
from tests.support.market import PASSWORD, listing_body, signup_body

GRANT, PRICE = 30_000, 1_000
# Behind what hundreds of people have left to do, on a slow machine.
LOOK_SECONDS = 600
# How many calls of a hundred are made twice at the same moment.
TWICE_OF_A_HUNDRED = 15
# Refusals that a market may give people who act at once on what they saw a moment ago; any other one is a fault.
_OVER = {"already_refunded", "escrow_released"}
REFUSALS = {
    "orders": {"out_of_stock", "own_listing", "too_many_unpaid_orders"},
    "pay": {"already_paid", "order_cancelled", "insufficient_funds", "card_payments_unavailable", "order_not_payable"},
    "cancel": {"not_cancellable", "order_cancelled"},
    "ship": {"not_shippable"},
    "confirm-delivery": {"nothing_to_confirm", "order_disputed"},
    "verify": {"handover_code_used", "handover_code_expired", "nothing_to_hand_over", "order_disputed"},
    "refund": {*_OVER, "refund_too_large", "order_disputed", "order_not_paid"},
    "dispute": {"order_disputed", "not_disputable", "dispute_window_closed"},
    "evidence": {"dispute_closed", "enough_evidence"},
    "withdraw": {"dispute_closed"},
    "resolve": {"dispute_closed", "order_disputed", "invalid_input"},
    "withdrawals": {"insufficient_funds", "payout_account_required", "withdrawal_limit"},
    "gas": {"insufficient_funds"},
    "bids": {"bid_too_low", "already_leading", "own_auction", "auction_not_live", "insufficient_funds"},
}


class Answered(msgspec.Struct):
    """What the market has said that it did for one person: all of it must be there, and nothing else."""

    bought: set[str] = msgspec.field(default_factory=set[str])
    paid: set[str] = msgspec.field(default_factory=set[str])
    """Orders paid out of the wallet."""
    charged: set[str] = msgspec.field(default_factory=set[str])
    """Payments of the card's side whose page said that they are paid."""
    topped_up: set[str] = msgspec.field(default_factory=set[str])
    withdrawn: Counter[str] = msgspec.field(default_factory=Counter[str])
    given_back: Counter[str] = msgspec.field(default_factory=Counter[str])
    """By order, as seller or staff."""
    gas_units: int = 0
    bids: set[str] = msgspec.field(default_factory=set[str])


class Trader:
    """Somebody signed in at a market that dies."""

    def __init__(self, market: Market, number: int) -> None:
        self.market = market
        self.email = f"trader{number}@test.example"
        self.random = random.Random(number)
        self.id = ""
        self.token = ""
        self.answered = Answered()
        self.refused: Counter[str] = Counter()
        self.faults: list[str] = []

    async def join(self) -> None:
        """Sign up, with money to begin with."""
        answer = await self.market.call("POST", "/v1/auth/signup", signup_body(self.email))
        if answer.status_code != 201:
            answer = await self.market.call("POST", "/v1/auth/login", {"email": self.email, "password": PASSWORD})
        self.token, self.id = answer.json()["access_token"], answer.json()["user"]["id"]
        grant = {"user_id": self.id, "amount": GRANT, "currency": "USD"}
        await self.market.call("POST", "/v1/dev/grant", grant, **{KEY: f"grant-{self.id}"})

    async def sell(self, stock: int, **changes: Any) -> str:
        """A listing at PRICE, or of what `changes` say."""
        terms = {"sale_type": "fixed", "price": PRICE, "stock": stock, "fulfilment": ["shipping", "meetup"]}
        listing = (await self.post("/v1/listings", listing_body(**{**terms, **changes}))).json()
        await self.post(f"/v1/listings/{listing['id']}/publish")
        return listing["id"]

    async def get(self, path: str) -> Any:
        answer = await self.market.call("GET", path, Authorization=f"Bearer {self.token}")
        return answer.json()

    async def post(self, path: str, body: Any = None, key: str | None = None) -> Answer:
        """One intention: however often it must be sent, it is done once."""
        headers = {"Authorization": f"Bearer {self.token}", KEY: key or str(uuid4())}
        answer = await self.market.call("POST", path, body, **headers)
        if not answer.is_success:
            what, code = path.rpartition("/")[2], answer.json().get("code", "")
            self.refused[code] += 1
            if code not in REFUSALS.get(what, ()):
                self.faults.append(f"{path}: {answer.status_code} {answer.text}")
        return answer

    async def ask(self, path: str, body: Any = None, *, once: bool = False) -> list[dict[str, Any]]:
        """What was done, mostly one thing; now and then it is asked for twice at the same moment.

        With the same key both get the same answer; with two keys what can be done `once` is refused to one of them.
        """
        if self.random.randrange(100) >= TWICE_OF_A_HUNDRED:
            answer = await self.post(path, body)
            return [answer.json()] if answer.is_success else []
        return await self.twice(path, body, once=once, same_key=self.random.random() < 0.5)

    async def twice(self, path: str, body: Any, *, once: bool, same_key: bool) -> list[dict[str, Any]]:
        """The same call two times at once."""
        first = str(uuid4())
        keys = (first, first if same_key else str(uuid4()))
        answers = await asyncio.gather(*(self.post(path, body, key) for key in keys))
        done = [answer.json() for answer in answers if answer.is_success]
        if same_key and len(done) == 2:
            if _told(done[0]) != _told(done[1]):
                self.faults.append(f"{path}: one key, two answers: {done}")
            return done[:1]
        if once and len(done) == 2:
            self.faults.append(f"{path}: done twice")
        return done

    async def must(self, path: str, body: Any = None) -> dict[str, Any]:
        """A step of a story, which nothing may refuse."""
        answer = await self.post(path, body)
        if not answer.is_success:
            raise AssertionError(f"{path}: {answer.status_code} {answer.text}")
        return answer.json()

    async def until(self, path: str, is_so: Callable[[Any], Any]) -> Any:
        """What `path` shows once it is so."""
        async with asyncio.timeout(LOOK_SECONDS):
            while True:
                shown = await self.get(path)
                if is_so(shown):
                    return shown
                await asyncio.sleep(AGAIN_SECONDS)


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    """But for the address of a page, which is where the market was."""
    return {name: value for name, value in answer.items() if name != "checkout_url"}
