"""The desk's statements: set-based, each prepared once a connection, arrays in binary."""

from outcry.auctions.book import LOAD_COLUMNS

# Ordered, so that any number of desks and the clock lock in one order and cannot deadlock.
LOCK = """
SELECT a.id, a.xmin::text::bigint FROM auctions a
WHERE a.id = ANY(%s::uuid[]) ORDER BY a.id FOR NO KEY UPDATE
"""

# A statement of its own: it starts when the locks are held, so this is the instant of decision.
MOMENT = """
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    pg_current_xact_id()::xid::text::bigint, (SELECT version FROM restriction_version)
"""

LOAD = f"SELECT {LOAD_COLUMNS} FROM auctions a WHERE a.id = ANY(%s::uuid[])"

KEYS = """
SELECT k.position, b.seq, b.id, b.kind, b.amount, b.max_amount, b.offered_amount, b.offered_max,
    (extract(epoch FROM b.placed_at) * 1000000)::bigint, b.bidder_ordinal, b.voided_at IS NOT NULL
FROM unnest(%s::integer[], %s::uuid[], %s::uuid[], %s::text[]) AS k (position, auction_id, bidder_id, key)
JOIN bids b ON b.bidder_id = k.bidder_id AND b.auction_id = k.auction_id AND b.idempotency_key = k.key
"""

BIDDERS = """
SELECT b.auction_id, b.bidder_id, b.ordinal, b.active
FROM unnest(%s::uuid[], %s::uuid[]) AS k (auction_id, bidder_id)
JOIN auction_bidders b ON b.auction_id = k.auction_id AND b.bidder_id = k.bidder_id
"""

INSERT_BIDDERS = """
INSERT INTO auction_bidders (auction_id, bidder_id, ordinal)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::integer[])
ON CONFLICT (auction_id, bidder_id) DO UPDATE SET active = true
"""

INSERT_BIDS = """
INSERT INTO bids (auction_id, seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount,
    offered_amount, offered_max, placed_at, idempotency_key, entry_hash)
SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::uuid[], %s::integer[], %s::text[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[], %s::bytea[])
"""

UPDATE_AUCTIONS = """
UPDATE auctions a SET current_price = u.price, leader_id = u.leader_id, leader_ordinal = u.leader_ordinal,
    leader_max = u.leader_max, reserve_met = u.reserve_met, bid_count = u.bid_count,
    bidder_count = u.bidder_count, alias_count = u.alias_count, extended_count = u.extended_count,
    entry_count = u.entry_count, ends_at = u.ends_at, chain_head = u.chain_head, seq = u.seq
FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::integer[], %s::bigint[], %s::boolean[], %s::integer[],
    %s::integer[], %s::integer[], %s::integer[], %s::bigint[], %s::timestamptz[], %s::bytea[], %s::bigint[])
    AS u (id, price, leader_id, leader_ordinal, leader_max, reserve_met, bid_count, bidder_count, alias_count,
        extended_count, entry_count, ends_at, chain_head, seq)
WHERE a.id = u.id
"""

# Nothing here is better off without its index, but a young table that was never analysed makes the planner
# think so; the desk's rate must be flat from an empty table on.
CONNECTION_OPTIONS = (
    "-c app.role=system -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off "
    "-c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan -c synchronous_commit=on"
)
