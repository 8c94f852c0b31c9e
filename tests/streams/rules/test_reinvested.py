"""R32: placed again within 3 business days, an amount in [0.9, 1.1] x the proceeds of one date; it inhibits R01, R02 and R31."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.rules import Severity
from streams.book import all_rules
from tests.streams.builders import Detector, of, only, world
from tests.streams.rules.test_matured_not_reinvested import came_back

RULE = "reinvested"


@pytest.mark.parametrize(
    ("placed", "fires"),
    [("89999.9999", False), ("90000", True), ("100000", True), ("110000", True), ("110000.0001", False), ("500000", False)],
)
@pytest.mark.parametrize("kind", ["purchase", "placement"])
def test_about_as_much_as_came_back(placed: str, fires: bool, kind: str) -> None:
    detector = came_back()
    found = of(detector.move("2025-03-11 09:00", placed, kind), RULE)
    assert [one.evidence.measured for one in found] == ([Decimal(placed) / 100_000] if fires else [])
    assert all(one.severity is Severity.INFO for one in found)
    assert of(detector.until("2025-03-31 00:00"), RULE) == []


@pytest.mark.parametrize(
    ("at", "fires"),
    [("2025-03-10 06:00:00", True), ("2025-03-13 23:59:59", True), ("2025-03-14 00:00:00", False), ("2025-03-10 05:59:59", False)],
)
def test_from_the_second_on_until_the_close_of_the_third_business_day(at: str, fires: bool) -> None:
    assert bool(of(came_back().move(at, "100000", "placement"), RULE)) is fires


def test_it_is_told_once_at_the_movement_that_reaches_it() -> None:
    detector = came_back()
    assert of(detector.move("2025-03-11 09:00", "50000", "purchase"), RULE) == []
    found = only(detector.move("2025-03-11 10:00", "40000", "purchase"), RULE)
    assert found.evidence.triggers[0].amount == 40_000
    assert of(detector.move("2025-03-11 11:00", "10000", "purchase"), RULE) == []
    assert of(detector.move("2025-03-11 12:00", "5000", "purchase"), RULE) == []


def test_half_and_then_far_more_than_the_rest_is_no_reinvestment() -> None:
    detector = came_back()
    detector.move("2025-03-11 09:00", "50000", "purchase")
    assert of(detector.move("2025-03-11 10:00", "70000", "purchase"), RULE) == []


def test_proceeds_below_the_floor_do_not_matter() -> None:
    assert of(came_back(amount="49999.9999").move("2025-03-11 09:00", "49999.9999", "placement"), RULE) == []
    assert of(came_back(amount="50000").move("2025-03-11 09:00", "50000", "placement"), RULE)


def test_one_movement_that_completes_two_dates_is_told_of_the_first() -> None:
    detector = came_back()
    detector.move("2025-03-11 06:00", "100000", "redemption")
    found = only(detector.move("2025-03-12 09:00", "200000", "purchase"), RULE)
    assert found.evidence.facts["came_on"] == "2025-03-10"
    assert of(detector.until("2025-03-31 00:00"), "matured_not_reinvested") == []


def test_each_date_is_told_when_it_is_complete() -> None:
    detector = came_back()
    detector.move("2025-03-11 06:00", "100000", "redemption")
    first = only(detector.move("2025-03-12 09:00", "100000", "purchase"), RULE)
    second = only(detector.move("2025-03-12 10:00", "95000", "purchase"), RULE)
    assert [one.evidence.facts["came_on"] for one in (first, second)] == ["2025-03-10", "2025-03-11"]
    assert first.notification_id != second.notification_id


def test_only_what_leaves_a_demand_deposit_account_counts() -> None:
    detector = came_back()
    assert of(detector.move("2025-03-11 09:00", "100000", "purchase", account_id="f", asset_class="fund"), RULE) == []
    placed = {"direction": "credit", "account_id": "t2", "asset_class": "time_deposit"}
    assert of(detector.move("2025-03-11 09:00", "100000", "placement", **placed), RULE) == []
    assert of(detector.move("2025-03-11 09:00", "100000", "own_transfer"), RULE) == []


def test_a_reversal_takes_it_back() -> None:
    detector = came_back()
    told = only(detector.move("2025-03-11 09:00", "100000", "placement"), RULE)
    back = only(detector.reverse("2025-03-12 09:00", "e3", "2025-03-11 09:00", "100000", "placement"), RULE)
    assert (back.notification_id, back.status) == (told.notification_id, "retracted")
    assert of(detector.move("2025-03-13 09:00", "100000", "placement"), RULE), "placed again after all"


def test_a_month_of_small_dealings_is_bounded_and_the_oldest_go_first() -> None:
    detector = came_back(amount="70000")
    for hour in range(40):
        detector.move(f"2025-03-{11 + hour // 20} {hour % 20:02}:30", "1", "purchase")
    assert len(detector.customer().memory.dealt) == 32
    assert all(one.value < 0 for one in detector.customer().memory.dealt)
    detector.move("2025-05-20 09:00", "1", "purchase")
    assert detector.customer().memory.dealt == []


def test_what_it_inhibits() -> None:
    assert all_rules()[RULE].inhibits == {"large_inflow", "large_outflow", "matured_not_reinvested"}


def test_the_tolerance_is_a_setting() -> None:
    own = world({RULE: {"parameters": {"tolerance": "0"}}})
    for amount, fires in (("99999.9999", False), ("100000", True), ("100000.0001", False)):
        assert bool(of(came_back(world=own).move("2025-03-11 09:00", amount, "placement"), RULE)) is fires


def test_the_words() -> None:
    found = only(came_back().move("2025-03-11 09:00", "95000", "placement"), RULE)
    assert found.body.english == "Of the ¥100,000.00 that came back on 10 Mar 2025, ¥95,000.00 has been placed again."


def test_a_customer_without_proceeds_keeps_nothing() -> None:
    detector = Detector()
    detector.move("2025-03-11 09:00", "95000", "placement")
    assert detector.customer().memory.dealt == []
