"""Mail, SMS and push on their way out (SPEC NTF-3): queued in the caller's transaction, sealed at rest."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Transaction
from outcry.kernel.http import Instant
from outcry.kernel.ids import new_id
from outcry.kernel.reencryption import SealedTable
from outcry.kernel.times import rfc3339

Channel = Literal["email", "sms", "push"]
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
        "INSERT INTO outgoing_messages (id, channel, recipient_sealed, subject, body_sealed, key_id)"
        " VALUES (:id, :channel, :recipient_sealed, :subject, :body_sealed, :key_id)",
        {
            "id": new_id(),
            "channel": channel,
            "subject": subject,
            **_sealed(keys, recipient, body),
            "key_id": keys.current_id,
        },
    )


async def newest_messages(tx: Transaction, keys: KeyRing) -> Sequence[ShownMessage]:
    """The newest messages, newest first, opened; for the development outbox."""
    rows = await tx.mappings("SELECT * FROM outgoing_messages ORDER BY id DESC LIMIT :limit", {"limit": MAX_SHOWN})
    return [
        ShownMessage(
            str(row["id"]), row["channel"], recipient, row["subject"], body, row["status"], rfc3339(row["created_at"])
        )
        for row in rows
        for recipient, body in [_opened(keys, dict(row))]
    ]
