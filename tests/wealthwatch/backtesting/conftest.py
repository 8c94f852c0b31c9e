"""A made-up bank that all of these tests read, and the ways to run it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from wealthwatch.simulation import Plan, write

PLAN = Plan(seed=11, customers=150, days=70, start=date(2025, 3, 1))
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its movements; profiles, managers and prices stand beside them."""
    path = tmp_path_factory.mktemp("bank") / "bank.jsonl"
    write(PLAN, path)
    return path


@pytest.fixture(scope="session")
def backtest() -> Run:
    """Run the command as a person does; it must succeed."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "wealthwatch", "backtest", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def results(bank: Path, backtest: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of one job over the whole bank."""
    out = tmp_path_factory.mktemp("results")
    backtest(bank, "--out", out, "--jobs", "1")
    return out
