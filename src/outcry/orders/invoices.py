"""Invoices (SPEC ORD-7): numbered in the transaction that completes the order, so that no number is skipped or spent
twice; rendered and mailed to both parties afterwards, by a job.

The counter of a market's year is a row that is locked last and kept until the commit: two completions at once get
neighbouring numbers, one that rolls back gives its number back.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from outcry.identity.service import display_names, email_of
from outcry.kernel.access import Principal
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.errors import NotFound
from outcry.kernel.jobs import UNHURRIED, Jobs
from outcry.kernel.market import Market
from outcry.kernel.messages import Attachment, queue_message
from outcry.kernel.money import basis_points_of, format_amount
from outcry.kernel.settings import Settings
from outcry.kernel.storage import Storage
from outcry.orders.errors import OrderNotFound
from outcry.orders.invoice_document import InvoiceFacts, Side, render_pdf
from outcry.orders.moves import LockedOrder
from outcry.orders.rules import Settlement

MAIL_INVOICE = "orders.mail_invoice"
RENDER_THREADS = 1
_NUMBER_DIGITS = 6

_NEXT_NUMBER = """
INSERT INTO invoice_counters (market, year, last) VALUES (:market, :year, 1)
ON CONFLICT (market, year) DO UPDATE SET last = invoice_counters.last + 1 RETURNING last
"""
_INSERT = """
INSERT INTO invoices (order_id, buyer_id, seller_id, market, year, number, label, issued_at, facts)
VALUES (:order, :buyer, :seller, :market, :year, :number, :label, :issued_at, CAST(:facts AS json))
"""


class NoInvoice(NotFound):
    """The order is not completed; only a sale has an invoice."""

    title = "This order has no invoice yet"


class Invoices:
    """Issues, shows and mails them."""

    def __init__(
        self, database: Database, market: Market, keys: KeyRing, storage: Storage, jobs: Jobs, settings: Settings
    ) -> None:
        self._database = database
        self._market = market
        self._keys = keys
        self._storage = storage
        self._jobs = jobs
        self._base = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
        self._threads = ThreadPoolExecutor(RENDER_THREADS, thread_name_prefix="invoices")
        jobs.register(MAIL_INVOICE, self.mail, priority=UNHURRIED)

    async def issue(self, tx: Transaction, order: LockedOrder, split: Settlement) -> None:
        """Number a completed order's invoice, the last thing in its transaction (`OrderMoves.on_completed`)."""
        names = await display_names(tx, [order.buyer_id, order.seller_id])
        year = _year(order.now, self._market.time_zone)
        number: int = await tx.scalar(_NEXT_NUMBER, {"market": self._market.name, "year": year})
        label = f"{self._market.invoice_prefix}-{year}-{number:0{_NUMBER_DIGITS}d}"
        facts = self._facts(order, split, label, names)
        await tx.run(
            _INSERT,
            {
                "order": order.id,
                "buyer": order.buyer_id,
                "seller": order.seller_id,
                "market": self._market.name,
                "year": year,
                "number": number,
                "label": label,
                "issued_at": order.now,
                "facts": msgspec.json.encode(facts).decode(),
            },
        )
        await self._jobs.defer(tx, MAIL_INVOICE, order_id=order.id)

    def _facts(self, order: LockedOrder, split: Settlement, label: str, names: dict[UUID, str]) -> InvoiceFacts:
        rate = self._market.fees.tax_basis_points
        # The rate is shown only where it is the one that was used: the market may have changed it since.
        shown = basis_points_of(order.amount + order.buyer_premium, rate) == order.tax
        return InvoiceFacts(
            label=label,
            order_id=order.id,
            issued_at=order.now,
            paid_at=order.paid_at or order.now,
            time_zone=self._market.time_zone,
            market=self._market.title,
            legal_name=self._market.legal_name,
            legal_address=self._market.legal_address,
            tax_number=self._market.tax_number,
            seller_id=order.seller_id,
            seller_name=names.get(order.seller_id, ""),
            buyer_id=order.buyer_id,
            buyer_name=names.get(order.buyer_id, ""),
            title=order.title,
            quantity=order.quantity,
            handed_over=order.fulfilment or "",
            payment_method=order.payment_method or "",
            currency=order.currency,
            amount=order.amount,
            buyer_premium=order.buyer_premium,
            tax=order.tax,
            tax_basis_points=rate if shown else None,
            total=order.total,
            refunded=order.refunded_amount,
            commission=order.commission,
            escrow_fee=order.escrow_fee,
            seller_receives=split.seller_receives,
            fees=split.fees,
            tax_kept=split.tax,
        )

    async def pdf(self, viewer: Principal, order_id: UUID) -> tuple[str, bytes]:
        """The file's name and bytes: the buyer's side, or the seller's, which staff see too.

        Raises OrderNotFound, NoInvoice.
        """
        async with self._database.transaction(viewer.actor) as tx:
            order = await tx.first("SELECT buyer_id, seller_id FROM orders WHERE id = :id", {"id": order_id})
            if order is None or not (viewer.is_staff or viewer.user_id in (order.buyer_id, order.seller_id)):
                raise OrderNotFound()
            row = await tx.first("SELECT facts FROM invoices WHERE order_id = :id", {"id": order_id})
        if row is None:
            raise NoInvoice()
        facts = msgspec.convert(row.facts, InvoiceFacts)
        side: Side = "buyer" if viewer.user_id == facts.buyer_id else "seller"
        return f"{facts.label}.pdf", await self._document(facts, side)

    async def _document(self, facts: InvoiceFacts, side: Side) -> bytes:
        """As it was first rendered: a later version of the template changes no document that is out."""
        key = _key(facts, side)
        made = await self._storage.get(key)
        if made is None:
            made = await asyncio.get_running_loop().run_in_executor(self._threads, render_pdf, facts, side)
            await self._storage.put(key, made)
        return made

    async def mail(self, order_id: str) -> None:
        """The job: send each party its document, once."""
        async with self._database.transaction(SYSTEM) as tx:
            row = await tx.first(
                "SELECT facts FROM invoices WHERE order_id = :id AND mailed_at IS NULL", {"id": UUID(order_id)}
            )
        if row is None:
            return
        facts = msgspec.convert(row.facts, InvoiceFacts)
        sides: tuple[tuple[Side, UUID], ...] = (("buyer", facts.buyer_id), ("seller", facts.seller_id))
        for side, _ in sides:
            await self._document(facts, side)
        async with self._database.transaction(SYSTEM) as tx:
            claimed = await tx.run(
                "UPDATE invoices SET mailed_at = clock_timestamp() WHERE order_id = :id AND mailed_at IS NULL",
                {"id": facts.order_id},
            )
            for side, person_id in sides if claimed else ():
                await self._queue(tx, facts, side, person_id)

    async def _queue(self, tx: Transaction, facts: InvoiceFacts, side: Side, person_id: UUID) -> None:
        email = await email_of(tx, self._keys, person_id)
        if email is None:
            return
        paid = format_amount(facts.total - facts.refunded, facts.currency)
        received = format_amount(facts.seller_receives, facts.currency)
        words = (
            f"Your purchase of {facts.title} is completed: you have paid {paid}."
            if side == "buyer"
            else f"Your sale of {facts.title} is completed: {received} is in your wallet."
        )
        body = f"{words}\n\nInvoice {facts.label} is attached.\n\n{self._base}/orders/{facts.order_id}"
        await queue_message(
            tx,
            self._keys,
            channel="email",
            recipient=email,
            subject=f"Invoice {facts.label}",
            body=body,
            attachments=[Attachment(_key(facts, side), f"{facts.label}.pdf", "application/pdf")],
        )

    def close(self) -> None:
        """Render no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _year(instant: datetime, time_zone: str) -> int:
    return instant.astimezone(ZoneInfo(time_zone)).year


def _key(facts: InvoiceFacts, side: Side) -> str:
    return f"invoices/{facts.order_id}/{side}.pdf"
