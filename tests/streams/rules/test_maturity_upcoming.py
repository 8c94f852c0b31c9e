"""R30: first tick of the n-th business day before an account's maturity date, n in [30, 7, 1], if it has a balance above 0."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from streams.book import all_rules
from streams.screens.calendar import terms_ending, working_day
from tests.streams.builders import Detector, instant, of, only, world

RULE = "maturity_upcoming"


def holding(matures: str, since: str = "2025-03-01 00:00", amount: str = "100000", **more: Any) -> Detector:
    detector = Detector(more.pop("world", None) or world())
    detector.move(
        since, amount, "placement", direction="credit", account_id="t1", asset_class="time_deposit", maturity_date=matures, **more
    )
    return detector


def told_on(detector: Detector, until: str) -> list[tuple[str, int]]:
    """Dates and days of what is told."""
    zone = detector.world.calendar.zone
    found = of(detector.until(until), RULE)
    return [(one.occurred_at.astimezone(zone).date().isoformat(), int(one.evidence.measured)) for one in found]


def test_it_is_said_30_7_and_1_business_days_before() -> None:
    """16 April 2025 is a Wednesday; Tomb Sweeping Day, Friday the 4th, is off: 30 back is 4 March."""
    assert told_on(holding("2025-04-16"), "2025-05-01 00:00") == [("2025-03-04", 30), ("2025-04-07", 7), ("2025-04-15", 1)]


@pytest.mark.parametrize(
    ("matures", "last"),
    [
        ("2025-03-10", "2025-03-07"),  # a Monday: the Friday before
        ("2025-03-09", "2025-03-07"),  # a Sunday: the same
        ("2025-03-08", "2025-03-07"),
        ("2025-03-07", "2025-03-06"),
        ("2025-10-09", "2025-09-30"),  # after the National Day holidays
        ("2025-10-12", "2025-10-11"),  # a make-up Saturday is worked
    ],
)
def test_the_last_business_day_before_is_the_bank_s(matures: str, last: str) -> None:
    detector = holding(matures, since="2025-02-28 09:00")
    assert [on for on, count in told_on(detector, f"{matures} 12:00") if count == 1] == [last]


def test_each_is_said_at_the_first_tick_of_its_date() -> None:
    detector = holding("2025-03-12", since="2025-03-10 09:00")
    assert of(detector.until("2025-03-10 23:59"), RULE) == []
    found = only(detector.until("2025-03-11 00:00"), RULE)
    assert found.occurred_at.timestamp() == instant("2025-03-11 00:00")
    assert (found.evidence.measured, found.evidence.threshold, found.evidence.unit) == (Decimal(1), Decimal(1), "days")
    assert found.dedup_key == "maturity_upcoming:c1:t1:1"


def test_a_date_whose_first_tick_has_passed_is_not_said_late() -> None:
    """Placed on the very day that is the seventh before."""
    assert told_on(holding("2025-03-19", since="2025-03-10 00:00"), "2025-03-31 00:00") == [("2025-03-18", 1)]


def test_what_is_empty_by_then_matures_no_more() -> None:
    detector = holding("2025-03-19", since="2025-03-01 00:00")
    detector.move("2025-03-11 09:00", "100000", "redemption", direction="debit", account_id="t1", asset_class="time_deposit")
    assert [count for _, count in told_on(detector, "2025-03-31 00:00")] == []
    assert [count for _, count in told_on(holding("2025-03-19"), "2025-03-31 00:00")] == [7, 1]


def test_two_accounts_of_one_date_are_two_and_what_they_say_can_be_told_apart() -> None:
    detector = holding("2025-03-12", since="2025-03-10 09:00")
    detector.move(
        "2025-03-10 09:00", "7", "placement", direction="credit", account_id="t:2", asset_class="time_deposit", maturity_date="2025-03-12"
    )
    found = of(detector.until("2025-03-11 00:00"), RULE)
    assert [(one.evidence.facts["account_id"], one.evidence.facts["balance"]) for one in found] == [("t1", "100000.00"), ("t:2", "7.00")]
    assert len({one.notification_id for one in found}) == 2


def test_the_latest_maturity_date_holds() -> None:
    detector = holding("2025-03-12", since="2025-03-03 09:00")
    detector.move("2025-03-04 09:00", "1", "interest", account_id="t1", asset_class="time_deposit", maturity_date="2025-03-20")
    assert told_on(detector, "2025-03-31 00:00") == [("2025-03-11", 7), ("2025-03-19", 1)]


@pytest.mark.parametrize("matures", ["2027-03-19", "9999-12-31"])
def test_a_customer_who_sleeps_wakes_for_it(matures: str) -> None:
    detector = holding(matures, since="2025-03-01 00:00")
    told = told_on(detector, "2027-06-01 00:00")
    expected = [(_back(matures, count), count) for count in (30, 7, 1)] if matures.startswith("2027") else []
    assert told == expected


def _back(matures: str, count: int) -> str:
    return date.fromordinal(working_day("CN", date.fromisoformat(matures).toordinal(), -count)).isoformat()


def test_a_leap_day_is_a_maturity_date_too() -> None:
    assert told_on(holding("2028-02-29", since="2028-02-20 09:00"), "2028-03-05 00:00") == [("2028-02-28", 1)]


def test_the_days_are_settings_and_the_country_is_the_bank_s() -> None:
    own = world({RULE: {"parameters": {"first": "2", "second": "2", "last": "1"}}})
    assert told_on(holding("2025-03-12", world=own), "2025-03-31 00:00") == [("2025-03-10", 2), ("2025-03-11", 1)]


def test_the_screen_knows_the_same_dates_as_counting_back() -> None:
    """Against counting back from each maturity date, over two years with all their holidays."""
    start = date(2024, 1, 1).toordinal()
    for day in range(start, start + 730):
        ending = terms_ending("CN", day, (1, 7, 30))
        for matures in range(day + 1, day + 61):
            counts = [count for count in (1, 7, 30) if working_day("CN", matures, -count) == day]
            assert ending.get(date.fromordinal(matures).isoformat()) == (counts[0] if counts else None), (day, matures)


def test_the_words() -> None:
    found = only(holding("2025-03-12", since="2025-03-10 09:00").until("2025-03-11 00:00"), RULE)
    assert found.body.english == "A holding of ¥100,000.00 matures on 12 Mar 2025, in 1 working day."
    assert found.body.chinese == "一笔10.00万元的产品将于2025年3月12日到期（还有1个工作日）。"
    assert all_rules()[RULE].rule_id == "R30"
