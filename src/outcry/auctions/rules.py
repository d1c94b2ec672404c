"""The rules of the English auction as pure functions (SPEC AUC-1 to AUC-6, API.md "Bidding, exactly").

No I/O, no clock, no randomness: `decide(terms, standing, bid, now_us)` says what a bid does. Times are integer
microseconds since the Unix epoch, money integer minor units. The names are the field's: `standing` is how an auction
stands (leader, hidden maximum, price), an `Entry` is one line of its history.
"""

from collections.abc import Hashable, Iterable
from enum import StrEnum
from typing import Literal

import msgspec


class Status(StrEnum):
    """Where an auction is in its life (SPEC AUC-5)."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"
    AWAITING_DECISION = "awaiting_decision"
    SOLD = "sold"
    UNSOLD = "unsold"
    CANCELLED = "cancelled"


class Award(StrEnum):
    """Who says that the highest bid wins (SPEC AUC-6)."""

    AUTOMATIC = "automatic"
    SELLER_DECIDES = "seller_decides"


# The life of an auction. `ended` is the instant between the bell and its outcome; both are one commit. A sale that is
# not paid or called off comes back: to the runner-up's decision, or to unsold.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.SCHEDULED: frozenset({Status.LIVE, Status.CANCELLED}),
    Status.LIVE: frozenset({Status.ENDED, Status.SOLD, Status.CANCELLED}),
    Status.ENDED: frozenset({Status.SOLD, Status.UNSOLD, Status.AWAITING_DECISION}),
    Status.AWAITING_DECISION: frozenset({Status.SOLD, Status.UNSOLD}),
    Status.SOLD: frozenset({Status.AWAITING_DECISION, Status.UNSOLD}),
    Status.UNSOLD: frozenset(),
    Status.CANCELLED: frozenset(),
}

Kind = Literal["bid", "auto", "raise"]
BidderId = Hashable


class Terms(msgspec.Struct, frozen=True):
    """What the seller fixed before the first bid."""

    seller_id: BidderId
    starting_price: int
    bid_increment: int | None
    bands: tuple[tuple[int | None, int], ...]
    reserve_price: int | None = None
    buy_now_price: int | None = None
    award: Award = Award.AUTOMATIC
    snipe_window_us: int = 0
    snipe_extension_us: int = 0
    snipe_limit_us: int | None = None


class Standing(msgspec.Struct, frozen=True, gc=False):
    """How the auction stands. `reserve_met` is True when there is no reserve."""

    status: Status
    leader_id: BidderId | None = None
    leader_max: int = 0
    price: int | None = None
    bid_count: int = 0
    entry_count: int = 0
    ends_at_us: int | None = None
    first_end_us: int | None = None
    extended_count: int = 0
    reserve_met: bool = True


class Bid(msgspec.Struct, frozen=True, gc=False):
    """What a person offers: an amount, a hidden maximum, or both."""

    bidder_id: BidderId
    amount: int | None = None
    max_amount: int | None = None


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One line of the history."""

    seq: int
    kind: Kind
    bidder_id: BidderId
    amount: int
    max_amount: int


class StandingBid(msgspec.Struct, frozen=True, gc=False):
    """A bid or raise that was not retracted, as it was offered; what `replay` takes."""

    kind: Kind
    bidder_id: BidderId
    amount: int | None
    max_amount: int | None
    placed_us: int


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """Why a bid is not accepted; `code` is the contract's."""

    code: str
    minimum_bid: int | None = None
    current_price: int | None = None
    status: str | None = None


class Acceptance(msgspec.Struct, frozen=True, gc=False):
    """What an accepted bid does: the new standing and the new history entries, the bidder's own among them."""

    standing: Standing
    own: Entry
    entries: tuple[Entry, ...]


def increment(terms: Terms, price: int) -> int:
    """The step above `price`: the auction's own, or its band's."""
    if terms.bid_increment is not None:
        return terms.bid_increment
    for below, step in terms.bands:
        if below is None or price < below:
            return step
    raise ValueError("the last band must have no upper bound")


