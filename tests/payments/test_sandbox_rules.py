"""The sandbox's cards and signatures, and where one may be returned to. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcry.kernel.settings import SettingsError, load_settings
from outcry.payments.errors import ReturnUrlRefused
from outcry.payments.providers import BadSignature, StaleSignature
from outcry.payments.return_urls import absolute_url, checked_return_url, origin_of
from outcry.payments.sandbox import signing
from outcry.payments.sandbox.cards import CARDS, CardForm, luhn_valid, read_card

GOOD = CardForm("Ada", "4242 4242 4242 4242", "08 / 29", "123")


def test_every_listed_card_can_be_read() -> None:
    for card in CARDS:
        cvc = "1234" if card.brand == "American Express" else "123"
        assert read_card(CardForm("Ada", card.shown, "08/29", cvc), year=2026, month=11) == (card, [])
        assert luhn_valid(card.number)


@pytest.mark.parametrize(
    ("expiry", "good"),
    [
        ("11/26", True), ("10/26", False), ("1126", True), ("11 / 2026", True), ("1/27", True), ("00/27", False),
        ("13/27", False), ("11/77", False), ("", False), ("1/2/3", False), ("²/27", False), ("-1/27", False),
    ],
)  # fmt: skip
def test_a_card_is_good_to_the_end_of_its_month(expiry: str, good: bool) -> None:
    card, errors = read_card(CardForm("Ada", GOOD.number, expiry, "123"), year=2026, month=11)
    assert (card is not None, [error.field for error in errors]) == (good, [] if good else ["expiry"])


@given(*[st.text(max_size=30)] * 4)
def test_any_form_is_answered(name: str, number: str, expiry: str, cvc: str) -> None:
    card, errors = read_card(CardForm(name, number, expiry, cvc), year=2026, month=11)
    assert (card is None) == bool(errors)


@given(st.binary(max_size=200), st.text("abc123_", min_size=1), st.integers(0, 2**33), st.integers(-299, 299))
def test_what_is_signed_is_believed_and_nothing_else(body: bytes, event_id: str, now: int, later: int) -> None:
    headers = signing.signed_headers(b"secret", event_id, body, now_seconds=now)
    signing.verify([b"other", b"secret"], headers, body, now_seconds=now + later)
    with pytest.raises(BadSignature):
        signing.verify([b"secret"], headers, body + b"x", now_seconds=now)
    with pytest.raises(BadSignature):
        signing.verify([b"other"], headers, body, now_seconds=now)
    with pytest.raises(BadSignature):
        signing.verify([b"secret"], {**headers, signing.ID: event_id + "x"}, body, now_seconds=now)
    with pytest.raises(StaleSignature):
        signing.verify([b"secret"], headers, body, now_seconds=now + 301)
    with pytest.raises(BadSignature):
        signing.verify([b"secret"], {}, body, now_seconds=now)


def test_only_our_own_pages_are_returned_to() -> None:
    live = load_settings(
        {
            "OUTCRY_ENV": "production",
            "OUTCRY_SECRET_KEY": "s" * 40,
            "OUTCRY_PUBLIC_URL": "https://market.example",
            "OUTCRY_CORS_ORIGINS": "https://app.example, capacitor://localhost",
        }
    )
    for url in ("/wallet", "https://market.example/wallet", "https://app.example:443/x?y=1#z", None):
        assert checked_return_url(live, url) == url
    for url in (
        "http://market.example/", "https://market.example.evil.example/", "https://market.example@evil.example/",
        "https://app.example:8443/", "http://localhost/", "capacitor://localhost/x", "", "wallet",
    ):  # fmt: skip
        with pytest.raises(ReturnUrlRefused):
            checked_return_url(live, url)
    assert absolute_url(live, "http://anything/", "/sandbox") == "https://market.example/sandbox"
    assert origin_of("http://[::1]:8000/x") == "http://[::1]:8000"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"PAYMENT_PROVIDER": "sandbox"}, "OUTCRY_SANDBOX_IN_PRODUCTION"),
        ({"PAYMENT_PROVIDER": "stripe"}, "OUTCRY_STRIPE_SECRET_KEY"),
        ({"PAYMENT_PROVIDER": "stripe", "STRIPE_SECRET_KEY": "sk"}, "OUTCRY_STRIPE_WEBHOOK_SECRET"),
        (
            {"PAYMENT_PROVIDER": "stripe", "STRIPE_SECRET_KEY": "sk", "STRIPE_WEBHOOK_SECRET": "whsec"},
            "OUTCRY_PUBLIC_URL",
        ),
        ({"PAYMENT_PROVIDER": "paypal"}, "OUTCRY_PAYMENT_PROVIDER"),
    ],
)
def test_production_pays_by_no_accident(settings: dict[str, str], named: str) -> None:
    base = {"ENV": "production", "SECRET_KEY": "s" * 40}
    with pytest.raises(SettingsError, match=named):
        load_settings({f"OUTCRY_{name}": value for name, value in {**base, **settings}.items()})


def test_who_takes_payments() -> None:
    live = {"OUTCRY_ENV": "production", "OUTCRY_SECRET_KEY": "s" * 40}
    demo = {**live, "OUTCRY_PAYMENT_PROVIDER": "sandbox", "OUTCRY_SANDBOX_IN_PRODUCTION": "yes"}
    assert load_settings({}).chosen_payment_provider == "sandbox"
    assert load_settings(live).chosen_payment_provider is None
    assert load_settings(demo).chosen_payment_provider == "sandbox"
    assert load_settings({"OUTCRY_PAYMENT_PROVIDER": "none"}).chosen_payment_provider is None
