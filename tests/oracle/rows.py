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
    instrument: 'VARCHAR', quantity: 'VARCHAR', issuer: 'VARCHAR',
    counterparty: 'STRUCT(account VARCHAR, name VARCHAR, customer_id VARCHAR)',
    reverses: 'STRUCT(event_id VARCHAR, occurred_at VARCHAR, kind VARCHAR)'}"""

ROUNDING = """
CREATE MACRO half_even(i, unit) AS
    i // unit + CASE WHEN i % unit * 2 > unit OR (i % unit * 2 = unit AND i // unit % 2 = 1) THEN 1 ELSE 0 END;
CREATE MACRO whole(x, scale) AS (abs(x::DECIMAL(38, 8)) * scale)::HUGEINT;
CREATE MACRO converted(amount, rate) AS (
    CASE WHEN rate = 1 THEN amount
    ELSE (sign(amount) * half_even(whole(amount, 10000) * whole(rate, 100000000), 100000000::HUGEINT))::DECIMAL(38, 0) * 0.0001
    END)::DECIMAL(30, 4);
CREATE MACRO worth_of(held, price, rate) AS
    ((sign(held) * half_even(whole(held, 100000000) * whole(price, 10000) * whole(rate, 100000000), 10000000000000000::HUGEINT))
        ::DECIMAL(38, 0) * 0.0001)::DECIMAL(30, 4);
"""
"""Amount x rate, and quantity x price x rate, rounded half to even at 4 decimals, in whole numbers; a price has 4 decimals here."""

LOADING = f"""
CREATE TABLE rates AS SELECT of AS currency, price::DECIMAL(18, 8) AS rate FROM prices WHERE currency = $base AND length(of) = 3
    UNION ALL SELECT $base, 1;
CREATE TABLE arrived AS
    SELECT n, event_id, source, account_id, customer_id, asset_class, kind, direction, currency,
        amount::DECIMAL(22, 4) AS amount, balance_after::DECIMAL(22, 4) AS told, occurred_at::TIMESTAMPTZ AS moment,
        timezone($zone, occurred_at::TIMESTAMPTZ)::DATE AS date, coalesce(snapshot, false) AS snapshot, instrument, issuer,
        coalesce(quantity::DECIMAL(27, 8), 0) AS quantity,
        counterparty.account AS other_account, counterparty.customer_id AS other_customer,
        coalesce(counterparty.account, counterparty.name) AS payee,
        reverses.event_id AS reverses, reverses.occurred_at::TIMESTAMPTZ AS reversed_at, reverses.kind AS reversed_kind
    FROM lines
    QUALIFY row_number() OVER (PARTITION BY source, event_id ORDER BY n) = 1;
CREATE TABLE owned AS SELECT DISTINCT customer_id AS owner, account_id AS own_account FROM arrived;
CREATE TABLE priced AS
    WITH moments AS (SELECT moment AS since, min(n) AS n FROM arrived GROUP BY ALL),
    holders AS (
        SELECT customer_id, account_id, asset_class, currency, max(instrument) AS instrument, max(issuer) AS issuer, min(n) AS first
        FROM arrived GROUP BY ALL HAVING count(instrument) > 0 AND bool_or(quantity <> 0))
    SELECT m.n, h.* EXCLUDE first, 'price' AS kind, 'credit' AS direction, 0::DECIMAL(22, 4) AS amount, 0::DECIMAL(27, 8) AS quantity,
        p.moment, timezone($zone, p.moment)::DATE AS date, true AS snapshot, p.price, p.priced_in
    FROM (SELECT of AS instrument, currency AS priced_in, price::DECIMAL(18, 8) AS price, "at"::TIMESTAMPTZ AS moment FROM prices) p
    ASOF JOIN moments m ON p.moment <= m.since JOIN holders h USING (instrument) WHERE h.first < m.n;
CREATE TABLE told AS
    SELECT * REPLACE (row_number() OVER (ORDER BY n, price IS NULL, moment, account_id) AS n)
    FROM (SELECT * FROM arrived UNION ALL BY NAME SELECT * FROM priced);
