"""Notifications, and how far each person's events have been read into them."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_STATEMENTS: list[str] = [
    """
    CREATE TABLE notifications (
        id uuid NOT NULL,
        user_id uuid NOT NULL,
        kind text NOT NULL,
        subject uuid NOT NULL,
        auction_id uuid,
        listing_id uuid,
        order_id uuid,
        counter_offer_id uuid,
        title text,
        cover_id uuid,
        amount bigint,
        currency char(3),
        answer_by timestamptz,
        reason text,
        event_id uuid NOT NULL,
        at timestamptz NOT NULL,
        read_at timestamptz,
        CONSTRAINT pk_notifications PRIMARY KEY (id),
        CONSTRAINT uq_notifications_event_id UNIQUE (event_id),
        CONSTRAINT ck_notifications_amount CHECK (amount IS NULL OR currency IS NOT NULL)
    ) WITH (fillfactor = 80)
    """,
    "CREATE INDEX ix_notifications_user_id ON notifications (user_id, at DESC, id DESC)",
    # One unread of a kind about one thing; the count of what a person has not read comes from it too.
    """
    CREATE UNIQUE INDEX uq_notifications_unread ON notifications (user_id, subject, kind) WHERE read_at IS NULL
    """,
    "CREATE INDEX ix_notifications_at ON notifications USING brin (at)",
    # How far into a person's channel the notifications reach. Its row is the lock under which they change.
    """
    CREATE TABLE notification_cursors (
        user_id uuid NOT NULL,
        seq bigint NOT NULL,
        CONSTRAINT pk_notification_cursors PRIMARY KEY (user_id)
    ) WITH (fillfactor = 50)
    """,
    # What happened before there were notifications is not news.
    """
    INSERT INTO notification_cursors (user_id, seq)
    SELECT substr(channel, 6)::uuid, seq FROM channels WHERE channel ~ '^user:[0-9a-f-]{36}$'
    """,
    "ALTER TABLE notifications ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY own ON notifications USING (
        (SELECT app_role()) = 'system' OR user_id = (SELECT app_user_id())
    )
    """,
    "ALTER TABLE notification_cursors ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY own ON notification_cursors USING (
        (SELECT app_role()) = 'system' OR user_id = (SELECT app_user_id())
    )
    """,
]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
