"""The decisions of `wealthwatch backtest` are what the oracle counts: of every rule that it knows, opening by opening, number by number."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.rules import RuleSettings
from schemas.settings import Settings
from tests.oracle import Finding, Paths, Thresholds, expected
from tests.oracle.agreement import COMPARED, Opening, agreements, openings
from wealthwatch.configuration import environment_of
from wealthwatch.simulation import Plan, write

LOW = Decimal(2000)
SETTINGS = Settings(rules={"low_balance": RuleSettings(parameters={"threshold": str(LOW)})})
"""No account of the simulated bank is overdrawn in so short a time; so it is low at more than 0 here."""
THRESHOLDS = Thresholds(low_balance=LOW)
HALF_A_YEAR = Plan(seed=11, customers=120, days=160, start=date(2025, 1, 1))
OVER_A_YEAR = Plan(seed=7, customers=40, days=400, start=date(2025, 1, 1))
NEEDS_MORE_DAYS = {"above_previous_peak": "six closed months", "dormant_reactivated": "a year of silence"}
"""What 160 days have not got; the other bank has."""
NEEDS_MORE_CUSTOMERS = {"pass_through": "somebody through whom money passes"}
"""What 40 customers have not got; the other bank has."""


def backtest(feed: Path, settings: Settings, *arguments: str) -> list[Opening]:
    """Run the command as a person does; what it told."""
    out = feed.with_suffix(".out")
    command = [sys.executable, "-m", "wealthwatch", "backtest", str(feed), "--out", str(out), "--jobs", "2", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240, env={**os.environ, **environment_of(settings)})
    assert done.returncode == 0, done.stderr
    return list(openings(out / "notifications.jsonl"))


def the_same(counted: set[Finding], told: list[Opening]) -> None:
    """Both say the same, or all that differs is shown."""
    found = agreements(counted, told)
    assert not [one for one in found if one.differences], "\n".join(str(one) for one in found if one.differences)
    assert sum(one.same for one in found) == len(counted) == len(told)


@pytest.mark.parametrize(
    ("plan", "absent"), [(HALF_A_YEAR, NEEDS_MORE_DAYS), (OVER_A_YEAR, NEEDS_MORE_CUSTOMERS)], ids=["160 days", "400 days"]
)
def test_what_opens_in_a_simulated_bank_is_what_the_oracle_counts(tmp_path: Path, plan: Plan, absent: dict[str, str]) -> None:
    """Every rule occurs in one of the two banks."""
    assert not NEEDS_MORE_DAYS.keys() & NEEDS_MORE_CUSTOMERS.keys()
    path = tmp_path / "bank.jsonl"
    write(plan, path)
    counted = expected(Paths.beside(path), SETTINGS, COMPARED, THRESHOLDS)
    assert {finding.rule for finding in counted} == COMPARED - absent.keys()
    the_same(counted, backtest(path, SETTINGS))
