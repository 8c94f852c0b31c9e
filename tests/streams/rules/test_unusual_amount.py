"""R03: an amount >= abs_floor whose robust z against the customer's own last 50 of the same direction is >= 3.5."""

from __future__ import annotations

import random
from decimal import Decimal
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.vecs import append, vec
from mypy_extensions import i64

from streams.screens.single import spread
from tests.streams.builders import Detector, of, only, said, world

RULE = "unusual_amount"
TENS = ["1", "10", "10", "100", "100", "100", "1000", "1000", "10000", "10000"]
"""Their logarithms 0 1 1 2 2 2 3 3 4 4 have the median 2; the deviations 2 1 1 0 0 0 1 1 2 2 have the median 1: z = 0.6745 x (x - 2)."""


def paid(amounts: list[str], **parameters: Any) -> Detector:
    detector = Detector(world({RULE: {"parameters": {"abs_floor": "1000", **parameters}}}))
    for place, amount in enumerate(amounts):
        detector.move(f"2025-03-01 {place // 60:02}:{place % 60:02}", amount, "card_payment")
    return detector


def fires(detector: Detector, amount: str, kind: str = "card_payment", **more: Any) -> bool:
    return bool(of(detector.move("2025-03-02 09:00", amount, kind, **more), RULE))


@pytest.mark.parametrize(("amount", "is_unusual"), [("10000000", True), ("1000000", False), ("0.0001", False)])
def test_three_and_a_half_is_unusual(amount: str, is_unusual: bool) -> None:
    """0.6745 x (7 - 2) = 3.3725 and 0.6745 x (6 - 2) = 2.698; so 10^7 alone is below, as the next test holds."""
    assert fires(paid(TENS, z="2.7"), amount) is is_unusual


@pytest.mark.parametrize(("z", "is_unusual"), [("3.3725", True), ("3.372501", False), ("3.372499", True)])
def test_exactly_the_threshold_is_enough(z: str, is_unusual: bool) -> None:
    assert fires(paid(TENS, z=z), "10000000") is is_unusual


def test_the_measured_value_is_z_and_the_evidence_says_what_is_usual() -> None:
    detector = paid(TENS, z="3")
    found = only(detector.move("2025-03-02 09:00", "10000000", "card_payment"), RULE)
    assert (found.evidence.measured, found.evidence.threshold) == (Decimal("3.372500"), Decimal("3.000000"))
    assert found.evidence.facts == {"compared": "10", "median": "2.000000000000", "mad": "1.000000000000", "abs_floor": "1000.00"}
    assert found.body.english == "The customer paid ¥10,000,000.00; one payment is usually about ¥100.00."


def test_nine_earlier_amounts_are_insufficient_history_and_so_is_no_spread() -> None:
    assert not fires(paid(TENS[:9], z="0.1"), "9000000")
    assert fires(paid(TENS, z="0.1"), "9000000")
    assert not fires(paid(["100"] * 20, z="0.1"), "9000000")
    assert not fires(paid(["100"] * 11 + ["1", "10", "1000"] * 3, z="0.1"), "9000000"), "more than half of them are the same"


def test_an_amount_below_the_floor_is_none() -> None:
    assert not fires(paid(TENS, z="0.1", abs_floor="5000.0001"), "5000")
    assert fires(paid(TENS, z="0.1", abs_floor="5000"), "5000")


def test_a_small_amount_is_not_unusual() -> None:
    assert not fires(paid([f"{amount}000" for amount in TENS], z="0.1"), "1000")


def test_credits_are_compared_with_credits() -> None:
    detector = paid(TENS, z="1")
    assert not fires(detector, "10000000", "deposit")
    for place, amount in enumerate(TENS):
        detector.move(f"2025-03-03 10:{place:02}", amount)
    assert fires(detector, "10000000", "deposit")


