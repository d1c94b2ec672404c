"""Mail, SMS and push on their way out (SPEC NTF-3): queued in the caller's transaction, sealed at rest."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Transaction
from outcry.kernel.http import Instant
from outcry.kernel.ids import new_id
from outcry.kernel.jobs import defer_task
from outcry.kernel.reencryption import SealedTable
from outcry.kernel.times import rfc3339

Channel = Literal["email", "sms", "push"]
DELIVER_MAIL = "mail.deliver"
MAX_SHOWN = 200
_RECIPIENT = "outgoing_messages.recipient"
_BODY = "outgoing_messages.body"


def _sealed(keys: KeyRing, recipient: str, body: str) -> dict[str, bytes]:
    return {
        "recipient_sealed": keys.encrypt(recipient, context=_RECIPIENT),
        "body_sealed": keys.encrypt(body, context=_BODY),
    }


def _opened(keys: KeyRing, row: Mapping[str, Any]) -> tuple[str, str]:
    return (
        keys.decrypt(bytes(row["recipient_sealed"]), context=_RECIPIENT),
        keys.decrypt(bytes(row["body_sealed"]), context=_BODY),
    )


SEALED_MESSAGES = SealedTable(
    "outgoing_messages",
    key=("id",),
    columns=("recipient_sealed", "body_sealed"),
    renew=lambda keys, row: _sealed(keys, *_opened(keys, row)),
)


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with a mail: where it is stored, and what it is called there."""

    key: str
    filename: str
    content_type: str


class QueuedMail(msgspec.Struct, frozen=True):
    """A mail that is to be sent, opened; `tries` counts those that failed."""

    id: UUID
    recipient: str
    subject: str
    body: str
    attachments: list[Attachment]
    tries: int


class ShownMessage(msgspec.Struct, frozen=True):
    """A message as the development outbox shows it."""

    id: str
    channel: str
    recipient: str
    subject: str
    body: str
    status: str
    created_at: Instant
    attachments: list[str]


async def queue_message(
    tx: Transaction,
    keys: KeyRing,
    *,
    channel: Channel,
    recipient: str,
    subject: str,
    body: str,
    attachments: Sequence[Attachment] = (),
) -> UUID:
    """Send it once this transaction has committed; the message's id. Only mail carries `attachments`."""
    message_id = new_id()
    await tx.run(
        "INSERT INTO outgoing_messages (id, channel, recipient_sealed, subject, body_sealed, key_id, attachments)"
        " VALUES (:id, :channel, :recipient_sealed, :subject, :body_sealed, :key_id, CAST(:attachments AS json))",
        {
            "id": message_id,
            "channel": channel,
            "subject": subject,
            **_sealed(keys, recipient, body),
            "key_id": keys.current_id,
            "attachments": msgspec.json.encode(attachments).decode() if attachments else None,
        },
    )
    if channel == "email":
        await defer_task(tx, DELIVER_MAIL, message_id=message_id)
    return message_id


async def queued_mail(tx: Transaction, keys: KeyRing, message_id: UUID) -> QueuedMail | None:
    """A mail that still waits to be sent, else None."""
    rows = await tx.mappings(
        "SELECT * FROM outgoing_messages WHERE id = :id AND channel = 'email' AND status = 'queued'", {"id": message_id}
    )
    if not rows:
        return None
    row = dict(rows[0])
    recipient, body = _opened(keys, row)
    attached = msgspec.convert(row["attachments"] or [], list[Attachment])
    return QueuedMail(row["id"], recipient, row["subject"], body, attached, row["tries"])


async def mark_sent(tx: Transaction, message_id: UUID) -> None:
    """The mail server has taken it."""
    await tx.run(
        "UPDATE outgoing_messages SET status = 'sent', sent_at = clock_timestamp(), tries = tries + 1,"
        " last_error = NULL WHERE id = :id",
        {"id": message_id},
    )


async def mark_refused(tx: Transaction, message_id: UUID, error: str, *, for_good: bool) -> None:
    """It was not taken; `error` names no person. `for_good`: it will not be tried again."""
    await tx.run(
        "UPDATE outgoing_messages SET status = CASE WHEN :for_good THEN 'failed' ELSE status END, tries = tries + 1,"
        " last_error = :error WHERE id = :id",
        {"id": message_id, "error": error, "for_good": for_good},
    )


async def newest_messages(tx: Transaction, keys: KeyRing) -> Sequence[ShownMessage]:
    """The newest messages, newest first, opened; for the development outbox."""
    rows = await tx.mappings("SELECT * FROM outgoing_messages ORDER BY id DESC LIMIT :limit", {"limit": MAX_SHOWN})
    return [
        ShownMessage(
            str(row["id"]),
            row["channel"],
            recipient,
            row["subject"],
            body,
            row["status"],
            rfc3339(row["created_at"]),
            [one["filename"] for one in row["attachments"] or []],
        )
        for row in rows
        for recipient, body in [_opened(keys, dict(row))]
    ]
