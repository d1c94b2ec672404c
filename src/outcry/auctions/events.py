"""What auctions tell the world (API.md "The socket"): on `auction:ID` for all, on `user:ID` for one."""

from typing import Any
from uuid import UUID

from outcry.auctions.book import Book, alias_of
from outcry.auctions.schemas import AuctionView, BidView


def auction_channel(auction_id: UUID) -> str:
    """The channel of an auction's watchers."""
    return f"auction:{auction_id}"


def user_channel(user_id: UUID) -> str:
    """A person's own channel; on the wire it is named `user`."""
    return f"user:{user_id}"


def bid_placed(view: AuctionView, bids: list[BidView], seq: int) -> dict[str, Any]:
    """What changed by the bids of one batch; when coalesced, one stands for `seq_from..seq`."""
    return {
        "current_price": view.current_price,
        "minimum_bid": view.minimum_bid,
        "bid_increment": view.bid_increment,
        "bid_count": view.bid_count,
        "bidder_count": view.bidder_count,
        "leader": view.leader,
        "reserve_met": view.reserve_met,
        "buy_now_price": view.buy_now_price,
        "bids": bids,
        "ends_at": view.ends_at,
        "extended_count": view.extended_count,
        "seq_from": seq,
        "server_time": view.server_time,
    }


def auction_extended(view: AuctionView) -> dict[str, Any]:
    """The end moved later (SPEC AUC-4)."""
    return {"ends_at": view.ends_at, "extended_count": view.extended_count, "server_time": view.server_time}


def outbid(book: Book, view: AuctionView, your_max: int) -> dict[str, Any]:
    """To the one who led before, with its own maximum."""
    return {
        "auction_id": book.id,
        "listing_id": book.listing_id,
        "currency": book.currency,
        "current_price": view.current_price,
        "minimum_bid": view.minimum_bid,
        "max_amount": your_max,
        "ends_at": view.ends_at,
        "leader": {"alias": alias_of(book.leader_ordinal)} if book.leader_ordinal else None,
    }
