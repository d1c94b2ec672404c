"""What support sees of payments, webhooks and reconciliation; read as the staff member, so row security applies."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.database import Transaction
from outcry.kernel.errors import NotFound
from outcry.kernel.http import Currency, Instant
from outcry.kernel.paging import Page, decode_cursor, page_of
from outcry.kernel.times import rfc3339
from outcry.payments.parts import Parts

_PAYMENTS = """
SELECT id, purpose, payer_id, order_id, amount, currency, method, provider, reference, status, failure_code,
    card_brand, card_last4, refunded_amount, dispute_status, disputed_amount, created_at, settled_at
FROM payments
WHERE (CAST(:status AS text) IS NULL OR status = :status)
    AND (CAST(:order_id AS uuid) IS NULL OR order_id = :order_id)
    AND (CAST(:payer_id AS uuid) IS NULL OR payer_id = :payer_id)
    AND (CAST(:after AS uuid) IS NULL OR id < :after)
ORDER BY id DESC LIMIT :limit
"""
_WEBHOOKS = """
SELECT id, provider, event_id, type, reference, status, code, attempts, received_at, applied_at FROM provider_events
WHERE (CAST(:status AS text) IS NULL OR status = :status) AND (CAST(:after AS uuid) IS NULL OR id < :after)
ORDER BY id DESC LIMIT :limit
"""
_RUN_COLUMNS = "id, provider, since, until, status, compared, differing, asked_by, started_at, finished_at"
_RUNS = f"""
SELECT {_RUN_COLUMNS} FROM reconciliations WHERE CAST(:after AS uuid) IS NULL OR id < :after
ORDER BY id DESC LIMIT :limit
"""
_DIFFERENCES = """
SELECT kind, record, subject_id, reference, ours, theirs, currency, detail FROM reconciliation_differences
WHERE reconciliation_id = :id ORDER BY position
"""


class StaffPayment(msgspec.Struct, frozen=True):
    """A payment as support sees it."""

    id: UUID
    purpose: str
    payer_id: UUID
    order_id: UUID | None
    amount: int
    currency: Currency
    method: str
    provider: str | None
    reference: str | None
    status: str
    failure_code: str | None
    card: str | None
    refunded_amount: int
    dispute_status: str | None
    disputed_amount: int | None
    created_at: Instant
    settled_at: Instant | None


class StaffWebhook(msgspec.Struct, frozen=True):
    """A stored event of a provider; `code` says why it waits or is flagged."""

    id: UUID
    provider: str
    event_id: str
    type: str
    reference: str | None
    status: str
    code: str | None
    attempts: int
    received_at: Instant
    applied_at: Instant | None


class DifferenceView(msgspec.Struct, frozen=True):
    """One line of a reconciliation's report; amounts in minor units of `currency`."""

    kind: str
    record: str
    subject_id: UUID | None
    reference: str | None
    ours: int | None
    theirs: int | None
    currency: Currency
    detail: str


class RunView(msgspec.Struct, frozen=True):
    """A reconciliation: what was compared of which time, and how many lines differ."""

    id: UUID
    provider: str
    since: Instant
    until: Instant
    status: str
    compared: int
    differing: int
    asked_by: UUID | None
    started_at: Instant
    finished_at: Instant | None


class RunReport(msgspec.Struct, frozen=True):
    """A reconciliation with its lines."""

    run: RunView
    differences: list[DifferenceView]


class PaymentsDesk:
    """Support's look at the money."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def payments(
        self,
        tx: Transaction,
        *,
        status: str | None,
        order_id: UUID | None,
        payer_id: UUID | None,
        limit: int,
        cursor: str | None,
    ) -> Page[StaffPayment]:
        """Newest first."""
        names = {"status": status, "order_id": order_id, "payer_id": payer_id, **_page(limit, cursor)}
        return page_of(await tx.all(_PAYMENTS, names), limit, _payment, lambda row: (row.id,))

    async def webhooks(
        self, tx: Transaction, *, status: str | None, limit: int, cursor: str | None
    ) -> Page[StaffWebhook]:
        """Newest first."""
        rows = await tx.all(_WEBHOOKS, {"status": status, **_page(limit, cursor)})
        return page_of(rows, limit, _webhook, lambda row: (row.id,))

    async def runs(self, tx: Transaction, *, limit: int, cursor: str | None) -> Page[RunView]:
        """Newest first."""
        return page_of(await tx.all(_RUNS, _page(limit, cursor)), limit, _run, lambda row: (row.id,))

    async def report(self, tx: Transaction, run_id: UUID) -> RunReport:
        """One run whole. Raises NotFound."""
        row = await tx.first(f"SELECT {_RUN_COLUMNS} FROM reconciliations WHERE id = :id", {"id": run_id})
        if row is None:
            raise NotFound()
        lines: Sequence[Any] = await tx.all(_DIFFERENCES, {"id": run_id})
        return RunReport(_run(row), [DifferenceView(*line) for line in lines])


def _page(limit: int, cursor: str | None) -> dict[str, Any]:
    after = decode_cursor(cursor, tuple[UUID])
    return {"after": after[0] if after else None, "limit": limit + 1}


def _when(instant: Any) -> str | None:
    return rfc3339(instant) if instant else None


def _payment(row: Any) -> StaffPayment:
    return StaffPayment(
        id=row.id,
        purpose=row.purpose,
        payer_id=row.payer_id,
        order_id=row.order_id,
        amount=row.amount,
        currency=row.currency,
        method=row.method,
        provider=row.provider,
        reference=row.reference,
        status=row.status,
        failure_code=row.failure_code,
        card=f"{row.card_brand} {row.card_last4}" if row.card_brand else None,
        refunded_amount=row.refunded_amount,
        dispute_status=row.dispute_status,
        disputed_amount=row.disputed_amount,
        created_at=rfc3339(row.created_at),
        settled_at=_when(row.settled_at),
    )


def _webhook(row: Any) -> StaffWebhook:
    return StaffWebhook(
        row.id,
        row.provider,
        row.event_id,
        row.type,
        row.reference,
        row.status,
        row.code,
        row.attempts,
        rfc3339(row.received_at),
        _when(row.applied_at),
    )


def _run(row: Any) -> RunView:
    return RunView(
        row.id,
        row.provider,
        rfc3339(row.since),
        rfc3339(row.until),
        row.status,
        row.compared,
        row.differing,
        row.asked_by,
        rfc3339(row.started_at),
        _when(row.finished_at),
    )
