"""Tables of identity."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATEMENTS: list[str] = []


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
