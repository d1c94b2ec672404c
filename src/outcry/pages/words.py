"""Prices, times and states in words, for pages without scripts. Pure."""

from datetime import datetime

from outcry.auctions.schemas import AuctionView
from outcry.kernel.money import format_amount

STATUS_WORDS = {
    "live": "Live",
    "scheduled": "Upcoming",
    "awaiting_decision": "Seller decides",
    "sold": "Sold",
    "unsold": "Not sold",
    "cancelled": "Cancelled",
    "ended": "Ended",
}
CONDITION_WORDS = {"new": "New", "refurbished": "Refurbished", "used": "Used"}


def amount_of(view: AuctionView) -> int:
    """The price an auction stands at, in minor units."""
    return view.final_price or view.current_price or view.starting_price


def price_of(view: AuctionView) -> tuple[str, str]:
    """The price an auction stands at, and what it is."""
    if view.final_price is not None:
        return format_amount(view.final_price, view.currency), "sold for"
    if view.current_price is not None:
        words = "highest bid" if view.status != "live" else "current bid"
        return format_amount(view.current_price, view.currency), words
    return format_amount(view.starting_price, view.currency), "starting price"


def bids_of(view: AuctionView) -> str:
    """`1 bid`, `7 bids`."""
    return f"{view.bid_count} bid{'' if view.bid_count == 1 else 's'}"


def time_of(view: AuctionView) -> tuple[str, str]:
    """What comes next in an auction's life, and when; the past when it is over."""
    if view.status == "live" and view.ends_at:
        return "Ends in", span(max(0, _seconds(view.ends_at) - _seconds(view.server_time)))
    if view.status == "scheduled":
        return "Starts", minute(view.starts_at) if view.starts_at else "when the seller goes live"
    return "Ended", minute(view.ends_at) if view.ends_at else "before it began"


def span(seconds: int) -> str:
    """`2 h 5 min`: the two greatest units."""
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3_600:
        return f"{seconds // 60} min {seconds % 60} s"
    if seconds < 86_400:
        return f"{seconds // 3_600} h {seconds % 3_600 // 60} min"
    return f"{seconds // 86_400} d {seconds % 86_400 // 3_600} h"


def minute(instant: str) -> str:
    """`2026-01-31 12:00`, UTC."""
    return instant[:16].replace("T", " ")


def _seconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())