def minimum_bid(terms: Terms, standing: Standing) -> int:
    """The least amount that one who is not leading may bid."""
    price = standing.price
    return terms.starting_price if price is None else price + increment(terms, price)


def buy_now_offered(terms: Terms, standing: Standing) -> bool:
    """Buy-now is there while there is no bid or, with a reserve, while the reserve is not met (SPEC AUC-1)."""
    if terms.buy_now_price is None or standing.status is not Status.LIVE:
        return False
    if terms.reserve_price is not None:
        return not standing.reserve_met
    return standing.leader_id is None


def decide(
    terms: Terms,
    standing: Standing,
    bid: Bid,
    now_us: int,
    *,
    suspended: bool = False,
    blocked: bool = False,
) -> Acceptance | Refusal:
    """What the bid does at `now_us`. Refusals name the rule and, where it helps, the minimum now acceptable."""
    ends_at_us = standing.ends_at_us
    if standing.status is not Status.LIVE:
        return Refusal("auction_not_live", status=standing.status.value)
    if ends_at_us is None or now_us >= ends_at_us:
        # Due but not yet closed: the bell has rung by the clock, whoever writes it down.
        return Refusal("auction_not_live", status=Status.ENDED.value)
    bidder_id = bid.bidder_id
    if bidder_id == terms.seller_id:
        return Refusal("own_auction")
    if suspended:
        return Refusal("bidder_suspended")
    if blocked:
        return Refusal("blocked_by_seller")
    amount, maximum = bid.amount, bid.max_amount
    if (amount is None and maximum is None) or (amount is not None and maximum is not None and maximum < amount):
        return Refusal("invalid_input")
    if bidder_id == standing.leader_id:
        return _raise_maximum(terms, standing, bid, now_us)
    minimum = minimum_bid(terms, standing)
    if amount is None:
        amount = minimum
    if maximum is None:
        maximum = amount
    if amount < minimum or maximum < minimum:
        return Refusal("bid_too_low", minimum_bid=minimum, current_price=standing.price)
    leader_id, price, entries = _contest(terms, standing, bidder_id, amount, maximum)
    leads = leader_id == bidder_id
    own = entries[-1] if leads else entries[0]
    ends_at_us, extended_count = _extended(terms, standing, now_us)
    return Acceptance(
        Standing(
            standing.status,
            leader_id,
            maximum if leads else standing.leader_max,
            price,
            standing.bid_count + 1,
            standing.entry_count + len(entries),
            ends_at_us,
            standing.first_end_us,
            extended_count,
            standing.reserve_met or price >= (terms.reserve_price or 0),
        ),
        own,
        entries,
    )


def _contest(
    terms: Terms, standing: Standing, bidder_id: BidderId, amount: int, maximum: int
) -> tuple[BidderId, int, tuple[Entry, ...]]:
    """A challenger against the leader's hidden maximum: who leads, at what price, and the entries."""
    seq = standing.entry_count + 1
    leader_id, leader_max = standing.leader_id, standing.leader_max
    if leader_id is None:
        price = _lifted_to_reserve(terms, standing, amount, maximum)
        return bidder_id, price, (Entry(seq, "bid", bidder_id, price, maximum),)
    if maximum > leader_max:
        price = max(amount, min(maximum, leader_max + increment(terms, leader_max)))
        price = _lifted_to_reserve(terms, standing, price, maximum)
        if standing.price is not None and leader_max > standing.price:
            return (
                bidder_id,
                price,
                (
                    Entry(seq, "auto", leader_id, leader_max, leader_max),
                    Entry(seq + 1, "bid", bidder_id, price, maximum),
                ),
            )
        return bidder_id, price, (Entry(seq, "bid", bidder_id, price, maximum),)
    price = min(leader_max, maximum + increment(terms, maximum))
    challenge = Entry(seq, "bid", bidder_id, maximum, maximum)
    if price == maximum:
        return leader_id, price, (challenge,)
    return leader_id, price, (challenge, Entry(seq + 1, "auto", leader_id, price, leader_max))


