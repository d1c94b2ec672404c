"""How the sandbox delivers its webhooks: by a job for each, over HTTP, again and again until they are taken.

For developers and tests it can hold them back, send copies, and spoil signatures; all by `POST /v1/dev/sandbox/...`.
"""

import logging
import secrets
import ssl
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal

import httpx
import msgspec

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.jobs import Jobs
from outcry.kernel.times import unix_seconds
from outcry.payments.sandbox import signing
from outcry.payments.sandbox.events import EventData, EventObject, SandboxEvent

DELIVER = "sandbox.deliver"
MAX_ATTEMPTS = 16
FIRST_RETRY_SECONDS = 1
ANSWER_SECONDS = 10.0
MAX_SHOWN_EVENTS = 200
MAX_RELEASED_EVENTS = 1_000
WEBHOOK_PATH = "/v1/webhooks/sandbox"
_SECRET_PURPOSE = "sandbox-webhooks"  # noqa: S105

_log = logging.getLogger("outcry.payments")

Order = Literal["in_order", "reversed", "shuffled"]


@lru_cache(1)
def _trusted() -> ssl.SSLContext:
    """Whom TLS believes; reading it anew for every webhook would cost more than all the rest of one."""
    return ssl.create_default_context()


class Undelivered(Exception):
    """The endpoint did not take a webhook; it is sent again later."""


class Deliveries:
    """The sandbox's outgoing webhooks. `base_url` is where the market listens."""

    def __init__(self, database: Database, jobs: Jobs, keys: KeyRing, base_url: str) -> None:
        self._database = database
        self._jobs = jobs
        self._secrets = keys.derive_all(_SECRET_PURPOSE)
        self.base_url = base_url

    @property
    def secrets(self) -> Sequence[bytes]:
        """What signs webhooks, newest first."""
        return self._secrets

    async def tell(self, tx: Transaction, kind: str, what: EventObject, *, delay: timedelta | None = None) -> None:
        """Write an event with the change it tells of, and have it delivered after the commit."""
        event_id = f"evt_{secrets.token_hex(12)}"
        body = msgspec.json.encode(SandboxEvent(event_id, kind, unix_seconds(), EventData(what)))
        await tx.run(
            "INSERT INTO sandbox_events (id, type, body) VALUES (:id, :type, :body)",
            {"id": event_id, "type": kind, "body": body},
        )
        await self._jobs.defer(tx, DELIVER, delay=delay, event=event_id)

    async def defer(self, tx: Transaction, task: str, delay: timedelta, **arguments: Any) -> None:
        """Something the sandbox does later."""
        await self._jobs.defer(tx, task, delay=delay, **arguments)

    async def deliver(self, event: str) -> None:
        """Job: send an event, unless the sandbox is told to hold. Raises Undelivered."""
        async with self._database.transaction(SYSTEM) as tx:
            controls = await tx.first("SELECT hold, copies FROM sandbox_controls")
            assert controls is not None
            if controls.hold:
                await tx.run(
                    "UPDATE sandbox_events SET status = 'held' WHERE id = :id AND status = 'queued'", {"id": event}
                )
                return
        await self.send(event, copies=controls.copies)

    async def send(self, event: str, *, copies: int = 1) -> None:
        """Send an event now, as often as `copies`. Raises Undelivered when it was not taken."""
        async with self._database.transaction(SYSTEM) as tx:
            row = await tx.first("SELECT id, body, status FROM sandbox_events WHERE id = :id", {"id": event})
            if row is None or row.status == "delivered":
                return
            spoilt = await tx.run("UPDATE sandbox_controls SET broken = broken - 1 WHERE broken > 0")
        status = None
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, verify=_trusted()) as client:
            for _ in range(copies):
                status = await self._post(client, row.id, bytes(row.body), spoilt=bool(spoilt))
        async with self._database.transaction(SYSTEM) as tx:
            taken = status is not None and 200 <= status < 300
            await tx.run(
                "UPDATE sandbox_events SET attempts = attempts + :copies, answer_status = :answer,"
                " status = CASE WHEN :taken THEN 'delivered' ELSE status END WHERE id = :id",
                {"id": event, "copies": copies, "answer": status, "taken": taken},
            )
        if not taken:
            raise Undelivered(f"webhook {event}: {status or 'no answer'}")

    async def _post(self, client: httpx.AsyncClient, event_id: str, body: bytes, *, spoilt: bool) -> int | None:
        headers = signing.signed_headers(self._secrets[0], event_id, body, now_seconds=unix_seconds())
        if spoilt:
            headers[signing.SIGNATURE] = "v1,c3BvaWx0"
        headers["content-type"] = "application/json"
        try:
            return (await client.post(self.base_url + WEBHOOK_PATH, content=body, headers=headers)).status_code
        except httpx.HTTPError:
            return None

    # -- for developers -----------------------------------------------------------------------------------------------

    async def control(self, tx: Transaction, *, hold: bool | None, copies: int | None, broken: int | None) -> None:
        """Hold webhooks back, send each several times, spoil the signatures of the next few."""
        await tx.run(
            "UPDATE sandbox_controls SET hold = coalesce(:hold, hold), copies = coalesce(:copies, copies),"
            " broken = coalesce(:broken, broken)",
            {"hold": hold, "copies": copies, "broken": broken},
        )

    async def release(self, order: Order, *, copies: int) -> int:
        """Send all that is held, in this order; how many were sent."""
        async with self._database.transaction(SYSTEM) as tx:
            rows = await tx.all(
                "SELECT id FROM sandbox_events WHERE status = 'held' ORDER BY position LIMIT :limit",
                {"limit": MAX_RELEASED_EVENTS},
            )
        listed = [row.id for row in rows]
        if order == "reversed":
            listed.reverse()
        elif order == "shuffled":
            secrets.SystemRandom().shuffle(listed)
        sent = 0
        for event in listed:
            try:
                await self.send(event, copies=copies)
                sent += 1
            except Undelivered as failed:
                # Still held: the next release sends it again.
                _log.info("%s", failed)
        return sent

    async def shown(self) -> Sequence[Any]:
        """The newest events."""
        async with self._database.transaction(SYSTEM) as tx:
            return await tx.all(
                "SELECT id, type, status, attempts, answer_status FROM sandbox_events ORDER BY position DESC"
                " LIMIT :limit",
                {"limit": MAX_SHOWN_EVENTS},
            )
