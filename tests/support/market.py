"""A served market for tests: the whole app on a real socket over a database of the test's own, and its people."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import websockets

from outcry.app import Outcry
from outcry.identity.passwords import Passwords
from outcry.kernel.settings import load_settings
from tests.support.server import serving

ANSWER_SECONDS = 10
PASSWORD = "correct horse"


def numbers(told: Any) -> set[float]:
    """Every number that an answer tells, wherever it stands: digits of ids and times are none."""
    if isinstance(told, dict | list):
        return set[float]().union(*(numbers(each) for each in (told.values() if isinstance(told, dict) else told)))
    return {told} if isinstance(told, int | float) else set()


class Person:
    """Somebody signed in."""

    def __init__(self, client: httpx.AsyncClient, session: dict[str, Any]) -> None:
        self.client = client
        self.session = session
        self.id: str = session["user"]["id"]
        self.token: str = session["access_token"]

    async def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.client.request(method, path, json=body, headers=headers)

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        return await self.call("POST", path, body, key=key)

    async def get(self, path: str) -> httpx.Response:
        return await self.call("GET", path)

    async def bid(
        self, auction_id: str, amount: int | None = None, maximum: int | None = None, *, key: str | None = None
    ) -> httpx.Response:
        body = {"amount": amount, "max_amount": maximum}
        sent = {name: value for name, value in body.items() if value is not None}
        return await self.post(f"/v1/auctions/{auction_id}/bids", sent, key=key)


class Socket:
    """A client of /v1/live that reads by kind of message."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._ref = 0

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def read(self) -> dict[str, Any]:
        async with asyncio.timeout(ANSWER_SECONDS):
            return json.loads(await self.connection.recv())

    async def until(self, test: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message that passes; those before it are dropped."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                message = await self.read()
                if test(message):
                    return message

    async def ask(self, **message: Any) -> dict[str, Any]:
        """Send, and give the answer that carries our ref."""
        self._ref += 1
        ref = self._ref
        await self.send(**message, ref=ref)
        return await self.until(lambda one: one.get("ref") == ref)

    async def event(self, kind: str) -> dict[str, Any]:
        return await self.until(lambda one: one["type"] == kind)


class MarketClient:
    """What a client does with a market that is served, by this process or another."""

    def __init__(self, base_url: str, client: httpx.AsyncClient) -> None:
        self.base_url = base_url
        self.client = client
        self._people = 0

    async def sign_up(self, name: str | None = None) -> Person:
        self._people += 1
        name = name or f"Person {self._people}"
        answer = await self.client.post("/v1/auth/signup", json=signup_body(f"person{self._people}@test.example", name))
        assert answer.status_code == 201, answer.text
        return Person(self.client, answer.json())

    async def listing(self, seller: Person, *, publish: bool = True, **changes: Any) -> dict[str, Any]:
        answer = await seller.post("/v1/listings", listing_body(**changes))
        assert answer.status_code == 201, answer.text
        if publish:
            answer = await seller.post(f"/v1/listings/{answer.json()['id']}/publish")
            assert answer.status_code == 200, answer.text
        return answer.json()

    async def auction(self, seller: Person, *, live: bool = True, **terms: Any) -> dict[str, Any]:
        """A live auction of a new listing, by default an hour long, from 1000 in steps of 100."""
        listing = await self.listing(seller)
        body = {"listing_id": listing["id"], "starting_price": 1000, "bid_increment": 100, "duration_seconds": 3600}
        answer = await seller.post("/v1/auctions", {**body, **terms})
        assert answer.status_code == 201, answer.text
        if live:
            answer = await seller.post(f"/v1/auctions/{answer.json()['id']}/go-live")
            assert answer.status_code == 200, answer.text
            return answer.json()["auction"]
        return answer.json()

    async def read(self, auction_id: str) -> dict[str, Any]:
        return (await self.client.get(f"/v1/auctions/{auction_id}")).json()

    async def reaches(self, auction_id: str, *statuses: str) -> dict[str, Any]:
        """The auction once its status is one of these; told by its own events, not by looking again and again."""
        async with self.socket() as socket:
            snapshot = await socket.ask(type="subscribe", channel=f"auction:{auction_id}")
            if snapshot["data"]["status"] not in statuses:
                await socket.until(lambda one: one.get("data", {}).get("status") in statuses)
        return await self.read(auction_id)

    @asynccontextmanager
    async def socket(self, person: Person | None = None) -> AsyncIterator[Socket]:
        async with websockets.connect(self.base_url.replace("http", "ws") + "/v1/live") as connection:
            socket = Socket(connection)
            if person is not None:
                answer = await socket.ask(type="auth", token=person.token)
                assert answer["type"] == "ok", answer
            yield socket


class TestMarket(MarketClient):
    """A running app and a client of it."""

    __test__ = False

    def __init__(self, outcry: Outcry, base_url: str, client: httpx.AsyncClient) -> None:
        super().__init__(base_url, client)
        self.outcry = outcry


def signup_body(email: str, name: str = "Somebody") -> dict[str, Any]:
    return {
        "email": email,
        "password": PASSWORD,
        "display_name": name,
        "consents": {"offer_agreement": True, "personal_data": True},
    }


def listing_body(**changes: Any) -> dict[str, Any]:
    body = {
        "title": "Rangefinder camera",
        "description": "Works, with its case.",
        "category": "electronics",
        "condition": "used",
        "sale_type": "auction",
        "fulfilment": ["shipping"],
    }
    return {**body, **changes}


@asynccontextmanager
async def served_market(database_url: str, folder: Path, **settings: Any) -> AsyncIterator[TestMarket]:
    """The app, served until the end of the block; limits are off unless asked for."""
    chosen = {"OUTCRY_DATA_DIR": str(folder), "OUTCRY_RATE_LIMITS": "off", "OUTCRY_DATABASE_POOL_CONNECTIONS": "4"}
    # Not the client that may have been built in this checkout: tests of it bring their own.
    chosen["OUTCRY_CLIENT_DIR"] = "none"
    chosen.update({f"OUTCRY_{name.upper()}": str(value) for name, value in settings.items()})
    outcry = Outcry(load_settings(chosen, folder / "none.toml"), database_url)
    # Its time of day may be now, and a test counts reports: whoever wants the daily one asks for it.
    outcry.jobs._tasks.pop("payments.reconcile_daily")  # type: ignore[reportPrivateUsage]
    # The real algorithm with its cheapest parameters: tests sign many people up.
    outcry.accounts.passwords = Passwords(memory_kib=64, passes=1)
    async with (
        serving(outcry.asgi(), ws=outcry.socket_protocol(), http=outcry.http_protocol()) as base_url,
        httpx.AsyncClient(base_url=base_url, timeout=30) as client,
    ):
        outcry.payments.listens_at(base_url)
        yield TestMarket(outcry, base_url, client)
