"""Tables of orders."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATEMENTS: list[str] = []


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
