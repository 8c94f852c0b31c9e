"""R41: the average of thirty closes, continued as it has gone, against the line of the tier."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schemas.notifications import Notification
from tests.streams.builders import Detector, of

NAME = "tier_down_risk"
START = date(2025, 1, 1)


def heard(found: list[Notification]) -> list[tuple[str, str]]:
    """Tier and status of each."""
    return [(one.dedup_key.rpartition(":")[2], one.status.value) for one in of(found, NAME)]


def on(days: int, time: str = "00:00") -> str:
    return f"{START + timedelta(days=days)} {time}"


def holding(*stated: tuple[int, str], detector: Detector | None = None) -> Detector:
    """A balance stated on each of these dates, the first of them 0."""
    detector = detector or Detector()
    for days, amount in stated:
        detector.move(on(days, "09:00"), amount, "adjustment", snapshot=True)
    return detector


@pytest.mark.parametrize(("amount", "opens"), [("230000", []), ("229999.9999", [("gold", "opened")])])
def test_it_opens_below_the_line_and_not_at_it(amount: str, opens: list[tuple[str, str]]) -> None:
    """260,000 for thirty dates, then thirty of 230,000: 30,000 less again is the line."""
    assert heard(holding((0, "260000"), (30, amount)).until(on(60))) == opens


def test_it_needs_sixty_closes() -> None:
    detector = holding((0, "260000"), (20, "200000"))
    assert heard(detector.until(on(59, "23:59:59"))) == []
    (opened,) = of(detector.until(on(60)), NAME)
    assert opened.evidence.facts == {"average": "200000.00", "average_before": "240000.00", "line": "200000"}
    assert opened.evidence.measured == 160_000


def test_an_average_that_does_not_fall_is_no_risk_although_it_is_below_the_line() -> None:
    detector = holding((0, "210000"), (30, "195000"))
    assert heard(detector.until(on(60))) == [("gold", "opened")]
    level = holding((0, "195000"), (90, "195000"))
    level.customer().tier = "gold"
    assert heard(level.until(on(120))) == []


def test_the_lowest_tier_cannot_be_lost() -> None:
    assert heard(holding((0, "150000"), (31, "10000")).until(on(90))) == []


def test_it_is_the_tier_that_the_average_decides() -> None:
    detector = Detector()
    detector.profile(tier="platinum")
    assert heard(holding((0, "260000"), (31, "205000"), detector=detector).until(on(61))) == [("gold", "opened")]


@pytest.mark.parametrize(("amount", "resolves"), [("224999.9999", []), ("225000", [("gold", "resolved")])])
def test_it_resolves_at_the_line_over_four_fifths(amount: str, resolves: list[tuple[str, str]]) -> None:
    """Thirty dates of 200,000, then thirty of 225,000: 25,000 more again is 250,000, the line over 0.8."""
    detector = holding((0, "260000"), (30, "200000"), (60, amount))
    assert heard(detector.told)[:1] == [("gold", "opened")]
    assert heard(detector.until(on(90))) == resolves


def test_it_resolves_when_the_tier_is_lost_and_says_so() -> None:
    detector = holding((0, "260000"), (61, "150000"))
    found = of(detector.until(on(120)), NAME)
    assert heard(found) == [("gold", "opened"), ("gold", "resolved")]
    assert "照此趋势" in found[0].body.chinese
    assert "below the gold line of ¥200,000.00" in found[1].body.english
    assert found[1].evidence.measured < 200_000


def test_nothing_changes_between_the_first_ticks_of_dates() -> None:
    detector = holding((0, "260000"), (31, "150000"))
    detector.until(on(50))
    told = len(heard(detector.told))
    for hour in range(1, 23):
        detector.move(on(50, f"{hour:02}:00"), "1000", "withdrawal")
    assert len(heard(detector.told)) == told
