"""A fixture of another account than the superuser's; `tests/conftest.py` imports it."""

import os
import pwd
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

SOURCES = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture
def ordinary_uid() -> Iterator[int | None]:
    """None when we are an ordinary user; else one that for now may pass through to our interpreter."""
    if os.geteuid() != 0:
        yield None
        return
    opened: list[tuple[Path, int]] = []
    for program in {Path(sys.executable), Path(sys.executable).resolve(), Path(psycopg.__file__), SOURCES}:
        for parent in program.absolute().parents:
            mode = stat.S_IMODE(parent.stat().st_mode)
            if not mode & stat.S_IXOTH:
                opened.append((parent, mode))
                parent.chmod(mode | stat.S_IXOTH)
    try:
        yield pwd.getpwnam("nobody").pw_uid
    finally:
        for parent, mode in reversed(opened):
            parent.chmod(mode)
