"""Which hours pass in a replay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from wealthwatch.replaying.hours import LONGEST_GAP, Midnights, full_hour_after

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def _passed(midnights: Midnights, *times: str) -> list[list[str]]:
    return [[f"{midnight:%m-%d %H:%M}" for midnight in midnights.passed(_at(text))] for text in times]


def test_a_midnight_passes_once_with_the_first_movement_at_or_after_it() -> None:
    times = ("2025-03-01T10:00:00", "2025-03-01T23:59:59", "2025-03-02T00:00:00", "2025-03-02T08:00:00")
    assert _passed(Midnights(SHANGHAI), *times) == [[], [], ["03-02 00:00"], []]


def test_each_midnight_of_a_gap_passes() -> None:
    assert _passed(Midnights(SHANGHAI), "2025-02-27T10:00:00", "2025-03-02T00:10:00") == [[], ["02-28 00:00", "03-01 00:00", "03-02 00:00"]]


def test_a_late_movement_lets_nothing_pass_a_second_time() -> None:
    midnights = Midnights(SHANGHAI)
    assert _passed(midnights, "2025-03-01T10:00:00", "2025-03-02T10:00:00", "2025-03-01T11:00:00", "2025-03-02T11:00:00") == [
        [],
        ["03-02 00:00"],
        [],
        [],
    ]
    assert midnights.latest == _at("2025-03-02T11:00:00")


def test_midnight_is_the_banks_not_utc() -> None:
    midnights = Midnights(SHANGHAI)
    list(midnights.passed(datetime(2025, 3, 1, 15, 59, tzinfo=UTC)))
    assert [midnight.astimezone(UTC) for midnight in midnights.passed(datetime(2025, 3, 1, 16, 1, tzinfo=UTC))] == [
        datetime(2025, 3, 1, 16, tzinfo=UTC)
    ]


def test_a_replay_that_goes_on_remembers_where_time_stood() -> None:
    assert _passed(Midnights(SHANGHAI, _at("2025-03-01T10:00:00")), "2025-03-02T10:00:00") == [["03-02 00:00"]]


def test_a_gap_of_years_passes_only_its_last_dates() -> None:
    (_, passed) = _passed(Midnights(SHANGHAI), "1970-01-01T10:00:00", "2025-03-02T10:00:00")
    assert len(passed) == LONGEST_GAP + 1
    assert passed[-1] == "03-02 00:00"


@pytest.mark.parametrize(("text", "hour"), [("10:00:00", 11), ("10:59:59.999999", 11), ("23:30:00", 24)])
def test_the_last_hour_is_full_and_later_than_the_last_movement(text: str, hour: int) -> None:
    assert full_hour_after(_at(f"2025-03-01T{text}")) == _at("2025-03-01T00:00:00") + timedelta(hours=hour)
