"""What is written, against SQL over the same rows: positions, findings, figures per manager and day, what a comparison adds and removes."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.notifications import Notification
from schemas.settings import Settings
from tests.oracle import FIRST_RULES, Paths, expected, open_sample
from tests.oracle.rows import final_balances
from wealthwatch.backtesting.tally import quantile

from .conftest import Run

OTHER = """
[rules.large_inflow]
parameters = { pct = "0.2", abs_floor = "70000" }

[rules.large_outflow]
parameters = { abs_floor = "30000" }

[rules.cumulative_outflow]
parameters = { limits = { 7 = "0.8", 30 = "2.5" }, bands = { notice = 1 } }

[rules.near_tier]
mode = "off"
"""


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_balances_units_and_sums_are_those_of_the_rows(bank: Path, results: Path) -> None:
    positions = lines(results / "positions.jsonl")
    with open_sample(Paths.beside(bank), Settings().bank) as db:
        balances = final_balances(db)
        sums = dict(
            db.execute("""
            SELECT customer_id, (sum(value) FILTER (is_asset))::VARCHAR || '/' || sum(value)::VARCHAR
            FROM (SELECT customer_id, account_id, arg_max(balance_value, n) AS value, bool_and(is_asset) AS is_asset
                  FROM movements GROUP BY ALL)
            GROUP BY ALL
            """).fetchall()
        )
        owners = dict(db.execute("SELECT DISTINCT account_id, customer_id FROM movements").fetchall())
        classes = dict(db.execute("SELECT account_id, arg_max(asset_class || '/' || currency, n) FROM movements GROUP BY ALL").fetchall())
    path = str(bank)
    units = dict(
        duckdb.execute(
            "SELECT account_id, sum(quantity::DECIMAL(30, 8)) FROM read_json(?, format = 'newline_delimited') "
            "WHERE quantity IS NOT NULL GROUP BY ALL",
            [path],
        ).fetchall()
    )
    assert [one["customer_id"] for one in positions] == sorted(sums)
    kept = {account["account_id"]: account for one in positions for account in one["accounts"]}
    assert {name: Decimal(account["balance"]) for name, account in kept.items()} == balances
    assert {account["account_id"]: one["customer_id"] for one in positions for account in one["accounts"]} == owners
    assert {name: f"{account['asset_class']}/{account['currency']}" for name, account in kept.items()} == classes
    assert {name: Decimal(account["quantity"]) for name, account in kept.items() if "quantity" in account} == units
    for one in positions:
        assets, net = map(Decimal, sums[one["customer_id"]].split("/"))
        assert (Decimal(one["aum"]), Decimal(one["net_assets"])) == (assets, net)
        assert one["weights"].keys() <= {account["asset_class"] for account in one["accounts"]} - {"loan", "credit_card"}
        assert abs(sum(map(Decimal, one["weights"].values())) - (1 if assets > 0 else 0)) <= Decimal("0.00001")


def test_everybodys_position_is_of_the_same_instant(bank: Path, results: Path) -> None:
    latest = max(datetime.fromisoformat(line["occurred_at"]) for line in lines(bank))
    (as_of,) = {datetime.fromisoformat(one["as_of"]) for one in lines(results / "positions.jsonl")}
    assert 0 < (as_of - latest).total_seconds() <= 3_600
    assert (as_of.minute, as_of.second) == (0, 0)


def test_what_opens_is_what_the_oracle_counts(bank: Path, results: Path) -> None:
    counted = expected(Paths.beside(bank), Settings(), FIRST_RULES)
    wanted = {(one.rule, one.customer_id, one.event_id, one.at) for one in counted}
    found = set()
    for line in (results / "notifications.jsonl").read_bytes().splitlines():
        said = Notification.model_validate_json(line)
        assert said.detected_at == said.occurred_at
        if said.status == "opened" and said.rule.name in FIRST_RULES:
            trigger = said.evidence.triggers[0].event_id if said.evidence.triggers else None
            found.add((said.rule.name, said.customer_id, trigger, said.occurred_at))
    assert len(found) > 50
    assert found == wanted


def test_notifications_are_in_their_order(results: Path) -> None:
    keys = [
        (datetime.fromisoformat(one["occurred_at"]), one["customer_id"], one["rule"]["name"], one["notification_id"], one["message_id"])
        for one in lines(results / "notifications.jsonl")
    ]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_figures_per_manager_and_day_are_sqls(results: Path) -> None:
    told = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    with duckdb.connect() as db:
        db.execute(
            "CREATE TABLE opened AS SELECT rule.name AS rule, severity, manager_id, "
            "timezone('Asia/Shanghai', occurred_at::TIMESTAMPTZ)::DATE AS date "
            "FROM read_json(?, format = 'newline_delimited') WHERE status = 'opened'",
            [str(results / "notifications.jsonl")],
        )
        days, median, p95, largest = (
            db.execute(
                "SELECT count(*), median(n), quantile_cont(n, 0.95), max(n) "
                "FROM (SELECT count(*) AS n FROM opened WHERE manager_id IS NOT NULL GROUP BY manager_id, date)"
            ).fetchone()
            or ()
        )
        where = db.execute(
            "SELECT manager_id, date::VARCHAR FROM opened WHERE manager_id IS NOT NULL "
            "GROUP BY manager_id, date ORDER BY count(*) DESC, manager_id, date LIMIT 1"
        ).fetchone()
        by_rule = db.execute("SELECT rule, severity, count(*) FROM opened GROUP BY ALL").fetchall()
        nobody_s = db.execute("SELECT rule, count(*) FROM opened WHERE manager_id IS NULL GROUP BY ALL").fetchall()
    assert told["notifications"] == sum(count for _, _, count in by_rule)
    assert {(rule, severity): count for rule, counts in told["by_rule"].items() for severity, count in counts.items()} == {
        (rule, severity): count for rule, severity, count in by_rule
    }
    assert told["without_manager"] == sum(count for _, count in nobody_s) > 0
    assert {rule for rule, _ in nobody_s} <= {"pass_through", "drip_outflow"}  # which are no manager's to know
    daily = told["per_manager_per_day"]
    assert (daily["days_with_any"], daily["median"], daily["largest"]) == (days, median, largest)
    assert daily["p95"] == pytest.approx(p95, abs=1e-9)
    assert (daily["largest_manager"], daily["largest_on"]) == where
    managers = {one["manager_id"] for one in lines_of_customers(results)}
    assert daily["days_with_any"] + daily["days_without"] == len(managers) * 70


def lines_of_customers(results: Path) -> list[dict[str, Any]]:
    (feed,) = json.loads((results / "summary.json").read_text(encoding="utf-8"))["feeds"]
    return lines(Path(feed).with_name("bank.customers.jsonl"))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(0, 100))
def test_a_quantile_is_interpolated_as_sql_does(values: list[int], percent: int) -> None:
    found = duckdb.execute(f"SELECT quantile_cont(x, {percent / 100}) FROM unnest(?) AS t(x)", [values]).fetchone()
    assert found is not None
    assert float(quantile(sorted(values), Fraction(percent, 100))) == pytest.approx(found[0], abs=1e-9)


@pytest.fixture(scope="module")
def compared(bank: Path, backtest: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The present rules against others, and the others alone."""
    folder = tmp_path_factory.mktemp("compared")
    (folder / "other.toml").write_text(OTHER, encoding="utf-8")
    done = backtest(bank, "--out", folder / "both", "--compare", folder / "other.toml")
    backtest(bank, "--out", folder / "other", "--rules", folder / "other.toml")
    return folder / "both", folder / "other", done.stdout


