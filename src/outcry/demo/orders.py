"""Orders of the sample world, brought where they are by their own people through the public API.

Time is made to pass for one of them, by the development call that does so (`POST /v1/dev/orders/{id}/due`): only
time takes an order to `delivered` where the buyer's word would end it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar

import httpx
import msgspec

from outcry.demo import meetings
from outcry.demo.members import Member, problem_of
from outcry.demo.stall import every_item, fresh_key

Stage = Literal[
    "pending_payment", "in_escrow", "shipped", "delivered", "completed", "disputed", "answered", "refunded", "cancelled"
]
_STAGES_UNPAID: frozenset[Stage] = frozenset({"pending_payment", "cancelled"})
_STAGES_SENT: frozenset[Stage] = frozenset({"shipped", "delivered", "completed", "disputed", "answered"})
# The sandbox's card that pays, offered by its page as one press.
CARD = "4242424242424242"
SANDBOX_PAGE = "/sandbox/checkout/"
LOOK_SECONDS = 0.1
# A bell that rings, a webhook that is on its way.
PATIENCE_SECONDS = 20.0

Found = TypeVar("Found")


class Deal(msgspec.Struct, frozen=True):
    """Who buys what, and how far the order goes; of a completed one, what the buyer says of it.

    `won` is agreed by the bids of the good's own story.
    """

    buyer: str
    good: str
    stage: Stage
    won: bool = False
    meets: bool = False
    by_card: bool = False
    stars: int = 5
    said: str = "Rebuilt as promised, and packed like a clock."

    @property
    def status(self) -> str:
        """Where the order stands then."""
        return "disputed" if self.stage == "answered" else self.stage


ESPRESSO = "Brava lever espresso machine, rebuilt, with grinder advice"
TELEPHONE = "Pocket telephone, 256 GB, slate, boxed"
CHESS = "Weighted chess set in boxwood and ebony, club size"
# One for each buyer and good. What alex, mira and staff have is told by `outcry demo` (SHOWN).
DEALS: tuple[Deal, ...] = (
    Deal("alex", CHESS, "pending_payment", won=True),
    Deal("alex", ESPRESSO, "in_escrow", meets=True, by_card=True),
    Deal("alex", TELEPHONE, "shipped", by_card=True),
    Deal("sam", ESPRESSO, "in_escrow"),
    Deal("lea", ESPRESSO, "shipped"),
    Deal("viktor", ESPRESSO, "delivered"),
    Deal("bruno", ESPRESSO, "completed"),
    Deal("hana", ESPRESSO, "disputed"),
    Deal("marco", ESPRESSO, "answered", by_card=True),
    Deal("nadia", ESPRESSO, "refunded", by_card=True),
    Deal("tomas", ESPRESSO, "cancelled"),
    # So that whoever looks around sees what people say of a seller.
    Deal("priya", ESPRESSO, "completed", said="Pulled a perfect shot on the first morning. Ask her about grinders."),
    Deal("theo", ESPRESSO, "completed", stars=4, said="Lovely machine. One gasket wanted a turn more than you said."),
)
# Who may look around, and what waits for them.
SHOWN: tuple[tuple[str, str], ...] = (
    ("alex", "has won a chess set: Pay leads to the sandbox's card page; meets Mira: Show code; has a parcel coming"),
    ("mira", "sells: one to hand over (Scan code), one to send, a dispute to answer, a sale that is done and rated"),
    ("staff", "decides: one dispute is ready, one waits for its answer; sees payments, refunds and the ledger"),
)


class Dealer:
    """Makes the orders of one good. `client` opens the sandbox's page, as a browser would."""

    def __init__(self, client: httpx.AsyncClient, listing: dict[str, Any], seller: Member) -> None:
        self._client = client
        self._listing = listing
        self._seller = seller

    async def make(self, buyer: Member, deal: Deal) -> bool:
        """This order, unless the buyer has one of the good; whether it is new. Raises Refused, httpx.HTTPError."""
        if await self._orders(buyer):
            return False
        order = await (self._won(buyer) if deal.won else self._bought(buyer, deal))
        if order is not None:
            await self._bring(deal, buyer, order)
        return order is not None

    async def _orders(self, buyer: Member) -> list[dict[str, Any]]:
        # By name: what was sold may have been put up again, as another listing.
        orders = await every_item(buyer, "/v1/orders", role="buyer")
        return [order for order in orders if order["listing"]["title"] == self._listing["title"]]

    async def _won(self, buyer: Member) -> dict[str, Any] | None:
        """The order that the bell makes; None when somebody else won, or nobody did."""

        async def look() -> list[dict[str, Any]] | None:
            listing = await buyer.call("GET", f"/v1/listings/{self._listing['id']}")
            orders = await self._orders(buyer)
            return orders if orders or listing["auction_id"] is None else None

        orders = await _until(look)
        return orders[0] if orders else None

    async def _bought(self, buyer: Member, deal: Deal) -> dict[str, Any]:
        way = {"fulfilment": "meetup"} if deal.meets else {}
        return await _post(buyer, "/v1/orders", {"listing_id": self._listing["id"], "quantity": 1, **way})

    async def _bring(self, deal: Deal, buyer: Member, order: dict[str, Any]) -> None:
        path = f"/v1/orders/{order['id']}"
        if deal.stage == "cancelled":
            await _post(buyer, f"{path}/cancel", {"reason": "Ordered twice"})
        if deal.stage in _STAGES_UNPAID:
            return
        await self._pay(buyer, order, by_card=deal.by_card)
        if deal.meets:
            await meetings.agree(buyer, self._seller, path)
        if deal.stage in _STAGES_SENT:
            await _post(self._seller, f"{path}/ship", {"carrier": "Correios", "tracking": "RR 473 124 829 PT"})
        await self._end(deal, buyer, path)

    async def _pay(self, buyer: Member, order: dict[str, Any], *, by_card: bool) -> None:
        path = f"/v1/orders/{order['id']}"
        page = None
        if by_card:
            body = {"method": "card", "return_url": f"/orders/{order['id']}"}
            page = (await _post(buyer, f"{path}/pay", body))["checkout_url"]
        if page is None or SANDBOX_PAGE not in page:
            # A market whose cards are Stripe's takes no test card from here.
            money = {"user_id": buyer.user_id, "amount": order["total"], "currency": order["currency"]}
            await _post(buyer, "/v1/dev/grant", money)
            await _post(buyer, f"{path}/pay", {"method": "wallet"})
            return
        paid = await self._client.post(page, data={"quick": CARD}, follow_redirects=False)
        if paid.status_code >= httpx.codes.BAD_REQUEST:
            raise problem_of(paid)

        async def look() -> bool:
            return (await buyer.call("GET", path))["status"] != "pending_payment"

        await _until(look)

    async def _end(self, deal: Deal, buyer: Member, path: str) -> None:
        stage = deal.stage
        if stage == "delivered":
            await _post(buyer, f"/v1/dev{path.removeprefix('/v1')}/due")
        elif stage == "completed":
            await _post(buyer, f"{path}/confirm-delivery")
            # Blind until both have spoken, so both do.
            rating = {"stars": deal.stars, "comment": deal.said}
            await _post(buyer, f"{path}/rating", rating)
            rating = {"stars": 5, "comment": "Paid at once and asked the right questions."}
            await _post(self._seller, f"{path}/rating", rating)
        elif stage == "refunded":
            await _post(self._seller, f"{path}/refund", {"reason": "The boiler leaks; I will not send it like this"})
        elif stage == "disputed":
            words = {"reason": "damaged", "details": "The lever arrived bent, and the box shows why."}
            await _post(buyer, f"{path}/dispute", words)
        elif stage == "answered":
            words = {"reason": "not_as_described", "details": "The second basket and the tamper were not in the box."}
            order = await _post(buyer, f"{path}/dispute", words)
            answer = {"text": "Both stand on my bench, forgotten. I send them, or 40.00 goes back: as you decide."}
            await _post(self._seller, f"/v1/disputes/{order['dispute']['id']}/evidence", answer)


async def _until(look: Callable[[], Awaitable[Found | None]]) -> Found:
    """What `look` gives once it is more than None or False. Raises TimeoutError after PATIENCE_SECONDS."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = await look()
            if found is not None and found is not False:
                return found
            await asyncio.sleep(LOOK_SECONDS)


async def _post(member: Member, path: str, body: Any = None) -> Any:
    return await member.call("POST", path, body, key=fresh_key("order"))
