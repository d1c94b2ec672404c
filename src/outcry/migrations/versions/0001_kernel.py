"""The app's role, who-acts functions for row security, the outbox, remembered answers."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_STATEMENTS = [
    """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'outcry_app') THEN
            CREATE ROLE outcry_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$
    """,
    "DO $$ BEGIN EXECUTE format('GRANT outcry_app TO %I', current_user); END $$",
    "GRANT USAGE ON SCHEMA public TO outcry_app",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO outcry_app",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO outcry_app",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO outcry_app",
    # Used in policies as (SELECT app_role()): evaluated once a statement, not once a row.
    """
    CREATE FUNCTION app_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT nullif(current_setting('app.user_id', true), '')::uuid $$
    """,
    """
    CREATE FUNCTION app_role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT coalesce(nullif(current_setting('app.role', true), ''), 'public') $$
    """,
    "CREATE TABLE channels (channel text CONSTRAINT pk_channels PRIMARY KEY, seq bigint NOT NULL)",
    """
    CREATE TABLE outbox (
        channel text NOT NULL,
        seq bigint NOT NULL,
        id uuid NOT NULL,
        type text NOT NULL,
        data json NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_outbox PRIMARY KEY (channel, seq)
    )
    """,
    "CREATE INDEX ix_outbox_at ON outbox USING brin (at)",
    # The one writer of events whose channel is counted in `channels`. A function with settings of its own: callers
    # that forbid hash joins (the desk) would otherwise pay a quadratic join here.
    """
    CREATE FUNCTION append_events(p_channels text[], p_ids uuid[], p_types text[], p_data json[], p_at timestamptz)
    RETURNS TABLE (id uuid, seq bigint, at timestamptz)
    LANGUAGE plpgsql SET enable_hashjoin TO on SET enable_nestloop TO off AS $$
    #variable_conflict use_column
    BEGIN
        RETURN QUERY
        WITH incoming AS (
            SELECT * FROM unnest(p_channels, p_ids, p_types, p_data)
                WITH ORDINALITY AS e (channel, id, type, data, position)
        ), counted AS (
            INSERT INTO channels (channel, seq)
            SELECT channel, count(*) FROM incoming GROUP BY channel ORDER BY channel
            ON CONFLICT (channel) DO UPDATE SET seq = channels.seq + excluded.seq
            RETURNING channel, seq
        )
        INSERT INTO outbox (channel, seq, id, type, data, at)
        SELECT i.channel, c.seq + 1 - row_number() OVER (PARTITION BY i.channel ORDER BY i.position DESC),
            i.id, i.type, i.data, coalesce(p_at, clock_timestamp())
        FROM incoming i JOIN counted c USING (channel)
        RETURNING id, seq, at;
    END $$
    """,
    """
    CREATE TABLE idempotency_keys (
        user_id uuid NOT NULL,
        scope text NOT NULL,
        key text NOT NULL,
        request_hash bytea NOT NULL,
        status integer,
        response bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_idempotency_keys PRIMARY KEY (user_id, scope, key)
    )
    """,
    "CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at)",
    "ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY own ON idempotency_keys USING (
        (SELECT app_role()) = 'system' OR user_id = (SELECT app_user_id())
    )
    """,
]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
