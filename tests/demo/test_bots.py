"""How bots decide: within their valuation, never against themselves, later the more."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcry.demo.bots import (
    TEMPERAMENTS,
    Glance,
    Move,
    after_refusal,
    bids_a_minute,
    glance,
    limit_now,
    next_move,
    valuation_of,
)
from outcry.demo.world import Temper

TEMPERS = sorted(TEMPERAMENTS)


def seen(**changes: float | bool | None) -> Glance:
    values = {
        "minimum_bid": 10_500,
        "current_price": 10_000,
        "increment": 500,
        "bid_count": 3,
        "left_seconds": 300.0,
        "length_seconds": 600.0,
        "leading": False,
        "valuation": 40_000,
    }
    return Glance(**{**values, **changes})  # type: ignore[arg-type]


@given(
    temper=st.sampled_from(TEMPERS),
    seed=st.integers(0, 10**6),
    minimum=st.integers(1, 100_000),
    increment=st.integers(1, 5_000),
    left=st.floats(0.01, 900),
    valuation=st.integers(1, 120_000),
)
def test_a_move_is_possible_and_within_what_the_bidder_wants(
    temper: Temper, seed: int, minimum: int, increment: int, left: float, valuation: int
) -> None:
    temperament = TEMPERAMENTS[temper]
    view = seen(minimum_bid=minimum, increment=increment, left_seconds=left, valuation=valuation)
    move = next_move(temperament, view, random.Random(seed), step_seconds=3600)
    if move is None:
        return
    most = round(valuation * (1 + temperament.nerve)) + 1
    for amount in (move.amount, move.max_amount):
        assert amount is None or minimum <= amount <= most
    assert (move.amount is None) != (move.max_amount is None)
    assert 0 <= move.hesitation_seconds <= left


@pytest.mark.parametrize("temper", TEMPERS)
def test_nobody_bids_against_itself_or_after_the_end(temper: Temper) -> None:
    rng = random.Random(1)
    for changes in ({"leading": True}, {"left_seconds": 0.0}, {"left_seconds": -5.0}, {"minimum_bid": 60_000}):
        assert next_move(TEMPERAMENTS[temper], seen(**changes), rng, step_seconds=10**6) is None


def test_the_same_chances_give_the_same_move() -> None:
    moves = [next_move(TEMPERAMENTS["eager"], seen(), random.Random(7), step_seconds=60) for _ in range(2)]
    assert moves[0] is not None
    assert moves[0] == moves[1]


def test_a_sniper_waits_for_the_last_seconds() -> None:
    sniper = TEMPERAMENTS["sniper"]
    assert sniper.late_seconds is not None
    assert bids_a_minute(sniper, seen(left_seconds=sniper.late_seconds + 1), 40_000) == 0
    assert bids_a_minute(sniper, seen(left_seconds=sniper.late_seconds - 1), 40_000) > 5


@pytest.mark.parametrize("temper", TEMPERS)
def test_bidding_quickens_towards_the_end(temper: Temper) -> None:
    rates = [bids_a_minute(TEMPERAMENTS[temper], seen(left_seconds=left), 40_000) for left in (500, 120, 40, 5)]
    assert rates == sorted(rates)
    assert rates[-1] > rates[0]


@pytest.mark.parametrize("temper", TEMPERS)
def test_limits_rise_as_time_runs_out(temper: Temper) -> None:
    limits = [limit_now(TEMPERAMENTS[temper], seen(left_seconds=left)) for left in (599, 300, 60, 40, 10)]
    assert limits == sorted(limits)
    assert limits[-1] == round(40_000 * (1 + TEMPERAMENTS[temper].nerve))


def test_valuations_lie_about_the_worth_and_not_everyone_cares() -> None:
    rng = random.Random(3)
    found = [valuation_of(TEMPERAMENTS["steady"], 100_000, rng) for _ in range(400)]
    cared = [valuation for valuation in found if valuation is not None]
    assert 150 < len(cared) < 290
    assert 90_000 < sum(cared) / len(cared) < 104_000
    assert all(50_000 < valuation < 145_000 for valuation in cared)


def test_a_refusal_is_answered_at_the_new_minimum_or_not_at_all() -> None:
    assert after_refusal(12_000, 15_000, Move(11_000, None, 1.0)) == Move(12_000, None, 0.0)
    assert after_refusal(12_000, 15_000, Move(None, 14_000, 1.0)) == Move(None, 14_000, 0.0)
    assert after_refusal(14_500, 15_000, Move(None, 14_000, 1.0)) == Move(None, 14_500, 0.0)
    assert after_refusal(15_001, 15_000, Move(11_000, None, 1.0)) is None


def test_a_move_names_only_what_it_says() -> None:
    assert Move(100, None, 0).body() == {"amount": 100}
    assert Move(None, 200, 0).body() == {"max_amount": 200}


def test_a_glance_is_read_from_the_public_auction() -> None:
    auction = {
        "minimum_bid": 500,
        "current_price": None,
        "bid_increment": 50,
        "bid_count": 0,
        "starts_at": "2026-01-01T10:00:00.000Z",
        "ends_at": "2026-01-01T10:10:00.000Z",
        "server_time": "2026-01-01T10:04:00.000Z",
    }
    view = glance(auction, leading=False, valuation=900)
    assert (view.left_seconds, view.length_seconds, view.elapsed_share) == (360.0, 600.0, pytest.approx(0.4))
