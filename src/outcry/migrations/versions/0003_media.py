"""Tables of media."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATEMENTS: list[str] = []


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
