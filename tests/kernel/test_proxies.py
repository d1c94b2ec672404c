"""Whose word about a client's address is believed."""

import pytest

from outcry.kernel.proxies import client_address, trusted_networks
from outcry.kernel.settings import SettingsError

TRUSTED = trusted_networks("10.0.0.0/8, 192.0.2.1, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.9, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7, 10.1.1.1, 192.0.2.1", "203.0.113.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "nonsense", "nonsense"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("203.0.113.7", "198.51.100.9", "203.0.113.7"),
    ],
)
def test_the_last_entry_that_no_trusted_proxy_made_is_the_client(peer: str, forwarded: str, client: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == client


def test_trusting_whoever_connects_believes_its_own_entry_only() -> None:
    assert trusted_networks("*") is None
    assert client_address("203.0.113.1", "198.51.100.9, 203.0.113.7", None) == "203.0.113.7"
    assert client_address("203.0.113.1", "", None) == "203.0.113.1"


def test_a_list_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="OUTCRY_TRUSTED_PROXIES"):
        trusted_networks("our proxy")
