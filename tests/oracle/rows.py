"""The sample's rows in DuckDB: each movement with its value in the base currency, its flow, its date, the balance and AUM around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from os import getpid
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import duckdb

from schemas.settings import Bank

EXTERNAL = "'deposit', 'withdrawal', 'transfer_in', 'transfer_out', 'salary', 'card_payment', 'bill_payment', 'cheque'"
"""Copied from the contract's table of flows, not from its code."""
LIABILITIES = "'loan', 'credit_card'"
MEMORY = "2GB"
AT_ONCE = 10_000

COLUMNS = """{
    event_id: 'VARCHAR', source: 'VARCHAR', account_id: 'VARCHAR', customer_id: 'VARCHAR', asset_class: 'VARCHAR', kind: 'VARCHAR',
    direction: 'VARCHAR', amount: 'VARCHAR', currency: 'VARCHAR', balance_after: 'VARCHAR', occurred_at: 'VARCHAR', snapshot: 'BOOLEAN',
    instrument: 'VARCHAR', issuer: 'VARCHAR', counterparty: 'STRUCT(account VARCHAR, name VARCHAR, customer_id VARCHAR)',
    reverses: 'STRUCT(event_id VARCHAR, occurred_at VARCHAR, kind VARCHAR)'}"""

ROUNDING = """
CREATE MACRO half_even(i, unit) AS
    i // unit + CASE WHEN i % unit * 2 > unit OR (i % unit * 2 = unit AND i // unit % 2 = 1) THEN 1 ELSE 0 END;
CREATE MACRO whole(x, scale) AS (abs(x::DECIMAL(38, 8)) * scale)::HUGEINT;
CREATE MACRO converted(amount, rate) AS (
    CASE WHEN rate = 1 THEN amount
    ELSE (sign(amount) * half_even(whole(amount, 10000) * whole(rate, 100000000), 100000000::HUGEINT))::DECIMAL(38, 0) * 0.0001
    END)::DECIMAL(30, 4);
"""
"""Amount x rate, rounded half to even at 4 decimals, in whole numbers."""

LOADING = f"""
CREATE TABLE rates AS SELECT of AS currency, price::DECIMAL(18, 8) AS rate FROM prices WHERE currency = $base
    UNION ALL SELECT $base, 1;
CREATE TABLE arrived AS
    SELECT n, event_id, source, account_id, customer_id, asset_class, kind, direction, currency,
        amount::DECIMAL(22, 4) AS amount, balance_after::DECIMAL(22, 4) AS told, occurred_at::TIMESTAMPTZ AS moment,
        timezone($zone, occurred_at::TIMESTAMPTZ)::DATE AS date, coalesce(snapshot, false) AS snapshot, instrument, issuer,
        counterparty.account AS other_account, counterparty.customer_id AS other_customer,
        coalesce(counterparty.account, counterparty.name) AS payee,
        reverses.event_id AS reverses, reverses.occurred_at::TIMESTAMPTZ AS reversed_at, reverses.kind AS reversed_kind
    FROM lines
    QUALIFY row_number() OVER (PARTITION BY source, event_id ORDER BY n) = 1;
CREATE TABLE owned AS SELECT DISTINCT customer_id AS owner, account_id AS own_account FROM arrived;
CREATE TABLE balances AS
    SELECT a.*, rate, asset_class NOT IN ({LIABILITIES}) AS is_asset, CASE direction WHEN 'credit' THEN amount ELSE -amount END AS change,
        (sum(change) OVER (PARTITION BY account_id ORDER BY n))::DECIMAL(30, 4) AS balance, balance - change AS balance_before
    FROM arrived a JOIN rates USING (currency);
CREATE TABLE movements AS
    SELECT balances.*, 2 * n + 1 AS place, max(date) OVER (ORDER BY n) AS today,
        converted(amount, rate) AS value, converted(balance, rate) AS balance_value,
        CASE WHEN is_asset THEN converted(balance, rate) - converted(balance_before, rate) ELSE 0 END AS aum_change,
        coalesce(sum(aum_change) OVER (PARTITION BY customer_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
            ::DECIMAL(30, 4) AS aum_before,
        NOT snapshot AND coalesce(reversed_kind, kind) IN ({EXTERNAL}) AND (other_customer IS DISTINCT FROM customer_id)
            AND own_account IS NULL AS external
    FROM balances LEFT JOIN owned ON owner = customer_id AND own_account = other_account;
"""
"""A movement's `place` is where it is asked about; a tick before movement n has place 2 n. `today` is the latest date so far."""

