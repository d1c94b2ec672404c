"""What a sale costs and brings (SPEC MON-4)."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcry.kernel.market import Fees
from outcry.payments.fees import costs_of
from tests.support.market import TestMarket

FEES = st.builds(
    Fees,
    commission_basis_points=st.integers(0, 5_000),
    escrow_fee_minor=st.integers(0, 1_000),
    buyer_premium_basis_points=st.integers(0, 3_000),
    tax_basis_points=st.integers(0, 3_000),
)


def test_a_hundred_brings_ninety_two_and_one() -> None:
    costs = costs_of(10_000, Fees(commission_basis_points=600, escrow_fee_minor=199))
    assert (costs.commission, costs.escrow_fee, costs.seller_receives, costs.total) == (600, 199, 9_201, 10_000)


@pytest.mark.parametrize(
    ("amount", "commission"),
    # 5% of these ends in exactly half a unit: to the even neighbour.
    [(10, 0), (30, 2), (50, 2), (70, 4), (90, 4), (11, 1), (9, 0)],
)
def test_a_half_goes_to_the_even_neighbour(amount: int, commission: int) -> None:
    assert costs_of(amount, Fees(commission_basis_points=500, escrow_fee_minor=0)).commission == commission


def test_premium_and_tax_are_the_buyers() -> None:
    fees = Fees(
        commission_basis_points=600, escrow_fee_minor=199, buyer_premium_basis_points=250, tax_basis_points=1_300
    )
    costs = costs_of(10_000, fees)
    assert (costs.buyer_premium, costs.tax, costs.total) == (250, 1_332, 11_582)
    assert costs.seller_receives == 9_201
    assert costs.market_fees == 600 + 199 + 250


def test_fees_never_exceed_the_sale() -> None:
    costs = costs_of(100, Fees(commission_basis_points=600, escrow_fee_minor=199))
    assert (costs.commission, costs.escrow_fee, costs.seller_receives) == (6, 94, 0)


@given(st.integers(1, 10**15), FEES)
def test_nothing_is_lost_to_rounding(amount: int, fees: Fees) -> None:
    costs = costs_of(amount, fees)
    assert costs.seller_receives >= 0
    assert costs.seller_receives + costs.market_fees + costs.tax == costs.total
    exact = (Decimal(amount) * fees.commission_basis_points / 10_000).quantize(Decimal(1), ROUND_HALF_EVEN)
    assert costs.commission == exact


@pytest.mark.anyio
async def test_the_preview_says_it_all(market: TestMarket) -> None:
    answer = await market.client.get("/v1/fees/preview?amount=10000&currency=USD")
    assert answer.json() == {
        "amount": 10_000,
        "currency": "USD",
        "commission": 600,
        "escrow_fee": 199,
        "buyer_premium": 0,
        "tax": 0,
        "seller_receives": 9_201,
        "buyer_pays": 10_000,
    }
    for wrong, field in (
        ("amount=0&currency=USD", "amount"),
        ("amount=1&currency=XXX", "currency"),
    ):
        refused = await market.client.get(f"/v1/fees/preview?{wrong}")
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"].strip("/") == field
