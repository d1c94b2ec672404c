"""A wallet is one row, and an auction's hold passes from who is outbid to who outbids (SPEC MON-1, MON-5).

What is held of a person's money stands beside what is available, on the row of the `available` account; the row of the
`held` account only names it. So a move of a hold updates one row and not two. `ledger_balances` tells the balances of
all accounts. Moves of one wallet have rising numbers in both its accounts, so the available one finds them: a move
names no held account any more, and the number it has there needs no index. The audit proves the numbers.

A hold that a new one of the same auction takes over changes its owner: one row changes where two did (`p_heirs`). What
it bound, and when, stands in `ledger_hold_moves`.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_DEFINER = (
    "SECURITY DEFINER SET search_path TO public, pg_temp"
    " SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off"
)

_TABLES: list[str] = [
    "ALTER TABLE ledger_accounts ADD COLUMN held bigint NOT NULL DEFAULT 0,"
    " ADD COLUMN held_count bigint NOT NULL DEFAULT 0",
    """
    UPDATE ledger_accounts f SET held = h.balance, held_count = h.entry_count FROM ledger_accounts h
    WHERE f.kind = 'available' AND h.kind = 'held' AND h.owner_id = f.owner_id AND h.currency = f.currency
    """,
    "UPDATE ledger_accounts SET balance = 0, entry_count = 0 WHERE kind = 'held'",
    """
    ALTER TABLE ledger_accounts ADD CONSTRAINT ck_ledger_accounts_held CHECK (held >= 0
        AND (kind = 'available' OR held = 0 AND held_count = 0)
        AND (kind <> 'held' OR balance = 0 AND entry_count = 0))
    """,
    """
    CREATE VIEW ledger_balances WITH (security_invoker = true) AS
    SELECT a.id, a.kind, a.owner_id, a.currency, a.opened_at,
        CASE WHEN a.kind = 'held' THEN f.held ELSE a.balance END AS balance,
        CASE WHEN a.kind = 'held' THEN f.held_count ELSE a.entry_count END AS entry_count
    FROM ledger_accounts a LEFT JOIN ledger_accounts f
        ON a.kind = 'held' AND f.owner_id = a.owner_id AND f.kind = 'available' AND f.currency = a.currency
    """,
    "DROP VIEW ledger_legs",
    "ALTER TABLE ledger_hold_moves DROP COLUMN held_id",
    """
    CREATE VIEW ledger_legs WITH (security_invoker = true) AS
    SELECT account_id, seq, transfer_id, amount, balance_after, false AS is_hold_move FROM ledger_entries
    UNION ALL SELECT available_id, seq, id, -amount, available_after, true FROM ledger_hold_moves
    UNION ALL SELECT h.id, m.held_seq, m.id, m.amount, m.held_after, true
    FROM ledger_accounts h
    JOIN ledger_accounts f ON f.owner_id = h.owner_id AND f.kind = 'available' AND f.currency = h.currency
    JOIN ledger_hold_moves m ON m.available_id = f.id
    WHERE h.kind = 'held'
    """,
]

_FUNCTIONS: list[str] = [
    # Internal: on which of these accounts' rows each one's balance stands, as places among them. NULL where the wallet
    # of held money is not among them.
    """
    CREATE FUNCTION ledger_rows(p_ids uuid[], p_kinds text[]) RETURNS integer[] LANGUAGE sql AS $$
        SELECT array_agg(CASE WHEN n.kind = 'held' THEN f.row ELSE n.place::integer END ORDER BY n.place)
        FROM unnest(p_ids, p_kinds) WITH ORDINALITY AS n (id, kind, place)
        LEFT JOIN LATERAL (SELECT width_bucket(f.id, p_ids) AS row
            FROM ledger_accounts h JOIN ledger_accounts f
                ON f.owner_id = h.owner_id AND f.kind = 'available' AND f.currency = h.currency
            WHERE n.kind = 'held' AND h.id = n.id AND p_ids[width_bucket(f.id, p_ids)] = f.id) f ON true
    $$
    """,
    # As in 0012; whoever locks held money locks its wallet with it.
    """
    CREATE OR REPLACE FUNCTION ledger_locked(p_ids uuid[], p_kinds text[], p_owners uuid[], p_currencies text[],
        OUT balances bigint[], OUT counts bigint[])
    LANGUAGE plpgsql AS $$
    DECLARE
        v_ids uuid[];
        v_same boolean;
        v_rows integer[];
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
        IF 'held' = ANY (p_kinds) THEN
            v_rows := ledger_rows(p_ids, p_kinds);
            IF array_position(v_rows, NULL) IS NOT NULL THEN
                RAISE EXCEPTION 'held money is locked with its wallet' USING ERRCODE = 'OL003';
            END IF;
            -- A statement of its own: it sees what the locks have waited for.
            SELECT array_agg(coalesce(f.held, n.balance) ORDER BY n.place),
                array_agg(coalesce(f.held_count, n.entry_count) ORDER BY n.place)
            INTO balances, counts
            FROM unnest(balances, counts, v_rows) WITH ORDINALITY AS n (balance, entry_count, row, place)
            LEFT JOIN ledger_accounts f ON n.row <> n.place AND f.id = p_ids[n.row];
        END IF;
    END $$
    """,
    # As in 0012, but for where held money stands.
    """
    CREATE OR REPLACE FUNCTION ledger_written(p_ids uuid[], p_kinds text[], p_currencies text[],
        p_balances bigint[], p_counts bigint[],
        p_transfer_ids uuid[], p_keys text[], p_transfer_kinds text[], p_subjects uuid[],
        p_leg_transfers integer[], p_leg_accounts integer[], p_amounts bigint[])
    RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        v_at timestamptz := clock_timestamp();
        v_currency integer[];
        v_may_owe boolean[];
        v_rows integer[];
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
        IF 'held' = ANY (p_kinds) THEN
            v_rows := ledger_rows(p_ids, p_kinds);
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
            SELECT array_agg(p_ids[m.row] ORDER BY m.row) AS ids, array_agg(m.change ORDER BY m.row) AS changes,
                array_agg(m.legs ORDER BY m.row) AS legs, array_agg(m.held ORDER BY m.row) AS held,
                array_agg(m.held_legs ORDER BY m.row) AS held_legs
            FROM (SELECT coalesce(v_rows[a], a) AS row,
                    coalesce(sum(amount) FILTER (WHERE NOT coalesce(v_rows[a] <> a, false)), 0)::bigint AS change,
                    count(*) FILTER (WHERE NOT coalesce(v_rows[a] <> a, false)) AS legs,
                    coalesce(sum(amount) FILTER (WHERE v_rows[a] <> a), 0)::bigint AS held,
                    count(*) FILTER (WHERE v_rows[a] <> a) AS held_legs
                FROM running GROUP BY 1) m
        ), moved AS (
            UPDATE ledger_accounts AS acc SET
                balance = acc.balance
                    + (SELECT changes FROM totals)[width_bucket(acc.id, (SELECT ids FROM totals))],
                entry_count = acc.entry_count
                    + (SELECT legs FROM totals)[width_bucket(acc.id, (SELECT ids FROM totals))],
                held = acc.held
                    + (SELECT held FROM totals)[width_bucket(acc.id, (SELECT ids FROM totals))],
                held_count = acc.held_count
                    + (SELECT held_legs FROM totals)[width_bucket(acc.id, (SELECT ids FROM totals))]
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
    # Moves holds, each (wallet, subject) once, from what it must be to what it shall be, 0 ending it; NULL before says
    # that there was never one, which spares looking. An heir is such a new one that takes over a hold of its subject
    # which ends: its place stands in `p_heirs` beside that one, a -1 beside itself, a 0 everywhere else. Wallets are
    # numbered from 1 and named once; one with less than `p_asked` available beforehand fails the call.
    f"""
    CREATE FUNCTION ledger_bind(p_ids uuid[], p_wallets integer[], p_subjects uuid[], p_befores bigint[],
        p_amounts bigint[], p_heirs integer[], p_purpose text,
        p_users uuid[], p_currencies text[], p_asked bigint[], p_available_ids uuid[])
    RETURNS void LANGUAGE plpgsql {_DEFINER} AS $$
    DECLARE
        v_at timestamptz;
        -- If it is the same of all: the element of an array of texts is found by walking there.
        v_currency char(3) := CASE WHEN p_currencies[1] = ALL (p_currencies) THEN p_currencies[1] END;
        v_changes bigint[]; v_moves bigint[];
        v_available bigint[]; v_held bigint[]; v_seqs bigint[]; v_held_seqs bigint[];
        v_sound boolean;
        v_changed bigint[];
        v_count bigint;
        v_heirs bigint;
        v_placed bigint := 0;
    BEGIN
        IF (SELECT app_role()) <> 'system' THEN
            RAISE EXCEPTION 'only the system moves money' USING ERRCODE = '42501';
        END IF;
        SELECT array_agg(t.change ORDER BY t.wallet), array_agg(t.moves ORDER BY t.wallet), sum(t.heirs),
            coalesce(bool_and(t.sound) AND min(t.wallet) = 1 AND max(t.wallet) = cardinality(p_users)
                AND count(*) = cardinality(p_users) AND sum(t.moves) = cardinality(p_ids)
                AND sum(t.heirs) = sum(t.handed_over), false)
        INTO v_changes, v_moves, v_heirs, v_sound
        FROM (SELECT m.wallet, ledger_total(m.amount - coalesce(m.before, 0)) AS change, count(*) AS moves,
                count(*) FILTER (WHERE m.heir < 0) AS heirs, count(*) FILTER (WHERE m.heir > 0) AS handed_over,
                bool_and(coalesce(m.before, 0) >= 0 AND coalesce(m.amount, -1) BETWEEN 0 AND 1000000000000000
                    AND coalesce(CASE WHEN m.heir > 0 THEN m.amount = 0 AND m.before > 0 AND p_heirs[m.heir] = -1
                            AND p_subjects[m.heir] = m.subject_id AND (v_currency IS NOT NULL
                                OR p_currencies[p_wallets[m.heir]] = p_currencies[m.wallet])
                        WHEN m.heir = -1 THEN m.before IS NULL AND m.amount > 0
                        ELSE m.heir = 0 END, false)) AS sound
            FROM unnest(p_wallets, p_subjects, p_befores, p_amounts, p_heirs)
                AS m (wallet, subject_id, before, amount, heir) GROUP BY m.wallet) t;
        IF NOT v_sound THEN
            RAISE EXCEPTION 'a hold is of a wallet that is named, not negative, and taken over by one new one'
                USING ERRCODE = 'OL003';
        END IF;
        -- One scan in the order of the ids: that is the order in which wallets are locked.
        WITH moved AS (
            UPDATE ledger_accounts AS a SET balance = a.balance - s.change, entry_count = a.entry_count + s.moves,
                held = a.held + s.change, held_count = a.held_count + s.moves
            FROM (SELECT * FROM unnest(p_available_ids, p_users, p_currencies, v_changes, v_moves, p_asked)
                    WITH ORDINALITY AS n (id, owner_id, currency, change, moves, asked, place)
                ORDER BY n.id) s
            -- So worded that there is one index to choose: a plan made on a young table took the one by kind, for good.
            WHERE a.id = s.id AND CASE WHEN a.owner_id = s.owner_id AND a.kind = 'available'
                AND a.currency = s.currency::char(3) THEN a.balance >= s.asked ELSE false END
            RETURNING s.place, a.balance + s.change AS balance, a.held - s.change AS held,
                a.entry_count - s.moves AS entries, a.held_count - s.moves AS held_entries
        )
        SELECT array_agg(m.balance ORDER BY m.place), array_agg(m.held ORDER BY m.place),
            array_agg(m.entries ORDER BY m.place), array_agg(m.held_entries ORDER BY m.place), count(*)
        INTO v_available, v_held, v_seqs, v_held_seqs, v_count FROM moved m;
        IF v_count <> cardinality(p_users) THEN
            RAISE EXCEPTION 'the wallets are not as the desk knew them' USING ERRCODE = 'OC001';
        END IF;
        v_at := clock_timestamp();
        -- What is freed first, so that no line shows less than nothing.
        INSERT INTO ledger_hold_moves (id, available_id, subject_id, seq, held_seq, amount, available_after, held_after,
            at)
        SELECT m.id, p_available_ids[m.wallet], m.subject_id,
            v_seqs[m.wallet] + row_number() OVER one, v_held_seqs[m.wallet] + row_number() OVER one, m.change,
            v_available[m.wallet] - ledger_total(m.change) OVER one,
            v_held[m.wallet] + ledger_total(m.change) OVER one, v_at
        FROM (SELECT n.id, n.wallet, n.subject_id, n.amount - coalesce(n.before, 0) AS change
            FROM unnest(p_ids, p_wallets, p_subjects, p_befores, p_amounts)
                AS n (id, wallet, subject_id, before, amount)) m
        WINDOW one AS (PARTITION BY m.wallet ORDER BY m.change, m.id ROWS UNBOUNDED PRECEDING);
        -- Holds there are, if each is what it must be, as they stay or as their heirs have them; then new ones.
        WITH changed AS (
            UPDATE ledger_holds AS h SET user_id = p_users[p_wallets[m.owner]], amount = p_amounts[m.owner],
                status = CASE WHEN p_amounts[m.owner] > 0 THEN 'active' ELSE 'released' END,
                ended_at = CASE WHEN p_amounts[m.owner] = 0 THEN v_at END,
                id = CASE WHEN m.is_kept THEN h.id ELSE p_ids[m.owner] END,
                change_count = CASE WHEN m.is_kept THEN h.change_count + 1 ELSE 1 END,
                placed_at = CASE WHEN m.is_kept THEN h.placed_at ELSE v_at END,
                purpose = CASE WHEN m.is_kept THEN h.purpose ELSE p_purpose END
            FROM (SELECT n.wallet, n.subject_id, n.before, n.place, n.heir = 0 AS is_kept,
                    CASE WHEN n.heir > 0 THEN n.heir ELSE n.place::integer END AS owner
                FROM unnest(p_wallets, p_subjects, p_befores, p_heirs) WITH ORDINALITY
                    AS n (wallet, subject_id, before, heir, place)
                WHERE n.before IS NOT NULL) m
            WHERE h.subject_id = m.subject_id AND h.user_id = p_users[m.wallet] AND CASE WHEN h.amount = m.before
                THEN h.currency = coalesce(v_currency, p_currencies[m.wallet]::char(3)) ELSE false END
            RETURNING m.place
        )
        SELECT coalesce(array_agg(c.place), ARRAY[]::bigint[]), count(*) INTO v_changed, v_count FROM changed c;
        IF v_count + v_heirs < cardinality(p_ids) THEN
            INSERT INTO ledger_holds (subject_id, user_id, id, currency, amount, purpose, placed_at)
            SELECT m.subject_id, p_users[m.wallet], m.id, p_currencies[m.wallet], m.amount, p_purpose, v_at
            FROM unnest(p_ids, p_wallets, p_subjects, p_befores, p_amounts, p_heirs) WITH ORDINALITY
                AS m (id, wallet, subject_id, before, amount, heir, place)
            WHERE m.heir = 0 AND (m.before IS NULL OR m.before = 0 AND m.place <> ALL (v_changed));
            GET DIAGNOSTICS v_placed = ROW_COUNT;
        END IF;
        IF v_count + v_placed + v_heirs <> cardinality(p_ids) THEN
            RAISE EXCEPTION 'the holds are not as the desk knew them' USING ERRCODE = 'OC001';
        END IF;
    END $$
    """,
    # By the columns of 0018, as `ledger_set_holds` calls it: without heirs.
    f"""
    CREATE OR REPLACE FUNCTION ledger_bind(p_ids uuid[], p_wallets integer[], p_subjects uuid[], p_befores bigint[],
        p_amounts bigint[], p_purpose text,
        p_users uuid[], p_currencies text[], p_asked bigint[], p_available_ids uuid[], p_held_ids uuid[])
    RETURNS void LANGUAGE sql {_DEFINER} AS $$
        SELECT ledger_bind(p_ids, p_wallets, p_subjects, p_befores, p_amounts, array_fill(0, ARRAY[cardinality(p_ids)]),
            p_purpose, p_users, p_currencies, p_asked, p_available_ids)
    $$
    """,
]

_BIND = "ledger_bind(uuid[], integer[], uuid[], bigint[], bigint[], integer[], text, uuid[], text[], bigint[], uuid[])"
_BIND_BEFORE = (
    "ledger_bind(uuid[], integer[], uuid[], bigint[], bigint[], text, uuid[], text[], bigint[], uuid[], uuid[])"
)

_RIGHTS: list[str] = [
    "REVOKE ALL ON ledger_balances, ledger_legs FROM PUBLIC, outcry_app",
    "GRANT SELECT ON ledger_balances, ledger_legs TO outcry_app",
    f"REVOKE ALL ON FUNCTION {_BIND}, {_BIND_BEFORE}, ledger_rows(uuid[], text[]) FROM PUBLIC, outcry_app",
    f"GRANT EXECUTE ON FUNCTION {_BIND} TO outcry_app",
]


def upgrade() -> None:
    for statement in (*_TABLES, *_FUNCTIONS, *_RIGHTS):
        op.execute(statement)
