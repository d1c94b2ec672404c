"""Uploaded media and their variants."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATEMENTS: list[str] = [
    """
    CREATE TABLE media (
        id uuid NOT NULL,
        owner_id uuid NOT NULL,
        kind text NOT NULL DEFAULT 'image',
        content_type text NOT NULL,
        status text NOT NULL DEFAULT 'waiting',
        variants json,
        attached boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_media PRIMARY KEY (id),
        CONSTRAINT fk_media_owner_id FOREIGN KEY (owner_id) REFERENCES users (id),
        CONSTRAINT ck_media_kind CHECK (kind IN ('image')),
        CONSTRAINT ck_media_status CHECK (status IN ('waiting', 'ready', 'refused'))
    )
    """,
    "CREATE INDEX ix_media_owner_id ON media (owner_id)",
    "CREATE INDEX ix_media_orphans ON media (created_at) WHERE NOT attached",
    "ALTER TABLE media ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY seen ON media FOR SELECT USING (
        status = 'ready' OR (SELECT app_role()) IN ('system', 'staff') OR owner_id = (SELECT app_user_id())
    )
    """,
    """
    CREATE POLICY own ON media USING (
        (SELECT app_role()) IN ('system', 'staff') OR owner_id = (SELECT app_user_id())
    )
    """,
]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
