"""Every statement of auctions but the desk's own."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import TupleRow, dict_row

from outcry.auctions.book import LOAD_COLUMNS, Book
from outcry.kernel.arrays import BigInts, Booleans, Byteas, Instants, Ints, Texts, UuidInts
from outcry.kernel.database import Transaction

CLOCK_CHANNEL = "outcry_clock"
Connection = psycopg.AsyncConnection[TupleRow]

_SAVE = """
UPDATE auctions a SET status = u.status, starts_at = u.starts_at, ends_at = u.ends_at,
    first_ends_at = u.first_ends_at, decide_by = u.decide_by, current_price = u.price, leader_id = u.leader_id,
    leader_ordinal = u.leader_ordinal, leader_max = u.leader_max, reserve_met = u.reserve_met,
    bid_count = u.bid_count, bidder_count = u.bidder_count, entry_count = u.entry_count,
    chain_head = u.chain_head, seq = u.seq, winner_id = u.winner_id, final_price = u.final_price,
    cancel_reason = u.cancel_reason,
    closed_at = CASE WHEN u.status IN ('scheduled', 'live') THEN NULL
        ELSE coalesce(a.closed_at, clock_timestamp()) END
FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
    %s::bigint[], %s::uuid[], %s::integer[], %s::bigint[], %s::boolean[], %s::integer[], %s::integer[],
    %s::bigint[], %s::bytea[], %s::bigint[], %s::uuid[], %s::bigint[], %s::text[])
    AS u (id, status, starts_at, ends_at, first_ends_at, decide_by, price, leader_id, leader_ordinal, leader_max,
        reserve_met, bid_count, bidder_count, entry_count, chain_head, seq, winner_id, final_price, cancel_reason)
