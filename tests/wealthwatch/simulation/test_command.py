"""`wealthwatch simulate` as a person runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.patience import PATIENCE_S


def _simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wealthwatch", "simulate", *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def test_it_writes_all_files_and_says_what_they_hold(tmp_path: Path) -> None:
    done = _simulate("--seed", "3", "--customers", "20", "--days", "12", "--start", "2024-02-25", "--out", str(tmp_path / "a.jsonl"))
    lines = (tmp_path / "a.jsonl").read_bytes().splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{len(lines):,} movements of 20 customers, 3 managers and heads, 4 planted stories: ")
    assert b'"occurred_at":"2024-02-25T00:00:00+08:00"' in lines[0]
    assert any(b'"booked_on":"2024-02-29"' in line for line in lines)
    sides = {"a.jsonl", "a.customers.jsonl", "a.managers.jsonl", "a.prices.jsonl", "a.stories.json"}
    assert {file.name for file in tmp_path.iterdir()} == sides


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = _simulate("--out", str(tmp_path / "nowhere" / "a.jsonl"))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("wealthwatch: ")
    assert done.stderr.count("\n") == 1


def test_a_start_that_is_no_date_is_refused(tmp_path: Path) -> None:
    done = _simulate("--start", "2024-02-30", "--out", str(tmp_path / "a.jsonl"))
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []
