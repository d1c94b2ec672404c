"""Reconciliation (SPEC MON-7): the provider's records against ours, every day, with a report that says what differs."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.database import SYSTEM, Transaction
from outcry.kernel.ids import new_id
from outcry.payments.audit import faults_of
from outcry.payments.parts import Parts
from outcry.payments.providers import Outcome, Provider, ProviderRecord, RecordKind

RUN = "payments.reconcile"
# What happened just now may not have been told yet; clocks differ a little.
SETTLING_MINUTES = 15
MARGIN = timedelta(hours=1)
MAX_DIFFERENCES = 10_000

_log = logging.getLogger("outcry.payments")

_OURS = """
SELECT 'payment' AS kind, id, reference, amount, currency, created_at,
    CASE WHEN status IN ('succeeded', 'returned') THEN 'done' WHEN status = 'pending' THEN 'pending' ELSE 'failed' END
        AS outcome
FROM payments WHERE provider = :provider AND created_at >= :since AND created_at < :until
UNION ALL SELECT 'refund', id, reference, amount, currency, created_at,
    CASE status WHEN 'succeeded' THEN 'done' ELSE status END
FROM refunds WHERE provider = :provider AND created_at >= :since AND created_at < :until
UNION ALL SELECT 'payout', id, reference, amount, currency, created_at,
    CASE status WHEN 'paid' THEN 'done' ELSE status END
FROM withdrawals WHERE provider = :provider AND created_at >= :since AND created_at < :until
UNION ALL SELECT 'dispute', id, dispute_reference, disputed_amount, currency, coalesce(settled_at, created_at),
    CASE dispute_status WHEN 'lost' THEN 'done' WHEN 'open' THEN 'pending' ELSE 'failed' END
FROM payments WHERE provider = :provider AND dispute_status IS NOT NULL
    AND settled_at >= :since AND settled_at < :until
"""
_STUCK = """
SELECT 'refund' AS record, id, reference, amount, currency FROM refunds
WHERE provider = :provider AND status = 'pending' AND created_at < clock_timestamp() - make_interval(hours => :hours)
UNION ALL SELECT 'payout', id, reference, amount, currency FROM withdrawals
WHERE provider = :provider AND status = 'pending' AND created_at < clock_timestamp() - make_interval(hours => :hours)
"""
_FLAGGED = """
SELECT id, reference, type, code FROM provider_events WHERE provider = :provider AND status = 'flagged' ORDER BY id
LIMIT :limit
"""
_BEGIN = """
INSERT INTO reconciliations (id, provider, since, until, asked_by)
VALUES (:id, :provider, clock_timestamp() - make_interval(days => :days),
    clock_timestamp() - make_interval(mins => :minutes), :asked_by)
"""
_WINDOW = "SELECT id, provider, since, until, status FROM reconciliations WHERE id = :id FOR UPDATE"
_DIFFERENCE = """
INSERT INTO reconciliation_differences (reconciliation_id, position, kind, record, subject_id, reference, ours, theirs,
    currency, detail)
