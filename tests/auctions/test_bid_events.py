"""What bids tell: worded live by the desk and, for who catches up, by the database from numbers (SPEC RT-1, RT-3)."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
import pytest

from outcry.auctions.audit import audit_auctions
from outcry.kernel import outbox
from outcry.kernel.database import SYSTEM
from outcry.kernel.outbox import StoredEvent
from outcry.kernel.pruning import prune_events
from tests.auctions.test_desk import Counter, desks, no_faults
from tests.support.market import Person, TestMarket

pytestmark = pytest.mark.anyio

# (who, amount, maximum) of one after the other; what they cause is said beside them.
FIGHT: Sequence[tuple[int, int | None, int | None]] = (
    (0, 1000, None),
    (1, 1100, 5000),  # a hidden maximum
    (0, 2000, None),  # beaten by it at once
    (1, None, 6000),  # a raise: nothing shows
    (0, None, 7000),  # put off the lead, its maximum shown first
    (0, None, 30_000),  # a raise that meets the reserve
    (1, 31_000, None),
    (2, 120_000, None),
)


class Heard:
    """All that was published, by channel."""

    def __init__(self, market: TestMarket) -> None:
        self.events: list[StoredEvent] = []
        market.outcry.database.publish_with(self.events.extend, lambda channel: True)

    def on(self, channel: str) -> list[StoredEvent]:
        return [event for event in self.events if event.channel == channel]


async def read(market: TestMarket, channel: str, since: int = 0, limit: int = 500) -> list[StoredEvent]:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        return await outbox.missed(await tx.driver(), channel, since, limit)


def said(events: Sequence[StoredEvent]) -> list[Any]:
    return [(one.channel, one.seq, one.type, one.id, one.at, json.loads(one.data)) for one in events]


async def fight(counter: Counter, auction: str, people: Sequence[Person]) -> None:
    for who, amount, maximum in FIGHT:
        assert await counter.outcome(auction, people[who], amount, maximum) == "accepted"


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"bid_increment": None},
        {"reserve_price": 20_000, "buy_now_price": 500_000},
        {"anti_snipe": {"window_seconds": 3600, "extension_seconds": 3600}},
    ],
    ids=["plain", "bands", "reserve and buy-now", "extended by each bid"],
)
async def test_who_catches_up_reads_what_was_told(market: TestMarket, terms: dict[str, Any]) -> None:
    seller = await market.sign_up()
    people = [await market.sign_up() for _ in range(3)]
    auction = (await market.auction(seller, **terms))["id"]
    begun = len(await read(market, f"auction:{auction}"))
    heard = Heard(market)
    async with desks(market, 1) as (counter,):
        await fight(counter, auction, people)
    for channel in (f"auction:{auction}", *(f"user:{person.id}" for person in people)):
        told = said(heard.on(channel))
        since = begun if channel.startswith("auction") else 0
        assert said(await read(market, channel, since)) == told, channel
        # From any point on, and a piece at a time.
        assert said(await read(market, channel, since + 1, 2)) == told[1:3], channel
    assert [event.type for event in heard.on(f"user:{people[1].id}")] == ["outbid", "outbid"]
    assert await read(market, f"user:{seller.id}") == []
    await no_faults(market)


async def test_one_batch_tells_one_event_an_auction_whatever_the_number_of_bids(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auctions = [(await market.auction(seller))["id"] for _ in range(2)]
    begun = [len(await read(market, f"auction:{auction}")) for auction in auctions]
    heard = Heard(market)
    async with desks(market, 1) as (counter,):
        for auction in auctions:
            assert await counter.outcome(auction, alice, 1000) == "accepted"
        # All in one go, alice put off the lead in both: two outbids on her one channel.
        bids = [counter.bid(auction, bob, 1100 + 100 * step) for step in range(1) for auction in auctions]
        for bid in bids:
            await bid
    mine = await read(market, f"user:{alice.id}")
    assert [event.seq for event in mine] == [1, 2]
    assert {json.loads(event.data)["auction_id"] for event in mine} == set(auctions)
    assert said(mine) == said(heard.on(f"user:{alice.id}"))
    for auction, first in zip(auctions, begun, strict=True):
        assert [event.type for event in await read(market, f"auction:{auction}", first)] == ["bid_placed"] * 2


async def test_a_lost_event_is_found_by_the_audit(market: TestMarket, database_url: str) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]
    for step, person in enumerate((alice, bob, alice, bob)):
        assert (await person.bid(auction, 1000 + 100 * step)).status_code == 201
    await no_faults(market)
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("DELETE FROM bid_events WHERE price = 1200")
    faults = {(fault.subject, fault.detail) async for fault in audit_auctions(market.outcry.database)}
    assert (f"auction:{auction}", "1 events are missing") in faults


async def test_old_ones_are_forgotten_and_their_bids_are_not(market: TestMarket, database_url: str) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]
    for step, person in enumerate((alice, bob, alice)):
        assert (await person.bid(auction, 1000 + 100 * step)).status_code == 201
    told = await read(market, f"auction:{auction}")
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("UPDATE bid_events SET at = at - interval '100 hours' WHERE price < 1200")
    assert await prune_events(market.outcry.database, 72) == 2
    assert [one.seq for one in await read(market, f"auction:{auction}")] == [
        one.seq for one in told if json.loads(one.data).get("current_price") not in (1000, 1100)
    ]
    assert (await market.read(auction))["bid_count"] == 3


async def test_only_the_system_reads_or_writes_them(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = (await market.auction(seller))["id"]
    for step, person in enumerate((alice, bob)):
        assert (await person.bid(auction, 1000 + 100 * step)).status_code == 201
    principal = await market.outcry.authentication.principal(alice.token)
    async with market.outcry.database.transaction(principal.actor) as tx:
        assert await tx.scalar("SELECT count(*) FROM bid_events") == 0
        assert await tx.scalar("SELECT count(*) FROM channel_seqs") == 0
        seen = await tx.all("SELECT 1 FROM events_after(:channel, 0, 10)", {"channel": f"user:{UUID(alice.id)}"})
        assert seen == []
