"""Mail, SMS and push on their way out (SPEC NTF-3): queued in the caller's transaction, sealed at rest."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Transaction
from outcry.kernel.http import Instant
from outcry.kernel.ids import new_id
from outcry.kernel.times import rfc3339

Channel = Literal["email", "sms", "push"]
MAX_SHOWN = 200
_RECIPIENT = "outgoing_messages.recipient"
_BODY = "outgoing_messages.body"


class ShownMessage(msgspec.Struct, frozen=True):
    """A message as the development outbox shows it."""

    id: str
    channel: str
    recipient: str
    subject: str
    body: str
    status: str
    created_at: Instant


async def queue_message(
    tx: Transaction, keys: KeyRing, *, channel: Channel, recipient: str, subject: str, body: str
) -> None:
    """Send it once this transaction has committed."""
    await tx.run(
        "INSERT INTO outgoing_messages (id, channel, recipient_sealed, subject, body_sealed)"
        " VALUES (:id, :channel, :recipient, :subject, :body)",
        {
            "id": new_id(),
            "channel": channel,
            "recipient": keys.encrypt(recipient, context=_RECIPIENT),
            "subject": subject,
            "body": keys.encrypt(body, context=_BODY),
        },
    )


async def newest_messages(tx: Transaction, keys: KeyRing) -> Sequence[ShownMessage]:
    """The newest messages, newest first, opened; for the development outbox."""
    rows = await tx.all("SELECT * FROM outgoing_messages ORDER BY id DESC LIMIT :limit", {"limit": MAX_SHOWN})
    return [
        ShownMessage(
            str(row.id),
            row.channel,
            keys.decrypt(bytes(row.recipient_sealed), context=_RECIPIENT),
            row.subject,
            keys.decrypt(bytes(row.body_sealed), context=_BODY),
            row.status,
            rfc3339(row.created_at),
        )
        for row in rows
    ]
