"""The `outcry` command as a process of its own."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY_PREFIX = "ready on http://"
ENDS_WITHIN_SECONDS = 60
SOURCES = Path(__file__).resolve().parents[2] / "src"
# Python imports what it finds there before anything else: see its sitecustomize.
WRONG_CLOCK = Path(__file__).resolve().parent / "wrong_clock"


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own account can reach, which pytest's is not for root."""
    made = Path(tempfile.mkdtemp(prefix="outcry-command-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def environment(folder: Path, *, clock_seconds: int = 0, **settings: object) -> dict[str, str]:
    """The settings of a command run in `folder`, and of nothing that this machine has set.

    `clock_seconds` is how far the command's wall clock is ahead of this machine's.
    """
    chosen = {name: value for name, value in os.environ.items() if not name.startswith("OUTCRY_")}
    chosen |= {"OUTCRY_DATA_DIR": str(folder), "OUTCRY_LOG_LEVEL": "warning", "OUTCRY_CONFIG": os.devnull}
    if clock_seconds:
        path = os.pathsep.join([str(WRONG_CLOCK), str(SOURCES), chosen.get("PYTHONPATH", "")])
        chosen |= {"PYTHONPATH": path, "WRONG_CLOCK_SECONDS": str(clock_seconds)}
    return chosen | {f"OUTCRY_{name.upper()}": str(value) for name, value in settings.items()}


def run_outcry(
    folder: Path, *arguments: str, uid: int | None = None, clock_seconds: int = 0, **settings: object
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as the account `uid` if given."""
    return subprocess.run(
        [sys.executable, "-m", "outcry", *arguments],
        env=environment(folder, clock_seconds=clock_seconds, **settings),
        user=uid,
        group=None if uid is None else pwd.getpwuid(uid).pw_gid,
        extra_groups=None if uid is None else [],
        capture_output=True,
        text=True,
        check=False,
        timeout=ENDS_WITHIN_SECONDS,
        stdin=subprocess.DEVNULL,
    )


class Served:
    """A running `outcry serve`."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(ENDS_WITHIN_SECONDS)

    def rest_of_output(self) -> str:
        """What it said on standard output after it was ready."""
        assert self.process.stdout is not None
        return self.process.stdout.read()


@contextmanager
def serving_command(folder: Path, *arguments: str, clock_seconds: int = 0, **settings: object) -> Iterator[Served]:
    """`outcry serve` on a free port, ready; stopped at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "outcry", "serve", "--port", "0", *arguments],
        env=environment(folder, clock_seconds=clock_seconds, **settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(READY_PREFIX), line
        yield Served(process, line.split()[-1])
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(ENDS_WITHIN_SECONDS)
