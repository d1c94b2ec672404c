"""What a fan-out writes, byte for byte and write by write, to readers who are quick, slow, gone or going."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets

from outcry.realtime import conversation
from outcry.realtime.conversation import Conversation
from tests.support.market import Person, Socket, TestMarket, served_market

pytestmark = pytest.mark.anyio

# Where struct tcp_info of linux/tcp.h has tcpi_data_segs_in, and how much of it must be read for that.
DATA_SEGMENTS_IN, TCP_INFO_BYTES = 152, 160


def segments_in(client: Socket) -> int:
    """How many segments with data the kernel has taken for this client: small writes are one each."""
    connection = client.connection.transport.get_extra_info("socket")
    told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    (segments,) = struct.unpack_from("=I", told, DATA_SEGMENTS_IN)
    return segments


async def watched(market: TestMarket, client: Socket, *auctions: dict[str, Any]) -> list[str]:
    """The auctions' channels, watched by `client`."""
    channels = [f"auction:{auction['id']}" for auction in auctions]
    for channel in channels:
        assert (await client.ask(type="subscribe", channel=channel))["type"] == "snapshot"
    return channels


def hint(market: TestMarket, channel: str, word: str) -> None:
    """Tell all watchers of a channel at once."""
    market.outcry.hub.hint(channel, "typing", json.dumps({"word": word}).encode())


async def heard(client: Socket) -> str:
    """The word of the next such hint."""
    event = await client.until(lambda one: one["type"] == "typing")
    return event["data"]["word"]


@asynccontextmanager
async def slow_reader(market: TestMarket) -> AsyncIterator[websockets.ClientConnection]:
    """A client with little room, so that the server feels at once when it does not read."""
    receiver = socket.socket()
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    receiver.connect(("127.0.0.1", int(market.base_url.rpartition(":")[2])))
    address = market.base_url.replace("http", "ws") + "/v1/live"
    async with websockets.connect(address, max_queue=1, sock=receiver, max_size=None) as client:
        yield client


async def test_what_several_channels_say_in_one_turn_is_one_write(market: TestMarket) -> None:
    seller = await market.sign_up()
    auctions = [await market.auction(seller) for _ in range(3)]
    async with market.socket() as client:
        channels = await watched(market, client, *auctions)
        # What the viewers' count still has to say is said first.
        await client.until(lambda one: one["type"] == "viewer_count" and one["channel"] == channels[-1])
        before = segments_in(client)
        for channel in channels:
            hint(market, channel, channel)
        assert [await heard(client) for _ in channels] == channels
        assert segments_in(client) == before + 1


@pytest.mark.parametrize("size", [10, 125, 126, 65_535, 65_536, 200_000])
async def test_frames_of_every_length_arrive_whole_at_every_watcher(market: TestMarket, size: int) -> None:
    auction = await market.auction(await market.sign_up())
    async with market.socket() as first, market.socket() as second:
        for client in (first, second):
            (channel,) = await watched(market, client, auction)
        for word in ("a" * size, "b" * size):
            hint(market, channel, word)
        for client in (first, second):
            assert [await heard(client), await heard(client)] == ["a" * size, "b" * size]


async def test_messages_that_come_byte_by_byte_are_heard(market: TestMarket) -> None:
    async with market.socket() as client:
        transport = client.connection.transport
        short, long = (json.dumps({"type": "ping", "ref": ref}).encode() for ref in (1, "x" * 200))
        frames = b"\x81" + bytes([0x80 | len(short)]) + bytes(4) + short
        frames += b"\x81\xfe" + len(long).to_bytes(2, "big") + bytes(4) + long
        for begin in range(len(frames)):
            transport.write(frames[begin : begin + 1])
            # The server, in the same loop, takes what has come so far.
            await asyncio.sleep(0)
        assert [(await client.read())["ref"] for _ in range(2)] == [1, "x" * 200]


async def test_who_goes_in_the_middle_of_a_fan_out_takes_nothing_from_the_others(market: TestMarket) -> None:
    auction = await market.auction(await market.sign_up())
    async with market.socket() as stays, market.socket() as leaves, market.socket() as is_closed:
        for client in (stays, leaves, is_closed):
            (channel,) = await watched(market, client, auction)
        hub = market.outcry.hub
        talks = [one for one in hub.channels[channel].watchers if isinstance(one, Conversation)]
        ports = {client.connection.local_address[1]: client for client in (stays, leaves, is_closed)}
        by_client = {id(ports[talk._carrier.client[1]]): talk for talk in talks}  # type: ignore[attr-defined]
        hint(market, channel, "before")
        # One is cut off by the network and one is closed by us, between the saying and the writing of it.
        by_client[id(leaves)]._carrier.transport.abort()  # type: ignore[attr-defined]
        by_client[id(is_closed)].close(4408, "too slow")
        hint(market, channel, "after")
        assert [await heard(stays), await heard(stays)] == ["before", "after"]
        # Who is closed gets what was said until then, and then the reason.
        assert await heard(is_closed) == "before"
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await is_closed.read()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4408
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await leaves.read()
        assert hub.watchers == 1


async def test_who_does_not_read_is_left_out_and_then_closed(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "DRAIN_SECONDS", 0.0)
    async with served_market(database_url, tmp_path, socket_buffer_bytes=4096) as market:
        auction = await market.auction(await market.sign_up())
        channel, hub = f"auction:{auction['id']}", market.outcry.hub
        async with slow_reader(market) as slow, market.socket() as quick:
            await slow.send(json.dumps({"type": "subscribe", "channel": channel, "ref": 1}))
            await slow.recv()
            await watched(market, quick, auction)
            said = 0
            while not hub.slow_watchers:
                hint(market, channel, f"{said}:" + "x" * 2_000)
                said += 1
                assert (await heard(quick)).startswith(f"{said - 1}:")
            words: list[str] = []
            with pytest.raises(websockets.ConnectionClosed) as closed:
                async with asyncio.timeout(20):
                    while True:
                        event = json.loads(await slow.recv())
                        words += [event["data"]["word"]] if event["type"] == "typing" else []
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4408
            # All up to where it fell behind, none torn, none out of order.
            assert [word.partition(":")[0] for word in words] == [str(number) for number in range(len(words))]
            assert len(words) < said
            assert hub.watchers == 1


async def test_who_joins_a_running_fight_has_nobody_told_more_often(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path, updates_per_second=1) as market:
        seller, alice, bob = await market.sign_up(), await market.sign_up(), await market.sign_up()
        auction = await market.auction(seller)

        async def bid(person: Person, amount: int) -> None:
            await person.bid(auction["id"], amount)

        async with market.socket() as watcher, market.socket() as first, market.socket() as second:
            (channel,) = await watched(market, watcher, auction)
            await bid(alice, 1000)
            assert (await watcher.event("bid_placed"))["data"]["current_price"] == 1000
            await bid(bob, 1100)
            joining = [asyncio.create_task(first.ask(type="subscribe", channel=channel))]
            await bid(alice, 1200)
            joining.append(asyncio.create_task(second.ask(type="subscribe", channel=channel)))
            await bid(bob, 1300)
            event = await watcher.event("bid_placed")
            assert [one["amount"] for one in event["data"]["bids"]] == [1300, 1200, 1100]
            for snapshot in await asyncio.gather(*joining):
                assert snapshot["seq"] <= event["seq"]
            await bid(alice, 1400)
            for client in (watcher, first, second):
                last = await client.until(lambda one: one.get("seq") == event["seq"] + 1)
                assert last["data"]["current_price"] == 1400
