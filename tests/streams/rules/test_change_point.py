"""R19: Page's CUSUM over weeks of net flow."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schemas.notifications import Notification
from tests.streams.builders import Detector, of, world

NAME = "change_point"
MONDAY = date(2024, 1, 1)


def heard(found: list[Notification]) -> list[tuple[str, str]]:
    """Side and status of each."""
    return [(one.dedup_key.rpartition(":")[2], one.status.value) for one in of(found, NAME)]


def on(days: int, time: str = "00:00") -> str:
    return f"{MONDAY + timedelta(days=days)} {time}"


def weekly(*amounts: int, first: int = 0, detector: Detector | None = None, **parameters: object) -> Detector:
    """So much in each week, on its Sunday, in a history that begins on a Monday; below 0 it leaves."""
    if detector is None:
        detector = Detector(world({NAME: {"parameters": parameters}}, history_days=400))
        detector.move(on(0), "1000000", "adjustment", snapshot=True)
    for week, amount in enumerate(amounts, first):
        detector.move(on(7 * week + 6, "23:59"), str(abs(amount)), "deposit" if amount > 0 else "withdrawal")
    return detector


USUAL = (900, 1100) * 13
"""Mean 1,000, deviation 100: the slack is 50, the limit 500."""


@pytest.mark.parametrize(
    ("amount", "opens"), [("1549.9999", []), ("1550", [("rise", "opened")]), ("451", []), ("450", [("fall", "opened")])]
)
def test_one_week_that_is_five_and_a_half_deviations_off_opens_it(amount: str, opens: list[tuple[str, str]]) -> None:
    detector = weekly(*USUAL)
    detector.move(on(7 * 26, "09:00"), amount)
    assert heard(detector.until(on(7 * 27 - 1, "23:59:59"))) == [], "a week counts when it has closed"
    assert heard(detector.until(on(7 * 27))) == opens


def test_several_weeks_add_up_less_the_slack_of_each() -> None:
    """1,200 is 2 deviations up, 1.5 after the slack: 1.5, 3, 4.5, 6."""
    detector = weekly(*USUAL, 1200, 1200, 1200)
    assert heard(detector.until(on(7 * 29))) == []
    weekly(1200, first=29, detector=detector)
    (opened,) = of(detector.until(on(7 * 30)), NAME)
    assert opened.evidence.measured == 6
    assert {name: opened.evidence.facts[name] for name in ("mean", "sigma", "cusum", "weeks")} == {
        "mean": "1000.00",
        "sigma": "100.00",
        "cusum": "600.00",
        "weeks": "4",
    }
    window = opened.evidence.window
    assert window is not None
    assert (window.first, window.last) == (MONDAY, MONDAY + timedelta(days=7 * 30 - 1))


def test_the_sum_never_falls_below_nothing() -> None:
    """800 takes it to 0, not to -2.5; three of 1,200 are 4.5 and one more is 6."""
    detector = weekly(*USUAL, 900, 900, 1200, 1200, 1200)
    assert heard(detector.until(on(7 * 31))) == []
    weekly(1200, first=31, detector=detector)
    assert heard(detector.until(on(7 * 32))) == [("rise", "opened")]


def test_twenty_six_weeks_must_be_known_whole_and_one_more() -> None:
    assert heard(weekly(*USUAL[:25], 9000).until(on(7 * 26))) == []
    for last, opens in ((26, []), (27, [("rise", "opened")])):
        detector = Detector(world(history_days=400))
        detector.move(on(1), "1000000", "adjustment", snapshot=True)
        weekly(*[900, 1100] * 13, 900, detector=detector)
        detector.move(on(7 * last, "09:00") if last == 27 else on(7 * 26 + 6, "23:59"), "9000")
        assert heard(detector.until(on(7 * last + 7))) == opens, "the week of a first date that is a Tuesday is not whole"


def test_weeks_that_never_varied_say_nothing() -> None:
    assert heard(weekly(*[1000] * 26, 99999).until(on(7 * 27))) == []


def test_a_late_movement_and_a_reversal_change_a_closed_week() -> None:
    detector = weekly(*USUAL, 1200)
    detector.move(on(7 * 27, "09:00"), "1", "card_payment")
    assert heard(detector.move(on(7 * 26, "10:00"), "349.9999")) == []
    assert heard(detector.copy().move(on(7 * 26, "10:00"), "0.0001")) == [("rise", "opened")]
    detector.move(on(7 * 26, "10:00"), "0.0001", event_id="wrong")
    assert heard(detector.reverse(on(7 * 27, "11:00"), "wrong", on(7 * 26, "10:00"), "0.0001", "deposit")) == [("rise", "retracted")]


def test_a_change_that_has_lasted_becomes_usual() -> None:
    detector = weekly(*USUAL)
    for week in range(26, 110):
        weekly((1900, 2100)[week % 2], first=week, detector=detector)
        detector.until(on(7 * week + 7))
    assert heard(detector.told)[0] == ("rise", "opened")
    assert heard(detector.told)[-1] == ("rise", "resolved")
    assert detector.customer().conditions.keys().isdisjoint({f"{NAME}:rise", f"{NAME}:fall"})


def test_a_flow_that_stops_is_seen_although_nothing_moves_any_more() -> None:
    """Mean 80, deviation 100: every quiet week takes 0.3 more, so the 17th is the first at 5."""
    detector = weekly(*(-20, 180) * 13)
    found = of(detector.until(on(900)), NAME)
    assert [one[1] for one in heard(found)] == ["opened", "resolved"]
    assert detector.customer().wake == 0


def test_more_weeks_than_are_kept_are_refused() -> None:
    with pytest.raises(ValueError, match="less than or equal to 28"):
        weekly(reference_weeks=29)
