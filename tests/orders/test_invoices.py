"""Invoices (SPEC ORD-7): numbers without gaps whatever happens at once or is rolled back; what each side reads."""

import asyncio
import random
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from outcry.kernel.database import SYSTEM, Actor
from outcry.kernel.ids import new_id
from outcry.orders.aftersale_audit import audit_aftersale
from outcry.orders.invoice_document import InvoiceFacts, document_facts, render_pdf
from outcry.orders.rules import Party
from tests.orders.test_disputes import disputed, staff
from tests.support.mail_server import Mailbox, mail_server
from tests.support.market import TestMarket, served_market
from tests.support.sales import as_owner, completed, paid

pytestmark = pytest.mark.anyio

FACTS = InvoiceFacts(
    label="OUT-2026-000123", order_id=new_id(), issued_at=datetime(2026, 12, 31, 22, tzinfo=UTC),
    paid_at=datetime(2026, 12, 30, 9, tzinfo=UTC), time_zone="Asia/Bishkek", market="Outcry", legal_name="Outcry LLC",
    legal_address="Chuy 1, Bishkek", tax_number="01234567", seller_id=new_id(), seller_name="Sel *bold* #x $y$",
    buyer_id=new_id(), buyer_name="Бермет", title="Rangefinder \\ camera [1956]", quantity=2, handed_over="meetup",
    payment_method="card", currency="USD", amount=124_500, buyer_premium=6_225, tax=16_994, tax_basis_points=1_300,
    total=147_719, refunded=0, commission=7_470, escrow_fee=199, seller_receives=116_831, fees=13_894, tax_kept=16_994,
)  # fmt: skip


class RolledBack(Exception):
    """What a test raises to undo a completion."""


# -- numbers -------------------------------------------------------------------------------------------------------


async def numbers(market: TestMarket) -> list[int]:
    assert [str(fault) async for fault in audit_aftersale(market.outcry.database)] == []
    async with market.outcry.database.transaction(SYSTEM) as tx:
        return [row.number for row in await tx.all("SELECT number FROM invoices ORDER BY market, year, number")]


async def complete(market: TestMarket, order_id: str, *, fails: bool) -> None:
    moves = market.outcry.order_moves
    async with market.outcry.database.transaction(SYSTEM) as tx:
        order = await moves.locked(tx, UUID(order_id))
        await moves.complete(tx, order, Party.SYSTEM)
        if fails:
            raise RolledBack


