"""schemathesis over the whole OpenAPI document: no 5xx, and every answer as declared (SPEC API-1).

The calls are made by a seller, a buyer, staff and nobody. Half of them are about things that are there, with bodies
that make sense but for a field: unknown ids and wild bodies alone would show little but 404 and 422.
"""

import random
import threading
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import httpx
import psycopg
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from PIL import Image
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from outcry.app import Outcry
from outcry.identity.passwords import Passwords
from outcry.kernel.settings import load_settings
from tests.support.market import PASSWORD, MarketClient, Person, listing_body, signup_body

# Of data that fits the document, and again of data that does not.
EXAMPLES = 15
SENSIBLE = 0.5
# Parts of the document, each tested by a worker of its own.
PARTS = 4
CHECKS = [not_a_server_error, content_type_conformance, status_code_conformance, response_schema_conformance]
CONSENTS = {"offer_agreement": True, "personal_data": True}
# An endless stream, read by the tests of server-sent events.
NOT_CALLED = {("get", "/v1/auctions/{auction_id}/events")}


TERMS = {"starting_price": 1000, "duration_seconds": 3600}
PHONES = ["+14165550101", "+14165550102"]
# A body that makes sense, by method and path.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/v1/auth/signup"): signup_body("new@test.example"),
    ("post", "/v1/auth/login"): {"email": "", "password": ""},
    ("post", "/v1/auth/phone/send-code"): {"phone": PHONES[0]},
    ("post", "/v1/auth/phone/verify"): {"phone": "", "code": "", "display_name": "By phone", "consents": CONSENTS},
    ("patch", "/v1/users/me"): {"display_name": "Somebody else", "language": "en", "time_zone": "Asia/Almaty"},
    ("put", "/v1/users/me/consents"): {**CONSENTS, "marketing": True},
    ("post", "/v1/listings"): listing_body(sale_type="both", price=5000, location={"lat": 43, "lng": 77, "name": "A"}),
    ("patch", "/v1/listings/{listing_id}"): {"title": "Another title", "description": "And words"},
    ("post", "/v1/auctions"): {**TERMS, "listing_id": "", "reserve_price": 2000, "buy_now_price": 9000},
    ("post", "/v1/auctions/{auction_id}/bids"): {"amount": 9000, "max_amount": 20_000},
    ("post", "/v1/auctions/{auction_id}/decision"): {"action": "counter", "amount": 2000},
    ("post", "/v1/auctions/{auction_id}/relist"): TERMS,
    ("post", "/v1/auctions/{auction_id}/cancel"): {"reason": "It broke"},
    ("post", "/v1/counter-offers/{offer_id}/response"): {"action": "accept"},
    ("post", "/v1/media/uploads"): {"content_type": "image/png", "filename": "one.png"},
}


class World(NamedTuple):
    """Who calls, by their tokens, and what there is to call about: by name of parameter or field, some of them."""

    tokens: list[str | None]
    things: dict[str, list[Any]]


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The app in a thread of its own, since schemathesis is not async."""
    outcry = Outcry(
        load_settings({"OUTCRY_DATA_DIR": str(tmp_path), "OUTCRY_RATE_LIMITS": "off"}, tmp_path / "none"), database_url
    )
    outcry.accounts.passwords = Passwords(memory_kib=64, passes=1)
    config = uvicorn.Config(
        outcry.asgi(), port=0, log_level="error", ws=outcry.socket_protocol(), http=outcry.http_protocol()
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


async def settle(url: str, database_url: str) -> World:
    """People, and a thing of each kind in the states that calls change."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        market = MarketClient(url, client)
        seller, buyer, staff, other, leaver = [await market.sign_up() for _ in range(5)]
        await staff.post("/v1/dev/role", {"user_id": staff.id, "role": "admin"})
        drafts = [await market.listing(seller, publish=False) for _ in range(2)]
        listing = await market.listing(seller)
        medium = await picture(seller)
        answer = await seller.call("PUT", f"/v1/listings/{listing['id']}/media", {"media_ids": [medium]})
        assert answer.status_code == 200, answer.text
        waiting = [await market.auction(seller, live=False) for _ in range(2)]
        live = [await market.auction(seller, buy_now_price=90_000) for _ in range(3)]
        bids = [
            (await person.bid(live[0]["id"], 1000 + 500 * n)).json()["bid"] for n, person in enumerate((buyer, other))
        ]
        bids.append((await buyer.bid(live[0]["id"], 5000)).json()["bid"])
        bought = await market.auction(seller, buy_now_price=2000)
        async with market.socket(buyer) as told:
            await told.ask(type="subscribe", channel="user")
            assert (await buyer.post(f"/v1/auctions/{bought['id']}/buy-now")).status_code == 200
            await told.event("notification")
        undecided = [await ended(market, seller, buyer, database_url) for _ in range(2)]
        answer = await seller.post(f"/v1/auctions/{undecided[0]['id']}/decision", {"action": "counter", "amount": 1500})
        assert answer.status_code == 200, answer.text
        offer = answer.json()["counter_offer"]
        orders, notices = (await buyer.get("/v1/orders")).json(), (await buyer.get("/v1/notifications")).json()
        sessions = [(await client.post("/v1/auth/login", json=log_in(seller))).json() for _ in range(2)]
        for phone in PHONES:
            assert (await client.post("/v1/auth/phone/send-code", json={"phone": phone})).status_code == 202
        sent = await client.get("/dev/outbox", headers={"Accept": "application/json"})
        codes = [one["body"].split()[0] for one in sent.json()["items"] if one["channel"] == "sms"]
        own = (await seller.get("/v1/users/me/sessions")).json()["items"]
    auctions = [one["id"] for one in (*waiting, *live, bought, *undecided)]
    return World(
        [seller.token, seller.token, seller.token, buyer.token, buyer.token, staff.token, None],
        {
            "listing_id": [drafts[0]["id"], drafts[1]["id"], listing["id"], live[1]["listing_id"]],
            "auction_id": auctions,
            "bid_id": [bid["id"] for bid in bids],
            "offer_id": [offer["id"]],
            "order_id": [order["id"] for order in orders["items"]],
            "notification_id": [notice["id"] for notice in notices["items"]],
            "media_id": [medium],
            "media_ids": [[medium], []],
            "name": ["thumb.webp", "full.webp"],
            "slug": ["electronics", "car"],
            "category": ["electronics", "car"],
            "user_id": [other.id, leaver.id],
            "seller": [seller.id],
            # Not the sessions that call.
            "session_id": [one["id"] for one in own if not one["current"]],
            "refresh_token": [session["refresh_token"] for session in sessions],
            "email": [seller.session["user"]["email"], *(f"new{n}@test.example" for n in range(3))],
            "phone": PHONES,
            "code": codes,
            "password": [PASSWORD],
        },
    )


