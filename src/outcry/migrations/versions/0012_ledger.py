"""The ledger: accounts, transfers, entries, holds; written by these functions alone (SPEC MON-1).

The app's role may read what row security shows it and call `ledger_post`, `ledger_move_holds`, `ledger_capture_hold`
and `ledger_lock`, as the system only. It may write none of the tables. Functions open missing accounts and lock all
by id, then write set-based. Plans must stay index plans on a young table too: look-ups are
`LATERAL ... LIMIT 1` or `= ANY`, updates find their values by `width_bucket` in sorted arrays, nothing is joined.

Refusals: OL001 a balance would fall below zero (DETAIL: currency), OL002 a key with other legs (DETAIL: key),
OL003 malformed, OL004 there is a hold already, OL005 no such hold, OL006 more than is held.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_DEFINER = (
    "SECURITY DEFINER SET search_path TO public, pg_temp"
    " SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off"
)

_TABLES: list[str] = [
    """
    CREATE TABLE ledger_accounts (
        id uuid NOT NULL,
        kind text NOT NULL,
        owner_id uuid NOT NULL,
        currency char(3) NOT NULL,
        balance bigint NOT NULL DEFAULT 0,
        entry_count bigint NOT NULL DEFAULT 0,
        opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_ledger_accounts PRIMARY KEY (id),
        CONSTRAINT ck_ledger_accounts_kind CHECK (kind IN ('available', 'held', 'escrow', 'fees', 'tax', 'losses',
            'clearing', 'outgoing', 'grants', 'gas', 'gas_issued')),
        CONSTRAINT ck_ledger_accounts_currency CHECK
            (currency ~ '^[A-Z]{3}$' AND (currency = 'GAS') = (kind IN ('gas', 'gas_issued'))),
        CONSTRAINT ck_ledger_accounts_balance CHECK
            (balance >= 0 OR kind IN ('losses', 'clearing', 'grants', 'gas_issued'))
    ) WITH (fillfactor = 70)
    """,
    # Not unique: the id says the same three things, and a second unique index would refuse, now and then, two who open
    # one account at the same moment, for only one index can be what ON CONFLICT waits at.
    "CREATE INDEX ix_ledger_accounts_owner_id ON ledger_accounts (owner_id, kind, currency)",
    "CREATE INDEX ix_ledger_accounts_kind ON ledger_accounts (kind, currency, id)",
    """
    CREATE TABLE ledger_transfers (
        id uuid NOT NULL,
        key text NOT NULL,
        kind text NOT NULL,
        subject_id uuid,
        at timestamptz NOT NULL,
        CONSTRAINT pk_ledger_transfers PRIMARY KEY (id),
        CONSTRAINT uq_ledger_transfers_key UNIQUE (key),
        CONSTRAINT ck_ledger_transfers_key CHECK (length(key) BETWEEN 1 AND 255),
        CONSTRAINT ck_ledger_transfers_kind CHECK (kind ~ '^[a-z][a-z0-9_]{0,39}$')
    )
    """,
    "CREATE INDEX ix_ledger_transfers_subject_id ON ledger_transfers (subject_id, id) WHERE subject_id IS NOT NULL",
    # No foreign keys: the one writer has both rows in its hands, and the audit looks.
    """
    CREATE TABLE ledger_entries (
        account_id uuid NOT NULL,
        seq bigint NOT NULL,
        transfer_id uuid NOT NULL,
        amount bigint NOT NULL,
        balance_after bigint NOT NULL,
        CONSTRAINT pk_ledger_entries PRIMARY KEY (account_id, seq),
        CONSTRAINT uq_ledger_entries_transfer UNIQUE (transfer_id, account_id),
        CONSTRAINT ck_ledger_entries_amount CHECK (amount <> 0)
    )
    """,
    # One row for each (subject, person) there ever was; it is changed in place, so no index is on what changes.
    """
    CREATE TABLE ledger_holds (
        subject_id uuid NOT NULL,
        user_id uuid NOT NULL,
        id uuid NOT NULL,
        currency char(3) NOT NULL,
        amount bigint NOT NULL,
        captured_amount bigint NOT NULL DEFAULT 0,
        purpose text NOT NULL,
        status text NOT NULL DEFAULT 'active',
        change_count integer NOT NULL DEFAULT 1,
        placed_at timestamptz NOT NULL,
        ended_at timestamptz,
        CONSTRAINT pk_ledger_holds PRIMARY KEY (subject_id, user_id),
        CONSTRAINT ck_ledger_holds_status CHECK (status IN ('active', 'released', 'captured')
            AND (status = 'active') = (amount > 0) AND (status = 'active') = (ended_at IS NULL)),
        CONSTRAINT ck_ledger_holds_amount CHECK (amount >= 0 AND captured_amount >= 0)
    ) WITH (fillfactor = 60)
    """,
    "CREATE INDEX ix_ledger_holds_user_id ON ledger_holds (user_id)",
    *(
        f"ALTER TABLE {table} SET (autovacuum_vacuum_insert_scale_factor = 0.05,"
        " autovacuum_analyze_scale_factor = 0.02)"
        for table in ("ledger_transfers", "ledger_entries")
    ),
]

_FUNCTIONS: list[str] = [
    # Internal: locks the accounts by id, so that no two calls can wait for each other. Missing ones are opened first,
    # in the same order and while nothing is locked: whoever holds a lock waits for no account that is being opened.
    # The arrays stand in the order of the ids and name each account once.
    """
    CREATE FUNCTION ledger_locked(p_ids uuid[], p_kinds text[], p_owners uuid[], p_currencies text[],
        OUT balances bigint[], OUT counts bigint[])
    LANGUAGE plpgsql AS $$
    DECLARE
        v_ids uuid[];
        v_same boolean;
    BEGIN
        IF (SELECT app_role()) <> 'system' THEN
            RAISE EXCEPTION 'only the system moves money' USING ERRCODE = '42501';
        END IF;
        IF (SELECT count(*) FROM ledger_accounts WHERE id = ANY (p_ids)) < cardinality(p_ids) THEN
            INSERT INTO ledger_accounts (id, kind, owner_id, currency)
            SELECT * FROM unnest(p_ids, p_kinds, p_owners, p_currencies) AS n (id, kind, owner_id, currency)
            ORDER BY n.id
            ON CONFLICT DO NOTHING;
        END IF;
        -- Aggregated as they come, by id; that they came so is checked below.
        SELECT array_agg(l.id), array_agg(l.balance), array_agg(l.entry_count),
            array_agg(l.kind) = p_kinds AND array_agg(l.owner_id) = p_owners
            AND array_agg(l.currency::text) = p_currencies
        INTO v_ids, balances, counts, v_same
        FROM (SELECT * FROM ledger_accounts WHERE id = ANY (p_ids) ORDER BY id FOR NO KEY UPDATE) l;
        IF v_ids IS DISTINCT FROM p_ids OR NOT v_same THEN
            RAISE EXCEPTION 'the accounts are not named once each, by id, as they are' USING ERRCODE = 'OL003';
        END IF;
    END $$
    """,
    # Internal: checks and writes transfers over accounts that are locked. Legs point into the arrays of accounts and
    # of transfers, from 1.
    """
    CREATE FUNCTION ledger_written(p_ids uuid[], p_kinds text[], p_currencies text[],
        p_balances bigint[], p_counts bigint[],
        p_transfer_ids uuid[], p_keys text[], p_transfer_kinds text[], p_subjects uuid[],
        p_leg_transfers integer[], p_leg_accounts integer[], p_amounts bigint[])
    RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        v_at timestamptz := clock_timestamp();
        v_currency integer[];
        v_may_owe boolean[];
        v_legs bigint;
        v_short integer;
        v_written bigint;
    BEGIN
        SELECT array_agg(k IN ('losses', 'clearing', 'grants', 'gas_issued')) INTO v_may_owe FROM unnest(p_kinds) k;
        IF p_currencies[1] = ALL (p_currencies) THEN
            v_currency := array_fill(1, ARRAY[cardinality(p_currencies)]);
        ELSE
            SELECT array_agg(c.rank ORDER BY c.place) INTO v_currency
            FROM (SELECT a.place, (dense_rank() OVER (ORDER BY a.currency))::integer AS rank
                FROM unnest(p_currencies) WITH ORDINALITY AS a (currency, place)) c;
        END IF;
        SELECT count(*) INTO v_legs FROM unnest(p_leg_transfers, p_leg_accounts, p_amounts) AS l (t, a, amount)
        WHERE t BETWEEN 1 AND cardinality(p_transfer_ids) AND a BETWEEN 1 AND cardinality(p_ids)
            AND amount <> 0 AND amount BETWEEN -1000000000000000 AND 1000000000000000;
        IF v_legs <> cardinality(p_amounts) OR v_legs <> cardinality(p_leg_transfers)
            OR (SELECT count(DISTINCT t) FROM unnest(p_leg_transfers) AS l (t)) <> cardinality(p_transfer_ids)
            OR cardinality(p_keys) <> cardinality(p_transfer_ids)
            OR EXISTS (SELECT FROM unnest(p_leg_transfers, p_leg_accounts, p_amounts) AS l (t, a, amount)
                GROUP BY t, v_currency[a] HAVING sum(amount) <> 0)
        THEN
            RAISE EXCEPTION 'the legs of a transfer are at least two, none zero, in sum zero for each currency'
                USING ERRCODE = 'OL003';
        END IF;
        WITH running AS MATERIALIZED (
            SELECT l.t, l.a, l.amount, p_counts[l.a] + row_number() OVER one AS seq,
                (p_balances[l.a] + sum(l.amount) OVER one)::bigint AS balance
            FROM unnest(p_leg_transfers, p_leg_accounts, p_amounts) AS l (t, a, amount)
            WINDOW one AS (PARTITION BY l.a ORDER BY l.t ROWS UNBOUNDED PRECEDING)
        ), short AS MATERIALIZED (
            SELECT min(a) AS a FROM running WHERE balance < 0 AND NOT v_may_owe[a]
        ), made AS (
            INSERT INTO ledger_transfers (id, key, kind, subject_id, at)
            SELECT n.id, n.key, n.kind, n.subject_id, v_at
            FROM unnest(p_transfer_ids, p_keys, p_transfer_kinds, p_subjects) AS n (id, key, kind, subject_id)
            WHERE (SELECT a FROM short) IS NULL
            ON CONFLICT (key) DO NOTHING
            RETURNING 1
        ), entered AS (
            INSERT INTO ledger_entries (account_id, seq, transfer_id, amount, balance_after)
            SELECT p_ids[a], seq, p_transfer_ids[t], amount, balance FROM running
            WHERE (SELECT a FROM short) IS NULL
        ), totals AS MATERIALIZED (
            SELECT array_agg(p_ids[m.a] ORDER BY m.a) AS ids, array_agg(m.change ORDER BY m.a) AS changes,
                array_agg(m.legs ORDER BY m.a) AS legs
            FROM (SELECT a, sum(amount)::bigint AS change, count(*) AS legs FROM running GROUP BY a) m
        ), moved AS (
            UPDATE ledger_accounts AS acc SET
                balance = acc.balance
                    + (SELECT changes FROM totals)[width_bucket(acc.id, (SELECT ids FROM totals))],
                entry_count = acc.entry_count
                    + (SELECT legs FROM totals)[width_bucket(acc.id, (SELECT ids FROM totals))]
            WHERE acc.id = ANY ((SELECT ids FROM totals)::uuid[]) AND (SELECT a FROM short) IS NULL
        )
        SELECT (SELECT a FROM short), (SELECT count(*) FROM made) INTO v_short, v_written;
        IF v_short IS NOT NULL THEN
            RAISE EXCEPTION 'a balance would fall below zero' USING ERRCODE = 'OL001', DETAIL = p_currencies[v_short];
        END IF;
        IF v_written <> cardinality(p_transfer_ids) THEN
            -- With the same legs it would have waited for the accounts and been seen as a repeat.
            RAISE EXCEPTION 'a key was used for another transfer' USING ERRCODE = 'OL002';
        END IF;
    END $$
    """,
    f"""
    CREATE FUNCTION ledger_lock(p_ids uuid[], p_kinds text[], p_owners uuid[], p_currencies text[])
    RETURNS bigint[] LANGUAGE plpgsql {_DEFINER} AS $$
    BEGIN
        RETURN (ledger_locked(p_ids, p_kinds, p_owners, p_currencies)).balances;
    END $$
    """,
    # Posts transfers that are new; returns those whose key was posted before with the same kind, subject and legs.
    f"""
    CREATE FUNCTION ledger_post(p_ids uuid[], p_kinds text[], p_owners uuid[], p_currencies text[],
        p_transfer_ids uuid[], p_keys text[], p_transfer_kinds text[], p_subjects uuid[],
        p_leg_transfers integer[], p_leg_accounts integer[], p_amounts bigint[])
    RETURNS TABLE (place integer, transfer_id uuid) LANGUAGE plpgsql {_DEFINER} AS $$
    #variable_conflict use_column
    DECLARE
        v_locked record;
        v_places integer[];
        v_known uuid[];
        v_changed text;
        v_new integer[];
    BEGIN
        IF 'held' = ANY (p_kinds) THEN
            RAISE EXCEPTION 'held money moves by its hold' USING ERRCODE = 'OL003';
        END IF;
        v_locked := ledger_locked(p_ids, p_kinds, p_owners, p_currencies);
        SELECT array_agg(n.place::integer ORDER BY n.place), array_agg(t.id ORDER BY n.place),
            min(n.key) FILTER (WHERE t.kind <> n.kind OR t.subject_id IS DISTINCT FROM n.subject_id)
        INTO v_places, v_known, v_changed
        FROM unnest(p_keys, p_transfer_kinds, p_subjects) WITH ORDINALITY AS n (key, kind, subject_id, place)
        JOIN LATERAL (SELECT * FROM ledger_transfers t WHERE t.key = n.key LIMIT 1) t ON true;
        IF v_places IS NULL THEN
            PERFORM ledger_written(p_ids, p_kinds, p_currencies, v_locked.balances, v_locked.counts, p_transfer_ids,
                p_keys, p_transfer_kinds, p_subjects, p_leg_transfers, p_leg_accounts, p_amounts);
            RETURN;
        END IF;
        -- The repeats' legs are compared with their entries, both ways.
        SELECT coalesce(v_changed, min(p_keys[v_places[d.n]])) INTO v_changed FROM (
            (SELECT r.n, p_ids[l.a] AS account_id, l.amount
                FROM unnest(v_places) WITH ORDINALITY AS r (place, n)
                JOIN unnest(p_leg_transfers, p_leg_accounts, p_amounts) AS l (t, a, amount) ON l.t = r.place
            EXCEPT ALL SELECT r.n, e.account_id, e.amount
                FROM unnest(v_known) WITH ORDINALITY AS r (id, n) JOIN ledger_entries e ON e.transfer_id = r.id)
            UNION ALL
            (SELECT r.n, e.account_id, e.amount
                FROM unnest(v_known) WITH ORDINALITY AS r (id, n) JOIN ledger_entries e ON e.transfer_id = r.id
            EXCEPT ALL SELECT r.n, p_ids[l.a] AS account_id, l.amount
                FROM unnest(v_places) WITH ORDINALITY AS r (place, n)
                JOIN unnest(p_leg_transfers, p_leg_accounts, p_amounts) AS l (t, a, amount) ON l.t = r.place)
        ) d;
        IF v_changed IS NOT NULL THEN
            RAISE EXCEPTION 'a key was used for another transfer' USING ERRCODE = 'OL002', DETAIL = v_changed;
        END IF;
        -- What is left keeps its order; its legs are numbered anew.
        SELECT array_agg(CASE WHEN p.place = ANY (v_places) THEN NULL ELSE p.rank END ORDER BY p.place) INTO v_new
        FROM (SELECT g AS place, (count(*) FILTER (WHERE NOT g = ANY (v_places)) OVER (ORDER BY g))::integer AS rank
            FROM generate_subscripts(p_keys, 1) g) p;
        IF cardinality(v_places) < cardinality(p_keys) THEN
            PERFORM ledger_written(p_ids, p_kinds, p_currencies, v_locked.balances, v_locked.counts,
                (SELECT array_agg(x.v ORDER BY x.n) FROM unnest(p_transfer_ids) WITH ORDINALITY AS x (v, n)
                    WHERE NOT x.n = ANY (v_places)),
                (SELECT array_agg(x.v ORDER BY x.n) FROM unnest(p_keys) WITH ORDINALITY AS x (v, n)
                    WHERE NOT x.n = ANY (v_places)),
                (SELECT array_agg(x.v ORDER BY x.n) FROM unnest(p_transfer_kinds) WITH ORDINALITY AS x (v, n)
                    WHERE NOT x.n = ANY (v_places)),
                (SELECT array_agg(x.v ORDER BY x.n) FROM unnest(p_subjects) WITH ORDINALITY AS x (v, n)
                    WHERE NOT x.n = ANY (v_places)),
                l.ts, l.accounts, l.amounts)
            FROM (SELECT array_agg(v_new[t]) AS ts, array_agg(a) AS accounts, array_agg(amount) AS amounts
                FROM unnest(p_leg_transfers, p_leg_accounts, p_amounts) AS l (t, a, amount)
                WHERE v_new[t] IS NOT NULL) l;
        END IF;
        RETURN QUERY SELECT * FROM unnest(v_places, v_known);
    END $$
    """,
    # Brings the hold of each (person, subject) to an amount, 0 ending it, by one transfer: a leg of `available` and one
    # of `held` for each person whose sum changes. Its subject is theirs if they have one in common. A repeated key
    # changes nothing and tells what it did; only a single move carries one.
    f"""
    CREATE FUNCTION ledger_move_holds(p_mode text, p_ids uuid[], p_key text, p_users uuid[], p_subjects uuid[],
        p_currencies text[], p_amounts bigint[], p_purpose text, p_available_ids uuid[], p_held_ids uuid[])
    RETURNS TABLE (place integer, hold_id uuid, amount_before bigint) LANGUAGE plpgsql {_DEFINER} AS $$
    #variable_conflict use_column
    DECLARE
        v_at timestamptz;
        v_ids uuid[]; v_kinds text[]; v_owners uuid[]; v_currencies text[];
        v_locked record;
        v_state record;
        v_legs record;
        v_known record;
        v_hold uuid;
    BEGIN
        SELECT array_agg(d.id ORDER BY d.id), array_agg(d.kind ORDER BY d.id), array_agg(d.user_id ORDER BY d.id),
            array_agg(d.currency ORDER BY d.id)
        INTO v_ids, v_kinds, v_owners, v_currencies
        FROM (SELECT DISTINCT x.id, x.kind, m.user_id, m.currency
            FROM unnest(p_available_ids, p_held_ids, p_users, p_currencies)
                AS m (available_id, held_id, user_id, currency),
                LATERAL (VALUES (m.available_id, 'available'), (m.held_id, 'held')) AS x (id, kind)) d;
        v_locked := ledger_locked(v_ids, v_kinds, v_owners, v_currencies);
        v_at := clock_timestamp();
        IF p_key IS NOT NULL THEN
            SELECT t.kind, t.subject_id, e.amount INTO v_known FROM ledger_transfers t
            LEFT JOIN ledger_entries e ON e.transfer_id = t.id AND e.account_id = p_held_ids[1]
            WHERE t.key = p_key;
            IF FOUND THEN
                IF v_known.subject_id IS DISTINCT FROM p_subjects[1] OR v_known.amount IS NULL
                    OR (p_mode = 'place') AND v_known.amount <> p_amounts[1]
                    OR (p_mode = 'release') <> (v_known.kind = 'hold_released' AND p_amounts[1] = 0)
                THEN
                    RAISE EXCEPTION 'a key was used for another transfer' USING ERRCODE = 'OL002', DETAIL = p_key;
                END IF;
                SELECT h.id INTO v_hold FROM ledger_holds h
                WHERE h.subject_id = p_subjects[1] AND h.user_id = p_users[1];
                RETURN QUERY SELECT 1, v_hold, CASE WHEN v_known.amount < 0 THEN -v_known.amount ELSE 0 END;
                RETURN;
            END IF;
        END IF;
        SELECT array_agg(h.id ORDER BY m.place) AS ids, array_agg(coalesce(h.amount, 0) ORDER BY m.place) AS amounts,
            bool_and(m.amount >= 0 AND (h.id IS NULL OR h.currency = m.currency::char(3)))
                AND count(*) = count(DISTINCT (m.user_id, m.subject_id)) AS sound,
            count(*) FILTER (WHERE h.amount > 0) AS held,
            count(*) FILTER (WHERE m.amount <> coalesce(h.amount, 0)) AS changing,
            bool_or(m.amount > coalesce(h.amount, 0)) AS grows,
            CASE WHEN count(DISTINCT m.subject_id) = 1 THEN (array_agg(m.subject_id))[1] END AS subject
        INTO v_state
        FROM unnest(p_users, p_subjects, p_currencies, p_amounts) WITH ORDINALITY
            AS m (user_id, subject_id, currency, amount, place)
        LEFT JOIN LATERAL (SELECT * FROM ledger_holds h WHERE h.subject_id = m.subject_id AND h.user_id = m.user_id
            LIMIT 1) h ON true;
        IF NOT v_state.sound THEN
            RAISE EXCEPTION 'a hold has one currency, is named once and is not negative' USING ERRCODE = 'OL003';
        ELSIF p_mode = 'place' AND v_state.held > 0 THEN
            RAISE EXCEPTION 'there is an active hold already' USING ERRCODE = 'OL004';
        ELSIF p_mode = 'change' AND v_state.held = 0 THEN
            RAISE EXCEPTION 'there is no such active hold' USING ERRCODE = 'OL005';
        END IF;
        -- Ranks over all legs, changing or not, are places in the arrays of locked accounts.
        SELECT array_agg(1) AS ts, array_agg(l.account) AS accounts, array_agg(l.change) AS changes INTO v_legs
        FROM (SELECT r.account, sum(r.change)::bigint AS change
            FROM (SELECT x.change, (dense_rank() OVER (ORDER BY x.account_id))::integer AS account
                FROM unnest(p_available_ids, p_held_ids, p_amounts, v_state.amounts)
                    AS m (available_id, held_id, amount, before),
                    LATERAL (VALUES (m.available_id, m.before - m.amount), (m.held_id, m.amount - m.before))
                        AS x (account_id, change)) r
            GROUP BY r.account HAVING sum(r.change) <> 0) l;
        IF v_legs.ts IS NOT NULL THEN
            PERFORM ledger_written(v_ids, v_kinds, v_currencies, v_locked.balances, v_locked.counts,
                p_ids[1:1], ARRAY[coalesce(p_key, 'holds:' || p_ids[1])],
                ARRAY[CASE WHEN v_state.changing > 1 THEN 'hold_changed' WHEN v_state.grows THEN 'hold'
                    ELSE 'hold_released' END],
                ARRAY[v_state.subject], v_legs.ts, v_legs.accounts, v_legs.changes);
        END IF;
        IF v_state.changing > 0 THEN
            INSERT INTO ledger_holds AS h
                (subject_id, user_id, id, currency, amount, purpose, status, placed_at, ended_at)
            SELECT m.subject_id, m.user_id, m.id, m.currency, m.amount, p_purpose,
                CASE WHEN m.amount > 0 THEN 'active' ELSE 'released' END, v_at, CASE WHEN m.amount = 0 THEN v_at END
            FROM unnest(p_ids, p_users, p_subjects, p_currencies, p_amounts, v_state.amounts)
                AS m (id, user_id, subject_id, currency, amount, before)
            WHERE m.amount <> m.before
            ON CONFLICT (subject_id, user_id) DO UPDATE SET amount = excluded.amount, status = excluded.status,
                ended_at = excluded.ended_at, change_count = h.change_count + 1;
        END IF;
        RETURN QUERY SELECT m.place::integer, coalesce(m.hold_id, m.id), m.before
            FROM unnest(p_ids, v_state.ids, v_state.amounts) WITH ORDINALITY AS m (id, hold_id, before, place);
    END $$
    """,
    # Pays out of a hold into another account and releases the rest; what was released. A repeated key tells it again.
    f"""
    CREATE FUNCTION ledger_capture_hold(p_transfer_id uuid, p_key text, p_user uuid, p_subject uuid, p_amount bigint,
        p_available_id uuid, p_held_id uuid, p_ids uuid[], p_kinds text[], p_owners uuid[], p_currencies text[])
    RETURNS bigint LANGUAGE plpgsql {_DEFINER} AS $$
    DECLARE
        v_locked record;
        v_hold record;
        v_known record;
        v_to integer;
        v_rest bigint;
    BEGIN
        v_locked := ledger_locked(p_ids, p_kinds, p_owners, p_currencies);
        v_to := (SELECT g FROM generate_subscripts(p_ids, 1) g WHERE p_ids[g] NOT IN (p_available_id, p_held_id));
        IF cardinality(p_ids) <> 3 OR p_amount <= 0 OR p_kinds[v_to] = 'held'
            OR p_kinds[array_position(p_ids, p_available_id)] <> 'available'
            OR p_kinds[array_position(p_ids, p_held_id)] <> 'held'
            OR p_owners[array_position(p_ids, p_available_id)] <> p_user
            OR p_owners[array_position(p_ids, p_held_id)] <> p_user
            OR (SELECT count(DISTINCT c) FROM unnest(p_currencies) c) <> 1
        THEN
            RAISE EXCEPTION 'a capture goes from a person''s hold to one other account' USING ERRCODE = 'OL003';
        END IF;
        SELECT t.id, t.kind, t.subject_id,
            (SELECT e.amount FROM ledger_entries e WHERE e.transfer_id = t.id AND e.account_id = p_ids[v_to]) AS amount,
            (SELECT e.amount FROM ledger_entries e WHERE e.transfer_id = t.id AND e.account_id = p_available_id) AS rest
        INTO v_known FROM ledger_transfers t WHERE t.key = p_key;
        IF FOUND THEN
            IF v_known.kind <> 'hold_captured' OR v_known.subject_id IS DISTINCT FROM p_subject
                OR v_known.amount IS DISTINCT FROM p_amount
            THEN
                RAISE EXCEPTION 'a key was used for another transfer' USING ERRCODE = 'OL002', DETAIL = p_key;
            END IF;
            RETURN coalesce(v_known.rest, 0);
        END IF;
        SELECT * INTO v_hold FROM ledger_holds
        WHERE user_id = p_user AND subject_id = p_subject AND status = 'active' AND currency = p_currencies[1]::char(3);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no such active hold' USING ERRCODE = 'OL005';
        ELSIF p_amount > v_hold.amount THEN
            RAISE EXCEPTION 'more than is held' USING ERRCODE = 'OL006', DETAIL = v_hold.amount::text;
        END IF;
        v_rest := v_hold.amount - p_amount;
        PERFORM ledger_written(p_ids, p_kinds, p_currencies, v_locked.balances, v_locked.counts,
            ARRAY[p_transfer_id], ARRAY[p_key], ARRAY['hold_captured'], ARRAY[p_subject],
            (SELECT array_agg(1) FROM unnest(l.changes) c WHERE c <> 0),
            (SELECT array_agg(x.n::integer ORDER BY x.n) FROM unnest(l.changes) WITH ORDINALITY x (c, n) WHERE c <> 0),
            (SELECT array_agg(x.c ORDER BY x.n) FROM unnest(l.changes) WITH ORDINALITY x (c, n) WHERE c <> 0))
        FROM (SELECT array_agg(CASE g WHEN v_to THEN p_amount WHEN array_position(p_ids, p_held_id) THEN -v_hold.amount
            ELSE v_rest END ORDER BY g) AS changes FROM generate_series(1, 3) g) l;
        UPDATE ledger_holds SET status = 'captured', amount = 0, captured_amount = captured_amount + p_amount,
            change_count = change_count + 1, ended_at = clock_timestamp()
        WHERE subject_id = p_subject AND user_id = p_user;
        RETURN v_rest;
    END $$
    """,
    """
    CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger''s history is only added to' USING ERRCODE = '42501';
    END $$
    """,
]

_RIGHTS: list[str] = [
    "REVOKE ALL ON ledger_accounts, ledger_transfers, ledger_entries, ledger_holds FROM PUBLIC, outcry_app",
    "GRANT SELECT ON ledger_accounts, ledger_transfers, ledger_entries, ledger_holds TO outcry_app",
    # The 0001 default would let the app call what is written from now on.
    """
    DO $$ DECLARE f regprocedure; BEGIN
        FOR f IN SELECT oid FROM pg_proc
            WHERE proname LIKE 'ledger\\_%' AND pronamespace = 'public'::regnamespace LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, outcry_app', f);
        END LOOP;
        FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            AND proname IN ('ledger_post', 'ledger_move_holds', 'ledger_capture_hold', 'ledger_lock') LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO outcry_app', f);
        END LOOP;
    END $$
    """,
    # History is not for the tables' owner to change either, short of saying so first.
    *(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()"
        for table in ("ledger_transfers", "ledger_entries")
    ),
    *(
        f"CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()"
        for table in ("ledger_accounts", "ledger_holds")
    ),
    *(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        for table in ("ledger_accounts", "ledger_transfers", "ledger_entries", "ledger_holds")
    ),
    """
    CREATE POLICY own ON ledger_accounts FOR SELECT USING (
        (SELECT app_role()) IN ('system', 'staff') OR owner_id = (SELECT app_user_id())
    )
    """,
    """
    CREATE POLICY own ON ledger_entries FOR SELECT USING (
        (SELECT app_role()) IN ('system', 'staff') OR account_id IN (SELECT id FROM ledger_accounts)
    )
    """,
    """
    CREATE POLICY own ON ledger_transfers FOR SELECT USING (
        (SELECT app_role()) IN ('system', 'staff')
        OR EXISTS (SELECT FROM ledger_entries e WHERE e.transfer_id = ledger_transfers.id)
    )
    """,
    """
    CREATE POLICY own ON ledger_holds FOR SELECT USING (
        (SELECT app_role()) IN ('system', 'staff') OR user_id = (SELECT app_user_id())
    )
    """,
]


def upgrade() -> None:
    for statement in (*_TABLES, *_FUNCTIONS, *_RIGHTS):
        op.execute(statement)
