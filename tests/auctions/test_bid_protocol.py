"""Bids over plain HTTP/1.1, byte for byte: what clients may do between the first byte and the last."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from outcry.auctions.fast_bids import MAX_BODY_BYTES
from tests.support.market import Person, TestMarket, served_market

pytestmark = pytest.mark.anyio


class Wire:
    """A connection of bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, *pieces: bytes) -> None:
        self.writer.write(b"".join(pieces))

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body of the next answer."""
        async with asyncio.timeout(20):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(head[0].split()[1]), headers, json.loads(body) if body else None

    async def ended(self) -> bool:
        """Whether the server hangs up without another byte."""
        async with asyncio.timeout(20):
            return await self._reader.read() == b""


@asynccontextmanager
async def wire(market: TestMarket) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(market.base_url.rpartition(":")[2]))
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


def head(person: Person, auction_id: str, *lines: str) -> bytes:
    """A bid's head; without a length unless `lines` give one."""
    given = (f"POST /v1/auctions/{auction_id}/bids HTTP/1.1", "Host: here", f"Authorization: Bearer {person.token}")
    return "\r\n".join([*given, "Content-Type: application/json", *lines, "", ""]).encode()


def bid(person: Person, auction_id: str, amount: int, *lines: str) -> bytes:
    body = b'{"amount": %d}' % amount
    return head(person, auction_id, f"Content-Length: {len(body)}", *lines) + body


@asynccontextmanager
async def selling(market: TestMarket) -> AsyncIterator[tuple[Wire, Person, str]]:
    """A wire, a bidder whom the process knows, and a live auction."""
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    assert (await alice.get("/v1/users/me")).is_success
    async with wire(market) as connection:
        yield connection, alice, auction["id"]


async def test_requests_sent_without_waiting_are_answered_in_order(market: TestMarket) -> None:
    async with selling(market) as (connection, alice, auction):
        other = f"GET /v1/auctions/{auction} HTTP/1.1\r\nHost: here\r\n\r\n".encode()
        connection.send(bid(alice, auction, 900), bid(alice, auction, 1000), other, bid(alice, auction, 800), other)
        answers = [await connection.answer() for _ in range(5)]
        assert [status for status, _, _ in answers] == [409, 201, 200, 409, 200]
        assert answers[1][2]["bid"]["amount"] == 1000
        assert answers[2][2]["current_price"] == 1000


async def test_a_body_may_come_late_in_pieces_or_in_chunks(market: TestMarket) -> None:
    async with selling(market) as (connection, alice, auction):
        whole = bid(alice, auction, 900)
        for begin in range(0, len(whole), 7):
            connection.send(whole[begin : begin + 7])
            await asyncio.sleep(0)
        assert (await connection.answer())[0] == 409
        chunked = b'5\r\n{"amo\r\n9\r\nunt":1000\r\n1\r\n}\r\n0\r\n\r\n'
        connection.send(head(alice, auction, "Transfer-Encoding: chunked"), chunked)
        status, _, told = await connection.answer()
        assert (status, told["bid"]["amount"]) == (201, 1000)


async def test_a_body_that_is_too_large_is_refused_before_it_is_all_here(market: TestMarket) -> None:
    async with selling(market) as (connection, alice, auction):
        size = 10 * MAX_BODY_BYTES
        connection.send(head(alice, auction, f"Content-Length: {size}"), b" " * (MAX_BODY_BYTES + 1))
        status, headers, told = await connection.answer()
        assert (status, told["code"], headers["content-type"]) == (413, "payload_too_large", "application/problem+json")
        # What is left of it is nobody's next request.
        connection.send(b" " * (size - MAX_BODY_BYTES - 1), bid(alice, auction, 900))
        assert (await connection.answer())[0] == 409


