"""A dispute may be ended by the buyer's bank: it took the money that the dispute was about."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_STATEMENTS: list[str] = [
    "ALTER TABLE disputes DROP CONSTRAINT ck_disputes_status, DROP CONSTRAINT ck_disputes_resolved",
    """
    ALTER TABLE disputes
        ADD CONSTRAINT ck_disputes_status CHECK (status IN ('open', 'resolved', 'withdrawn', 'charged_back'))
            NOT VALID,
        ADD CONSTRAINT ck_disputes_resolved CHECK (
            (status IN ('resolved', 'charged_back')) = (refund_amount IS NOT NULL)
        ) NOT VALID
    """,
    "ALTER TABLE disputes VALIDATE CONSTRAINT ck_disputes_status",
    "ALTER TABLE disputes VALIDATE CONSTRAINT ck_disputes_resolved",
    # Those that a bank left open until now: what it took last is what the order's history says.
    """
    UPDATE disputes d SET status = 'charged_back', closed_at = clock_timestamp(),
        refund_amount = least(o.refunded_amount, coalesce((
            SELECT h.amount FROM order_history h WHERE h.order_id = o.id AND h.kind = 'charged_back'
            ORDER BY h.seq DESC LIMIT 1), o.refunded_amount)),
        note = 'The buyer''s bank took the money back, so there is nothing left to decide about.'
    FROM orders o WHERE o.id = d.order_id AND d.status = 'open' AND o.status = 'refunded'
    """,
]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
