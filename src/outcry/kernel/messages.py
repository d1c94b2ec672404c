"""Mail, SMS and push on their way out (SPEC NTF-3): queued in the caller's transaction, sealed at rest."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Transaction
from outcry.kernel.errors import Conflict, NotFound
from outcry.kernel.http import Instant
from outcry.kernel.ids import new_id
from outcry.kernel.jobs import defer_task
from outcry.kernel.paging import Page, decode_cursor, page_of
from outcry.kernel.reencryption import SealedTable
from outcry.kernel.times import rfc3339

Channel = Literal["email", "sms", "push"]
MailStatus = Literal["queued", "sent", "failed"]
# The tasks that send what is queued.
DELIVER: dict[Channel, str] = {"email": "mail.deliver", "sms": "sms.deliver"}
MAX_SHOWN = 200
_RECIPIENT = "outgoing_messages.recipient"
_BODY = "outgoing_messages.body"
_HIDDEN = "•••"
_MAIL_COLUMNS = "id, recipient_sealed, subject, status, tries, last_error, created_at, sent_at"
_MAILS = f"""
SELECT {_MAIL_COLUMNS} FROM outgoing_messages
WHERE channel = 'email' AND (CAST(:status AS text) IS NULL OR status = :status)
    AND (CAST(:after AS uuid) IS NULL OR id < :after)
ORDER BY id DESC LIMIT :limit
"""


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


class QueuedMessage(msgspec.Struct, frozen=True):
    """A message that is to be sent, opened; `tries` counts those that failed."""

    id: UUID
    recipient: str
    subject: str
    body: str
    attachments: list[Attachment]
    tries: int
    age_seconds: int


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


class OutgoingMail(msgspec.Struct, frozen=True):
    """A mail as staff see it: not what it says, and of the address only enough to know it again."""

    id: UUID
    recipient: str
    subject: str
    status: MailStatus
    tries: int
    last_error: str | None
    created_at: Instant
    sent_at: Instant | None


class MailNotFailed(Conflict):
    """Only a mail that was given up is sent again."""

    code = "mail_not_failed"
    title = "This mail was not given up"


def masked(address: str) -> str:
    """An address with its name hidden but for the first letter: `a•••@example.com`. Pure."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}{_HIDDEN}{at}{domain}" if at else _HIDDEN


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
    if channel in DELIVER:
        await defer_task(tx, DELIVER[channel], message_id=message_id)
    return message_id


async def queued_message(tx: Transaction, keys: KeyRing, channel: Channel, message_id: UUID) -> QueuedMessage | None:
    """A message of the channel that still waits to be sent, else None."""
    rows = await tx.mappings(
        "SELECT *, extract(epoch FROM clock_timestamp() - created_at)::integer AS age_seconds FROM outgoing_messages"
        " WHERE id = :id AND channel = :channel AND status = 'queued'",
        {"id": message_id, "channel": channel},
    )
    if not rows:
        return None
    row = dict(rows[0])
    recipient, body = _opened(keys, row)
    attached = msgspec.convert(row["attachments"] or [], list[Attachment])
    return QueuedMessage(row["id"], recipient, row["subject"], body, attached, row["tries"], row["age_seconds"])


async def mark_sent(tx: Transaction, message_id: UUID) -> None:
    """Whoever carries it has taken it."""
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


async def mails_page(
    tx: Transaction, keys: KeyRing, *, status: MailStatus | None, limit: int, cursor: str | None
) -> Page[OutgoingMail]:
    """Mails, newest first; run as the system, for the table is nobody else's."""
    after = decode_cursor(cursor, tuple[UUID])
    rows = await tx.all(_MAILS, {"status": status, "after": after[0] if after else None, "limit": limit + 1})
    return page_of(rows, limit, lambda row: _outgoing(keys, row), lambda row: (row.id,))


async def send_again(tx: Transaction, keys: KeyRing, message_id: UUID) -> OutgoingMail:
    """A mail that was given up is tried anew, from the first try. Raises NotFound, MailNotFailed."""
    status = await tx.scalar(
        "SELECT status FROM outgoing_messages WHERE id = :id AND channel = 'email' FOR UPDATE", {"id": message_id}
    )
    if status is None:
        raise NotFound()
    if status != "failed":
        raise MailNotFailed(mail_status=status)
    row = await tx.first(
        f"UPDATE outgoing_messages SET status = 'queued', tries = 0 WHERE id = :id RETURNING {_MAIL_COLUMNS}",
        {"id": message_id},
    )
    await defer_task(tx, DELIVER["email"], message_id=message_id)
    return _outgoing(keys, row)


def _outgoing(keys: KeyRing, row: Any) -> OutgoingMail:
    recipient = keys.decrypt(bytes(row.recipient_sealed), context=_RECIPIENT)
    return OutgoingMail(
        row.id,
        masked(recipient),
        row.subject,
        row.status,
        row.tries,
        row.last_error,
        rfc3339(row.created_at),
        rfc3339(row.sent_at) if row.sent_at else None,
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
