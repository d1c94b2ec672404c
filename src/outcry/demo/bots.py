"""How a bot bids: temperaments as numbers, and one pure decision, `next_move`. The runner is `crowd.Crowd`.

A bot wants a thing up to a private valuation. While there is time it only goes up to a share of it that grows as the
auction runs, so prices climb over the whole length; near the end it comes back faster, and snipers come only then.
"""

import math
import random
from datetime import datetime
from typing import Any

import msgspec

from outcry.demo.world import Temper

FINAL_SECONDS = 45.0
WARM_SECONDS = 240.0
WARM_FACTOR = 2.2
FIRST_BID_FACTOR = 2.5
NERVE_SECONDS = 25.0
CALM_SHARE = 0.42  # of the valuation, at the start of an auction
LATE_SHARE = 0.90  # of the valuation, just before the end
MAX_VALUATION_SPREAD = 0.45
MAX_JUMP_STEPS = 4
FAR_JUMP_SHARE = 0.4  # of the jumps go a good part of the way to the limit
MAX_HESITATION_SECONDS = 3.0


class Temperament(msgspec.Struct, frozen=True):
    """A way of bidding. Rates are bids a minute while outbid; shares are probabilities."""

    calm_rate: float  # while there is time
    final_rate: float  # in the last FINAL_SECONDS
    proxy_share: float  # names a hidden maximum instead of an amount
    jump_share: float  # bids more than it must
    interest_share: float  # of the auctions it looks at at all
    valuation_bias: float  # of what a thing is worth
    nerve: float  # how far beyond its valuation it lets itself be carried at the very end
    late_seconds: float | None = None  # bids only this close to the end


TEMPERAMENTS: dict[Temper, Temperament] = {
    "steady": Temperament(0.8, 6.0, 0.15, 0.25, 0.55, 0.97, 0.03),
    "eager": Temperament(1.6, 9.0, 0.05, 0.45, 0.60, 0.94, 0.10),
    "patient": Temperament(0.4, 2.0, 0.80, 0.15, 0.50, 1.00, 0.00),
    "sniper": Temperament(0.0, 14.0, 0.30, 0.30, 0.55, 1.02, 0.05, late_seconds=16.0),
    "browser": Temperament(0.35, 2.5, 0.10, 0.30, 0.45, 0.80, 0.06),
}


class Glance(msgspec.Struct, frozen=True):
    """What one bidder sees of an auction, with its own valuation; amounts in minor units, times in seconds."""

    minimum_bid: int
    current_price: int | None
    increment: int
    bid_count: int
    left_seconds: float
    length_seconds: float
    leading: bool
    valuation: int

    @property
    def elapsed_share(self) -> float:
        """How much of the auction's length is over, 0 to 1."""
        return min(1.0, max(0.0, 1 - self.left_seconds / self.length_seconds))


class Move(msgspec.Struct, frozen=True):
    """A bid to place after a hesitation; `amount` None means only a hidden maximum."""

    amount: int | None
    max_amount: int | None
    hesitation_seconds: float

    def body(self) -> dict[str, int]:
        """As the API takes it."""
        found = {"amount": self.amount, "max_amount": self.max_amount}
        return {name: value for name, value in found.items() if value is not None}


def glance(auction: dict[str, Any], *, leading: bool, valuation: int) -> Glance:
    """From the public JSON of an auction (API.md); times are the server's."""
    now = datetime.fromisoformat(auction["server_time"])
    ends_at = datetime.fromisoformat(auction["ends_at"])
    starts_at = datetime.fromisoformat(auction["starts_at"]) if auction.get("starts_at") else now
    return Glance(
        minimum_bid=auction["minimum_bid"],
        current_price=auction["current_price"],
        increment=auction["bid_increment"],
        bid_count=auction["bid_count"],
        left_seconds=(ends_at - now).total_seconds(),
        length_seconds=max(1.0, (ends_at - starts_at).total_seconds()),
        leading=leading,
        valuation=valuation,
    )


