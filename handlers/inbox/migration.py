"""Brings the database to the shape this version needs, at start."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from handlers.inbox.database import Database
from schemas.settings import SettingsError

FOLDER = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = 7_402_115
"""PostgreSQL's advisory lock for two inboxes that start together; SQLite locks its file."""


def migrate(database: Database) -> None:
    """Run the migrations that are missing.

    Raises:
        SettingsError: the database was made by a newer version.
    """
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        _refuse_newer(connection)
        command.upgrade(_config(connection), "head")


def is_current(database: Database) -> bool:
    """Whether the database has exactly the shape this version needs."""
    with database.reading() as connection:
        return _revision(connection) == ScriptDirectory(str(FOLDER)).get_current_head()


def _refuse_newer(connection: Connection) -> None:
    found = _revision(connection)
    known = {script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()}
    if found is not None and found not in known:
        raise SettingsError(
            f"the inbox's database has schema {found}, which this version does not know: "
            "run the newer version, or give another inbox.database_url"
        )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