def test_own_money_snapshots_and_reversals_are_neither_asked_about_nor_compared_with() -> None:
    detector = paid(TENS[:9], z="1")
    detector.move("2025-03-01 10:00", "5", "purchase")
    detector.move("2025-03-01 10:01", "7", "card_payment", snapshot=True)
    detector.move("2025-03-01 10:02", "9", "transfer_out", counterparty={"account": "a1"})
    assert not fires(detector.copy(), "9000000")
    detector.move("2025-03-01 10:03", "10000", "card_payment")
    assert not fires(detector.copy(), "9000000", "purchase")
    assert fires(detector.copy(), "9000000")


def test_a_reversed_amount_stays_among_those_compared_with() -> None:
    detector = paid(TENS, z="1")
    detector.reverse("2025-03-01 20:00", "e10", "2025-03-01 00:09", "10000", "card_payment")
    assert only(detector.move("2025-03-02 09:00", "10000000", "card_payment"), RULE).evidence.facts["compared"] == "10"


def test_only_the_last_fifty_count_the_movement_itself_not() -> None:
    detector = paid(["1000000"] * 30 + TENS * 5, z="3")
    found = only(detector.move("2025-03-02 09:00", "10000000", "card_payment"), RULE)
    assert (found.evidence.facts["compared"], found.evidence.measured) == ("50", Decimal("3.372500"))


def test_how_many_are_compared_with_is_a_setting() -> None:
    detector = paid(["1000000"] * 30 + TENS, z="3", last=10)
    assert only(detector.move("2025-03-02 09:00", "10000000", "card_payment"), RULE).evidence.facts["compared"] == "10"


def test_a_late_amount_is_compared_with_what_arrived_before_it() -> None:
    detector = paid(TENS, z="3")
    assert of(detector.move("2025-02-01 09:00", "10000000", "card_payment"), RULE)


def test_foreign_money_counts_in_the_base_currency() -> None:
    detector = paid(TENS, z="3")
    detector.rate("USD", "10")
    assert fires(detector.copy(), "1000000", currency="USD", account_id="usd")
    assert not fires(detector.copy(), "100000", currency="USD", account_id="usd")


def test_money_without_a_rate_is_not_compared_with() -> None:
    detector = paid(TENS[:9], z="1")
    detector.move("2025-03-01 10:00", "5", "card_payment", currency="JPY", account_id="jpy")
    assert not fires(detector, "9000000")


def test_a_reversal_of_it_retracts_it() -> None:
    detector = paid(TENS, z="3")
    detector.move("2025-03-02 09:00", "10000000", "card_payment", event_id="odd")
    found = detector.reverse("2025-03-02 10:00", "odd", "2025-03-02 09:00", "10000000", "card_payment")
    assert (RULE, "retracted") in said(found)


UNITS = st.integers(1, 10**14)


@given(st.lists(UNITS, min_size=11, max_size=51), st.integers(10, 50))
def test_z_is_the_textbook_s(units: list[int], last: int) -> None:
    amounts = vec[i64]()
    for amount in units:
        amounts = append(amounts, amount)
    found = spread(amounts, last, 10)
    logs = [Decimal(amount).log10() for amount in units[:-1][-last:]]
    centre = median(logs)
    mad = median(abs(log - centre) for log in logs)
    if mad < Decimal("1e-9"):
        return
    assert found is not None
    expected = Decimal("0.6745") * (Decimal(units[-1]).log10() - centre) / mad
    assert abs(Decimal(found.z).scaleb(-6) - expected) < Decimal("0.00001") + abs(expected) * Decimal("1e-2") * Decimal("1e-10") / mad


def test_the_order_of_what_it_is_compared_with_does_not_matter() -> None:
    units = [7**place % 10**10 for place in range(50)]
    found = set()
    for seed in range(5):
        random.Random(seed).shuffle(units)
        amounts = vec[i64]()
        for amount in [*units, 10**12]:
            amounts = append(amounts, amount)
        one = spread(amounts, 50, 10)
        assert one is not None
        found.add(one.z)
    assert len(found) == 1
