"""Frames made once and written to many: JSON, WebSocket and server-sent-event framing, and coalescing. Pure."""

import struct
from collections.abc import Sequence
from typing import Any

import msgspec

from outcry.kernel.outbox import StoredEvent

# A coalesced frame names at most this many bids; `seq_from` says that it stands for more.
MAX_MERGED_BIDS = 100
_TEXT_FINAL = 0x81
_short = struct.Struct("!BBH").pack
_long = struct.Struct("!BBQ").pack
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


def websocket_frame(payload: bytes) -> bytes:
    """An unfragmented, unmasked text frame: what a server sends, the same bytes for every watcher."""
    length = len(payload)
    if length < 126:
        return bytes((_TEXT_FINAL, length)) + payload
    if length < 65_536:
        return _short(_TEXT_FINAL, 126, length) + payload
    return _long(_TEXT_FINAL, 127, length) + payload


class FrameBatch:
    """Frames of one channel that go out together; each framing is made at most once."""

    __slots__ = ("_sse", "_websocket", "frames")

    def __init__(self, frames: Sequence[tuple[int | None, str, bytes]]) -> None:
        self.frames = frames
        self._websocket: bytes | None = None
        self._sse: bytes | None = None

    def websocket(self) -> bytes:
        """All frames for a WebSocket, in one piece."""
        if self._websocket is None:
            self._websocket = b"".join([websocket_frame(frame) for _, _, frame in self.frames])
        return self._websocket

    def sse(self) -> bytes:
        """All frames as server-sent events; `id` is the seq, hints have none."""
        if self._sse is None:
            self._sse = b"".join([sse_event(seq, kind, frame) for seq, kind, frame in self.frames])
        return self._sse


def sse_event(seq: int | None, kind: str, frame: bytes) -> bytes:
    """One server-sent event. JSON has no raw line breaks, so one data line is enough."""
    identity = b"" if seq is None else b"id: %d\n" % seq
    return identity + b"event: " + kind.encode() + b"\ndata: " + frame + b"\n\n"


def frames_of(events: Sequence[StoredEvent], wire_channel: str) -> list[tuple[int | None, str, bytes]]:
    """`(seq, type, JSON)` of each event as the wire names its channel."""
    shown: list[tuple[int | None, str, bytes]] = []
    for event in events:
        named = event if event.channel == wire_channel else msgspec.structs.replace(event, channel=wire_channel)
        shown.append((event.seq, event.type, named.frame()))
    return shown


def coalesce(events: Sequence[StoredEvent]) -> list[StoredEvent]:
    """Runs of `bid_placed` become one that stands for all; every other event stays, in order (SPEC RT-5)."""
    merged: list[StoredEvent] = []
    run: list[StoredEvent] = []
    for event in events:
        if event.type == "bid_placed":
            run.append(event)
            continue
        if run:
            merged.append(_merge(run))
            run = []
        merged.append(event)
    if run:
        merged.append(_merge(run))
    return merged


def _merge(run: Sequence[StoredEvent]) -> StoredEvent:
    if len(run) == 1:
        return run[0]
    last = _decode(run[-1].data)
    bids: list[msgspec.Raw] = []
    for event in reversed(run):
        if len(bids) >= MAX_MERGED_BIDS:
            break
        bids.extend(_decode_list(_decode(event.data)["bids"]))
    first = _decode(run[0].data)
    whole: dict[str, Any] = {**last, "bids": bids[:MAX_MERGED_BIDS], "seq_from": first["seq_from"]}
    return msgspec.structs.replace(run[-1], data=_encode(whole))
