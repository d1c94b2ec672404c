"""The desk's statements: set-based, each prepared once a connection, arrays in binary."""

from outcry.auctions.book import LOAD_COLUMNS
from outcry.kernel.pipeline import Statement

BEGIN = Statement("begin", "BEGIN")
COMMIT = Statement("commit", "COMMIT")
ROLLBACK = Statement("rollback", "ROLLBACK")

# Ordered, so that any number of desks and the clock lock in one order and cannot deadlock.
LOCK = Statement(
    "lock",
    """
    SELECT a.id, a.xmin::text::bigint FROM auctions a
    WHERE a.id = ANY($1::uuid[]) ORDER BY a.id FOR NO KEY UPDATE
    """,
    rows=True,
)

# A statement of its own: it starts when the locks are held, so this is the instant of decision.
MOMENT = Statement(
    "moment",
    """
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
        pg_current_xact_id()::xid::text::bigint, (SELECT version FROM restriction_version)
    """,
    rows=True,
)

LOAD = Statement("load", f"SELECT {LOAD_COLUMNS} FROM auctions a WHERE a.id = ANY($1::uuid[])", rows=True)

KEYS = Statement(
    "keys",
    """
    SELECT k.position, b.seq, b.id, b.kind, b.amount, b.max_amount, b.offered_amount, b.offered_max,
        (extract(epoch FROM b.placed_at) * 1000000)::bigint, b.bidder_ordinal, b.voided_at IS NOT NULL
    FROM unnest($1::integer[], $2::uuid[], $3::uuid[], $4::text[]) AS k (position, auction_id, bidder_id, key)
    JOIN bids b ON b.bidder_id = k.bidder_id AND b.auction_id = k.auction_id AND b.idempotency_key = k.key
    """,
    rows=True,
)

BIDDERS = Statement(
    "bidders",
    """
    SELECT b.auction_id, b.bidder_id, b.ordinal, b.active
    FROM unnest($1::uuid[], $2::uuid[]) AS k (auction_id, bidder_id)
    JOIN auction_bidders b ON b.auction_id = k.auction_id AND b.bidder_id = k.bidder_id
    """,
    rows=True,
)

INSERT_BIDDERS = Statement(
    "insert_bidders",
    """
    INSERT INTO auction_bidders (auction_id, bidder_id, ordinal)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[])
    ON CONFLICT (auction_id, bidder_id) DO UPDATE SET active = true
    """,
)

INSERT_BIDS = Statement(
    "insert_bids",
    """
    INSERT INTO bids (auction_id, seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount,
        offered_amount, offered_max, placed_at, idempotency_key, entry_hash)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::integer[], $6::text[],
        $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::timestamptz[], $12::text[], $13::bytea[])
    """,
)

UPDATE_AUCTIONS = Statement(
    "update_auctions",
    """
    UPDATE auctions a SET current_price = u.price, leader_id = u.leader_id, leader_ordinal = u.leader_ordinal,
        leader_max = u.leader_max, reserve_met = u.reserve_met, bid_count = u.bid_count,
        bidder_count = u.bidder_count, alias_count = u.alias_count, extended_count = u.extended_count,
        entry_count = u.entry_count, ends_at = u.ends_at, chain_head = u.chain_head, seq = u.seq
    FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::integer[], $5::bigint[], $6::boolean[], $7::integer[],
        $8::integer[], $9::integer[], $10::integer[], $11::bigint[], $12::timestamptz[], $13::bytea[],
        $14::bigint[])
        AS u (id, price, leader_id, leader_ordinal, leader_max, reserve_met, bid_count, bidder_count, alias_count,
            extended_count, entry_count, ends_at, chain_head, seq)
    WHERE a.id = u.id
    """,
)

# An auction's channel counts on the auction's row, which is locked: its events need no counter of their own.
APPEND_AUCTION_EVENTS = Statement(
    "append_auction_events",
    """
    INSERT INTO outbox (channel, seq, id, type, data, at)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::json[], $6::timestamptz[])
    """,
)

APPEND_OUTBIDS = Statement(
    "append_outbids",
    "SELECT id, seq FROM append_events($1::text[], $2::uuid[], $3::text[], $4::json[], ($5::timestamptz[])[1])",
    rows=True,
)

# Nothing here is better off without its index, but a young table that was never analysed makes the planner
# think so; the desk's rate must be flat from an empty table on.
CONNECTION_OPTIONS = (
    "-c app.role=system -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off "
    "-c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan -c synchronous_commit=on"
)
