"""What an order costs and brings (SPEC MON-4). Pure."""

import msgspec

from outcry.kernel.market import Fees
from outcry.kernel.money import basis_points_of


class Costs(msgspec.Struct, frozen=True):
    """In minor units: the buyer pays `total`, the seller gets `seller_receives`, the market the rest."""

    commission: int
    escrow_fee: int
    buyer_premium: int
    total: int
    seller_receives: int


def costs_of(amount_minor: int, fees: Fees) -> Costs:
    """The costs of a sale at `amount_minor`; the market's fees never exceed the sale."""
    commission = basis_points_of(amount_minor, fees.commission_basis_points)
    escrow_fee = min(fees.escrow_fee_minor, amount_minor - commission)
    premium = basis_points_of(amount_minor, fees.buyer_premium_basis_points)
    return Costs(commission, escrow_fee, premium, amount_minor + premium, amount_minor - commission - escrow_fee)
