"""Dates of a time zone, and sums and closes over them, against the plainest model: a dict of dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.windows import Calendar, Closes, Flows, on, window
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


# --- sums ------------------------------------------------------------------------------------------------------------------------------


class FlowsAgainstADict(RuleBasedStateMachine):
    """Adding in any order, late and negative, and forgetting."""

    def __init__(self) -> None:
        super().__init__()
        self.flows = Flows()
        self.model: dict[int, tuple[int, int]] = {}
        self.kept_from = 0

    @rule(day=DAYS, credit=st.integers(-500, 500), debit=st.integers(-500, 500))
    def add(self, day: int, credit: int, debit: int) -> None:
        kept = day >= self.kept_from
        assert self.flows.add(day, credit, debit) is kept
        if kept:
            before = self.model.get(day, (0, 0))
            self.model[day] = (before[0] + credit, before[1] + debit)

    @rule(day=DAYS)
    def forget(self, day: int) -> None:
        self.flows.forget_before(day)
        self.kept_from = max(self.kept_from, day)
        self.model = {kept: sums for kept, sums in self.model.items() if kept >= self.kept_from}

    @rule(first=DAYS, length=st.integers(-1, 40))
    def ask(self, first: int, length: int) -> None:
        within = [sums for day, sums in self.model.items() if first <= day < first + length]
        assert self.flows.within(first, first + length - 1) == (sum(one[0] for one in within), sum(one[1] for one in within))

    @invariant()
    def dates_rise_and_nothing_forgotten_is_kept(self) -> None:
        assert self.flows.days == sorted(self.model)
        assert len(self.flows.days) == len(self.flows.credits) == len(self.flows.debits)


TestFlows = FlowsAgainstADict.TestCase


class ClosesAgainstADict(RuleBasedStateMachine):
    """The value now, late changes, the mean, and forgetting; the model keeps the change of every date."""

    def __init__(self) -> None:
        super().__init__()
        self.closes = Closes()
        self.changes: dict[int, int] = {}
        self.today = BASE
        self.forgotten = 0

    def close(self, day: int) -> int | None:
        known = [change for on_day, change in self.changes.items() if on_day <= day]
        return sum(known) if known else None

    @rule(later=st.integers(0, 9), change=st.integers(-500, 500))
    def move(self, later: int, change: int) -> None:
        self.today += later
        self.changes[self.today] = self.changes.get(self.today, 0) + change
        self.closes.moved(self.today, self.close(self.today) or 0)

    @precondition(lambda self: self.changes)
    @rule(days=st.integers(0, 40), change=st.integers(-500, 500))
    def move_late(self, days: int, change: int) -> None:
        day = max(self.today - days, self.forgotten)
        self.changes[day] = self.changes.get(day, 0) + change
        self.closes.moved_late(day, change)

    @rule(days=st.integers(0, 50))
    def forget(self, days: int) -> None:
        self.forgotten = max(self.forgotten, self.today - days)
        self.closes.forget_before(self.forgotten)

    @rule(days=st.integers(0, 40))
    def ask(self, days: int) -> None:
        day = max(self.today - days, self.forgotten)
        assert self.closes.at(day) == self.close(day)

    @rule(days=st.integers(0, 40), length=st.integers(1, 35))
    def ask_for_the_sum(self, days: int, length: int) -> None:
        last = self.today - days
        first = last - length + 1
        if first < self.forgotten:
            return
        expected = [self.close(day) for day in range(first, last + 1)]
        assert self.closes.total(last, length) == (None if None in expected else sum(one for one in expected if one is not None))

    @invariant()
    def dates_rise(self) -> None:
        assert self.closes.days == sorted(set(self.closes.days))
        assert len(self.closes.days) == len(self.closes.values)


TestCloses = ClosesAgainstADict.TestCase


def test_forgetting_keeps_the_close_that_a_quiet_month_still_has() -> None:
    closes = Closes()
    closes.moved(BASE, 100)
    closes.moved(BASE + 40, 200)
    closes.forget_before(BASE + 20)
    assert closes.at(BASE + 20) == 100
    assert closes.total(BASE + 29, 10) == 1_000


def test_thirty_closes_are_needed_and_enough() -> None:
    closes = Closes()
    closes.moved(BASE, 7)
    assert closes.total(BASE + 28, 30) is None
    assert closes.total(BASE + 29, 30) == 210


def test_a_window_of_thirty_dates_crosses_a_leap_day() -> None:
    flows = Flows()
    first = date(2024, 2, 1).toordinal()
    for days in range(31):
        flows.add(first + days, 1, 0)
    assert on(first + 29) == date(2024, 3, 1)
    assert flows.within(first + 1, first + 30) == (30, 0)
    assert on(first + 30) - timedelta(days=29) == date(2024, 2, 2)
