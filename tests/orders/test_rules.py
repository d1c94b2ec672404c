"""The life of an order, exhaustively: every status, party and pair of ways (SPEC ORD-1, ORD-2, ORD-6)."""

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcry.kernel.market import Fees
from outcry.orders.rules import (
    HOLDING,
    MEETUP,
    SHIPPING,
    TRANSITIONS,
    Action,
    Facts,
    Next,
    Party,
    Status,
    may,
    may_become,
    next_step,
    settle,
)
from outcry.payments.fees import costs_of

NOW, LATER, EARLIER = 1_000, 2_000, 500
WAYS = [frozenset(ways) for size in (1, 2) for ways in combinations((SHIPPING, MEETUP), size)]
OVER = {Status.COMPLETED, Status.REFUNDED, Status.CANCELLED}
# The same table once more, written by hand from the specification: (from, to) that may be.
ALLOWED = {
    ("pending_payment", "in_escrow"), ("pending_payment", "cancelled"),
    ("in_escrow", "shipped"), ("in_escrow", "delivered"), ("in_escrow", "completed"), ("in_escrow", "disputed"),
    ("in_escrow", "refunded"),
    ("shipped", "delivered"), ("shipped", "disputed"), ("shipped", "refunded"),
    ("delivered", "completed"), ("delivered", "disputed"), ("delivered", "refunded"),
    ("disputed", "completed"), ("disputed", "refunded"),
    ("disputed", "in_escrow"), ("disputed", "shipped"), ("disputed", "delivered"),
}  # fmt: skip
# What each party may do where, for a purchase that can be shipped or handed over, before every deadline.
BUYER = {
    "pending_payment": {"pay", "cancel"},
    "in_escrow": {"show_code", "choose_place", "confirm_delivery", "dispute"},
    "shipped": {"confirm_delivery", "dispute"},
    "delivered": {"confirm_delivery", "dispute"},
    "disputed": {"respond"},
    "completed": {"rate"},
}
SELLER = {
    "pending_payment": {"cancel"},
    "in_escrow": {"ship", "scan_code", "choose_place", "refund"},
    "shipped": {"refund"},
    "delivered": {"refund"},
    "disputed": {"respond"},
    "completed": {"rate"},
}
STAFF = {
    "pending_payment": {"cancel"},
    "in_escrow": {"refund"},
    "shipped": {"refund"},
    "delivered": {"refund"},
    "disputed": {"resolve"},
}
EXPECTED = {Party.BUYER: BUYER, Party.SELLER: SELLER, Party.STAFF: STAFF}


def facts(status: Status, **changes: object) -> Facts:
    known = {"status": status, "now_us": NOW, "pay_by_us": LATER, "ways": frozenset({SHIPPING, MEETUP}), **changes}
    return Facts(**known)  # type: ignore[arg-type]


@pytest.mark.parametrize(("before", "after"), product(Status, Status))
def test_an_order_goes_only_where_the_specification_lets_it(before: Status, after: Status) -> None:
    assert may_become(before, after) is ((before.value, after.value) in ALLOWED)


def test_what_is_over_stays_over_and_all_else_can_end() -> None:
    assert {status for status in Status if not TRANSITIONS[status]} == OVER
    for status in set(Status) - OVER:
        reached, frontier = set[Status](), {status}
        while frontier:
            reached |= frontier
            frontier = {after for before in frontier for after in TRANSITIONS[before]} - reached
        assert reached & OVER
    assert HOLDING.isdisjoint(OVER | {Status.PENDING_PAYMENT})


@pytest.mark.parametrize(("status", "party"), product(Status, Party))
def test_who_may_do_what_where(status: Status, party: Party) -> None:
    allowed = may(facts(status), party)
    assert {action.value for action in allowed} == EXPECTED.get(party, {}).get(status.value, set())
    assert len(allowed) == len(set(allowed))


@pytest.mark.parametrize("ways", WAYS)
def test_the_way_of_handing_over_decides_who_ships_and_who_meets(ways: frozenset[str]) -> None:
    paid = facts(Status.IN_ESCROW, ways=ways)
    assert (Action.SHIP in may(paid, Party.SELLER)) is (SHIPPING in ways)
    for party, action in ((Party.SELLER, Action.SCAN_CODE), (Party.BUYER, Action.SHOW_CODE)):
        assert (action in may(paid, party)) is (MEETUP in ways)
        assert (Action.CHOOSE_PLACE in may(paid, party)) is (MEETUP in ways)


