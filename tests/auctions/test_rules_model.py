"""The production rules against the slow model, bid by bid, over thousands of random auctions (SPEC AUC-1 to AUC-8)."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outcry.auctions.rules import (
    Acceptance,
    Award,
    Bid,
    Entry,
    Refusal,
    Standing,
    StandingBid,
    Status,
    Terms,
    close,
    decide,
    increment,
    minimum_bid,
    replay,
)
from outcry.kernel.market import DEFAULT_BANDS_CENTS
from tests.auctions.model import ModelAuction

SELLER = 0
EXAMPLES = 1500

small = st.integers(1, 400)
money = st.one_of(small, st.integers(1, 60_000), st.integers(1, 2_000_000))
offers = st.tuples(
    st.integers(0, 4), st.none() | money, st.none() | money, st.integers(0, 30), st.sampled_from(["bid", "at_least"])
)


@st.composite
def auctions(draw: st.DrawFn) -> tuple[Terms, Standing, ModelAuction]:
    start = draw(money)
    step = draw(st.none() | st.integers(1, 500))
    reserve = draw(st.none() | st.integers(start, start + 5_000))
    window, extension = draw(st.integers(0, 40)), draw(st.integers(0, 60))
    longest, ends = draw(st.none() | st.integers(0, 100)), draw(st.integers(50, 400))
    terms = Terms(
        seller_id=SELLER,
        starting_price=start,
        bid_increment=step,
        bands=DEFAULT_BANDS_CENTS,
        reserve_price=reserve,
        snipe_window_us=window,
        snipe_extension_us=extension,
        snipe_limit_us=longest,
    )
    standing = Standing(Status.LIVE, ends_at_us=ends, first_end_us=ends, reserve_met=reserve is None)
    return terms, standing, ModelAuction(SELLER, start, step, reserve, ends, window, extension, longest)


@settings(max_examples=EXAMPLES, deadline=None)
@given(auctions(), st.lists(offers, max_size=40))
def test_production_rules_decide_as_the_model(made: Any, bids: list[Any]) -> None:
    terms, standing, model = made
    now = 0
    history: list[Entry] = []
    for bidder, amount, maximum, wait, style in bids:
        now += wait
        if style == "at_least" and amount is not None:
            # Near the minimum is where ties, band edges and reserves are met.
            amount = minimum_bid(terms, standing) + amount % 3 - 1
            maximum = None if maximum is None else amount + maximum % 300
        refused = model.bid(bidder, amount, maximum, now)
        outcome = decide(terms, standing, Bid(bidder, amount, maximum), now)
        if isinstance(outcome, Refusal):
            assert outcome.code == refused
            if outcome.code == "bid_too_low":
                assert outcome.minimum_bid == model.minimum(model.state())
            continue
        assert refused is None
        assert isinstance(outcome, Acceptance)
        before, standing = standing, outcome.standing
        history.extend(outcome.entries)
        expected = model.state()
        assert (standing.leader_id, standing.leader_max, standing.price) == (
            expected.leader,
            expected.limit,
            expected.price,
        )
        assert standing.reserve_met == expected.met
        assert (standing.ends_at_us, standing.extended_count) == (model.ends, model.extended)
        assert standing.bid_count == model.bid_count()
        assert [(one.kind, one.bidder_id, one.amount) for one in history] == expected.history
        assert [one.seq for one in history] == list(range(1, standing.entry_count + 1))
        assert outcome.own in outcome.entries
        assert outcome.own.bidder_id == bidder
        assert standing.price is not None
        assert standing.price <= standing.leader_max
        assert before.price is None or standing.price >= before.price


@settings(max_examples=EXAMPLES, deadline=None)
@given(auctions(), st.lists(offers, min_size=1, max_size=25), st.data())
def test_retraction_gives_what_the_remaining_bids_give(made: Any, bids: list[Any], data: st.DataObject) -> None:
    terms, standing, model = made
    kept: list[StandingBid] = []
    for at, (bidder, amount, maximum, _, _) in enumerate(bids):
        outcome = decide(terms, standing, Bid(bidder, amount, maximum), 0)
        assert (model.bid(bidder, amount, maximum, 0) is None) == isinstance(outcome, Acceptance)
        if isinstance(outcome, Acceptance):
            standing = outcome.standing
            kept.append(StandingBid(outcome.own.kind, bidder, amount, maximum, at))
    assert replay(terms, standing, kept) == standing
    if not kept:
        return
    gone = data.draw(st.integers(0, len(kept) - 1))
    model.offers[gone].retracted = True
    after = replay(terms, standing, kept[:gone] + kept[gone + 1 :])
    expected = model.state()
    assert (after.leader_id, after.leader_max, after.price) == (expected.leader, expected.limit, expected.price)
    assert (after.reserve_met, after.bid_count) == (expected.met, model.bid_count())
    assert (after.ends_at_us, after.entry_count) == (standing.ends_at_us, standing.entry_count)


@given(st.integers(1, 10_000_000))
def test_bands_are_those_of_the_contract(price: int) -> None:
    terms = Terms(SELLER, 1, None, DEFAULT_BANDS_CENTS)
    model = ModelAuction(SELLER, 1, None, None, 1, 0, 0, None)
    assert increment(terms, price) == model.increment(price)


def test_the_outcome_at_the_bell() -> None:
    terms = Terms(SELLER, 100, 10, ())
    nobody = Standing(Status.LIVE, ends_at_us=1)
    led = Standing(Status.LIVE, leader_id=1, leader_max=500, price=100, ends_at_us=1)
    short = Standing(Status.LIVE, leader_id=1, leader_max=500, price=100, ends_at_us=1, reserve_met=False)
    choosy = Terms(SELLER, 100, 10, (), award=Award.SELLER_DECIDES)
    assert close(terms, nobody) is Status.UNSOLD
    assert close(terms, led) is Status.SOLD
    assert close(choosy, led) is Status.AWAITING_DECISION
    assert close(terms, short) is close(choosy, short) is Status.AWAITING_DECISION


def test_equal_maxima_the_earlier_wins_and_no_automatic_bid_is_written() -> None:
    terms = Terms(SELLER, 100, 10, ())
    standing = Standing(Status.LIVE, leader_id=1, leader_max=500, price=100, entry_count=1, ends_at_us=10)
    outcome = decide(terms, standing, Bid(2, 300, 500), 0)
    assert isinstance(outcome, Acceptance)
    assert (outcome.standing.leader_id, outcome.standing.price) == (1, 500)
    assert [entry.kind for entry in outcome.entries] == ["bid"]


def test_suspended_and_blocked_are_told_before_anything_about_the_price() -> None:
    terms, standing = Terms(SELLER, 100, 10, ()), Standing(Status.LIVE, ends_at_us=10)
    suspended = decide(terms, standing, Bid(2, 1), 0, suspended=True)
    blocked = decide(terms, standing, Bid(2, 1), 0, blocked=True)
    assert isinstance(suspended, Refusal)
    assert isinstance(blocked, Refusal)
    assert (suspended.code, blocked.code) == ("bidder_suspended", "blocked_by_seller")
