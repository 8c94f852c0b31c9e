"""Dates of a time zone, and sums and closes over them, against the plainest model: a dict of dates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.windows import Calendar, on, window
from tests.streams.builders import instant

BASE = date(2024, 2, 20).toordinal()
"""Nine dates before a leap day."""
DAYS = st.integers(BASE, BASE + 60)
ZONES = [
    "Asia/Shanghai",
    "Europe/Prague",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "UTC",
]


# --- dates -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "moment", "on_date"),
    [
        ("Asia/Shanghai", "2025-03-09T15:59:59+00:00", "2025-03-09"),
        ("Asia/Shanghai", "2025-03-09T16:00:00+00:00", "2025-03-10"),
        ("Asia/Kolkata", "2025-03-09T18:29:59+00:00", "2025-03-09"),
        ("Asia/Kolkata", "2025-03-09T18:30:00+00:00", "2025-03-10"),
        ("Asia/Kathmandu", "2025-03-09T18:14:59+00:00", "2025-03-09"),
        ("Asia/Kathmandu", "2025-03-09T18:15:00+00:00", "2025-03-10"),
        ("Europe/Prague", "2025-03-29T22:59:59+00:00", "2025-03-29"),
        ("Europe/Prague", "2025-03-29T23:00:00+00:00", "2025-03-30"),
        ("Europe/Prague", "2025-03-30T21:59:59+00:00", "2025-03-30"),
        ("Europe/Prague", "2025-03-30T22:00:00+00:00", "2025-03-31"),
        ("Europe/Prague", "2025-10-25T21:59:59+00:00", "2025-10-25"),
        ("Europe/Prague", "2025-10-26T22:59:59+00:00", "2025-10-26"),
        ("Europe/Prague", "2025-10-26T23:00:00+00:00", "2025-10-27"),
        ("Asia/Shanghai", "2024-02-28T16:00:00+00:00", "2024-02-29"),
        ("Asia/Shanghai", "2024-02-29T16:00:00+00:00", "2024-03-01"),
        ("Asia/Shanghai", "2025-02-28T16:00:00+00:00", "2025-03-01"),
        ("Asia/Shanghai", "2024-12-31T16:00:00+00:00", "2025-01-01"),
    ],
)
def test_an_instant_falls_on_the_date_that_the_bank_writes(zone: str, moment: str, on_date: str) -> None:
    at = int(datetime.fromisoformat(moment).timestamp())
    assert on(Calendar(zone).date_of(at)) == date.fromisoformat(on_date)


@given(st.sampled_from(ZONES), st.integers(instant("1973-01-02 00:00", "UTC"), instant("2199-12-30 00:00", "UTC")))
def test_every_second_since_1973_falls_on_the_date_of_the_zone(zone: str, at: int) -> None:
    """Before, some zones kept local mean time, which is no whole number of quarter hours from UTC."""
    calendar = Calendar(zone)
    assert calendar.date_of(at) == datetime.fromtimestamp(at, ZoneInfo(zone)).toordinal()
    assert calendar.local(at) == datetime.fromtimestamp(at, UTC)


@given(st.sampled_from(ZONES), st.dates(date(1973, 1, 2), date(2199, 12, 30)))
def test_a_date_begins_at_its_midnight_and_not_a_second_sooner(zone: str, day: date) -> None:
    calendar = Calendar(zone)
    begins = calendar.midnight(day.toordinal())
    assert calendar.date_of(begins) == day.toordinal()
    assert calendar.date_of(begins - 1) == day.toordinal() - 1


@pytest.mark.parametrize(("day", "hours"), [("2025-03-30", 23), ("2025-10-26", 25), ("2025-06-01", 24)])
def test_a_date_on_which_the_clock_changes_is_an_hour_shorter_or_longer(day: str, hours: int) -> None:
    calendar, ordinal = Calendar("Europe/Prague"), date.fromisoformat(day).toordinal()
    assert calendar.midnight(ordinal + 1) - calendar.midnight(ordinal) == hours * 3_600


def test_a_date_whose_midnight_the_clock_skips_begins_at_one() -> None:
    calendar = Calendar("Africa/Cairo")
    assert calendar.local(calendar.midnight(date(2024, 4, 26).toordinal())).isoformat() == "2024-04-26T01:00:00+03:00"


def test_the_calendar_answers_the_same_when_its_memory_was_emptied() -> None:
    calendar = Calendar("Asia/Shanghai")
    first = [calendar.date_of(900 * slot) for slot in range(100_010)]
    assert len(calendar._dates) < 100_002
    assert [calendar.date_of(900 * slot) for slot in range(0, 100_010, 997)] == first[::997]


@pytest.mark.parametrize(
    ("last", "length", "first"),
    [("2024-03-01", 2, "2024-02-29"), ("2025-03-01", 2, "2025-02-28"), ("2025-03-30", 30, "2025-03-01"), ("2025-01-07", 7, "2025-01-01")],
)
def test_a_window_counts_its_last_date(last: str, length: int, first: str) -> None:
    assert window(date.fromisoformat(last).toordinal(), length) == (date.fromisoformat(first), date.fromisoformat(last))
