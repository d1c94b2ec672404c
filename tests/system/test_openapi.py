"""schemathesis over the whole OpenAPI document: no 5xx, and every answer as declared (SPEC API-1)."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from outcry.app import Outcry
from outcry.identity.passwords import Passwords
from outcry.kernel.settings import load_settings
from tests.support.market import listing_body, signup_body

EXAMPLES = 6
CHECKS = (not_a_server_error, content_type_conformance, status_code_conformance)


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The app in a thread of its own, since schemathesis is not async."""
    outcry = Outcry(
        load_settings({"OUTCRY_DATA_DIR": str(tmp_path), "OUTCRY_RATE_LIMITS": "off"}, tmp_path / "none"), database_url
    )
    outcry.accounts.passwords = Passwords(memory_kib=64, passes=1)
    config = uvicorn.Config(outcry.asgi(), port=0, log_level="error", ws=outcry.socket_protocol())
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_no_server_error_and_every_answer_as_declared(served: str) -> None:
    session = httpx.post(f"{served}/v1/auth/signup", json=signup_body("schema@test.example")).json()
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    listing = httpx.post(f"{served}/v1/listings", json=listing_body(), headers=headers).json()
    httpx.post(f"{served}/v1/listings/{listing['id']}/publish", headers=headers)
    schema = schemathesis.openapi.from_url(f"{served}/openapi.json")
    faults: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/events") or (operation.method, operation.path) == ("delete", "/v1/users/me"):
            # An endless stream; and the account that makes the calls.
            continue

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @schemathesis_given(operation)
        def one(case: schemathesis.Case) -> None:
            response = case.call(base_url=served, headers=headers)
            case.validate_response(response, checks=CHECKS)

        try:
            one()
        except BaseException as wrong:  # a group of failures, one a check
            faults.append(f"{operation.method.upper()} {operation.path}: {str(wrong)[:600]}")
    assert not faults, "\n\n".join(faults)


def schemathesis_given(operation):
    from hypothesis import given

    return given(case=operation.as_strategy())
