"""Rate limits: by address, by person, by bid; told to other processes; never a way around with made-up tokens."""

import asyncio
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from outcry.kernel.bus import LocalBus
from outcry.kernel.errors import RateLimited
from outcry.kernel.ids import new_id
from outcry.kernel.limits import SIGNAL, WINDOW_SECONDS, RateLimits, Window
from outcry.kernel.outbox import StoredEvent
from outcry.kernel.settings import load_settings
from tests.support.market import TestMarket, served_market, signup_body

pytestmark = pytest.mark.anyio


def test_a_minute_begins_with_the_first_hit_and_then_starts_over() -> None:
    window = Window(2)
    first = window.hit("a", 100.0)
    assert (first.allowed, first.remaining, first.reset_seconds) == (True, 1, 60)
    assert window.hit("a", 110.0).remaining == 0
    refused = window.hit("a", 130.5)
    assert (refused.allowed, refused.remaining, refused.reset_seconds) == (False, 0, 30)
    assert window.is_spent("a", 159.9) is not None
    assert window.is_spent("b", 130.5) is None
    assert window.hit("b", 130.5).allowed
    again = window.hit("a", 100.0 + WINDOW_SECONDS)
    assert (again.allowed, again.remaining) == (True, 1)


def test_what_others_have_counted_counts_here() -> None:
    window = Window(5)
    window.add("a", 4, 30.0, 100.0)
    assert window.hit("a", 100.0).allowed
    assert not window.hit("a", 129.0).allowed
    assert window.hit("a", 130.0).allowed


def test_the_oldest_are_forgotten_when_there_are_too_many() -> None:
    window = Window(1, max_keys=2)
    for key in "abc":
        assert window.hit(key, 0.0).allowed
    assert not window.hit("c", 1.0).allowed
    assert window.hit("a", 1.0).allowed


def test_bids_are_limited_by_person_and_auction() -> None:
    limits = RateLimits(load_settings({}, bids_per_minute=3))
    person, auction = new_id(), new_id()
    for _ in range(3):
        limits.check_bid(person, auction)
    limits.check_bid(person, new_id())
    limits.check_bid(new_id(), auction)
    with pytest.raises(RateLimited) as refused:
        limits.check_bid(person, auction)
    assert 1 <= refused.value.members["retry_after"] <= WINDOW_SECONDS


def test_off_means_off() -> None:
    limits = RateLimits(load_settings({}, bids_per_minute=1, rate_limits="off"))
    person, auction = new_id(), new_id()
    for _ in range(100):
        limits.check_bid(person, auction)


class TwoProcesses(LocalBus):
    """A bus that carries signals to another process's bus too, as Redis does."""

    def __init__(self) -> None:
        super().__init__()
        self.other: LocalBus | None = None

    def publish(self, events: list[StoredEvent]) -> None:  # type: ignore[override]
        raise AssertionError("limits are no events")

    def signal(self, name: str, payload: bytes = b"") -> None:
        super().signal(name, payload)
        if self.other is not None:
            LocalBus.signal(self.other, name, payload)


async def test_a_limit_holds_over_all_processes() -> None:
    here, there = TwoProcesses(), TwoProcesses()
    here.other = there
    settings = load_settings({}, bids_per_minute=5)
    one, other = RateLimits(settings, here), RateLimits(settings, there)
    told = asyncio.Event()
    there.on_signal(SIGNAL, lambda _: told.set())
    person, auction = UUID(int=1), UUID(int=2**127)
    for _ in range(3):
        one.check_bid(person, auction)
    async with asyncio.timeout(10):
        await told.wait()
    other.check_bid(person, auction)
    other.check_bid(person, auction)
    with pytest.raises(RateLimited):
        other.check_bid(person, auction)
    # Its own signal is not counted twice.
    one.check_bid(person, auction)
    one.check_bid(person, auction)


async def log_in(market: TestMarket, number: int) -> httpx.Response:
    body = {"email": f"nobody{number}@test.example", "password": "wrong password"}
    return await market.client.post("/v1/auth/login", json=body)


