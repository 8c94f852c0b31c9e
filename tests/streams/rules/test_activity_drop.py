"""R15: movements of thirty dates against the six such periods before."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from schemas.notifications import Notification
from schemas.rules import Severity
from tests.streams.builders import Detector, of, said, world

NAME = "activity_drop"
START = date(2025, 1, 1)


def heard(found: list[Notification]) -> list[str]:
    return [status for _, status in said(of(found, NAME))]


def on(days: int, time: str = "00:00") -> str:
    return f"{START + timedelta(days=days)} {time}"


def active(days: int, every: int, detector: Detector | None = None, **parameters: object) -> Detector:
    """One movement every so many dates, from the first on, before `days`."""
    detector = detector or Detector(world({NAME: {"parameters": parameters}}, history_days=400))
    for number in range(0, days, every):
        detector.move(on(number, "09:00"), "1", "deposit")
    return detector


def test_it_opens_below_half_and_not_at_half() -> None:
    """A movement every third date for 180, ten in thirty: five in the thirty after are half."""
    detector = active(180, 3)
    for number in range(180, 185):
        detector.move(on(number, "09:00"), "1", "fee")
    assert heard(detector.told) == []
    assert heard(detector.until(on(209))) == [], "the 210th date has begun; 5 of 10 is no less than half"
    assert heard(detector.until(on(210))) == ["opened"], "4 in the last thirty, 60 before"


def test_it_opens_at_the_first_tick_at_which_it_knows_210_dates() -> None:
    detector = active(180, 3)
    assert heard(detector.until(on(208, "23:59:59"))) == []
    (opened,) = of(detector.until(on(209)), NAME)
    assert (opened.evidence.measured, opened.evidence.facts["before"]) == (Decimal(0), "60")


def test_it_resolves_at_half_over_four_fifths() -> None:
    detector = active(180, 3)
    detector.until(on(209))
    for hour in range(10, 16):
        assert heard(detector.move(on(209, f"{hour}:00"), "1", "deposit")) == []
    assert heard(detector.move(on(209, "16:00"), "1", "deposit")) == ["resolved"], "7 of 10 is the first from 0.625 on"


def test_who_was_never_busy_has_nothing_to_fall_from() -> None:
    """One every seventh date is 26 in 180: fewer than five in thirty."""
    assert heard(active(183, 7).until(on(300))) == []
    assert heard(active(183, 7, least=4).until(on(300))) == ["opened", "resolved"]


@pytest.mark.parametrize("days", [0, 29, 30])
def test_a_late_movement_that_shows_how_much_was_usual_opens_it(days: int) -> None:
    """29 movements before are too few, the 30th comes late: then it is 2 against 5."""
    detector = Detector(world({NAME: {}}, history_days=400))
    for number in range(29):
        detector.move(on(6 * number, "09:00"), "1", "deposit")
    detector.move(on(189, "09:00"), "1", "deposit")
    detector.move(on(209, "09:00"), "1", "deposit")
    assert heard(detector.told) == []
    assert heard(detector.move(on(days, "10:00"), "1", "deposit")) == ["opened"]


def test_a_customer_who_sleeps_is_woken_when_a_movement_leaves_what_was_usual() -> None:
    detector = active(180, 3)
    detector.until(on(209))
    found = of(detector.until(on(900)), NAME)
    assert heard(found) == ["resolved"]
    assert found[0].occurred_at.date() == START + timedelta(days=299), "16:00 UTC: the first tick of day 300, whose 180 dates begin at 91"
    assert detector.customer().wake == 0


def test_it_opens_of_a_customer_who_sleeps_before_enough_is_known() -> None:
    detector = active(60, 1)
    assert detector.customer().wake
    found = of(detector.until(on(900)), NAME)
    assert heard(found) == ["opened", "resolved"]
    assert found[0].occurred_at.date() == START + timedelta(days=208)


def test_it_has_one_severity() -> None:
    with pytest.raises(ValueError, match="at most 1 item"):
        active(0, 1, bands={"notice": 1, "warning": 2})
    detector = active(180, 3, bands={"warning": 1})
    assert of(detector.until(on(209)), NAME)[0].severity is Severity.WARNING


def test_snapshots_do_not_count() -> None:
    detector = active(180, 3)
    detector.until(on(208))
    for hour in range(1, 20):
        detector.move(on(208, f"{hour:02}:00"), "1", "adjustment", snapshot=True)
    assert heard(detector.until(on(209))) == ["opened"]
