"""Keys and ciphers: what was sealed opens only with its key and place; roots rotate (SPEC SEC-1)."""

import json
import stat
from pathlib import Path

import pytest

from outcry.kernel.crypto import SECRETS_FILE, DecryptionError, KeyRing, key_id_of, load_key_ring
from outcry.kernel.settings import load_settings

OLD, NEW = "old-root-key-of-32-characters-or-more", "new-root-key-of-32-characters-or-more"


def test_what_is_sealed_opens_in_its_place_only() -> None:
    ring = KeyRing(NEW)
    sealed = ring.encrypt("+996 555 123 456", context="users.phone")
    assert b"555" not in sealed
    assert ring.decrypt(sealed, context="users.phone") == "+996 555 123 456"
    assert ring.encrypt("+996 555 123 456", context="users.phone") != sealed
    with pytest.raises(DecryptionError):
        ring.decrypt(sealed, context="users.email")
    for place in range(len(sealed)):
        changed = bytes(byte ^ (place == at) for at, byte in enumerate(sealed))
        with pytest.raises(DecryptionError):
            ring.decrypt(changed, context="users.phone")


def test_a_new_root_reads_the_old_and_writes_the_new() -> None:
    before, after = KeyRing(OLD), KeyRing(NEW, OLD)
    sealed = before.encrypt("ann@test.example", context="users.email")
    assert after.decrypt(sealed, context="users.email") == "ann@test.example"
    assert key_id_of(sealed) == before.current_id == after.older_ids[0]
    renewed = after.encrypt("ann@test.example", context="users.email")
    assert key_id_of(renewed) == after.current_id == KeyRing(NEW).current_id
    with pytest.raises(DecryptionError):
        before.decrypt(renewed, context="users.email")


def test_rows_are_looked_for_by_every_root_and_written_by_the_newest() -> None:
    before, after = KeyRing(OLD), KeyRing(NEW, OLD)
    found_by = before.keyed_hash("ann@test.example", context="users.email")
    newest = KeyRing(NEW).keyed_hash("ann@test.example", context="users.email")
    assert after.keyed_hashes("ann@test.example", context="users.email") == [newest, found_by]
    assert after.keyed_hash("ann@test.example", context="users.email") == newest
    assert after.keyed_hash("ann@test.example", context="users.phone") != newest


def test_keys_are_derived_by_purpose_and_all_roots_can_check() -> None:
    ring = KeyRing(NEW, OLD)
    assert ring.derive("tokens") != ring.derive("uploads")
    assert ring.derive_all("tokens") == [KeyRing(NEW).derive("tokens"), KeyRing(OLD).derive("tokens")]
    with pytest.raises(ValueError, match="root key"):
        KeyRing()


def test_development_makes_its_key_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    settings = load_settings({"OUTCRY_DATA_DIR": str(tmp_path / "data")}, Path("none.toml"))
    first = load_key_ring(settings)
    file = tmp_path / "data" / SECRETS_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(json.loads(file.read_text())["secret_key"]) >= 32
    assert load_key_ring(settings).derive("tokens") == first.derive("tokens")