async def test_the_connection_ends_when_the_client_asks_for_it(market: TestMarket) -> None:
    async with selling(market) as (connection, alice, auction):
        connection.send(bid(alice, auction, 1000, "Connection: close"))
        status, headers, _ = await connection.answer()
        assert (status, headers["connection"]) == (201, "close")
        assert await connection.ended()
    async with wire(market) as old:
        old.send(bid(alice, auction, 900).replace(b"HTTP/1.1", b"HTTP/1.0"))
        status, headers, _ = await old.answer()
        assert (status, headers["connection"]) == (409, "close")
        assert await old.ended()


async def test_a_client_that_asks_to_continue_is_told_to(market: TestMarket) -> None:
    async with selling(market) as (connection, alice, auction):
        connection.send(head(alice, auction, "Content-Length: 15", "Expect: 100-continue"))
        assert (await connection.answer())[0] == 100
        connection.send(b'{"amount":1000}')
        assert (await connection.answer())[0] == 201


async def test_a_bidder_who_hangs_up_has_bid_all_the_same(market: TestMarket) -> None:
    async with selling(market) as (connection, alice, auction), market.socket() as watcher:
        await watcher.ask(type="subscribe", channel=f"auction:{auction}")
        connection.send(bid(alice, auction, 1000))
        connection.writer.close()
        assert (await watcher.event("bid_placed"))["data"]["current_price"] == 1000
    # Half a request is none.
    async with wire(market) as connection:
        connection.send(bid(alice, auction, 5000)[:-1])
        connection.writer.close()
    async with wire(market) as connection:
        connection.send(bid(alice, auction, 900))
        assert (await connection.answer())[2]["current_price"] == 1000


async def test_who_is_not_known_yet_is_answered_all_the_same(market: TestMarket) -> None:
    seller, alice = await market.sign_up(), await market.sign_up()
    auction = await market.auction(seller)
    async with wire(market) as connection:
        for amount, status in ((1000, 201), (900, 409)):
            connection.send(bid(alice, auction["id"], amount))
            assert (await connection.answer())[0] == status
        connection.send(bid(alice, auction["id"], 2000).replace(alice.token.encode(), b"made-up"))
        assert (await connection.answer())[0] == 401


async def test_pages_of_other_origins_may_read_the_answers(database_url: str, tmp_path: Path) -> None:
    async with (
        served_market(database_url, tmp_path, cors_origins="https://shop.example") as market,
        selling(market) as (connection, alice, auction),
    ):
        for origin in ("https://shop.example", "https://other.example"):
            answers = []
            # As the short cut knows the auction's id and as only the framework does.
            for which in (auction, auction.upper()):
                connection.send(bid(alice, which, 900, f"Origin: {origin}"))
                status, headers, _ = await connection.answer()
                assert status == 409
                answers.append({n: v for n, v in headers.items() if n.startswith("access-") or n == "vary"})
            assert answers[0] == answers[1]
            assert answers[0].get("access-control-allow-origin") == (origin if "shop" in origin else None)


async def test_a_server_that_stops_answers_the_bid_it_has_and_hangs_up(database_url: str, tmp_path: Path) -> None:
    async with served_market(database_url, tmp_path) as market:
        seller, alice = await market.sign_up(), await market.sign_up()
        auction = await market.auction(seller)
        assert (await alice.get("/v1/users/me")).is_success
        address = ("127.0.0.1", int(market.base_url.rpartition(":")[2]))
        connection = Wire(*await asyncio.open_connection(*address))
        whole = bid(alice, auction["id"], 1000)
        connection.send(whole[:-1])
        # The server has the head by the time it has answered somebody else.
        assert (await alice.get("/v1/users/me")).is_success

        async def finish_when_nobody_is_let_in() -> None:
            with pytest.raises(ConnectionError):
                while True:
                    _, writer = await asyncio.open_connection(*address)
                    writer.close()
            connection.send(whole[-1:])

        finishing = asyncio.create_task(finish_when_nobody_is_let_in())
    status, headers, _ = await connection.answer()
    await finishing
    assert (status, headers["connection"]) == (201, "close")
    assert await connection.ended()
    connection.writer.close()
