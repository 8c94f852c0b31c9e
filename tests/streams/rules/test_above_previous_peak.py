"""R18: the month's external flow against the largest of the twelve before."""

from __future__ import annotations

import pytest

from schemas.notifications import Notification
from schemas.rules import Severity
from tests.streams.builders import Detector, of, said, world

NAME = "above_previous_peak"


def heard(found: list[Notification]) -> list[tuple[str, str]]:
    """Direction and status of each."""
    return [(one.dedup_key.rpartition(":")[2], one.status.value) for one in of(found, NAME)]


def earning(months: int, amount: str = "1000", history_days: int = 400, kind: str = "deposit", **parameters: object) -> Detector:
    """As much on the last date of each month of 2023 and 2024, so many of them, up to November 2024."""
    detector = Detector(world({NAME: {"parameters": parameters}}, history_days=history_days))
    lasts = [f"{year}-{month:02}-28" for year in (2023, 2024) for month in range(1, 13)][:23]
    for last in lasts[23 - months :]:
        detector.move(f"{last} 23:59", amount, kind)
    return detector


@pytest.mark.parametrize(("amount", "opens"), [("1499.9999", []), ("1500", [("inflow", "opened")])])
def test_it_opens_at_one_and_a_half_times_the_largest(amount: str, opens: list[tuple[str, str]]) -> None:
    assert heard(earning(6).move("2024-12-31 23:59", amount)) == opens


def test_it_is_the_month_s_sum() -> None:
    detector = earning(6)
    detector.move("2024-12-01 00:00", "750")
    assert heard(detector.move("2024-12-31 23:59:59", "749.9999")) == []
    assert heard(detector.move("2024-12-31 23:59:59", "0.0001")) == [("inflow", "opened")]


def test_inflow_and_outflow_are_told_apart() -> None:
    detector = earning(6, kind="withdrawal")
    assert heard(detector.move("2024-12-10 09:00", "9000")) == [], "there never was an inflow"
    assert heard(detector.move("2024-12-10 09:00", "1500", "withdrawal")) == [("outflow", "opened")]


@pytest.mark.parametrize(("months", "opens"), [(5, False), (6, True)])
def test_six_months_must_have_had_flow(months: int, opens: bool) -> None:
    assert bool(heard(earning(months).move("2024-12-10 09:00", "9000"))) is opens


@pytest.mark.parametrize(("first", "opens"), [("2023-11-30 23:59", True), ("2023-12-01 00:00", False)])
def test_the_twelve_months_before_begin_a_year_before_the_month(first: str, opens: bool) -> None:
    detector = Detector(world(history_days=400))
    detector.move(first, "5000")
    for month in range(6, 12):
        detector.move(f"2024-{month:02}-05 09:00", "1000")
    assert bool(heard(detector.move("2024-12-31 23:59", "1500"))) is opens


def test_a_month_that_is_not_kept_whole_is_none() -> None:
    """Of 200 dates before 31 December, July to November are whole, and June is not."""
    assert heard(earning(12, history_days=200).move("2024-12-31 12:00", "9000")) == []
    assert heard(earning(12, history_days=214).move("2024-12-31 12:00", "9000")) == [("inflow", "opened")]


def test_it_resolves_at_the_first_tick_of_the_next_month() -> None:
    detector = earning(6)
    detector.move("2024-12-10 09:00", "9000")
    assert heard(detector.until("2024-12-31 23:59:59")) == []
    assert heard(detector.until("2025-01-01 00:00")) == [("inflow", "resolved")]


def test_it_escalates_at_three_times_the_largest() -> None:
    detector = earning(6)
    assert of(detector.move("2024-12-10 09:00", "2999.9999"), NAME)[0].severity is Severity.NOTICE
    assert of(detector.move("2024-12-10 09:00", "0.0001"), NAME)[0].severity is Severity.WARNING


def test_a_reversal_counts_in_the_month_of_its_original() -> None:
    detector = earning(6)
    detector.move("2024-11-29 09:00", "1000", event_id="twice")
    assert heard(detector.move("2024-12-10 09:00", "1500")) == [], "November was 2,000"
    assert heard(detector.reverse("2024-12-11 09:00", "twice", "2024-11-29 09:00", "1000", "deposit")) == [("inflow", "opened")]


def test_a_reversal_of_what_opened_it_takes_it_back() -> None:
    detector = earning(6)
    detector.move("2024-12-10 09:00", "1500", event_id="wrong")
    assert heard(detector.reverse("2024-12-11 09:00", "wrong", "2024-12-10 09:00", "1500", "deposit")) == [("inflow", "retracted")]


def test_a_movement_that_comes_late_counts_in_its_own_month() -> None:
    detector = earning(6)
    detector.move("2024-12-10 09:00", "1000")
    assert heard(detector.move("2024-11-30 23:59", "800")) == []
    assert heard(detector.move("2024-12-01 00:00", "1699.9999")) == []
    assert heard(detector.move("2024-12-01 00:00", "0.0001")) == [("inflow", "opened")], "2,700 against 1,800"


def test_a_month_with_less_than_the_least_is_no_news() -> None:
    detector = earning(6, least="1600")
    assert heard(detector.move("2024-12-10 09:00", "1599.9999")) == []
    assert said(of(detector.move("2024-12-10 09:00", "0.0001"), NAME)) == [(NAME, "opened")]
