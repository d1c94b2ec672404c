"""The kernel's promises: settings, keys, channels without gaps, limits, the bus, problem documents."""

import asyncio
from pathlib import Path

import httpx
import pytest

from outcry.kernel.access import Access, Principal, may_enter
from outcry.kernel.bus import Bus
from outcry.kernel.crypto import DecryptionError, KeyRing
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.ids import new_id
from outcry.kernel.logs import redacted
from outcry.kernel.money import basis_points_of, format_amount
from outcry.kernel.outbox import Event, StoredEvent, missed
from outcry.kernel.redis_bus import RedisBus
from outcry.kernel.settings import SettingsError, load_settings
from outcry.kernel.settings_table import document
from outcry.kernel.times import rfc3339, utc_now
from outcry.payments.fees import costs_of
from tests.support.market import TestMarket, listing_body, served_market

pytestmark = pytest.mark.anyio
GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "settings.md"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"OUTCRY_PROT": "8000"}, "OUTCRY_PROT is not a setting"),
        ({"OUTCRY_PORT": "80000"}, "OUTCRY_PORT"),
        ({"OUTCRY_ENV": "staging"}, "OUTCRY_ENV"),
        ({"OUTCRY_MARKET": "atlantis"}, "OUTCRY_MARKET"),
        ({"OUTCRY_WORKERS": "2"}, "OUTCRY_REDIS_URL"),
        ({"OUTCRY_ENV": "production", "OUTCRY_SECRET_KEY": "short"}, "OUTCRY_SECRET_KEY"),
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(environment, tmp_path / "none.toml")


def test_environment_over_file_over_default(tmp_path: Path) -> None:
    file = tmp_path / "outcry.toml"
    file.write_text('port = 9000\nmarket = "kg"\n')
    settings = load_settings({"OUTCRY_PORT": "9001"}, file)
    assert (settings.port, settings.load_market().currency, settings.host) == (9001, "KZT", "127.0.0.1")


def test_the_settings_table_is_true() -> None:
    assert GUIDE.read_text() == document()


def test_keys_rotate_and_tampering_shows() -> None:
    old, both = KeyRing("first root key"), KeyRing("second root key", "first root key")
    sealed = old.encrypt("ada@test.example", context="e-mail")
    assert both.decrypt(sealed, context="e-mail") == "ada@test.example"
    assert old.keyed_hash("x", context="c") in both.keyed_hashes("x", context="c")
    with pytest.raises(DecryptionError):
        both.decrypt(sealed, context="phone")
    with pytest.raises(DecryptionError):
        both.decrypt(sealed[:-1] + bytes([sealed[-1] ^ 1]), context="e-mail")
    with pytest.raises(DecryptionError):
        KeyRing("another").decrypt(sealed, context="e-mail")


async def test_a_channel_counts_without_gaps_whatever_rolls_back(database_url: str) -> None:
    database = Database(database_url)

    async def say(number: int) -> None:
        try:
            async with database.transaction(SYSTEM) as tx:
                tx.emit(Event("user:1", "said", {"number": number}))
                tx.emit(Event("user:2", "said", {}))
                await tx.write_events()
                if number % 3 == 0:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass

    await asyncio.gather(*(say(number) for number in range(60)))
    async with database.transaction(SYSTEM) as tx:
        events = await missed(await tx.driver(), "user:1", 0)
    assert [event.seq for event in events] == list(range(1, 41))
    await database.close()


