"""Staff see mail that was given up, and send it again (SPEC NTF-3)."""

from typing import Any
from uuid import UUID

import pytest

from outcry.kernel.database import SYSTEM
from outcry.kernel.ids import new_id
from outcry.kernel.messages import mark_refused, masked, queue_message
from tests.payments.till import make_staff
from tests.support.mail_server import Mailbox
from tests.support.mail_server import mail_server as serving
from tests.support.market import Person, TestMarket, served_market

pytestmark = pytest.mark.anyio
SUBJECT = "Your order is on its way"


async def given_up(market: TestMarket, recipient: str) -> str:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        made = await queue_message(
            tx, market.outcry.keys, channel="email", recipient=recipient, subject=SUBJECT, body="Track it: RR 1"
        )
        await mark_refused(tx, made, "the mail server answered 550", for_good=True)
    return str(made)


async def failed(staff: Person, query: str = "") -> Any:
    answer = await staff.get(f"/v1/admin/mails?status=failed{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_was_given_up_is_listed_without_its_words_and_sent_again_once(
    database_url: str, tmp_path: Any
) -> None:
    box = Mailbox()
    with serving(box) as port:
        told = {"smtp_url": f"smtp://localhost:{port}", "mail_from": "hello@outcry.example"}
        async with served_market(database_url, tmp_path, **told) as market:
            boss = await market.sign_up()
            await make_staff(market, boss)
            await box.taken()
            mail_id = await given_up(market, "gone@test.example")
            page = await failed(boss)
            (shown,) = page["items"]
            assert shown == {
                **shown,
                "id": mail_id,
                "recipient": "g•••@test.example",
                "subject": SUBJECT,
                "status": "failed",
                "tries": 1,
                "last_error": "the mail server answered 550",
                "sent_at": None,
            }
            assert "RR 1" not in str(page)
            again = await boss.post(f"/v1/admin/mails/{mail_id}/replay", key="once")
            assert (again.status_code, again.json()["status"], again.json()["tries"]) == (202, "queued", 0)
            await box.taken(2)
            repeated = await boss.post(f"/v1/admin/mails/{mail_id}/replay", key="once")
            assert (repeated.status_code, repeated.headers["Idempotency-Replayed"]) == (202, "true")
            assert (await failed(boss))["items"] == []
            refused = await boss.post(f"/v1/admin/mails/{mail_id}/replay")
            assert (refused.status_code, refused.json()["code"]) == (409, "mail_not_failed")
    assert box.messages[-1]["Subject"] == SUBJECT
    assert len(box.messages) == 2


async def test_who_may_look_and_who_may_send(market: TestMarket) -> None:
    person, helper, boss = [await market.sign_up() for _ in range(3)]
    await make_staff(market, helper, "support")
    await make_staff(market, boss)
    mails = [await given_up(market, f"one{number}@test.example") for number in range(3)]
    path = f"/v1/admin/mails/{mails[0]}/replay"
    assert (await market.client.get("/v1/admin/mails")).status_code == 401
    for who in (person, helper):
        assert (await who.post(path)).status_code == 403
    assert (await person.get("/v1/admin/mails")).status_code == 403
    page = await failed(helper, "&limit=2")
    rest = await failed(helper, f"&limit=2&cursor={page['next_cursor']}")
    assert [one["id"] for one in (*page["items"], *rest["items"])] == mails[::-1]
    assert rest["next_cursor"] is None
    assert (await boss.post(f"/v1/admin/mails/{new_id()}/replay")).status_code == 404
    assert (await helper.get("/v1/admin/mails?status=lost")).status_code == 422
    async with market.outcry.database.transaction(SYSTEM) as tx:
        sms = await queue_message(
            tx, market.outcry.keys, channel="sms", recipient="+996555000111", subject="Code", body="Your code is 1."
        )
        await tx.run("UPDATE outgoing_messages SET status = 'failed' WHERE id = :id", {"id": UUID(str(sms))})
    assert len((await failed(helper))["items"]) == 3, "only mail is shown and sent here"
    assert (await boss.post(f"/v1/admin/mails/{sms}/replay")).status_code == 404


def test_an_address_is_only_hinted_at() -> None:
    assert [masked(one) for one in ("ann@a.example", "a@b@c.example", "x")] == [
        "a•••@a.example",
        "a•••@c.example",
        "•••",
    ]
