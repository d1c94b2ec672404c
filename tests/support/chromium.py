"""The Chromium of browser tests: the machine's, else Debian's package, installed once."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE = "chromium"
START_SECONDS = 60.0
INSTALL_SECONDS = 600.0
_LOCK = Path(__file__).resolve().parents[2] / ".cache" / "chromium.lock"
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    # Nothing but this machine has an address; what asks for more is told so, and the test fails.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


class NoChromiumError(RuntimeError):
    """There is no Chromium on this machine, and none could be installed."""


def find_chromium(names: Sequence[str] = NAMES) -> Path:
    """The browser's program; installs Debian's where there is none and we may. Raises NoChromiumError."""
    found = _on_path(names)
    if found is not None:
        return found
    _LOCK.parent.mkdir(exist_ok=True)
    with _LOCK.open("w") as lock:
        # Several test processes may come here at once; all but the first find it installed.
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = _on_path(names)
        if found is not None:
            return found
        told = install()
        found = _on_path(names)
    if found is not None:
        return found
    raise NoChromiumError(
        f"the browser tests need Chromium or Google Chrome on PATH: install one of them, on Debian by "
        f"`apt-get install {PACKAGE}` as root (tried: {told})"
    )


def install() -> str:
    """Install Debian's package; what came of it, in words."""
    apt = shutil.which("apt-get")
    if apt is None:
        return "there is no apt-get here"
    sudo = shutil.which("sudo")
    if os.geteuid() != 0 and sudo is None:
        return "we are not root, and there is no sudo"
    # sudo -n: a password nobody can type must not stop the run.
    prefix = [] if os.geteuid() == 0 or sudo is None else [sudo, "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", PACKAGE]):
        try:
            done = subprocess.run(
                [*prefix, apt, *command],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=INSTALL_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return f"apt-get {command[0]} took longer than {INSTALL_SECONDS:.0f} seconds"
        # Lists that cannot be read anew may still name the package.
        if done.returncode and command[0] == "install":
            return f"apt-get install failed: {done.stderr.strip()[-300:]}"
    return "apt-get installed the package, but it has no program that runs"


def _on_path(names: Sequence[str]) -> Path | None:
    for name in names:
        found = shutil.which(name)
        if found is not None and _runs(Path(found)):
            return Path(found)
    return None


def _runs(program: Path) -> bool:
    """Ubuntu's `chromium-browser` may be a stub that only says where to find the real one."""
    try:
        told = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, check=False, timeout=START_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.returncode == 0 and "Chrom" in told.stdout


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    """A running browser with a profile of its own, and `flags` beside ours; ended, and the profile removed, with the
    block."""
    program = find_chromium()
    folder = tempfile.mkdtemp(prefix="outcry-chromium-")
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=program,
                args=[*_FLAGS, *flags],
                # What the browser keeps for itself, apart from profiles, goes where it can be removed.
                env={**os.environ, "HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder},
                timeout=START_SECONDS * 1000,
            )
            try:
                yield browser
            finally:
                await browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
