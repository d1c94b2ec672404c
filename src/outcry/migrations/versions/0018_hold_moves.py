"""What moves of holds write is one row each: both legs, the balances after them, and whose hold it was (SPEC MON-5).

A hold moves money between two accounts of one person, so its two entries say one thing twice, and so did their indexes.
`ledger_hold_moves` says it once, a transfer by itself that cannot be out of balance; every line has its subject. Moves
under a key, and captures, stay transfers with entries. `ledger_legs` gives the legs of both; an account's `seq` runs
through both. What was written before stays where it is.

`ledger_bind` is what the desk calls: one update locks and moves the wallets in the order of their ids, and everything
the desk says about before is proved by it; it fails as the desk's proof does (OC001). It opens no account:
`ledger_open` does, when a desk first hears of somebody.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_DEFINER = (
    "SECURITY DEFINER SET search_path TO public, pg_temp"
    " SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off"
)

_TABLES: list[str] = [
    """
    CREATE TABLE ledger_hold_moves (
        id uuid NOT NULL,
        available_id uuid NOT NULL,
        held_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        seq bigint NOT NULL,
        held_seq bigint NOT NULL,
        amount bigint NOT NULL,
        available_after bigint NOT NULL,
        held_after bigint NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT pk_ledger_hold_moves PRIMARY KEY (available_id, seq),
        CONSTRAINT uq_ledger_hold_moves_held UNIQUE (held_id, held_seq),
        CONSTRAINT ck_ledger_hold_moves_amount CHECK (amount <> 0),
        CONSTRAINT ck_ledger_hold_moves_after CHECK (available_after >= 0 AND held_after >= 0)
    ) WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02)
    """,
    # Asked by staff alone; ids rise with time, as rows do.
    "CREATE INDEX ix_ledger_hold_moves_id ON ledger_hold_moves USING brin (id)"
    " WITH (pages_per_range = 16, autosummarize = on)",
    # Holds are looked up by subject and person. By person alone only the audit asked; it now adds all up at once. The
    # index was a third of what a new hold costs, and a plan made on a young table might look there for good.
    "DROP INDEX ix_ledger_holds_user_id",
    """
    CREATE VIEW ledger_legs WITH (security_invoker = true) AS
    SELECT account_id, seq, transfer_id, amount, balance_after, false AS is_hold_move FROM ledger_entries
    UNION ALL SELECT available_id, seq, id, -amount, available_after, true FROM ledger_hold_moves
    UNION ALL SELECT held_id, held_seq, id, amount, held_after, true FROM ledger_hold_moves
    """,
]

_FUNCTIONS: list[str] = [
    # `sum` of bigints counts in numerics.
    "CREATE AGGREGATE ledger_total (bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '0')",
    # Opens what is missing of these wallets, in the order of ids as everyone does; locks nothing. What is available.
    f"""
    CREATE FUNCTION ledger_open(p_users uuid[], p_currencies text[], p_available_ids uuid[], p_held_ids uuid[])
    RETURNS TABLE (place integer, available bigint) LANGUAGE plpgsql {_DEFINER} AS $$
    BEGIN
        IF (SELECT app_role()) <> 'system' THEN
            RAISE EXCEPTION 'only the system moves money' USING ERRCODE = '42501';
        END IF;
        IF (SELECT count(*) FROM ledger_accounts a WHERE a.id = ANY (p_available_ids || p_held_ids))
            < 2 * cardinality(p_users)
        THEN
            INSERT INTO ledger_accounts (id, kind, owner_id, currency)
            SELECT x.id, x.kind, w.owner_id, w.currency
            FROM unnest(p_users, p_currencies, p_available_ids, p_held_ids)
                AS w (owner_id, currency, available_id, held_id),
                LATERAL (VALUES (w.available_id, 'available'), (w.held_id, 'held')) AS x (id, kind)
            ORDER BY x.id
            ON CONFLICT DO NOTHING;
        END IF;
        RETURN QUERY SELECT w.place::integer, (SELECT a.balance FROM ledger_accounts a WHERE a.id = w.id)
            FROM unnest(p_available_ids) WITH ORDINALITY AS w (id, place);
    END $$
    """,
    # Moves holds, each (wallet, subject) once, from what it must be to what it shall be, 0 ending it; NULL before says
    # that there was never one, which spares looking. Wallets are numbered from 1 and named once; one with less than
    # `p_asked` available beforehand fails the call.
    f"""
    CREATE FUNCTION ledger_bind(p_ids uuid[], p_wallets integer[], p_subjects uuid[], p_befores bigint[],
        p_amounts bigint[], p_purpose text,
        p_users uuid[], p_currencies text[], p_asked bigint[], p_available_ids uuid[], p_held_ids uuid[])
    RETURNS void LANGUAGE plpgsql {_DEFINER} AS $$
    DECLARE
        v_at timestamptz;
        v_changes bigint[]; v_moves bigint[];
        v_available bigint[]; v_held bigint[]; v_seqs bigint[]; v_held_seqs bigint[];
        v_sound boolean;
        v_changed bigint[];
        v_count bigint;
        v_placed bigint := 0;
    BEGIN
        IF (SELECT app_role()) <> 'system' THEN
            RAISE EXCEPTION 'only the system moves money' USING ERRCODE = '42501';
        END IF;
        SELECT array_agg(t.change ORDER BY t.wallet), array_agg(t.moves ORDER BY t.wallet),
            coalesce(bool_and(t.sound) AND min(t.wallet) = 1 AND max(t.wallet) = cardinality(p_users)
                AND count(*) = cardinality(p_users) AND sum(t.moves) = cardinality(p_ids), false)
        INTO v_changes, v_moves, v_sound
        FROM (SELECT m.wallet, ledger_total(m.amount - coalesce(m.before, 0)) AS change, count(*) AS moves,
                bool_and(coalesce(m.before, 0) >= 0 AND coalesce(m.amount, -1) BETWEEN 0 AND 1000000000000000) AS sound
            FROM unnest(p_wallets, p_befores, p_amounts) AS m (wallet, before, amount) GROUP BY m.wallet) t;
        IF NOT v_sound THEN
            RAISE EXCEPTION 'a hold is of a wallet that is named, and not negative' USING ERRCODE = 'OL003';
        END IF;
        -- One scan in the order of the ids: that is the order in which wallets are locked.
        WITH moved AS (
            UPDATE ledger_accounts AS a SET balance = a.balance + s.change, entry_count = a.entry_count + s.moves
            FROM (SELECT n.id, 'available' AS kind, n.owner_id, n.currency::char(3) AS currency, n.place,
                    -n.change AS change, n.moves, n.asked
                FROM unnest(p_available_ids, p_users, p_currencies, v_changes, v_moves, p_asked) WITH ORDINALITY
                    AS n (id, owner_id, currency, change, moves, asked, place)
                UNION ALL
                SELECT n.id, 'held', n.owner_id, n.currency::char(3), n.place, n.change, n.moves, 0
                FROM unnest(p_held_ids, p_users, p_currencies, v_changes, v_moves) WITH ORDINALITY
                    AS n (id, owner_id, currency, change, moves, place)
                ORDER BY id) s
            WHERE a.id = s.id AND a.owner_id = s.owner_id AND a.kind = s.kind AND a.currency = s.currency
                AND a.balance >= s.asked
            RETURNING s.place, s.kind = 'held' AS is_held, a.balance - s.change AS balance,
                a.entry_count - s.moves AS entries
        )
        SELECT array_agg(m.balance ORDER BY m.place) FILTER (WHERE NOT m.is_held),
            array_agg(m.balance ORDER BY m.place) FILTER (WHERE m.is_held),
            array_agg(m.entries ORDER BY m.place) FILTER (WHERE NOT m.is_held),
            array_agg(m.entries ORDER BY m.place) FILTER (WHERE m.is_held), count(*)
        INTO v_available, v_held, v_seqs, v_held_seqs, v_count FROM moved m;
        IF v_count <> 2 * cardinality(p_users) THEN
            RAISE EXCEPTION 'the wallets are not as the desk knew them' USING ERRCODE = 'OC001';
        END IF;
        v_at := clock_timestamp();
        -- What is freed first, so that no line shows less than nothing.
        INSERT INTO ledger_hold_moves (id, available_id, held_id, subject_id, seq, held_seq, amount, available_after,
            held_after, at)
        SELECT m.id, p_available_ids[m.wallet], p_held_ids[m.wallet], m.subject_id,
            v_seqs[m.wallet] + row_number() OVER one, v_held_seqs[m.wallet] + row_number() OVER one, m.change,
            v_available[m.wallet] - ledger_total(m.change) OVER one,
            v_held[m.wallet] + ledger_total(m.change) OVER one, v_at
        FROM (SELECT n.id, n.wallet, n.subject_id, n.amount - coalesce(n.before, 0) AS change
            FROM unnest(p_ids, p_wallets, p_subjects, p_befores, p_amounts)
                AS n (id, wallet, subject_id, before, amount)) m
        WINDOW one AS (PARTITION BY m.wallet ORDER BY m.change, m.id ROWS UNBOUNDED PRECEDING);
        -- Holds there are, if each is what it must be; then new ones.
        WITH changed AS (
            UPDATE ledger_holds AS h SET amount = m.amount,
                status = CASE WHEN m.amount > 0 THEN 'active' ELSE 'released' END,
                ended_at = CASE WHEN m.amount = 0 THEN v_at END, change_count = h.change_count + 1
            FROM unnest(p_wallets, p_subjects, p_befores, p_amounts) WITH ORDINALITY
                AS m (wallet, subject_id, before, amount, place)
            WHERE m.before IS NOT NULL AND h.subject_id = m.subject_id AND h.user_id = p_users[m.wallet]
                AND h.amount = m.before AND h.currency = p_currencies[m.wallet]::char(3)
            RETURNING m.place
        )
        SELECT coalesce(array_agg(c.place), ARRAY[]::bigint[]), count(*) INTO v_changed, v_count FROM changed c;
        IF v_count < cardinality(p_ids) THEN
            INSERT INTO ledger_holds (subject_id, user_id, id, currency, amount, purpose, placed_at)
            SELECT m.subject_id, p_users[m.wallet], m.id, p_currencies[m.wallet], m.amount, p_purpose, v_at
            FROM unnest(p_ids, p_wallets, p_subjects, p_befores, p_amounts) WITH ORDINALITY
                AS m (id, wallet, subject_id, before, amount, place)
            WHERE m.before IS NULL OR m.before = 0 AND m.place <> ALL (v_changed);
            GET DIAGNOSTICS v_placed = ROW_COUNT;
        END IF;
        IF v_count + v_placed <> cardinality(p_ids) THEN
            RAISE EXCEPTION 'the holds are not as the desk knew them' USING ERRCODE = 'OC001';
        END IF;
    END $$
    """,
    # Brings holds to their amounts from whatever they are, wallets locked first; opens what is missing. OL001 when
    # somebody has not enough (DETAIL: currency).
    f"""
    CREATE FUNCTION ledger_set_holds(p_ids uuid[], p_users uuid[], p_subjects uuid[], p_currencies text[],
        p_amounts bigint[], p_purpose text, p_available_ids uuid[], p_held_ids uuid[])
    RETURNS void LANGUAGE plpgsql {_DEFINER} AS $$
    DECLARE
        v_ids uuid[]; v_kinds text[]; v_owners uuid[]; v_currencies text[];
        v_locked record;
        v_befores bigint[];
        v_sound boolean;
        v_moves record;
        v_wallets record;
    BEGIN
        SELECT array_agg(d.id ORDER BY d.id), array_agg(d.kind ORDER BY d.id), array_agg(d.user_id ORDER BY d.id),
            array_agg(d.currency ORDER BY d.id)
        INTO v_ids, v_kinds, v_owners, v_currencies
        FROM (SELECT DISTINCT x.id, x.kind, m.user_id, m.currency
            FROM unnest(p_available_ids, p_held_ids, p_users, p_currencies)
                AS m (available_id, held_id, user_id, currency),
                LATERAL (VALUES (m.available_id, 'available'), (m.held_id, 'held')) AS x (id, kind)) d;
        v_locked := ledger_locked(v_ids, v_kinds, v_owners, v_currencies);
        SELECT array_agg(coalesce(h.amount, 0) ORDER BY m.place),
            bool_and(m.amount >= 0 AND (h.id IS NULL OR h.currency = m.currency::char(3)))
                AND count(*) = count(DISTINCT (m.user_id, m.subject_id))
        INTO v_befores, v_sound
        FROM unnest(p_users, p_subjects, p_currencies, p_amounts) WITH ORDINALITY
            AS m (user_id, subject_id, currency, amount, place)
        LEFT JOIN LATERAL (SELECT * FROM ledger_holds h WHERE h.subject_id = m.subject_id AND h.user_id = m.user_id
            LIMIT 1) h ON true;
        IF NOT v_sound THEN
            RAISE EXCEPTION 'a hold has one currency, is named once and is not negative' USING ERRCODE = 'OL003';
        END IF;
        SELECT array_agg(m.id ORDER BY m.place) AS ids, array_agg(m.wallet ORDER BY m.place) AS wallets,
            array_agg(m.subject_id ORDER BY m.place) AS subjects, array_agg(m.before ORDER BY m.place) AS befores,
            array_agg(m.amount ORDER BY m.place) AS amounts
        INTO v_moves
        FROM (SELECT n.*, (dense_rank() OVER (ORDER BY n.available_id))::integer AS wallet
            FROM unnest(p_ids, p_subjects, v_befores, p_amounts, p_available_ids) WITH ORDINALITY
                AS n (id, subject_id, before, amount, available_id, place)
            WHERE n.amount <> n.before) m;
        IF v_moves.ids IS NULL THEN
            RETURN;
        END IF;
        SELECT array_agg(w.user_id ORDER BY w.available_id) AS users,
            array_agg(w.currency ORDER BY w.available_id) AS currencies,
            array_agg(0::bigint) AS asked, array_agg(w.available_id ORDER BY w.available_id) AS available_ids,
            array_agg(w.held_id ORDER BY w.available_id) AS held_ids,
            min(w.currency) FILTER (WHERE v_locked.balances[width_bucket(w.available_id, v_ids)] < w.change) AS short
        INTO v_wallets
        FROM (SELECT n.user_id, n.currency, n.available_id, n.held_id, sum(n.amount - n.before) AS change
            FROM unnest(p_users, p_currencies, v_befores, p_amounts, p_available_ids, p_held_ids)
                AS n (user_id, currency, before, amount, available_id, held_id)
            WHERE n.amount <> n.before GROUP BY n.user_id, n.currency, n.available_id, n.held_id) w;
        IF v_wallets.short IS NOT NULL THEN
            RAISE EXCEPTION 'a balance would fall below zero' USING ERRCODE = 'OL001', DETAIL = v_wallets.short;
        END IF;
        PERFORM ledger_bind(v_moves.ids, v_moves.wallets, v_moves.subjects, v_moves.befores, v_moves.amounts, p_purpose,
            v_wallets.users, v_wallets.currencies, v_wallets.asked, v_wallets.available_ids, v_wallets.held_ids);
    END $$
    """,
]

_OPEN = "ledger_open(uuid[], text[], uuid[], uuid[])"
_BIND = "ledger_bind(uuid[], integer[], uuid[], bigint[], bigint[], text, uuid[], text[], bigint[], uuid[], uuid[])"
_SET_HOLDS = "ledger_set_holds(uuid[], uuid[], uuid[], text[], bigint[], text, uuid[], uuid[])"

_RIGHTS: list[str] = [
    "REVOKE ALL ON ledger_hold_moves, ledger_legs FROM PUBLIC, outcry_app",
    "GRANT SELECT ON ledger_hold_moves, ledger_legs TO outcry_app",
    *(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC, outcry_app" for function in (_OPEN, _BIND, _SET_HOLDS)),
    *(f"GRANT EXECUTE ON FUNCTION {function} TO outcry_app" for function in (_OPEN, _BIND, _SET_HOLDS)),
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_hold_moves"
    " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()",
    "ALTER TABLE ledger_hold_moves ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY own ON ledger_hold_moves FOR SELECT USING (
        (SELECT app_role()) IN ('system', 'staff') OR available_id IN (SELECT id FROM ledger_accounts)
    )
    """,
]


def upgrade() -> None:
    for statement in (*_TABLES, *_FUNCTIONS, *_RIGHTS):
        op.execute(statement)
