"""R22: >= 90 % of an account's balance leaves the bank within 24 h, and that is >= the floor."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.rules import Severity
from tests.streams.builders import Detector, of, only, world

RULE = "full_sweep"


def holding(amount: str = "100000", **rules: object) -> Detector:
    detector = Detector(world({RULE: {"parameters": rules}} if rules else None))
    detector.move("2025-03-01 00:00", amount, "adjustment", snapshot=True)
    return detector


@pytest.mark.parametrize(
    ("seed", "amount", "fires"),
    [
        ("100000", "89999.9999", False),
        ("100000", "90000", True),
        ("100000", "100000", True),
        ("55555.5555", "49999.9999", False),  # 90 %, but below the floor
        ("55555.5555", "50000", True),
        ("60000", "50000", False),  # the floor, but 83 %
        ("60000", "70000", True),  # overdrawn
        ("1", "50000", True),
    ],
)
def test_share_and_floor_must_both_be_reached(seed: str, amount: str, fires: bool) -> None:
    found = of(holding(seed).move("2025-03-10 09:00", amount, "transfer_out"), RULE)
    assert [one.severity for one in found] == ([Severity.CRITICAL] if fires else [])


@pytest.mark.parametrize(("later", "fires"), [("2025-03-11 09:00:00", True), ("2025-03-11 09:00:01", False)])
def test_what_left_24_hours_before_to_the_second_counts(later: str, fires: bool) -> None:
    detector = holding()
    assert of(detector.move("2025-03-10 09:00:00", "50000", "transfer_out"), RULE) == []
    assert bool(of(detector.move(later, "45000", "withdrawal"), RULE)) is fires


def test_debits_of_the_same_second_count_together() -> None:
    detector = holding()
    detector.move("2025-03-10 09:00", "45000", "transfer_out")
    assert only(detector.move("2025-03-10 09:00", "45000", "transfer_out"), RULE).evidence.measured == Decimal("0.9")


def test_only_external_debits_of_that_account_count() -> None:
    detector = holding()
    detector.move("2025-03-01 00:00", "100000", "adjustment", snapshot=True, account_id="a2")
    detector.move("2025-03-10 09:00", "45000", "purchase")
    detector.move("2025-03-10 09:30", "100000", "transfer_out", account_id="a2")
    assert of(detector.move("2025-03-10 10:00", "45000", "transfer_out"), RULE) == []


def test_money_that_came_in_between_is_part_of_the_base() -> None:
    detector = holding("50000")
    detector.move("2025-03-10 09:00", "45000", "transfer_out")
    detector.move("2025-03-10 10:00", "45000", "deposit")
    found = only(detector.move("2025-03-10 11:00", "45000", "transfer_out"), RULE)
    assert (found.evidence.facts["left"], found.evidence.facts["base"]) == ("90000.00", "95000.00")


def test_it_does_not_fire_again_until_a_credit_brings_the_balance_to_the_floor() -> None:
    detector = holding()
    assert of(detector.move("2025-03-10 09:00", "95000", "transfer_out"), RULE)
    assert of(detector.move("2025-03-10 10:00", "5000", "transfer_out"), RULE) == []
    detector.move("2025-03-11 09:00", "49999.9999")
    assert of(detector.copy().move("2025-03-12 10:00", "49999.9999", "transfer_out"), RULE) == []
    detector.move("2025-03-12 09:00", "0.0001")
    assert of(detector.move("2025-03-12 10:00", "50000", "transfer_out"), RULE)


def test_another_account_has_its_own_latch() -> None:
    detector = holding()
    detector.move("2025-03-01 00:00", "100000", "adjustment", snapshot=True, account_id="a2")
    first = only(detector.move("2025-03-10 09:00", "95000", "transfer_out"), RULE)
    second = only(detector.move("2025-03-10 09:00", "95000", "transfer_out", account_id="a2"), RULE)
    assert first.dedup_key != second.dedup_key
    assert (first.evidence.facts["account_id"], second.evidence.facts["account_id"]) == ("a1", "a2")


def test_two_sweeps_of_an_account_are_two_notifications_of_one_dedup_key() -> None:
    detector = holding()
    first = only(detector.move("2025-03-10 09:00", "95000", "transfer_out"), RULE)
    detector.move("2025-03-11 09:00", "100000")
    second = only(detector.move("2025-03-12 09:30", "100000", "transfer_out"), RULE)
    assert first.dedup_key == second.dedup_key
    assert first.notification_id != second.notification_id


def test_the_share_is_of_the_account_s_currency_and_the_floor_of_the_base_currency() -> None:
    detector = Detector()
    detector.rate("USD", "7.1")
    detector.move("2025-03-01 00:00", "10000", "adjustment", snapshot=True, currency="USD")
    detector.rate("USD", "5", "2025-03-09 00:00")
    assert of(detector.copy().move("2025-03-10 09:00", "9999.9999", "transfer_out", currency="USD"), RULE) == []
    found = only(detector.move("2025-03-10 09:00", "10000", "transfer_out", currency="USD"), RULE)
    assert found.body.english == "Within 24 hours 100.0% of the account's balance ($10,000.00) left the bank."


def test_the_share_is_a_setting() -> None:
    detector = holding(share="0.5")
    assert of(detector.copy().move("2025-03-10 09:00", "49999.9999", "transfer_out"), RULE) == []
    assert of(detector.move("2025-03-10 09:00", "50000", "transfer_out"), RULE)


def test_a_share_just_below_is_not_rounded_up() -> None:
    assert of(holding("999999999999").move("2025-03-10 09:00", "899999999999", "transfer_out"), RULE) == []
    assert of(holding("1000000000000").move("2025-03-10 09:00", "899999999999.9999", "transfer_out"), RULE) == []


def test_a_reversed_debit_did_not_leave() -> None:
    detector = holding()
    detector.move("2025-03-10 09:00", "50000", "transfer_out")
    detector.reverse("2025-03-10 10:00", "e2", "2025-03-10 09:00", "50000", "transfer_out")
    assert of(detector.move("2025-03-10 11:00", "45000", "transfer_out"), RULE) == []


def test_a_debit_reversed_before_it_arrived_did_not_leave() -> None:
    detector = holding()
    detector.reverse("2025-03-10 10:00", "late", "2025-03-10 09:00", "50000", "transfer_out")
    detector.move("2025-03-10 09:00", "50000", "transfer_out", event_id="late")
    assert of(detector.move("2025-03-10 11:00", "45000", "transfer_out"), RULE) == []
