"""Disputes (SPEC ORD-5): the buyer opens one and nothing is released; both bring evidence; staff decide, once.

The decision's money moves in the same transaction as the order and the dispute. Locks: the order's row first, then
the dispute's. While the money is in escrow and nothing was delivered a dispute may be opened at any time, after
delivery until the escrow is released by itself (`escrow_days`).
"""

from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from outcry.kernel.access import Principal
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from outcry.kernel.ids import new_id
from outcry.kernel.jobs import Jobs
from outcry.kernel.market import Market
from outcry.kernel.money import format_amount
from outcry.kernel.paging import Page, decode_cursor, encode_cursor
from outcry.media import service as media_service
from outcry.media.service import MediaService
from outcry.orders.dispute_views import (
    SELECT,
    AddEvidence,
    DisputeLine,
    DisputeView,
    OpenDispute,
    ResolveDispute,
    StaffDisputeView,
    dispute_facts,
    dispute_lines,
)
from outcry.orders.errors import NotYourPart, OrderDisputed, OrderNotFound, WrongOrderStatus
from outcry.orders.letters import Letters
from outcry.orders.moves import LockedOrder, OrderMoves
from outcry.orders.rules import Party, Status
from outcry.orders.service import OrderService

REMIND = "orders.remind_dispute"
REMIND_BEFORE = timedelta(hours=24)
MAX_EVIDENCE_BY_PARTY = 20
_NO_TIME = timedelta(0)
_OPEN_ANY_TIME = frozenset({Status.IN_ESCROW, Status.SHIPPED})
StandingFilter = Literal["open", "overdue", "resolved", "withdrawn", "charged_back"]
BANK_TOOK_IT = "The buyer's bank took the money back, so there is nothing left to decide about."

_INSERT = """
INSERT INTO disputes (id, order_id, buyer_id, seller_id, reason, details, status_before, opened_at, respond_by)
VALUES (:id, :order, :buyer, :seller, :reason, :details, :before, :now, :respond_by)
"""
_WHERE: dict[StandingFilter | None, str] = {
    None: "true",
    "open": "d.status = 'open'",
    "overdue": "d.status = 'open' AND d.answered_at IS NULL AND d.respond_by <= clock_timestamp()",
    "resolved": "d.status = 'resolved'",
    "withdrawn": "d.status = 'withdrawn'",
    "charged_back": "d.status = 'charged_back'",
}


class DisputeNotFound(NotFound):
    """No such dispute of this person."""

    title = "There is no such dispute"


class NotDisputable(WrongOrderStatus):
    """Nothing is held for it: not paid, or over."""

    code = "not_disputable"
    title = "This order cannot be disputed"


class DisputeWindowClosed(WrongOrderStatus):
    """It was delivered too long ago; the seller has the money, or is about to."""

    code = "dispute_window_closed"
    title = "The time to dispute this order is over"


class DisputeClosed(Conflict):
    """It has been decided or withdrawn."""

    code = "dispute_closed"
    title = "This dispute is closed"


class EnoughEvidence(Conflict):
    """The side has said all that there is room for."""

    code = "enough_evidence"
    title = "You have added as much evidence as there is room for"


