"""Payments, refunds, withdrawals, payout accounts, providers' events, reconciliation; and the sandbox's own books.

Rows are written by the system for whoever may ask; their owners and staff read them. The `sandbox_` tables are another
company's books, as far as the rest is concerned: nothing refers to them and they refer to nothing.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATEMENTS: list[str] = [
    """
    CREATE TABLE payments (
        id uuid NOT NULL,
        purpose text NOT NULL,
        payer_id uuid NOT NULL,
        order_id uuid,
        amount bigint NOT NULL,
        currency char(3) NOT NULL,
        method text NOT NULL,
        provider text,
        reference text,
        checkout_url text,
        return_url text,
        description text NOT NULL DEFAULT '',
        status text NOT NULL DEFAULT 'pending',
        failure_code text,
        failure_event text,
        card_brand text,
        card_last4 text,
        refunded_amount bigint NOT NULL DEFAULT 0,
        dispute_reference text,
        dispute_status text,
        disputed_amount bigint,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        sent_at timestamptz,
        settled_at timestamptz,
        CONSTRAINT pk_payments PRIMARY KEY (id),
        CONSTRAINT fk_payments_payer_id FOREIGN KEY (payer_id) REFERENCES users (id),
        CONSTRAINT uq_payments_reference UNIQUE (provider, reference),
        CONSTRAINT ck_payments_purpose CHECK ((purpose = 'order' AND order_id IS NOT NULL)
            OR (purpose = 'top_up' AND order_id IS NULL AND method = 'card')),
        CONSTRAINT ck_payments_method CHECK ((method = 'card') = (provider IS NOT NULL)
            AND method IN ('card', 'wallet')),
        CONSTRAINT ck_payments_status CHECK (status IN ('pending', 'succeeded', 'failed', 'cancelled', 'returned')),
        CONSTRAINT ck_payments_amount CHECK (amount > 0 AND refunded_amount BETWEEN 0 AND amount),
        CONSTRAINT ck_payments_dispute CHECK (dispute_status IN ('open', 'won', 'lost'))
    )
    """,
    # One payment of an order is kept, whoever pays twice; and one at a time waits to be paid by card.
    "CREATE UNIQUE INDEX uq_payments_kept ON payments (order_id) WHERE status = 'succeeded'",
    "CREATE UNIQUE INDEX uq_payments_waiting ON payments (order_id) WHERE status = 'pending'",
    "CREATE INDEX ix_payments_order_id ON payments (order_id, id)",
    "CREATE INDEX ix_payments_payer_id ON payments (payer_id, id)",
    "CREATE INDEX ix_payments_pending ON payments (created_at) WHERE status = 'pending'",
    "CREATE INDEX ix_payments_settled_at ON payments (settled_at)",
    """
    CREATE TABLE refunds (
        id uuid NOT NULL,
        payment_id uuid NOT NULL,
        payer_id uuid NOT NULL,
        order_id uuid,
        key text NOT NULL,
        amount bigint NOT NULL,
        currency char(3) NOT NULL,
        reason text NOT NULL,
        provider text,
        reference text,
        status text NOT NULL DEFAULT 'pending',
        failure_code text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        sent_at timestamptz,
        settled_at timestamptz,
        CONSTRAINT pk_refunds PRIMARY KEY (id),
        CONSTRAINT fk_refunds_payment_id FOREIGN KEY (payment_id) REFERENCES payments (id),
        CONSTRAINT uq_refunds_key UNIQUE (key),
        CONSTRAINT uq_refunds_reference UNIQUE (provider, reference),
        CONSTRAINT ck_refunds_amount CHECK (amount > 0),
        CONSTRAINT ck_refunds_status CHECK (status IN ('pending', 'succeeded', 'failed'))
    )
    """,
    "CREATE INDEX ix_refunds_payment_id ON refunds (payment_id, id)",
    "CREATE INDEX ix_refunds_order_id ON refunds (order_id)",
    "CREATE INDEX ix_refunds_payer_id ON refunds (payer_id)",
    "CREATE INDEX ix_refunds_pending ON refunds (created_at) WHERE status = 'pending'",
    # Who got an order's money: where a chargeback that comes later is taken from.
    """
    CREATE TABLE releases (
        order_id uuid NOT NULL,
        seller_id uuid NOT NULL,
        key text NOT NULL,
        seller_receives bigint NOT NULL,
        fees bigint NOT NULL,
        tax bigint NOT NULL,
        currency char(3) NOT NULL,
        released_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_releases PRIMARY KEY (order_id),
        CONSTRAINT fk_releases_seller_id FOREIGN KEY (seller_id) REFERENCES users (id)
    )
    """,
    "CREATE INDEX ix_releases_seller_id ON releases (seller_id)",
    """
    CREATE TABLE payout_accounts (
        user_id uuid NOT NULL,
        provider text NOT NULL,
        reference text,
        status text NOT NULL DEFAULT 'pending',
        requirements text[] NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_payout_accounts PRIMARY KEY (user_id, provider),
        CONSTRAINT fk_payout_accounts_user_id FOREIGN KEY (user_id) REFERENCES users (id),
        CONSTRAINT uq_payout_accounts_reference UNIQUE (provider, reference),
        CONSTRAINT ck_payout_accounts_status CHECK (status IN ('pending', 'ready', 'restricted'))
    )
    """,
    """
    CREATE TABLE withdrawals (
        id uuid NOT NULL,
        user_id uuid NOT NULL,
        amount bigint NOT NULL,
        currency char(3) NOT NULL,
        provider text NOT NULL,
        account_reference text NOT NULL,
        reference text,
        status text NOT NULL DEFAULT 'pending',
        failure_code text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        sent_at timestamptz,
        settled_at timestamptz,
        CONSTRAINT pk_withdrawals PRIMARY KEY (id),
        CONSTRAINT fk_withdrawals_user_id FOREIGN KEY (user_id) REFERENCES users (id),
        CONSTRAINT uq_withdrawals_reference UNIQUE (provider, reference),
        CONSTRAINT ck_withdrawals_amount CHECK (amount > 0),
        CONSTRAINT ck_withdrawals_status CHECK (status IN ('pending', 'paid', 'failed'))
    )
    """,
    "CREATE INDEX ix_withdrawals_user_id ON withdrawals (user_id, id)",
    "CREATE INDEX ix_withdrawals_pending ON withdrawals (created_at) WHERE status = 'pending'",
    # Stored before anything is done with them, as they came.
    """
    CREATE TABLE provider_events (
        id uuid NOT NULL,
        provider text NOT NULL,
        event_id text NOT NULL,
        type text NOT NULL,
        reference text,
        body bytea NOT NULL,
        status text NOT NULL DEFAULT 'received',
        code text,
        attempts integer NOT NULL DEFAULT 0,
        received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        applied_at timestamptz,
        CONSTRAINT pk_provider_events PRIMARY KEY (id),
        CONSTRAINT uq_provider_events_event_id UNIQUE (provider, event_id),
        CONSTRAINT ck_provider_events_status CHECK (status IN ('received', 'waiting', 'applied', 'ignored', 'flagged'))
    )
    """,
    "CREATE INDEX ix_provider_events_open ON provider_events (id) WHERE status IN ('received', 'waiting', 'flagged')",
    """
    CREATE TABLE reconciliations (
        id uuid NOT NULL,
        provider text NOT NULL,
        since timestamptz NOT NULL,
        until timestamptz NOT NULL,
        status text NOT NULL DEFAULT 'running',
        compared integer NOT NULL DEFAULT 0,
        differing integer NOT NULL DEFAULT 0,
        asked_by uuid,
        started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        finished_at timestamptz,
        CONSTRAINT pk_reconciliations PRIMARY KEY (id),
        CONSTRAINT ck_reconciliations_status CHECK (status IN ('running', 'done', 'failed'))
    )
    """,
    """
    CREATE TABLE reconciliation_differences (
        reconciliation_id uuid NOT NULL,
        position integer NOT NULL,
        kind text NOT NULL,
        record text NOT NULL,
        subject_id uuid,
        reference text,
        ours bigint,
        theirs bigint,
        currency char(3) NOT NULL,
        detail text NOT NULL,
        CONSTRAINT pk_reconciliation_differences PRIMARY KEY (reconciliation_id, position),
        CONSTRAINT fk_reconciliation_differences_reconciliation_id FOREIGN KEY (reconciliation_id)
            REFERENCES reconciliations (id),
        CONSTRAINT ck_reconciliation_differences_kind CHECK (kind IN ('missing', 'extra', 'amount', 'state', 'stuck'))
    )
    """,
    # -- the sandbox's books ------------------------------------------------------------------------------------
    """
    CREATE TABLE sandbox_payments (
        id text NOT NULL,
        key text NOT NULL,
        request_hash bytea NOT NULL,
        subject_id uuid NOT NULL,
        amount bigint NOT NULL,
        currency char(3) NOT NULL,
        description text NOT NULL,
        return_url text,
        status text NOT NULL DEFAULT 'open',
        behaviour text,
        brand text,
        last4 text,
        failure_code text,
        refunded_amount bigint NOT NULL DEFAULT 0,
        attempts integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        paid_at timestamptz,
        CONSTRAINT pk_sandbox_payments PRIMARY KEY (id),
        CONSTRAINT uq_sandbox_payments_key UNIQUE (key),
        CONSTRAINT ck_sandbox_payments_status CHECK (status IN ('open', 'authenticating', 'paid', 'cancelled')),
        CONSTRAINT ck_sandbox_payments_amount CHECK (amount > 0 AND refunded_amount BETWEEN 0 AND amount)
    )
    """,
    "CREATE INDEX ix_sandbox_payments_created_at ON sandbox_payments (created_at)",
    """
    CREATE TABLE sandbox_refunds (
        id text NOT NULL,
        key text NOT NULL,
        request_hash bytea NOT NULL,
        subject_id uuid NOT NULL,
        payment_id text NOT NULL,
        amount bigint NOT NULL,
        currency char(3) NOT NULL,
        status text NOT NULL,
        failure_code text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_sandbox_refunds PRIMARY KEY (id),
        CONSTRAINT uq_sandbox_refunds_key UNIQUE (key),
        CONSTRAINT fk_sandbox_refunds_payment_id FOREIGN KEY (payment_id) REFERENCES sandbox_payments (id)
    )
    """,
    "CREATE INDEX ix_sandbox_refunds_payment_id ON sandbox_refunds (payment_id)",
    "CREATE INDEX ix_sandbox_refunds_created_at ON sandbox_refunds (created_at)",
    """
    CREATE TABLE sandbox_accounts (
        id text NOT NULL,
        key text NOT NULL,
        status text NOT NULL DEFAULT 'pending',
        requirements text[] NOT NULL DEFAULT '{bank_account,account_holder}',
        behaviour text,
        last4 text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_sandbox_accounts PRIMARY KEY (id),
        CONSTRAINT uq_sandbox_accounts_key UNIQUE (key)
    )
    """,
    # An onboarding page's address is good for minutes; its return address is kept here, not in the address.
    """
    CREATE TABLE sandbox_onboardings (
        id text NOT NULL,
        account_id text NOT NULL,
        return_url text NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT pk_sandbox_onboardings PRIMARY KEY (id),
        CONSTRAINT fk_sandbox_onboardings_account_id FOREIGN KEY (account_id) REFERENCES sandbox_accounts (id)
    )
    """,
    "CREATE INDEX ix_sandbox_onboardings_account_id ON sandbox_onboardings (account_id)",
    """
    CREATE TABLE sandbox_payouts (
        id text NOT NULL,
        key text NOT NULL,
        request_hash bytea NOT NULL,
        subject_id uuid NOT NULL,
        account_id text NOT NULL,
        amount bigint NOT NULL,
        currency char(3) NOT NULL,
        status text NOT NULL,
        failure_code text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_sandbox_payouts PRIMARY KEY (id),
        CONSTRAINT uq_sandbox_payouts_key UNIQUE (key),
        CONSTRAINT fk_sandbox_payouts_account_id FOREIGN KEY (account_id) REFERENCES sandbox_accounts (id)
    )
    """,
    "CREATE INDEX ix_sandbox_payouts_account_id ON sandbox_payouts (account_id)",
    "CREATE INDEX ix_sandbox_payouts_created_at ON sandbox_payouts (created_at)",
    """
    CREATE TABLE sandbox_disputes (
        id text NOT NULL,
        payment_id text NOT NULL,
        amount bigint NOT NULL,
        currency char(3) NOT NULL,
        status text NOT NULL DEFAULT 'open',
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_sandbox_disputes PRIMARY KEY (id),
        CONSTRAINT uq_sandbox_disputes_payment_id UNIQUE (payment_id),
        CONSTRAINT fk_sandbox_disputes_payment_id FOREIGN KEY (payment_id) REFERENCES sandbox_payments (id),
        CONSTRAINT ck_sandbox_disputes_status CHECK (status IN ('open', 'won', 'lost'))
    )
    """,
    "CREATE INDEX ix_sandbox_disputes_created_at ON sandbox_disputes (created_at)",
    """
    CREATE TABLE sandbox_events (
        id text NOT NULL,
        position bigint GENERATED ALWAYS AS IDENTITY,
        type text NOT NULL,
        body bytea NOT NULL,
        status text NOT NULL DEFAULT 'queued',
        attempts integer NOT NULL DEFAULT 0,
        answer_status integer,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_sandbox_events PRIMARY KEY (id),
        CONSTRAINT ck_sandbox_events_status CHECK (status IN ('queued', 'held', 'delivered'))
    )
    """,
    "CREATE INDEX ix_sandbox_events_open ON sandbox_events (position) WHERE status <> 'delivered'",
    # How the sandbox treats its webhooks, for developers and tests: one row.
    """
    CREATE TABLE sandbox_controls (
        id boolean NOT NULL DEFAULT true,
        hold boolean NOT NULL DEFAULT false,
        copies integer NOT NULL DEFAULT 1,
        broken integer NOT NULL DEFAULT 0,
        CONSTRAINT pk_sandbox_controls PRIMARY KEY (id),
        CONSTRAINT ck_sandbox_controls_one CHECK (id),
        CONSTRAINT ck_sandbox_controls_copies CHECK (copies BETWEEN 1 AND 10)
    )
    """,
    "INSERT INTO sandbox_controls DEFAULT VALUES",
]

# What happened with money is never deleted, nor is what a provider said rewritten.
_KEPT = (
    "payments", "refunds", "releases", "payout_accounts", "withdrawals", "provider_events", "reconciliations",
    "reconciliation_differences",
)  # fmt: skip
_OWNED = {"payments": "payer_id", "refunds": "payer_id", "payout_accounts": "user_id", "withdrawals": "user_id"}
_OF_STAFF = ("releases", "provider_events", "reconciliations", "reconciliation_differences")
_OF_SYSTEM = (
    "sandbox_payments", "sandbox_refunds", "sandbox_accounts", "sandbox_onboardings", "sandbox_payouts",
    "sandbox_disputes", "sandbox_events", "sandbox_controls",
)  # fmt: skip


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for table in _KEPT:
        op.execute(f"REVOKE DELETE, TRUNCATE ON {table} FROM outcry_app")
    op.execute("REVOKE UPDATE ON releases, reconciliation_differences FROM outcry_app")
    op.execute("REVOKE UPDATE ON provider_events FROM outcry_app")
    op.execute("GRANT UPDATE (status, code, attempts, applied_at) ON provider_events TO outcry_app")
    for table, owner in _OWNED.items():
        _secure(table, f"(SELECT app_role()) IN ('system', 'staff') OR {owner} = (SELECT app_user_id())")
    for table in _OF_STAFF:
        _secure(table, "(SELECT app_role()) IN ('system', 'staff')")
    for table in _OF_SYSTEM:
        _secure(table, "(SELECT app_role()) = 'system'")


def _secure(table: str, readers: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY readers ON {table} USING ({readers}) WITH CHECK ((SELECT app_role()) = 'system')")