def test_a_win_binds_its_buyer_and_not_its_seller() -> None:
    won = facts(Status.PENDING_PAYMENT, is_won=True)
    assert may(won, Party.BUYER) == [Action.PAY]
    assert may(won, Party.SELLER) == [Action.CANCEL]


def test_deadlines_close_what_they_are_deadlines_of() -> None:
    assert Action.PAY not in may(facts(Status.PENDING_PAYMENT, pay_by_us=NOW), Party.BUYER)
    assert Action.DISPUTE not in may(facts(Status.DELIVERED, release_at_us=NOW), Party.BUYER)
    assert may(facts(Status.COMPLETED, rate_until_us=EARLIER), Party.BUYER) == []
    assert may(facts(Status.COMPLETED, rated=frozenset({Party.BUYER})), Party.BUYER) == []
    assert may(facts(Status.COMPLETED, rated=frozenset({Party.BUYER})), Party.SELLER) == [Action.RATE]


@pytest.mark.parametrize(("status", "viewer", "ways"), product(Status, Party, WAYS))
def test_an_open_order_always_waits_for_somebody_who_may_act(
    status: Status, viewer: Party, ways: frozenset[str]
) -> None:
    known = facts(status, ways=ways)
    step = next_step(known, viewer)
    if status not in OVER:
        assert step.action in may(known, step.who)
    elif step.who is not Party.NOBODY:
        assert step.who is viewer
        assert step.action in may(known, viewer)
    else:
        assert step == Next(Party.NOBODY)


def test_what_comes_next_says_until_when() -> None:
    assert next_step(facts(Status.PENDING_PAYMENT), Party.SELLER) == Next(Party.BUYER, Action.PAY, LATER)
    assert next_step(facts(Status.SHIPPED, deliver_by_us=LATER), Party.SELLER) == Next(
        Party.BUYER, Action.CONFIRM_DELIVERY, LATER
    )
    assert next_step(facts(Status.DELIVERED, release_at_us=LATER), Party.BUYER) == Next(
        Party.BUYER, Action.CONFIRM_DELIVERY, LATER
    )
    meeting = facts(Status.IN_ESCROW, ways=frozenset({MEETUP}))
    assert next_step(meeting, Party.BUYER).action is Action.CHOOSE_PLACE
    agreed = facts(Status.IN_ESCROW, ways=frozenset({MEETUP}), has_meeting=True)
    assert next_step(agreed, Party.BUYER) == Next(Party.SELLER, Action.SCAN_CODE)
    disputed = facts(Status.DISPUTED, respond_by_us=LATER)
    assert next_step(disputed, Party.BUYER) == Next(Party.SELLER, Action.RESPOND, LATER)
    answered = facts(Status.DISPUTED, seller_answered=True)
    assert next_step(answered, Party.BUYER) == Next(Party.STAFF, Action.RESOLVE)


shares = st.integers(0, 3_000)


@given(
    amount=st.integers(1, 10**12),
    fees=st.builds(Fees, shares, st.integers(0, 10_000), shares, shares),
    part=st.fractions(0, 1),
)
def test_an_escrow_is_divided_without_rest_whatever_was_refunded(amount: int, fees: Fees, part: float) -> None:
    costs = costs_of(amount, fees)
    refunded = int(costs.total * part)
    split = settle(
        total=costs.total,
        commission=costs.commission,
        escrow_fee=costs.escrow_fee,
        buyer_premium=costs.buyer_premium,
        tax=costs.tax,
        refunded=refunded,
    )
    assert split.seller_receives + split.fees + split.tax == costs.total - refunded
    assert min(split.seller_receives, split.fees, split.tax) >= 0
    if refunded == 0:
        assert (split.seller_receives, split.fees, split.tax) == (costs.seller_receives, costs.market_fees, costs.tax)
    else:
        assert split.seller_receives <= costs.seller_receives
        assert split.fees <= costs.market_fees
        assert split.tax <= costs.tax


def test_half_the_price_back_halves_the_commission() -> None:
    split = settle(total=10_000, commission=600, escrow_fee=199, buyer_premium=0, tax=0, refunded=5_000)
    assert (split.seller_receives, split.fees, split.tax) == (4_501, 499, 0)
