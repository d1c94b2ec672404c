"""The account that runs PostgreSQL reaches what it must, and nothing is opened that is not ours to open."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from outcry.kernel.embedded_account import Account, EmbeddedPostgresError, make_reachable, make_readable

SOMEBODY_ELSE = Account(uid=54_321, gid=54_321, switches=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everyone may pass through."""
    with tempfile.TemporaryDirectory(prefix="outcry-test-") as path:
        Path(path).chmod(0o711)
        yield Path(path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_installation_made_under_a_strict_umask_is_opened_for_reading_only(folder: Path) -> None:
    top = folder / "install"
    (top / "bin").mkdir(parents=True)
    (top / "share").mkdir()
    program, text = top / "bin" / "postgres", top / "share" / "timezones"
    program.touch()
    text.touch()
    program.chmod(0o700)
    text.chmod(0o600)
    for part in (top, top / "bin", top / "share"):
        part.chmod(0o700)
    make_readable(top, program, SOMEBODY_ELSE)
    assert [mode(part) for part in (top, top / "bin", top / "share", program, text)] == [
        0o755,
        0o755,
        0o755,
        0o705,
        0o604,
    ]


def test_a_parent_that_another_owner_closed_is_named_and_left_closed(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(closed, 12_345, 12_345)
    with pytest.raises(EmbeddedPostgresError, match=f"cannot pass through {closed}"):
        make_reachable(closed / "data", SOMEBODY_ELSE)
    assert mode(closed) == 0o700


def test_nothing_is_opened_for_ourselves(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    make_reachable(closed / "data", Account(os.geteuid(), os.getegid(), switches=False))
    assert mode(closed) == 0o700