class Disputes:
    """In transactions of the SYSTEM, on behalf of a person, but for the reads."""

    def __init__(
        self,
        database: Database,
        market: Market,
        moves: OrderMoves,
        orders: OrderService,
        media: MediaService,
        jobs: Jobs,
        letters: Letters,
    ) -> None:
        self._database = database
        self._market = market
        self._moves = moves
        self._orders = orders
        self._media = media
        self._jobs = jobs
        self._letters = letters
        jobs.register(REMIND, self.remind)

    # -- the parties -----------------------------------------------------------------------------------------

    async def open(self, tx: Transaction, person: Principal, order_id: UUID, body: OpenDispute) -> None:
        """By the buyer. Raises OrderNotFound, NotYourPart, OrderDisputed, NotDisputable, DisputeWindowClosed."""
        order = await self._moves.locked(tx, order_id)
        party = order.party_of(person.user_id)
        if party is Party.NOBODY:
            raise OrderNotFound()
        if party is not Party.BUYER:
            raise NotYourPart("The buyer opens a dispute", who=Party.BUYER.value)
        _refuse_undisputable(order)
        dispute_id, before = new_id(), order.status
        respond_by = order.now + timedelta(days=self._market.dispute_answer_days)
        await tx.run(
            _INSERT,
            {
                "id": dispute_id,
                "order": order.id,
                "buyer": order.buyer_id,
                "seller": order.seller_id,
                "reason": body.reason,
                "details": body.details.strip(),
                "before": before.value,
                "now": order.now,
                "respond_by": respond_by,
            },
        )
        if body.media_ids:
            await self._bring(tx, dispute_id, person.user_id, party, body.details, body.media_ids)
        await self._moves.move(
            tx, order, Status.DISPUTED, "dispute_opened", party, by_id=person.user_id, note=body.reason
        )
        await self._jobs.defer(
            tx, REMIND, delay=max(_NO_TIME, respond_by - REMIND_BEFORE - order.now), dispute_id=dispute_id
        )
        days = self._market.dispute_answer_days
        answer = f"Answer within {days} days, with what you can show; then our staff decide."
        await self._letters.write(tx, order, Party.SELLER, "The buyer has opened a dispute", answer)
        await self._letters.write(
            tx,
            order,
            Party.BUYER,
            "Your dispute is open",
            f"The money stays with us. The seller has {days} days to answer.",
        )

    async def add_evidence(
        self, tx: Transaction, person: Principal, dispute_id: UUID, body: AddEvidence
    ) -> DisputeView:
        """By either party, or staff, while it is open; the seller's first is its answer.

        Raises DisputeNotFound, DisputeClosed, EnoughEvidence, InvalidInput naming the picture.
        """
        order, dispute = await self._locked(tx, dispute_id)
        party = _side(order, person)
        if party is Party.NOBODY:
            raise DisputeNotFound()
        if dispute.status != "open":
            raise DisputeClosed()
        await self._bring(tx, dispute_id, person.user_id, party, body.text, body.media_ids)
        answers = party is Party.SELLER and dispute.answered_at is None
        if answers:
            await tx.run("UPDATE disputes SET answered_at = :now WHERE id = :id", {"id": dispute_id, "now": order.now})
        kind = "dispute_answered" if answers else "evidence_added"
        await self._moves.note(tx, order, kind, party, by_id=person.user_id)
        if answers:
            words = "Look at the answer, add what is missing, or withdraw the dispute."
            await self._letters.write(tx, order, Party.BUYER, "The seller has answered your dispute", words)
        return await self._view(tx, dispute_id)

    async def withdraw(self, tx: Transaction, person: Principal, dispute_id: UUID) -> DisputeView:
        """By the buyer: the order goes on where it was. Raises DisputeNotFound, NotYourPart, DisputeClosed."""
        order, dispute = await self._locked(tx, dispute_id)
        party = order.party_of(person.user_id)
        if party is Party.NOBODY:
            raise DisputeNotFound()
        if party is not Party.BUYER:
            raise NotYourPart("The buyer withdraws a dispute", who=Party.BUYER.value)
        if dispute.status != "open":
            raise DisputeClosed()
        await tx.run(
            "UPDATE disputes SET status = 'withdrawn', closed_at = :now WHERE id = :id",
            {"id": dispute_id, "now": order.now},
        )
        before = Status(dispute.status_before)
        await self._moves.move(tx, order, before, "dispute_withdrawn", party, by_id=person.user_id)
        goes_on = "The order goes on as it was."
        await self._letters.write(tx, order, Party.SELLER, "The buyer has withdrawn the dispute", goes_on)
        return await self._view(tx, dispute_id)

    async def of_order(self, tx: Transaction, person: Principal, order_id: UUID) -> DisputeView:
        """The latest of an order that the person is a party of, or staff. Raises OrderNotFound, DisputeNotFound."""
        order = await tx.first("SELECT buyer_id, seller_id FROM orders WHERE id = :id", {"id": order_id})
        if order is None or not (person.is_staff or person.user_id in (order.buyer_id, order.seller_id)):
            raise OrderNotFound()
        row = await tx.first(f"{SELECT} WHERE d.order_id = :id ORDER BY d.id DESC LIMIT 1", {"id": order_id})
        if row is None:
            raise DisputeNotFound()
        return DisputeView(**await dispute_facts(tx, self._media, row))

    # -- staff -----------------------------------------------------------------------------------------------

    async def page(
        self, tx: Transaction, standing: StandingFilter | None, limit: int, cursor: str | None
    ) -> Page[DisputeLine]:
        """For staff: those that wait, the oldest first; else the newest first."""
        after = decode_cursor(cursor, tuple[UUID])
        waiting = standing in ("open", "overdue")
        beyond, order = (">", "ASC") if waiting else ("<", "DESC")
        rows = await tx.all(
            f"{SELECT} WHERE {_WHERE[standing]} AND (CAST(:after AS uuid) IS NULL OR d.id {beyond} :after)"
            f" ORDER BY d.id {order} LIMIT :limit",
            {"after": after[0] if after else None, "limit": limit + 1},
        )
        lines = await dispute_lines(tx, rows[:limit])
        return Page(lines, encode_cursor(lines[-1].id) if len(rows) > limit else None)

    async def for_staff(self, tx: Transaction, staff: Principal, dispute_id: UUID) -> StaffDisputeView:
        """With its order. Raises DisputeNotFound."""
        row = await tx.first(f"{SELECT} WHERE d.id = :id", {"id": dispute_id})
        if row is None:
            raise DisputeNotFound()
        facts = await dispute_facts(tx, self._media, row)
        return StaffDisputeView(**facts, order=await self._orders.read(tx, row.order_id, staff))

    async def resolve(
        self, tx: Transaction, staff: Principal, dispute_id: UUID, body: ResolveDispute
    ) -> StaffDisputeView:
        """Give `refund_amount` back, release the rest, end order and dispute, all at once.

        Raises DisputeNotFound, DisputeClosed, Forbidden for a party of the order, InvalidInput above what is held.
        """
        order, dispute = await self._locked(tx, dispute_id)
        if order.party_of(staff.user_id) is not Party.NOBODY:
            raise Forbidden("You are a party of this order; a colleague decides")
        if dispute.status != "open":
            raise DisputeClosed()
        held, refund, note = order.in_escrow, body.refund_amount, body.note.strip()
        if refund > held:
            raise InvalidInput(("/refund_amount", f"must be at most {held}, which is what is held for the order"))
        await tx.run(
            "UPDATE disputes SET status = 'resolved', closed_at = :now, resolved_by = :by, refund_amount = :refund,"
            " note = :note WHERE id = :id",
            {"id": dispute_id, "now": order.now, "by": staff.user_id, "refund": refund, "note": note},
        )
        await self._moves.lock_money(tx, order)
        if refund:
            await self._moves.refund(
                tx, order, refund, by=Party.STAFF, by_id=staff.user_id, reason=note, key=f"dispute:{dispute_id}",
                kind="dispute_refunded",
            )  # fmt: skip
        if refund < held:
            await self._moves.complete(tx, order, Party.STAFF, "dispute_released", by_id=staff.user_id, note=note)
        back = format_amount(refund, order.currency)
        words = f"{back} goes back to the buyer." if refund else "Nothing goes back to the buyer."
        rest = "" if refund == held else " The rest is released to the seller, less fees."
        for party in (Party.BUYER, Party.SELLER):
            await self._letters.write(tx, order, party, "The dispute has been decided", f"{words}{rest}\n\n{note}")
        return await self.for_staff(tx, staff, dispute_id)

    # -- the buyer's bank -------------------------------------------------------------------------------------

    async def bank_took_it(self, tx: Transaction, order: LockedOrder, amount: int) -> None:
        """What an open dispute was about is gone: closed as `charged_back`, both told; none open is fine."""
        closed = await tx.first(
            "UPDATE disputes SET status = 'charged_back', closed_at = :now, refund_amount = :amount, note = :note"
            " WHERE order_id = :order AND status = 'open' RETURNING id",
            {"order": order.id, "now": order.now, "amount": amount, "note": BANK_TOOK_IT},
        )
        if closed is None:
            return
        await self._moves.note(tx, order, "dispute_charged_back", Party.SYSTEM, amount=amount, note=BANK_TOOK_IT)
        for party in (Party.BUYER, Party.SELLER):
            await self._letters.write(tx, order, party, "The dispute is closed", BANK_TOOK_IT)

    # -- the clock -------------------------------------------------------------------------------------------

    async def remind(self, dispute_id: str) -> None:
        """The job, a day before the seller's time is over: say so once, unless the seller has answered."""
        async with self._database.transaction(SYSTEM) as tx:
            order, dispute = await self._locked(tx, UUID(dispute_id))
            if dispute.status != "open" or dispute.answered_at is not None or dispute.reminded_at is not None:
                return
            await tx.run("UPDATE disputes SET reminded_at = :now WHERE id = :id", {"id": dispute.id, "now": order.now})
            self._moves.tell_one(tx, order, "dispute_reminder", Party.SELLER)
            words = "Your time to answer is nearly over; then our staff decide without you."
            await self._letters.write(tx, order, Party.SELLER, "Answer the dispute", words)

    # -- parts -----------------------------------------------------------------------------------------------

    async def _locked(self, tx: Transaction, dispute_id: UUID) -> tuple[LockedOrder, Any]:
        order_id = await tx.scalar("SELECT order_id FROM disputes WHERE id = :id", {"id": dispute_id})
        if order_id is None:
            raise DisputeNotFound()
        order = await self._moves.locked(tx, order_id)
        dispute = await tx.first("SELECT * FROM disputes WHERE id = :id FOR UPDATE", {"id": dispute_id})
        return order, dispute

    async def _bring(
        self, tx: Transaction, dispute_id: UUID, author_id: UUID, party: Party, words: str, media_ids: list[UUID]
    ) -> None:
        brought = await tx.scalar(
            "SELECT count(*) FROM dispute_evidence WHERE dispute_id = :id AND author = :author",
            {"id": dispute_id, "author": party.value},
        )
        if brought >= MAX_EVIDENCE_BY_PARTY:
            raise EnoughEvidence()
        await media_service.attach(tx, author_id, media_ids, "evidence")
        evidence_id = new_id()
        await tx.run(
            "INSERT INTO dispute_evidence (id, dispute_id, author_id, author, words)"
            " VALUES (:id, :dispute, :author_id, :author, :words)",
            {
                "id": evidence_id,
                "dispute": dispute_id,
                "author_id": author_id,
                "author": party.value,
                "words": words.strip(),
            },
        )
        for position, media_id in enumerate(media_ids):
            shown = await tx.run(
                "INSERT INTO dispute_pictures (media_id, evidence_id, dispute_id, position)"
                " VALUES (:media, :evidence, :dispute, :position) ON CONFLICT (media_id) DO NOTHING",
                {"media": media_id, "evidence": evidence_id, "dispute": dispute_id, "position": position},
            )
            if not shown:
                raise InvalidInput((f"/media_ids/{position}", "has been added already"))

    async def _view(self, tx: Transaction, dispute_id: UUID) -> DisputeView:
        row = await tx.first(f"{SELECT} WHERE d.id = :id", {"id": dispute_id})
        return DisputeView(**await dispute_facts(tx, self._media, row))


def _side(order: LockedOrder, person: Principal) -> Party:
    party = order.party_of(person.user_id)
    return Party.STAFF if party is Party.NOBODY and person.is_staff else party


def _refuse_undisputable(order: LockedOrder) -> None:
    if order.status is Status.DISPUTED:
        raise OrderDisputed(order.status)
    if order.status is Status.COMPLETED:
        raise DisputeWindowClosed(order.status)
    if order.status is Status.DELIVERED:
        if order.escrow_release_at is not None and order.now >= order.escrow_release_at:
            raise DisputeWindowClosed(order.status)
    elif order.status not in _OPEN_ANY_TIME:
        raise NotDisputable(order.status)
