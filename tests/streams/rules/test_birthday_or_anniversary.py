"""R35: the first tick of the date 3 days before a yearly return of the customer's birthday or of the day they came."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from schemas.rules import Severity
from streams.screens.calendar import is_day_of
from tests.streams.builders import Detector, instant, of, only, world

RULE = "birthday_or_anniversary"


def ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def known(since: str = "2025-01-10 09:00", **profile: str) -> Detector:
    detector = Detector()
    values: dict[str, Any] = {name: ordinal(value) if name != "segment" else value for name, value in profile.items()}
    detector.profile(**values)
    detector.move(since, "1")
    return detector


def told_on(detector: Detector, until: str) -> list[tuple[str, str]]:
    zone = detector.world.calendar.zone
    return [(one.occurred_at.astimezone(zone).date().isoformat(), one.evidence.facts["on"]) for one in of(detector.until(until), RULE)]


def test_three_days_before_the_birthday_at_the_first_tick() -> None:
    detector = known(born_on="1980-03-15")
    assert of(detector.until("2025-03-11 23:59"), RULE) == []
    found = only(detector.until("2025-03-12 00:00"), RULE)
    assert (found.occurred_at.timestamp(), found.severity) == (instant("2025-03-12 00:00"), Severity.INFO)
    assert found.evidence.facts == {"day": "birthday", "on": "2025-03-15", "years": "45"}
    assert of(detector.until("2025-03-31 00:00"), RULE) == []


@pytest.mark.parametrize(
    ("born", "year", "on"),
    [
        ("1980-02-29", 2025, "2025-02-28"),
        ("1980-02-29", 2024, "2024-02-29"),
        ("1980-02-28", 2024, "2024-02-28"),
        ("1980-02-28", 2025, "2025-02-28"),
        ("1980-03-01", 2024, "2024-03-01"),
        ("1980-01-02", 2025, "2025-01-02"),
        ("1979-12-31", 2025, "2025-12-31"),
    ],
)
def test_every_day_returns_once_a_year(born: str, year: int, on: str) -> None:
    expected = ((date.fromisoformat(on) - timedelta(days=3)).isoformat(), on)
    detector = known(f"{year - 1}-12-20 09:00", born_on=born)
    assert [told for told in told_on(detector, f"{year}-12-30 00:00") if told[1].startswith(str(year))] == [expected]


@pytest.mark.parametrize(("since", "years"), [("2013-03-15", "12"), ("2024-03-15", "1"), ("2025-03-15", None), ("2026-03-15", None)])
def test_an_anniversary_is_a_return_not_the_day_itself(since: str, years: str | None) -> None:
    found = of(known(customer_since=since).until("2025-03-31 00:00"), RULE)
    assert [one.evidence.facts["years"] for one in found] == ([years] if years else [])


def test_both_on_one_date_are_two() -> None:
    found = of(known(born_on="1980-03-15", customer_since="2013-03-15").until("2025-03-31 00:00"), RULE)
    assert [one.evidence.facts["day"] for one in found] == ["birthday", "anniversary"]
    assert len({one.notification_id for one in found}) == 2


def test_a_customer_who_sleeps_wakes_for_it_every_year() -> None:
    detector = known("2023-01-10 09:00", born_on="1980-02-29", customer_since="2015-11-30")
    assert told_on(detector, "2026-03-01 00:00") == [
        ("2023-02-25", "2023-02-28"),
        ("2023-11-27", "2023-11-30"),
        ("2024-02-26", "2024-02-29"),
        ("2024-11-27", "2024-11-30"),
        ("2025-02-25", "2025-02-28"),
        ("2025-11-27", "2025-11-30"),
        ("2026-02-25", "2026-02-28"),
    ]


def test_without_a_profile_nothing_is_said_and_a_sleeper_sleeps() -> None:
    detector = known("2023-01-10 09:00")
    assert of(detector.until("2026-03-01 00:00"), RULE) == []
    assert detector.customer().wake == 0


def test_the_days_are_a_setting() -> None:
    detector = Detector(world({RULE: {"parameters": {"days": "1"}}}))
    detector.profile(born_on=ordinal("1980-03-01"))
    detector.move("2024-01-10 09:00", "1")
    assert told_on(detector, "2024-12-01 00:00") == [("2024-02-29", "2024-03-01")]


def test_against_counting_all_days() -> None:
    """A day's returns in ten years, by the calendar's own arithmetic."""
    for born in (date(1980, 2, 28), date(1980, 2, 29), date(1980, 3, 1), date(1981, 12, 31)):
        returns = set()
        for year in range(2020, 2030):
            try:
                returns.add(born.replace(year=year))
            except ValueError:
                returns.add(date(year, 2, 28))
        first = date(2020, 1, 1)
        days = [first + timedelta(days=step) for step in range((date(2029, 12, 31) - first).days + 1)]
        assert {day for day in days if is_day_of(born.toordinal(), day.toordinal())} == returns


@pytest.mark.parametrize(
    ("profile", "body"),
    [
        ({"born_on": "1980-03-15"}, "15 Mar 2025 is the customer's day: birthday."),
        ({"born_on": "1980-03-15", "segment": "corporate"}, "15 Mar 2025 is the customer's day: founding day."),
        ({"customer_since": "2024-03-15"}, "15 Mar 2025 is the customer's day: 1 year with the bank."),
        ({"customer_since": "2013-03-15"}, "15 Mar 2025 is the customer's day: 12 years with the bank."),
    ],
)
def test_the_words(profile: dict[str, str], body: str) -> None:
    assert only(known(**profile).until("2025-03-31 00:00"), RULE).body.english == body
