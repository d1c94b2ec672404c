"""The desk decides from memory and proves it in the commit; the history alone says who has bid where.

The table of bidders beside the history cost every first bid three index entries and said nothing more.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Proves that what a desk decided from memory is what it would decide now: the auctions are as it knew them (and stay
# so when locked), its idea of the time is this clock's within `p_within`, nobody was suspended or blocked since, and no
# key is known already. A version is a row's xmin; NULL stands for "as the batch before on this connection left it",
# whose number the desk cannot know yet. Raises OC001 otherwise.
_GUARD = """
CREATE FUNCTION desk_guard(
    p_lock boolean, p_auctions uuid[], p_versions bigint[], p_now timestamptz, p_within interval,
    p_restrictions bigint, p_key_auctions uuid[], p_key_bidders uuid[], p_keys text[],
    OUT xid bigint, OUT now_us bigint
) LANGUAGE plpgsql AS $$
DECLARE
    same bigint;
    clock timestamptz;
    mine bigint := coalesce(nullif(current_setting('outcry.batch', true), ''), '0')::bigint;
BEGIN
    IF p_lock THEN
        -- Ordered, as everyone who locks auctions does.
        SELECT count(*) INTO same FROM (
            SELECT FROM unnest(p_auctions, p_versions) AS k (id, version) JOIN auctions a ON a.id = k.id
            WHERE a.xmin::text::bigint = coalesce(k.version, mine) ORDER BY a.id FOR NO KEY UPDATE OF a
        ) AS locked;
        xid := pg_current_xact_id()::xid::text::bigint;
        PERFORM set_config('outcry.batch', xid::text, false);
    ELSE
        SELECT count(*) INTO same FROM unnest(p_auctions, p_versions) AS k (id, version)
        JOIN auctions a ON a.id = k.id WHERE a.xmin::text::bigint = coalesce(k.version, mine);
    END IF;
    clock := clock_timestamp();
    now_us := (extract(epoch FROM clock) * 1000000)::bigint;
    IF same <> cardinality(p_auctions)
        OR clock < p_now OR clock > p_now + p_within
        OR p_restrictions <> (SELECT version FROM restriction_version)
        OR (cardinality(p_keys) > 0 AND EXISTS (
            SELECT FROM unnest(p_key_auctions, p_key_bidders, p_keys) AS k (auction_id, bidder_id, key)
            JOIN bids b ON b.bidder_id = k.bidder_id AND b.auction_id = k.auction_id AND b.idempotency_key = k.key
        ))
    THEN
        RAISE EXCEPTION 'the auctions are not as the desk knew them' USING ERRCODE = 'OC001';
    END IF;
END $$
"""


def upgrade() -> None:
    op.execute("DROP TABLE auction_bidders")
    op.execute(_GUARD)
