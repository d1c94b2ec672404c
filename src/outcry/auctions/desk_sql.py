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

# A statement of its own, so that the time is that of when it starts. Restrictions are read after their version.
HEAR = Statement(
    "hear",
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, (SELECT version FROM restriction_version)",
    rows=True,
)

# Takes the place of LOCK, HEAR and KEYS for a batch decided from memory that refuses every bid; see the function.
GUARD = Statement(
    "guard",
    """
    SELECT xid, now_us FROM desk_guard(false, $1::uuid[], $2::bigint[], ($3::timestamptz[])[1],
        make_interval(secs => ($4::integer[])[1]), ($5::bigint[])[1], $6::uuid[], $7::uuid[], $8::text[])
    """,
    rows=True,
)
STALE = "OC001"

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

# Everyone who has bid on these auctions, each once: what a desk must know to tell a newcomer.
ALL_BIDDERS = Statement(
    "all_bidders",
    """
    SELECT b.auction_id, b.bidder_id, min(b.bidder_ordinal),
        bool_or(b.voided_at IS NULL AND b.kind IN ('bid', 'raise'))
    FROM bids b WHERE b.auction_id = ANY($1::uuid[]) GROUP BY b.auction_id, b.bidder_id
    """,
    rows=True,
)

# Who has bid where before, under which alias, and whether any of those bids still stands: the history itself says.
BIDDERS = Statement(
    "bidders",
    """
    SELECT k.auction_id, k.bidder_id, met.bidder_ordinal, EXISTS (
        SELECT FROM bids s WHERE s.bidder_id = k.bidder_id AND s.auction_id = k.auction_id
            AND s.voided_at IS NULL AND s.kind IN ('bid', 'raise'))
    FROM unnest($1::uuid[], $2::uuid[]) AS k (auction_id, bidder_id)
    CROSS JOIN LATERAL (
        SELECT b.bidder_ordinal FROM bids b WHERE b.bidder_id = k.bidder_id AND b.auction_id = k.auction_id LIMIT 1
    ) AS met
    """,
    rows=True,
)

INSERT_BIDS = Statement(
    "insert_bids",
    """
    INSERT INTO bids (auction_id, seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount,
        offered_amount, offered_max, placed_at, idempotency_key, entry_hash)
    SELECT n.auction_id, n.seq, n.id, n.bidder_id, n.ordinal, n.kind, n.amount, n.max_amount,
        n.offered_amount, n.offered_max, ($13::timestamptz[])[1], n.key, n.hash
    FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::integer[], $6::text[],
        $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bytea[])
        AS n (auction_id, seq, id, bidder_id, ordinal, kind, amount, max_amount, offered_amount, offered_max, key, hash)
    """,
)

