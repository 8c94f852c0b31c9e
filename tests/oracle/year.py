"""`make test-oracle`: a year of a bank through `wealthwatch backtest`, beside what the oracle counts; 0 where they agree, else 1.

In 365 days nobody has rested for a year: for dormant_reactivated, give ARGS='--days 400'.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from schemas.settings import Settings
from tests.oracle import Paths, expected
from tests.oracle.agreement import COMPARED, agreements, openings
from wealthwatch.configuration import environment_of
from wealthwatch.simulation import Plan, write


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the agreement rule by rule."""
    parser = argparse.ArgumentParser(prog="make test-oracle", description="Hold a backtest of a simulated bank to SQL.")
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        feed, out = Path(folder) / "bank.jsonl", Path(folder) / "out"
        write(Plan(seed=asked.seed, customers=asked.customers, days=asked.days, start=date(2025, 1, 1)), feed)
        settings = Settings()
        command = [sys.executable, "-m", "wealthwatch", "backtest", str(feed), "--out", str(out), "--jobs", str(asked.jobs)]
        began = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False, env={**os.environ, **environment_of(settings)})
        if done.returncode:
            return done.returncode
        print(f"backtest of {asked.customers:,} customers, {asked.days} days: {time.monotonic() - began:,.0f} s", flush=True)
        began = time.monotonic()
        counted = expected(Paths.beside(feed), settings, COMPARED)
        print(f"oracle: {time.monotonic() - began:,.0f} s\n", flush=True)
        found = agreements(counted, openings(out / "notifications.jsonl"))
    print(*found, sep="\n")
    same, differ = sum(one.same for one in found), sum(len(one.differences) for one in found)
    print(f"{'all':26}{same:9,} the same {differ:9,} differ")
    return 1 if differ or not same else 0


if __name__ == "__main__":
    sys.exit(main())
