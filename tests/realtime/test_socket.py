"""The socket and server-sent events to the letter of API.md (SPEC RT-1 to RT-7)."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from tests.support.market import TestMarket, served_market

pytestmark = pytest.mark.anyio


def public(state: dict[str, Any]) -> dict[str, Any]:
    """What all watchers share of a snapshot or of the state an event leaves."""
    kept = ("status", "current_price", "minimum_bid", "bid_count", "bidder_count", "ends_at", "reserve_met")
    leader = state.get("leader")
    return {name: state[name] for name in kept} | {"leader": leader["alias"] if leader else None}


async def test_the_public_may_watch_and_only_the_signed_in_may_act(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    async with market.socket() as stranger, market.socket(alice) as client:
        snapshot = await stranger.ask(type="subscribe", channel=f"auction:{auction['id']}")
        assert (snapshot["type"], snapshot["data"]["id"], snapshot["data"]["you"]) == ("snapshot", auction["id"], None)
        assert snapshot["data"]["viewers"] >= 0
        assert snapshot["data"]["recent_bids"] == []
        refused = await stranger.ask(type="bid", auction_id=auction["id"], amount=1000)
        assert (refused["type"], refused["code"]) == ("error", "unauthenticated")
        assert (await stranger.ask(type="subscribe", channel="user"))["code"] == "unauthenticated"
        low = await client.ask(type="bid", auction_id=auction["id"], amount=1)
        assert (low["code"], low["minimum_bid"], low["current_price"]) == ("bid_too_low", 1000, None)
        placed = await client.ask(type="bid", auction_id=auction["id"], amount=1000, max_amount=5000, key="k")
        assert (placed["type"], placed["bid"]["status"], placed["bid"]["max_amount"]) == ("ok", "leading", 5000)
        again = await client.ask(type="bid", auction_id=auction["id"], amount=1000, max_amount=5000, key="k")
        assert again["bid"]["id"] == placed["bid"]["id"]
        event = await stranger.event("bid_placed")
        assert event["data"]["leader"] == {"alias": "Bidder 1"}
        assert "5000" not in json.dumps(event)
        mine = await client.ask(type="subscribe", channel=f"auction:{auction['id']}")
        assert mine["data"]["you"] == {"alias": "Bidder 1", "max_amount": 5000, "status": "leading"}


async def test_snapshot_plus_events_is_the_next_snapshot(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller, live=False, reserve_price=2500)
    channel = f"auction:{auction['id']}"
    async with market.socket() as watcher:
        first = await watcher.ask(type="subscribe", channel=channel)
        state, seq = public(first["data"]), first["seq"]
        await seller.post(f"/v1/auctions/{auction['id']}/go-live")
        for person, amount, maximum in ((alice, 1000, 4000), (bob, 2000, None), (bob, 5000, None), (alice, None, 9000)):
            await person.bid(auction["id"], amount, maximum)
        last = (await market.read(auction["id"]))["seq"]
        while seq < last:
            event = await watcher.until(lambda one: "seq" in one)
            assert event["data"].get("seq_from", event["seq"]) == seq + 1
            seq = event["seq"]
            state = public({**state, **event["data"]})
        second = await watcher.ask(type="subscribe", channel=channel)
    assert second["seq"] == seq
    assert public(second["data"]) == state


async def test_reconnecting_with_since_gets_what_was_missed_once_and_in_order(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    channel = f"auction:{auction['id']}"
    for number in range(8):
        await (alice, bob)[number % 2].bid(auction["id"], 1000 + 100 * number)
    last = (await market.read(auction["id"]))["seq"]
    for since in (0, 3, last):
        async with market.socket() as client:
            await client.send(type="subscribe", channel=channel, since=since, ref=7)
            seen = []
            while (message := await client.read())["type"] != "ok":
                seen.append(message["seq"])
            assert seen == list(range(since + 1, last + 1))
            assert (message["ref"], message["seq"]) == (7, last)
    async with market.socket() as client:
        ahead = await client.ask(type="subscribe", channel=channel, since=last + 50)
        assert (ahead["type"], ahead["seq"]) == ("snapshot", last)


async def test_joining_in_the_middle_of_a_fight_leaves_no_gap_and_no_repeat(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    channel = f"auction:{auction['id']}"
    bids = 60

    async def fight() -> None:
        for number in range(bids):
            await (alice, bob)[number % 2].bid(auction["id"], 1000 + 100 * number)

    async def watch(person: Any) -> None:
        async with market.socket(person) as client:
            snapshot = await client.ask(type="subscribe", channel=channel)
            seq = snapshot["seq"]
            while seq < bids + 1:
                event = await client.until(lambda one: "seq" in one)
                assert event["data"]["seq_from"] == seq + 1
                seq = event["seq"]

    fighting = asyncio.create_task(fight())
    await asyncio.gather(*(watch((None, alice)[number % 2]) for number in range(12)))
    await fighting


async def test_a_hot_auction_coalesces_and_the_last_state_is_the_truth(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, updates_per_second=2) as market:
        seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
        auction = await market.auction(seller)
        async with market.socket() as watcher:
            await watcher.ask(type="subscribe", channel=f"auction:{auction['id']}")
            for number in range(30):
                await (alice, bob)[number % 2].bid(auction["id"], 1000 + 100 * number)
            frames, seen = 0, 0
            while seen < 30:
                event = await watcher.event("bid_placed")
                assert len(event["data"]["bids"]) == event["seq"] - event["data"]["seq_from"] + 1
                seen += len(event["data"]["bids"])
                frames += 1
        assert frames < 30
        assert event["data"]["current_price"] == 1000 + 100 * 29
        assert event["data"]["bids"][0]["amount"] == 1000 + 100 * 29


async def test_the_outbid_learn_it_with_their_own_maximum(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    async with market.socket(alice) as client:
        await client.ask(type="subscribe", channel="user")
        await alice.bid(auction["id"], 1000, 2000)
        await bob.bid(auction["id"], 5000)
        told = await client.event("outbid")
    assert (told["channel"], told["seq"]) == ("user", 1)
    assert (told["data"]["max_amount"], told["data"]["current_price"]) == (2000, 5000)
    assert bob.id not in json.dumps(told)


async def test_wrong_frames_are_told_and_bounded(database_url: str, tmp_path: Path) -> None:
    settings = {"rate_limits": "on", "auth_requests_per_minute": 100, "socket_frames_per_second": 10}
    async with served_market(database_url, tmp_path, **settings) as market:
        async with market.socket() as client:
            await client.connection.send("{nonsense")
            assert (await client.read())["code"] == "invalid_input"
            unknown = await client.ask(type="dance")
            assert (unknown["type"], unknown["code"]) == ("error", "invalid_input")
            extra = await client.ask(type="ping", surprise=1)
            assert extra["errors"][0]["field"] == "/surprise"
            assert (await client.ask(type="ping"))["type"] == "pong"
            missing = await client.ask(type="subscribe", channel="auction:0198c0de-0000-7000-8000-000000000000")
            assert missing["code"] == "not_found"
            assert (await client.ask(type="subscribe", channel="nothing"))["code"] == "not_found"
        async with market.socket() as client:
            await client.connection.send("x" * 20_000)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await client.read()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009
        async with market.socket() as client:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                for _ in range(50):
                    await client.send(type="ping")
                while True:
                    await client.read()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4429
        async with market.socket() as client:
            await client.send(type="auth", token="nobody's", ref=1)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                while True:
                    await client.read()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401


async def test_fragmented_messages_are_heard_too(market: TestMarket) -> None:
    async with market.socket() as client:
        await client.connection.send(iter(['{"type":"pi', 'ng","ref":', "5}"]))
        assert (await client.read())["ref"] == 5
        await (await client.connection.ping())


async def test_a_session_that_ends_cannot_bid_on_an_open_socket(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    async with market.socket(alice) as client:
        assert (await client.ask(type="bid", auction_id=auction["id"], amount=1000))["type"] == "ok"
        await market.client.request("DELETE", "/v1/auth/logout", json={"refresh_token": alice.session["refresh_token"]})
        after = await client.ask(type="bid", auction_id=auction["id"], max_amount=9000)
        assert after["code"] == "unauthenticated"


async def test_viewers_are_counted(market: TestMarket) -> None:
    seller = await market.sign_up()
    auction = await market.auction(seller)
    async with market.socket() as first, market.socket() as second:
        for client in (first, second):
            await client.ask(type="subscribe", channel=f"auction:{auction['id']}")
        hint = await first.until(lambda one: one["type"] == "viewer_count" and one["data"]["viewers"] == 2)
    assert "seq" not in hint


async def test_a_reader_that_stops_reading_starts_over_from_a_snapshot(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, socket_buffer_bytes=4096, updates_per_second=1000) as market:
        seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
        auction = await market.auction(seller)
        address = market.base_url.replace("http", "ws") + "/v1/live"
        # A small receive buffer, so that a reader that stops is felt at the other end soon.
        receiver = socket.socket()
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        receiver.connect(("127.0.0.1", int(market.base_url.rpartition(":")[2])))
        async with websockets.connect(address, max_queue=1, sock=receiver) as slow:
            await slow.send(json.dumps({"type": "subscribe", "channel": f"auction:{auction['id']}", "ref": 1}))
            await slow.recv()
            price = 1000
            while not market.outcry.hub.slow_watchers:
                await (alice, bob)[price // 100 % 2].bid(auction["id"], price)
                price += 100
            seen: list[dict[str, Any]] = []
            async with asyncio.timeout(20):
                while not seen or seen[-1]["type"] != "snapshot":
                    seen.append(json.loads(await slow.recv()))
            seqs = [one["seq"] for one in seen if "seq" in one]
        assert seqs == sorted(set(seqs))
        assert seen[-1]["data"]["current_price"] == price - 100


async def test_server_sent_events_resume_where_they_ended(market: TestMarket) -> None:
    seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    await alice.bid(auction["id"], 1000)
    await bob.bid(auction["id"], 1100)
    path = f"/v1/auctions/{auction['id']}/events"

    async def read(last_event_id: str | None, ids: int) -> list[tuple[str, str]]:
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        seen: list[tuple[str, str]] = []
        async with market.client.stream("GET", path, headers=headers, timeout=httpx.Timeout(20)) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            identity = ""
            async for line in stream.aiter_lines():
                if line.startswith("id: "):
                    identity = line[4:]
                elif line.startswith("event: ") and identity:
                    seen.append((identity, line[7:]))
                    identity = ""
                if len(seen) == ids:
                    return seen
        return seen

    assert await read(None, 1) == [("3", "snapshot")]
    assert await read("1", 2) == [("2", "bid_placed"), ("3", "bid_placed")]
    assert (await market.client.get("/v1/auctions/0198c0de-0000-7000-8000-000000000000/events")).status_code == 404


async def test_an_event_lost_between_commit_and_publish_is_found_by_the_sweep(
    market: TestMarket, database_url: str
) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    async with market.socket() as client:
        await client.ask(type="subscribe", channel=f"auction:{auction['id']}")
        # A process that dies here has committed and told nobody.
        market.outcry.database.publish_with(lambda events: None, lambda channel: False)
        await alice.bid(auction["id"], 1000)
        event = await client.event("bid_placed")
    assert event["data"]["current_price"] == 1000
