"""The outbox: every change appends its event in its own transaction; channels count without gaps (SPEC RT-3).

A channel's `seq` is handed out under a row lock that is held until commit: the channel's own row in `channels`,
or, for `auction:ID`, the auction's row (its owner passes the `seq`). So a reader that sees seq N can rely on all
below N being committed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import TupleRow

from outcry.kernel.arrays import BigInts, JsonTexts, Texts, Uuids
from outcry.kernel.ids import new_id
from outcry.kernel.times import rfc3339

MAX_REPLAY_EVENTS = 500


class Event(msgspec.Struct, frozen=True):
    """Something that happened. `data` is what the wire shows; `seq` only when the channel's owner counts itself."""

    channel: str
    type: str
    data: Any
    seq: int | None = None


class StoredEvent(msgspec.Struct, frozen=True):
    """An event as it stands in the outbox; `data` is JSON text."""

    id: UUID
    channel: str
    seq: int
    type: str
    data: bytes
    at: datetime

    def frame(self) -> bytes:
        """The JSON frame every watcher gets, made once."""
        return (
            b'{"type":"' + self.type.encode() + b'","channel":"' + self.channel.encode() + b'","seq":'
            + str(self.seq).encode() + b',"id":"' + str(self.id).encode() + b'","at":"'
            + rfc3339(self.at).encode() + b'","data":' + self.data + b"}"
        )  # fmt: skip


_APPEND = """
WITH incoming AS (
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::text[], %s::json[])
        WITH ORDINALITY AS e (id, channel, seq, type, data, position)
), counted AS (
    INSERT INTO channels (channel, seq)
    SELECT channel, count(*) FROM incoming WHERE seq IS NULL GROUP BY channel ORDER BY channel
    ON CONFLICT (channel) DO UPDATE SET seq = channels.seq + excluded.seq
    RETURNING channel, seq
), numbered AS (
    SELECT i.id, i.channel, i.type, i.data,
        coalesce(i.seq, c.seq - count(*) FILTER (WHERE i.seq IS NULL) OVER (PARTITION BY i.channel)
            + row_number() OVER (PARTITION BY i.channel ORDER BY i.position)) AS seq
    FROM incoming i LEFT JOIN counted c ON c.channel = i.channel AND i.seq IS NULL
)
INSERT INTO outbox (id, channel, seq, type, data, at)
SELECT id, channel, seq, type, data, clock_timestamp() FROM numbered
RETURNING id, seq, at
"""

_MISSED = """
SELECT id, channel, seq, type, data::text, at FROM outbox
WHERE channel = %s AND seq > %s ORDER BY seq LIMIT %s
"""


async def append(connection: psycopg.AsyncConnection[TupleRow], events: Sequence[Event]) -> list[StoredEvent]:
    """Write `events` in the running transaction, in order, and return them numbered."""
    ids = [new_id() for _ in events]
    data = [msgspec.json.encode(event.data) for event in events]
    cursor = await connection.execute(
        _APPEND,
        (
            Uuids(ids),
            Texts([event.channel for event in events]),
            BigInts([event.seq for event in events]),
            Texts([event.type for event in events]),
            JsonTexts(data),
        ),
    )
    numbered = {row[0]: row for row in await cursor.fetchall()}
    return [
        StoredEvent(identity, event.channel, numbered[identity][1], event.type, encoded, numbered[identity][2])
        for identity, event, encoded in zip(ids, events, data, strict=True)
    ]


async def missed(
    connection: psycopg.AsyncConnection[TupleRow], channel: str, since: int, limit: int = MAX_REPLAY_EVENTS
) -> list[StoredEvent]:
    """Events of `channel` after `since`, oldest first, at most `limit`."""
    cursor = await connection.execute(_MISSED, (channel, since, limit))
    return [_stored(row) for row in await cursor.fetchall()]


async def last_seq(connection: psycopg.AsyncConnection[TupleRow], channel: str) -> int:
    """The last seq of a channel that `channels` counts; 0 when nothing was ever said."""
    cursor = await connection.execute("SELECT seq FROM channels WHERE channel = %s", (channel,))
    row = await cursor.fetchone()
    return row[0] if row else 0


def _stored(row: Sequence[Any]) -> StoredEvent:
    identity, channel, seq, kind, data, at = row
    return StoredEvent(identity, channel, seq, kind, data.encode(), at)
