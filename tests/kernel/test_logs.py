"""Logs: one JSON object a line, with who and which request, and never a secret (SPEC OPS-3, SEC-3)."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outcry.kernel.ids import new_id
from outcry.kernel.logs import (
    JsonFormatter,
    TextFormatter,
    acting_user_id,
    configure_logging,
    redacted,
    request_id,
)
from outcry.kernel.settings import load_settings
from tests.support.market import served_market


class Log:
    """A logger whose lines are kept."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self._stream = io.StringIO()
        handler = logging.StreamHandler(self._stream)
        handler.setFormatter(formatter)
        self.logger = logging.Logger("outcry.test", logging.INFO)
        self.logger.addHandler(handler)

    def text(self) -> str:
        return self._stream.getvalue()

    def line(self) -> dict[str, Any]:
        (line,) = self.text().splitlines()
        return json.loads(line)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("log-in with password=hunter2 failed", "hunter2"),
        ("body {'password': 'hunter2', 'email': 'a'}", "hunter2"),
        ('{"refresh_token":"hunter2"}', "hunter2"),
        ("Authorization: Bearer hunter2.hunter2", "hunter2"),
        ("sent bearer hunter2hunter2", "hunter2"),
        ("code: 123456", "123456"),
        ('{"code":"123456"}', "123456"),
        ("PUT /v1/media/x/content?expires=1&signature=hunter2", "hunter2"),
        ("external_hs256_secret = hunter2", "hunter2"),
        ("api-key: hunter2", "hunter2"),
        ("STRIPE_API_KEY=hunter2", "hunter2"),
        ("cannot reach postgresql://outcry:hunter2@db/outcry", "hunter2"),
        ("cannot reach redis://:hunter2@cache:6379/0", "hunter2"),
        ("Set-Cookie: hunter2", "hunter2"),
    ],
)
def test_secrets_do_not_reach_a_line(text: str, secret: str) -> None:
    assert secret not in redacted(text)
    assert "[redacted]" in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "a process ended with code 1; starting it again in 0.5 s",
        "code: bid_too_low",
        "status_code=503",
        "listening on http://127.0.0.1:8000 (https://docs.example/a@b)",
        "the token has expired",
        "currency_code: CAD",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redacted(text) == text


def test_a_line_says_when_what_who_and_in_which_request() -> None:
    log, person = Log(JsonFormatter()), new_id()
    request, user = request_id.set("request-0001"), acting_user_id.set(person)
    try:
        log.logger.warning("bid %s", 7, extra={"auction_id": person, "session_token": "hunter2", "note": "password=x1"})
    finally:
        request_id.reset(request)
        acting_user_id.reset(user)
    line = log.line()
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "warning", "logger": "outcry.test", "message": "bid 7", "request_id": "request-0001",
        "user_id": str(person), "auction_id": str(person), "session_token": "[redacted]",
        "note": "password=[redacted]",
    }  # fmt: skip


def test_a_trace_is_one_member_and_without_secrets() -> None:
    log = Log(JsonFormatter())
    try:
        raise ValueError("password=hunter2\nsecond line")
    except ValueError:
        log.logger.exception("it failed")
    line = log.line()
    assert "second line" in line["trace"]
    assert "hunter2" not in log.text()


def test_text_for_people_names_the_request_too() -> None:
    log = Log(TextFormatter("%(levelname)s %(message)s"))
    token = request_id.set("request-0001")
    log.logger.info("password=hunter2")
    request_id.reset(token)
    assert log.text() == "INFO password=[redacted] [request-0001]\n"


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before = (root.handlers, root.level)
    yield root
    root.handlers, level = before
    root.setLevel(level)


def test_settings_choose_format_and_level(root_logger: logging.Logger) -> None:
    configure_logging(load_settings({"OUTCRY_LOG_FORMAT": "text", "OUTCRY_LOG_LEVEL": "error"}))
    assert isinstance(root_logger.handlers[0].formatter, TextFormatter)
    assert not logging.getLogger("outcry").isEnabledFor(logging.WARNING)
    configure_logging(load_settings({}))
    assert isinstance(root_logger.handlers[0].formatter, JsonFormatter)
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)


@pytest.mark.anyio
async def test_every_request_leaves_one_line_with_its_route_and_caller(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(JsonFormatter().format(record)))

    handler, access = Keep(), logging.getLogger("outcry.access")
    async with served_market(database_url, tmp_path) as market:
        ann = await market.sign_up()
        auction = await market.auction(ann)
        access.addHandler(handler)
        before = access.level
        access.setLevel(logging.INFO)
        try:
            headers = {"Authorization": f"Bearer {ann.token}", "X-Request-Id": "request-0001"}
            await market.client.get(f"/v1/auctions/{auction['id']}?secret=hunter2", headers=headers)
            await market.client.get("/v1/nothing")
        finally:
            access.removeHandler(handler)
            access.setLevel(before)
    first, second = lines
    assert (first["method"], first["status"], first["request_id"]) == ("GET", 200, "request-0001")
    assert first["path"] == f"/v1/auctions/{auction['id']}"
    assert first["route"].startswith("/v1/auctions/{auction_id")
    assert first["user_id"] == ann.id
    assert first["ms"] > 0
    assert (second["status"], second["route"]) == (404, "")
    assert "user_id" not in second
    assert "hunter2" not in json.dumps(lines)
