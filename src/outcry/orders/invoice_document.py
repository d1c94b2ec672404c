"""What an invoice says, and its PDF (SPEC ORD-7). Pure: the same facts give the same document.

One document for each side. The buyer's is the seller's invoice for the item; the seller's has, on a page of its own,
what the market kept. Neither side learns what is the other's business alone.
"""

from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from outcry.kernel.money import format_amount

Side = Literal["buyer", "seller"]
# PDF/A: readable in ten years, with its fonts inside.
PDF_STANDARD = "a-2b"


class InvoiceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that stands on an invoice, as it was when it was issued; sums in minor units of `currency`.

    `seller_receives`, `fees` and `tax_kept` are what the escrow was divided into: with `refunded` they sum to `total`.
    """

    label: str
    order_id: UUID
    issued_at: datetime
    paid_at: datetime
    time_zone: str
    market: str
    legal_name: str
    legal_address: str
    tax_number: str
    seller_id: UUID
    seller_name: str
    buyer_id: UUID
    buyer_name: str
    title: str
    quantity: int
    handed_over: str
    payment_method: str
    currency: str
    amount: int
    buyer_premium: int
    tax: int
    tax_basis_points: int | None
    total: int
    refunded: int
    commission: int
    escrow_fee: int
    seller_receives: int
    fees: int
    tax_kept: int


def document_facts(facts: InvoiceFacts, side: Side) -> dict[str, Any]:
    """The words and sums of one side's document, ready to be set."""
    document: dict[str, Any] = {
        "label": facts.label,
        "market": facts.market,
        "issuer": facts.legal_name or facts.market,
        "order": str(facts.order_id),
        "imprint": ", ".join(part for part in _imprint(facts) if part),
        "dates": [
            ["Number", facts.label],
            ["Date", _day(facts.issued_at, facts.time_zone)],
            ["Paid", _day(facts.paid_at, facts.time_zone)],
            ["Payment", {"wallet": "Wallet", "card": "Card"}.get(facts.payment_method, facts.payment_method)],
        ],
        "seller": {"name": facts.seller_name, "id": _short(facts.seller_id)},
        "buyer": {"name": facts.buyer_name, "id": _short(facts.buyer_id)},
        "items": [_item(facts)],
        "sums": _buyer_sums(facts),
        "total": ["Paid in the end" if facts.refunded else "Total", _money(facts, facts.total - facts.refunded)],
        "notes": _notes(facts),
    }
    if side == "seller":
        document["statement"] = _statement(facts)
    return document


def _imprint(facts: InvoiceFacts) -> tuple[str, ...]:
    number = f"tax number {facts.tax_number}" if facts.tax_number else ""
    return (facts.legal_name or facts.market, facts.legal_address, number)


def _item(facts: InvoiceFacts) -> dict[str, str]:
    each, odd = divmod(facts.amount, facts.quantity)
    about = {"meetup": "Handed over in person", "shipping": "Shipped"}.get(facts.handed_over, "")
    return {
        "title": facts.title,
        "about": about,
        "quantity": str(facts.quantity),
        "each": "" if odd else _money(facts, each),
        "sum": _money(facts, facts.amount),
    }


def _buyer_sums(facts: InvoiceFacts) -> list[list[str]]:
    lines = [["Item", _money(facts, facts.amount)]]
    if facts.buyer_premium:
        lines.append(["Buyer's premium", _money(facts, facts.buyer_premium)])
    rate = "" if facts.tax_basis_points is None else f" ({facts.tax_basis_points / 100:g}%)"
    lines.append([f"Tax{rate}", _money(facts, facts.tax)])
    if facts.refunded:
        lines += [["Total", _money(facts, facts.total)], ["Refunded", _money(facts, -facts.refunded)]]
    return lines


def _notes(facts: InvoiceFacts) -> list[str]:
    notes = [f"The seller is who is named above; {facts.market} held the money until the sale was completed."]
    if facts.refunded:
        notes.append(f"Of what was paid in the end, {_money(facts, facts.tax_kept)} is tax.")
    return [*notes, f"Dates are of {facts.time_zone}."]


def _statement(facts: InvoiceFacts) -> dict[str, Any]:
    lines = [["Paid by the buyer", _money(facts, facts.total)]]
    if facts.refunded:
        lines.append(["Refunded to the buyer", _money(facts, -facts.refunded)])
    lines.append(["Tax, for the tax office", _money(facts, -facts.tax_kept)])
    if facts.refunded:
        # What is left of each fee after a partial refund is rounded together.
        lines.append(["Fees on what was left", _money(facts, -facts.fees)])
    else:
        if facts.buyer_premium:
            lines.append(["Buyer's premium", _money(facts, -facts.buyer_premium)])
        lines += [["Commission", _money(facts, -facts.commission)], ["Escrow fee", _money(facts, -facts.escrow_fee)]]
    note = f"Paid into the seller's wallet on {_day(facts.issued_at, facts.time_zone)}."
    return {"sums": lines, "total": ["Paid to you", _money(facts, facts.seller_receives)], "note": note}


def _money(facts: InvoiceFacts, amount_minor: int) -> str:
    # A true minus, as wide as a plus; the space before the currency does not break.
    return format_amount(amount_minor, facts.currency).replace("-", "\N{MINUS SIGN}").replace(" ", "\N{NO-BREAK SPACE}")


def _day(instant: datetime, time_zone: str) -> str:
    local = instant.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {local:%B %Y}"


def _short(person_id: UUID) -> str:
    return person_id.hex[-12:]


@lru_cache(1)
def _template() -> tuple[bytes, Any]:
    import typst

    text = resources.files("outcry.orders").joinpath("templates", "invoice.typ").read_bytes()
    return text, typst.Fonts()


def render_pdf(facts: InvoiceFacts, side: Side) -> bytes:
    """The PDF of one side; about a tenth of a second of CPU, so call it in a thread."""
    # Half a second of imports and fonts that only who makes documents needs.
    import typst

    text, fonts = _template()
    made = typst.compile(
        text,
        font_paths=fonts,
        sys_inputs={"facts": msgspec.json.encode(document_facts(facts, side)).decode()},
        pdf_standards=PDF_STANDARD,
        timestamp=int(facts.issued_at.timestamp()),
    )
    assert isinstance(made, bytes)
    return made
