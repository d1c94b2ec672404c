"""Mail reaches a real mail server: multipart, tried again when refused for now, given up when refused for good."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.delivery import Delayed
from outcry.kernel.ids import new_id
from outcry.kernel.jobs import Jobs
from outcry.kernel.mail import MAX_TRIES, Mail, blocks_of
from outcry.kernel.market import BUILT_IN
from outcry.kernel.messages import Attachment, queue_message
from outcry.kernel.settings import Settings, SettingsError, load_settings, mail_server
from outcry.kernel.storage import Storage, open_storage
from tests.support.mail_server import PASSWORD, USER, Mailbox, make_certificate
from tests.support.mail_server import mail_server as serving
from tests.support.market import served_market
from tests.support.outbox import message_state

pytestmark = pytest.mark.anyio
KEYS = KeyRing("a-root-key-of-32-characters-or-more")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


def settings_for(port: int, folder: Path, who: str = "") -> Settings:
    return Settings(
        data_dir=str(folder), smtp_url=f"smtp://{who}localhost:{port}", mail_from="Outcry <hello@outcry.example>"
    )


def mail_to(database: Database, port: int, folder: Path, who: str = "") -> tuple[Mail, Storage]:
    settings = settings_for(port, folder, who)
    storage = open_storage(settings)
    return Mail(database, KEYS, storage, settings, BUILT_IN["default"]), storage


async def queue(database: Database, recipient: str = "ann@test.example", **more: Any) -> str:
    async with database.transaction(SYSTEM) as tx:
        body = "Good day,\n\nhttps://outcry.example/orders/1\n\nTwo\nlines <b>&"
        made = await queue_message(
            tx, KEYS, channel="email", recipient=recipient, subject="Your order", body=body, **more
        )
    return str(made)


async def test_a_mail_goes_out_as_text_html_and_attachment(database: Database, tmp_path: Path) -> None:
    box = Mailbox()
    with serving(box) as port:
        mail, storage = mail_to(database, port, tmp_path)
        await storage.put("invoices/one.pdf", b"%PDF-1.7 one")
        attachment = Attachment("invoices/one.pdf", "OUT-2026-000001.pdf", "application/pdf")
        message_id = await queue(database, attachments=[attachment])
        await mail.deliver(message_id)
        await mail.deliver(message_id)
    (message,) = box.messages
    assert box.recipients == [["ann@test.example"]]
    assert (message["From"], message["Subject"]) == ("Outcry <hello@outcry.example>", "Your order")
    assert message["Message-ID"] == f"<{message_id}@outcry.example>"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "https://outcry.example/orders/1" in text.get_content()
    assert '<a href="https://outcry.example/orders/1"' in html.get_content()
    assert "lines &lt;b&gt;&amp;" in html.get_content()
    (file,) = message.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("OUT-2026-000001.pdf", b"%PDF-1.7 one")
    assert await message_state(database, message_id) == ("sent", 1, None)


async def test_refused_for_now_is_tried_again_by_the_job(database: Database, tmp_path: Path) -> None:
    box, jobs = Mailbox(), Jobs(database, poll_seconds=0.05)
    box.answers = ["451 come back later", "452 and later"]
    with serving(box) as port:
        mail, _ = mail_to(database, port, tmp_path)
        mail.register(jobs, first_retry_seconds=0)
        message_id = await queue(database)
        await jobs.start()
        try:
            await box.taken()
        finally:
            await jobs.stop()
    assert len(box.messages) == 1
    assert await message_state(database, message_id) == ("sent", 3, None)


async def test_refused_for_good_is_failed_and_not_tried_again(database: Database, tmp_path: Path) -> None:
    box = Mailbox()
    box.refused_recipients = {"gone@test.example": "550 gone@test.example does not live here"}
    with serving(box) as port:
        mail, _ = mail_to(database, port, tmp_path)
        message_id = await queue(database, "gone@test.example")
        await mail.deliver(message_id)
        await mail.deliver(message_id)
    # Not the server's words: they name the person.
    assert await message_state(database, message_id) == ("failed", 1, "the mail server answered 550")
    assert (box.messages, mail.failed) == ([], 1)


async def test_a_server_that_is_away_is_tried_until_the_last_time(database: Database, tmp_path: Path) -> None:
    with serving(Mailbox()) as port:
        pass
    mail, _ = mail_to(database, port, tmp_path)
    message_id = await queue(database)
    for _ in range(MAX_TRIES - 1):
        with pytest.raises(Delayed, match="could not be reached"):
            await mail.deliver(message_id)
    await mail.deliver(message_id)
    assert (await message_state(database, message_id))[:2] == ("failed", MAX_TRIES)


async def test_tls_and_sign_in(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = tmp_path / "server.pem"
    make_certificate(certificate)
    box = Mailbox()
    with serving(box, certificate) as port:
        stranger, _ = mail_to(database, port, tmp_path, f"{USER}:{quote(PASSWORD)}@")
        message_id = await queue(database)
        with pytest.raises(Delayed):
            await stranger.deliver(message_id)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        wrong, _ = mail_to(database, port, tmp_path, f"{USER}:wrong@")
        with pytest.raises(Delayed, match="535"):
            await wrong.deliver(message_id)
        right, _ = mail_to(database, port, tmp_path, f"{USER}:{quote(PASSWORD)}@")
        await right.deliver(message_id)
    assert box.encrypted == [True]
    assert (await message_state(database, message_id))[0] == "sent"


async def test_signing_up_sends_its_link(database_url: str, tmp_path: Path) -> None:
    box = Mailbox()
    with serving(box) as port:
        told = {"smtp_url": f"smtp://localhost:{port}", "mail_from": "hello@outcry.example"}
        async with served_market(database_url, tmp_path, **told) as market:
            await market.sign_up()
            await box.taken()
    text = box.messages[0].get_body(("plain",))
    assert text is not None
    assert re.search(r"/verify-email\?token=\S+", text.get_content())


async def test_without_a_server_mail_waits(database: Database, tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path))
    mail = Mail(database, KEYS, open_storage(settings), settings, BUILT_IN["default"])
    message_id = await queue(database)
    await mail.deliver(message_id)
    await mail.deliver(str(new_id()))
    assert await message_state(database, message_id) == ("queued", 0, None)


def test_a_link_that_stands_alone_is_a_button() -> None:
    blocks = blocks_of("Confirm", "Confirm:\n\nhttp://x.example/a?b=1\n\n\n\nSee https://x.example for more.")
    assert [(block.button, block.lines) for block in blocks] == [
        (None, ("Confirm:",)),
        ("http://x.example/a?b=1", ()),
        (None, ("See https://x.example for more.",)),
    ]


def test_where_mail_goes_is_one_setting(tmp_path: Path) -> None:
    server = mail_server("smtps://me%40x:p%3Ass@mail.example")
    assert (server.host, server.port, server.username, server.password) == ("mail.example", 465, "me@x", "p:ss")
    for url in ("mail.example", "http://mail.example", "smtp://", "smtp://mail.example:far"):
        with pytest.raises(SettingsError, match="SMTP_URL looks like") as refused:
            mail_server(url)
        assert "mail.example" not in str(refused.value)
    with pytest.raises(SettingsError, match="MAIL_FROM"):
        load_settings({"OUTCRY_SMTP_URL": "smtp://mail.example"}, tmp_path / "none.toml")
