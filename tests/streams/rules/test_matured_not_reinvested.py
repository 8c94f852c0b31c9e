"""R31: < 70 % of the proceeds of maturities or redemptions placed again by the close of the third business day after their date."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas.notifications import Status
from schemas.rules import Severity
from tests.streams.builders import Detector, instant, of, only, world

RULE = "matured_not_reinvested"


def came_back(at: str = "2025-03-10 06:00", amount: str = "100000", kind: str = "maturity", **more: Any) -> Detector:
    """10 March 2025 is a Monday: there is time until the close of Thursday the 13th."""
    detector = Detector(more.pop("world", None) or world())
    detector.move("2025-03-01 00:00", "5000", "adjustment", snapshot=True)
    detector.move(at, amount, kind, **more)
    return detector


@pytest.mark.parametrize(
    ("placed", "fires"),
    [("69999.9999", True), ("70000", False), ("70000.0001", False), ("100000", False), ("500000", False), (None, True)],
)
@pytest.mark.parametrize("kind", ["purchase", "placement"])
def test_less_than_seven_tenths_placed_is_too_little(placed: str | None, fires: bool, kind: str) -> None:
    detector = came_back()
    if placed:
        detector.move("2025-03-12 09:00", placed, kind)
    assert of(detector.until("2025-03-13 23:59"), RULE) == []
    found = of(detector.until("2025-03-14 00:00"), RULE)
    assert bool(found) is fires
    assert of(detector.until("2025-04-30 00:00"), RULE) == []
    for one in found:
        assert one.occurred_at.timestamp() == instant("2025-03-14 00:00")
        assert one.evidence.measured == Decimal(100_000) - Decimal(placed or 0)
        assert one.evidence.threshold == Decimal("30000.0001")


@pytest.mark.parametrize(("at", "fires"), [("2025-03-13 23:59:59", False), ("2025-03-14 00:00:00", True)])
def test_there_is_time_until_the_close_of_the_third_business_day(at: str, fires: bool) -> None:
    detector = came_back()
    found = [*detector.move(at, "100000", "placement"), *detector.until("2025-03-20 00:00")]
    assert bool(of(found, RULE)) is fires


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("2025-03-06 06:00", "2025-03-12 00:00"),  # a Thursday: Friday, Monday, Tuesday
        ("2025-03-08 06:00", "2025-03-13 00:00"),  # a Saturday: Monday to Wednesday
        ("2025-09-29 06:00", "2025-10-11 00:00"),  # the 30th, then the holidays, the 9th and the 10th
    ],
)
def test_business_days_are_the_bank_s(at: str, ends: str) -> None:
    assert only(came_back(at).until("2025-11-30 00:00"), RULE).occurred_at.timestamp() == instant(ends)


@pytest.mark.parametrize(("amount", "fires"), [("49999.9999", False), ("50000", True)])
def test_proceeds_below_the_floor_do_not_matter(amount: str, fires: bool) -> None:
    assert bool(of(came_back(amount=amount).until("2025-03-20 00:00"), RULE)) is fires


def test_proceeds_of_one_date_are_one() -> None:
    detector = came_back(amount="30000")
    detector.move("2025-03-10 15:00", "20000", "redemption", account_id="a2")
    detector.move("2025-03-10 15:00", "9000", "interest")
    found = only(detector.until("2025-03-20 00:00"), RULE)
    assert (found.evidence.facts["proceeds"], found.evidence.facts["came_on"], found.evidence.facts["until"]) == (
        "50000.00",
        "2025-03-10",
        "2025-03-13",
    )


def test_of_two_dates_the_older_is_placed_first() -> None:
    detector = came_back()
    detector.move("2025-03-11 06:00", "100000", "redemption")
    detector.move("2025-03-12 09:00", "150000", "purchase")
    found = of(detector.until("2025-03-31 00:00"), RULE)
    assert [(one.evidence.facts["came_on"], one.evidence.facts["placed"]) for one in found] == [("2025-03-11", "50000.00")]


def test_what_is_placed_after_the_older_date_s_time_is_the_newer_s() -> None:
    detector = came_back()
    detector.move("2025-03-12 06:00", "100000", "redemption")
    detector.move("2025-03-14 09:00", "100000", "purchase")
    found = of(detector.told, RULE) + of(detector.until("2025-03-31 00:00"), RULE)
    assert [one.evidence.facts["came_on"] for one in found if one.rule.name == RULE] == ["2025-03-10"]


def test_what_was_placed_before_it_came_back_or_by_other_kinds_or_accounts_does_not_count() -> None:
    detector = came_back()
    detector.move("2025-03-10 05:00", "100000", "purchase")
    detector.move("2025-03-11 09:00", "100000", "own_transfer")
    detector.move("2025-03-11 09:00", "100000", "transfer_out")
    detector.move("2025-03-11 09:00", "100000", "placement", direction="credit", account_id="t2", asset_class="time_deposit")
    detector.move("2025-03-11 10:00", "100000", "purchase", account_id="f", asset_class="fund")
    assert only(detector.until("2025-03-20 00:00"), RULE).evidence.facts["placed"] == "0.00"


@pytest.mark.parametrize("kind", ["own_transfer", "deposit", "interest", "coupon", "transfer_in"])
def test_other_credits_are_no_proceeds(kind: str) -> None:
    assert of(came_back(kind=kind, direction="credit").until("2025-03-20 00:00"), RULE) == []


def test_the_product_s_own_side_is_no_proceeds_and_neither_is_a_snapshot() -> None:
    detector = came_back(direction="debit", account_id="t", asset_class="time_deposit")
    detector.move("2025-03-10 07:00", "100000", "maturity", snapshot=True)
    assert of(detector.until("2025-03-20 00:00"), RULE) == []


def test_reversed_proceeds_never_came() -> None:
    detector = came_back()
    detector.reverse("2025-03-12 09:00", "e2", "2025-03-10 06:00", "100000", "maturity")
    assert of(detector.until("2025-03-20 00:00"), RULE) == []


def test_proceeds_reversed_before_they_arrive_never_came() -> None:
    detector = Detector()
    detector.reverse("2025-03-10 09:00", "late", "2025-03-10 06:00", "100000", "maturity")
    detector.move("2025-03-10 06:00", "100000", "maturity", event_id="late")
    assert of(detector.until("2025-03-20 00:00"), RULE) == []


def test_a_reversed_placement_was_none() -> None:
    detector = came_back()
    detector.move("2025-03-11 09:00", "100000", "placement")
    detector.reverse("2025-03-12 09:00", "e3", "2025-03-11 09:00", "100000", "placement")
    assert of(detector.until("2025-03-20 00:00"), RULE)


def test_a_late_placement_counts_if_it_comes_before_the_close() -> None:
    detector = came_back()
    detector.move("2025-03-13 20:00", "1", "deposit")
    detector.move("2025-03-11 09:00", "100000", "placement")
    assert of(detector.until("2025-03-20 00:00"), RULE) == []


def test_all_of_it_idle_is_a_warning() -> None:
    assert only(came_back().until("2025-03-20 00:00"), RULE).severity is Severity.WARNING
    detector = came_back()
    detector.move("2025-03-11 09:00", "50000", "placement")
    assert only(detector.until("2025-03-20 00:00"), RULE).severity is Severity.NOTICE


def test_days_share_and_floor_are_settings() -> None:
    own = world({RULE: {"parameters": {"days": "1", "share": "1", "abs_floor": "1"}}})
    detector = came_back(amount="3", world=own)
    detector.move("2025-03-11 23:59", "2.9999", "purchase")
    assert only(detector.until("2025-03-12 00:00"), RULE).evidence.measured == Decimal("0.0001")


def test_the_words() -> None:
    found = only(came_back(amount="300000").until("2025-03-20 00:00"), RULE)
    assert found.body.english == "Of the ¥300,000.00 that came back on 10 Mar 2025, ¥300,000.00 has not been placed again."
    assert found.body.chinese == "2025年3月10日到期或赎回的30.00万元中，仍有30.00万元未再投资。"


def test_a_reversal_of_what_came_back_retracts_what_was_told_at_the_close() -> None:
    detector = came_back(event_id="back")
    told = only(detector.until("2025-03-14 00:00"), RULE)
    detector = detector.copy()
    (taken_back,) = of(detector.reverse("2025-03-17 09:00", "back", "2025-03-10 06:00", "100000", "maturity"), RULE)
    assert (taken_back.status, taken_back.notification_id) == (Status.RETRACTED, told.notification_id)
    assert len(detector.customer().memory.fired) == 0


@pytest.mark.parametrize(("rest", "stands"), [("50000", True), ("49999.9999", False)])
def test_it_stands_while_what_else_came_back_that_day_lies_idle(rest: str, stands: bool) -> None:
    detector = came_back(amount=rest, event_id="rest")
    detector.move("2025-03-10 07:00", "100000", "maturity", event_id="wrong")
    assert only(detector.until("2025-03-14 00:00"), RULE)
    first = of(detector.reverse("2025-03-17 09:00", "wrong", "2025-03-10 07:00", "100000", "maturity"), RULE)
    second = of(detector.reverse("2025-03-17 10:00", "rest", "2025-03-10 06:00", rest, "maturity"), RULE)
    assert [len(first), len(second)] == ([0, 1] if stands else [1, 0])


def test_a_reversed_placement_takes_nothing_back() -> None:
    detector = came_back()
    detector.move("2025-03-11 09:00", "1000", "placement", event_id="placed")
    assert only(detector.until("2025-03-14 00:00"), RULE)
    assert of(detector.reverse("2025-03-17 09:00", "placed", "2025-03-11 09:00", "1000", "placement"), RULE) == []
