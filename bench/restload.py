"""`python -m bench.restload`: bids over HTTP/1.1 keep-alive, one bidder a connection; orders as `bench.load` says."""

import asyncio
import itertools
import time
from collections import deque
from typing import Literal

import msgspec
import uvloop

from bench.load import (
    REFUSALS,
    BidOrders,
    Offers,
    Tally,
    connected,
    drained,
    next_line,
    poisson,
    raise_file_limit,
    read_orders,
    say,
)
from bench.stats import Figures

_LENGTH = b"content-length:"
_CREATED = b"201"


class Bidder(asyncio.Protocol):
    """One connection with one request out at a time."""

    def __init__(self, number: int, load: "BidLoad") -> None:
        self._number = number
        self._load = load
        self._requests = itertools.count(1)
        self._rest = b""
        self._due: tuple[float, int] | None = None
        self._transport: asyncio.WriteTransport | None = None
        orders = load.orders
        self._head_end = (
            f" HTTP/1.1\r\nHost: {orders.host}:{orders.port}\r\nAuthorization: Bearer {orders.tokens[number]}\r\n"
            "Content-Type: application/json\r\nIdempotency-Key: "
        ).encode()

    async def connect(self) -> None:
        """Open the connection."""
        orders = self._load.orders
        await asyncio.get_running_loop().create_connection(lambda: self, orders.host, orders.port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def bid(self, due_at: float) -> None:
        """Send the next bid."""
        assert self._transport is not None
        load = self._load
        auction, amount = load.offers.next_bid()
        self._due = (due_at, auction)
        body = b'{"amount":%d}' % amount
        self._transport.write(
            b"POST /v1/auctions/%b/bids%b%b-%d-%d\r\nContent-Length: %d\r\n\r\n%b"
            % (load.auctions[auction], self._head_end, load.run, self._number, next(self._requests), len(body), body)
        )

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
            self._rest = b""
        head_end = data.find(b"\r\n\r\n")
        if head_end < 0:
            self._rest = data
            return
        head = data[:head_end].lower()
        found = head.find(_LENGTH)
        if found < 0:
            raise ValueError(f"an answer without a length: {head!r}")
        length = int(head[found + len(_LENGTH) :].split(b"\r\n", 1)[0])
        body = data[head_end + 4 :]
        if len(body) < length:
            self._rest = data
            return
        assert self._due is not None
        due, self._due = self._due, None
        self._load.answered(self, *due, data[9:12] == _CREATED, body)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._due is not None:
            self._load.tally.answered(self._due[0], "failed", str(exc or "connection closed").encode())
            self._load.unanswered -= 1

    def close(self) -> None:
        """Hang up."""
        self._due = None
        if self._transport is not None:
            self._transport.close()


class BidLoad:
    """All connections of this process."""

    def __init__(self, orders: BidOrders) -> None:
        self.orders = orders
        self.auctions = [auction.encode() for auction in orders.auctions]
        self.offers = Offers(orders)
        self.tally = Tally()
        self.unanswered = 0
        # A key that no earlier run used.
        self.run = f"{time.time_ns():x}".encode()
        self._bidders = [Bidder(number, self) for number in range(len(orders.tokens))]
        self._free = deque(self._bidders)
        self._queued: deque[float] = deque()

    async def connect(self) -> None:
        """Open every connection."""
        await connected([bidder.connect for bidder in self._bidders])

    async def run_closed(self) -> Figures:
        """Every bidder has one bid out all the time."""
        self.tally.begin(self.orders)
        self._free.clear()
        for bidder in self._bidders:
            self.unanswered += 1
            bidder.bid(time.perf_counter())
        await asyncio.sleep(self.tally.closes_at - time.perf_counter())
        await drained(lambda: self.unanswered)
        return self.tally.figures(self.orders.seconds)

    async def run_open(self) -> Figures:
        """Bids at Poisson times from whoever is free; when nobody is, they wait, and the waiting counts."""
        self.tally.begin(self.orders)
        seconds = await poisson(self.orders, self.tally, self._send, lambda: self.unanswered)
        return self.tally.figures(seconds)

    def _send(self, due_at: float) -> None:
        self.unanswered += 1
        if self._free:
            self._free.popleft().bid(due_at)
        else:
            self._queued.append(due_at)

    def answered(self, bidder: Bidder, due_at: float, auction: int, accepted: bool, body: bytes) -> None:
        """Count an answer, learn from it, and let the bidder bid again."""
        self.unanswered -= 1
        outcome: Literal["accepted", "refused", "failed"] = "accepted"
        if not accepted:
            outcome = "refused" if any(code in body for code in REFUSALS) else "failed"
        self.tally.answered(due_at, outcome, body)
        self.offers.learn(auction, body)
        if self.orders.rate is not None:
            if self._queued:
                bidder.bid(self._queued.popleft())
            else:
                self._free.append(bidder)
            return
        now = time.perf_counter()
        if now >= self.tally.closes_at:
            return
        self.unanswered += 1
        if outcome == "failed":
            # Somebody who is turned away does not come back in the same microsecond.
            asyncio.get_running_loop().call_later(0.01, lambda: bidder.bid(time.perf_counter()))
        else:
            bidder.bid(now)

    def close(self) -> None:
        """Hang up everywhere."""
        for bidder in self._bidders:
            bidder.close()


async def _main() -> None:
    raise_file_limit()
    load = BidLoad(read_orders(BidOrders))
    await load.connect()
    say("connected")
    await next_line()
    figures = await (load.run_closed() if load.orders.rate is None else load.run_open())
    load.close()
    say(msgspec.json.encode(figures).decode())


if __name__ == "__main__":
    uvloop.run(_main())
