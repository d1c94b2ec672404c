"""After the sale: handover codes, meetings, disputes, invoices, ratings; mail that is sent (SPEC ORD-3 to ORD-8)."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_PARTY = "(SELECT app_role()) IN ('system', 'staff') OR (SELECT app_user_id()) IN (buyer_id, seller_id)"
_SYSTEM = "(SELECT app_role()) = 'system'"


def _guarded(table: str, seen: str) -> list[str]:
    """Seen by whom `seen` lets; written by the system alone, whose services have checked."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY seen ON {table} FOR SELECT USING ({seen})",
        f"CREATE POLICY system ON {table} USING ({_SYSTEM})",
    ]


_HANDOVER = [
    # Only a keyed hash of the code is kept; the code itself is made again from the row, to prove it (ORD-3).
    """
    CREATE TABLE handover_codes (
        id uuid NOT NULL,
        order_id uuid NOT NULL,
        buyer_id uuid NOT NULL,
        code_hash bytea NOT NULL,
        issued_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        replaced_at timestamptz,
        used_at timestamptz,
        CONSTRAINT pk_handover_codes PRIMARY KEY (id),
        CONSTRAINT fk_handover_codes_order_id FOREIGN KEY (order_id) REFERENCES orders (id),
        CONSTRAINT fk_handover_codes_buyer_id FOREIGN KEY (buyer_id) REFERENCES users (id),
        CONSTRAINT ck_handover_codes_life CHECK (expires_at > issued_at)
    )
    """,
    "CREATE UNIQUE INDEX uq_handover_codes_current ON handover_codes (order_id) WHERE replaced_at IS NULL",
    "CREATE INDEX ix_handover_codes_order_id ON handover_codes (order_id)",
    "CREATE INDEX ix_handover_codes_code_hash ON handover_codes (code_hash)",
    "CREATE INDEX ix_handover_codes_buyer_id ON handover_codes (buyer_id)",
    "REVOKE DELETE, TRUNCATE ON handover_codes FROM outcry_app",
    "ALTER TABLE handover_codes ENABLE ROW LEVEL SECURITY",
    f"CREATE POLICY system ON handover_codes USING ({_SYSTEM})",
    """
    CREATE TABLE handover_attempts (
        id uuid NOT NULL,
        order_id uuid NOT NULL,
        user_id uuid NOT NULL,
        outcome text NOT NULL DEFAULT 'tried',
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_handover_attempts PRIMARY KEY (id),
        CONSTRAINT fk_handover_attempts_order_id FOREIGN KEY (order_id) REFERENCES orders (id),
        CONSTRAINT fk_handover_attempts_user_id FOREIGN KEY (user_id) REFERENCES users (id)
    )
    """,
    "CREATE INDEX ix_handover_attempts_order_id ON handover_attempts (order_id, at)",
    "CREATE INDEX ix_handover_attempts_user_id ON handover_attempts (user_id)",
    "REVOKE UPDATE, DELETE, TRUNCATE ON handover_attempts FROM outcry_app",
    "GRANT UPDATE (outcome) ON handover_attempts TO outcry_app",
    *_guarded("handover_attempts", "(SELECT app_role()) IN ('system', 'staff')"),
    """
    CREATE TABLE order_meetings (
        order_id uuid NOT NULL,
        buyer_id uuid NOT NULL,
        seller_id uuid NOT NULL,
        safe_zone_id text NOT NULL,
        place json NOT NULL,
        at timestamptz NOT NULL,
        proposed_by uuid NOT NULL,
        proposed_at timestamptz NOT NULL,
        agreed_at timestamptz,
        CONSTRAINT pk_order_meetings PRIMARY KEY (order_id),
        CONSTRAINT fk_order_meetings_order_id FOREIGN KEY (order_id) REFERENCES orders (id),
        CONSTRAINT fk_order_meetings_buyer_id FOREIGN KEY (buyer_id) REFERENCES users (id),
        CONSTRAINT fk_order_meetings_seller_id FOREIGN KEY (seller_id) REFERENCES users (id),
        CONSTRAINT ck_order_meetings_proposed_by CHECK (proposed_by IN (buyer_id, seller_id))
    )
    """,
    "CREATE INDEX ix_order_meetings_buyer_id ON order_meetings (buyer_id)",
    "CREATE INDEX ix_order_meetings_seller_id ON order_meetings (seller_id)",
    *_guarded("order_meetings", _PARTY),
]

