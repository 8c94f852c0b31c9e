"""How long a replay waits before a movement."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from wealthwatch.replaying.pace import Pace, Pacer

START = datetime.fromisoformat("2025-03-01T00:00:00+08:00")


def test_without_a_pace_everything_is_due_now() -> None:
    pacer = Pacer(Pace())
    assert [pacer.wait(START + timedelta(days=day)) for day in range(3)] == [0, 0, 0]


def test_a_rate_spaces_movements_evenly_whatever_their_time() -> None:
    pacer = Pacer(Pace(rate=2))
    assert [pacer.wait(None) for _ in range(5)] == pytest.approx([0, 0.5, 1, 1.5, 2], abs=0.2)


def test_a_speed_spaces_movements_as_their_times_are() -> None:
    pacer = Pacer(Pace(speed=3_600))
    assert [pacer.wait(START + timedelta(hours=hour)) for hour in (0, 1, 1, 5)] == pytest.approx([0, 1, 1, 5], abs=0.2)


def test_the_slower_of_rate_and_speed_counts() -> None:
    pacer = Pacer(Pace(rate=1, speed=3_600))
    assert [pacer.wait(START + timedelta(hours=hour)) for hour in (0, 3, 3)] == pytest.approx([0, 3, 3], abs=0.2)


def test_until_its_event_time_a_pace_does_not_count() -> None:
    pacer = Pacer(Pace(speed=1, from_event=START + timedelta(days=1)))
    assert [pacer.wait(START + timedelta(seconds=second)) for second in (0, 3_600, 86_399)] == [0, 0, 0]
    assert [pacer.wait(START + timedelta(days=1, seconds=second)) for second in (0, 7)] == pytest.approx([0, 7], abs=0.2)
