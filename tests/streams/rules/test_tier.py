"""R40: AUM_avg(30) crosses up a tier line, or comes near one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from schemas.notifications import Notification
from schemas.rules import Severity
from schemas.settings import Bank
from tests.streams.builders import Detector, of, said, world

UP, NEAR = "tier_up", "near_tier"
FIRST = date(2025, 1, 1)
DECIDED = "2025-01-31 00:00"
"""The first tick after 30 closes of a customer first seen on the 1st of January."""


def holding(amount: str, at: str = "2025-01-01 12:00") -> Detector:
    detector = Detector()
    detector.move(at, amount, "adjustment", snapshot=True)
    return detector


def set_to(detector: Detector, at: str, amount: str) -> list[Notification]:
    """Let the whole of the customer's assets be so much from then on."""
    return detector.move(at, amount, "adjustment", snapshot=True)


def day(number: int, hour: str = "00:00") -> str:
    return f"{FIRST + timedelta(days=number)} {hour}"


# --- the tier --------------------------------------------------------------------------------------------------------------------------


def test_the_first_average_that_can_be_had_sets_the_tier_silently() -> None:
    detector = holding("9000000")
    assert of(detector.until("2025-01-30 23:59:59"), UP) == []
    assert detector.customer().tier == ""
    assert of(detector.until(DECIDED), UP) == []
    assert detector.customer().tier == "private"


def test_the_thirtieth_close_decides_not_the_twenty_ninth_nor_the_date_of_the_tick() -> None:
    detector = holding("100000")
    set_to(detector, "2025-01-31 00:00:00", "99999999")
    assert detector.customer().tier == "basic", "the tick stands before the movement of its own second"
    assert len({day for day, _ in detector.customer().history.closes()}) == 2


@pytest.mark.parametrize(
    ("average", "tier"),
    [("199999.9999", "basic"), ("200000", "gold"), ("1999999.9999", "gold"), ("2000000", "platinum"), ("8000000", "private")],
)
def test_the_tier_is_the_highest_line_that_is_reached(average: str, tier: str) -> None:
    detector = holding(average)
    detector.until(DECIDED)
    assert detector.customer().tier == tier


def test_a_customer_in_debt_has_the_lowest_tier() -> None:
    detector = Detector()
    detector.move("2025-01-01 12:00", "5", "withdrawal")
    detector.until(DECIDED)
    assert detector.customer().tier == "basic"


def test_the_average_is_the_mean_of_the_thirty_closes_rounded_down() -> None:
    detector = holding("0.0001")
    set_to(detector, "2025-01-16 09:00", "399999.9998")  # 15 closes of each: 199,999.99995
    detector.until(DECIDED)
    assert detector.customer().tier == "basic"


# --- tier_up ---------------------------------------------------------------------------------------------------------------------------


def test_crossing_a_line_opens_at_the_tick_of_the_date_and_names_both_tiers() -> None:
    detector = holding("100000")
    detector.until(DECIDED)
    set_to(detector, "2025-01-31 09:00", "3100000")  # one close of 3.1 m and 29 of 0.1 m: 200,000
    (opened,) = of(detector.until("2025-02-01 00:00"), UP)
    assert opened.status.value == "opened"
    assert opened.evidence.measured == opened.evidence.threshold == 200_000
    assert opened.evidence.facts == {"tier_before": "basic", "tier": "gold"}
    assert opened.tier == "gold"
    assert opened.occurred_at.isoformat() == "2025-01-31T16:00:00+00:00"
    assert opened.body.english == "The 30-day average of assets is ¥200,000.00: at or above the gold line of ¥200,000.00."
    assert opened.body.chinese == "近30日日均资产20.00万元，达到黄金级门槛20.00万元。"


def test_one_unit_less_does_not_cross() -> None:
    detector = holding("100000")
    detector.until(DECIDED)
    set_to(detector, "2025-01-31 09:00", "3099999.9999")
    assert of(detector.until("2025-02-01 00:00"), UP) == []