_DISPUTES = [
    """
    CREATE TABLE disputes (
        id uuid NOT NULL,
        order_id uuid NOT NULL,
        buyer_id uuid NOT NULL,
        seller_id uuid NOT NULL,
        reason text NOT NULL,
        details text NOT NULL,
        status text NOT NULL DEFAULT 'open',
        status_before text NOT NULL,
        opened_at timestamptz NOT NULL,
        respond_by timestamptz NOT NULL,
        answered_at timestamptz,
        reminded_at timestamptz,
        closed_at timestamptz,
        resolved_by uuid,
        refund_amount bigint,
        note text,
        CONSTRAINT pk_disputes PRIMARY KEY (id),
        CONSTRAINT fk_disputes_order_id FOREIGN KEY (order_id) REFERENCES orders (id),
        CONSTRAINT fk_disputes_buyer_id FOREIGN KEY (buyer_id) REFERENCES users (id),
        CONSTRAINT fk_disputes_seller_id FOREIGN KEY (seller_id) REFERENCES users (id),
        CONSTRAINT fk_disputes_resolved_by FOREIGN KEY (resolved_by) REFERENCES users (id),
        CONSTRAINT ck_disputes_reason CHECK (reason IN ('not_received', 'not_as_described', 'damaged', 'wrong_item',
            'counterfeit', 'other')),
        CONSTRAINT ck_disputes_status CHECK (status IN ('open', 'resolved', 'withdrawn')),
        CONSTRAINT ck_disputes_closed CHECK ((status = 'open') = (closed_at IS NULL)),
        CONSTRAINT ck_disputes_resolved CHECK ((status = 'resolved') = (refund_amount IS NOT NULL)),
        CONSTRAINT ck_disputes_refund_amount CHECK (refund_amount >= 0)
    )
    """,
    # One open dispute an order, whoever asks at the same time.
    "CREATE UNIQUE INDEX uq_disputes_open ON disputes (order_id) WHERE status = 'open'",
    "CREATE INDEX ix_disputes_order_id ON disputes (order_id, id)",
    "CREATE INDEX ix_disputes_status ON disputes (status, respond_by, id)",
    "CREATE INDEX ix_disputes_buyer_id ON disputes (buyer_id)",
    "CREATE INDEX ix_disputes_seller_id ON disputes (seller_id)",
    "CREATE INDEX ix_disputes_resolved_by ON disputes (resolved_by)",
    "REVOKE DELETE, TRUNCATE ON disputes FROM outcry_app",
    *_guarded("disputes", _PARTY),
    """
    CREATE TABLE dispute_evidence (
        id uuid NOT NULL,
        dispute_id uuid NOT NULL,
        author_id uuid NOT NULL,
        author text NOT NULL,
        words text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_dispute_evidence PRIMARY KEY (id),
        CONSTRAINT fk_dispute_evidence_dispute_id FOREIGN KEY (dispute_id) REFERENCES disputes (id),
        CONSTRAINT fk_dispute_evidence_author_id FOREIGN KEY (author_id) REFERENCES users (id),
        CONSTRAINT ck_dispute_evidence_author CHECK (author IN ('buyer', 'seller', 'staff'))
    )
    """,
    "CREATE INDEX ix_dispute_evidence_dispute_id ON dispute_evidence (dispute_id, id)",
    "CREATE INDEX ix_dispute_evidence_author_id ON dispute_evidence (author_id)",
    "REVOKE UPDATE, DELETE, TRUNCATE ON dispute_evidence FROM outcry_app",
    *_guarded("dispute_evidence", "EXISTS (SELECT FROM disputes d WHERE d.id = dispute_id)"),
    """
    CREATE TABLE dispute_pictures (
        media_id uuid NOT NULL,
        evidence_id uuid NOT NULL,
        dispute_id uuid NOT NULL,
        position smallint NOT NULL,
        CONSTRAINT pk_dispute_pictures PRIMARY KEY (media_id),
        CONSTRAINT fk_dispute_pictures_media_id FOREIGN KEY (media_id) REFERENCES media (id),
        CONSTRAINT fk_dispute_pictures_evidence_id FOREIGN KEY (evidence_id) REFERENCES dispute_evidence (id),
        CONSTRAINT fk_dispute_pictures_dispute_id FOREIGN KEY (dispute_id) REFERENCES disputes (id)
    )
    """,
    "CREATE INDEX ix_dispute_pictures_evidence_id ON dispute_pictures (evidence_id)",
    "CREATE INDEX ix_dispute_pictures_dispute_id ON dispute_pictures (dispute_id)",
    "REVOKE UPDATE, DELETE, TRUNCATE ON dispute_pictures FROM outcry_app",
    *_guarded("dispute_pictures", "EXISTS (SELECT FROM disputes d WHERE d.id = dispute_id)"),
    # Evidence is its owner's, and of those who see the dispute; what is for sale is everybody's, as ever.
    "ALTER TABLE media ADD COLUMN purpose text NOT NULL DEFAULT 'listing'",
    "ALTER TABLE media ADD CONSTRAINT ck_media_purpose CHECK (purpose IN ('listing', 'evidence')) NOT VALID",
    "ALTER TABLE media VALIDATE CONSTRAINT ck_media_purpose",
    "DROP POLICY seen ON media",
    """
    CREATE POLICY seen ON media FOR SELECT USING (
        (status = 'ready' AND purpose = 'listing')
        OR (SELECT app_role()) IN ('system', 'staff') OR owner_id = (SELECT app_user_id())
        OR (purpose = 'evidence' AND EXISTS (SELECT FROM dispute_pictures p WHERE p.media_id = media.id))
    )
    """,
]

