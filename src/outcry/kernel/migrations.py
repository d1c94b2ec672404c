"""Running the migrations in `outcry/migrations` (Alembic), and telling whether a database is current."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from outcry.kernel.database import sqlalchemy_url

_FOLDER = Path(__file__).resolve().parent.parent / "migrations"


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["url"] = sqlalchemy_url(url)
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` (its owner's URL) to `revision`. Safe to run from many processes at once."""
    command.upgrade(_config(url), revision)


def head_revision() -> str:
    """The newest revision this version of Outcry knows."""
    return ScriptDirectory.from_config(_config("postgresql://")).get_current_head() or ""


def current_revision(url: str) -> str | None:
    """The revision the database stands at, None when it is empty."""
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