async def test_the_apps_role_is_bound_by_row_security(database_url: str) -> None:
    database = Database(database_url)
    async with database.transaction(SYSTEM) as tx:
        row = await tx.first("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    await database.close()
    assert row is not None
    assert tuple(row) == ("outcry_app", False, False)


def test_the_guards_whole_rule() -> None:
    nobody, person = None, Principal(new_id(), new_id())
    moderator = Principal(new_id(), new_id(), frozenset({"moderator"}))
    admin = Principal(new_id(), new_id(), frozenset({"admin"}))
    allowed = {
        Access.PUBLIC: {nobody, person, moderator, admin},
        Access.SIGNED_IN: {person, moderator, admin},
        Access.STAFF: {moderator, admin},
        Access.MODERATOR: {moderator, admin},
        Access.SUPPORT: {admin},
        Access.ADMIN: {admin},
        None: set(),
    }
    for level, who in allowed.items():
        for one in (nobody, person, moderator, admin):
            assert (may_enter(level, one) is None) == (one in who), (level, one)


async def test_problems_are_told_as_problem_documents(market: TestMarket) -> None:
    person = await market.sign_up()
    cases = [
        (await market.client.get("/v1/nothing"), 404, "not_found"),
        (await market.client.delete("/v1/categories"), 405, "method_not_allowed"),
        (await market.client.get("/v1/users/me"), 401, "unauthenticated"),
        (await person.post("/v1/listings", {"surprise": 1}), 422, "invalid_input"),
        (await market.client.post("/v1/auth/login", content=b"{x", headers=_JSON), 400, "malformed_request"),
        (await market.client.get("/v1/listings?limit=1000"), 422, "invalid_input"),
    ]
    for answer, status, code in cases:
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.headers["x-request-id"]


_JSON = {"Content-Type": "application/json"}


async def test_one_key_at_once_from_many_makes_one_listing(market: TestMarket) -> None:
    person = await market.sign_up()
    answers = await asyncio.gather(*(person.post("/v1/listings", listing_body(), key="once") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await person.post("/v1/listings", listing_body(title="Another"), key="once")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    bad = await person.post("/v1/listings", listing_body(), key="x" * 256)
    assert bad.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_limits_tell_when_to_come_back(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, rate_limits="on", bids_per_minute=2) as market:
        seller, alice = await market.sign_up(), await market.sign_up()
        auction = await market.auction(seller)
        answers = [await alice.bid(auction["id"], 1000 + 100 * number) for number in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert int(answers[-1].headers["Retry-After"]) > 0
        known = await alice.get("/v1/users/me")
        assert known.headers["ratelimit-limit"] == "100"
        for _ in range(5):
            last = await market.client.post("/v1/auth/login", json={"email": "a@b.example", "password": "x"})
        assert (last.status_code, last.json()["code"]) == (429, "rate_limited")


async def test_the_redis_bus_delivers_once_each_and_comes_back(redis_url: str, redis_server) -> None:
    first, second = RedisBus(redis_url), RedisBus(redis_url)
    heard: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
    signals: asyncio.Queue[bytes] = asyncio.Queue()

    def listen(name: str, bus: Bus) -> None:
        bus.subscribe("auction:1", lambda event: heard.put_nowait((name, event.seq)))

    for name, bus in (("first", first), ("second", second)):
        await bus.start()
        listen(name, bus)
    second.on_signal("hello", signals.put_nowait)

    def event(seq: int) -> StoredEvent:
        return StoredEvent(str(new_id()), "auction:1", seq, "bid_placed", b"{}", rfc3339(utc_now()))

    seq = 0
    async with asyncio.timeout(30):
        # Until Redis has the second's subscription, messages reach the first alone.
        while True:
            seq += 1
            first.publish([event(seq)])
            first.signal("hello", b"%d" % seq)
            assert await heard.get() == ("first", seq)
            said = int(await signals.get())
            assert said <= seq
            try:
                async with asyncio.timeout(0.2):
                    assert await heard.get() == ("second", seq)
                    break
            except TimeoutError:
                continue
        second.publish([event(seq + 1)])
        assert {await heard.get(), await heard.get()} == {("first", seq + 1), ("second", seq + 1)}
        assert heard.empty()
    await first.stop()
    await second.stop()


def test_fees_as_the_contract_says() -> None:
    from outcry.kernel.market import BUILT_IN

    costs = costs_of(10_000, BUILT_IN["ca"].fees)
    assert (costs.commission, costs.escrow_fee, costs.seller_receives) == (600, 199, 9_201)
    assert [basis_points_of(amount, 5_000) for amount in (1, 3, 5)] == [0, 2, 2]
    assert format_amount(123_450, "CAD") == "1,234.50 CAD"


def test_secrets_do_not_reach_the_log() -> None:
    line = redacted('{"password": "hunter2", "token": "abc.def", "title": "chair"} Authorization: Bearer xyz')
    assert "hunter2" not in line
    assert "abc.def" not in line
    assert "xyz" not in line
    assert "chair" in line


async def test_health_metrics_and_reference(market: TestMarket) -> None:
    assert (await market.client.get("/health/live")).json() == {"status": "ok"}
    assert (await market.client.get("/health/ready")).json() == {"status": "ready"}
    assert "outcry_desk_decided_bids_total" in (await market.client.get("/metrics")).text
    openapi = (await market.client.get("/openapi.json")).json()
    assert openapi["openapi"].startswith("3.1")
    assert "/v1/auctions/{auction_id}/bids" in openapi["paths"]
    docs = await market.client.get("/docs")
    assert docs.status_code == 200
    assert "Place a bid" in docs.text
    assert isinstance(docs, httpx.Response)
