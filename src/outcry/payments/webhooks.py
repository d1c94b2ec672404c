"""Webhooks (SPEC MON-7): verified, stored as they came, answered; applied once by a job, replayable by staff."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from outcry.kernel.database import SYSTEM, Transaction
from outcry.kernel.errors import MalformedRequest, NotFound
from outcry.kernel.ids import new_id
from outcry.kernel.times import unix_seconds
from outcry.payments.errors import EventIdReused
from outcry.payments.parts import Parts
from outcry.payments.rules import UNKNOWN_SUBJECT, Step
from outcry.payments.settlement import Settlement

# An event that comes before what it is about waits 1, 2, 4, ... seconds; after nine minutes it is flagged.
MAX_WAITS = 10
APPLY = "payments.apply_event"

_STORE = """
INSERT INTO provider_events (id, provider, event_id, type, reference, body)
VALUES (:id, :provider, :event_id, :type, :reference, :body) ON CONFLICT (provider, event_id) DO NOTHING
"""
_KNOWN = "SELECT body FROM provider_events WHERE provider = :provider AND event_id = :event_id"
_TAKE = "SELECT id, provider, body, status, attempts FROM provider_events WHERE id = :id FOR UPDATE"
_NOTE = """
UPDATE provider_events SET status = :status, code = :code, attempts = :attempts,
    applied_at = CASE WHEN :status = 'applied' THEN clock_timestamp() END
WHERE id = :id
"""

# News of a payment that came long before the payment's own: it was given up, and is true all the same.
_WAKE = """
UPDATE provider_events SET status = 'received', code = NULL, attempts = 0
WHERE provider = :provider AND reference = :reference AND status = 'flagged' AND code = :code RETURNING id
"""

_log = logging.getLogger("outcry.payments")


class Webhooks:
    """The door for what providers say."""

    def __init__(self, parts: Parts, settlement: Settlement) -> None:
        self._parts = parts
        self._settlement = settlement

    async def receive(self, provider_name: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Store an event; True when it was known already.

        Raises UnknownProvider, BadSignature, StaleSignature, MalformedRequest, EventIdReused.
        """
        provider = self._parts.provider(provider_name)
        provider.verify(headers, body, now_seconds=unix_seconds())
        try:
            event = provider.read_event(body)
        except ValueError:
            raise MalformedRequest() from None
        names = {"provider": provider_name, "event_id": event.event_id}
        async with self._parts.database.transaction(SYSTEM) as tx:
            row_id = new_id()
            stored = await tx.run(
                _STORE, {**names, "id": row_id, "type": event.type, "reference": event.reference, "body": body}
            )
            if stored:
                await self._parts.jobs.defer(tx, APPLY, event=row_id)
                return False
            # A repeat may differ in what does not count (how often it was sent), never in what it says.
            if provider.read_event(bytes(await tx.scalar(_KNOWN, names))) != event:
                _log.warning("event %s of %s came again with another content", event.event_id, provider_name)
                raise EventIdReused()
        return True

    async def apply(self, event: str) -> None:
        """Job: what a stored event says, once."""
        async with self._parts.database.transaction(SYSTEM) as tx:
            row = await tx.first(_TAKE, {"id": UUID(event)})
            if row is None or row.status not in ("received", "waiting"):
                return
            status, code = await self._apply(tx, row)
            attempts = row.attempts + 1
            if status == "waiting":
                if attempts >= MAX_WAITS:
                    status, code = "flagged", UNKNOWN_SUBJECT
                else:
                    await self._parts.jobs.defer(tx, APPLY, event=row.id, delay=timedelta(seconds=2 ** (attempts - 1)))
            await tx.run(_NOTE, {"id": row.id, "status": status, "code": code, "attempts": attempts})
        if status == "flagged":
            _log.error("event %s of %s is flagged: %s", row.id, row.provider, code)

    async def _apply(self, tx: Transaction, row: Any) -> tuple[str, str | None]:
        event = self._parts.provider(row.provider).read_event(bytes(row.body))
        verdict = await self._settlement.apply(tx, row.provider, event)
        if verdict.step is Step.CAPTURE:
            names = {"provider": row.provider, "reference": event.reference, "code": UNKNOWN_SUBJECT}
            for woken in await tx.all(_WAKE, names):
                await self._parts.jobs.defer(tx, APPLY, event=woken.id)
        match verdict.step:
            case Step.WAIT:
                return "waiting", UNKNOWN_SUBJECT
            case Step.FLAG:
                return "flagged", verdict.code
            case Step.NOTHING:
                return "ignored", None
            case _:
                return "applied", None

    async def replay(self, tx: Transaction, event_id: UUID, by: UUID) -> None:
        """Apply a stored event again, for staff; what it has done already it does not do twice. Raises NotFound."""
        changed = await tx.run(
            "UPDATE provider_events SET status = 'received', code = NULL, attempts = 0 WHERE id = :id",
            {"id": event_id},
        )
        if not changed:
            raise NotFound()
        await self._parts.jobs.defer(tx, APPLY, event=event_id)
        _log.warning("staff %s replays event %s", by, event_id)
