"""R23, each case worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.notifications import Status
from tests.streams.builders import Detector, of, only, world

NAME = "idle_cash"


def holding(amount: str, at: str = "2025-03-01 23:59", **more: object) -> Detector:
    detector = Detector()
    detector.move(at, amount, "adjustment", snapshot=True, **more)
    return detector


def told(detector: Detector) -> list[tuple[str, str]]:
    zone = detector.world.calendar.zone
    return [(one.status.value, f"{one.occurred_at.astimezone(zone):%m-%d %H:%M}") for one in of(detector.told, NAME)]


@pytest.mark.parametrize(("amount", "opens"), [("49999.9999", False), ("50000", True)])
def test_ten_closes_at_the_limit_open_it_at_the_first_tick_after_the_tenth(amount: str, opens: bool) -> None:
    detector = holding(amount)
    detector.until("2025-03-10 23:00")
    assert told(detector) == []
    detector.until("2025-03-11 00:00")
    assert told(detector) == ([("opened", "03-11 00:00")] if opens else [])
    if opens:
        one = only(detector.told, NAME)
        assert (one.evidence.measured, one.evidence.threshold, one.evidence.triggers) == (Decimal(10), Decimal(10), ())
        assert one.evidence.facts == {"limit": "50000.00", "since": "2025-03-01", "demand_deposits": "50000.00"}


def test_a_close_below_begins_a_new_run_and_an_hour_below_does_not() -> None:
    detector = holding("60000")
    detector.move("2025-03-03 10:00", "60000", "withdrawal")
    detector.move("2025-03-03 11:00", "60000")
    detector.move("2025-03-20 10:00", "10001", "withdrawal")
    detector.move("2025-03-22 10:00", "1")
    detector.until("2025-04-02 00:00")
    assert told(detector) == [("opened", "03-11 00:00"), ("resolved", "03-21 00:00"), ("opened", "04-01 00:00")]


def test_accounts_add_up_and_only_demand_deposits_do() -> None:
    for other, opens in (("demand_deposit", True), ("time_deposit", False), ("loan", False)):
        detector = holding("25000")
        detector.move("2025-03-01 23:59", "25000", "adjustment", snapshot=True, account_id="b", asset_class=other)
        detector.until("2025-03-11 00:00")
        assert bool(told(detector)) is opens, other


def test_the_limit_is_that_of_the_tier_and_a_new_tier_counts_the_past_anew() -> None:
    """Gold from 31 March on, whose limit is 100,000."""
    detector = holding("60000")
    detector.move("2025-03-01 23:59", "240000", "adjustment", snapshot=True, account_id="f", asset_class="fund")
    detector.until("2025-04-30 00:00")
    assert told(detector) == [("opened", "03-11 00:00"), ("resolved", "03-31 00:00")]


def test_a_late_movement_that_breaks_the_run_is_seen_at_the_next_first_tick() -> None:
    detector = holding("60000")
    detector.until("2025-03-09 00:00")
    detector.move("2025-03-09 10:00", "10001", "adjustment")
    detector.move("2025-03-05 10:00", "10001", "withdrawal")  # 49,999 at the closes from the 5th to the 8th
    detector.until("2025-03-18 00:00")
    assert told(detector) == []
    detector.until("2025-03-19 00:00")
    assert told(detector) == [("opened", "03-19 00:00")]


def test_it_escalates_after_two_months_and_is_still_counted_when_nobody_moves() -> None:
    detector = holding("60000")
    detector.until("2025-12-31 00:00")
    assert told(detector) == [("opened", "03-11 00:00"), ("escalated", "04-30 00:00")]


def test_closes_are_counted_as_far_as_they_are_kept() -> None:
    """A deposit a day: the run is as long as closes are kept, and does not end."""
    detector = Detector(world(history_days=400))
    for month in range(1, 8):
        for day in range(1, 29):
            detector.move(f"2025-{month:02}-{day:02} 09:00", "60000" if (month, day) == (1, 1) else "1")
    assert [status for status, _ in told(detector)] == ["opened", "escalated"]


def test_leap_day_is_a_close() -> None:
    detector = holding("60000", "2024-02-20 10:00")
    detector.until("2024-03-01 00:00")
    assert told(detector) == [("opened", "03-01 00:00")], "20 to 29 February"


def test_it_is_not_asked_at_movements() -> None:
    detector = holding("60000")
    detector.until("2025-03-11 00:00")
    found = detector.move("2025-03-11 09:00", "60000", "withdrawal")
    assert of(found, NAME) == []
    assert [one.status for one in of(detector.until("2025-03-12 00:00"), NAME)] == [Status.RESOLVED]
