"""How long a feed has been quiet: in its own working hours, and by event time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.settings import Bank, Feed
from streams.feed_gap import quiet_seconds
from streams.metrics import Metrics
from streams.store import MemoryStore
from streams.turn import Turn
from tests.streams.builders import instant, iso, movement, world

HOUR = 3_600
BANK = Bank()
"""Open from 9 to 18 on China's working days; 1 to 8 October 2025 are holidays, 28 September, a Sunday, is worked."""


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2025-03-10 10:00", "2025-03-10 11:30", 1.5),
        ("2025-03-10 07:00", "2025-03-10 09:00", 0),
        ("2025-03-10 07:00", "2025-03-10 10:00", 1),
        ("2025-03-10 17:00", "2025-03-10 23:00", 1),
        ("2025-03-10 17:30", "2025-03-11 09:30", 1),
        ("2025-03-14 17:00", "2025-03-17 10:00", 2),
        ("2025-03-10 10:00", "2025-03-12 10:00", 18),
        ("2025-09-30 17:00", "2025-10-09 10:00", 2),
        ("2025-09-27 10:00", "2025-09-28 10:00", 1),
        ("2025-03-10 11:00", "2025-03-10 10:00", 0),
    ],
)
def test_it_is_counted_in_the_bank_s_hours(since: str, until: str, hours: float) -> None:
    assert quiet_seconds(instant(since), instant(until), Feed(), BANK) == hours * HOUR


def test_a_feed_may_have_hours_of_its_own_and_know_no_holiday() -> None:
    cards = Feed(opens_at=0, closes_at=24, every_day=True)
    assert quiet_seconds(instant("2025-03-15 10:00"), instant("2025-03-17 10:00"), cards, BANK) == 48 * HOUR
    late = Feed(opens_at=20, closes_at=22)
    assert quiet_seconds(instant("2025-03-10 21:00"), instant("2025-03-11 21:00"), late, BANK) == 2 * HOUR
    with pytest.raises(ValidationError, match="opens before it closes"):
        Feed(opens_at=9, closes_at=9)


def test_a_day_of_23_hours_has_23() -> None:
    bank = Bank(time_zone="Europe/Berlin", country="DE")
    day = Feed(opens_at=0, closes_at=24, every_day=True)
    zone = "Europe/Berlin"
    assert quiet_seconds(instant("2025-03-30 00:00", zone), instant("2025-03-31 00:00", zone), day, bank) == 23 * HOUR


def test_a_silence_of_years_is_one_of_thirty_days() -> None:
    day = Feed(opens_at=0, closes_at=24, every_day=True)
    assert quiet_seconds(0, instant("2025-03-31 00:00"), day, BANK) == 30 * 24 * HOUR


@given(st.integers(0, 14 * 24 * 60), st.integers(0, 14 * 24 * 60), st.integers(0, 22), st.integers(1, 24))
def test_it_is_what_counting_minutes_gives(since: int, length: int, opens: int, hours: int) -> None:
    """Minute by minute, of two weeks and two more, on the weekdays of a month without a holiday."""
    closes = min(24, opens + hours)
    begin = datetime(2025, 3, 3, tzinfo=ZoneInfo("Asia/Shanghai")) + timedelta(minutes=since)
    counted = 0
    for minute in range(length):
        at = begin + timedelta(minutes=minute)
        counted += at.weekday() < 5 and opens <= at.hour < closes
    start = int(begin.timestamp())
    assert quiet_seconds(start, start + length * 60, Feed(opens_at=opens, closes_at=closes), BANK) == counted * 60


class Record(NamedTuple):
    value: bytes
    key: bytes
    offset: int
    timestamp: int


def reached(*moved: tuple[str, str], appended: str = "2025-03-10 12:00") -> dict[str, int]:
    """By feed, after movements of a feed at a time, all appended at one instant."""
    records = [
        Record(movement(event_id=f"e{place}", source=source, occurred_at=iso(instant(at))), b"c1", place, instant(appended) * 1_000)
        for place, (source, at) in enumerate(moved)
    ]
    turn = Turn(MemoryStore({}), world(), 262_144, lambda _: None, lambda *_: None)
    taken, turn.acquainted = turn.take(records), True
    assert turn.decide(taken, 0, len(taken)) == len(taken)
    turn.encode()
    assert turn.refused == []
    return turn.reached


def test_a_feed_has_reached_its_latest_event_time_whatever_comes_after() -> None:
    found = reached(("core", "2025-03-10 09:00"), ("cards", "2025-03-10 08:00"), ("core", "2025-03-10 10:00"), ("core", "2025-03-01 09:00"))
    assert found == {"core": instant("2025-03-10 10:00"), "cards": instant("2025-03-10 08:00")}


def test_an_old_backlog_that_comes_now_is_as_old_as_it_is() -> None:
    assert reached(("core", "2025-03-05 09:00")) == {"core": instant("2025-03-05 09:00")}


def test_a_clock_that_is_ahead_hides_no_silence_to_come() -> None:
    assert reached(("core", "2025-03-10 23:00")) == {"core": instant("2025-03-10 12:00")}


def test_only_a_feed_of_the_settings_is_watched_and_from_when_the_watch_began() -> None:
    metrics = Metrics()
    metrics.watch_feed("core", 1_000, 45)
    assert metrics.registry.get_sample_value("wealthwatch_feed_gap_seconds", {"source": "core"}) == 45 * 60
    metrics.reach("strange", 5_000)
    metrics.reach("core", 900)
    assert metrics.reached("core") == 1_000
    metrics.reach("core", 2_000)
    assert metrics.reached("core") == 2_000
    with pytest.raises(KeyError):
        metrics.reached("strange")


def test_the_first_failure_of_a_rule_with_a_fault_is_news() -> None:
    metrics = Metrics()
    assert [metrics.rule_failed(*one) for one in (("own", "overflow", 2), ("own", "overflow", 3), ("own", "failed", 1))] == [
        True,
        False,
        True,
    ]
    assert metrics.registry.get_sample_value("wealthwatch_rule_failures_total", {"rule": "own", "fault": "overflow"}) == 5


def test_the_sample_days_are_what_they_are_taken_for() -> None:
    assert date(2025, 9, 28).weekday() == 6
    assert datetime.fromtimestamp(instant("2025-03-10 09:00"), UTC).hour == 1
