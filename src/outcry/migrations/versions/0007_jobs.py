"""Tables and functions of background jobs: procrastinate's own, as its version 3.10 has them."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SCHEMA = Path(__file__).resolve().parent.parent / "sql" / "procrastinate_3_10.sql"


def upgrade() -> None:
    # Straight to the driver: the script has many statements, and colons and percent signs that are not parameters.
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(_SCHEMA.read_text())
