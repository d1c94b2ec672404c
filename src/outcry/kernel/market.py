"""Market profiles: one deployment's currency, phone format, fees, limits and languages. A market is data.

Built in are `default`, `ca`, `kg` and `in`; a TOML file named by `OUTCRY_MARKET` gives any other.
"""

import tomllib
from pathlib import Path

import msgspec

from outcry.kernel.money import minor_digits

# (below this price, increment) in currency units x 100; the last band has no upper bound (API.md "Bidding").
DEFAULT_BANDS_CENTS: tuple[tuple[int | None, int], ...] = (
    (100, 5),
    (500, 25),
    (2_500, 50),
    (10_000, 100),
    (25_000, 250),
    (50_000, 500),
    (100_000, 1_000),
    (250_000, 2_500),
    (500_000, 5_000),
    (None, 10_000),
)


class PhoneFormat(msgspec.Struct, frozen=True):
    """Which numbers sign up here: E.164 `prefix` and how many digits follow; an empty prefix takes all."""

    prefix: str = ""
    digits: int | None = None
    region: str | None = None


class Fees(msgspec.Struct, frozen=True):
    """What the market takes from a sale (SPEC MON-4)."""

    commission_basis_points: int = 600
    escrow_fee_minor: int = 199
    buyer_premium_basis_points: int = 0
    tax_basis_points: int = 0


class Market(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One deployment's rules. Times are in the unit their names end with; money in minor units."""

    name: str
    title: str
    currency: str
    currencies: tuple[str, ...]
    time_zone: str = "UTC"
    languages: tuple[str, ...] = ("en",)
    phone: PhoneFormat = PhoneFormat()
    fees: Fees = Fees()
    # Of the starting price, where an auction asks for a deposit and names none (SPEC MON-5).
    deposit_basis_points: int = 1_000
    gas_price_minor: int = 10
    bands_cents: tuple[tuple[int | None, int], ...] = DEFAULT_BANDS_CENTS
    free_active_listings: int = 5
    business_active_listings: int | None = None
    new_user_listings_per_hour: int = 5
    new_user_days: int = 7
    snipe_window_seconds: int = 300
    snipe_extension_seconds: int = 300
    retraction_window_minutes: int = 60
    retraction_closed_hours: int = 12
    decision_hours: int = 48
    counter_offer_hours: int = 48
    payment_hours: int = 48
    # Before the deadline, in hours; each once.
    payment_reminder_hours: tuple[int, ...] = (24, 2)
    second_chance_hours: int = 24
    # Orders at a fixed price that one person may have waiting for payment: they bind stock.
    unpaid_purchases: int = 20
    # On its way for so long without a word from the buyer, it counts as delivered.
    delivery_days: int = 14
    # After delivery the seller is paid by itself, unless there is a dispute.
    escrow_days: int = 7
    # Whether the buyer's "it is here" pays the seller at once; else it starts the `escrow_days`.
    confirmation_releases: bool = True
    # How far ahead a meeting may be proposed.
    meeting_days: int = 30
    # The seller's time to answer a dispute; staff may decide without an answer after it.
    dispute_answer_days: int = 3
    # Both may rate so long after completion; what one said stays hidden until both have, or until then.
    rating_days: int = 14
    # Who issues the market's documents, when it is not the market's title; and what the law wants beside it.
    legal_name: str = ""
    legal_address: str = ""
    tax_number: str = ""
    invoice_prefix: str = "OUT"
    max_auction_days: int = 30
    consent_versions: dict[str, str] = msgspec.field(
        default_factory=lambda: {"offer_agreement": "1", "personal_data": "1", "marketing": "1"}
    )

    def bands(self, currency: str) -> tuple[tuple[int | None, int], ...]:
        """The increment table in minor units of `currency`."""
        scale = 10 ** minor_digits(currency)
        return tuple(
            (None if below is None else max(1, below * scale // 100), max(1, step * scale // 100))
            for below, step in self.bands_cents
        )


BUILT_IN: dict[str, Market] = {
    "default": Market(name="default", title="Outcry", currency="USD", currencies=("USD", "EUR", "GBP", "CAD")),
    "ca": Market(
        name="ca",
        title="Outcry Canada",
        currency="CAD",
        currencies=("CAD",),
        time_zone="America/Toronto",
        languages=("en", "fr"),
        phone=PhoneFormat(prefix="+1", digits=10, region="CA"),
        fees=Fees(commission_basis_points=600, escrow_fee_minor=199),
    ),
    "kg": Market(
        name="kg",
        title="Outcry Kyrgyzstan",
        currency="KZT",
        currencies=("KZT", "KGS"),
        time_zone="Asia/Bishkek",
        languages=("ru", "ky", "en"),
        phone=PhoneFormat(prefix="+996", digits=9, region="KG"),
        free_active_listings=5,
    ),
    "in": Market(
        name="in",
        title="Outcry India",
        currency="INR",
        currencies=("INR",),
        time_zone="Asia/Kolkata",
        languages=("en",),
        phone=PhoneFormat(prefix="+91", digits=10, region="IN"),
    ),
}


def load_market(name: str) -> Market:
    """The built-in market of that name, or the one a TOML file describes.

    Raises ValueError with the field and the rule when the file is wrong or the name is unknown.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    path = Path(name)
    if path.suffix != ".toml" or not path.exists():
        known = ", ".join(BUILT_IN)
        raise ValueError(f"market {name!r} is neither built in ({known}) nor an existing .toml file")
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), Market)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise ValueError(f"market file {path}: {wrong}") from None
