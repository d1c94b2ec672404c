"""Money as integer minor units with a currency; never a float (SPEC API-3, law 2)."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import msgspec

# A bid or price of 10^15 minor units is beyond any sale; the bound keeps sums inside a bigint.
MAX_AMOUNT_MINOR = 10**15

_ZERO_DECIMAL = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "UGX", "PYG", "RWF"})
_THREE_DECIMALS = frozenset({"KWD", "BHD", "OMR", "JOD", "TND"})


def minor_digits(currency: str) -> int:
    """How many decimal digits a minor unit of `currency` stands for: 2 for most."""
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


class Money(msgspec.Struct, frozen=True, order=True):
    """An amount of one currency; adding two currencies is a programming error."""

    amount_minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")

    def __str__(self) -> str:
        return format_amount(self.amount_minor, self.currency)


def format_amount(amount_minor: int, currency: str) -> str:
    """`1,234.50 CAD`, for mails, logs and pages without scripts."""
    digits = minor_digits(currency)
    return f"{Decimal(amount_minor).scaleb(-digits):,.{digits}f} {currency}"


def basis_points_of(amount_minor: int, basis_points: int) -> int:
    """`amount * basis_points / 10,000`, rounded half to even (SPEC MON-4)."""
    return int((Decimal(amount_minor) * basis_points / 10_000).quantize(Decimal(1), ROUND_HALF_EVEN))


def part_of(amount_minor: int, numerator: int, denominator: int) -> int:
    """`amount * numerator / denominator` exactly, rounded half to even."""
    return round(Fraction(amount_minor * numerator, denominator))
