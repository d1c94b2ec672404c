"""What bids tell is kept as numbers beside the history, and worded when it is read.

A batch of bids on an auction told two events: `bid_placed` to all, `outbid` to whom it put off the lead. Both say
nothing that the history and the auction's fixed terms do not say, so what is written is one narrow row for the two
instead of two texts with an index of texts each. `events_after` is how every reader asks a channel for its events,
wherever they are kept.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_STATEMENTS = [
    # What a batch did to one auction. The entries are the last `entries` up to `last_entry` of the history.
    """
    CREATE TABLE bid_events (
        auction_id uuid NOT NULL,
        seq bigint NOT NULL,
        id uuid NOT NULL,
        at timestamptz NOT NULL,
        last_entry bigint NOT NULL,
        entries integer NOT NULL,
        price bigint NOT NULL,
        leader_ordinal integer NOT NULL,
        bid_count integer NOT NULL,
        bidder_count integer NOT NULL,
        extended_count integer NOT NULL,
        reserve_met boolean NOT NULL,
        ends_at timestamptz NOT NULL,
        outbid_id uuid,
        outbid_user_id uuid,
        outbid_seq bigint,
        outbid_max bigint,
        CONSTRAINT pk_bid_events PRIMARY KEY (auction_id, seq)
    )
    """,
    "CREATE UNIQUE INDEX uq_bid_events_outbid ON bid_events (outbid_user_id, outbid_seq)"
    " WHERE outbid_user_id IS NOT NULL",
    "CREATE INDEX ix_bid_events_at ON bid_events USING brin (at)",
    "ALTER TABLE bid_events SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02)",
    "REVOKE UPDATE, TRUNCATE ON bid_events FROM outcry_app",
    "ALTER TABLE bid_events ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY system ON bid_events USING ((SELECT app_role()) = 'system')",
    # A channel's row changes with every event told there; its next version should find room on its page.
    "ALTER TABLE channels SET (fillfactor = 50)",
    """
    CREATE FUNCTION instant_text(instant timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$
    """,
    # As `rules.increment`.
    """
    CREATE FUNCTION increment_at(fixed bigint, bands json, price bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
    PARALLEL SAFE AS $$
        SELECT coalesce(fixed, (
            SELECT (band ->> 1)::bigint FROM json_array_elements(bands) WITH ORDINALITY AS b (band, place)
            WHERE band ->> 0 IS NULL OR price < (band ->> 0)::bigint ORDER BY place LIMIT 1
        ))
    $$
    """,
    # As `Book.moving_json` and the leader that all may see.
    """
    CREATE FUNCTION bid_event_moving(e bid_events, a auctions) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT jsonb_build_object(
            'current_price', e.price,
            'minimum_bid', e.price + increment_at(a.bid_increment, a.bands, e.price),
            'bid_increment', increment_at(a.bid_increment, a.bands, e.price),
            'bid_count', e.bid_count,
            'bidder_count', e.bidder_count,
            'reserve_met', CASE WHEN a.reserve_price IS NOT NULL THEN e.reserve_met END,
            'buy_now_price', CASE WHEN a.reserve_price IS NOT NULL AND NOT e.reserve_met THEN a.buy_now_price END,
            'ends_at', instant_text(e.ends_at),
            'extended_count', e.extended_count,
            'server_time', instant_text(e.at),
            'leader', jsonb_build_object('alias', 'Bidder ' || e.leader_ordinal)
        )
    $$
    """,
    # As `broadcast_bids_json`: newest first, no raise among them.
    """
    CREATE FUNCTION bid_event_bids(e bid_events) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', b.id,
            'auction_id', b.auction_id,
            'kind', b.kind,
            'amount', b.amount,
            'placed_at', instant_text(b.placed_at),
            'status', CASE WHEN b.seq = b.leading THEN 'leading' ELSE 'outbid' END,
            'bidder', jsonb_build_object('alias', 'Bidder ' || b.bidder_ordinal)
        ) ORDER BY b.seq DESC), '[]')
        FROM (
            SELECT h.*, max(h.seq) FILTER (WHERE h.bidder_ordinal = e.leader_ordinal) OVER () AS leading
            FROM bids h WHERE h.auction_id = e.auction_id AND h.kind IN ('bid', 'auto')
                AND h.seq > e.last_entry - e.entries AND h.seq <= e.last_entry
        ) AS b
    $$
    """,
    # The events of a channel after a seq, oldest first: all that any reader needs to know about where they are kept.
    """
    CREATE FUNCTION events_after(p_channel text, p_since bigint, p_limit integer)
    RETURNS TABLE (id uuid, seq bigint, type text, data text, at timestamptz)
    LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode TO force_generic_plan AS $$
    #variable_conflict use_column
    DECLARE
        subject uuid := CASE WHEN p_channel ~ '^(auction|user):[0-9a-f-]{36}$' THEN right(p_channel, 36)::uuid END;
    BEGIN
        IF p_channel LIKE 'auction:%' THEN
            RETURN QUERY
            SELECT * FROM (
                (SELECT o.id, o.seq, o.type, o.data::text, o.at FROM outbox o
                WHERE o.channel = p_channel AND o.seq > p_since ORDER BY o.seq LIMIT p_limit)
                UNION ALL
                (SELECT e.id, e.seq, 'bid_placed', (bid_event_moving(e, a)
                    || jsonb_build_object('bids', bid_event_bids(e), 'seq_from', e.seq))::text, e.at
                FROM bid_events e JOIN auctions a ON a.id = e.auction_id
                WHERE e.auction_id = subject AND e.seq > p_since ORDER BY e.seq LIMIT p_limit)
            ) AS told (id, seq, type, data, at) ORDER BY seq LIMIT p_limit;
        ELSE
            RETURN QUERY
            SELECT * FROM (
                (SELECT o.id, o.seq, o.type, o.data::text, o.at FROM outbox o
                WHERE o.channel = p_channel AND o.seq > p_since ORDER BY o.seq LIMIT p_limit)
                UNION ALL
                (SELECT e.outbid_id, e.outbid_seq, 'outbid', (bid_event_moving(e, a) || jsonb_build_object(
                    'auction_id', a.id, 'listing_id', a.listing_id, 'currency', a.currency,
                    'max_amount', e.outbid_max))::text, e.at
                FROM bid_events e JOIN auctions a ON a.id = e.auction_id
                WHERE e.outbid_user_id = subject AND e.outbid_seq > p_since AND p_channel LIKE 'user:%'
                ORDER BY e.outbid_seq LIMIT p_limit)
            ) AS told (id, seq, type, data, at) ORDER BY seq LIMIT p_limit;
        END IF;
    END $$
    """,
    # The proof of a batch that writes, asked when its auctions are updated, and so locked (`desk_sql.MOVE_AUCTIONS`):
    # all of them were as the desk knew them, those it only refused bids on are, and what `desk_guard` asks besides. A
    # key of an accepted bid is not asked for: the unique index on the history refuses it. NULL asks nothing.
    """
    CREATE FUNCTION desk_proof(
        p_moved bigint, p_expected integer, p_others uuid[], p_versions bigint[], p_now timestamptz, p_within interval,
        p_restrictions bigint, p_key_auctions uuid[], p_key_bidders uuid[], p_keys text[],
        OUT xid bigint, OUT now_us bigint
    ) LANGUAGE plpgsql AS $$
    DECLARE
        clock timestamptz := clock_timestamp();
        before bigint := coalesce(nullif(current_setting('outcry.batch', true), ''), '0')::bigint;
    BEGIN
        IF p_moved <> p_expected
            OR clock < p_now OR clock > p_now + p_within
            OR p_restrictions <> (SELECT version FROM restriction_version)
            OR (cardinality(p_others) > 0 AND EXISTS (
                SELECT FROM unnest(p_others, p_versions) AS k (id, version)
                WHERE NOT EXISTS (
                    SELECT FROM auctions a WHERE a.id = k.id AND a.xmin::text::bigint = coalesce(k.version, before)
                )
            ))
            OR (cardinality(p_keys) > 0 AND EXISTS (
                SELECT FROM unnest(p_key_auctions, p_key_bidders, p_keys) AS k (auction_id, bidder_id, key)
                JOIN bids b ON b.bidder_id = k.bidder_id AND b.auction_id = k.auction_id AND b.idempotency_key = k.key
            ))
        THEN
            RAISE EXCEPTION 'the auctions are not as the desk knew them' USING ERRCODE = 'OC001';
        END IF;
        xid := pg_current_xact_id()::xid::text::bigint;
        now_us := (extract(epoch FROM clock) * 1000000)::bigint;
        PERFORM set_config('outcry.batch', xid::text, false);
    END $$
    """,
    # Events of before an instant, wherever they are kept. How many were removed.
    """
    CREATE FUNCTION forget_events(p_before timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        texts bigint;
        numbers bigint;
    BEGIN
        DELETE FROM outbox WHERE at < p_before;
        GET DIAGNOSTICS texts = ROW_COUNT;
        DELETE FROM bid_events WHERE at < p_before;
        GET DIAGNOSTICS numbers = ROW_COUNT;
        RETURN texts + numbers;
    END $$
    """,
    # Which seqs each channel holds, wherever they are kept: what the audit counts.
    """
    CREATE VIEW channel_seqs WITH (security_invoker = true) AS
    SELECT channel, seq FROM outbox
    UNION ALL SELECT 'auction:' || auction_id, seq FROM bid_events
    UNION ALL SELECT 'user:' || outbid_user_id, outbid_seq FROM bid_events WHERE outbid_user_id IS NOT NULL
    """,
]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
