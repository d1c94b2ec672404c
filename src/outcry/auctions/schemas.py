"""What auctions look like on the wire (API.md "Auctions")."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from outcry.kernel.http import AmountMinor, Currency, Instant, RequestStruct

_MAX_SECONDS = 366 * 24 * 3600


class LeaderView(msgspec.Struct, frozen=True):
    """Who leads, by alias; `is_you` is absent in broadcasts, where a client knows itself by `you.alias`."""

    alias: str
    is_you: bool | msgspec.UnsetType = msgspec.UNSET


class ListingCard(msgspec.Struct, frozen=True):
    """The listing of an auction in lists."""

    title: str
    category: str
    image_url: str | None = None
    seller_name: str | None = None


class AuctionView(msgspec.Struct, frozen=True, omit_defaults=False):
    """An auction as anyone may see it. Times are the server's; money in minor units of `currency`."""

    id: UUID
    listing_id: UUID
    seller_id: UUID
    format: str
    status: str
    currency: str
    starting_price: int
    current_price: int | None
    minimum_bid: int
    bid_increment: int
    bid_count: int
    bidder_count: int
    leader: LeaderView | None
    reserve_met: bool | None
    buy_now_price: int | None
    starts_at: Instant | None
    ends_at: Instant | None
    extended_count: int
    award: str
    bid_security: str
    deposit_amount: int | None
    seq: int
    server_time: Instant
    anti_snipe: "AntiSnipeView"
    duration_seconds: int
    decide_by: Instant | None = None
    final_price: int | None = None
    cancel_reason: str | None = None
    relisted_from: UUID | None = None
    listing: ListingCard | msgspec.UnsetType = msgspec.UNSET


class AntiSnipeView(msgspec.Struct, frozen=True):
    """The anti-sniping terms, in seconds."""

    window_seconds: int
    extension_seconds: int
    max_extension_seconds: int | None


class BidderView(msgspec.Struct, frozen=True):
    """A bidder by alias; `user_id` for staff only."""

    alias: str
    is_you: bool | msgspec.UnsetType = msgspec.UNSET
    user_id: UUID | msgspec.UnsetType = msgspec.UNSET


class BidView(msgspec.Struct, frozen=True):
    """One entry of the history; `seq` and `max_amount` for its owner and staff only."""

    id: UUID
    auction_id: UUID
    kind: Literal["bid", "auto", "raise"]
    amount: int
    placed_at: Instant
    status: Literal["leading", "outbid", "retracted", "won", "lost"]
    bidder: BidderView
    seq: int | msgspec.UnsetType = msgspec.UNSET
    max_amount: int | msgspec.UnsetType = msgspec.UNSET


class BidAccepted(msgspec.Struct, frozen=True):
    """The answer to a bid: its own entry and the auction after it."""

    bid: BidView
    auction: AuctionView


class YouView(msgspec.Struct, frozen=True):
    """What a signed-in bidder sees of itself in a snapshot."""

    alias: str
    max_amount: int | None
    status: Literal["leading", "outbid", "won", "lost", "watching"]


class MyBidding(msgspec.Struct, frozen=True):
    """An auction one has bid on, with one's own place in it."""

    auction: AuctionView
    you: YouView


class PlaceBid(RequestStruct):
    """A bid: an amount, a hidden maximum, or both."""

    amount: AmountMinor | None = None
    max_amount: AmountMinor | None = None


class AntiSnipe(RequestStruct):
    """A bid in the last `window_seconds` moves the end to its time + `extension_seconds`."""

    window_seconds: Annotated[int, Meta(ge=0, le=86_400)]
    extension_seconds: Annotated[int, Meta(ge=0, le=86_400)]
    max_extension_seconds: Annotated[int, Meta(ge=0, le=_MAX_SECONDS)] | None = None


class CreateAuction(RequestStruct):
    """A new auction on one's own listing (SPEC AUC-1)."""

    listing_id: UUID
    starting_price: AmountMinor
    format: Literal["english"] = "english"
    bid_increment: AmountMinor | None = None
    reserve_price: AmountMinor | None = None
    buy_now_price: AmountMinor | None = None
    starts_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})] | None = None
    ends_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})] | None = None
    duration_seconds: Annotated[int, Meta(ge=1, le=_MAX_SECONDS)] | None = None
    award: Literal["automatic", "seller_decides"] = "automatic"
    anti_snipe: AntiSnipe | None = None
    bid_security: Literal["none", "deposit", "full_hold"] = "none"
    deposit_amount: int | None = None


class Decision(RequestStruct):
    """What the seller says when it must decide (SPEC AUC-6)."""

    action: Literal["accept", "reject", "counter"]
    amount: AmountMinor | None = None


class CounterOfferResponse(RequestStruct):
    """What the buyer says to a counter-offer."""

    action: Literal["accept", "reject"]


class CancelAuction(RequestStruct):
    """Why an auction is called off."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)] | None = None


class Relist(RequestStruct):
    """Terms that differ from the ended auction's; what is absent stays as it was."""

    starting_price: AmountMinor | None = None
    reserve_price: AmountMinor | None = None
    buy_now_price: AmountMinor | None = None
    starts_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})] | None = None
    duration_seconds: Annotated[int, Meta(ge=1, le=_MAX_SECONDS)] | None = None


class CounterOfferView(msgspec.Struct, frozen=True):
    """The seller's counter-offer to the highest bidder, or a second chance for the runner-up."""

    id: UUID
    auction_id: UUID
    amount: int
    currency: Currency
    kind: Literal["counter", "second_chance"]
    status: Literal["pending", "accepted", "rejected", "expired"]
    expires_at: Instant
    created_at: Instant


class LiveSessionView(msgspec.Struct, frozen=True):
    """What the seller needs to broadcast; the stream key is shown to nobody else."""

    id: UUID
    auction_id: UUID
    stream_key: str
    started_at: Instant


class WentLive(msgspec.Struct, frozen=True):
    """The answer to go-live."""

    auction: AuctionView
    live_session: LiveSessionView


class Decided(msgspec.Struct, frozen=True):
    """The answer to a seller's decision or a buyer's response."""

    auction: AuctionView
    counter_offer: CounterOfferView | None = None
    order_id: UUID | None = None