WHERE a.id = u.id
"""

# What a bell changes; the rest of the row stays as it is. Rows are locked first, and never waited for: one that was
# written meanwhile shows that version.
_CLOSE = """
WITH told AS (
    SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::bigint[], %s::uuid[], %s::bigint[])
        AS u (id, version, status, seq, winner_id, final_price)
), held AS MATERIALIZED (
    SELECT id, xmin::text::bigint AS version FROM auctions
    WHERE id = ANY(%s::uuid[]) AND status = 'live' AND ends_at <= clock_timestamp()
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE auctions a SET status = told.status, seq = told.seq, winner_id = told.winner_id,
    final_price = told.final_price, closed_at = clock_timestamp()
FROM told JOIN held USING (id, version) WHERE a.id = told.id
RETURNING a.id, (extract(epoch FROM a.closed_at) * 1000000)::bigint
"""

_DUE_WITHIN = """
SELECT id, xmin::text::bigint FROM auctions
WHERE status = 'live' AND ends_at <= clock_timestamp() + make_interval(secs => %s)
ORDER BY ends_at LIMIT %s
"""

_INSERT = """
INSERT INTO auctions (id, listing_id, seller_id, format, status, currency, starting_price, bid_increment, bands,
    reserve_price, buy_now_price, award, bid_security, deposit_amount, snipe_window_seconds, snipe_extension_seconds,
    snipe_limit_seconds, duration_seconds, starts_at, ends_at, first_ends_at, reserve_met, chain_head, relisted_from)
VALUES (%(id)s, %(listing_id)s, %(seller_id)s, %(format)s, 'scheduled', %(currency)s, %(starting_price)s,
    %(bid_increment)s, %(bands)s, %(reserve_price)s, %(buy_now_price)s, %(award)s, %(bid_security)s,
    %(deposit_amount)s, %(snipe_window_seconds)s, %(snipe_extension_seconds)s, %(snipe_limit_seconds)s,
    %(duration_seconds)s, %(starts_at)s, %(ends_at)s, %(ends_at)s, %(reserve_price)s::bigint IS NULL,
    %(chain_head)s, %(relisted_from)s)
"""


async def moment(connection: Connection) -> int:
    """PostgreSQL's clock, in microseconds since the epoch; ask after the locks are held."""
    cursor = await connection.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
    row = await cursor.fetchone()
    assert row is not None
    return row[0]


async def lock_books(connection: Connection, ids: Iterable[UUID | int]) -> dict[int, Book]:
    """The auctions of these ids, their rows locked in order."""
    wanted = [identity.int if isinstance(identity, UUID) else identity for identity in ids]
    return await _books(connection, "WHERE a.id = ANY(%s::uuid[]) ORDER BY a.id FOR NO KEY UPDATE", (UuidInts(wanted),))


async def read_book(connection: Connection, auction_id: UUID) -> Book | None:
    """One auction as committed, unlocked."""
    books = await _books(connection, "WHERE a.id = %s", (auction_id,))
    return books.get(auction_id.int)


async def read_books(connection: Connection, where: str, parameters: dict[str, Any]) -> list[Book]:
    """Auctions in the order `where` gives; `where` is made of this package's own text only."""
    return list((await _books(connection, where, parameters)).values())


async def _books(connection: Connection, tail: str, parameters: Any) -> dict[int, Book]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(f"SELECT {LOAD_COLUMNS} FROM auctions a {tail}", parameters)  # type: ignore[arg-type]
    books = [Book(row) for row in await cursor.fetchall()]
    return {book.id: book for book in books}


async def live_books(connection: Connection, ids: Sequence[int]) -> list[Book]:
    """Those of these auctions that are live, as committed, unlocked."""
    where = "WHERE a.id = ANY(%s::uuid[]) AND a.status = 'live'"
    return list((await _books(connection, where, (UuidInts(ids),))).values())


async def insert(connection: Connection, row: dict[str, Any]) -> None:
    """A new, scheduled auction."""
    await connection.execute(_INSERT, row)


async def save_books(connection: Connection, books: Sequence[Book]) -> None:
    """Write back whatever may have moved, of many auctions in one statement."""
    standings = [book.standing for book in books]
    await connection.execute(
        _SAVE,
        (
            UuidInts([book.id for book in books]),
            Texts([standing.status.value for standing in standings]),
            Instants([book.starts_at_us for book in books]),
            Instants([standing.ends_at_us for standing in standings]),
            Instants([standing.first_end_us for standing in standings]),
            Instants([book.decide_by_us for book in books]),
            BigInts([standing.price for standing in standings]),
            UuidInts([standing.leader_id for standing in standings]),  # type: ignore[misc]
            Ints([book.leader_ordinal for book in books]),
            BigInts([standing.leader_max for standing in standings]),
            Booleans([standing.reserve_met for standing in standings]),
            Ints([standing.bid_count for standing in standings]),
            Ints([book.bidder_count for book in books]),
            BigInts([standing.entry_count for standing in standings]),
            Byteas([book.chain_head for book in books]),
            BigInts([book.seq for book in books]),
            UuidInts([book.winner_id for book in books]),
            BigInts([book.final_price for book in books]),
            Texts([book.cancel_reason for book in books]),
        ),
    )


async def close_books(connection: Connection, books: Sequence[Book]) -> dict[int, int]:
    """Write what their bell has changed, in one statement, of those that are due and still as `Book.version` says.

    Gives when each was closed, in microseconds, by id. The others are as they were, and perhaps locked by somebody.
    """
    ids = UuidInts([book.id for book in books])
    cursor = connection.cursor(binary=True)
    await cursor.execute(
        _CLOSE,
        (
            ids,
            BigInts([book.version for book in books]),
            Texts([book.standing.status.value for book in books]),
            BigInts([book.seq for book in books]),
            UuidInts([book.winner_id for book in books]),
            BigInts([book.final_price for book in books]),
            ids,
        ),
    )
    return {row[0].int: row[1] for row in await cursor.fetchall()}


async def due_within(connection: Connection, seconds: float, limit: int) -> dict[int, int]:
    """Live auctions that end within `seconds`, the first to end first: versions by id."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(_DUE_WITHIN, (seconds, limit))
    return {row[0].int: row[1] for row in await cursor.fetchall()}


async def wake_clocks(connection: Connection) -> None:
    """Tell every clock, after commit, that something may be due earlier than it thinks."""
    await connection.execute("SELECT pg_notify(%s, '')", (CLOCK_CHANNEL,))


async def watchers(connection: Connection, auction_ids: Sequence[int], limit: int) -> list[tuple[int, int]]:
    """Who watches these auctions, as (auction, person); the first `limit` of each."""
    cursor = await connection.execute(
        """
        SELECT a.id, w.user_id FROM unnest(%s::uuid[]) AS a (id) CROSS JOIN LATERAL (
            SELECT user_id FROM auction_watches WHERE auction_id = a.id ORDER BY created_at LIMIT %s
        ) AS w
        """,
        (UuidInts(auction_ids), limit),
    )
    return [(row[0].int, row[1].int) for row in await cursor.fetchall()]


async def watch(tx: Transaction, user_id: UUID, auction_id: UUID) -> None:
    """Remember that this person watches the auction."""
    await tx.run(
        "INSERT INTO auction_watches (user_id, auction_id) VALUES (:user_id, :auction_id) ON CONFLICT DO NOTHING",
        {"user_id": user_id, "auction_id": auction_id},
    )


async def unwatch(tx: Transaction, user_id: UUID, auction_id: UUID) -> None:
    """Forget it."""
    await tx.run(
        "DELETE FROM auction_watches WHERE user_id = :user_id AND auction_id = :auction_id",
        {"user_id": user_id, "auction_id": auction_id},
    )


# Everyone sees public entries; one's own raises, maxima and seq come from `bids`, which row security narrows to
# one's own rows (to all for staff). `leads` marks the leader's newest public entry that counts.
_HISTORY = """
SELECT p.id, p.place, p.kind, p.amount, p.placed_at, p.voided_at IS NOT NULL AS voided, p.bidder_ordinal,
    o.bidder_id, o.seq, o.max_amount,
    p.voided_at IS NULL AND p.bidder_ordinal = a.leader_ordinal AND NOT EXISTS (
        SELECT FROM public_bids later WHERE later.auction_id = p.auction_id AND later.place > p.place
            AND later.bidder_ordinal = p.bidder_ordinal AND later.voided_at IS NULL) AS leads
FROM public_bids p JOIN auctions a ON a.id = p.auction_id
LEFT JOIN bids o ON o.auction_id = p.auction_id AND o.seq = p.place
WHERE p.auction_id = :auction_id AND p.place < :before
UNION ALL
SELECT b.id, b.seq, b.kind, b.amount, b.placed_at, b.voided_at IS NOT NULL, b.bidder_ordinal, b.bidder_id, b.seq,
    b.max_amount, b.voided_at IS NULL AND b.bidder_ordinal = a.leader_ordinal AND b.max_amount = a.leader_max
FROM bids b JOIN auctions a ON a.id = b.auction_id
WHERE b.auction_id = :auction_id AND b.kind = 'raise' AND b.seq < :before
ORDER BY 2 DESC LIMIT :limit
"""


async def history(tx: Transaction, auction_id: UUID, before_id: UUID | None, limit: int) -> Sequence[Any]:
    """Entries newest first, as far as the transaction's actor may see them."""
    before = 2**62
    if before_id is not None:
        place = await tx.scalar(
            "SELECT coalesce((SELECT place FROM public_bids WHERE auction_id = :auction_id AND id = :id),"
            " (SELECT seq FROM bids WHERE auction_id = :auction_id AND id = :id))",
            {"auction_id": auction_id, "id": before_id},
        )
        before = 0 if place is None else place
    return await tx.all(_HISTORY, {"auction_id": auction_id, "before": before, "limit": limit})


async def own_standing(tx: Transaction, auction_id: UUID, user_id: UUID) -> Any | None:
    """The alias number and the highest standing maximum of a bidder on an auction."""
    return await tx.first(
        """
        SELECT met.bidder_ordinal AS ordinal, (SELECT b.max_amount FROM bids b WHERE b.auction_id = :auction_id
            AND b.bidder_id = :user_id AND b.voided_at IS NULL AND b.kind <> 'retraction'
            ORDER BY b.seq DESC LIMIT 1) AS max_amount
        FROM (SELECT bidder_ordinal FROM bids WHERE auction_id = :auction_id AND bidder_id = :user_id LIMIT 1) AS met
        """,
        {"auction_id": auction_id, "user_id": user_id},
    )


async def bidders_among(tx: Transaction, auction_id: UUID, people: Sequence[UUID]) -> frozenset[UUID]:
    """Who of `people` has ever bid here."""
    rows = await tx.all(
        "SELECT k.id FROM unnest(CAST(:people AS uuid[])) AS k (id) WHERE EXISTS"
        " (SELECT FROM bids b WHERE b.bidder_id = k.id AND b.auction_id = :auction_id)",
        {"people": list(people), "auction_id": auction_id},
    )
    return frozenset(row.id for row in rows)


async def insert_counter_offer(connection: Connection, row: dict[str, Any]) -> None:
    """A counter-offer that waits for the buyer."""
    await connection.execute(
        """
        INSERT INTO counter_offers (id, auction_id, seller_id, buyer_id, amount, kind, expires_at)
        VALUES (%(id)s, %(auction_id)s, %(seller_id)s, %(buyer_id)s, %(amount)s, %(kind)s, %(expires_at)s)
        """,
        row,
    )


async def read_counter_offer(connection: Connection, offer_id: UUID) -> dict[str, Any] | None:
    """A counter-offer; its auction's lock, taken by the caller, is what serialises answers."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute("SELECT * FROM counter_offers WHERE id = %s", (offer_id,))
    return await cursor.fetchone()


async def answer_counter_offers(
    connection: Connection, auction_ids: Sequence[int], status: str
) -> list[dict[str, Any]]:
    """Close the pending counter-offers of these auctions with `status`."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "UPDATE counter_offers SET status = %s, answered_at = clock_timestamp()"
        " WHERE auction_id = ANY(%s::uuid[]) AND status = 'pending' RETURNING *",
        (status, UuidInts(auction_ids)),
    )
    return await cursor.fetchall()


def json_text(value: Any) -> str:
    """`value` as JSON for a json column."""
    return msgspec.json.encode(value).decode()
