"""`outcry serve` and its sisters as a newcomer runs them (API.md "The command", SPEC OPS-1, OPS-2)."""

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.command import Served, data_folder, run_outcry, serving_command
from tests.support.market import PASSWORD, signup_body


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder() as made:
        yield made


def log_in(server: Served, email: str) -> httpx.Response:
    return httpx.post(f"{server.url}/v1/auth/login", json={"email": email, "password": PASSWORD})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_one_line_answers_and_ends_clean(folder: Path, number: signal.Signals) -> None:
    with serving_command(folder) as server:
        assert httpx.get(f"{server.url}/health/ready").json() == {"status": "ready"}
        assert httpx.get(f"{server.url}/health/live").status_code == 200
        family = psutil.Process(server.process.pid).children(recursive=True)
        assert family, "the embedded database is its child"
        assert server.end(number) == 0
        assert server.rest_of_output() == ""
        assert [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []


def test_the_data_stays_and_one_folder_has_one_server(folder: Path) -> None:
    with serving_command(folder) as server:
        answer = httpx.post(f"{server.url}/v1/auth/signup", json=signup_body("ann@test.example"))
        assert answer.status_code == 201
        second = run_outcry(folder, "serve", "--port", "0")
        assert second.returncode != 0
        assert second.stdout == ""
        assert str(folder) in second.stderr
        assert "Traceback" not in second.stderr
        assert log_in(server, "ann@test.example").status_code == 200
        assert server.end() == 0
    with serving_command(folder) as server:
        assert log_in(server, "ann@test.example").status_code == 200


def test_commands_work_beside_a_running_server(folder: Path) -> None:
    with serving_command(folder) as server:
        created = run_outcry(
            folder, "user", "create", "--email", "mod@test.example", "--password", PASSWORD, "--staff", "moderator"
        )
        assert created.returncode == 0, created.stderr
        session = log_in(server, "mod@test.example").json()
        assert "moderator" in session["user"]["roles"]
        assert session["user"]["id"] == created.stdout.strip()
        again = run_outcry(folder, "user", "create", "--email", "mod@test.example", "--password", PASSWORD)
        assert again.returncode == 1
        audited = run_outcry(folder, "audit")
        assert audited.returncode == 0, audited.stdout + audited.stderr
        port = server.url.rpartition(":")[2]
        examined = run_outcry(folder, "doctor", port=port)
        assert examined.returncode == 1
        assert "BAD" in examined.stdout
        assert f":{port} cannot be listened on" in examined.stdout
        assert "row security binds it" in examined.stdout


def test_wrong_settings_are_one_sentence(folder: Path) -> None:
    for settings, words in (
        ({"workers": 2}, "OUTCRY_REDIS_URL"),
        ({"prot": 8000}, "OUTCRY_PROT is not a setting"),
        ({"port": 70000}, "OUTCRY_PORT"),
        ({"env": "production"}, "OUTCRY_SECRET_KEY"),
        ({"market": "atlantis"}, "OUTCRY_MARKET"),
    ):
        refused = run_outcry(folder, "serve", **settings)
        assert refused.returncode == 2
        assert refused.stdout == ""
        assert words in refused.stderr
        assert len(refused.stderr.splitlines()) == 1, refused.stderr


def test_a_port_that_is_taken_is_one_sentence(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = run_outcry(folder, "serve", "--port", str(taken.getsockname()[1]))
    assert refused.returncode == 2
    assert "cannot listen on" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1, refused.stderr


def test_openapi_and_settings_are_printed_without_a_database(folder: Path) -> None:
    printed = run_outcry(folder, "openapi")
    assert printed.returncode == 0, printed.stderr
    document = json.loads(printed.stdout)
    assert document["openapi"].startswith("3.1")
    assert "/v1/auctions/{auction_id}/bids" in document["paths"]
    table = run_outcry(folder, "doctor", "--settings")
    assert "| `OUTCRY_DATABASE_URL` |" in table.stdout


def test_several_processes_serve_as_one_and_a_dead_one_comes_back(folder: Path, redis_url: str) -> None:
    with serving_command(folder, "--workers", "2", redis_url=redis_url) as server:
        answer = httpx.post(f"{server.url}/v1/auth/signup", json=signup_body("ann@test.example"))
        assert answer.status_code == 201
        children = [
            child for child in psutil.Process(server.process.pid).children() if "--role" in " ".join(child.cmdline())
        ]
        assert sorted(child.cmdline()[-1] for child in children) == ["child", "child", "worker"]
        metrics = httpx.get(f"{server.url}/metrics").text
        for process in ("api-1", "api-2", "worker"):
            assert f'process_resident_memory_bytes{{process="{process}"}}' in metrics
        for child in children:
            child.kill()
        psutil.wait_procs(children, timeout=30)
        # The socket is the parent's, so a call waits until a process is there again.
        assert httpx.get(f"{server.url}/health/ready", timeout=60).status_code == 200
        assert log_in(server, "ann@test.example").status_code == 200
        assert server.end() == 0
        assert server.rest_of_output() == ""