CREATE TABLE balances AS
    SELECT a.*, r.rate, asset_class NOT IN ({LIABILITIES}) AS is_asset, CASE direction WHEN 'credit' THEN amount ELSE -amount END AS change,
        (sum(change) OVER in_order)::DECIMAL(30, 4) AS balance, (sum(quantity) OVER in_order)::DECIMAL(27, 8) AS held,
        max(CASE WHEN a.price IS NOT NULL THEN n END) OVER in_order AS priced_n,
        max(CASE WHEN a.price IS NULL AND (told IS NOT NULL OR snapshot) THEN n END) OVER in_order AS stated_n,
        last_value(a.price IGNORE NULLS) OVER in_order AS last_price, last_value(p.rate IGNORE NULLS) OVER in_order AS last_rate
    FROM told a JOIN rates r USING (currency) LEFT JOIN rates p ON p.currency = a.priced_in
    WINDOW in_order AS (PARTITION BY account_id ORDER BY n);
CREATE TABLE movements AS
    WITH worths AS (
        SELECT *, CASE WHEN priced_n > coalesce(stated_n, 0) THEN worth_of(held, last_price, last_rate) ELSE converted(balance, rate) END
            AS worth FROM balances),
    changes AS (
        SELECT *, CASE WHEN is_asset THEN worth - lag(worth, 1, 0) OVER (PARTITION BY account_id ORDER BY n) ELSE 0 END AS aum_change
        FROM worths)
    SELECT changes.*, 2 * n + 1 AS place, max(date) OVER (ORDER BY n) AS today,
        converted(amount, rate) AS value, converted(balance, rate) AS balance_value,
        coalesce(sum(aum_change) OVER (PARTITION BY customer_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
            ::DECIMAL(30, 4) AS aum_before,
        NOT snapshot AND coalesce(reversed_kind, kind) IN ({EXTERNAL}) AND (other_customer IS DISTINCT FROM customer_id)
            AND own_account IS NULL AS external
    FROM changes LEFT JOIN owned ON owner = customer_id AND own_account = other_account;
"""
"""A movement's `place` is where it is asked about; a tick before movement n has place 2 n. `today` is the latest date so far.

A price of an instrument is a row of each account that holds it, of kind `price`, before the tick and the movement of its instant. It is
seen at a customer's next movement or tick, and changes the close of that date; so it must come at a midnight here. A price and a stated
balance are each the worth until the other comes; a movement that states none carries the price forward.
"""

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
    _side(db, "prices", paths.prices, "of: 'VARCHAR', currency: 'VARCHAR', price: 'VARCHAR', \"at\": 'VARCHAR'")
    _side(db, "profiles", paths.customers, "customer_id: 'VARCHAR', tier: 'VARCHAR', household_id: 'VARCHAR'")
    db.execute(ROUNDING)
    for statement in filter(str.strip, LOADING.split(";\n")):
        named = {"base": bank.base_currency, "zone": bank.time_zone}
        db.execute(statement, {name: value for name, value in named.items() if f"${name}" in statement})
    db.execute("DROP TABLE lines")
    db.execute(FLOWS.format(flows="flows", movements="movements"), {"zone": bank.time_zone})
    _trust(db, bank.time_zone)
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


def _trust(db: duckdb.DuckDBPyConnection, zone: str) -> None:
    """The sums below hold only while no balance is corrected on the way and every currency has its rate."""
    breaks = db.execute("SELECT count(*) FROM movements WHERE told IS NOT NULL AND told <> balance").fetchone()
    lost = db.execute("SELECT (SELECT count(*) FROM told) - (SELECT count(*) FROM movements)").fetchone()
    if (breaks and breaks[0]) or (lost and lost[0]):
        raise ValueError(f"not a sample for this oracle: {breaks} balances disagree, {lost} movements without a rate")
    if row := db.execute("SELECT moment FROM priced WHERE timezone($zone, moment)::TIME <> '00:00:00' LIMIT 1", {"zone": zone}).fetchone():
        raise ValueError(f"not a sample for this oracle: a price at {row[0]}, which is no midnight")
    several = "count(DISTINCT instrument) > 1 OR count(DISTINCT issuer) > 1"
    if twice := db.execute(f"SELECT account_id FROM movements GROUP BY ALL HAVING {several} LIMIT 1").fetchone():
        raise ValueError(f"not a sample for this oracle: account {twice[0]} holds two instruments")
