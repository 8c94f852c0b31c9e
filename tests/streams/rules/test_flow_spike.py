"""R13: the day's net flow against its moving mean and deviation."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from schemas.notifications import Notification
from tests.streams.builders import Detector, of, said, world

NAME = "flow_spike"
START = date(2025, 1, 1)


def habitual(days: int, *amounts: str, floor: str = "1", **parameters: object) -> Detector:
    """One credit a date, of these amounts in turn."""
    detector = Detector(world({NAME: {"parameters": {"abs_floor": floor, **parameters}}}, history_days=400))
    for number in range(days):
        detector.move(f"{START + timedelta(days=number)} 09:00", amounts[number % len(amounts)])
    return detector


def on(days: int, time: str = "10:00") -> str:
    return f"{START + timedelta(days=days)} {time}"


def heard(found: list[Notification]) -> list[str]:
    return [status for _, status in said(of(found, NAME))]


@pytest.mark.parametrize(("amount", "opens"), [("1299.9999", []), ("1300", ["opened"]), ("1300.0001", ["opened"])])
def test_three_deviations_above_the_mean_of_the_first_thirty(amount: str, opens: list[str]) -> None:
    """900 and 1,100 in turn: mean 1,000, deviation 100."""
    assert heard(habitual(30, "900", "1100").move(on(30), amount)) == opens


@pytest.mark.parametrize(("amount", "opens"), [("700.0001", []), ("700", ["opened"]), ("1", ["opened"])])
def test_three_deviations_below_it_count_as_much(amount: str, opens: list[str]) -> None:
    assert heard(habitual(30, "900", "1100").move(on(30), amount)) == opens


def test_thirty_closed_dates_are_needed() -> None:
    assert heard(habitual(29, "900", "1100").move(on(29), "99999")) == []


def test_a_flow_that_never_varied_says_nothing() -> None:
    assert heard(habitual(40, "1000").move(on(40), "99999")) == []


@pytest.mark.parametrize(("amount", "opens"), [("4999.9999", []), ("5000", ["opened"])])
def test_it_is_at_least_the_floor(amount: str, opens: list[str]) -> None:
    assert heard(habitual(30, "900", "1100", floor="5000").move(on(30), amount)) == opens


def test_the_floor_is_the_tier_s() -> None:
    detector = habitual(0)
    detector.world = world(history_days=400)
    for number in range(30):
        detector.move(on(number, "09:00"), ("900", "1100")[number % 2])
    assert heard(detector.move(on(30), "49999.9999")) == []
    assert heard(detector.move(on(30), "0.0001")) == ["opened"]


def test_the_movements_of_a_date_are_one_net_flow() -> None:
    detector = habitual(30, "900", "1100")
    assert heard(detector.move(on(30), "1200")) == []
    assert heard(detector.move(on(30), "100")) == ["opened"]
    assert heard(detector.move(on(30, "11:00"), "200", "withdrawal")) == ["resolved"], "1,100 is one deviation off"


def test_the_newest_date_moves_the_mean_by_alpha() -> None:
    """After one quiet date: m' = 1000 (1 - a), v' = (1 - a) (100^2 + a 1000^2), a = 1 - 2^(-1/30): 977.1600, 179.1367."""
    detector = habitual(30, "900", "1100")
    assert heard(detector.copy().move(on(31), "1514.5701")) == []
    (opened,) = of(detector.move(on(31), "1514.5702"), NAME)
    assert opened.evidence.facts["mean"] == "977.1599"
    assert opened.evidence.facts["deviation"] == "179.1367"


def test_it_ends_at_the_first_tick_of_the_next_date() -> None:
    detector = habitual(30, "900", "1100")
    detector.move(on(30), "5000")
    assert heard(detector.until(on(30, "23:59:59"))) == []
    (resolved,) = of(detector.until(on(31, "00:00")), NAME)
    assert (resolved.status.value, resolved.evidence.measured) == ("resolved", Decimal(0))


def test_what_is_taken_back_was_no_spike() -> None:
    detector = habitual(30, "900", "1100")
    detector.move(on(30), "5000", event_id="wrong")
    assert heard(detector.reverse(on(30, "12:00"), "wrong", on(30), "5000", "deposit")) == ["retracted"]


def test_a_movement_that_comes_late_counts_on_its_own_date() -> None:
    detector = habitual(30, "900", "1100")
    detector.move(on(30), "1250")
    assert heard(detector.move(on(3), "5000")) == [], "the past varies more now"
    assert heard(detector.move(on(30, "11:00"), "200")) == []


def test_what_is_far_off_is_not_told_apart() -> None:
    (opened,) = of(habitual(30, "900", "1100").move(on(30), "9999999"), NAME)
    assert opened.evidence.measured == 1_000
    assert opened.severity.value == "warning"
