"""Parquet in: the same movements find the same. Parquet out: the same as the lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from handlers.feeds import FeedError
from schemas.notifications import Notification
from wealthwatch.backtesting.columns import columns_of
from wealthwatch.backtesting.parquet import Table
from wealthwatch.backtesting.routing import Share

from .conftest import Run

LARGEST = 262_144


def told(out: Path) -> list[dict[str, Any]]:
    """The notifications without the text of instants, which a table of instants does not keep."""
    found = [json.loads(line) for line in (out / "notifications.jsonl").read_bytes().splitlines()]
    for one in found:
        for trigger in one["evidence"]["triggers"]:
            trigger.pop("occurred_at")
    return found


def rows(path: Path, share: Share | None = None) -> list[dict[str, Any]]:
    gathered = [group for _, _, some in Table(path).gather(share or Share(0, 1, {}), LARGEST) for group in some.values()]
    return [json.loads(value or b"") for _, _, value in sorted(item for group in gathered for item in group)]


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_table_of_movements_is_the_same_feed(bank: Path, results: Path, backtest: Run, tmp_path: Path, jobs: int) -> None:
    """With instants, dates and exact numbers in columns of their own types."""
    table = tmp_path / "bank.parquet"
    duckdb.execute(
        "COPY (SELECT * REPLACE (occurred_at::TIMESTAMPTZ AS occurred_at, amount::DECIMAL(22, 4) AS amount, "
        "balance_after::DECIMAL(30, 8) AS balance_after, quantity::DECIMAL(30, 10) AS quantity) "
        f"FROM read_json('{bank}', format = 'newline_delimited', sample_size = -1)) TO '{table}' (ROW_GROUP_SIZE 5000)"
    )
    sides = ("--customers", bank.with_name("bank.customers.jsonl"), "--prices", bank.with_name("bank.prices.jsonl"))
    backtest(table, "--out", tmp_path / "out", "--jobs", str(jobs), *sides)
    assert (tmp_path / "out" / "positions.jsonl").read_bytes() == (results / "positions.jsonl").read_bytes()
    assert told(tmp_path / "out") == told(results)


def test_a_row_becomes_the_contracts_json(tmp_path: Path) -> None:
    duckdb.execute(
        "COPY (SELECT 1 AS schema_version, 'c1' AS customer_id, 1000 AS amount, 12.5000::DECIMAL(18, 4) AS balance_after, "
        "'2025-03-01 09:30:00.5+08'::TIMESTAMPTZ AS occurred_at, '2025-03-01'::DATE AS booked_on, NULL::VARCHAR AS branch, "
        "true AS snapshot, "
        "{'name': 'ICBC', 'bank': NULL::VARCHAR} AS counterparty, NULL::STRUCT(event_id VARCHAR, occurred_at TIMESTAMPTZ) AS reverses, "
        f"'of the warehouse' AS loaded_by) TO '{tmp_path / 'one.parquet'}'"
    )
    assert rows(tmp_path / "one.parquet") == [
        {
            "schema_version": 1,
            "customer_id": "c1",
            "amount": "1000",
            "balance_after": "12.5",
            "occurred_at": "2025-03-01T01:30:00.500000Z",
            "booked_on": "2025-03-01",
            "snapshot": True,
            "counterparty": {"name": "ICBC"},
        }
    ]


def test_rows_stay_in_their_order_and_each_has_one_job(tmp_path: Path) -> None:
    path = tmp_path / "many.parquet"
    duckdb.execute(
        "COPY (SELECT CASE WHEN i % 50 = 7 THEN NULL ELSE 'c' || i % 400 END AS customer_id, i::VARCHAR AS event_id "
        "FROM range(120000) t(i)) "
        f"TO '{path}' (ROW_GROUP_SIZE 3000)"
    )
    shares = [rows(path, Share(job, 3, {})) for job in range(3)]
    assert sorted(int(row["event_id"]) for share in shares for row in share) == list(range(120_000))
    assert all(len(share) > 20_000 for share in shares)
    numbers = [number for _, _, some in Table(path).gather(Share(1, 3, {}), LARGEST) for items in some.values() for number, _, _ in items]
    assert len(numbers) == len(set(numbers)) == len(shares[1])
    for _, _, some in Table(path).gather(Share(1, 3, {}), LARGEST):
        assert all([number for number, _, _ in items] == sorted(number for number, _, _ in items) for items in some.values())


def test_what_is_no_table_of_movements_says_so(tmp_path: Path) -> None:
    (tmp_path / "no.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(FeedError, match="is no Parquet file"):
        _ = Table(tmp_path / "no.parquet").size
    duckdb.execute(f"COPY (SELECT 1 AS x) TO '{tmp_path / 'x.parquet'}'")
    with pytest.raises(FeedError, match="no column customer_id"):
        rows(tmp_path / "x.parquet")


def test_results_in_parquet_are_the_lines(bank: Path, backtest: Run, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("[rules.large_inflow]\nparameters = { pct = '0.2' }\n", encoding="utf-8")
    outs = [tmp_path / "one", tmp_path / "two"]
    for jobs, out in enumerate(outs, 1):
        backtest(bank, "--out", out, "--parquet", "--compare", tmp_path / "other.toml", "--jobs", str(jobs))
    for name, nested in (("notifications", ("rule", "title")), ("positions", ()), ("changes", ("title",))):
        written = [json.loads(line) for line in (outs[0] / f"{name}.jsonl").read_bytes().splitlines()]
        read = duckdb.execute(f"SELECT to_json(t)::VARCHAR FROM read_parquet('{outs[0] / f'{name}.parquet'}') t").fetchall()
        table = [json.loads(text) for (text,) in read]
        assert len(table) == len(written) > 2
        for row, line in zip(table, written, strict=True):
            for key in ("notification_id", "customer_id", "severity", "change", *nested):
                assert row.get(key) == line.get(key)
        assert (outs[0] / f"{name}.parquet").read_bytes() == (outs[1] / f"{name}.parquet").read_bytes()


def test_every_number_of_a_notification_survives(bank: Path, backtest: Run, tmp_path: Path) -> None:
    backtest(bank, "--out", tmp_path, "--parquet")
    found = duckdb.execute(
        "SELECT message_id, evidence.measured, evidence.aum_after, evidence.allocation_after, occurred_at::TIMESTAMPTZ::VARCHAR, "
        f"evidence.triggers FROM read_parquet('{tmp_path / 'notifications.parquet'}')"
    ).fetchall()
    lines = [Notification.model_validate_json(line) for line in (tmp_path / "notifications.jsonl").read_bytes().splitlines()]
    assert len(found) == len(lines)
    for (message_id, measured, aum, allocation, _, triggers), said in zip(found, lines, strict=True):
        assert message_id == str(said.message_id)
        assert (measured, aum) == (said.evidence.measured, said.evidence.aum_after)
        assert allocation == {str(name): value for name, value in said.evidence.allocation_after.items()}
        assert [(one["event_id"], one["amount"]) for one in triggers] == [(one.event_id, one.amount) for one in said.evidence.triggers]


def test_every_field_of_the_contract_has_a_column() -> None:
    columns = columns_of(Notification)
    assert list(columns) == list(Notification.model_fields)
    assert columns["occurred_at"] == "TIMESTAMPTZ"
    assert columns["title"] == 'STRUCT("zh-CN" VARCHAR, "en" VARCHAR)'
    assert columns["manager_id"] == "VARCHAR"
    assert '"allocation_after" MAP(VARCHAR, DECIMAL(38, 12))' in columns["evidence"]
    assert '"triggers" STRUCT(' in columns["evidence"]
