"""One client's side of the socket: what it may say and what it is told, whatever carries the frames.

The carrier (protocol.py) gives whole text messages in and takes ready WebSocket frames out.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

import msgspec

from outcry.auctions.batch import BidAnswer
from outcry.auctions.service import AuctionService
from outcry.identity.authentication import Authentication
from outcry.kernel.access import Principal
from outcry.kernel.errors import Forbidden, InvalidInput, NotFound, OutcryError, Unauthenticated
from outcry.kernel.http import UNREADABLE
from outcry.kernel.outbox import StoredEvent
from outcry.kernel.settings import Settings
from outcry.kernel.times import rfc3339, utc_now
from outcry.realtime.frames import FrameBatch, frames_of, websocket_frame
from outcry.realtime.hub import Hub
from outcry.realtime.messages import (
    Auth,
    Ping,
    PlaceBid,
    Ref,
    SendMessage,
    Subscribe,
    Unsubscribe,
    decode_message,
    ref_of,
)
from outcry.realtime.ports import Snapshot
from outcry.realtime.turn import Outlet

CLOSE_BAD_TOKEN = 4401
CLOSE_TOO_SLOW = 4408
CLOSE_TOO_MANY = 4429
CLOSE_TOO_BIG = 1009
# A client that is behind gets this long to read what it has been sent.
DRAIN_SECONDS = 10.0

_encode = msgspec.json.Encoder().encode
_log = logging.getLogger("outcry.realtime")


class Carrier(Protocol):
    """The connection under a conversation."""

    def close_with(self, code: int, reason: str) -> None:
        """Close with a WebSocket close code."""
        ...


class LiveParts(msgspec.Struct, frozen=True):
    """What conversations of a process share."""

    hub: Hub
    auctions: AuctionService
    authentication: Authentication
    settings: Settings


class Conversation:
    """The state of one client."""

    # A fan-out walks over thousands of them, and each is kept small for those who only watch.
    __slots__ = (
        "_carrier", "_channels", "_closed", "_drain_timer", "_frames_a_second", "_frames_left", "_limit_bytes",
        "_outlet", "_parts", "_principal", "_stale", "_tasks", "_token", "_window_ends_at",
    )  # fmt: skip

    def __init__(self, parts: LiveParts, carrier: Carrier, outlet: Outlet) -> None:
        self._parts = parts
        self._carrier = carrier
        self._outlet = outlet
        self._principal: Principal | None = None
        self._token: str | None = None
        self._channels: set[str] = set()
        self._stale: set[str] = set()
        self._drain_timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        settings = parts.settings
        self._limit_bytes = settings.socket_buffer_bytes
        self._frames_left = self._frames_a_second = (
            settings.socket_frames_per_second if settings.rate_limits == "on" else 1 << 60
        )
        self._window_ends_at = 0.0

    # -- in --------------------------------------------------------------------------------------------------

    def heard(self, text: bytes) -> None:
        """A whole text message from the client."""
        now = asyncio.get_running_loop().time()
        if now > self._window_ends_at:
            self._window_ends_at, self._frames_left = now + 1.0, self._frames_a_second
        self._frames_left -= 1
        if self._frames_left < 0:
            self.close(CLOSE_TOO_MANY, "too many frames")
            return
        try:
            message = decode_message(text)
        except UNREADABLE as wrong:
            field = _field_in(str(wrong))
            self._refuse(ref_of(text), InvalidInput((field, str(wrong))))
            return
        if isinstance(message, PlaceBid):
            self._bid(message)
        elif isinstance(message, Ping):
            self._say({"type": "pong", "ref": message.ref, "server_time": rfc3339(utc_now())})
        elif isinstance(message, Subscribe):
            self._run(self._subscribe(message.channel, message.since, message.ref))
        elif isinstance(message, Unsubscribe):
            self._unsubscribe(message.channel)
            self._say({"type": "ok", "ref": message.ref})
        elif isinstance(message, Auth):
            self._run(self._authenticate(message))
        else:
            assert isinstance(message, SendMessage)
            self._refuse(message.ref, NotFound("There is no such conversation"))

    async def _authenticate(self, message: Auth) -> None:
        try:
            principal = await self._parts.authentication.principal(message.token)
        except Unauthenticated as refusal:
            self._refuse(message.ref, refusal)
            self.close(CLOSE_BAD_TOKEN, "bad token")
            return
        if self._principal is not None and self._principal.user_id != principal.user_id:
            self._refuse(message.ref, Forbidden("This socket belongs to somebody else; open another"))
            return
        self._principal, self._token = principal, message.token
        self._say({"type": "ok", "ref": message.ref, "user_id": str(principal.user_id)})

    def _bid(self, message: PlaceBid) -> None:
        token = self._token
        if token is None:
            self._refuse(message.ref, Unauthenticated("Send auth first"))
            return
        principal = self._parts.authentication.known(token)
        if principal is None:
            self._run(self._bid_after_look(token, message))
        else:
            self._place(principal, message)

    async def _bid_after_look(self, token: str, message: PlaceBid) -> None:
        """The token was not seen for a few seconds: look whether it is still good."""
        try:
            self._place(await self._parts.authentication.principal(token), message)
        except Unauthenticated as refusal:
            self._token = None
            self._refuse(message.ref, refusal)

    def _place(self, principal: Principal, message: PlaceBid) -> None:
        amount, maximum = message.amount, message.max_amount
        if amount is None and maximum is None:
            self._refuse(message.ref, InvalidInput(("/amount", "give amount, max_amount, or both")))
            return
        if amount is not None and maximum is not None and maximum < amount:
            self._refuse(message.ref, InvalidInput(("/max_amount", "must not be below amount")))
            return
        ref = message.ref

        def done(answer: BidAnswer | OutcryError) -> None:
            if isinstance(answer, OutcryError):
                self._refuse(ref, answer)
                return
            replayed = b',"replayed":true' if answer.replayed else b""
            self._write(
                b'{"type":"ok","ref":%b,"bid":%b,"auction":%b%b}'
                % (_ref_json(ref), answer.bid_json, answer.auction_json, replayed)
            )

        self._parts.auctions.place_bid_nowait(principal, message.auction_id, amount, maximum, message.key, done)

    # -- channels --------------------------------------------------------------------------------------------

    async def _subscribe(self, wire: str, since: int | None, ref: Ref) -> None:
        if wire not in self._channels and len(self._channels) >= self._parts.settings.socket_subscriptions:
            limit = self._parts.settings.socket_subscriptions
            self._refuse(ref, InvalidInput(("/channel", f"a socket can watch at most {limit} channels")))
            return
        if wire == "user" and self._principal is None:
            self._refuse(ref, Unauthenticated("Send auth first"))
            return
        # Subscribing again starts over: whatever was on its way to the old subscription ends here.
        self._leave(wire)

        def begin(snapshot: Snapshot | None, missed: Sequence[StoredEvent], seq: int) -> None:
            if snapshot is not None:
                self._write(
                    b'{"type":"snapshot","channel":"%b","seq":%d,"data":%b,"ref":%b}'
                    % (wire.encode(), snapshot.seq, snapshot.data, _ref_json(ref))
                )
            for _, _, frame in frames_of(missed, wire):
                self._write(frame)
            if snapshot is None:
                self._say({"type": "ok", "ref": ref, "seq": seq})
            self._channels.add(wire)

        try:
            await self._parts.hub.subscribe(self, wire, self._principal, since=since, begin=begin)
        except OutcryError as refusal:
            self._refuse(ref, refusal)
        if self._closed:
            self._leave(wire)

    def _unsubscribe(self, wire: str) -> None:
        self._leave(wire)

    def _leave(self, wire: str) -> None:
        self._channels.discard(wire)
        self._stale.discard(wire)
        self._parts.hub.unsubscribe(self, wire, self._principal)

    def deliver(self, channel: str, batch: FrameBatch) -> None:
        """From the hub: written at once, or left out when the client is behind (SPEC RT-5)."""
        if channel in self._stale:
            return
        if not self._outlet.write_within(self._limit_bytes, batch.websocket()):
            self._fall_behind(channel)

    def resync(self, channel: str) -> None:
        """From the hub: the channel has a hole; start it over."""
        self._run(self._subscribe(channel, None, None))

    def _fall_behind(self, channel: str) -> None:
        self._stale.add(channel)
        self._parts.hub.slow_watchers += 1
        if self._drain_timer is None:
            loop = asyncio.get_running_loop()
            self._drain_timer = loop.call_later(DRAIN_SECONDS, self.close, CLOSE_TOO_SLOW, "too slow")

    def drained(self) -> None:
        """From the carrier: the client has read what it was sent; it starts over where it was cut off."""
        if not self._stale or self._closed:
            return
        if self._drain_timer is not None:
            self._drain_timer.cancel()
            self._drain_timer = None
        stale, self._stale = self._stale, set()
        for wire in stale:
            self._run(self._subscribe(wire, None, None))

    # -- out -------------------------------------------------------------------------------------------------

    def _say(self, message: dict[str, Any]) -> None:
        self._write(_encode(message))

    def _refuse(self, ref: Ref, error: OutcryError) -> None:
        members = dict(error.members)
        if "auction_status" in members:
            members["status"] = members.pop("auction_status")
        self._say({"type": "error", "ref": ref, "code": error.code, "detail": error.detail, **members})

    def _write(self, payload: bytes) -> None:
        if not self._closed:
            self._outlet.write(websocket_frame(payload))

    def close(self, code: int, reason: str) -> None:
        """End the conversation with a close code."""
        if not self._closed:
            self._carrier.close_with(code, reason)
            self.ended()

    def ended(self) -> None:
        """The connection is gone: leave every channel."""
        if self._closed:
            return
        self._closed = True
        if self._drain_timer is not None:
            self._drain_timer.cancel()
        for wire in tuple(self._channels):
            self._leave(wire)
        for task in tuple(self._tasks):
            task.cancel()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a socket's request failed", exc_info=task.exception())
            self.close(1011, "internal error")


def _ref_json(ref: Ref) -> bytes:
    return b"%d" % ref if type(ref) is int else _encode(ref)


def _field_in(message: str) -> str:
    """msgspec names the place as `$.path`, or the field in its words."""
    parts = message.split("`")
    named = [part for part in parts[1::2] if part.startswith("$.")] or parts[-2:-1]
    return "/" + named[-1].removeprefix("$.").replace(".", "/") if named and named[-1] != "$" else ""
