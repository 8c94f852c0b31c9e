"""When a first reaction is due, in working time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rules import Severity
from schemas.settings import Bank
from streams.due import WORKING_HOURS, due_by, is_working_day

SHANGHAI = ZoneInfo("Asia/Shanghai")
BANK = Bank()


def due(severity: Severity, since: str, bank: Bank = BANK) -> str | None:
    zone = ZoneInfo(bank.time_zone)
    found = due_by(severity, datetime.fromisoformat(since).replace(tzinfo=zone), bank)
    return None if found is None else found.astimezone(zone).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("on", "works"),
    [
        ("2026-02-13", True),  # the Friday before
        ("2026-02-14", True),  # a Saturday that is worked to make up for the Spring Festival
        ("2026-02-16", False),  # New Year's Eve by the moon
        ("2026-02-17", False),
        ("2026-02-23", False),  # the holiday's last date, a Monday
        ("2026-02-24", True),
        ("2026-02-28", True),  # the second Saturday to make up
        ("2026-03-07", False),  # an ordinary Saturday
        ("2025-09-28", True),  # a Sunday worked for the National Day
        ("2025-10-08", False),
        ("2025-10-09", True),
        ("2025-10-11", True),  # a Saturday to make up
        ("2024-02-18", True),  # a Sunday to make up
    ],
)
def test_chinese_holidays_and_the_weekends_worked_for_them(on: str, works: bool) -> None:
    assert is_working_day(date.fromisoformat(on), "CN") is works


@pytest.mark.parametrize(
    ("severity", "since", "expected"),
    [
        (Severity.INFO, "2026-03-02 10:00", None),
        (Severity.CRITICAL, "2026-03-02 10:00", "2026-03-02 12:00"),
        (Severity.CRITICAL, "2026-03-02 03:00", "2026-03-02 11:00"),
        (Severity.CRITICAL, "2026-03-02 16:00", "2026-03-02 18:00"),
        (Severity.CRITICAL, "2026-03-02 16:01", "2026-03-03 09:01"),
        (Severity.CRITICAL, "2026-03-02 18:00", "2026-03-03 11:00"),
        (Severity.WARNING, "2026-03-02 09:00", "2026-03-02 18:00"),
        (Severity.WARNING, "2026-03-02 10:00", "2026-03-03 10:00"),
        (Severity.NOTICE, "2026-03-02 10:00", "2026-03-05 10:00"),
        (Severity.WARNING, "2026-03-06 17:00", "2026-03-09 17:00"),  # over a weekend
        (Severity.CRITICAL, "2026-02-13 17:30", "2026-02-14 10:30"),  # into a Saturday that is worked
        (Severity.CRITICAL, "2026-02-14 17:00", "2026-02-24 10:00"),  # over the Spring Festival
        (Severity.NOTICE, "2026-02-14 09:00", "2026-02-25 18:00"),
        (Severity.CRITICAL, "2026-02-18 12:00", "2026-02-24 11:00"),
    ],
)
def test_working_time_is_counted_in_opening_hours_of_working_days(severity: Severity, since: str, expected: str | None) -> None:
    assert due(severity, since) == expected


def test_an_instant_in_another_zone_is_the_same_instant() -> None:
    since = datetime.fromisoformat("2026-03-02T02:00:00+00:00")
    found = due_by(Severity.CRITICAL, since, BANK)
    assert found is not None
    assert found.isoformat() == "2026-03-02T04:00:00+00:00"


def test_another_country_has_its_own_holidays() -> None:
    prague = Bank(country="CZ", time_zone="Europe/Prague", base_currency="CZK")
    assert due(Severity.CRITICAL, "2026-09-27 12:00", prague) == "2026-09-29 11:00"
    assert is_working_day(date(2026, 10, 1), "CZ")
    assert not is_working_day(date(2026, 10, 1), "CN")


def test_a_day_on_which_the_clock_changes_has_as_many_working_hours() -> None:
    bank = Bank(country="CZ", time_zone="Europe/Prague", opens_at=0, closes_at=24)
    assert due(Severity.WARNING, "2026-03-27 23:00", bank) == "2026-03-30 08:00"


@given(
    st.sampled_from(sorted(WORKING_HOURS)),
    st.datetimes(datetime(2020, 1, 1), datetime(2027, 12, 31), timezones=st.just(SHANGHAI)),  # noqa: DTZ001
    st.integers(0, 5_000),
)
def test_what_comes_later_is_never_due_sooner_and_always_within_opening_hours(severity: Severity, since: datetime, minutes: int) -> None:
    first, later = due_by(severity, since, BANK), due_by(severity, since + timedelta(minutes=minutes), BANK)
    assert first is not None
    assert later is not None
    assert since < first <= later
    local = first.astimezone(SHANGHAI)
    assert is_working_day(local.date(), "CN")
    assert BANK.opens_at * 60 < local.hour * 60 + local.minute + local.second / 60 + local.microsecond / 6e7 <= BANK.closes_at * 60


def test_a_bank_that_closes_before_it_opens_does_not_start() -> None:
    with pytest.raises(ValueError, match="opens"):
        Bank(opens_at=18, closes_at=9)
