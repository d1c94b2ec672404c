"""`python -m bench.wsload`: bids over WebSockets, one bidder a connection; orders and answers as `bench.load` says."""

import asyncio
import itertools
import time
from typing import Literal

import msgspec
import uvloop

from bench.frames import CLOSE, PING, PONG, TEXT, ServerFrames, Socket, client_frame, open_socket
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

_OK, _ERROR, _REF = b'{"type":"ok"', b'{"type":"error"', b'"ref":'


class _Answer(msgspec.Struct):
    type: str
    ref: int | None = None


_decode = msgspec.json.Decoder(_Answer).decode


class Bidder:
    """One connection. In the closed loop it answers an answer with its next bid, at once."""

    def __init__(self, number: int, load: "BidLoad") -> None:
        self._number = number
        self._load = load
        self._frames = ServerFrames()
        self._socket: Socket | None = None
        self._authenticated: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._bids = itertools.count(1)
        self.due: dict[int, tuple[float, int]] = {}

    async def connect(self) -> None:
        """Open the socket and sign in."""
        orders = self._load.orders
        self._socket = await open_socket(orders.host, orders.port)
        self._socket.received = self._received
        self._socket.lost = self._lost
        token = orders.tokens[self._number]
        self._socket.write(client_frame(msgspec.json.encode({"type": "auth", "token": token, "ref": 0})))
        await self._authenticated

    def bid(self, due_at: float) -> None:
        """Send the next bid."""
        assert self._socket is not None
        load, ref = self._load, next(self._bids)
        auction, amount = load.offers.next_bid()
        self.due[ref] = (due_at, auction)
        load.unanswered += 1
        self._socket.write(
            client_frame(
                b'{"type":"bid","auction_id":"%b","amount":%d,"key":"%b-%d-%d","ref":%d}'
                % (load.auctions[auction], amount, load.run, self._number, ref, ref)
            )
        )

    def _received(self, data: bytes) -> None:
        for opcode, body in self._frames.feed(data):
            if opcode == TEXT:
                self._told(body)
            elif opcode == PING:
                self._socket.write(client_frame(body, PONG))  # type: ignore[union-attr]
            elif opcode == CLOSE:
                self._lost(f"closed with {body[:100]!r}")

    def _told(self, body: bytes) -> None:
        found = body.find(_REF, 0, 64)
        if found >= 0 and (body.startswith(_OK) or body.startswith(_ERROR)):
            end = found = found + len(_REF)
            while 0x30 <= body[end] <= 0x39:
                end += 1
            ref, accepted = int(body[found:end] or b"0"), body.startswith(_OK)
        else:
            answer = _decode(body)
            if answer.ref is None or answer.type not in ("ok", "error"):
                return
            ref, accepted = answer.ref, answer.type == "ok"
        if ref == 0:
            self._signed_in(accepted, body)
            return
        due_at, auction = self.due.pop(ref)
        self._load.answered(self, due_at, auction, accepted, body)

    def _signed_in(self, accepted: bool, body: bytes) -> None:
        if accepted:
            self._authenticated.set_result(None)
        else:
            self._authenticated.set_exception(ConnectionError(f"not signed in: {body[:200]!r}"))

    def _lost(self, why: str) -> None:
        if not self._authenticated.done():
            self._authenticated.set_exception(ConnectionError(why))
        for due_at, _ in self.due.values():
            self._load.tally.answered(due_at, "failed", why.encode())
        self._load.unanswered -= len(self.due)
        self.due.clear()

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()


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

    async def connect(self) -> None:
        """Open and sign in every connection."""
        await connected([bidder.connect for bidder in self._bidders])

    async def run_closed(self) -> Figures:
        """Every bidder has one bid out all the time."""
        self.tally.begin(self.orders)
        for bidder in self._bidders:
            bidder.bid(time.perf_counter())
        await asyncio.sleep(self.tally.closes_at - time.perf_counter())
        await drained(lambda: self.unanswered)
        return self.tally.figures(self.orders.seconds)

    async def run_open(self) -> Figures:
        """Bids at Poisson times, from one bidder after the other."""
        self.tally.begin(self.orders)
        turn = itertools.cycle(self._bidders)
        seconds = await poisson(self.orders, self.tally, lambda due_at: next(turn).bid(due_at), lambda: self.unanswered)
        return self.tally.figures(seconds)

    def answered(self, bidder: Bidder, due_at: float, auction: int, accepted: bool, body: bytes) -> None:
        """Count an answer, learn from it, and in the closed loop bid again."""
        self.unanswered -= 1
        outcome: Literal["accepted", "refused", "failed"] = "accepted"
        if not accepted:
            outcome = "refused" if any(code in body for code in REFUSALS) else "failed"
        self.tally.answered(due_at, outcome, body)
        self.offers.learn(auction, body)
        if self.orders.rate is not None:
            return
        now = time.perf_counter()
        if now >= self.tally.closes_at:
            return
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
