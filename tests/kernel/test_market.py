"""Markets are data: the built-in ones are as promised, and a file makes any other."""

from pathlib import Path

import pytest

from outcry.kernel.market import BUILT_IN, load_market


def test_the_built_in_markets() -> None:
    assert set(BUILT_IN) == {"default", "ca", "kg", "in"}
    canada, kyrgyzstan, india = (load_market(name) for name in ("ca", "kg", "in"))
    assert (canada.currency, canada.fees.commission_basis_points, canada.fees.escrow_fee_minor) == ("CAD", 600, 199)
    assert (kyrgyzstan.currency, kyrgyzstan.currencies) == ("KZT", ("KZT", "KGS"))
    assert (kyrgyzstan.phone.prefix, kyrgyzstan.phone.digits) == ("+996", 9)
    assert kyrgyzstan.free_active_listings == 5
    assert (india.currency, india.time_zone) == ("INR", "Asia/Kolkata")


def test_increments_are_in_the_currencys_own_minor_units() -> None:
    market = load_market("default")
    assert market.bands("USD")[0] == (100, 5)
    assert market.bands("USD")[-1] == (None, 10_000)
    # A yen has no minor unit and a dinar has a thousand.
    assert market.bands("JPY")[0] == (1, 1)
    assert market.bands("JPY")[3] == (100, 1)
    assert market.bands("KWD")[0] == (1_000, 50)


def test_a_file_makes_a_market(tmp_path: Path) -> None:
    file = tmp_path / "fi.toml"
    file.write_text('name = "fi"\ntitle = "Huuto"\ncurrency = "EUR"\ncurrencies = ["EUR"]\nlanguages = ["fi", "sv"]\n')
    market = load_market(str(file))
    assert (market.name, market.currency, market.languages) == ("fi", "EUR", ("fi", "sv"))


@pytest.mark.parametrize(
    "text", ['name = "fi"', "name = ", 'name="a"\ntitle="b"\ncurrency="EUR"\ncurrencies=["EUR"]\nx=1']
)
def test_a_wrong_file_is_refused_with_the_reason(tmp_path: Path, text: str) -> None:
    file = tmp_path / "fi.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"fi\.toml"):
        load_market(str(file))
    with pytest.raises(ValueError, match="neither built in"):
        load_market(str(tmp_path / "none.toml"))