async def test_sign_in_is_limited_by_address_and_says_how_it_stands(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, rate_limits="on", auth_requests_per_minute=3) as market:
        answers = [await log_in(market, number) for number in range(4)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
        refused = answers[-1]
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["code"] == "rate_limited"
        assert refused.headers["ratelimit-limit"] == "3"
        assert 1 <= int(refused.headers["retry-after"]) <= WINDOW_SECONDS
        assert refused.headers["x-request-id"]
        # Everything else is still open.
        assert (await market.client.get("/v1/auctions")).status_code == 200


async def test_a_person_is_limited_over_all_tokens_and_a_neighbour_is_not(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, rate_limits="on", api_requests_per_minute=4) as market:
        ann, bob = await market.sign_up("Ann"), await market.sign_up("Bob")
        session = await market.client.post(
            "/v1/auth/login", json={"email": "person1@test.example", "password": signup_body("")["password"]}
        )
        other_token = {"Authorization": f"Bearer {session.json()['access_token']}"}
        for _ in range(2):
            assert (await ann.get("/v1/users/me")).status_code == 200
            assert (await market.client.get("/v1/users/me", headers=other_token)).status_code == 200
        assert (await ann.get("/v1/users/me")).status_code == 429
        assert (await market.client.get("/v1/users/me", headers=other_token)).status_code == 429
        answer = await bob.get("/v1/users/me")
        assert (answer.status_code, answer.headers["ratelimit-remaining"]) == (200, "3")


async def test_made_up_tokens_are_no_way_around(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, rate_limits="on", api_requests_per_minute=3) as market:
        statuses = [
            (await market.client.get("/v1/auctions", headers={"Authorization": f"Bearer made-up-{number}"})).status_code
            for number in range(5)
        ]
        assert statuses == [401, 401, 401, 429, 429]


async def test_behind_a_trusted_proxy_the_client_counts_and_cannot_name_itself_anew(
    database_url: str, tmp_path: Path
) -> None:
    settings = {"rate_limits": "on", "auth_requests_per_minute": 2, "trusted_proxies": "127.0.0.0/8,10.0.0.1"}
    async with served_market(database_url, tmp_path, **settings) as market:

        async def log_in_from(forwarded: str) -> int:
            body = {"email": "nobody@test.example", "password": "wrong password"}
            answer = await market.client.post("/v1/auth/login", json=body, headers={"X-Forwarded-For": forwarded})
            return answer.status_code

        assert [await log_in_from("203.0.113.7") for _ in range(2)] == [401, 401]
        assert await log_in_from("203.0.113.7") == 429
        # What it says before the proxy's own entry is its own invention.
        assert await log_in_from("198.51.100.1, 203.0.113.7") == 429
        assert await log_in_from("203.0.113.7, 10.0.0.1") == 429
        assert await log_in_from("203.0.113.8") == 401


async def test_an_ipv6_network_is_one_client(database_url: str, tmp_path: Path) -> None:
    settings = {"rate_limits": "on", "auth_requests_per_minute": 1, "trusted_proxies": "*"}
    async with served_market(database_url, tmp_path, **settings) as market:
        body = {"email": "nobody@test.example", "password": "wrong password"}
        statuses = [
            (await market.client.post("/v1/auth/login", json=body, headers={"X-Forwarded-For": address})).status_code
            for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")
        ]
        assert statuses == [401, 429, 401]


async def test_bids_over_http_are_limited_by_auction(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, rate_limits="on", bids_per_minute=2) as market:
        seller, bidder = await market.sign_up(), await market.sign_up()
        auction = await market.auction(seller)
        other = await market.auction(seller)
        assert (await bidder.bid(auction["id"], 1_000)).status_code == 201
        assert (await bidder.bid(auction["id"], 1_000)).status_code == 409
        refused = await bidder.bid(auction["id"], 5_000)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert refused.headers["retry-after"]
        assert (await bidder.bid(other["id"], 1_000)).status_code == 201
