"""Parquet in and out, through DuckDB: rows become the JSON of the contract, and lines of results become typed columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handlers.feeds import FeedError
from schemas.movements import Movement
from wealthwatch.backtesting.files import ITEMS_TOGETHER, File
from wealthwatch.backtesting.routing import Gathered, Share

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AMOUNTS = frozenset({"amount", "balance_after", "quantity"})
"""Written as decimal strings by the contract, also where a table has whole numbers."""
INSTALL = "pip install 'wealthwatch[parquet]'"


def connect() -> DuckDBPyConnection:
    """A database in memory; one thread, so that rows stay in their order.

    Raises:
        FeedError: DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise FeedError(f"Parquet needs DuckDB: {INSTALL}") from error
    db = duckdb.connect()
    db.execute("SET threads = 1; SET preserve_insertion_order = true; SET TimeZone = 'UTC'")
    return db


@dataclass(frozen=True)
class Table(File):
    """Movements in a Parquet file whose columns are the contract's fields; a movement's number is its row, from 1 on."""

    path: Path

    @property
    def size(self) -> int:
        """Rows."""
        with connect() as db:
            return int(self._ask(db, "SELECT count(*) FROM read_parquet($path)").fetchall()[0][0])

    def gather(self, share: Share, largest: int) -> Iterator[tuple[int, int, Gathered]]:  # noqa: ARG002
        """See `Source`."""
        with connect() as db:
            columns = self._columns(db)
            if "customer_id" not in columns:
                raise FeedError(f"{self.path} has no column customer_id; its columns should be the fields of a movement")
            ours = self._ours(db, share)
            made = "json_merge_patch('{}', to_json({" + ", ".join(f"'{name}': {columns[name]}" for name in columns) + "}))"
            rows = self._ask(
                db,
                f"SELECT file_row_number + 1, customer_id, {made} FROM read_parquet($path, file_row_number = true) "  # noqa: S608
                f"WHERE {'customer_id IS NULL OR ' if ours else ''}customer_id IN (SELECT customer_id FROM ours)",
            )
            last = 0
            while batch := self._fetched(rows):
                gathered = Gathered()
                last = batch[-1][0]
                share.of_items(((number, owner.encode() if owner else None, text.encode()) for number, owner, text in batch), gathered)
                yield last, last, gathered
        yield self.size, self.size, {}

    def _columns(self, db: DuckDBPyConnection) -> dict[str, str]:
        """The contract's fields that are there, and the expression that gives each as the contract writes it."""
        relation = self._ask(db, "SELECT * FROM read_parquet($path) LIMIT 0")
        found = {name: kind for name, kind, *_ in relation.description or () if name in Movement.model_fields}
        return {name: _as_json(f'"{name}"', name, kind) for name, kind in found.items()}

    def _ours(self, db: DuckDBPyConnection, share: Share) -> bool:
        """Make a table of this share's customers; whether it has those that name nobody, too."""
        db.execute("CREATE TABLE ours (customer_id VARCHAR)")
        names = [name for (name,) in self._ask(db, "SELECT DISTINCT customer_id FROM read_parquet($path)").fetchall()]
        ours = [name for name in names if name is not None and share.group(str(name).encode()) is not None]
        if ours:
            db.execute("INSERT INTO ours SELECT unnest($ours)", {"ours": ours})
        return share.group(b"") is not None

    def _ask(self, db: DuckDBPyConnection, query: str) -> DuckDBPyConnection:
        with self._readable():
            return db.execute(query, {"path": str(self.path)})

    def _fetched(self, rows: DuckDBPyConnection) -> list[tuple[int, str | None, str]]:
        with self._readable():
            return rows.fetchmany(ITEMS_TOGETHER)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        import duckdb

        try:
            yield
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise FeedError(f"{self.path} is no Parquet file that can be read: {str(error).splitlines()[0]}") from error


def write(lines: Path, columns: Mapping[str, str], out: Path) -> None:
    """Write lines of JSON as a Parquet file, in their order.

    Args:
        lines: the file to read.
        columns: SQL types by name.
        out: the file to write.
    """
    with connect() as db:
        types = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items()) + "}"
        read = f"read_json($lines, format = 'newline_delimited', columns = {types}, maximum_object_size = 67108864)"
        db.execute(
            f"COPY (SELECT * FROM {read}) TO '{_quoted(out)}' (FORMAT parquet, COMPRESSION zstd)",  # noqa: S608 - no parameters there
            {"lines": str(lines)},
        )


def _as_json(place: str, name: str, kind: Any) -> str:
    """The SQL for a column or a field of one."""
    if kind.id == "struct":
        fields = ", ".join(f"'{inner}': {_as_json(f'{place}.{_name(inner)}', inner, of)}" for inner, of in kind.children)
        return f"CASE WHEN {place} IS NULL THEN NULL ELSE {{{fields}}} END"
    if kind.id == "timestamp with time zone":
        return f"strftime({place}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    if kind.id == "decimal":
        return f"rtrim(rtrim({place}::VARCHAR, '0'), '.')" if dict(kind.children)["scale"] else f"{place}::VARCHAR"
    if name in AMOUNTS and kind.id.endswith(("bigint", "integer", "smallint", "tinyint", "hugeint")):
        return f"{place}::VARCHAR"
    return place


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
