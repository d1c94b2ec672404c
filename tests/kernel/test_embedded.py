"""The embedded PostgreSQL keeps what was committed, whoever is killed, and belongs to one process at a time."""

import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest

from outcry.kernel.embedded import EmbeddedPostgres, EmbeddedPostgresError

SOURCES = Path(__file__).resolve().parents[2] / "src"
SERVE = """
import sys
from pathlib import Path
from outcry.kernel.embedded import EmbeddedPostgres
server = EmbeddedPostgres.start(Path(sys.argv[1]))
print(server.pid, server.url, flush=True)
sys.stdin.read()
"""
ENDS_WITHIN_SECONDS = 60


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own temporary folder: each of its runs closes that to other users again."""
    with tempfile.TemporaryDirectory(prefix="outcry-test-") as path:
        yield Path(path) / "data"


def start_elsewhere(folder: Path, uid: int | None = None) -> subprocess.Popen[str]:
    """Another Python process that is to run the server of `folder`, until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(SOURCES), "PYTHONDONTWRITEBYTECODE": "1"},
        user=uid,
        group=None if uid is None else pwd.getpwuid(uid).pw_gid,
        extra_groups=None if uid is None else [],
    )


def running_elsewhere(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The server's pid and URL, once it answers."""
    assert process.stdout is not None
    assert process.stderr is not None
    words = process.stdout.readline().split()
    if not words:
        raise AssertionError(process.stderr.read())
    return int(words[0]), words[1]


def add_note(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (note text)")
        connection.execute("INSERT INTO notes VALUES (%s)", [text])


def notes(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [note for (note,) in connection.execute("SELECT note FROM notes ORDER BY note").fetchall()]


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return row[0]


def wait_until_gone(pid: int) -> None:
    try:
        psutil.Process(pid).wait(ENDS_WITHIN_SECONDS)
    except psutil.NoSuchProcess:
        return


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_data_survives_a_restart_and_the_server_ends_with_its_block(folder: Path) -> None:
    with EmbeddedPostgres.start(folder) as server:
        add_note(server.url, "kept")
        first_pid = server.pid
    assert not is_alive(first_pid)
    with EmbeddedPostgres.start(folder) as server:
        assert notes(server.url) == ["kept"]
        assert server.pid != first_pid


def test_it_is_durable_unicode_checksummed_and_closed_to_others(folder: Path) -> None:
    with EmbeddedPostgres.start(folder, extra_settings={"work_mem": "5MB"}) as server:
        wanted = {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "data_checksums": "on",
            "server_encoding": "UTF8",
            "listen_addresses": "",
            "TimeZone": "UTC",
            "jit": "off",
            "max_connections": "200",
            "work_mem": "5MB",
        }
        assert {name: setting(server.url, name) for name in wanted} == wanted
        sockets = Path(setting(server.url, "unix_socket_directories"))
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "postgres").stat().st_mode) == 0o700
        assert psutil.Process(server.pid).uids().effective != 0
        with psycopg.connect(server.url) as connection:
            letters = connection.execute("SELECT lower('ЫШӨ'), upper('ñç')").fetchone()
        assert letters == ("ышө", "ÑÇ")


def test_a_second_start_is_refused_and_names_folder_and_holder(folder: Path) -> None:
    with EmbeddedPostgres.start(folder) as server:
        with pytest.raises(EmbeddedPostgresError, match=f"{folder}.*process {os.getpid()}"):
            EmbeddedPostgres.start(folder)
        other = start_elsewhere(folder)
        _, complaint = other.communicate()
        assert other.returncode != 0
        assert str(folder) in complaint
        assert f"process {os.getpid()}" in complaint
        add_note(server.url, "the first one is untouched")


def test_committed_rows_survive_a_killed_server(folder: Path) -> None:
    server = EmbeddedPostgres.start(folder)
    add_note(server.url, "committed")
    with closing(psycopg.connect(server.url)) as busy:
        busy.execute("INSERT INTO notes VALUES ('uncommitted')")
        # Busy, this process does not notice that its server is gone, and still holds the shared memory.
        busy.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
        os.kill(server.pid, signal.SIGKILL)
        wait_until_gone(server.pid)
        server.stop()
        assert not server.is_running
        with EmbeddedPostgres.start(folder) as again:
            assert notes(again.url) == ["committed"]


def test_a_killed_owner_takes_its_server_along_and_the_next_start_recovers(folder: Path) -> None:
    with start_elsewhere(folder) as other:
        pid, url = running_elsewhere(other)
        add_note(url, "committed")
        with closing(psycopg.connect(url)) as busy:
            busy.execute("INSERT INTO notes VALUES ('uncommitted')")
            other.kill()
            other.wait()
            with EmbeddedPostgres.start(folder) as server:
                assert not is_alive(pid)
                assert notes(server.url) == ["committed"]


def test_owner_and_server_killed_together_are_recovered(folder: Path) -> None:
    with start_elsewhere(folder) as other:
        pid, url = running_elsewhere(other)
        add_note(url, "committed")
        # Stopped, it cannot obey the signal that the owner's death sends it: an orphan is left, then killed too.
        os.kill(pid, signal.SIGSTOP)
        other.kill()
        other.wait()
        os.kill(pid, signal.SIGKILL)
    with EmbeddedPostgres.start(folder) as server:
        assert notes(server.url) == ["committed"]


def test_a_stale_pid_file_naming_a_living_process_does_not_stop_a_start(folder: Path) -> None:
    with EmbeddedPostgres.start(folder) as server:
        add_note(server.url, "committed")
        owner_of_data = (folder / "postgres").stat()
        lines = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
    sleeper = subprocess.Popen(["sleep", "600"], user=owner_of_data.st_uid if os.geteuid() == 0 else None)
    try:
        stale = folder / "postgres" / "postmaster.pid"
        stale.write_text("\n".join([str(sleeper.pid), *lines[1:]]) + "\n")
        os.chown(stale, owner_of_data.st_uid, owner_of_data.st_gid)
        with EmbeddedPostgres.start(folder) as server:
            assert notes(server.url) == ["committed"]
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_an_initialisation_that_was_killed_leaves_nothing_that_is_taken_for_a_database(folder: Path) -> None:
    with start_elsewhere(folder) as other:
        while not any(folder.glob("postgres.initdb-*/PG_VERSION")):
            assert other.poll() is None
        other.kill()
        other.wait()
    assert not (folder / "postgres").exists()
    with EmbeddedPostgres.start(folder) as server:
        add_note(server.url, "whole")
        assert notes(server.url) == ["whole"]
    assert not any(folder.glob("postgres.initdb-*"))


def test_a_folder_too_deep_for_a_socket_gets_a_short_private_one(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    with EmbeddedPostgres.start(deep) as server:
        sockets = Path(setting(server.url, "unix_socket_directories"))
        assert not sockets.is_relative_to(folder)
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        add_note(server.url, "reached")
    assert not sockets.exists()


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="max_connections"):
        EmbeddedPostgres.start(folder, extra_settings={"max_connections": "many"})
    with EmbeddedPostgres.start(folder) as server:
        assert setting(server.url, "max_connections") == "200"


def test_data_of_an_unknown_version_is_refused(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL 9\.6"):
        EmbeddedPostgres.start(folder)


def test_an_ordinary_user_runs_it_as_itself(folder: Path, ordinary_uid: int | None) -> None:
    folder.mkdir()
    uid = os.geteuid() if ordinary_uid is None else ordinary_uid
    os.chown(folder, uid, -1)
    folder.parent.chmod(0o711)
    with start_elsewhere(folder, ordinary_uid) as other:
        pid, url = running_elsewhere(other)
        add_note(url, "committed")
        assert psutil.Process(pid).uids().effective == uid
        other.communicate("")
        assert other.returncode == 0
        wait_until_gone(pid)
    # Whoever starts it next, even root, the data stays its owner's.
    with EmbeddedPostgres.start(folder) as server:
        assert notes(server.url) == ["committed"]
        assert psutil.Process(server.pid).uids().effective == uid
    assert (folder / "postgres").stat().st_uid == uid
