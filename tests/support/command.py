"""The `outcry` command as a process of its own."""

import os
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


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own account can reach, which pytest's is not for root."""
    made = Path(tempfile.mkdtemp(prefix="outcry-command-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def environment(folder: Path, **settings: object) -> dict[str, str]:
    """The settings of a command run in `folder`, and of nothing that this machine has set."""
    chosen = {name: value for name, value in os.environ.items() if not name.startswith("OUTCRY_")}
    chosen |= {"OUTCRY_DATA_DIR": str(folder), "OUTCRY_LOG_LEVEL": "warning", "OUTCRY_CONFIG": os.devnull}
    return chosen | {f"OUTCRY_{name.upper()}": str(value) for name, value in settings.items()}


def run_outcry(folder: Path, *arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "outcry", *arguments],
        env=environment(folder, **settings),
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
def serving_command(folder: Path, *arguments: str, **settings: object) -> Iterator[Served]:
    """`outcry serve` on a free port, ready; stopped at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "outcry", "serve", "--port", "0", *arguments],
        env=environment(folder, **settings),
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
