"""What `make screenshots` looks at: the sample world, with something in every state and somebody who sees it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
import msgspec

from outcry.demo.seed import seed_world
from outcry.demo.world import EMAIL_DOMAIN, PASSWORD, sample_world

REQUEST_SECONDS = 60.0
WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.1
# Their mail server says that nobody of this name lives there.
REFUSED = f"hana@{EMAIL_DOMAIN}"
# An order in each state: who has bought it, and where it stands.
STATES = {
    "unpaid": ("alex", "pending_payment"),
    "meeting": ("alex", "in_escrow"),
    "paid": ("sam", "in_escrow"),
    "shipped": ("lea", "shipped"),
    "delivered": ("viktor", "delivered"),
    "completed": ("bruno", "completed"),
    "disputed": ("hana", "disputed"),
    "answered": ("marco", "disputed"),
    "refunded": ("nadia", "refunded"),
    "cancelled": ("tomas", "cancelled"),
}
# Who bids where no story is told; each in turn.
BIDDERS = ("lea", "bruno", "priya", "marco", "lea", "tomas", "bruno")
_CARD = {"name": "Lea Fontaine", "number": "4242424242424242", "expiry": "12/40", "cvc": "123"}
_DECLINED = {**_CARD, "number": "4000000000000002"}


class Shown(msgspec.Struct):
    """Sessions by person's key, as the browser keeps them, and what `{names}` in addresses stand for."""

    sessions: dict[str, dict[str, Any]] = {}
    places: dict[str, str] = {}


class _People:
    """The sample world's people at its API."""

    def __init__(self, client: httpx.AsyncClient, shown: Shown) -> None:
        self._client = client
        self._shown = shown

    async def call(self, key: str, method: str, path: str, body: Any = None) -> Any:
        """As this person, who signs in first. Raises HTTPStatusError."""
        if key not in self._shown.sessions:
            login = {"email": f"{key}@{EMAIL_DOMAIN}", "password": PASSWORD}
            answer = await self._client.post("/v1/auth/login", json=login)
            answer.raise_for_status()
            told = answer.json()
            self._shown.sessions[key] = {
                "accessToken": told["access_token"],
                "refreshToken": told["refresh_token"],
                "user": told["user"],
            }
        headers = {"Authorization": f"Bearer {self._shown.sessions[key]['accessToken']}"}
        answer = await self._client.request(method, path, json=body, headers=headers)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def items(self, key: str, path: str) -> list[dict[str, Any]]:
        return (await self.call(key, "GET", path))["items"]


async def make_shown(base_url: str) -> Shown:
    """Fill the server and bring everything into the states that are to be seen. Raises RuntimeError."""
    shown = Shown()
    async with httpx.AsyncClient(base_url=base_url, timeout=REQUEST_SECONDS) as client:
        report = await seed_world(client, sample_world())
        if report.faults:
            raise RuntimeError(f"the sample world has faults: {report.faults[0]}")
        people = _People(client, shown)
        await _orders(people, shown)
        await _auctions(people, shown)
        await _money(client, people, shown)
    return shown


async def _orders(people: _People, shown: Shown) -> None:
    """One order in each state, with a session of its buyer and of its seller."""
    by_id = {}
    for person in sample_world().people:
        me = await people.call(person.key, "GET", "/v1/users/me")
        by_id[me["id"]] = person.key
    for state, (buyer, status) in STATES.items():
        orders = await people.items(buyer, f"/v1/orders?role=buyer&status={status}&limit=100")
        order = orders[0]
        shown.places[state] = order["id"]
        shown.sessions[f"buyer of {state}"] = shown.sessions[buyer]
        shown.sessions[f"seller of {state}"] = shown.sessions[by_id[order["seller_id"]]]
        if order["dispute"]:
            shown.places[f"case of {state}"] = order["dispute"]["id"]
    shown.places["seller"] = shown.sessions["mira"]["user"]["id"]
    shown.places["unrated"] = shown.sessions["tomas"]["user"]["id"]


async def _auctions(people: _People, shown: Shown) -> None:
    """Rooms before, during and after; Alex leads in one, is outbid in another, and watches some."""
    live = sorted(await people.items("alex", "/v1/auctions?status=live&limit=50"), key=lambda one: one["ends_at"])
    # They must still run when their turn comes.
    shown.places["listing"] = live[-1]["listing_id"]
    for name, auction in zip(("auction", "leading", "outbid"), reversed(live), strict=False):
        shown.places[name] = auction["id"]
    told = {shown.places["leading"]: ("lea", "alex"), shown.places["outbid"]: ("alex", "lea")}
    for number, auction in enumerate(live):
        path = f"/v1/auctions/{auction['id']}"
        for bidder in told.get(auction["id"], BIDDERS[: 2 + number % len(BIDDERS)]):
            least = (await people.call(bidder, "GET", path))["minimum_bid"]
            # Whose own auction it is does not bid.
            with suppress(httpx.HTTPStatusError):
                await people.call(bidder, "POST", f"{path}/bids", {"amount": least})
    for auction in live[-6:]:
        await people.call("alex", "PUT", f"/v1/listings/{auction['listing_id']}/watch")
    for name, status in {
        "scheduled": "scheduled",
        "sold": "sold",
        "unsold": "unsold",
        "deciding": "awaiting_decision",
    }.items():
        found = await people.items("alex", f"/v1/auctions?status={status}&limit=1")
        shown.places[name] = found[0]["id"] if found else shown.places["auction"]
    for person in sample_world().people:
        if shown.sessions[person.key]["user"]["id"] == live[-1]["seller_id"]:
            shown.sessions["seller of it"] = shown.sessions[person.key]
    for key in [person.key for person in sample_world().bidders]:
        won = [one for one in await people.items(key, "/v1/orders?role=buyer&limit=100") if one["auction_id"]]
        if won:
            shown.places["won"] = won[0]["auction_id"]
            shown.sessions["winner"] = shown.sessions[key]
            return
    raise RuntimeError("nobody of the sample world has won anything")


async def _money(client: httpx.AsyncClient, people: _People, shown: Shown) -> None:
    """Card payments that went well and that did not, a checkout that waits, a comparison with the provider's books."""
    for form in (_CARD, _DECLINED):
        started = await people.call("lea", "POST", "/v1/wallet/top-ups", {"amount": 12_000, "currency": "USD"})
        await client.post(started["checkout_url"], data=form)

    async def arrived() -> bool:
        return any(one["status"] == "applied" for one in await people.items("staff", "/v1/admin/webhooks"))

    await _until(arrived)
    body = {"method": "card", "return_url": f"{client.base_url}/orders/{shown.places['unpaid']}/pay?returned=true"}
    paying = await people.call("alex", "POST", f"/v1/orders/{shown.places['unpaid']}/pay", body)
    shown.places["checkout"] = httpx.URL(paying["checkout_url"]).raw_path.decode()
    begun = await people.call("staff", "POST", "/v1/admin/reconciliations", {"provider": "sandbox"})

    async def compared() -> bool:
        report = await people.call("staff", "GET", f"/v1/admin/reconciliations/{begun['id']}")
        return report["run"]["finished_at"] is not None

    await _until(compared)


async def _until(look: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            if await look():
                return
            await asyncio.sleep(LOOK_SECONDS)
