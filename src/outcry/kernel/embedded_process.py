"""Running PostgreSQL's programs as their account, so that they do not outlive us.

On Linux the kernel sends the child a signal when its parent dies (PR_SET_PDEATHSIG), even by kill -9. Three traps:
the setting is lost when the child changes its user, so it is set after that, by a small launcher that then becomes
the program; it fires when the *thread* that made the child ends, so a thread of its own makes the child and stays
with it; and the parent may be gone before it is set, so the launcher looks afterwards.
Elsewhere there is no such signal, and the next start stops what was left behind.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from outcry.kernel.embedded_account import Account, EmbeddedPostgresError

# PostgreSQL's own variables (PGDATA, PGPORT, ...) and the locale must come from us alone.
_DROPPED_PREFIXES = ("PG", "LC_", "LANG")
_LAUNCH_FAILED = 127
_PR_SET_PDEATHSIG = 1

# Runs without site-packages (-I -S), so imports everything before it gives up the right to read the interpreter.
_LAUNCHER = f"""
import ctypes, os, signal, sys
parent, uid, gid, death_signal = (int(argument) for argument in sys.argv[1:5])
library = ctypes.CDLL(None) if sys.platform == "linux" else None
if uid >= 0:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
if library is not None:
    library.prctl({_PR_SET_PDEATHSIG}, death_signal, 0, 0, 0)
if os.getppid() != parent:
    os._exit({_LAUNCH_FAILED})
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.umask(0o077)
os.execv(sys.argv[5], sys.argv[5:])
"""


def command_as(
    program: Path, arguments: Sequence[str], account: Account, death_signal: signal.Signals
) -> tuple[list[str], Mapping[str, str]]:
    """The command line and environment that run `program` as `account`; for a child of this very process."""
    uid, gid = (account.uid, account.gid) if account.switches else (-1, -1)
    line = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), str(uid), str(gid), str(int(death_signal))]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED_PREFIXES)}
    return [*line, str(program), *arguments], {**environment, "LC_ALL": "C"}


def run_as(program: Path, arguments: Sequence[str], account: Account, *, timeout_seconds: float) -> tuple[int, str]:
    """Run to the end: the exit code and what was written to both outputs. Dies with us."""
    line, environment = command_as(program, arguments, account, signal.SIGKILL)
    done = subprocess.run(
        line,
        check=False,
        cwd="/",  # ours may be closed to the account
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout_seconds,
    )
    return done.returncode, done.stdout


class SupervisedProcess:
    """A long-running child and the thread that made it and waits for its end. It gets SIGINT when we die."""

    def __init__(
        self,
        program: Path,
        arguments: Sequence[str],
        account: Account,
        log: Path,
        extra_environment: Mapping[str, str] | None = None,
    ) -> None:
        self._line, environment = command_as(program, arguments, account, signal.SIGINT)
        self._environment = {**environment, **(extra_environment or {})}
        self._log = log
        self._started = threading.Event()
        self._ended = threading.Event()
        self._failure: OSError | None = None
        self.pid = 0
        self.exit_code: int | None = None
        # A daemon, or a program that forgets to stop the database could never end.
        threading.Thread(target=self._supervise, name=f"{program.name}-supervisor", daemon=True).start()
        self._started.wait()
        if self._failure is not None:
            raise EmbeddedPostgresError(f"{program} could not be run: {self._failure}") from self._failure

    def _supervise(self) -> None:
        try:
            with self._log.open("ab") as log:
                process = subprocess.Popen(
                    self._line,
                    cwd="/",
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # Ctrl-C in the terminal is for us; we stop the database last.
                    start_new_session=True,
                )
        except OSError as failure:
            self._failure = failure
            self._started.set()
            return
        self.pid = process.pid
        self._started.set()
        self.exit_code = process.wait()
        self._ended.set()

    @property
    def is_running(self) -> bool:
        """False once it has ended."""
        return not self._ended.is_set()

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for its end; False when it still runs then."""
        return self._ended.wait(timeout_seconds)

    def send(self, number: signal.Signals) -> None:
        """Signal it, if it still runs."""
        if self.is_running:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return
