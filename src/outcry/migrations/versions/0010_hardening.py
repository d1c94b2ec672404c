"""Hardening: rows note their root key, a person's open links are found by an index, events are the system's alone.

`key_id` names the root key a row was made with, so that those of older keys are found and renewed. NULL is a row of
before that was noted: its sealed values tell their key, its look-up hash does not.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_APPEND_EVENTS = "append_events(text[], uuid[], text[], json[], timestamptz)"

_STATEMENTS = [
    "ALTER TABLE user_contacts ADD COLUMN key_id bytea",
    "ALTER TABLE outgoing_messages ADD COLUMN key_id bytea",
    "ALTER TABLE live_sessions ADD COLUMN key_id bytea",
    # Codes and links are never renewed, for nobody knows them; they end by themselves.
    "ALTER TABLE one_time_codes ADD COLUMN key_id bytea",
    "CREATE INDEX ix_user_contacts_key_id ON user_contacts (key_id, user_id)",
    "CREATE INDEX ix_outgoing_messages_key_id ON outgoing_messages (key_id, id)",
    "CREATE INDEX ix_live_sessions_key_id ON live_sessions (key_id, id)",
    # Only links that are still open and somebody's: phone codes name nobody, and spent ones are never asked for.
    """
    CREATE INDEX ix_one_time_codes_open_links ON one_time_codes (user_id, purpose)
    WHERE used_at IS NULL AND user_id IS NOT NULL
    """,
    # Events are read by the system for whoever may have them; no request reads the stream itself. Whoever acts may
    # append to it, in the one way that counts right.
    "ALTER TABLE outbox ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY system ON outbox USING ((SELECT app_role()) = 'system')",
    "ALTER TABLE channels ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY system ON channels USING ((SELECT app_role()) = 'system')",
    f"ALTER FUNCTION {_APPEND_EVENTS} SECURITY DEFINER SET search_path TO public, pg_temp",
    f"REVOKE EXECUTE ON FUNCTION {_APPEND_EVENTS} FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION {_APPEND_EVENTS} TO outcry_app",
]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
