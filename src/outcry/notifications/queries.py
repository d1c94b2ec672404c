"""Every statement of notifications. A person's row in `notification_cursors` is the lock under which theirs change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import TupleRow

from outcry.kernel.arrays import BigInts, Instants, Texts, Uuids
from outcry.kernel.times import rfc3339, to_microseconds
from outcry.notifications.rules import About, Fact, Kind, Notification, amount_of

Connection = psycopg.AsyncConnection[TupleRow]
MAX_EVENTS_AT_ONCE = 200

_COLUMNS = """
n.id, n.user_id, n.kind, n.subject, n.auction_id, n.listing_id, n.order_id, n.counter_offer_id, n.title, n.cover_id,
n.amount, n.currency, n.answer_by, n.reason, n.event_id, n.at, n.read_at
"""

_LOCK = """
SELECT user_id, seq FROM notification_cursors WHERE user_id = ANY(%s::uuid[]) ORDER BY user_id FOR UPDATE
"""

# A statement of its own after the lock: it sees all that was committed before we got it.
_EVENTS = """
SELECT k.user_id, o.seq, o.type, CASE WHEN o.type = ANY(%s::text[]) THEN o.data END, o.id, o.at
FROM unnest(%s::uuid[], %s::text[], %s::bigint[]) AS k (user_id, channel, seq)
CROSS JOIN LATERAL events_after(k.channel, k.seq, %s) AS o
ORDER BY k.user_id, o.seq
"""

_UNREAD = f"""
SELECT {_COLUMNS} FROM unnest(%s::uuid[], %s::uuid[]) AS k (user_id, subject)
JOIN notifications n ON n.user_id = k.user_id AND n.subject = k.subject AND n.read_at IS NULL
"""

_SAVE = """
INSERT INTO notifications (id, user_id, kind, subject, auction_id, listing_id, order_id, counter_offer_id, title,
    cover_id, amount, currency, answer_by, reason, event_id, at, read_at)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[],
    %s::text[], %s::uuid[], %s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::uuid[], %s::timestamptz[],
    %s::timestamptz[])
ON CONFLICT (id) DO UPDATE SET amount = excluded.amount, currency = excluded.currency,
    answer_by = excluded.answer_by, reason = excluded.reason, event_id = excluded.event_id, at = excluded.at,
    read_at = excluded.read_at
"""

# In the order of the table's key, in slices: as much work whatever the number of people.
_BEHIND = """
WITH slice AS (
    SELECT channel, seq, CASE WHEN channel ~ '^user:[0-9a-f-]{36}$' THEN substr(channel, 6)::uuid END AS user_id
    FROM channels WHERE channel > %s ORDER BY channel LIMIT %s
)
SELECT max(s.channel), array_agg(s.user_id) FILTER (WHERE s.seq > coalesce(c.seq, 0) AND s.user_id IS NOT NULL)
FROM slice s LEFT JOIN notification_cursors c ON c.user_id = s.user_id
"""


def channel_of(user_id: UUID) -> str:
    """The person's own channel."""
    return f"user:{user_id}"


async def lock_people(connection: Connection, people: Sequence[UUID]) -> dict[UUID, int]:
    """How far each person's channel has been read, their locks taken in order."""
    ordered = Uuids(sorted(set(people)))
    await connection.execute(
        "INSERT INTO notification_cursors (user_id, seq) SELECT user_id, 0 FROM unnest(%s::uuid[]) AS p (user_id)"
        " ON CONFLICT DO NOTHING",
        (ordered,),
    )
    cursor = await connection.execute(_LOCK, (ordered,))
    return {row[0]: row[1] for row in await cursor.fetchall()}


class Told(msgspec.Struct, frozen=True):
    """An event that a person was told and we have not read yet; `data` only of the types asked for."""

    user_id: UUID
    seq: int
    type: str
    data: str | None
    event_id: UUID
    at_us: int


async def events_after(connection: Connection, seqs: dict[UUID, int], types: Sequence[str]) -> list[Told]:
    """Each person's next events, in order; at most MAX_EVENTS_AT_ONCE of each."""
    people = list(seqs)
    cursor = await connection.execute(
        _EVENTS,
        (
            Texts(types),
            Uuids(people),
            Texts([channel_of(one) for one in people]),
            BigInts([seqs[one] for one in people]),
            MAX_EVENTS_AT_ONCE,
        ),
    )
    return [Told(row[0], row[1], row[2], row[3], row[4], to_microseconds(row[5])) for row in await cursor.fetchall()]


async def unread_about(connection: Connection, pairs: Sequence[tuple[UUID, UUID]]) -> list[Notification]:
    """Unread notifications of these (person, subject)."""
    cursor = await connection.execute(_UNREAD, (Uuids([one[0] for one in pairs]), Uuids([one[1] for one in pairs])))
    return [notification_of(row) for row in await cursor.fetchall()]