def log_in(person: Person) -> dict[str, str]:
    return {"email": person.session["user"]["email"], "password": PASSWORD}


async def picture(seller: Person) -> str:
    """The id of a picture that is uploaded."""
    jpeg = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(jpeg, "JPEG")
    ticket = (await seller.post("/v1/media/uploads", {"content_type": "image/jpeg"})).json()
    upload = ticket["upload"]
    sent = await seller.client.request(
        upload["method"], upload["url"], content=jpeg.getvalue(), headers=upload["headers"]
    )
    assert sent.status_code == 204, sent.text
    assert (await seller.post(f"/v1/media/{ticket['media_id']}/complete")).status_code == 200
    return ticket["media_id"]


async def ended(market: MarketClient, seller: Person, buyer: Person, database_url: str) -> dict[str, Any]:
    """An auction that waits for its seller's decision."""
    auction = await market.auction(seller, award="seller_decides")
    assert (await buyer.bid(auction["id"], 1000)).status_code == 201
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        await connection.execute("UPDATE auctions SET ends_at = now() WHERE id = %s", (auction["id"],))
    return await market.reaches(auction["id"], "awaiting_decision")


def sensibly(case: schemathesis.Case, things: dict[str, list[Any]], chance: random.Random) -> None:
    """Half of what could name a thing that is there does; half of the bodies keep one wild field at most."""
    sensible = BODIES.get((case.operation.method, case.operation.path))
    if sensible is not None and isinstance(case.body, dict) and chance.random() < SENSIBLE:
        wild = chance.sample(sorted(case.body), min(len(case.body), chance.randint(0, 1)))
        known = {name: chance.choice(things[name]) for name in sensible if name in things}
        case.body = {**sensible, **known, **{name: case.body[name] for name in wild}}
    parts: list[Any] = [case.path_parameters, case.query, case.body]
    for part in parts:
        if isinstance(part, dict):
            for name in part:
                if name in things and chance.random() < SENSIBLE:
                    part[name] = chance.choice(things[name])


def calls(
    operation: APIOperation, mode: GenerationMode, send: Callable[[schemathesis.Case, random.Random], None]
) -> None:
    """Make EXAMPLES calls of the operation, as schemathesis thinks them up."""

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode), chance=st.randoms(use_true_random=True))
    def one(case: schemathesis.Case, chance: random.Random) -> None:
        send(case, chance)

    one()


@pytest.mark.parametrize("part", range(PARTS))
def test_no_server_error_and_every_answer_as_declared(served: str, database_url: str, part: int) -> None:
    world = anyio.run(settle, served, database_url)
    operations = [found.ok() for found in schemathesis.openapi.from_url(f"{served}/openapi.json").get_all_operations()]
    faults: list[str] = []
    for operation in operations[part::PARTS]:
        if (operation.method, operation.path) in NOT_CALLED:
            continue
        for mode in GenerationMode:
            try:
                calls(operation, mode, partial(send, served, world))
            except Unsatisfiable:
                # Nothing in the call that could be wrong.
                assert mode is GenerationMode.NEGATIVE
            except (Exception, BaseExceptionGroup) as wrong:  # a group of failures, one a check
                faults.append(f"{operation.method.upper()} {operation.path}: {str(wrong)[:600]}")
    assert not faults, "\n\n".join(faults)


def send(url: str, world: World, case: schemathesis.Case, chance: random.Random) -> None:
    """Somebody makes the call; raises what is not as declared."""
    sensibly(case, world.things, chance)
    token = chance.choice(world.tokens)
    if (case.operation.method, case.operation.path) == ("delete", "/v1/users/me"):
        # The account that calls is gone after it.
        body = signup_body(f"{chance.getrandbits(64)}@test.example")
        token = httpx.post(f"{url}/v1/auth/signup", json=body).json()["access_token"]
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    case.validate_response(case.call(base_url=url, headers=headers), checks=CHECKS)
