"""R20, each case worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schemas.notifications import Notification, Status
from schemas.settings import SettingsError
from streams.customer import StandingOrder
from streams.payments import ahead
from tests.streams.builders import Detector, of, only, world

NAME = "low_balance"


def holding(amount: str, at: str = "2025-03-01 00:00", *, orders: list[StandingOrder] | None = None, **rules: Any) -> Detector:
    detector = Detector(world({NAME: {"parameters": rules}}))
    detector.profile(standing=orders)
    detector.move(at, amount, "adjustment", snapshot=True)
    return detector


def order(units: int, day: int, until: str = "", account: str = "a1") -> StandingOrder:
    return StandingOrder(account, units * 10_000, day, date.fromisoformat(until).toordinal() if until else 0)


def said(found: list[Notification]) -> list[tuple[str, Status]]:
    return [(one.dedup_key.removeprefix(f"{NAME}:c1:"), one.status) for one in of(found, NAME)]


@pytest.mark.parametrize(("amount", "opens"), [("99.9999", False), ("100", False), ("100.0001", True)])
def test_an_account_is_low_below_0(amount: str, opens: bool) -> None:
    found = holding("100").move("2025-03-02 09:00", amount, "withdrawal")
    assert said(found) == ([("a1", Status.OPENED)] if opens else [])
    if opens:
        one = only(found, NAME)
        assert (one.evidence.measured, one.evidence.threshold) == (Decimal("-0.0001"), Decimal(0))
        assert one.title.english == "Account overdrawn"


@pytest.mark.parametrize(("left", "opens"), [("1000", False), ("999.9999", True)])
def test_another_threshold(left: str, opens: bool) -> None:
    found = holding("5000", threshold="1000").move("2025-03-02 09:00", str(Decimal(5000) - Decimal(left)), "withdrawal")
    assert said(found) == ([("a1", Status.OPENED)] if opens else [])


@pytest.mark.parametrize(("amount", "resolves"), [("250.9999", False), ("251", True)])
def test_it_resolves_at_the_threshold_over_four_fifths(amount: str, resolves: bool) -> None:
    detector = holding("5000", threshold="1000")
    detector.move("2025-03-02 09:00", "4001", "withdrawal")
    assert said(detector.move("2025-03-02 10:00", amount)) == ([("a1", Status.RESOLVED)] if resolves else [])


def test_an_overdraft_is_over_at_0() -> None:
    detector = holding("100")
    detector.move("2025-03-02 09:00", "101", "withdrawal")
    assert said(detector.move("2025-03-02 10:00", "0.9999")) == []
    assert said(detector.move("2025-03-02 11:00", "0.0001")) == [("a1", Status.RESOLVED)]


def test_a_loan_a_card_and_a_time_deposit_are_no_demand_deposits() -> None:
    detector = holding("100", threshold="1000")
    for account, name in (("l", "loan"), ("k", "credit_card"), ("t", "time_deposit")):
        found = detector.move("2025-03-02 09:00", "500", "withdrawal", account_id=account, asset_class=name)
        assert account not in dict(said(found))


def test_what_a_snapshot_made_low_opens_at_the_next_movement_of_any_account_or_tick() -> None:
    detector = holding("100")
    detector.move("2025-03-02 09:00", "5000", "adjustment", snapshot=True, account_id="b")
    detector.move("2025-03-02 10:00", "5000", "adjustment", snapshot=True, direction="debit", balance_after="-1")
    assert said(detector.told) == []
    twin = detector.copy()
    assert said(detector.move("2025-03-02 11:00", "1", "interest", account_id="b")) == [("a1", Status.OPENED)]
    assert said(twin.until("2025-03-03 00:00")) == [("a1", Status.OPENED)]


def test_it_is_measured_in_the_base_currency_at_the_rate_of_now() -> None:
    detector = Detector(world({NAME: {"parameters": {"threshold": "1000"}}}))
    detector.rate("USD", "7")
    detector.move("2025-03-01 10:00", "143", "adjustment", snapshot=True, currency="USD")
    assert said(detector.move("2025-03-01 11:00", "0.1", "interest", currency="USD")) == []
    detector.rate("USD", "6.9", "2025-03-01 12:00")
    found = detector.until("2025-03-02 00:00")
    assert said(found) == [("a1", Status.OPENED)]
    assert only(found, NAME).evidence.measured == Decimal("987.39")
    assert only(found, NAME).evidence.facts["balance"] == "143.10"


def test_an_account_without_a_rate_is_not_asked_about() -> None:
    detector = Detector()
    assert said(detector.move("2025-03-01 10:00", "143", "withdrawal", currency="USD")) == []


def test_an_account_that_becomes_something_else_is_not_low_any_more() -> None:
    detector = holding("100")
    detector.move("2025-03-02 09:00", "200", "withdrawal")
    assert said(detector.move("2025-03-02 10:00", "1", "withdrawal", asset_class="wealth_product")) == [("a1", Status.RESOLVED)]


def test_a_reversal_takes_back_what_it_opened() -> None:
    detector = holding("100")
    detector.move("2025-03-02 09:00", "200", "withdrawal", event_id="mistake")
    found = detector.reverse("2025-03-02 10:00", "mistake", "2025-03-02 09:00", "200", "withdrawal")
    assert said(found) == [("a1", Status.RETRACTED)]


# --- what is scheduled -------------------------------------------------------------------------------------------------------------------


def days(on: str, country: str = "CN") -> list[str]:
    return [date.fromordinal(day).isoformat() for day, _, _ in ahead(date.fromisoformat(on).toordinal(), 5, country)]


def test_five_business_days_ahead_are_the_dates_after_today_up_to_the_fifth() -> None:
    assert days("2025-03-07") == [f"2025-03-{day:02}" for day in range(8, 15)], "Friday: two dates of a weekend, five of a week"
    assert days("2025-03-10")[-1] == "2025-03-17"
    assert days("2025-09-30")[-1] == "2025-10-14", "the holidays of October, less the Saturday that is worked: 9, 10, 11, 13, 14"
    assert days("2025-12-24", "DE")[-1] == "2026-01-05", "29, 30, 31 December, 2 and 5 January"


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2025-03-20 23:59", False),  # Thursday: the fifth business day is Thursday the 27th
        ("2025-03-21 00:00", True),  # Friday: Friday the 28th
        ("2025-03-27 09:00", True),
        ("2025-03-28 09:00", False),  # today is not ahead
    ],
)
def test_an_order_counts_when_its_date_is_within_five_business_days(at: str, opens: bool) -> None:
    detector = holding("5000", at="2025-03-01 00:00", orders=[order(500, 28)])
    found = detector.move(at, "4600", "withdrawal")
    assert said(found) == ([("a1:scheduled", Status.OPENED)] if opens else [])


@pytest.mark.parametrize(("left", "opens"), [("499.9999", True), ("500", False)])
def test_what_is_due_is_a_threshold_of_its_own(left: str, opens: bool) -> None:
    detector = holding("5000", orders=[order(300, 28), order(200, 27), order(900, 27, account="b"), order(900, 20)])
    found = detector.move("2025-03-24 09:00", str(Decimal(5000) - Decimal(left)), "withdrawal")
    assert said(found) == ([("a1:scheduled", Status.OPENED)] if opens else [])
    if opens:
        one = only(found, NAME)
        assert one.evidence.threshold == 500
        assert one.evidence.facts["until"] == "2025-03-31"
        assert "¥500.00 is scheduled to leave it by 31 Mar 2025" in one.body.english


def test_time_alone_opens_it_and_what_is_paid_resolves_it() -> None:
    detector = holding("400", orders=[order(500, 28)])
    assert said(detector.until("2025-03-20 23:00")) == []
    assert said(detector.until("2025-03-21 00:00")) == [("a1:scheduled", Status.OPENED)]
    assert said(detector.move("2025-03-24 09:00", "224.9999")) == []
    assert said(detector.move("2025-03-24 09:00", "0.0001")) == [("a1:scheduled", Status.RESOLVED)]
    detector = holding("400", orders=[order(500, 28)])
    detector.until("2025-03-27 12:00")
    assert said(detector.until("2025-03-28 00:00")) == [("a1:scheduled", Status.RESOLVED)], "nothing is ahead until the next month"
    detector = holding("400", orders=[order(500, 28)])
    assert said(detector.until("2025-04-22 00:00"))[-1] == ("a1:scheduled", Status.OPENED)


def test_both_halves_open_by_themselves() -> None:
    detector = holding("400", orders=[order(500, 28)])
    detector.until("2025-03-21 09:00")
    assert said(detector.move("2025-03-24 09:00", "500", "withdrawal")) == [("a1", Status.OPENED)]
    assert said(detector.move("2025-03-24 10:00", "200")) == [("a1", Status.RESOLVED)]


@pytest.mark.parametrize(("until", "opens"), [("2025-03-27", False), ("2025-03-28", True)])
def test_an_order_that_has_ended_is_not_due(until: str, opens: bool) -> None:
    found = holding("400", orders=[order(500, 28, until)]).until("2025-03-27 00:00")
    assert bool(said(found)) is opens


@pytest.mark.parametrize(("at", "opens"), [("2025-02-20 23:00", False), ("2025-02-21 00:00", True)])
def test_a_month_without_the_day_pays_on_its_last(at: str, opens: bool) -> None:
    """28 February 2025 is a Friday; on Friday the 21st it is the fifth business day."""
    found = holding("400", at="2025-02-10 00:00", orders=[order(500, 31)]).until(at)
    assert bool(said(found)) is opens


def test_leap_day_is_the_last_of_its_february() -> None:
    for day, opens in ((29, True), (30, True), (28, False)):
        found = holding("400", at="2024-02-28 00:00", orders=[order(500, day)]).move("2024-02-28 09:00", "1", "fee")
        assert bool(said(found)) is opens, day


def test_a_loan_that_ends_is_repaid_from_the_account_with_the_most_on_it() -> None:
    detector = holding("400")
    detector.move("2025-03-01 00:00", "900", "adjustment", snapshot=True, account_id="b")
    loan = {"account_id": "l", "asset_class": "loan", "maturity_date": "2025-03-28", "direction": "debit"}
    detector.move("2025-03-01 00:00", "1000", "adjustment", snapshot=True, **loan)
    assert said(detector.until("2025-03-20 00:00")) == []
    found = detector.until("2025-03-21 00:00")
    assert said(found) == [("b:scheduled", Status.OPENED)]
    assert only(found, NAME).evidence.threshold == 1000
    assert said(detector.move("2025-03-24 09:00", "1000", "loan_repayment", direction="credit", account_id="l", asset_class="loan")) == [
        ("b:scheduled", Status.RESOLVED)
    ]


def test_an_order_in_another_currency_counts_at_the_accounts_own_rate() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    detector.profile(standing=[order(500, 28)])
    detector.move("2025-03-01 10:00", "499.99", "adjustment", snapshot=True, currency="USD")
    one = only(detector.until("2025-03-21 00:00"), NAME)
    assert (one.evidence.measured, one.evidence.threshold) == (Decimal("3499.93"), Decimal(3500))


def test_one_who_has_long_been_quiet_is_woken_by_an_order() -> None:
    detector = holding("400", orders=[order(500, 28)])
    found = said(detector.until("2025-12-31 00:00"))
    assert len([status for _, status in found if status is Status.OPENED]) == 10, "March to December"


def test_a_fall_has_one_severity() -> None:
    with pytest.raises(SettingsError, match="bands"):
        world({NAME: {"parameters": {"bands": {"notice": "1", "warning": "0.5"}}}})