async def save(connection: Connection, rows: Sequence[Notification]) -> None:
    """Write new ones and what changed of old ones."""
    abouts = [row.about for row in rows]
    amounts = [amount_of(about) for about in abouts]
    await connection.execute(
        _SAVE,
        (
            Uuids([row.id for row in rows]),
            Uuids([row.user_id for row in rows]),
            Texts([row.kind.value for row in rows]),
            Uuids([row.subject for row in rows]),
            Uuids([about.auction_id for about in abouts]),
            Uuids([about.listing_id for about in abouts]),
            Uuids([about.order_id for about in abouts]),
            Uuids([about.counter_offer_id for about in abouts]),
            Texts([row.title for row in rows]),
            Uuids([row.cover_id for row in rows]),
            BigInts(amounts),
            Texts([None if amount is None else row.about.currency for row, amount in zip(rows, amounts, strict=True)]),
            Instants([_instant(about.decide_by) for about in abouts]),
            Texts([about.reason for about in abouts]),
            Uuids([row.event_id for row in rows]),
            Instants([row.at_us for row in rows]),
            Instants([row.read_at_us for row in rows]),
        ),
    )


async def move_cursors(connection: Connection, seqs: dict[UUID, int]) -> None:
    """Remember how far the channels have been read."""
    await connection.execute(
        "UPDATE notification_cursors c SET seq = u.seq FROM unnest(%s::uuid[], %s::bigint[]) AS u (user_id, seq)"
        " WHERE c.user_id = u.user_id",
        (Uuids(list(seqs)), BigInts(list(seqs.values()))),
    )


async def unread_counts(connection: Connection, people: Sequence[UUID]) -> dict[UUID, int]:
    """How many each of these people has not read; who has read all is absent."""
    cursor = await connection.execute(
        "SELECT user_id, count(*) FROM notifications WHERE user_id = ANY(%s::uuid[]) AND read_at IS NULL"
        " GROUP BY user_id",
        (Uuids(people),),
    )
    return {row[0]: row[1] for row in await cursor.fetchall()}


async def page(connection: Connection, user_id: UUID, after: tuple[int, UUID] | None, limit: int) -> list[Notification]:
    """Newest first."""
    further = "" if after is None else "AND (n.at, n.id) < ((%s::timestamptz[])[1], %s)"
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM notifications n WHERE n.user_id = %s {further}"  # type: ignore[arg-type]
        " ORDER BY n.at DESC, n.id DESC LIMIT %s",
        (user_id, *(() if after is None else (Instants([after[0]]), after[1])), limit),
    )
    return [notification_of(row) for row in await cursor.fetchall()]


async def one(connection: Connection, user_id: UUID, notification_id: UUID) -> Notification | None:
    """One of a person's own."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM notifications n WHERE n.user_id = %s AND n.id = %s",  # type: ignore[arg-type]
        (user_id, notification_id),
    )
    row = await cursor.fetchone()
    return None if row is None else notification_of(row)


async def mark_read(connection: Connection, user_id: UUID, notification_id: UUID | None) -> list[Notification]:
    """Mark one, or all, as read now; those that were not, newest first."""
    which = "" if notification_id is None else "AND n.id = %s"
    cursor = await connection.execute(
        f"UPDATE notifications n SET read_at = clock_timestamp() WHERE n.user_id = %s {which}"  # type: ignore[arg-type]
        f" AND n.read_at IS NULL RETURNING {_COLUMNS}",
        (user_id, *(() if notification_id is None else (notification_id,))),
    )
    marked = [notification_of(row) for row in await cursor.fetchall()]
    return sorted(marked, key=lambda row: (row.at_us, row.id), reverse=True)


async def behind(connection: Connection, after: str, slice_channels: int) -> tuple[list[UUID], str | None]:
    """Of the next slice of channels: whose events have not all been read, and where the slice ends (None: no more)."""
    cursor = await connection.execute(_BEHIND, (after, slice_channels))
    row = await cursor.fetchone()
    assert row is not None
    return row[1] or [], row[0]


_PRUNE = """
DELETE FROM notifications WHERE id IN (
    SELECT id FROM notifications WHERE at < clock_timestamp() - make_interval(days => %s)
        AND (%s OR read_at IS NOT NULL) LIMIT %s FOR UPDATE SKIP LOCKED
)
"""


async def prune(connection: Connection, older_days: int, limit: int, *, unread_too: bool) -> int:
    """Remove at most `limit` that are older; how many."""
    return (await connection.execute(_PRUNE, (older_days, unread_too, limit))).rowcount


def notification_of(row: Sequence[Any]) -> Notification:
    """A row of _COLUMNS."""
    (identity, user_id, kind, subject, auction_id, listing_id, order_id, counter_offer_id, title, cover_id,
     amount, currency, answer_by, reason, event_id, at, read_at) = row  # fmt: skip
    about = About(
        auction_id=auction_id,
        listing_id=listing_id,
        order_id=order_id,
        counter_offer_id=counter_offer_id,
        amount=amount,
        currency=currency,
        decide_by=None if answer_by is None else rfc3339(answer_by),
        reason=reason,
    )
    read_at_us = None if read_at is None else to_microseconds(read_at)
    return Notification(
        identity, user_id, Kind(kind), subject, about, event_id, to_microseconds(at), read_at_us, title, cover_id
    )


def fact_of(told: Told, about: About) -> Fact:
    """An event as the rules take it."""
    return Fact(told.event_id, told.type, about, told.at_us)


def _instant(text: str | None) -> int | None:
    return None if text is None else to_microseconds(datetime.fromisoformat(text))
