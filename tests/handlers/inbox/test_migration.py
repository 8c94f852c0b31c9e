"""The shape of the database."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from handlers.inbox import migration
from handlers.inbox.database import Database
from handlers.inbox.tables import Table
from schemas.settings import SettingsError


def test_the_migrations_make_exactly_the_tables_that_the_code_expects(either: Database) -> None:
    with either.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Table.metadata) == []
    assert migration.is_current(either)


def test_migrating_again_changes_nothing(either: Database) -> None:
    migration.migrate(either)
    assert migration.is_current(either)


def test_an_empty_database_is_not_current_and_the_way_back_leaves_it_empty(database_url: str) -> None:
    database = Database(database_url)
    assert not migration.is_current(database)
    migration.migrate(database)
    with database.writing() as connection:
        command.downgrade(migration._config(connection), "base")
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    database.close()


def test_a_database_of_a_newer_version_is_refused_in_one_line(either: Database) -> None:
    with either.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match=r"schema 9999.*run the newer version") as refused:
        migration.migrate(either)
    assert "\n" not in str(refused.value)
    assert not migration.is_current(either)


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense", ""])
def test_a_database_of_another_kind_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(SettingsError, match=r"database_url must be"):
        Database(url)