async def test_numbers_have_no_gaps_under_concurrency_and_roll_back(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    orders = [(await paid(market, seller, buyer))["id"] for _ in range(12)]
    rolls = [(order_id, fails) for order_id in orders for fails in (True, True, False)]
    random.Random(4).shuffle(rolls)
    outcomes = await asyncio.gather(
        *(complete(market, order_id, fails=fails) for order_id, fails in rolls), return_exceptions=True
    )
    # What was rolled back after another had completed the order is refused; all else is as it was asked for.
    assert outcomes.count(None) == 12
    assert await numbers(market) == list(range(1, 13))
    year = datetime.now(UTC).year
    labels = [(await buyer.get(f"/v1/orders/{order_id}")).json()["invoice_number"] for order_id in orders]
    assert sorted(labels) == [f"OUT-{year}-{number:06d}" for number in range(1, 13)]


async def test_completions_over_http_at_once_get_neighbouring_numbers(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    orders = [await paid(market, seller, buyer) for _ in range(6)]
    answers = await asyncio.gather(
        *(buyer.post(f"/v1/orders/{order['id']}/confirm-delivery") for order in orders for _ in range(2))
    )
    assert [answer.status_code for answer in answers].count(200) == 6
    assert await numbers(market) == [1, 2, 3, 4, 5, 6]


async def test_each_year_and_market_counts_from_one(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    await completed(market, seller, buyer)
    as_owner(market, "UPDATE invoices SET year = year - 1")
    as_owner(market, "UPDATE invoice_counters SET year = year - 1")
    second = await completed(market, seller, buyer)
    assert second["invoice_number"] == f"OUT-{datetime.now(UTC).year}-000001"


async def test_the_audit_sees_a_missing_number(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    for _ in range(3):
        await completed(market, seller, buyer)
    as_owner(market, "DELETE FROM invoices WHERE number = 2")
    year = datetime.now(UTC).year
    faults = [str(fault) async for fault in audit_aftersale(market.outcry.database)]
    assert f"after-sale: invoices of default {year}: 2 of them, the highest is 3, the counter says 3" in faults
    assert sum("it is completed and has no invoice" in fault for fault in faults) == 1
    assert len(faults) == 2


async def test_no_invoice_is_changed_or_removed(market: TestMarket) -> None:
    seller, buyer, stranger = await market.sign_up(), await market.sign_up(), await market.sign_up()
    await completed(market, seller, buyer)
    for statement in (
        "UPDATE invoices SET number = 7", "DELETE FROM invoices", "DELETE FROM invoice_counters",
        "UPDATE invoices SET facts = '{}'",
    ):  # fmt: skip
        with pytest.raises(Exception, match="permission denied"):
            async with market.outcry.database.transaction(SYSTEM) as tx:
                await tx.run(statement)
    for person, seen in ((seller, 1), (buyer, 1), (stranger, 0)):
        async with market.outcry.database.transaction(Actor.user(UUID(person.id))) as tx:
            assert await tx.scalar("SELECT count(*) FROM invoices") == seen


# -- the document --------------------------------------------------------------------------------------------------


def sums(lines: list[list[str]]) -> int:
    return sum(int(re.sub(r"[^\d-]", "", words.replace("\N{MINUS SIGN}", "-"))) for _, words in lines)


def test_the_sums_of_both_sides_add_up() -> None:
    buyers, sellers = document_facts(FACTS, "buyer"), document_facts(FACTS, "seller")
    assert buyers["total"] == ["Total", "1,477.19\N{NO-BREAK SPACE}USD"]
    assert sums(buyers["sums"]) == FACTS.total
    assert sums(sellers["statement"]["sums"]) == FACTS.seller_receives == sums([sellers["statement"]["total"]])
    assert "statement" not in buyers, "what the market keeps is the seller's business"
    assert buyers["items"][0]["each"] == "622.50\N{NO-BREAK SPACE}USD"
    assert ["Tax (13%)", "169.94\N{NO-BREAK SPACE}USD"] in buyers["sums"]


def test_a_partial_refund_shows_on_both_sides() -> None:
    facts = msgspec.structs.replace(FACTS, refunded=47_719, fees=9_400, tax_kept=11_504, seller_receives=79_096)
    buyers, sellers = document_facts(facts, "buyer"), document_facts(facts, "seller")
    assert buyers["total"] == ["Paid in the end", "1,000.00\N{NO-BREAK SPACE}USD"]
    assert ["Refunded", "\N{MINUS SIGN}477.19\N{NO-BREAK SPACE}USD"] in buyers["sums"]
    assert any("115.04" in note for note in buyers["notes"])
    assert sums(sellers["statement"]["sums"]) == facts.seller_receives


def test_dates_are_the_markets_and_currencies_their_own() -> None:
    dates = dict(document_facts(FACTS, "buyer")["dates"])
    # 22:00 UTC on New Year's Eve is the next year in Bishkek.
    assert (dates["Date"], dates["Paid"]) == ("1 January 2027", "30 December 2026")
    yen = document_facts(msgspec.structs.replace(FACTS, currency="JPY"), "buyer")
    assert yen["total"][1] == "147,719\N{NO-BREAK SPACE}JPY"
    untaxed = document_facts(msgspec.structs.replace(FACTS, tax=0, tax_basis_points=None), "buyer")
    assert ["Tax", "0.00\N{NO-BREAK SPACE}USD"] in untaxed["sums"], "the line stands even where there is no tax"


def test_the_pdf_is_archival_and_always_the_same() -> None:
    first, again = render_pdf(FACTS, "seller"), render_pdf(FACTS, "seller")
    assert first.startswith(b"%PDF-1.7")
    assert first == again
    assert b"pdfaid:part" in first
    assert first.count(b"/Type /Page\n") + first.count(b"/Type/Page/") >= 1 or b"/Count 2" in first
    assert b"/Count 2" in first
    assert b"/Count 1" in render_pdf(FACTS, "buyer")


# -- reading and mailing -------------------------------------------------------------------------------------------


async def test_each_side_reads_its_own_and_strangers_none(market: TestMarket) -> None:
    seller, buyer, stranger, support = (
        await market.sign_up(), await market.sign_up(), await market.sign_up(), await staff(market),
    )  # fmt: skip
    open_order = await paid(market, seller, buyer)
    early = await buyer.get(f"/v1/orders/{open_order['id']}/invoice.pdf")
    assert (early.status_code, early.json()["title"]) == (404, "This order has no invoice yet")
    order = await completed(market, seller, buyer)
    path = f"/v1/orders/{order['id']}/invoice.pdf"
    documents = {}
    for name, person in (("buyer", buyer), ("seller", seller), ("staff", support)):
        answer = await person.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
        assert answer.headers["content-disposition"] == f'inline; filename="{order["invoice_number"]}.pdf"'
        assert answer.headers["cache-control"] == "private, no-store"
        documents[name] = answer.content
    assert documents["seller"] == documents["staff"]
    assert documents["buyer"] != documents["seller"]
    assert (await stranger.get(path)).status_code == 404
    assert (await market.client.get(path)).status_code == 401
    # A name that changes, a template that changes: what is out stays as it is.
    await buyer.call("PATCH", "/v1/users/me", {"display_name": "Somebody else"})
    assert (await buyer.get(path)).content == documents["buyer"]


async def test_a_refunded_sale_has_no_invoice_and_a_part_has_what_is_left(market: TestMarket) -> None:
    seller, buyer, judge = await market.sign_up(), await market.sign_up(), await staff(market)
    whole, part = await disputed(market, seller, buyer), await disputed(market, seller, buyer)
    for order, refund in ((whole, whole["total"]), (part, 2_500)):
        body = {"refund_amount": refund, "note": "Decided"}
        await judge.post(f"/v1/admin/disputes/{order['dispute']['id']}/resolve", body)
    assert (await buyer.get(f"/v1/orders/{whole['id']}/invoice.pdf")).status_code == 404
    async with market.outcry.database.transaction(SYSTEM) as tx:
        rows = await tx.all("SELECT facts FROM invoices")
    (facts,) = [msgspec.convert(row.facts, InvoiceFacts) for row in rows]
    assert (facts.order_id, facts.refunded) == (UUID(part["id"]), 2_500)
    assert facts.seller_receives + facts.fees + facts.tax_kept + facts.refunded == facts.total
    assert await numbers(market) == [1]


async def test_both_are_mailed_their_own_once(database_url: str, tmp_path: Path) -> None:
    box = Mailbox()
    with mail_server(box) as port:
        told: dict[str, Any] = {"smtp_url": f"smtp://localhost:{port}", "mail_from": "hello@outcry.example"}
        async with served_market(database_url, tmp_path, **told) as market:
            seller, buyer = await market.sign_up("Sel"), await market.sign_up("Bea")
            order = await completed(market, seller, buyer)
            await market.outcry.invoices.mail(order["id"])
            await market.outcry.invoices.mail(order["id"])
            with psycopg.connect(database_url) as owner:
                rows = owner.execute(
                    "SELECT id FROM outgoing_messages WHERE attachments IS NOT NULL AND status = 'queued'"
                ).fetchall()
            for (message_id,) in rows:
                await market.outcry.mail.deliver(str(message_id))
            documents = {
                person.session["user"]["email"]: (await person.get(f"/v1/orders/{order['id']}/invoice.pdf")).content
                for person in (seller, buyer)
            }
    invoices = [message for message in box.messages if "Invoice" in message["Subject"]]
    received = {}
    for message in invoices:
        (file,) = message.iter_attachments()
        assert file.get_filename() == f"{order['invoice_number']}.pdf"
        received.setdefault(str(message["To"]), set()).add(file.get_content())
    assert received == {email: {document} for email, document in documents.items()}
