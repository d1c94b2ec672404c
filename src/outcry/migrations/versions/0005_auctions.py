"""Auctions, their tamper-evident history, bidders' aliases, counter-offers, watches, live sessions."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STATEMENTS: list[str] = [
    """
    CREATE TABLE auctions (
        id uuid NOT NULL,
        listing_id uuid NOT NULL,
        seller_id uuid NOT NULL,
        format text NOT NULL DEFAULT 'english',
        status text NOT NULL,
        currency char(3) NOT NULL,
        starting_price bigint NOT NULL,
        bid_increment bigint,
        bands json NOT NULL,
        reserve_price bigint,
        buy_now_price bigint,
        award text NOT NULL,
        bid_security text NOT NULL DEFAULT 'none',
        snipe_window_seconds integer NOT NULL,
        snipe_extension_seconds integer NOT NULL,
        snipe_limit_seconds integer,
        duration_seconds integer NOT NULL,
        starts_at timestamptz,
        ends_at timestamptz,
        first_ends_at timestamptz,
        decide_by timestamptz,
        closed_at timestamptz,
        ending_soon_told boolean NOT NULL DEFAULT false,
        current_price bigint,
        leader_id uuid,
        leader_ordinal integer,
        leader_max bigint NOT NULL DEFAULT 0,
        reserve_met boolean NOT NULL,
        bid_count integer NOT NULL DEFAULT 0,
        bidder_count integer NOT NULL DEFAULT 0,
        alias_count integer NOT NULL DEFAULT 0,
        extended_count integer NOT NULL DEFAULT 0,
        entry_count bigint NOT NULL DEFAULT 0,
        chain_head bytea NOT NULL,
        seq bigint NOT NULL DEFAULT 0,
        winner_id uuid,
        final_price bigint,
        cancel_reason text,
        relisted_from uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_auctions PRIMARY KEY (id),
        CONSTRAINT fk_auctions_listing_id FOREIGN KEY (listing_id) REFERENCES listings (id),
        CONSTRAINT fk_auctions_seller_id FOREIGN KEY (seller_id) REFERENCES users (id),
        CONSTRAINT ck_auctions_format CHECK (format IN ('english')),
        CONSTRAINT ck_auctions_status CHECK (status IN
            ('scheduled', 'live', 'ended', 'awaiting_decision', 'sold', 'unsold', 'cancelled')),
        CONSTRAINT ck_auctions_award CHECK (award IN ('automatic', 'seller_decides')),
        CONSTRAINT ck_auctions_bid_security CHECK (bid_security IN ('none', 'deposit', 'full_hold')),
        CONSTRAINT ck_auctions_starting_price CHECK (starting_price > 0),
        CONSTRAINT ck_auctions_bid_increment CHECK (bid_increment > 0),
        CONSTRAINT ck_auctions_reserve_price CHECK (reserve_price >= starting_price),
        CONSTRAINT ck_auctions_buy_now_price CHECK
            (buy_now_price > starting_price AND buy_now_price >= coalesce(reserve_price, 0)),
        CONSTRAINT ck_auctions_leader CHECK ((leader_id IS NULL) = (current_price IS NULL)
            AND (leader_id IS NULL OR leader_max >= current_price)),
        CONSTRAINT ck_auctions_live CHECK (status <> 'live' OR ends_at IS NOT NULL),
        CONSTRAINT ck_auctions_sold CHECK (status <> 'sold' OR (winner_id IS NOT NULL AND final_price IS NOT NULL))
    ) WITH (fillfactor = 60)
    """,
    "CREATE INDEX ix_auctions_listing_id ON auctions (listing_id)",
    "CREATE INDEX ix_auctions_seller_id ON auctions (seller_id, id)",
    "CREATE INDEX ix_auctions_due_start ON auctions (starts_at) WHERE status = 'scheduled' AND starts_at IS NOT NULL",
    "CREATE INDEX ix_auctions_due_end ON auctions (ends_at) WHERE status = 'live'",
    "CREATE INDEX ix_auctions_due_decision ON auctions (decide_by) WHERE status = 'awaiting_decision'",
    "CREATE INDEX ix_auctions_status ON auctions (status, id)",
    "CREATE INDEX ix_auctions_winner_id ON auctions (winner_id) WHERE winner_id IS NOT NULL",
    """
    CREATE TABLE bids (
        auction_id uuid NOT NULL,
        seq bigint NOT NULL,
        id uuid NOT NULL,
        bidder_id uuid NOT NULL,
        bidder_ordinal integer NOT NULL,
        kind text NOT NULL,
        amount bigint NOT NULL,
        max_amount bigint NOT NULL,
        offered_amount bigint,
        offered_max bigint,
        target_seq bigint,
        placed_at timestamptz NOT NULL,
        voided_at timestamptz,
        idempotency_key text,
        entry_hash bytea NOT NULL,
        CONSTRAINT pk_bids PRIMARY KEY (auction_id, seq),
        CONSTRAINT ck_bids_kind CHECK (kind IN ('bid', 'auto', 'raise', 'retraction')),
        CONSTRAINT ck_bids_amount CHECK (amount > 0 AND max_amount >= amount)
    )
    """,
    "CREATE UNIQUE INDEX uq_bids_key ON bids (bidder_id, auction_id, idempotency_key)",
    "CREATE INDEX ix_bids_id ON bids (id)",
    # Append-heavy: inserts alone must bring autovacuum (and its analyze) round early and often.
    "ALTER TABLE bids SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02)",
    """
    CREATE TABLE auction_bidders (
        auction_id uuid NOT NULL,
        bidder_id uuid NOT NULL,
        ordinal integer NOT NULL,
        active boolean NOT NULL DEFAULT true,
        CONSTRAINT pk_auction_bidders PRIMARY KEY (auction_id, bidder_id),
        CONSTRAINT uq_auction_bidders_ordinal UNIQUE (auction_id, ordinal)
    )
    """,
    "CREATE INDEX ix_auction_bidders_bidder_id ON auction_bidders (bidder_id, auction_id)",
    """
    CREATE TABLE counter_offers (
        id uuid NOT NULL,
        auction_id uuid NOT NULL,
        seller_id uuid NOT NULL,
        buyer_id uuid NOT NULL,
        amount bigint NOT NULL,
        status text NOT NULL DEFAULT 'pending',
        expires_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        answered_at timestamptz,
        CONSTRAINT pk_counter_offers PRIMARY KEY (id),
        CONSTRAINT fk_counter_offers_auction_id FOREIGN KEY (auction_id) REFERENCES auctions (id),
        CONSTRAINT ck_counter_offers_status CHECK (status IN ('pending', 'accepted', 'rejected', 'expired')),
        CONSTRAINT ck_counter_offers_amount CHECK (amount > 0)
    )
    """,
    "CREATE UNIQUE INDEX uq_counter_offers_pending ON counter_offers (auction_id) WHERE status = 'pending'",
    "CREATE INDEX ix_counter_offers_auction_id ON counter_offers (auction_id)",
    "CREATE INDEX ix_counter_offers_buyer_id ON counter_offers (buyer_id)",
    """
    CREATE TABLE auction_watches (
        user_id uuid NOT NULL,
        auction_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_auction_watches PRIMARY KEY (user_id, auction_id),
        CONSTRAINT fk_auction_watches_auction_id FOREIGN KEY (auction_id) REFERENCES auctions (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_auction_watches_auction_id ON auction_watches (auction_id)",
    """
    CREATE TABLE live_sessions (
        id uuid NOT NULL,
        auction_id uuid NOT NULL,
        seller_id uuid NOT NULL,
        stream_key_sealed bytea NOT NULL,
        stream_key_hash bytea NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        CONSTRAINT pk_live_sessions PRIMARY KEY (id),
        CONSTRAINT uq_live_sessions_auction_id UNIQUE (auction_id),
        CONSTRAINT uq_live_sessions_stream_key_hash UNIQUE (stream_key_hash),
        CONSTRAINT fk_live_sessions_auction_id FOREIGN KEY (auction_id) REFERENCES auctions (id)
    )
    """,
    # History is append-only for the app: a row may be voided by a retraction, never changed or removed.
    "REVOKE UPDATE, DELETE, TRUNCATE ON bids FROM outcry_app",
    "GRANT UPDATE (voided_at) ON bids TO outcry_app",
    "REVOKE DELETE, TRUNCATE ON auctions, auction_bidders, counter_offers FROM outcry_app",
    "ALTER TABLE auctions ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY seen ON auctions FOR SELECT USING (true)",
    """
    CREATE POLICY made ON auctions FOR INSERT WITH CHECK (
        (SELECT app_role()) IN ('system', 'staff') OR seller_id = (SELECT app_user_id())
    )
    """,
    "CREATE POLICY moved ON auctions FOR UPDATE USING ((SELECT app_role()) = 'system')",
    "ALTER TABLE bids ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY own ON bids FOR SELECT USING (
        (SELECT app_role()) IN ('system', 'staff') OR bidder_id = (SELECT app_user_id())
    )
    """,
    "CREATE POLICY placed ON bids FOR INSERT WITH CHECK ((SELECT app_role()) = 'system')",
    "CREATE POLICY voided ON bids FOR UPDATE USING ((SELECT app_role()) = 'system')",
    # What the public may know of the history: no bidder, no maximum, no seq, no raise (API.md "Bidding, exactly").
    # `place` sorts like seq but is of no use for counting what is hidden.
    """
    CREATE VIEW public_bids AS
    SELECT auction_id, id, seq AS place, bidder_ordinal, kind, amount, placed_at, voided_at
    FROM bids WHERE kind IN ('bid', 'auto')
    """,
    "ALTER TABLE auction_bidders ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY own ON auction_bidders USING (
        (SELECT app_role()) IN ('system', 'staff') OR bidder_id = (SELECT app_user_id())
    ) WITH CHECK ((SELECT app_role()) = 'system')
    """,
    "ALTER TABLE counter_offers ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY party ON counter_offers USING (
        (SELECT app_role()) IN ('system', 'staff') OR (SELECT app_user_id()) IN (seller_id, buyer_id)
    )
    """,
    "ALTER TABLE auction_watches ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY own ON auction_watches USING (
        (SELECT app_role()) IN ('system', 'staff') OR user_id = (SELECT app_user_id())
    )
    """,
    "ALTER TABLE live_sessions ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY own ON live_sessions USING (
        (SELECT app_role()) IN ('system', 'staff') OR seller_id = (SELECT app_user_id())
    )
    """,
]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
