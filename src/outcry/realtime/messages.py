"""What clients say on the socket (API.md "The socket")."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from outcry.kernel.http import UNREADABLE, AmountMinor

Ref = int | str | None
Key = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[\x20-\x7e]+$")]
ChannelName = Annotated[str, Meta(min_length=1, max_length=100)]


class _Message(msgspec.Struct, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    ref: Ref = None


class Auth(_Message, tag="auth"):
    """Who is speaking."""

    token: Annotated[str, Meta(min_length=1, max_length=4096)]


class Subscribe(_Message, tag="subscribe"):
    """Watch a channel, from a known seq on."""

    channel: ChannelName
    since: Annotated[int, Meta(ge=0)] | None = None


class Unsubscribe(_Message, tag="unsubscribe"):
    """Watch it no more."""

    channel: ChannelName


class PlaceBid(_Message, tag="bid"):
    """As POST /v1/auctions/{id}/bids; `key` is the idempotency key."""

    auction_id: UUID
    amount: AmountMinor | None = None
    max_amount: AmountMinor | None = None
    key: Key | None = None


class SendMessage(_Message, tag="message"):
    """A message in a conversation."""

    conversation_id: UUID
    text: Annotated[str, Meta(min_length=1, max_length=4000)]
    key: Key | None = None


class Ping(_Message, tag="ping"):
    """Are you there, and what time is it?"""


ClientMessage = Auth | Subscribe | Unsubscribe | PlaceBid | SendMessage | Ping
decode_message = msgspec.json.Decoder(ClientMessage).decode


class _Loose(msgspec.Struct):
    ref: Ref = None


_decode_loose = msgspec.json.Decoder(_Loose).decode


def ref_of(text: bytes) -> Ref:
    """The `ref` of a message that is otherwise wrong, so that its sender can tell which it was."""
    try:
        return _decode_loose(text).ref
    except UNREADABLE:
        return None
