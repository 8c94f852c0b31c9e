"""R06: >= 50 % of a position is given up before its maturity date."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas.rules import Severity
from tests.streams.builders import Detector, of, only, said, world

RULE = "early_redemption"
FIXED = {"account_id": "fixed", "asset_class": "time_deposit"}


def holding(amount: str = "300000", maturity: str | None = "2025-12-31", **parameters: Any) -> Detector:
    detector = Detector(world({RULE: {"parameters": parameters}}))
    detector.move("2025-01-01 00:00", amount, "adjustment", snapshot=True, maturity_date=maturity, **FIXED)
    return detector


def redeem(detector: Detector, at: str, amount: str, kind: str = "redemption", **more: Any) -> bool:
    return bool(of(detector.move(at, amount, kind, **{"direction": "debit", **FIXED, **more}), RULE))


@pytest.mark.parametrize(
    ("amount", "severity"),
    [("149999.9999", None), ("150000", Severity.NOTICE), ("299999.9999", Severity.NOTICE), ("300000", Severity.WARNING)],
)
def test_half_of_it_is_told_and_all_of_it_more_urgently(amount: str, severity: Severity | None) -> None:
    found = of(holding().move("2025-03-10 09:00", amount, "redemption", direction="debit", **FIXED), RULE)
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_a_share_just_below_is_not_rounded_up() -> None:
    assert not redeem(holding("99999999999"), "2025-03-10 09:00", "49999999999.4999")


@pytest.mark.parametrize(
    ("at", "early"),
    [
        ("2025-12-30 23:59", True),
        ("2025-12-31 00:00", False),  # in the bank's time zone: in UTC it is the day before
        ("2026-01-05 09:00", False),
    ],
)
def test_early_is_before_the_maturity_date(at: str, early: bool) -> None:
    assert redeem(holding(), at, "300000") is early


def test_a_leap_day_is_a_maturity_date() -> None:
    assert redeem(holding(maturity="2028-02-29"), "2028-02-28 09:00", "300000")
    assert not redeem(holding(maturity="2028-02-29"), "2028-02-29 09:00", "300000")


@pytest.mark.parametrize(
    ("kind", "fires"),
    [
        ("redemption", True),
        ("own_transfer", True),
        ("withdrawal", True),
        ("transfer_out", True),
        ("maturity", False),
        ("fee", False),
        ("adjustment", False),
        ("purchase", False),
    ],
)
def test_what_gives_a_position_up(kind: str, fires: bool) -> None:
    assert redeem(holding(), "2025-03-10 09:00", "200000", kind) is fires


def test_what_has_no_term_is_not_given_up_early() -> None:
    assert not redeem(holding(maturity=None), "2025-03-10 09:00", "300000")
    assert redeem(holding(maturity=None), "2025-03-10 09:00", "300000", maturity_date="2025-03-11")


def test_the_latest_maturity_date_counts() -> None:
    detector = holding(maturity="2025-03-01")
    detector.move("2025-03-01 09:00", "1", "interest", maturity_date="2026-03-01", **FIXED)
    assert redeem(detector, "2025-03-10 09:00", "300000")


def test_the_credit_side_and_loans_are_no_positions_given_up() -> None:
    assert not redeem(holding(), "2025-03-10 09:00", "300000", direction="credit")
    loan = {"account_id": "loan", "asset_class": "loan"}
    detector = holding()
    detector.move("2025-01-01 00:00", "100", "adjustment", snapshot=True, maturity_date="2025-12-31", **loan)
    assert not redeem(detector, "2025-03-10 09:00", "100", **loan)


def test_each_redemption_is_measured_against_what_is_left() -> None:
    detector = holding()
    assert not redeem(detector, "2025-03-10 09:00", "120000")
    assert redeem(detector, "2025-03-10 09:00", "90000"), "half of 180,000, at the same instant"


def test_share_and_a_least_amount_are_settings() -> None:
    assert redeem(holding(share="0.1"), "2025-03-10 09:00", "30000")
    assert not redeem(holding(share="0.1"), "2025-03-10 09:00", "29999.9999")
    assert not redeem(holding(min_amount="150000.0001"), "2025-03-10 09:00", "150000")
    assert redeem(holding(min_amount="150000"), "2025-03-10 09:00", "150000")


def test_a_position_that_was_overdrawn_has_no_share() -> None:
    assert not redeem(holding("10"), "2025-03-10 09:00", "10", balance_after="-20")


def test_a_reversal_retracts_it() -> None:
    detector = holding()
    redeem(detector, "2025-03-10 09:00", "300000", event_id="odd")
    found = detector.reverse("2025-03-10 10:00", "odd", "2025-03-10 09:00", "300000", "redemption", direction="credit", **FIXED)
    assert (RULE, "retracted") in said(found)


def test_its_words_and_facts() -> None:
    found = only(holding().move("2025-03-10 09:00", "200000", "redemption", direction="debit", **FIXED), RULE)
    assert (found.evidence.measured, found.evidence.threshold) == (Decimal("0.666666"), Decimal("0.500000"))
    assert found.evidence.facts == {
        "account_id": "fixed",
        "currency": "CNY",
        "taken": "200000.00",
        "position": "300000.00",
        "maturity": "2025-12-31",
        "days_left": "296",
    }
    assert found.body.english == "¥200,000.00 (66.7%) was taken out of a product that matures on 31 Dec 2025; days left: 296."
