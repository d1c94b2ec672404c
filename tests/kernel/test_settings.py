"""Settings: from the environment over the file over defaults, checked, and all in the guide's table (SPEC OPS-1)."""

from pathlib import Path

import pytest

from outcry.kernel.settings import FIELDS, Settings, SettingsError, load_settings
from outcry.kernel.settings_table import document

SECRET = "a-root-key-of-more-than-32-characters"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "settings.md"


def refused(environment: dict[str, str], **overrides: object) -> str:
    with pytest.raises(SettingsError) as wrong:
        load_settings(environment, Path("none.toml"), **overrides)
    return str(wrong.value)


def test_the_command_line_wins_over_the_environment_over_the_file_over_defaults(tmp_path: Path) -> None:
    file = tmp_path / "outcry.toml"
    file.write_text('host = "0.0.0.0"\nport = 1\nworkers = 1\n')
    settings = load_settings({"OUTCRY_PORT": "2", "OUTCRY_LOG_LEVEL": "error"}, file, port=None, log_level="debug")
    assert (settings.host, settings.port, settings.log_level) == ("0.0.0.0", 2, "debug")
    assert settings.market == Settings().market


def test_a_slip_in_a_name_cannot_leave_a_default_in_force(tmp_path: Path) -> None:
    assert "OUTCRY_PROT" in refused({"OUTCRY_PROT": "80"})
    file = tmp_path / "outcry.toml"
    file.write_text("prot = 80")
    with pytest.raises(SettingsError, match="prot"):
        load_settings({}, file)
    file.write_text("port = = 80")
    with pytest.raises(SettingsError, match=r"outcry\.toml"):
        load_settings({}, file)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "eighty"),
        ("WORKERS", "0"),
        ("RATE_LIMITS", "maybe"),
        ("ENV", "staging"),
        ("DESK_BATCH_BIDS", "10001"),
        ("IDEMPOTENCY_RETENTION_HOURS", "23"),
        ("MARKET", "atlantis"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_name(name: str, value: str) -> None:
    assert f"OUTCRY_{name}" in refused({f"OUTCRY_{name}": value})


def test_production_refuses_what_only_development_may_do() -> None:
    assert "OUTCRY_SECRET_KEY" in refused({"OUTCRY_ENV": "production"})
    assert "OUTCRY_SECRET_KEY" in refused({"OUTCRY_ENV": "production", "OUTCRY_SECRET_KEY": "short"})
    limits_off = {"OUTCRY_ENV": "production", "OUTCRY_SECRET_KEY": SECRET, "OUTCRY_RATE_LIMITS": "off"}
    assert "OUTCRY_RATE_LIMITS" in refused(limits_off)
    assert load_settings({"OUTCRY_ENV": "production", "OUTCRY_SECRET_KEY": SECRET}).is_production


def test_several_processes_need_redis() -> None:
    assert "OUTCRY_REDIS_URL" in refused({"OUTCRY_WORKERS": "2"})
    assert load_settings({"OUTCRY_WORKERS": "2", "OUTCRY_REDIS_URL": "redis://localhost"}).workers == 2


def test_auctions_may_be_short_in_development_only() -> None:
    assert load_settings({}).auction_min_seconds == 1
    assert load_settings({"OUTCRY_ENV": "production", "OUTCRY_SECRET_KEY": SECRET}).auction_min_seconds == 60
    assert load_settings({"OUTCRY_MIN_AUCTION_SECONDS": "7"}).auction_min_seconds == 7


def test_the_guide_shows_every_setting_as_it_is() -> None:
    assert GUIDE.read_text() == document(), "run: python -m outcry.kernel.settings_table > docs/guide/settings.md"
    for name in FIELDS:
        assert f"| `OUTCRY_{name.upper()}` |" in document()
