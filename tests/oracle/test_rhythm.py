"""R34 on tiny cases, each worked out by hand from the text of the rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import Finding
from tests.oracle.samples import Sample

RULE = "recurring_credit_missing"
EMPLOYER = {"account": "****9", "name": "e"}


def midnight(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC) - timedelta(hours=8)


def paid(folder: Path, *dates: str, until: str = "2025-12-01 10:00:00", **more: Any) -> list[Finding]:
    """What is missed after salaries on these dates."""
    sample = Sample(folder)
    for on in dates:
        sample.add(f"{on} 09:00:00", "salary", "10000", **{"counterparty": EMPLOYER, **more})
    sample.add(until, "interest", "1")
    return sample.findings(RULE)


def test_a_salary_is_missed_at_the_first_tick_after_five_dates(tmp_path: Path) -> None:
    """Gaps of 31 and 28: the median is 29.5, so 8 April is expected, and the 13th closes without it."""
    found = paid(tmp_path, "2025-01-10", "2025-02-10", "2025-03-10")
    assert [(one.event_id, one.at, one.window, one.value) for one in found] == [(None, midnight(2025, 4, 14), "****9", Decimal(5))]


@pytest.mark.parametrize(("until", "found"), [("2025-04-13 22:59:59", False), ("2025-04-13 23:00:00", True)])
def test_it_is_not_missed_before_that_tick(tmp_path: Path, until: str, found: bool) -> None:
    assert bool(paid(tmp_path, "2025-01-10", "2025-02-10", "2025-03-10", until=until)) is found


@pytest.mark.parametrize(("fourth", "missed"), [("2025-04-13", 0), ("2025-04-14", 1)])
def test_a_salary_five_dates_late_is_in_time(tmp_path: Path, fourth: str, missed: int) -> None:
    """Five dates late is a gap of 34; the next day it is missed. Then the tenth of May is far away."""
    assert len(paid(tmp_path, "2025-01-10", "2025-02-10", "2025-03-10", fourth, until="2025-04-15 10:00:00")) == missed


def test_two_are_no_rhythm(tmp_path: Path) -> None:
    assert paid(tmp_path, "2025-01-10", "2025-02-10") == []


@pytest.mark.parametrize(("gap", "found"), [(25, False), (26, True), (35, True), (36, False)])
def test_a_gap_of_a_rhythm_is_26_to_35_dates(tmp_path: Path, gap: int, found: bool) -> None:
    dates = [datetime(2025, 1, 10, tzinfo=UTC) + timedelta(days=gap * n) for n in range(3)]
    missed = paid(tmp_path, *(f"{on:%Y-%m-%d}" for on in dates))
    due = dates[-1] + timedelta(days=gap + 6)
    assert [one.at for one in missed] == ([due - timedelta(hours=8)] if found else [])


def test_another_gap_begins_anew(tmp_path: Path) -> None:
    assert paid(tmp_path, "2025-01-10", "2025-02-10", "2025-03-20", "2025-04-20") == []
    found = paid(tmp_path, "2025-01-10", "2025-02-10", "2025-03-20", "2025-04-20", "2025-05-20")
    assert [one.at for one in found] == [midnight(2025, 6, 25)]  # gaps of 31 and 30: 19 June is expected


def test_the_end_of_february_in_a_leap_year(tmp_path: Path) -> None:
    """Gaps of 29 and 31: the median is 30, so 30 April is expected."""
    found = paid(tmp_path, "2024-01-31", "2024-02-29", "2024-03-31", until="2024-06-01 10:00:00")
    assert [one.at for one in found] == [midnight(2024, 5, 6)]


def test_two_salaries_of_one_date_are_one(tmp_path: Path) -> None:
    found = paid(tmp_path, "2025-01-10", "2025-02-10", "2025-02-10", "2025-03-10")
    assert [one.at for one in found] == [midnight(2025, 4, 14)]


def test_each_expected_date_is_missed_once(tmp_path: Path) -> None:
    """After a gap the rhythm is a new one, from its third date on."""
    first = ("2025-01-10", "2025-02-10", "2025-03-10")
    found = paid(tmp_path, *first, "2025-06-10", "2025-07-10", "2025-08-10")
    assert [one.at for one in found] == [midnight(2025, 4, 14), midnight(2025, 9, 15)]  # 30 and 31: 9 September


def test_payers_are_told_apart_by_account_then_name_and_what_has_neither_is_one(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    for month in (1, 2, 3):
        sample.add(f"{month:02d}-10 09:00:00", "salary", "1", counterparty={"name": "e"})
        sample.add(f"{month:02d}-20 09:00:00", "salary", "1")
        sample.add(f"{month:02d}-2{month} 09:00:00", "salary", "1", counterparty={"account": f"****{month}"})
        sample.add(f"{month:02d}-25 09:00:00", "transfer_in", "1", counterparty={"name": "f"})
    sample.add("06-01 09:00:00", "interest", "1")
    assert [one.window for one in sample.findings(RULE)] == ["e", "salary"]


def test_a_snapshot_is_no_salary(tmp_path: Path) -> None:
    assert paid(tmp_path, "2025-01-10", "2025-02-10", "2025-03-10", snapshot=True) == []