FLOWS = """
CREATE TABLE {flows} AS
    SELECT n, place, today, customer_id, account_id, payee, kind = 'reversal' AS undone, reverses,
        CASE WHEN kind <> 'reversal' THEN direction WHEN direction = 'credit' THEN 'debit' ELSE 'credit' END AS way,
        CASE WHEN kind = 'reversal' THEN timezone($zone, reversed_at)::DATE ELSE date END AS bucket,
        CASE WHEN kind = 'reversal' THEN reversed_at ELSE moment END AS moment, date,
        CASE WHEN kind = 'reversal' THEN -value ELSE value END AS value
    FROM {movements} WHERE external
"""
"""A flow is an external movement, or one undone: that counts against the original's direction, on the original's date."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Files of a sample; without prices all money is in the base currency."""

    movements: Path
    customers: Path | None = None
    prices: Path | None = None

    @classmethod
    def beside(cls, movements: Path) -> Paths:
        """The files that stand beside a sample."""
        sides = (movements.with_name(f"{movements.stem}.{what}.jsonl") for what in ("customers", "prices"))
        return cls(movements, *(side if side.is_file() else None for side in sides))


def open_sample(paths: Paths, bank: Bank) -> duckdb.DuckDBPyConnection:
    """A database with the tables of `LOADING`, `flows` and `profiles`; what does not fit into its memory goes to a temporary folder.

    Raises:
        ValueError: a movement has no rate, or tells another balance than the sum of the movements before it.
    """
    db = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(Path(gettempdir()) / f"oracle-{getpid()}")})
    db.execute("SET preserve_insertion_order = true; SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    read = f"read_json($path, format = 'newline_delimited', columns = {COLUMNS})"
    db.execute(f"CREATE TABLE lines AS SELECT row_number() OVER () AS n, * FROM {read}", {"path": str(paths.movements)})
    _side(db, "prices", paths.prices, "of: 'VARCHAR', currency: 'VARCHAR', price: 'VARCHAR'")
    _side(db, "profiles", paths.customers, "customer_id: 'VARCHAR', tier: 'VARCHAR', household_id: 'VARCHAR'")
    db.execute(ROUNDING)
    for statement in filter(str.strip, LOADING.split(";\n")):
        named = {"base": bank.base_currency, "zone": bank.time_zone}
        db.execute(statement, {name: value for name, value in named.items() if f"${name}" in statement})
    db.execute("DROP TABLE lines")
    db.execute(FLOWS.format(flows="flows", movements="movements"), {"zone": bank.time_zone})
    _trust(db)
    return db


def streamed(db: duckdb.DuckDBPyConnection, sql: str, named: Mapping[str, Any] | None = None) -> Iterator[tuple[Any, ...]]:
    """The rows of a query a few at a time; no other query runs on this connection meanwhile."""
    result = db.execute(sql, named or {})
    while rows := result.fetchmany(AT_ONCE):
        yield from rows


def final_balances(db: duckdb.DuckDBPyConnection) -> dict[str, Decimal]:
    """The balance of every account after the last movement, in its currency."""
    return dict(db.execute("SELECT account_id, arg_max(balance, n) FROM movements GROUP BY ALL").fetchall())


def _side(db: duckdb.DuckDBPyConnection, name: str, path: Path | None, columns: str) -> None:
    source = "read_json($path, format = 'newline_delimited', columns = {" + columns + "})"
    if path is not None:
        db.execute(f"CREATE TABLE {name} AS SELECT * FROM {source}", {"path": str(path)})
    else:
        db.execute(f"CREATE TABLE {name} ({columns.replace(':', '').replace(chr(39), '')})")


def _trust(db: duckdb.DuckDBPyConnection) -> None:
    """The sums below hold only while no balance is corrected on the way and every currency has its rate."""
    breaks = db.execute("SELECT count(*) FROM movements WHERE told IS NOT NULL AND told <> balance").fetchone()
    lost = db.execute("SELECT (SELECT count(*) FROM arrived) - (SELECT count(*) FROM movements)").fetchone()
    if (breaks and breaks[0]) or (lost and lost[0]):
        raise ValueError(f"not a sample for this oracle: {breaks} balances disagree, {lost} movements without a rate")
    several = "count(DISTINCT instrument) > 1 OR count(DISTINCT issuer) > 1"
    if twice := db.execute(f"SELECT account_id FROM movements GROUP BY ALL HAVING {several} LIMIT 1").fetchone():
        raise ValueError(f"not a sample for this oracle: account {twice[0]} holds two instruments")
