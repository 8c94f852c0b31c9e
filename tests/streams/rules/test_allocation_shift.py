"""R26, each case worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.notifications import Notification
from tests.streams.builders import Detector, of, only, world

NAME = "allocation_shift"


def holding(amount: str = "100000", at: str = "2025-03-01 09:00", **rules: object) -> Detector:
    detector = Detector(world({NAME: {"parameters": rules}}))
    detector.move(at, amount, "adjustment", snapshot=True)
    return detector


def buy(detector: Detector, at: str, amount: str, what: str = "fund") -> list[Notification]:
    found = detector.move(at, amount, "purchase", direction="debit")
    return found + detector.move(at, amount, "purchase", direction="credit", account_id=what, asset_class=what)


def said(found: list[Notification]) -> list[tuple[str, str]]:
    zone = world().calendar.zone
    return [(one.status.value, f"{one.occurred_at.astimezone(zone):%m-%d %H:%M}") for one in of(found, NAME)]


@pytest.mark.parametrize(("amount", "opens"), [("14999.9999", False), ("15000", True), ("15000.0001", True)])
def test_15_of_100_in_another_class_than_30_dates_ago(amount: str, opens: bool) -> None:
    found = buy(holding(), "2025-03-31 10:00", amount)
    assert said(found) == ([("opened", "03-31 10:00")] if opens else [])
    if amount == "15000":
        one = only(found, NAME)
        assert one.evidence.measured == Decimal("0.15")
        assert one.evidence.facts == {"then": "demand_deposit 100000.00", "aum_floor": "50000.00"}
        assert one.body.english == (
            "Compared with 30 days ago 15.0% of the assets are in another class: funds gained 15.0%, demand deposits lost 15.0%."
        )


def test_30_dates_of_history_are_needed() -> None:
    assert said(buy(holding(), "2025-03-30 23:59", "90000")) == []


def test_weights_count_and_not_amounts() -> None:
    detector = holding()
    assert said(detector.move("2025-03-31 10:00", "900000")) == [], "all in one class, as before"


@pytest.mark.parametrize(("left", "opens"), [("49999.9999", False), ("50000", True)])
def test_it_is_not_asked_below_the_floor_of_aum(left: str, opens: bool) -> None:
    detector = holding("80000")
    detector.move("2025-03-30 10:00", str(Decimal(80_000) - Decimal(left)), "withdrawal")
    assert bool(said(buy(detector, "2025-03-31 10:00", "20000"))) is opens


def test_what_is_open_stays_open_below_the_floor() -> None:
    detector = holding("80000")
    buy(detector, "2025-03-31 10:00", "40000")
    detector.move("2025-04-01 10:00", "39000", "withdrawal")
    detector.until("2025-06-30 00:00")
    assert [status for status, _ in said(detector.told)] == ["opened"]


def test_when_the_month_has_passed_it_is_over() -> None:
    detector = holding()
    buy(detector, "2025-03-31 10:00", "20000")
    detector.until("2025-06-01 00:00")
    assert said(detector.told) == [("opened", "03-31 10:00"), ("resolved", "04-30 00:00")]


def test_a_tick_that_reaches_the_first_close_opens_it() -> None:
    detector = holding()
    buy(detector, "2025-03-02 10:00", "20000")
    detector.until("2025-06-01 00:00")
    assert said(detector.told) == [("opened", "03-31 00:00"), ("resolved", "04-01 00:00")]


def test_a_price_alone_shifts_weights() -> None:
    detector = holding()
    detector.rate("USD", "7")
    detector.move("2025-03-01 10:00", "10000", "adjustment", snapshot=True, account_id="u", asset_class="bond", currency="USD")
    detector.until("2025-04-01 00:00")
    detector.rate("USD", "14.0001", "2025-04-01 10:00")
    one = only(detector.until("2025-04-02 00:00"), NAME)
    assert one.evidence.measured == Decimal("0.171570"), "140,001 / 240,001 less 70,000 / 170,000"


def test_debt_then_is_no_history() -> None:
    detector = Detector()
    detector.move("2025-03-01 09:00", "1", "withdrawal")
    detector.move("2025-03-02 09:00", "100001")
    assert said(buy(detector, "2025-03-31 10:00", "90000")) == []
    assert said(detector.until("2025-04-01 00:00")) == [("opened", "04-01 00:00")]


def test_other_windows_can_be_set() -> None:
    detector = holding(shares={"1": "0.5", "92": "0.1"})
    buy(detector, "2025-06-01 10:00", "10000")
    buy(detector, "2025-06-02 10:00", "50000")
    assert [(one.dedup_key.rpartition(":")[2], one.status.value, one.evidence.measured) for one in of(detector.told, NAME)] == [
        ("92d", "opened", Decimal("0.1")),
        ("1d", "opened", Decimal("0.5")),
        ("92d", "escalated", Decimal("0.6")),
    ]


def test_leap_day_and_the_end_of_a_month_are_dates_like_others() -> None:
    detector = holding(at="2024-01-31 10:00")
    assert said(buy(detector, "2024-02-29 10:00", "20000")) == [], "29 dates"
    assert said(detector.until("2024-03-01 00:00")) == [("opened", "03-01 00:00")]
