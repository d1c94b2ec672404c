"""Auctions that bind the bidders' money: opened one after another, bid on by everybody, won and paid for."""

from typing import Any

from tests.support.chaos.trader import Trader

STARTING_PRICE, INCREMENT = 500, 100
SECURITIES = ("full_hold", "deposit", "none")


class Room:
    """The auctions that are open, and what each asks for; when one is over the next is opened."""

    def __init__(self, auction_seconds: int) -> None:
        self.minimum: dict[str, int] = {}
        self.opened = 0
        self._auction_seconds = auction_seconds

    async def open(self, seller: Trader, security: str | None = None) -> str:
        """One more auction."""
        security = security or SECURITIES[self.opened % len(SECURITIES)]
        self.opened += 1
        auction = await open_auction(seller, security, self._auction_seconds)
        self.minimum[auction["id"]] = auction["minimum_bid"]
        return auction["id"]

    async def bid(self, person: Trader) -> None:
        """On some auction, what it asks for or more, mostly with a hidden maximum."""
        if not self.minimum:
            return
        auction_id = person.random.choice(list(self.minimum))
        amount = self.minimum[auction_id] + INCREMENT * person.random.randrange(3)
        body = {"amount": amount, "max_amount": amount + INCREMENT * person.random.randrange(6)}
        answer = await person.post(f"/v1/auctions/{auction_id}/bids", body)
        told = answer.json()
        if answer.is_success:
            person.answered.bids.add(told["bid"]["id"])
            told = told["auction"]
        if told.get("code") == "auction_not_live":
            if self.minimum.pop(auction_id, None) is not None:
                await self.open(person)
        elif "minimum_bid" in told and auction_id in self.minimum:
            self.minimum[auction_id] = told["minimum_bid"]


async def open_auction(seller: Trader, security: str, seconds: int) -> dict[str, Any]:
    """A live auction of a new listing."""
    listing_id = await seller.sell(1, sale_type="auction", price=None)
    terms = {
        "listing_id": listing_id,
        "starting_price": STARTING_PRICE,
        "bid_increment": INCREMENT,
        "duration_seconds": seconds,
        "anti_snipe": {"window_seconds": 0, "extension_seconds": 0},
        "bid_security": security,
    }
    auction = (await seller.post("/v1/auctions", terms)).json()
    return (await seller.post(f"/v1/auctions/{auction['id']}/go-live")).json()["auction"]
