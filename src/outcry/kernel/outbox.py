"""The outbox: every change appends its event in its own transaction; channels count without gaps (SPEC RT-3).

A channel's `seq` is handed out under a row lock that is held until commit: the channel's own row in `channels`,
or, for `auction:ID`, the auction's row (its owner passes the `seq`). So a reader that sees seq N can rely on all
below N being committed.
"""

from collections.abc import Sequence
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


class StoredEvent(msgspec.Struct, frozen=True, gc=False):
    """An event as it stands in the outbox, as the wire writes it: `data` is JSON, `id` and `at` are text."""

    id: str
    channel: str
    seq: int
    type: str
    data: bytes
    at: str

    def frame(self) -> bytes:
        """The JSON frame every watcher gets, made once."""
        return b'{"type":"%b","channel":"%b","seq":%d,"id":"%b","at":"%b","data":%b}' % (
            self.type.encode(),
            self.channel.encode(),
            self.seq,
            self.id.encode(),
            self.at.encode(),
            self.data,
        )


_APPEND_COUNTED = "SELECT id, seq, at FROM append_events(%s::text[], %s::uuid[], %s::text[], %s::json[], NULL)"

_APPEND_NUMBERED = """
INSERT INTO outbox (channel, seq, id, type, data)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::uuid[], %s::text[], %s::json[])
RETURNING id, seq, at
"""

# The function knows where a channel's events are kept: as texts in `outbox`, or in a domain's own form.
_MISSED = "SELECT id, %s::text, seq, type, data, at FROM events_after(%s, %s, %s)"


async def append(connection: psycopg.AsyncConnection[TupleRow], events: Sequence[Event]) -> list[StoredEvent]:
    """Write `events` in the running transaction, in order, and return them numbered."""
    prepared = [(new_id(), event, msgspec.json.encode(event.data)) for event in events]
    numbered: dict[UUID, Sequence[Any]] = {}
    for owned in (False, True):
        chosen = [item for item in prepared if (item[1].seq is not None) is owned]
        if not chosen:
            continue
        columns: list[Any] = [
            Texts([event.channel for _, event, _ in chosen]),
            Uuids([identity for identity, _, _ in chosen]),
            Texts([event.type for _, event, _ in chosen]),
            JsonTexts([data for _, _, data in chosen]),
        ]
        if owned:
            columns.insert(1, BigInts([event.seq for _, event, _ in chosen]))
        cursor = await connection.execute(_APPEND_NUMBERED if owned else _APPEND_COUNTED, columns)
        numbered.update((row[0], row) for row in await cursor.fetchall())
    return [
        StoredEvent(
            str(identity), event.channel, numbered[identity][1], event.type, data, rfc3339(numbered[identity][2])
        )
        for identity, event, data in prepared
    ]


async def missed(
    connection: psycopg.AsyncConnection[TupleRow], channel: str, since: int, limit: int = MAX_REPLAY_EVENTS
) -> list[StoredEvent]:
    """Events of `channel` after `since`, oldest first, at most `limit`."""
    cursor = await connection.execute(_MISSED, (channel, channel, since, limit))
    return [_stored(row) for row in await cursor.fetchall()]


async def last_seq(connection: psycopg.AsyncConnection[TupleRow], channel: str) -> int:
    """The last seq of a channel that `channels` counts; 0 when nothing was ever said."""
    cursor = await connection.execute("SELECT seq FROM channels WHERE channel = %s", (channel,))
    row = await cursor.fetchone()
    return row[0] if row else 0


def _stored(row: Sequence[Any]) -> StoredEvent:
    identity, channel, seq, kind, data, at = row
    return StoredEvent(str(identity), channel, seq, kind, data.encode(), rfc3339(at))
