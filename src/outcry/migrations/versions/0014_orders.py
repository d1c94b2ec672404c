"""Orders that live: what was paid, sent and given back, their history, deadlines, strikes, second chances."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SYSTEM = "(SELECT app_role()) = 'system'"

_ORDERS = [
    """
    ALTER TABLE orders
        ADD COLUMN title text,
        ADD COLUMN cover_id uuid,
        ADD COLUMN fulfilment_options text[] NOT NULL DEFAULT '{shipping,meetup}',
        ADD COLUMN tax bigint NOT NULL DEFAULT 0,
        ADD COLUMN refunded_amount bigint NOT NULL DEFAULT 0,
        ADD COLUMN payment_method text,
        ADD COLUMN payment_provider text,
        ADD COLUMN payment_id uuid,
        ADD COLUMN shipment jsonb,
        ADD COLUMN paid_at timestamptz,
        ADD COLUMN shipped_at timestamptz,
        ADD COLUMN delivered_at timestamptz,
        ADD COLUMN completed_at timestamptz,
        ADD COLUMN cancelled_at timestamptz,
        ADD COLUMN cancel_reason text,
        ADD COLUMN remind_at timestamptz,
        ADD COLUMN deliver_by timestamptz
    """,
    """
    UPDATE orders o SET title = l.title, cover_id = l.media_ids[1], fulfilment_options = l.fulfilment
    FROM listings l WHERE l.id = o.listing_id
    """,
    "ALTER TABLE orders ALTER COLUMN title SET NOT NULL, ALTER COLUMN fulfilment_options DROP DEFAULT",
    # What was sold before it could be paid for gets its time to pay.
    """
    UPDATE orders SET pay_by = greatest(pay_by, clock_timestamp() + interval '48 hours')
    WHERE status = 'pending_payment'
    """,
    """
    ALTER TABLE orders
        ADD CONSTRAINT ck_orders_refunded_amount CHECK (refunded_amount BETWEEN 0 AND total),
        ADD CONSTRAINT ck_orders_tax CHECK (tax >= 0),
        ADD CONSTRAINT ck_orders_costs CHECK (
            total = amount + buyer_premium + tax AND amount = seller_receives + commission + escrow_fee
        ),
        ADD CONSTRAINT ck_orders_payment_method CHECK (payment_method IN ('wallet', 'card')),
        ADD CONSTRAINT ck_orders_paid CHECK (
            (paid_at IS NULL) = (status IN ('pending_payment', 'cancelled'))
            AND (paid_at IS NULL) = (payment_method IS NULL)
        ),
        ADD CONSTRAINT ck_orders_cancelled CHECK (
            (cancelled_at IS NULL) = (status <> 'cancelled') AND (cancelled_at IS NULL) = (cancel_reason IS NULL)
        ),
        ADD CONSTRAINT ck_orders_fulfilment CHECK (fulfilment IN ('shipping', 'meetup'))
    """,
    # An auction whose winner did not pay may be sold again, to the runner-up.
    "ALTER TABLE orders DROP CONSTRAINT uq_orders_auction_id",
    "CREATE UNIQUE INDEX uq_orders_auction_id ON orders (auction_id) WHERE status <> 'cancelled'",
    "CREATE INDEX ix_orders_auction_id ON orders (auction_id, id)",
    # What the clock of orders looks for.
    "CREATE INDEX ix_orders_pay_by ON orders (pay_by) WHERE status = 'pending_payment'",
    "CREATE INDEX ix_orders_remind_at ON orders (remind_at) WHERE status = 'pending_payment' AND remind_at IS NOT NULL",
    "CREATE INDEX ix_orders_deliver_by ON orders (deliver_by) WHERE status = 'shipped'",
    "CREATE INDEX ix_orders_escrow_release_at ON orders (escrow_release_at) WHERE status = 'delivered'",
    # Staff look at orders by where they stand.
    "CREATE INDEX ix_orders_status ON orders (status, id)",
    "ALTER TABLE orders SET (fillfactor = 70)",
]

_HISTORY = [
    """
    CREATE TABLE order_history (
        order_id uuid NOT NULL,
        seq integer NOT NULL,
        kind text NOT NULL,
        status text NOT NULL,
        at timestamptz NOT NULL,
        by text NOT NULL,
        by_id uuid,
        amount bigint,
        note text,
        CONSTRAINT pk_order_history PRIMARY KEY (order_id, seq),
        CONSTRAINT fk_order_history_order_id FOREIGN KEY (order_id) REFERENCES orders (id),
        CONSTRAINT ck_order_history_by CHECK (by IN ('buyer', 'seller', 'staff', 'system'))
    )
    """,
    # Of before there was a history, only the beginning is known.
    """
    INSERT INTO order_history (order_id, seq, kind, status, at, by, amount)
    SELECT id, 1, 'ordered', 'pending_payment', created_at,
        CASE WHEN auction_id IS NULL THEN 'buyer' ELSE 'system' END, total
    FROM orders
    """,
    "REVOKE UPDATE, DELETE, TRUNCATE ON order_history FROM outcry_app",
    "ALTER TABLE order_history ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY seen ON order_history FOR SELECT USING (EXISTS (SELECT FROM orders o WHERE o.id = order_id))",
    f"CREATE POLICY written ON order_history FOR INSERT WITH CHECK ({_SYSTEM})",
]

_STRIKES = [
    """
    CREATE TABLE strikes (
        id uuid NOT NULL,
        user_id uuid NOT NULL,
        reason text NOT NULL,
        order_id uuid NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_strikes PRIMARY KEY (id),
        CONSTRAINT fk_strikes_user_id FOREIGN KEY (user_id) REFERENCES users (id),
        CONSTRAINT fk_strikes_order_id FOREIGN KEY (order_id) REFERENCES orders (id),
        CONSTRAINT uq_strikes_order_id UNIQUE (order_id, reason),
        CONSTRAINT ck_strikes_reason CHECK (reason IN ('not_paid'))
    )
    """,
    "CREATE INDEX ix_strikes_user_id ON strikes (user_id, id)",
    "REVOKE UPDATE, DELETE, TRUNCATE ON strikes FROM outcry_app",
    "ALTER TABLE strikes ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY seen ON strikes FOR SELECT USING (
        (SELECT app_role()) IN ('system', 'staff') OR user_id = (SELECT app_user_id())
    )
    """,
    f"CREATE POLICY given ON strikes FOR INSERT WITH CHECK ({_SYSTEM})",
]

_SECOND_CHANCES = [
    "ALTER TABLE counter_offers ADD COLUMN kind text NOT NULL DEFAULT 'counter'",
    """
    ALTER TABLE counter_offers ADD CONSTRAINT ck_counter_offers_kind CHECK (kind IN ('counter', 'second_chance'))
    NOT VALID
    """,
    "ALTER TABLE counter_offers VALIDATE CONSTRAINT ck_counter_offers_kind",
]

_STATEMENTS = [*_ORDERS, *_HISTORY, *_STRIKES, *_SECOND_CHANCES]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
