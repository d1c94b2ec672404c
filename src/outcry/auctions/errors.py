"""Refusals of auctions as problem documents (API.md "Auctions")."""

from outcry.auctions.rules import Refusal
from outcry.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound, OutcryError


class AuctionNotFound(NotFound):
    """No auction of that id."""

    title = "There is no such auction"


class AuctionsOpen(Conflict):
    """An account is not deleted while it sells or leads; the detail says what to do."""

    code = "auctions_open"
    title = "There are auctions under way"


class BidTooLow(Conflict):
    """Below the minimum now acceptable, which `minimum_bid` tells."""

    code = "bid_too_low"
    title = "The bid is below the minimum"


class AuctionNotLive(Conflict):
    """Not open for bids; `status` tells where it is."""

    code = "auction_not_live"
    title = "The auction is not live"


class OwnAuction(Forbidden):
    """Sellers do not bid on what they sell."""

    code = "own_auction"
    title = "This is your own auction"


class AlreadyLeading(Conflict):
    """The leader's bid that raises nothing."""

    code = "already_leading"
    title = "You are already leading"


class BidderSuspended(Forbidden):
    """A suspended person may not bid."""

    code = "bidder_suspended"
    title = "Your account is suspended"


class BlockedBySeller(Forbidden):
    """The seller does not sell to this person."""

    code = "blocked_by_seller"
    title = "The seller has blocked you"


class BuyNowGone(Conflict):
    """Buy-now is no longer, or never was, offered."""

    code = "buy_now_not_offered"
    title = "Buy-now is not offered"


class WrongState(Conflict):
    """The auction's `status` does not allow this."""

    code = "wrong_auction_status"
    title = "The auction's status does not allow this"


class AuctionHasBids(Conflict):
    """A seller cannot call off an auction that somebody has bid on."""

    code = "auction_has_bids"
    title = "Somebody has already bid"


class ListingNotForAuction(Conflict):
    """The listing is not sold by auction, not active, or already in one."""

    code = "listing_not_for_auction"
    title = "This listing cannot be auctioned now"


class CounterOfferNotFound(NotFound):
    """No counter-offer of that id that is this person's to answer."""

    title = "There is no such counter-offer"


class CounterOfferClosed(Conflict):
    """It was answered or has expired."""

    code = "counter_offer_closed"
    title = "This counter-offer is closed"


class BidNotFound(NotFound):
    """No such bid of this person."""

    title = "There is no such bid of yours"


class RetractionNotAllowed(Conflict):
    """Outside the market's window for retraction (SPEC AUC-8)."""

    code = "retraction_not_allowed"
    title = "This bid can no longer be retracted"


_REFUSALS: dict[str, type[OutcryError]] = {
    "bid_too_low": BidTooLow,
    "auction_not_live": AuctionNotLive,
    "own_auction": OwnAuction,
    "already_leading": AlreadyLeading,
    "bidder_suspended": BidderSuspended,
    "blocked_by_seller": BlockedBySeller,
}


def refusal_error(refusal: Refusal) -> OutcryError:
    """The error that tells a bidder of `refusal`."""
    if refusal.code == "invalid_input":
        return InvalidInput(("/max_amount", "must be given, and not below amount"))
    kind = _REFUSALS[refusal.code]
    if refusal.minimum_bid is not None:
        detail = f"The least you can bid now is {refusal.minimum_bid}" if kind is BidTooLow else None
        return kind(detail, minimum_bid=refusal.minimum_bid, current_price=refusal.current_price)
    if refusal.status is not None:
        # A problem document's own `status` is the HTTP status; the socket, which has none, shows this as `status`.
        return kind(auction_status=refusal.status)
    return kind()