# Everything a batch does to its auctions, in one statement and in this order: they are locked and moved, if each is the
# version that was decided on (NULL: as the batch before on this connection left it), in the order of their ids, as
# everyone locks them; people's channels count; what is told is written from the same arrays (migration 0011); and the
# proof is made, which fails unless all were moved and all else is as the desk thought.
#
# An auction's channel counts on the auction's row, so `event_seq` comes along; NULL where nothing shows. A person's
# channel counts itself in `channels`: `place` names it among the sorted ones counted here ($1, with $2 events each),
# and `back` how many events of that channel come after this one.
_MOVE_AUCTIONS = """
    WITH moved AS (
        UPDATE auctions a SET current_price = u.price, leader_id = u.leader_id, leader_ordinal = u.leader_ordinal,
            leader_max = u.leader_max, reserve_met = u.reserve_met, bid_count = u.bid_count,
            bidder_count = u.bidder_count, alias_count = u.alias_count, extended_count = u.extended_count,
            entry_count = u.entry_count, ends_at = u.ends_at, chain_head = u.chain_head, seq = u.seq
        FROM unnest($4::uuid[], $5::bigint[], $6::uuid[], $7::integer[], $8::bigint[], $9::boolean[],
            $10::integer[], $11::integer[], $12::integer[], $13::integer[], $14::bigint[], $15::timestamptz[],
            $16::bytea[], $17::bigint[], $18::bigint[], $19::uuid[], $20::integer[], $21::uuid[], $22::uuid[],
            $23::bigint[], $24::integer[], $25::integer[], $26::bigint[])
            AS u (id, price, leader_id, leader_ordinal, leader_max, reserve_met, bid_count, bidder_count,
                alias_count, extended_count, entry_count, ends_at, chain_head, seq, event_seq, event_id, entries,
                outbid_id, outbid_user_id, outbid_max, place, back, version)
        WHERE a.id = u.id AND a.xmin::text::bigint = coalesce(u.version,
            (SELECT coalesce(nullif(current_setting('outcry.batch', true), ''), '0')::bigint))
        RETURNING u.id, u.event_seq, u.event_id, u.entry_count, u.entries, u.price, u.leader_ordinal, u.bid_count,
            u.bidder_count, u.extended_count, u.reserve_met, u.ends_at, u.outbid_id, u.outbid_user_id, u.outbid_max,
            u.place, u.back
    ),{binding} counted AS (
        INSERT INTO channels (channel, seq) SELECT * FROM unnest($1::text[], $2::bigint[])
        WHERE (SELECT count(*) FROM moved) = cardinality($4){after_binding}
        ON CONFLICT (channel) DO UPDATE SET seq = channels.seq + excluded.seq
        RETURNING seq
    ), counts AS (SELECT array_agg(seq) AS seqs FROM counted), told AS (
        INSERT INTO bid_events (auction_id, seq, id, at, last_entry, entries, price, leader_ordinal, bid_count,
            bidder_count, extended_count, reserve_met, ends_at, outbid_id, outbid_user_id, outbid_seq, outbid_max)
        SELECT m.id, m.event_seq, m.event_id, ($3::timestamptz[])[1], m.entry_count, m.entries, m.price,
            m.leader_ordinal, m.bid_count, m.bidder_count, m.extended_count, m.reserve_met, m.ends_at, m.outbid_id,
            m.outbid_user_id, (SELECT seqs FROM counts)[m.place] - m.back, m.outbid_max
        FROM moved m WHERE m.event_seq IS NOT NULL
    )
    SELECT p.xid, p.now_us, (SELECT seqs FROM counts)
    FROM desk_proof((SELECT count(*) FROM moved){unless_bound}, cardinality($4), $27::uuid[], $28::bigint[],
        ($3::timestamptz[])[1], make_interval(secs => ($29::integer[])[1]), ($30::bigint[])[1], $31::uuid[],
        $32::uuid[], $33::text[]) AS p
    """
MOVE_AUCTIONS = Statement(
    "move_auctions", _MOVE_AUCTIONS.format(binding="", after_binding="", unless_bound=""), rows=True
)

# With holds to be moved: once the auctions are, and so locked, and before people's channels are counted, as everywhere.
MOVE_SECURED = Statement(
    "move_secured",
    _MOVE_AUCTIONS.format(
        binding="""
    bound AS MATERIALIZED (
        SELECT ledger_bind($34::uuid[], $35::integer[], $36::uuid[], $37::bigint[], $38::bigint[], $39::integer[],
            'bid', $40::uuid[], $41::text[], $42::bigint[], $43::uuid[])
        WHERE (SELECT count(*) FROM moved) = cardinality($4)
    ),""",
        after_binding=" AND (SELECT count(*) FROM bound) = 1",
        # Also has it done where nobody's channel counts.
        unless_bound=" + (SELECT count(*) FROM bound) - 1",
    ),
    rows=True,
)

# Ends that a batch moved: rare enough to be written as texts.
APPEND_EXTENSIONS = Statement(
    "append_extensions",
    """
    INSERT INTO outbox (channel, seq, id, type, data, at)
    SELECT e.channel, e.seq, e.id, 'auction_extended', e.data, ($1::timestamptz[])[1]
    FROM unnest($2::text[], $3::bigint[], $4::uuid[], $5::json[]) AS e (channel, seq, id, data)
    """,
)

# Nothing here is better off without its index, but a young table that was never analysed makes the planner
# think so; the desk's rate must be flat from an empty table on.
CONNECTION_OPTIONS = (
    "-c app.role=system -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off "
    "-c enable_bitmapscan=off -c enable_memoize=off -c plan_cache_mode=force_generic_plan -c synchronous_commit=on"
)
