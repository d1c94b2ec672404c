"""Where the browser tests find their browser, and what they say when there is none."""

import os
from pathlib import Path

import pytest

from tests.support import chromium
from tests.support.chromium import NAMES, NoChromiumError, find_chromium


def program(folder: Path, name: str, script: str) -> Path:
    made = folder / name
    made.write_text(f"#!/bin/sh\n{script}\n")
    made.chmod(0o755)
    return made


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of programs on a machine that has a shell and nothing else."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "_LOCK", tmp_path / "lock")
    return tmp_path


def test_the_machines_browser_is_taken_unless_it_does_not_run(machine: Path) -> None:
    program(machine, "chromium", "echo 'install the snap' >&2; exit 1")
    chrome = program(machine, "google-chrome", "echo Google Chrome 150.0")
    assert find_chromium() == chrome


def test_without_one_debians_is_installed(machine: Path) -> None:
    program(machine, "sudo", 'shift; exec "$@"')
    browser = machine / "chromium"
    script = f"""
    case "$*" in
      *install*chromium*) printf '#!/bin/sh\\necho Chromium 150.0\\n' > {browser}; /bin/chmod 755 {browser} ;;
    esac
    """
    program(machine, "apt-get", script)
    assert find_chromium() == browser


def test_where_there_can_be_none_it_says_what_to_install(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoChromiumError, match=r"install one of them.*there is no apt-get here"):
        find_chromium()
    program(machine, "apt-get", "echo 'Unable to locate package chromium' >&2; exit 100")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(NoChromiumError, match="Unable to locate package chromium"):
        find_chromium()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NoChromiumError, match="we are not root, and there is no sudo"):
        find_chromium(NAMES)