def test_several_lines_at_once_are_told_as_the_highest() -> None:
    detector = holding("100000")
    detector.until(DECIDED)
    set_to(detector, "2025-01-31 09:00", "300000000")
    found = of(detector.until("2025-02-01 00:00"), UP)
    assert [one.evidence.facts for one in found] == [{"tier_before": "basic", "tier": "private"}]


def climbed() -> Detector:
    """A gold customer who was a basic one, with the same assets for more than 30 dates since."""
    detector = holding("100000")
    detector.until(DECIDED)
    set_to(detector, "2025-01-31 09:00", "210000")
    detector.move("2025-03-01 09:00", "0.0001", "fee")
    detector.until("2025-03-02 00:00")
    assert said(of(detector.told, UP)) == [(UP, "opened")]
    return detector


@pytest.mark.parametrize(("amount", "kept"), [("190000", True), ("189999.9999", False)])
def test_a_tier_is_lost_five_percent_below_its_line_and_then_the_crossing_resolves(amount: str, kept: bool) -> None:
    detector = climbed()
    set_to(detector, "2025-03-02 09:00", amount)
    found = of(detector.until("2025-06-01 00:00"), UP)
    assert detector.customer().tier == ("gold" if kept else "basic")
    assert [one.status.value for one in found] == ([] if kept else ["resolved"])


def test_within_the_hysteresis_it_does_not_open_again_and_below_it_does() -> None:
    detector = climbed()
    for month, amount in ((3, "195000"), (4, "250000"), (5, "150000"), (6, "250000")):
        start = date(2025, month, 2 * month)
        set_to(detector, f"{start} 09:00", amount)
        detector.until(f"{start + timedelta(days=32)} 00:00")
    assert said(of(detector.told, UP)) == [(UP, "opened"), (UP, "resolved"), (UP, "opened")]


def test_from_gold_to_platinum_is_another_condition() -> None:
    detector = climbed()
    set_to(detector, "2025-03-02 09:00", "9000000")
    found = of(detector.until("2025-04-10 00:00"), UP)
    assert [(one.status.value, one.evidence.facts["tier"]) for one in found] == [("opened", "platinum"), ("opened", "private")]
    set_to(detector, "2025-04-10 09:00", "10")
    assert {one.dedup_key for one in of(detector.until("2025-06-10 00:00"), UP)} == {
        f"tier_up:c1:{tier}" for tier in ("gold", "platinum", "private")
    }


@pytest.mark.parametrize(("given", "told"), [("gold", []), ("basic", ["gold"])])
def test_a_line_at_or_below_the_profile_s_tier_is_none_to_cross_or_to_be_near(given: str, told: list[str]) -> None:
    detector = holding("100000")
    detector.profile(tier=given)
    detector.until(DECIDED)
    set_to(detector, "2025-01-31 09:00", "900000")
    found = detector.until("2025-02-20 00:00")
    assert [one.evidence.facts["tier"] for one in of(found, UP)] == told
    assert [one.dedup_key for one in of(found, NEAR) if given == "gold" and one.dedup_key.endswith(":gold")] == []


def test_a_quiet_customer_is_decided_until_the_average_stands_still_and_then_sleeps() -> None:
    detector = holding("100000")
    detector.until(DECIDED)
    set_to(detector, "2025-01-31 09:00", "200000")
    assert of(detector.until("2025-03-01 23:59"), UP) == []
    assert [one.evidence.measured for one in of(detector.until("2025-03-02 00:00"), UP)] == [200_000], "after the 30th close, not before"
    detector.until("2025-12-31 00:00")
    assert detector.customer().wake == 0


def test_a_late_movement_from_before_moves_the_average_of_the_next_date() -> None:
    detector = holding("199000")
    detector.until(DECIDED)
    detector.move("2025-01-31 09:00", "0.0001")
    detector.move("2025-01-02 09:00", "1000")
    assert of(detector.until("2025-01-31 23:59"), UP) == []
    assert [one.evidence.measured for one in of(detector.until("2025-02-01 00:00"), UP)] == [Decimal("200000.0000")]


