"""What a sale costs and brings (SPEC MON-4). Pure.

Each share is a part of the amount in basis points, rounded half to even on its own; the rest follows by adding and
taking away, so nothing is lost to rounding.
"""

import msgspec

from outcry.kernel.market import Fees
from outcry.kernel.money import basis_points_of


class Costs(msgspec.Struct, frozen=True):
    """In minor units: the buyer pays `total`, the seller gets `seller_receives`; the rest is fees and tax.

    `tax` is of the amount and the buyer's premium together, and is paid by the buyer.
    """

    commission: int
    escrow_fee: int
    buyer_premium: int
    tax: int
    total: int
    seller_receives: int

    @property
    def market_fees(self) -> int:
        """What stays with the market when the escrow is released."""
        return self.commission + self.escrow_fee + self.buyer_premium


def costs_of(amount_minor: int, fees: Fees) -> Costs:
    """The costs of a sale at `amount_minor`; the seller's fees never exceed the sale."""
    commission = basis_points_of(amount_minor, fees.commission_basis_points)
    escrow_fee = min(fees.escrow_fee_minor, amount_minor - commission)
    premium = basis_points_of(amount_minor, fees.buyer_premium_basis_points)
    tax = basis_points_of(amount_minor + premium, fees.tax_basis_points)
    return Costs(
        commission=commission,
        escrow_fee=escrow_fee,
        buyer_premium=premium,
        tax=tax,
        total=amount_minor + premium + tax,
        seller_receives=amount_minor - commission - escrow_fee,
    )
