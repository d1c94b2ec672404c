"""`outcry doctor` says what is right, and of each thing that is wrong how to mend it (SPEC OPS-2)."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from outcry.kernel.embedded import EmbeddedPostgres
from outcry.kernel.migrations import head_revision
from tests.support.command import data_folder, run_outcry

NOBODY = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder() as made:
        yield made


@pytest.fixture
def port() -> int:
    """One that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def findings(folder: Path, code: int, **settings: Any) -> tuple[list[str], list[str]]:
    """What doctor found good and bad; its last line and its exit code must agree with them."""
    examined = run_outcry(folder, "doctor", **settings)
    *lines, verdict = examined.stdout.splitlines()
    good = [line.removeprefix("ok   ") for line in lines if line.startswith("ok   ")]
    bad = [line.removeprefix("BAD  ") for line in lines if line.startswith("BAD  ")]
    assert len(good) + len(bad) == len(lines), examined.stdout
    assert examined.stderr == ""
    assert examined.returncode == code, examined.stdout
    assert verdict == (f"doctor: {len(bad)} to mend" if bad else "doctor: all is well")
    return good, bad


def test_a_new_place_is_well(folder: Path, port: int) -> None:
    good, bad = findings(folder, 0, port=port)
    assert bad == []
    assert good == [
        f"data folder {folder} can be written",
        f"127.0.0.1:{port} is free",
        "the embedded database is not running; `outcry serve` starts it",
        "one process, no Redis needed",
        "no mail server: mail is kept and shown at /dev/outbox",
    ]
    assert list(folder.iterdir()) == [], "looking changes nothing"


def test_a_migrated_database_and_a_redis_are_well(folder: Path, port: int, database_url: str, redis_url: str) -> None:
    good, _ = findings(folder, 0, port=port, database_url=database_url, redis_url=redis_url)
    words = "\n".join(good)
    assert "PostgreSQL 1" in words
    assert "our clock and PostgreSQL's differ by 0." in words
    assert f"schema at {head_revision()}, as this version wants it" in good
    assert "role outcry_app exists and row security binds it" in good
    assert "Redis answers" in good


def test_a_data_folder_that_cannot_be_made_is_named(folder: Path, port: int) -> None:
    file = folder / "file"
    file.touch()
    _, (bad,) = findings(file / "data", 1, port=port)
    assert bad == f"{file} is a file, so data folder {file / 'data'} cannot be: set OUTCRY_DATA_DIR to another"


def test_a_data_folder_closed_to_us_is_named(folder: Path, port: int, ordinary_uid: int | None) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o500)
    # Not the superuser's account, which permission bits do not stop.
    folder.chmod(0o755)
    for data in (closed, closed / "data", closed / "data" / "deeper"):
        _, (bad,) = findings(data, 1, port=port, uid=ordinary_uid)
        assert bad == f"data folder {data} cannot be written: choose another with OUTCRY_DATA_DIR"


def test_addresses_that_cannot_be_listened_on(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _, (bad,) = findings(folder, 1, port=port)
    assert f"127.0.0.1:{port} cannot be listened on" in bad
    assert "set OUTCRY_PORT" in bad
    # TEST-NET-1: an address nobody has.
    _, (bad,) = findings(folder, 1, host="192.0.2.1")
    assert "192.0.2.1:8000 cannot be listened on" in bad
    assert "set OUTCRY_HOST to an address of this machine" in bad


def test_an_address_of_the_newer_kind_is_asked_as_serve_would(folder: Path, port: int) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", port))
        code = 0
    except OSError:
        code = 1
    good, bad = findings(folder, code, host="::1", port=port)
    assert any(line.startswith(f"::1:{port} ") for line in (bad if code else good))


def test_databases_that_cannot_be_reached(folder: Path, port: int) -> None:
    _, (bad,) = findings(folder, 1, port=port, database_url=NOBODY)
    assert "the database cannot be reached" in bad
    assert "OUTCRY_DATABASE_URL" in bad
    _, (bad,) = findings(folder, 1, port=port, database_url="localhost")
    assert bad.startswith("OUTCRY_DATABASE_URL is no URL")


def test_each_fault_of_a_database_and_how_it_is_mended(folder: Path, port: int) -> None:
    head = head_revision()
    with EmbeddedPostgres.start(folder, durable=False) as postgres:
        # The embedded one is found without a setting, as beside a running `serve`.
        _, bad = findings(folder, 1, port=port)
        assert bad == [
            f"schema at nothing, this version wants {head}: `outcry migrate` brings it there",
            "role outcry_app does not exist: `outcry migrate` makes it",
        ]
        assert run_outcry(folder, "migrate", database_url=postgres.url).returncode == 0
        assert findings(folder, 0, port=port)[1] == []
        with psycopg.connect(postgres.url, autocommit=True) as owner:
            owner.execute("ALTER ROLE outcry_app BYPASSRLS")
            owner.execute("UPDATE alembic_version SET version_num = '0001'")
            _, bad = findings(folder, 1, port=port)
            assert bad == [
                f"schema at 0001, this version wants {head}: `outcry migrate` brings it there",
                "row security does not bind role outcry_app: ALTER ROLE outcry_app NOSUPERUSER NOBYPASSRLS",
            ]


@pytest.mark.parametrize("clock_seconds", [3600, -3600])
def test_a_wrong_clock_is_found(folder: Path, port: int, database_url: str, clock_seconds: int) -> None:
    _, (bad,) = findings(folder, 1, port=port, database_url=database_url, clock_seconds=clock_seconds)
    assert bad.startswith(("our clock and PostgreSQL's differ by 3599.", "our clock and PostgreSQL's differ by 3600."))
    assert "(NTP)" in bad


def test_a_redis_that_does_not_answer(folder: Path, port: int) -> None:
    _, (bad,) = findings(folder, 1, port=port, redis_url="redis://127.0.0.1:1/0")
    assert bad.startswith("Redis does not answer")
    assert "OUTCRY_REDIS_URL" in bad
    _, (bad,) = findings(folder, 1, port=port, redis_url="localhost:6379")
    assert bad.startswith("OUTCRY_REDIS_URL is no URL")


def test_several_faults_are_all_told(folder: Path, port: int) -> None:
    _, bad = findings(folder, 1, port=port, database_url=NOBODY, redis_url="redis://127.0.0.1:1/0", host="192.0.2.1")
    assert len(bad) == 3


def test_a_wrong_setting_and_the_table_of_settings(folder: Path) -> None:
    refused = run_outcry(folder, "doctor", prot=8000)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "OUTCRY_PROT is not a setting" in refused.stderr
    table = run_outcry(folder, "doctor", "--settings")
    assert table.returncode == 0
    assert "| `OUTCRY_REDIS_URL` |" in table.stdout


def test_production_without_a_mail_server_is_told(folder: Path, port: int) -> None:
    secret = "a-secret-key-of-32-characters-or-more"
    _, bad = findings(folder, 1, port=port, env="production", secret_key=secret)
    assert [words for words in bad if "mail" in words] == [
        "no mail is sent: set OUTCRY_SMTP_URL and OUTCRY_MAIL_FROM, "
        "or nobody gets a verification link, reset or invoice"
    ]


def test_a_mail_server_that_does_not_answer_is_told(folder: Path, port: int) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        away = silent.getsockname()[1]
        url = f"smtp://user:secret@127.0.0.1:{away}"
        _, bad = findings(folder, 1, port=port, smtp_url=url, mail_from="hello@outcry.example")
    assert len(bad) == 1
    assert f"the mail server 127.0.0.1:{away} does not answer" in bad[0]
    assert "secret" not in bad[0]
