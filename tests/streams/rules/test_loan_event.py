"""R08: a loan is drawn (>= the floor), paid back early (>= 50 % and >= the floor), or overdue (>= 1 day)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas.notifications import Notification
from schemas.rules import Severity
from tests.streams.builders import Detector, of, only, said, world

RULE = "loan_event"
LOAN = {"account_id": "loan", "asset_class": "loan"}


def owing(amount: str = "400000", maturity: str | None = None, **parameters: Any) -> Detector:
    detector = Detector(world({RULE: {"parameters": parameters}}))
    detector.move("2025-01-01 00:00", amount, "adjustment", snapshot=True, direction="debit", maturity_date=maturity, **LOAN)
    return detector


def draw(detector: Detector, at: str, amount: str, **more: Any) -> list[Notification]:
    return of(detector.move(at, amount, "loan_drawdown", **{"direction": "debit", **LOAN, **more}), RULE)


def repay(detector: Detector, at: str, amount: str, **more: Any) -> list[Notification]:
    return of(detector.move(at, amount, "loan_repayment", **{"direction": "credit", **LOAN, **more}), RULE)


def overdue(detector: Detector, at: str, days: int | None, kind: str = "interest", **more: Any) -> list[tuple[str, Decimal]]:
    found = detector.move(at, "1", kind, **{"direction": "debit", "overdue_days": days, **LOAN, **more})
    return [(one.severity.value, one.evidence.measured) for one in of(found, RULE)]


@pytest.mark.parametrize(
    ("amount", "severity"),
    [("49999.9999", None), ("50000", Severity.NOTICE), ("350000", Severity.WARNING), ("1500000", Severity.CRITICAL)],
)
def test_a_drawdown_matters_from_the_floor_on(amount: str, severity: Severity | None) -> None:
    found = draw(owing(), "2025-03-10 09:00", amount)
    assert [(one.severity, one.evidence.unit, one.evidence.threshold) for one in found] == (
        [(severity, "money", Decimal(50_000))] if severity else []
    )


def test_where_the_money_of_a_loan_goes_to_is_not_drawn() -> None:
    assert not of(owing().move("2025-03-10 09:00", "90000", "loan_drawdown"), RULE)
    assert not draw(owing(), "2025-03-10 09:00", "90000", direction="credit")


@pytest.mark.parametrize(("amount", "fires"), [("199999.9999", False), ("200000", True), ("400000", True)])
def test_half_of_what_was_owed_is_early(amount: str, fires: bool) -> None:
    assert bool(repay(owing(), "2025-03-10 09:00", amount)) is fires


def test_a_share_just_below_is_not_rounded_up() -> None:
    assert not repay(owing("99999999999"), "2025-03-10 09:00", "49999999999.4999")


@pytest.mark.parametrize(("amount", "fires"), [("49999.9999", False), ("50000", True)])
def test_the_last_instalments_of_a_loan_are_no_early_repayment(amount: str, fires: bool) -> None:
    assert bool(repay(owing("60000"), "2025-03-10 09:00", amount)) is fires


@pytest.mark.parametrize(("at", "early"), [("2025-03-09 23:59", True), ("2025-03-10 00:00", False), ("2025-03-11 09:00", False)])
def test_what_is_paid_at_the_term_is_not_early(at: str, early: bool) -> None:
    assert bool(repay(owing(maturity="2025-03-10"), at, "400000")) is early


def test_paying_from_the_current_account_or_what_is_not_owed_is_none() -> None:
    assert not of(owing().move("2025-03-10 09:00", "400000", "loan_repayment", direction="debit"), RULE)
    detector = owing("1")
    repay(detector, "2025-03-10 08:00", "49999")
    assert not repay(detector, "2025-03-10 09:00", "400000")
    assert repay(owing("300000"), "2025-03-10 09:00", "400000"), "more than was owed"


def test_overdue_is_told_when_it_begins_and_at_each_band() -> None:
    detector = owing()
    told = [overdue(detector, f"2025-03-{day:02} 02:00", days) for day, days in ((1, 0), (2, 1), (3, 2), (8, 6), (9, 7), (10, 8), (31, 30))]
    assert told == [[], [("notice", Decimal(1))], [], [], [("warning", Decimal(7))], [], [("critical", Decimal(30))]]


def test_overdue_by_many_days_at_once_is_one_notification_of_the_highest_band() -> None:
    assert overdue(owing(), "2025-03-10 02:00", 45) == [("critical", Decimal(45))]


def test_once_it_was_paid_being_overdue_is_news_again() -> None:
    detector = owing()
    overdue(detector, "2025-03-10 02:00", 9)
    assert overdue(detector, "2025-03-11 02:00", 0) == []
    assert overdue(detector, "2025-03-12 02:00", None) == []
    assert overdue(detector, "2025-03-13 02:00", 1) == [("notice", Decimal(1))]


@pytest.mark.parametrize("kind", ["fee", "adjustment", "loan_drawdown", "own_transfer", "transfer_out"])
def test_any_movement_of_the_loan_may_say_so(kind: str) -> None:
    assert overdue(owing(), "2025-03-10 02:00", 3, kind) == [("notice", Decimal(3))]


def test_a_credit_card_is_overdue_too_and_a_deposit_never() -> None:
    card = {"account_id": "card", "asset_class": "credit_card"}
    assert overdue(owing(), "2025-03-10 02:00", 3, **card) == [("notice", Decimal(3))]
    assert overdue(owing(), "2025-03-10 02:00", 3, account_id="a1", asset_class="demand_deposit") == []


def test_a_snapshot_says_it_silently() -> None:
    detector = owing()
    assert overdue(detector, "2025-03-10 02:00", 5, snapshot=True) == []
    assert overdue(detector, "2025-03-11 02:00", 6) == []
    assert overdue(detector, "2025-03-12 02:00", 7) == [("warning", Decimal(7))]


def test_a_late_movement_does_not_turn_the_number_back() -> None:
    detector = owing()
    overdue(detector, "2025-03-10 02:00", 9)
    assert overdue(detector, "2025-03-05 02:00", 4) == []
    assert overdue(detector, "2025-03-11 02:00", 10) == []


def test_the_thresholds_are_settings() -> None:
    assert overdue(owing(overdue_days=3), "2025-03-10 02:00", 2) == []
    assert overdue(owing(overdue_days=3), "2025-03-10 02:00", 3) == [("notice", Decimal(3))]
    assert repay(owing(share="0.25"), "2025-03-10 09:00", "100000")
    assert draw(owing(abs_floor="10"), "2025-03-10 09:00", "10")


def test_two_drawdowns_are_two_findings_and_one_loan_s_arrears_are_one() -> None:
    detector = owing()
    first, second = (draw(detector, "2025-03-10 09:00", "60000")[0].dedup_key for _ in range(2))
    assert first != second
    overdue(detector, "2025-03-11 09:00", 1)
    overdue(detector, "2025-03-17 09:00", 7)
    assert len({one.dedup_key for one in of(detector.told, RULE)[2:]}) == 1


def test_a_reversal_retracts_a_drawdown() -> None:
    detector = owing()
    draw(detector, "2025-03-10 09:00", "60000", event_id="odd")
    found = detector.reverse("2025-03-10 10:00", "odd", "2025-03-10 09:00", "60000", "loan_drawdown", direction="credit", **LOAN)
    assert (RULE, "retracted") in said(found)


def test_its_words_and_facts() -> None:
    found = only(repay(owing(), "2025-03-10 09:00", "260000"), RULE)
    assert (found.evidence.measured, found.evidence.unit) == (Decimal("0.650000"), "ratio")
    assert found.evidence.facts == {
        "type": "early_repayment",
        "account_id": "loan",
        "account_currency": "CNY",
        "amount": "260000.00",
        "owed": "400000.00",
        "abs_floor": "50000.00",
    }
    assert found.body.english == "The customer paid back ¥260,000.00 of a loan early: 65.0% of what was owed."