def _raise_maximum(terms: Terms, standing: Standing, bid: Bid, now_us: int) -> Acceptance | Refusal:
    """The leader raises the hidden maximum; the price moves only when an unmet reserve needs it."""
    maximum = bid.max_amount if bid.max_amount is not None else bid.amount
    price = standing.price
    assert maximum is not None
    assert price is not None
    if maximum <= standing.leader_max:
        return Refusal("already_leading", minimum_bid=minimum_bid(terms, standing), current_price=price)
    seq = standing.entry_count + 1
    own = Entry(seq, "raise", bid.bidder_id, price, maximum)
    lifted = _lifted_to_reserve(terms, standing, price, maximum)
    entries = (own,) if lifted == price else (own, Entry(seq + 1, "auto", bid.bidder_id, lifted, maximum))
    ends_at_us, extended_count = _extended(terms, standing, now_us)
    return Acceptance(
        Standing(
            standing.status,
            standing.leader_id,
            maximum,
            lifted,
            standing.bid_count,
            standing.entry_count + len(entries),
            ends_at_us,
            standing.first_end_us,
            extended_count,
            standing.reserve_met or lifted >= (terms.reserve_price or 0),
        ),
        own,
        entries,
    )


def _lifted_to_reserve(terms: Terms, standing: Standing, price: int, maximum: int) -> int:
    """When the leader's maximum reaches an unmet reserve, the price becomes at least the reserve."""
    reserve = terms.reserve_price
    if reserve is None or standing.reserve_met or maximum < reserve:
        return price
    return max(price, reserve)


def _extended(terms: Terms, standing: Standing, now_us: int) -> tuple[int | None, int]:
    """Anti-sniping (SPEC AUC-4): the end and the count of extensions after an accepted bid at `now_us`."""
    ends_at_us = standing.ends_at_us
    if ends_at_us is None or ends_at_us - now_us >= terms.snipe_window_us:
        return ends_at_us, standing.extended_count
    later = now_us + terms.snipe_extension_us
    if terms.snipe_limit_us is not None and standing.first_end_us is not None:
        later = min(later, standing.first_end_us + terms.snipe_limit_us)
    if later <= ends_at_us:
        return ends_at_us, standing.extended_count
    return later, standing.extended_count + 1


def close(terms: Terms, standing: Standing) -> Status:
    """The outcome when time is up (SPEC AUC-5, AUC-6)."""
    if standing.leader_id is None:
        return Status.UNSOLD
    if not standing.reserve_met or terms.award is Award.SELLER_DECIDES:
        return Status.AWAITING_DECISION
    return Status.SOLD


def replay(terms: Terms, standing: Standing, bids: Iterable[StandingBid]) -> Standing:
    """The standing that the remaining bids give, in order (SPEC AUC-8).

    Granted extensions stay, and the history's numbering goes on: only leader, maximum, price, counts and the
    reserve are computed anew. A raise whose owner does not lead in the replay is an ordinary challenge.
    """
    reserve = terms.reserve_price
    leader_id: BidderId | None = None
    leader_max, bid_count = 0, 0
    price: int | None = None
    reserve_met = reserve is None
    for bid in bids:
        bid_count += bid.kind == "bid"
        now = Standing(Status.LIVE, leader_id, leader_max, price, reserve_met=reserve_met)
        offered = bid.max_amount if bid.max_amount is not None else bid.amount
        assert offered is not None
        if bid.bidder_id == leader_id and price is not None:
            if offered > leader_max:
                leader_max = offered
                price = _lifted_to_reserve(terms, now, price, leader_max)
        else:
            minimum = minimum_bid(terms, now)
            amount = offered if bid.kind == "raise" else bid.amount if bid.amount is not None else minimum
            if offered < minimum:
                continue
            leader_id, price, _ = _contest(terms, now, bid.bidder_id, max(amount, minimum), offered)
            leader_max = offered if leader_id == bid.bidder_id else leader_max
        reserve_met = reserve is None or price >= reserve
    return msgspec.structs.replace(
        standing,
        leader_id=leader_id,
        leader_max=leader_max,
        price=price,
        bid_count=bid_count,
        reserve_met=reserve_met,
    )
