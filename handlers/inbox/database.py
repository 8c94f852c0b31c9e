"""The database of the read model: SQLite as it is shipped, PostgreSQL by URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from handlers.inbox.tables import Table
from schemas.settings import SettingsError

PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=15000", "temp_store=MEMORY", "cache_size=-32000")
Row = Mapping[str, Any]


class Database:
    """Short transactions on one database; on SQLite a writing one takes the lock at once, so that it never fails half-way.

    Raises:
        SettingsError: the URL is not one of SQLite's or PostgreSQL's.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment and changes nothing."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is kept when the block ends and undone when it raises."""
        with self.engine.connect().execution_options(wealthwatch_writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def put(connection: Connection, table: type[Table], rows: Sequence[Row], *, keep: bool = False) -> None:
    """Insert the rows; one whose key is there already takes its place, or with `keep` leaves it alone."""
    if not rows:
        return
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = insert(table)
    keys = [column.name for column in table.__table__.primary_key]
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    statement = (
        statement.on_conflict_do_nothing(index_elements=keys) if keep else statement.on_conflict_do_update(index_elements=keys, set_=others)
    )
    connection.execute(statement, list(rows))


def _engine(url: str) -> Engine:
    # hide_parameters: an error that is logged must not carry a customer's name
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True)
        if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
            return _sqlite(create_engine(parsed, hide_parameters=True))
    except (ArgumentError, NoSuchModuleError):
        pass
    except ModuleNotFoundError:
        raise SettingsError(
            "inbox.database_url is PostgreSQL's, and its driver is not installed: pip install 'wealthwatch[postgres]'"
        ) from None
    raise SettingsError("inbox.database_url must be sqlite:///FILE or postgresql://USER@HOST/NAME")


def _sqlite(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing of its own accord; `begin` below does
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("wealthwatch_writes") else "BEGIN")

    return engine