def test_a_comparison_adds_and_removes_what_two_separate_runs_differ_in(results: Path, compared: tuple[Path, Path, str]) -> None:
    both, other, _ = compared
    assert (both / "notifications.jsonl").read_bytes() == (results / "notifications.jsonl").read_bytes()
    with duckdb.connect() as db:
        for name, folder in (("before", results), ("after", other)):
            db.execute(
                f"CREATE TABLE {name} AS SELECT notification_id::VARCHAR AS id, severity, rule.name AS rule, customer_id, manager_id "
                "FROM read_json(?, format = 'newline_delimited') WHERE status = 'opened'",
                [str(folder / "notifications.jsonl")],
            )
        gone = {row[0] for row in db.execute("SELECT id FROM before ANTI JOIN after USING (id)").fetchall()}
        new = {row[0] for row in db.execute("SELECT id FROM after ANTI JOIN before USING (id)").fetchall()}
        same = db.execute("SELECT count(*) FROM before JOIN after USING (id, severity)").fetchone()
        other_severity = db.execute("SELECT id FROM before JOIN after USING (id) WHERE before.severity <> after.severity").fetchall()
    changes = lines(both / "changes.jsonl")
    kinds = Counter(one["change"] for one in changes)
    told = json.loads((both / "summary.json").read_text(encoding="utf-8"))["compared"]
    assert all(kinds[kind] for kind in ("added", "removed", "severity"))
    assert kinds["earlier"] + kinds["later"] > 0
    moved = kinds["earlier"] + kinds["later"]
    assert kinds["added"] + moved == len(new)
    assert kinds["removed"] + moved == len(gone)
    assert {one["notification_id"] for one in changes if one["change"] == "added"} <= new
    assert {one["notification_id"] for one in changes if one["change"] == "removed"} <= gone
    assert {one["notification_id"] for one in changes if one["change"] == "severity"} == {name for (name,) in other_severity}
    assert same == (told["same"],)
    assert {kind: told[kind] for kind in kinds} == kinds
    for one in changes:
        if one["change"] in ("earlier", "later"):
            was, is_now = (datetime.fromisoformat(one[name]) for name in ("occurred_at_before", "occurred_at"))
            assert (is_now > was) is (one["change"] == "later")
            assert abs((is_now - was).days) <= 7


def test_a_comparison_says_for_whom(compared: tuple[Path, Path, str]) -> None:
    both, _, said = compared
    changes = lines(both / "changes.jsonl")
    customers = Counter(one["customer_id"] for one in changes)
    managers = Counter(one["manager_id"] for one in changes)
    first = min(name for name, count in customers.items() if count == max(customers.values()))
    assert f"{len(customers):,} customers affected, most of all {first} (" in said
    assert f"{len(managers):,} managers affected" in said
    assert {one["rule"] for one in changes if one["change"] == "removed"} >= {"near_tier"}


def test_the_same_rules_change_nothing(bank: Path, backtest: Run, tmp_path: Path) -> None:
    (tmp_path / "same.toml").write_text("[rules.large_inflow]\nparameters = { pct = '0.1' }\n", encoding="utf-8")
    done = backtest(bank, "--out", tmp_path / "out", "--compare", tmp_path / "same.toml", "--jobs", "2")
    assert "The other rules find the same" in done.stdout
    assert (tmp_path / "out" / "changes.jsonl").read_bytes() == b""


def test_the_table_is_rule_by_severity(results: Path, bank: Path, backtest: Run, tmp_path: Path) -> None:
    told = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    rows = [line.split() for line in backtest(bank, "--out", tmp_path).stdout.splitlines()]
    for rule, counts in told["by_rule"].items():
        (row,) = [row for row in rows if row and row[0] == rule]
        assert [int(cell) for cell in row[1:-1]] == [counts[name] for name in ("critical", "warning", "notice", "info") if name in counts]
        assert int(row[-1]) == sum(counts.values())
