"""R14: debits of a week against the blocks of seven dates before it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schemas.notifications import Notification
from tests.streams.builders import Detector, of, said, world

NAME = "activity_spike"
START = date(2025, 1, 6)


def heard(found: list[Notification]) -> list[str]:
    return [status for _, status in said(of(found, NAME))]


def on(days: int, time: str = "09:00") -> str:
    return f"{START + timedelta(days=days)} {time}"


def blocks(*counts: int, **parameters: object) -> Detector:
    """So many debits on the first date of each seven, in a history that begins with the first; then what is told of the next seven."""
    detector = Detector(world({NAME: {"parameters": parameters}}, history_days=400))
    detector.move(on(0, "00:00"), "1000", "adjustment", snapshot=True)
    for block, count in enumerate(counts):
        for _ in range(count):
            detector.move(on(7 * block), "1", "card_payment")
    return detector


def spend(detector: Detector, days: int, times: int) -> list[str]:
    found: list[str] = []
    for _ in range(times):
        found += heard(detector.move(on(days), "1", "card_payment"))
    return found


EIGHT = (3, 5, 3, 5, 3, 5, 3, 5)
"""Mean 4, deviation 1: from 7 on it is a spike."""


def test_it_opens_at_three_deviations() -> None:
    detector = blocks(*EIGHT)
    assert spend(detector, 62, 6) == []
    assert spend(detector, 62, 1) == ["opened"]


def test_the_last_seven_dates_are_today_and_six_before() -> None:
    detector = blocks(*EIGHT)
    assert spend(detector, 56, 3) == []
    assert spend(detector, 62, 3) == []
    assert spend(detector.copy(), 62, 1) == ["opened"]
    assert spend(detector, 63, 1) == [], "the three of date 56 have left, and all blocks have moved on by a date"


@pytest.mark.parametrize(("days", "opens"), [(61, []), (62, ["opened"])])
def test_it_needs_eight_blocks(days: int, opens: list[str]) -> None:
    assert spend(blocks(*EIGHT), days, 7)[:1] == opens


def test_blocks_that_are_all_alike_say_nothing() -> None:
    assert spend(blocks(*[4] * 8), 62, 50) == []


def test_fewer_than_five_are_no_spike() -> None:
    detector = blocks(1, 0, 0, 0, 0, 0, 0, 0)
    assert spend(detector, 62, 4) == []
    assert spend(detector, 62, 1) == ["opened"]
    assert spend(blocks(1, 0, 0, 0, 0, 0, 0, 0, least=2), 62, 2) == ["opened"]


def test_no_more_than_the_latest_blocks_are_looked_at() -> None:
    counts = (90, *EIGHT)
    assert spend(blocks(*counts), 69, 7) == [], "a block of 90 is remembered"
    assert spend(blocks(*counts, max_blocks=8), 69, 7) == ["opened"]


def test_credits_and_snapshots_do_not_count_and_every_kind_of_debit_does() -> None:
    detector = blocks(*EIGHT)
    spend(detector, 62, 6)
    detector.move(on(62), "1", "deposit")
    detector.move(on(62), "1", "fee", snapshot=True)
    assert heard(detector.told) == []
    assert heard(detector.move(on(62), "1", "fee")) == ["opened"]


def test_a_late_debit_counts_on_its_own_date() -> None:
    detector = blocks(*EIGHT)
    spend(detector, 62, 6)
    assert heard(detector.copy().move(on(56, "00:00"), "1", "card_payment")) == ["opened"]
    assert heard(detector.move(on(55, "23:59"), "1", "card_payment")) == []


def test_it_resolves_at_the_first_tick_at_which_the_week_is_below_four_fifths_of_the_threshold() -> None:
    """On date 63 the blocks are 5, 3, 5, 3, 5, 3, 5, 0: (7 x 8 - 29) / sqrt(8 x 127 - 29^2) = 2.041...; the threshold's part is 2.4."""
    detector = blocks(*EIGHT)
    spend(detector, 62, 7)
    assert heard(detector.until(on(62, "23:59:59"))) == []
    (resolved,) = of(detector.until(on(63, "00:00")), NAME)
    assert (resolved.status.value, str(resolved.evidence.measured)) == ("resolved", "2.041008")


def test_more_blocks_than_are_kept_are_refused() -> None:
    with pytest.raises(ValueError, match="less than or equal to 56"):
        blocks(max_blocks=57)
    with pytest.raises(ValueError, match="must not be less"):
        blocks(min_blocks=9, max_blocks=8)
