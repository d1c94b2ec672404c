"""Nothing is held in a wallet whose held account nobody has opened (SPEC MON-1, MON-5).

0019 has what is held on the row of the `available` account, and with it went what proved the `held` account: a desk
that took a wallet for opened held money that no account showed. The first hold of a wallet is refused there now, as
what a desk knew wrongly is, and those wallets are opened.
"""

from uuid import UUID, uuid5

from alembic import op
from sqlalchemy import text

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# As accounts are named.
_NAMESPACE = UUID("5a1f3c86-7c0e-5b7e-9a55-0d1ed6e20a11")

_NOT_OPENED = """
SELECT f.owner_id, f.currency FROM ledger_accounts f WHERE f.kind = 'available' AND f.held_count > 0 AND NOT EXISTS (
    SELECT FROM ledger_accounts h WHERE h.owner_id = f.owner_id AND h.kind = 'held' AND h.currency = f.currency)
"""
_OPEN = "INSERT INTO ledger_accounts (id, kind, owner_id, currency) VALUES (:id, 'held', :owner_id, :currency)"

_STATEMENTS = [
    # By the owner's index, whatever a plan made on a young table thinks: see 0019.
    """
    CREATE FUNCTION ledger_wallet_opened() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM ledger_accounts h WHERE h.owner_id = NEW.owner_id
            AND CASE WHEN h.kind = 'held' THEN h.currency = NEW.currency ELSE false END)
        THEN
            RAISE EXCEPTION 'the wallets are not as the desk knew them' USING ERRCODE = 'OC001';
        END IF;
        RETURN NULL;
    END $$
    """,
    "REVOKE ALL ON FUNCTION ledger_wallet_opened() FROM PUBLIC",
    """
    CREATE TRIGGER opened AFTER UPDATE ON ledger_accounts FOR EACH ROW
    WHEN (OLD.held_count = 0 AND NEW.held_count > 0) EXECUTE FUNCTION ledger_wallet_opened()
    """,
]


def upgrade() -> None:
    connection = op.get_bind()
    for owner_id, currency in connection.execute(text(_NOT_OPENED)).fetchall():
        identity = uuid5(_NAMESPACE, f"held:{owner_id}:{currency}")
        connection.execute(text(_OPEN), {"id": identity, "owner_id": owner_id, "currency": currency})
    for statement in _STATEMENTS:
        op.execute(statement)
