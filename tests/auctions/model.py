"""A slow, obvious model of the English auction, written from API.md "Bidding, exactly" alone.

It keeps every bid ever accepted and answers every question by starting over from the first one.
"""

from dataclasses import dataclass, field

BANDS = ((100, 5), (500, 25), (2500, 50), (10000, 100), (25000, 250), (50000, 500), (100000, 1000), (250000, 2500),
         (500000, 5000))  # fmt: skip


@dataclass
class Offer:
    bidder: int
    amount: int | None
    maximum: int | None
    kind: str = "bid"
    retracted: bool = False


@dataclass
class State:
    leader: int | None = None
    limit: int = 0
    price: int | None = None
    met: bool = True
    history: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass
class ModelAuction:
    seller: int
    start: int
    step: int | None
    reserve: int | None
    ends: int
    window: int
    extension: int
    longest: int | None
    offers: list[Offer] = field(default_factory=list)
    extended: int = 0
    first_end: int = 0

    def __post_init__(self) -> None:
        self.first_end = self.ends

    def increment(self, price: int) -> int:
        if self.step is not None:
            return self.step
        for below, step in BANDS:
            if price < below:
                return step
        return 10000

    def state(self) -> State:
        """Everything from the first standing offer on."""
        state = State(met=self.reserve is None)
        for offer in self.offers:
            if not offer.retracted:
                self._apply(state, offer)
        return state

    def minimum(self, state: State) -> int:
        return self.start if state.price is None else state.price + self.increment(state.price)

    def _apply(self, state: State, offer: Offer) -> None:
        minimum = self.minimum(state)
        maximum = offer.maximum if offer.maximum is not None else offer.amount
        assert maximum is not None
        if state.leader == offer.bidder:
            if maximum <= state.limit:
                return
            state.limit = maximum
            assert state.price is not None
            state.history.append(("raise", offer.bidder, state.price))
            if not state.met and self.reserve is not None and maximum >= self.reserve:
                if self.reserve > state.price:
                    state.price = self.reserve
                    state.history.append(("auto", offer.bidder, state.price))
                state.met = True
            return
        amount = offer.amount if offer.amount is not None else minimum
        if offer.kind == "raise":
            amount = maximum
        if maximum < minimum:
            return
        amount = max(amount, minimum)
        if state.leader is None or maximum > state.limit:
            price = amount
            if state.leader is not None:
                price = max(amount, min(maximum, state.limit + self.increment(state.limit)))
                if state.price is not None and state.limit > state.price:
                    state.history.append(("auto", state.leader, state.limit))
            if not state.met and self.reserve is not None and maximum >= self.reserve:
                price = max(price, self.reserve)
            state.leader, state.limit, state.price = offer.bidder, maximum, price
            state.history.append(("bid", offer.bidder, price))
        else:
            state.history.append(("bid", offer.bidder, maximum))
            price = min(state.limit, maximum + self.increment(maximum))
            if price != maximum:
                state.history.append(("auto", state.leader, price))
            state.price = price
        if self.reserve is not None and state.price is not None and state.price >= self.reserve:
            state.met = True

    def bid(self, bidder: int, amount: int | None, maximum: int | None, now: int) -> str | None:
        """None when accepted, else the refusal's code."""
        if now >= self.ends:
            return "auction_not_live"
        if bidder == self.seller:
            return "own_auction"
        if amount is None and maximum is None:
            return "invalid_input"
        if amount is not None and maximum is not None and maximum < amount:
            return "invalid_input"
        state = self.state()
        top = maximum if maximum is not None else amount
        assert top is not None
        if state.leader == bidder:
            if top <= state.limit:
                return "already_leading"
            self.offers.append(Offer(bidder, amount, maximum, "raise"))
        else:
            minimum = self.minimum(state)
            if (amount if amount is not None else minimum) < minimum or top < minimum:
                return "bid_too_low"
            self.offers.append(Offer(bidder, amount, maximum))
        if self.ends - now < self.window:
            later = now + self.extension
            if self.longest is not None:
                later = min(later, self.first_end + self.longest)
            if later > self.ends:
                self.ends = later
                self.extended += 1
        return None

    def bid_count(self) -> int:
        return sum(offer.kind == "bid" and not offer.retracted for offer in self.offers)
