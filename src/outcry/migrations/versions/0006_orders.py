"""Orders as records of what was agreed (SPEC ORD-1); money comes with later revisions."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATEMENTS: list[str] = [
    """
    CREATE TABLE orders (
        id uuid NOT NULL,
        listing_id uuid NOT NULL,
        auction_id uuid,
        buyer_id uuid NOT NULL,
        seller_id uuid NOT NULL,
        quantity integer NOT NULL DEFAULT 1,
        amount bigint NOT NULL,
        commission bigint NOT NULL,
        escrow_fee bigint NOT NULL,
        buyer_premium bigint NOT NULL DEFAULT 0,
        total bigint NOT NULL,
        seller_receives bigint NOT NULL,
        currency char(3) NOT NULL,
        status text NOT NULL DEFAULT 'pending_payment',
        fulfilment text,
        pay_by timestamptz NOT NULL,
        escrow_release_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_orders PRIMARY KEY (id),
        CONSTRAINT fk_orders_listing_id FOREIGN KEY (listing_id) REFERENCES listings (id),
        CONSTRAINT fk_orders_auction_id FOREIGN KEY (auction_id) REFERENCES auctions (id),
        CONSTRAINT fk_orders_buyer_id FOREIGN KEY (buyer_id) REFERENCES users (id),
        CONSTRAINT fk_orders_seller_id FOREIGN KEY (seller_id) REFERENCES users (id),
        CONSTRAINT uq_orders_auction_id UNIQUE (auction_id),
        CONSTRAINT ck_orders_status CHECK (status IN ('pending_payment', 'in_escrow', 'shipped', 'delivered',
            'completed', 'refunded', 'disputed', 'cancelled')),
        CONSTRAINT ck_orders_amount CHECK (amount > 0 AND quantity > 0 AND total >= amount)
    )
    """,
    "CREATE INDEX ix_orders_buyer_id ON orders (buyer_id, id)",
    "CREATE INDEX ix_orders_seller_id ON orders (seller_id, id)",
    "CREATE INDEX ix_orders_listing_id ON orders (listing_id)",
    "REVOKE DELETE, TRUNCATE ON orders FROM outcry_app",
    "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY party ON orders USING (
        (SELECT app_role()) IN ('system', 'staff') OR (SELECT app_user_id()) IN (buyer_id, seller_id)
    ) WITH CHECK ((SELECT app_role()) = 'system')
    """,
]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
