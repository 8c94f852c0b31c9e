"""R04: the first external debit to a payee in 24 months, and >= the gate."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.notifications import Notification
from streams.memory import MOST_PAYEES
from tests.streams.builders import Detector, of, only, said, world

RULE = "new_payee_large"
BUILDER = {"name": "Builder Ltd", "account": "****7"}


def holding(**parameters: Any) -> Detector:
    detector = Detector(world({RULE: {"parameters": parameters}}))
    detector.move("2020-01-01 00:00", "800000", "adjustment", snapshot=True)
    return detector


def pay(detector: Detector, at: str, amount: str = "80000", kind: str = "transfer_out", **more: Any) -> list[Notification]:
    return of(detector.move(at, amount, kind, **{"counterparty": BUILDER, **more}), RULE)


@pytest.mark.parametrize(("amount", "fires"), [("99999.9999", False), ("100000", True)])
def test_it_is_large_from_the_gate_on(amount: str, fires: bool) -> None:
    """A tenth of 800,000 is 80,000; the first tick's average makes the customer gold, whose floor is 100,000."""
    assert bool(pay(holding(), "2025-03-10 09:00", amount)) is fires


def test_the_share_of_aum_before_counts_where_it_is_more_than_the_floor() -> None:
    assert not pay(holding(abs_floor="1000"), "2025-03-10 09:00", "79999.9999")
    assert pay(holding(abs_floor="1000"), "2025-03-10 09:00", "80000")


@pytest.mark.parametrize(
    ("before", "fires"),
    [
        ("2025-03-10 08:59", False),
        ("2023-03-11 09:00", False),  # 730 dates before
        ("2023-03-10 09:00", True),  # 731: 24 months, a leap day among them
        ("2022-03-10 09:00", True),
    ],
)
def test_a_payee_is_known_for_24_months(before: str, fires: bool) -> None:
    detector = holding(abs_floor="50000")
    pay(detector, before, "0.01")
    assert bool(pay(detector, "2025-03-10 09:00")) is fires


def test_the_account_tells_payees_apart_and_without_one_the_name_does() -> None:
    detector = holding(abs_floor="50000")
    pay(detector, "2025-03-01 09:00", "1", counterparty={"name": "Other name", "account": "****7"})
    assert not pay(detector.copy(), "2025-03-10 09:00")
    assert pay(detector.copy(), "2025-03-10 09:00", counterparty={"name": "Other name", "account": "****8"})
    assert pay(detector, "2025-03-10 09:00", counterparty={"name": "Builder Ltd"})
    assert not pay(detector, "2025-03-11 09:00", counterparty={"name": "Builder Ltd"})


def test_a_payee_who_is_not_named_is_not_new() -> None:
    assert not pay(holding(), "2025-03-10 09:00", "700000", counterparty=None)
    assert not pay(holding(), "2025-03-10 09:00", "700000", counterparty={"bank": "ICBKCNBJ"})


def test_own_money_is_paid_to_nobody() -> None:
    assert not pay(holding(), "2025-03-10 09:00", "700000", counterparty={"account": "a1"})
    assert not pay(holding(), "2025-03-10 09:00", "700000", "purchase")


def test_a_credit_makes_nobody_a_payee() -> None:
    detector = holding(abs_floor="50000")
    pay(detector, "2025-03-01 09:00", "1", "transfer_in")
    assert pay(detector, "2025-03-10 09:00", "90000")


def test_two_payments_of_one_instant_are_one_first() -> None:
    detector = holding(abs_floor="50000")
    assert pay(detector, "2025-03-10 09:00")
    assert not pay(detector, "2025-03-10 09:00")


def test_a_reversal_retracts_it_and_the_payee_stays_known() -> None:
    detector = holding(abs_floor="50000")
    pay(detector, "2025-03-10 09:00", event_id="odd")
    found = detector.reverse("2025-03-10 10:00", "odd", "2025-03-10 09:00", "80000", "transfer_out", counterparty=BUILDER)
    assert (RULE, "retracted") in said(found)
    assert not pay(detector, "2025-03-11 09:00")


def test_a_late_first_payment_is_none_once_a_later_one_is_known() -> None:
    detector = holding(abs_floor="50000")
    pay(detector, "2025-03-10 09:00", "1")
    assert not pay(detector, "2025-03-01 09:00")


def test_months_and_a_least_history_are_settings() -> None:
    detector = holding(abs_floor="50000", days=30)
    pay(detector, "2025-03-01 09:00", "1")
    assert not pay(detector.copy(), "2025-03-31 09:00")
    assert pay(detector.copy(), "2025-04-01 09:00")
    for days, fires in ((1895, True), (1896, False)):
        assert bool(pay(holding(abs_floor="50000", history_days=days), "2025-03-10 09:00")) is fires


def test_the_payees_paid_last_are_known() -> None:
    detector = holding(abs_floor="50000")
    for number in range(MOST_PAYEES):
        pay(detector, f"2025-03-01 {number // 60 + 1:02}:{number % 60:02}", "1", counterparty={"name": f"P{number}"})
    assert not pay(detector.copy(), "2025-03-10 09:00", counterparty={"name": "P0"})
    pay(detector, "2025-03-02 09:00", "1", counterparty={"name": "one more"})
    assert not pay(detector.copy(), "2025-03-10 09:00", counterparty={"name": f"P{MOST_PAYEES - 1}"})


def test_the_large_outflow_says_it_already() -> None:
    detector = holding()
    (large,) = of(detector.move("2025-03-10 09:00", "100000", "transfer_out", counterparty=BUILDER), "large_outflow")
    assert large.inhibits is not None
    assert RULE in large.inhibits.rules


def test_its_words_and_facts() -> None:
    found = only(holding().move("2025-03-10 09:00", "100000", "transfer_out", counterparty=BUILDER), RULE)
    assert found.evidence.facts == {"payee": "****7", "abs_floor": "100000", "pct": "0.10", "tier": "gold"}
    expected = "The customer paid ¥100,000.00 (12.5% of AUM before) to Builder Ltd; no payment to them is known of the last 24 months."
    assert found.body.english == expected
