"""The load generators read answers by looking for bytes; what they find must be what a parser would."""

import asyncio
import json

import pytest
from bench.fanload import Place, Room, Watcher, WatchOrders, read
from bench.frames import PING, TEXT, ServerFrames, client_frame
from bench.load import BidOrders, Offers
from bench.wsload import BidLoad

EVENT = {
    "type": "bid_placed",
    "channel": "auction:A",
    "seq": 9,
    "id": "0",
    "at": "2026-01-31T12:00:00.250Z",
    "data": {"current_price": 500, "minimum_bid": 600, "seq_from": 7, "bids": []},
}


def orders(**changes: object) -> BidOrders:
    given = {
        "host": "h",
        "port": 1,
        "tokens": [],
        "auctions": ["A"],
        "first_amount": 100,
        "increment": 10,
        "seconds": 1,
    }
    return BidOrders(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 5, 125, 126, 65_535, 65_536])
def test_frames_are_cut_wherever_the_stream_breaks(size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    length = (
        bytes([size])
        if size < 126
        else b"\x7e" + size.to_bytes(2, "big")
        if size < 65_536
        else b"\x7f" + size.to_bytes(8, "big")
    )
    stream = b"\x81" + length + body + b"\x89\x01!"
    frames, found = ServerFrames(), []
    for begin in range(0, len(stream), 1_000):
        found += frames.feed(stream[begin : begin + 1_000])
    assert found == [(TEXT, body), (PING, b"!")]


def test_a_client_frame_is_final_and_masked() -> None:
    frame = client_frame(b"x" * 200)
    assert frame[0] == 0x81
    assert frame[1] == 0x80 | 126
    assert int.from_bytes(frame[2:4], "big") == 200
    assert frame[4:8] == bytes(4)
    assert frame[8:] == b"x" * 200


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_offers_learn_the_minimum_that_an_answer_tells(separators: tuple[str, str]) -> None:
    offers = Offers(orders())
    assert offers.next_bid() == (0, 100)
    answer = json.dumps({"type": "error", "code": "bid_too_low", "minimum_bid": 700}, separators=separators)
    offers.learn(0, answer.encode())
    offers.learn(0, b'{"minimum_bid":30}')
    offers.learn(0, b"{}")
    assert [offers.next_bid()[1] for _ in range(2)] == [700, 710]


def test_socket_answers_are_accepted_refused_or_failed() -> None:
    async def answer(*bodies: str) -> tuple[int, int, int]:
        load = BidLoad(orders(tokens=["t"], rate=1.0))
        load.tally.opens_at, load.tally.closes_at = 0.0, 1e12
        bidder = load._bidders[0]
        for ref, body in enumerate(bodies, start=1):
            bidder.due[ref] = (1.0, 0)
            load.unanswered += 1
            bidder._told((body % ref).encode())
        assert load.unanswered == 0
        return load.tally.accepted, load.tally.refused, load.tally.failed

    bodies = (
        '{"type":"ok","ref":%d,"bid":{},"auction":{"minimum_bid":120}}',
        '{"type":"error","ref":%d,"code":"bid_too_low","minimum_bid":120}',
        '{"code":"already_leading", "ref": %d, "type": "error"}',
        '{"type":"error","ref":%d,"code":"busy"}',
    )
    assert asyncio.run(answer(*bodies)) == (1, 2, 1)


def framed(event: object) -> bytes:
    body = json.dumps(event).encode()
    return b"\x81\x7e" + len(body).to_bytes(2, "big") + body


NEXT_BUT_ONE = {**EVENT, "seq": 12, "data": {**EVENT["data"], "seq_from": 11}}  # type: ignore[dict-item]


def test_a_watcher_notes_last_state_delay_and_gaps() -> None:
    room = Room(WatchOrders("h", 1, 0))
    room.measuring = True
    watcher = Watcher(room, Place({"auction:A": (6, 400)}, b""))
    for event in (EVENT, NEXT_BUT_ONE):
        watcher.received(framed(event))
    assert (watcher.place.last, room.seen.deliveries, room.seen.gaps) == ({"auction:A": (12, 500)}, 2, 1)


def test_watchers_who_hear_the_same_bytes_cut_differently_come_to_the_same_place() -> None:
    room = Room(WatchOrders("h", 1, 0))
    room.measuring = True
    start = Place({"auction:A": (6, 400)}, b"")
    whole, cut, other = (Watcher(room, start) for _ in range(3))
    data = framed(EVENT) + framed(NEXT_BUT_ONE)
    whole.received(data)
    for begin in range(0, len(data), 50):
        cut.received(data[begin : begin + 50])
    assert cut.place is whole.place
    assert (room.seen.deliveries, room.seen.gaps) == (4, 2)
    # A different byte is a different thing to have heard.
    other.received(data.replace(b'"current_price": 500', b'"current_price": 501'))
    assert other.place.last == {"auction:A": (12, 501)}


def test_a_frame_says_when_it_was_decided() -> None:
    told = read(json.dumps(EVENT).encode())
    assert (told.seq_from, told.seq, told.current_price) == (7, 9, 500)
    assert told.at_seconds == 1_769_860_800.25