_INVOICES = [
    """
    CREATE TABLE invoice_counters (
        market text NOT NULL,
        year integer NOT NULL,
        last integer NOT NULL,
        CONSTRAINT pk_invoice_counters PRIMARY KEY (market, year),
        CONSTRAINT ck_invoice_counters_last CHECK (last > 0)
    )
    """,
    "REVOKE DELETE, TRUNCATE ON invoice_counters FROM outcry_app",
    "ALTER TABLE invoice_counters ENABLE ROW LEVEL SECURITY",
    f"CREATE POLICY system ON invoice_counters USING ({_SYSTEM})",
    # `facts` is all the document says, as it was when it was issued.
    """
    CREATE TABLE invoices (
        order_id uuid NOT NULL,
        buyer_id uuid NOT NULL,
        seller_id uuid NOT NULL,
        market text NOT NULL,
        year integer NOT NULL,
        number integer NOT NULL,
        label text NOT NULL,
        issued_at timestamptz NOT NULL,
        facts json NOT NULL,
        mailed_at timestamptz,
        CONSTRAINT pk_invoices PRIMARY KEY (order_id),
        CONSTRAINT fk_invoices_order_id FOREIGN KEY (order_id) REFERENCES orders (id),
        CONSTRAINT fk_invoices_buyer_id FOREIGN KEY (buyer_id) REFERENCES users (id),
        CONSTRAINT fk_invoices_seller_id FOREIGN KEY (seller_id) REFERENCES users (id),
        CONSTRAINT uq_invoices_number UNIQUE (market, year, number)
    )
    """,
    "CREATE INDEX ix_invoices_buyer_id ON invoices (buyer_id)",
    "CREATE INDEX ix_invoices_seller_id ON invoices (seller_id)",
    "REVOKE UPDATE, DELETE, TRUNCATE ON invoices FROM outcry_app",
    "GRANT UPDATE (mailed_at) ON invoices TO outcry_app",
    *_guarded("invoices", _PARTY),
]

_RATINGS = [
    """
    CREATE TABLE ratings (
        order_id uuid NOT NULL,
        rater_id uuid NOT NULL,
        rated_id uuid NOT NULL,
        rater text NOT NULL,
        stars smallint NOT NULL,
        comment text NOT NULL,
        created_at timestamptz NOT NULL,
        visible_at timestamptz NOT NULL,
        id uuid NOT NULL,
        CONSTRAINT pk_ratings PRIMARY KEY (order_id, rater_id),
        CONSTRAINT uq_ratings_id UNIQUE (id),
        CONSTRAINT fk_ratings_order_id FOREIGN KEY (order_id) REFERENCES orders (id),
        CONSTRAINT fk_ratings_rater_id FOREIGN KEY (rater_id) REFERENCES users (id),
        CONSTRAINT fk_ratings_rated_id FOREIGN KEY (rated_id) REFERENCES users (id),
        CONSTRAINT ck_ratings_rater CHECK (rater IN ('buyer', 'seller')),
        CONSTRAINT ck_ratings_stars CHECK (stars BETWEEN 1 AND 5),
        CONSTRAINT ck_ratings_parties CHECK (rater_id <> rated_id)
    )
    """,
    "CREATE INDEX ix_ratings_rater_id ON ratings (rater_id)",
    "CREATE INDEX ix_ratings_rated_id ON ratings (rated_id, id) INCLUDE (visible_at, stars)",
    "REVOKE UPDATE, DELETE, TRUNCATE ON ratings FROM outcry_app",
    "GRANT UPDATE (visible_at) ON ratings TO outcry_app",
    *_guarded(
        "ratings",
        "visible_at <= clock_timestamp() OR rater_id = (SELECT app_user_id())"
        " OR (SELECT app_role()) IN ('system', 'staff')",
    ),
]

_MAIL = [
    """
    ALTER TABLE outgoing_messages
        ADD COLUMN attachments json,
        ADD COLUMN tries integer NOT NULL DEFAULT 0,
        ADD COLUMN last_error text,
        ADD COLUMN sent_at timestamptz
    """,
    """
    ALTER TABLE outgoing_messages ADD CONSTRAINT ck_outgoing_messages_status
        CHECK (status IN ('queued', 'sent', 'failed')) NOT VALID
    """,
    "ALTER TABLE outgoing_messages VALIDATE CONSTRAINT ck_outgoing_messages_status",
    "CREATE INDEX ix_outgoing_messages_failed ON outgoing_messages (id) WHERE status = 'failed'",
]

_STATEMENTS = [*_HANDOVER, *_DISPUTES, *_INVOICES, *_RATINGS, *_MAIL]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