VALUES (:run, :position, :kind, :record, :subject_id, :reference, :ours, :theirs, :currency, :detail)
"""


class OurRecord(msgspec.Struct, frozen=True):
    """Money that moved by our own records."""

    kind: RecordKind
    subject_id: UUID
    reference: str | None
    amount: int
    currency: str
    outcome: Outcome
    at: datetime


class Difference(msgspec.Struct, frozen=True):
    """One line of the report; amounts in minor units."""

    kind: str
    record: str
    subject_id: UUID | None
    reference: str | None
    ours: int | None
    theirs: int | None
    currency: str
    detail: str


def compare(
    ours: Iterable[OurRecord], theirs: Iterable[ProviderRecord], since: datetime, until: datetime
) -> tuple[int, list[Difference]]:
    """How many were compared, and what differs. Pure.

    Both are given with MARGIN around the window; only what lies in the window must have its other half.
    """
    listed = list(ours)
    by_id = {(record.kind, record.subject_id): record for record in listed}
    by_reference = {(record.kind, record.reference): record for record in listed if record.reference}
    found: list[Difference] = []
    matched: set[tuple[RecordKind, UUID]] = set()
    compared = 0
    for their in theirs:
        our = by_reference.get((their.kind, their.reference))
        if our is None and their.subject_id is not None:
            our = by_id.get((their.kind, their.subject_id))
        if our is not None:
            matched.add((our.kind, our.subject_id))
            compared += 1
            found += _between(our, their)
        elif since <= their.at < until and their.outcome is Outcome.DONE:
            compared += 1
            found.append(_difference("extra", None, their, "the provider moved this money, we know nothing of it"))
    for our in listed:
        inside = since <= our.at < until
        if inside and our.outcome is Outcome.DONE and (our.kind, our.subject_id) not in matched:
            compared += 1
            found.append(_difference("missing", our, None, "by our records it moved, the provider has no record"))
    return compared, found


def _between(our: OurRecord, their: ProviderRecord) -> list[Difference]:
    if (our.amount, our.currency) != (their.amount, their.currency):
        detail = f"ours is in {our.currency}, theirs in {their.currency}"
        return [_difference("amount", our, their, detail if our.currency != their.currency else "the amounts differ")]
    done = Outcome.DONE
    if our.outcome != their.outcome and done in (our.outcome, their.outcome):
        detail = f"for us it is {our.outcome.value}, for the provider {their.outcome.value}"
        return [_difference("state", our, their, detail)]
    return []


def _difference(kind: str, our: OurRecord | None, their: ProviderRecord | None, detail: str) -> Difference:
    one = our or their
    assert one is not None
    return Difference(
        kind=kind,
        record=one.kind.value,
        subject_id=our.subject_id if our else one.subject_id,
        reference=(their.reference if their else None) or (our.reference if our else None),
        ours=our.amount if our else None,
        theirs=their.amount if their else None,
        currency=one.currency,
        detail=detail,
    )


class Reconciliation:
    """Runs the comparison and keeps its reports."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def daily(self) -> None:
        """Job: every provider that there is."""
        for name in self._parts.providers:
            async with self._parts.database.transaction(SYSTEM) as tx:
                run_id = await self.begin(tx, name, asked_by=None)
            await self.run(str(run_id))

    async def begin(self, tx: Transaction, provider: str, *, asked_by: UUID | None) -> UUID:
        """Write a run down; `run` does it. `tx` is the SYSTEM's. Raises UnknownProvider."""
        self._parts.provider(provider)
        run_id = new_id()
        await tx.run(
            _BEGIN,
            {
                "id": run_id,
                "provider": provider,
                "days": self._parts.settings.reconciliation_days,
                "minutes": SETTLING_MINUTES,
                "asked_by": asked_by,
            },
        )
        return run_id

    async def run(self, reconciliation: str) -> None:
        """Job: compare, and write the report."""
        run_id = UUID(reconciliation)
        async with self._parts.database.transaction(SYSTEM) as tx:
            row = await tx.first(_WINDOW, {"id": run_id})
        if row is None or row.status != "running":
            return
        provider = self._parts.provider(row.provider)
        theirs = await _their_records(provider, row.since - MARGIN, row.until + MARGIN)
        async with self._parts.database.transaction(SYSTEM, snapshot=True) as tx:
            ours = await _our_records(tx, row.provider, row.since - 2 * MARGIN, row.until + 2 * MARGIN)
            more = await self._more(tx, row.provider)
        compared, found = compare(ours, theirs, row.since, row.until)
        await self._write(run_id, compared, [*found, *more][:MAX_DIFFERENCES])

    async def _more(self, tx: Transaction, provider: str) -> list[Difference]:
        """What is stuck, what waits for a person, and where the ledger differs from our own records."""
        hours = self._parts.settings.stuck_after_hours
        found = [
            Difference(
                "stuck", row.record, row.id, row.reference, row.amount, None, row.currency, f"pending over {hours} h"
            )
            for row in await tx.all(_STUCK, {"provider": provider, "hours": hours})
        ]
        currency = self._parts.market.currency
        found += [
            Difference("stuck", "event", row.id, row.reference, None, None, currency, f"{row.type} flagged: {row.code}")
            for row in await tx.all(_FLAGGED, {"provider": provider, "limit": MAX_DIFFERENCES})
        ]
        found += [
            Difference("amount", "ledger", None, None, None, None, currency, f"{fault.subject}: {fault.detail}")
            for fault in await faults_of(tx)
        ]
        return found

    async def _write(self, run_id: UUID, compared: int, found: list[Difference]) -> None:
        async with self._parts.database.transaction(SYSTEM) as tx:
            finished = await tx.run(
                "UPDATE reconciliations SET status = 'done', compared = :compared, differing = :differing,"
                " finished_at = clock_timestamp() WHERE id = :id AND status = 'running'",
                {"id": run_id, "compared": compared, "differing": len(found)},
            )
            if finished and found:
                lines = [
                    {"run": run_id, "position": place, **msgspec.structs.asdict(one)} for place, one in enumerate(found)
                ]
                await tx.run(_DIFFERENCE, lines)
        if found:
            _log.error("reconciliation %s found %d differences: see the runbook", run_id, len(found))


async def _their_records(provider: Provider, since: datetime, until: datetime) -> list[ProviderRecord]:
    return [record async for record in provider.records(since, until)]


async def _our_records(tx: Transaction, provider: str, since: datetime, until: datetime) -> list[OurRecord]:
    rows: Iterable[Any] = await tx.all(_OURS, {"provider": provider, "since": since, "until": until})
    return [
        OurRecord(
            RecordKind(row.kind),
            row.id,
            row.reference,
            row.amount or 0,
            row.currency,
            Outcome(row.outcome),
            row.created_at,
        )
        for row in rows
    ]