# --- near_tier -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "line"),
    [
        ("179999.9999", None),
        ("180000", 200_000),
        ("199999.9999", 200_000),
        ("200000", None),
        ("1799999.9999", None),
        ("1800000", 2_000_000),
        ("7200000", 8_000_000),
        ("8000000", None),
        ("99999999", None),
    ],
)
def test_near_is_from_ninety_percent_of_the_next_line_up_to_it(amount: str, line: int | None) -> None:
    found = of(holding(amount).until(DECIDED), NEAR)
    assert [one.evidence.facts["line"] for one in found] == ([] if line is None else [str(line)])
    assert {one.severity for one in found} <= {Severity.INFO}
    assert {one.due_by for one in found} <= {None}


def test_what_is_missing_is_said_and_can_be_recomputed() -> None:
    (one,) = of(holding("185000.5").until(DECIDED), NEAR)
    assert one.evidence.measured == Decimal("185000.50")
    assert one.evidence.threshold == 180_000
    assert one.evidence.facts == {"line": "200000", "missing": "14999.50"}
    assert one.body.english == "The 30-day average of assets is ¥185,000.50: ¥14,999.50 short of the gold line."


@pytest.mark.parametrize(("amount", "up"), [("10", False), ("179999", False), ("200000", True)])
def test_it_resolves_on_leaving_the_band_either_way(amount: str, up: bool) -> None:
    detector = holding("190000")
    detector.until(DECIDED)
    set_to(detector, "2025-01-31 09:00", amount)
    detector.until("2025-04-01 00:00")
    assert said(of(detector.told, NEAR)) == [(NEAR, "opened"), (NEAR, "resolved")]
    assert bool(of(detector.told, UP)) is up


def test_a_tier_held_by_hysteresis_is_not_near_itself() -> None:
    detector = climbed()
    before = len(of(detector.told, NEAR))
    set_to(detector, "2025-03-02 09:00", "195000")
    assert of(detector.until("2025-06-01 00:00"), NEAR) == []
    assert len(of(detector.told, NEAR)) == before


def test_near_again_is_told_again_under_another_id() -> None:
    detector = holding("190000")
    detector.until(DECIDED)
    for start, amount in ((date(2025, 2, 1), "100000"), (date(2025, 3, 10), "190000")):
        set_to(detector, f"{start} 09:00", amount)
        detector.until(f"{start + timedelta(days=32)} 00:00")
    opened = [one.notification_id for one in of(detector.told, NEAR) if one.status == "opened"]
    assert len(opened) == len(set(opened)) == 2


def test_how_near_is_a_setting() -> None:
    detector = Detector(world({NEAR: {"parameters": {"near": "0.5"}}}))
    detector.move("2025-01-01 12:00", "100000", "adjustment", snapshot=True)
    assert len(of(detector.until(DECIDED), NEAR)) == 1


@pytest.mark.parametrize("rule", [UP, NEAR])
def test_a_cooldown_of_a_daily_decision_ends_at_a_midnight_and_does_not_wake_the_customer_for_ever(rule: str) -> None:
    detector = Detector(world({rule: {"parameters": {"cooldown_hours": 24 * 40 + 1}}}, bank=Bank(time_zone="Asia/Kolkata")))
    amounts = ("100000", "250000", "10") if rule == UP else ("190000", "190000", "10")
    for start, amount in zip((date(2025, 1, 1), date(2025, 2, 5), date(2025, 3, 15)), amounts, strict=True):
        set_to(detector, f"{start} 09:00", amount)
    detector.until("2026-12-31 00:00")
    assert said(of(detector.told, rule)) == [(rule, "opened"), (rule, "resolved")]
    assert [key for key in detector.customer().conditions if key.startswith(f"{rule}:")] == []
    assert detector.customer().wake == 0