def valuation_of(temperament: Temperament, worth: int, rng: random.Random) -> int | None:
    """What a bidder of this temperament takes a thing of this worth to be worth to it; None when it does not care."""
    if rng.random() >= temperament.interest_share:
        return None
    spread = max(-MAX_VALUATION_SPREAD, min(MAX_VALUATION_SPREAD, rng.gauss(0, 0.17)))
    return max(1, round(worth * temperament.valuation_bias * (1 + spread)))


def limit_now(temperament: Temperament, view: Glance) -> int:
    """How high it goes at this moment: a growing share of its valuation, all of it at the end, and a little more."""
    if view.left_seconds <= NERVE_SECONDS:
        return round(view.valuation * (1 + temperament.nerve))
    if view.left_seconds <= FINAL_SECONDS or temperament.late_seconds is not None:
        return view.valuation
    return round(view.valuation * (CALM_SHARE + (LATE_SHARE - CALM_SHARE) * view.elapsed_share**0.8))


def bids_a_minute(temperament: Temperament, view: Glance, limit: int) -> float:
    """How often it would bid now: more at the first bids and near the end, less as its limit comes close."""
    if temperament.late_seconds is not None and view.left_seconds > temperament.late_seconds:
        return 0.0
    if view.left_seconds <= FINAL_SECONDS:
        closeness = 1 - view.left_seconds / FINAL_SECONDS
        rate = temperament.calm_rate + temperament.final_rate * (0.35 + 0.65 * closeness)
    else:
        warmth = max(0.0, 1 - (view.left_seconds - FINAL_SECONDS) / (WARM_SECONDS - FINAL_SECONDS))
        rate = temperament.calm_rate * (1 + (WARM_FACTOR - 1) * warmth)
        if view.bid_count == 0:
            rate *= FIRST_BID_FACTOR
    headroom = 1 - view.minimum_bid / limit
    return rate * (0.4 + 0.6 * math.sqrt(max(0.0, headroom)))


def next_move(temperament: Temperament, view: Glance, rng: random.Random, *, step_seconds: float = 1.0) -> Move | None:
    """What a bot does in this step of `step_seconds`: a bid with its hesitation, or nothing."""
    if view.leading or view.left_seconds <= 0:
        return None
    names_maximum = rng.random() < temperament.proxy_share
    limit = limit_now(temperament, view)
    if names_maximum:
        # A maximum has to last until the bidder looks again, so it goes beyond the moment.
        limit = max(limit, round(view.valuation * (0.55 + 0.35 * view.elapsed_share)))
    if view.minimum_bid > limit:
        return None
    rate = bids_a_minute(temperament, view, limit)
    if rng.random() >= 1 - math.exp(-rate * step_seconds / 60):
        return None
    hesitation = min(MAX_HESITATION_SECONDS, rng.lognormvariate(-0.5, 0.7), max(0.0, view.left_seconds - 0.8))
    if names_maximum:
        maximum = max(view.minimum_bid, _rounded(round(limit * rng.uniform(0.82, 1.0)), view.increment))
        return Move(None, maximum, hesitation)
    amount = view.minimum_bid
    if rng.random() < temperament.jump_share:
        far = rng.random() < FAR_JUMP_SHARE
        leap = (
            round((limit - amount) * rng.uniform(0.08, 0.3)) if far else view.increment * rng.randint(1, MAX_JUMP_STEPS)
        )
        wanted = _rounded(amount + leap, view.increment)
        if amount <= wanted <= limit:
            amount = wanted
    return Move(amount, None, hesitation)


def after_refusal(minimum_bid: int, limit: int, move: Move) -> Move | None:
    """The same wish at the minimum now told, when it is still within the limit."""
    if minimum_bid > limit:
        return None
    if move.amount is None:
        return Move(None, max(minimum_bid, move.max_amount or 0), 0.0)
    return Move(minimum_bid, None, 0.0)


def _rounded(amount: int, increment: int) -> int:
    """People like round numbers: the nearest multiple of the increment at or below."""
    return amount - amount % increment
