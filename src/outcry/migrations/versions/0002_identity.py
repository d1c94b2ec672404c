"""People, credentials, sessions, consents, blocks, and the messages we send them."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OWN = "(SELECT app_role()) IN ('system', 'staff') OR {column} = (SELECT app_user_id())"


def _own(table: str, column: str = "user_id") -> list[str]:
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY own ON {table} USING ({_OWN.format(column=column)})",
    ]


_STATEMENTS: list[str] = [
    """
    CREATE TABLE users (
        id uuid NOT NULL,
        display_name text NOT NULL,
        avatar_media_id uuid,
        language text NOT NULL DEFAULT 'en',
        time_zone text NOT NULL DEFAULT 'UTC',
        suspended_at timestamptz,
        suspension_reason text,
        deleted_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_users PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE user_contacts (
        user_id uuid NOT NULL,
        kind text NOT NULL,
        value_sealed bytea NOT NULL,
        value_hash bytea NOT NULL,
        verified_at timestamptz,
        CONSTRAINT pk_user_contacts PRIMARY KEY (user_id, kind),
        CONSTRAINT fk_user_contacts_user_id FOREIGN KEY (user_id) REFERENCES users (id),
        CONSTRAINT uq_user_contacts_value UNIQUE (kind, value_hash),
        CONSTRAINT ck_user_contacts_kind CHECK (kind IN ('email', 'phone'))
    )
    """,
    """
    CREATE TABLE passwords (
        user_id uuid NOT NULL,
        hash text NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_passwords PRIMARY KEY (user_id),
        CONSTRAINT fk_passwords_user_id FOREIGN KEY (user_id) REFERENCES users (id)
    )
    """,
    """
    CREATE TABLE external_identities (
        issuer text NOT NULL,
        subject text NOT NULL,
        user_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_external_identities PRIMARY KEY (issuer, subject),
        CONSTRAINT fk_external_identities_user_id FOREIGN KEY (user_id) REFERENCES users (id)
    )
    """,
    "CREATE INDEX ix_external_identities_user_id ON external_identities (user_id)",
    """
    CREATE TABLE user_roles (
        user_id uuid NOT NULL,
        role text NOT NULL,
        granted_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_user_roles PRIMARY KEY (user_id, role),
        CONSTRAINT fk_user_roles_user_id FOREIGN KEY (user_id) REFERENCES users (id),
        CONSTRAINT ck_user_roles_role CHECK (role IN ('moderator', 'support', 'admin'))
    )
    """,
    """
    CREATE TABLE sessions (
        id uuid NOT NULL,
        user_id uuid NOT NULL,
        origin text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        used_at timestamptz NOT NULL DEFAULT now(),
        revoked_at timestamptz,
        CONSTRAINT pk_sessions PRIMARY KEY (id),
        CONSTRAINT fk_sessions_user_id FOREIGN KEY (user_id) REFERENCES users (id)
    )
    """,
    "CREATE INDEX ix_sessions_user_id ON sessions (user_id, id)",
    """
    CREATE TABLE refresh_tokens (
        token_hash bytea NOT NULL,
        session_id uuid NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        CONSTRAINT pk_refresh_tokens PRIMARY KEY (token_hash),
        CONSTRAINT fk_refresh_tokens_session_id FOREIGN KEY (session_id) REFERENCES sessions (id)
    )
    """,
    "CREATE INDEX ix_refresh_tokens_session_id ON refresh_tokens (session_id)",
    "CREATE INDEX ix_refresh_tokens_expires_at ON refresh_tokens (expires_at)",
    """
    CREATE TABLE one_time_codes (
        id uuid NOT NULL,
        purpose text NOT NULL,
        subject_hash bytea NOT NULL,
        user_id uuid,
        code_hash bytea NOT NULL,
        tries_left integer NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_one_time_codes PRIMARY KEY (id),
        CONSTRAINT ck_one_time_codes_purpose CHECK (purpose IN ('phone', 'verify_email', 'reset_password'))
    )
    """,
    "CREATE INDEX ix_one_time_codes_subject ON one_time_codes (subject_hash, purpose, created_at)",
    """
    CREATE TABLE consents (
        user_id uuid NOT NULL,
        kind text NOT NULL,
        version text NOT NULL,
        granted boolean NOT NULL,
        origin text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_consents PRIMARY KEY (user_id, kind, at),
        CONSTRAINT fk_consents_user_id FOREIGN KEY (user_id) REFERENCES users (id),
        CONSTRAINT ck_consents_kind CHECK (kind IN ('offer_agreement', 'personal_data', 'marketing'))
    )
    """,
    """
    CREATE TABLE blocks (
        blocker_id uuid NOT NULL,
        blocked_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_blocks PRIMARY KEY (blocker_id, blocked_id),
        CONSTRAINT fk_blocks_blocker_id FOREIGN KEY (blocker_id) REFERENCES users (id),
        CONSTRAINT fk_blocks_blocked_id FOREIGN KEY (blocked_id) REFERENCES users (id),
        CONSTRAINT ck_blocks_other CHECK (blocker_id <> blocked_id)
    )
    """,
    "CREATE INDEX ix_blocks_blocked_id ON blocks (blocked_id)",
    # One row, raised by whatever changes who may bid: desks keep what they know while it stands still.
    """
    CREATE TABLE restriction_version (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        version bigint NOT NULL
    )
    """,
    "INSERT INTO restriction_version (version) VALUES (1)",
    """
    CREATE TABLE outgoing_messages (
        id uuid NOT NULL,
        channel text NOT NULL,
        recipient_sealed bytea NOT NULL,
        subject text NOT NULL,
        body_sealed bytea NOT NULL,
        status text NOT NULL DEFAULT 'queued',
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_outgoing_messages PRIMARY KEY (id),
        CONSTRAINT ck_outgoing_messages_channel CHECK (channel IN ('email', 'sms', 'push'))
    )
    """,
    "REVOKE UPDATE, DELETE, TRUNCATE ON consents FROM outcry_app",
    "REVOKE DELETE, TRUNCATE ON users, sessions FROM outcry_app",
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
    # A person's page is public; contacts, sessions and the rest are in tables of their own.
    "CREATE POLICY seen ON users FOR SELECT USING (true)",
    "CREATE POLICY made ON users FOR INSERT WITH CHECK ((SELECT app_role()) = 'system')",
    f"CREATE POLICY changed ON users FOR UPDATE USING ({_OWN.format(column='id')})",
    *_own("user_contacts"),
    *_own("external_identities"),
    *_own("sessions"),
    *_own("consents"),
    *_own("blocks", "blocker_id"),
    "ALTER TABLE passwords ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY system ON passwords USING ((SELECT app_role()) = 'system')",
    "ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY system ON refresh_tokens USING ((SELECT app_role()) = 'system')",
    "ALTER TABLE one_time_codes ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY system ON one_time_codes USING ((SELECT app_role()) = 'system')",
    "ALTER TABLE user_roles ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY seen ON user_roles FOR SELECT USING (true)",
    "CREATE POLICY granted ON user_roles FOR ALL USING ((SELECT app_role()) = 'system')",
    "ALTER TABLE outgoing_messages ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY system ON outgoing_messages USING ((SELECT app_role()) = 'system')",
]


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
