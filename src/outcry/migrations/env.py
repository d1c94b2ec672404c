"""Alembic's environment: one transaction for all revisions, one runner at a time."""

from alembic import context
from sqlalchemy import create_engine, text

# Any constant: every Outcry process that migrates takes the same advisory lock first.
_MIGRATION_LOCK = 7_305_861_204

engine = create_engine(context.config.attributes["url"])
with engine.connect() as connection, connection.begin():
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    context.configure(connection=connection, target_metadata=None, transactional_ddl=True)
    context.run_migrations()
    # Readiness asks, as the app's role, whether the schema is current.
    connection.execute(text("GRANT SELECT ON alembic_version TO outcry_app"))
engine.dispose()
