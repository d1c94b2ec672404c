"""Texts reach a gateway that speaks Twilio's API: tried again while the code lives, given up when it is no use."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.delivery import Delayed
from outcry.kernel.messages import queue_message
from outcry.kernel.settings import Settings, SettingsError, load_settings, sms_gateway
from outcry.kernel.sms import MAX_AGE_SECONDS, MAX_TRIES, Sms
from tests.support.market import served_market
from tests.support.outbox import message_state
from tests.support.server import serving
from tests.support.twilio_peer import ACCOUNT, TOKEN, TwilioPeer

pytestmark = pytest.mark.anyio
KEYS = KeyRing("a-root-key-of-32-characters-or-more")
SENDER, NUMBER = "+15550001111", "+15550002222"
SERVICE = "MG" + "a" * 32
PATIENCE_SECONDS = 20


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def peer() -> AsyncIterator[tuple[TwilioPeer, str]]:
    """The peer, and its `sms_url`."""
    twilio = TwilioPeer()
    async with serving(twilio) as address:
        yield twilio, f"twilio+http://{ACCOUNT}:{TOKEN}@{address.removeprefix('http://')}"


def texting(database: Database, url: str, sender: str = SENDER) -> Sms:
    return Sms(database, KEYS, Settings(sms_url=url, sms_from=sender))


async def queue(database: Database) -> str:
    async with database.transaction(SYSTEM) as tx:
        body = "123456 is your Outcry code."
        made = await queue_message(tx, KEYS, channel="sms", recipient=NUMBER, subject="Your code", body=body)
    return str(made)


async def test_a_text_goes_out_once(database: Database, peer: tuple[TwilioPeer, str]) -> None:
    twilio, url = peer
    made = await queue(database)
    for _ in range(2):
        await texting(database, url).deliver(made)
    assert twilio.texts == [{"To": NUMBER, "From": SENDER, "Body": "123456 is your Outcry code."}]
    assert await message_state(database, made) == ("sent", 1, None)
    await texting(database, url, SERVICE).deliver(await queue(database))
    assert twilio.texts[1]["MessagingServiceSid"] == SERVICE


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (500, 20500), (401, 20003)])
async def test_refused_for_now_is_tried_again(
    database: Database, peer: tuple[TwilioPeer, str], status: int, code: int
) -> None:
    twilio, url = peer
    twilio.refusals = [(status, code)]
    made, sms = await queue(database), texting(database, url)
    with pytest.raises(Delayed) as delayed:
        await sms.deliver(made)
    assert str(delayed.value) == f"Twilio answered {status} ({code})"
    assert await message_state(database, made) == ("queued", 1, f"Twilio answered {status} ({code})")
    await sms.deliver(made)
    assert await message_state(database, made) == ("sent", 2, None)
    assert (len(twilio.texts), sms.sent, sms.failed) == (1, 1, 0)


async def test_a_number_that_cannot_be_texted_is_given_up(database: Database, peer: tuple[TwilioPeer, str]) -> None:
    twilio, url = peer
    twilio.refusals = [(400, 21211)]
    made, sms = await queue(database), texting(database, url)
    await sms.deliver(made)
    assert await message_state(database, made) == ("failed", 1, "Twilio answered 400 (21211)")
    assert (twilio.texts, sms.failed) == ([], 1)


async def test_a_code_that_is_over_is_not_texted(database: Database, peer: tuple[TwilioPeer, str]) -> None:
    twilio, url = peer
    made = await queue(database)
    async with database.transaction(SYSTEM) as tx:
        late = "UPDATE outgoing_messages SET created_at = created_at - make_interval(secs => :late) WHERE id = :id"
        await tx.run(late, {"late": MAX_AGE_SECONDS, "id": UUID(made)})
    await texting(database, url).deliver(made)
    assert await message_state(database, made) == ("failed", 1, "too late to be of use")
    assert twilio.texts == []


async def test_a_gateway_that_is_away_is_tried_until_the_last_time(database: Database) -> None:
    made, sms = await queue(database), texting(database, f"twilio+http://{ACCOUNT}:{TOKEN}@127.0.0.1:1")
    for _ in range(MAX_TRIES - 1):
        with pytest.raises(Delayed, match="could not be reached"):
            await sms.deliver(made)
    await sms.deliver(made)
    status, tries, error = await message_state(database, made)
    assert (status, tries) == ("failed", MAX_TRIES)
    assert error is not None
    assert NUMBER not in error


async def test_signing_in_by_phone_texts_its_code(
    database_url: str, tmp_path: Path, peer: tuple[TwilioPeer, str]
) -> None:
    twilio, url = peer
    async with served_market(database_url, tmp_path, sms_url=url, sms_from=SENDER) as market:
        sent = await market.client.post("/v1/auth/phone/send-code", json={"phone": NUMBER})
        assert sent.status_code == 202
        # By the job that the code's transaction has left.
        async with asyncio.timeout(PATIENCE_SECONDS):
            await twilio.arrived.wait()
    (text,) = twilio.texts
    assert text["To"] == NUMBER
    assert re.match(r"\d{6} is your ", text["Body"])


async def test_without_a_gateway_texts_wait(database: Database) -> None:
    made = await queue(database)
    await Sms(database, KEYS, Settings()).deliver(made)
    assert await message_state(database, made) == ("queued", 0, None)


def test_who_texts_is_one_setting(tmp_path: Path) -> None:
    gateway = sms_gateway("twilio://AC1:to%2Fken@api.twilio.com")
    assert (gateway.account, gateway.token) == ("AC1", "to/ken")
    assert gateway.messages_url == "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    for wrong in ("https://AC1:x@api.twilio.com", "twilio+http://AC1:x@api.twilio.com", "twilio://AC1@api.twilio.com"):
        with pytest.raises(SettingsError, match="SMS_URL") as refused:
            sms_gateway(wrong)
        assert "AC1" not in str(refused.value)
    right, none = {"OUTCRY_SMS_URL": "twilio://AC1:x@api.twilio.com"}, tmp_path / "none.toml"
    assert load_settings({**right, "OUTCRY_SMS_FROM": SENDER}, none).sms_from == SENDER
    for sender in ("", "5550001", "Outcry"):
        with pytest.raises(SettingsError, match="SMS_FROM"):
            load_settings({**right, "OUTCRY_SMS_FROM": sender}, none)
