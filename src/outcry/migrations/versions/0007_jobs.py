"""Tables of jobs."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATEMENTS: list[str] = []


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
