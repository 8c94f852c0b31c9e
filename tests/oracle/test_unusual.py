"""R03 on amounts whose logarithms can be worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.oracle.samples import Sample

RULE = "unusual_amount"


def spread(sample: Sample, small: str, large: str, times: int, day: int = 2, kind: str = "transfer_in") -> None:
    """So many of each amount, by turns: the median is the mean of their logarithms, and MAD half their distance."""
    for n in range(times):
        sample.add(f"01-{day:02d} 0{n // 60}:{n % 60:02d}:00", kind, small)
        sample.add(f"01-{day:02d} 0{n // 60}:{n % 60:02d}:01", kind, large)


@pytest.mark.parametrize(("amount", "found"), [("1243100", False), ("1243200", True)])
def test_an_amount_is_unusual_from_a_z_of_three_and_a_half_on(tmp_path: Path, amount: str, found: bool) -> None:
    """Median 3.5, MAD 0.5: z is 3.5 at 3.5 + 3.5 x 0.5 / 0.6745 = 6.0945144, which is 1,243,123."""
    sample = Sample(tmp_path)
    sample.opens_with("100")
    spread(sample, "1000", "10000", 5)
    event_id = sample.add("01-05 10:00:00", "transfer_in", amount)
    assert sample.triggers(RULE) == ([event_id] if found else [])


def test_the_value_is_z(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    spread(sample, "1000", "10000", 5)
    sample.add("01-05 10:00:00", "transfer_in", "10000000")  # 0.6745 x (7 - 3.5) / 0.5
    assert [one.value for one in sample.findings(RULE)] == [Decimal("4.7215")]


@pytest.mark.parametrize(("tier", "amount", "found"), [(None, "49999.9999", False), (None, "50000", True), ("gold", "99999", False)])
def test_an_amount_below_the_tiers_floor_is_never_unusual(tmp_path: Path, tier: str | None, amount: str, found: bool) -> None:
    sample = Sample(tmp_path, tier)
    spread(sample, "100", "200", 5)
    event_id = sample.add("01-05 10:00:00", "transfer_in", amount)
    assert sample.triggers(RULE) == ([event_id] if found else [])


@pytest.mark.parametrize(("earlier", "found"), [(9, False), (10, True)])
def test_ten_earlier_movements_are_needed(tmp_path: Path, earlier: int, found: bool) -> None:
    sample = Sample(tmp_path)
    for n in range(earlier):
        sample.add(f"01-02 10:00:{n:02d}", "transfer_in", ("1000", "10000", "3000")[n % 3])
    event_id = sample.add("01-05 10:00:00", "transfer_in", "1000000000")
    assert sample.triggers(RULE) == ([event_id] if found else [])


@pytest.mark.parametrize(("oldest", "found"), [((), True), (("1000",), True), (("1000", "1000"), False)])
def test_fifty_earlier_movements_are_compared_with(tmp_path: Path, oldest: tuple[str, ...], found: bool) -> None:
    """25 of each: with one more, or one less, MAD is 0; the second case pushes out what comes before the fifty."""
    sample = Sample(tmp_path)
    if len(oldest) == 1:
        sample.add("01-01 10:00:00", "transfer_in", oldest[0])
    spread(sample, "10000", "1000", 25)
    if len(oldest) == 2:  # pushes out the first of 10,000: 26 of 1,000 and 24 of 10,000
        sample.add("01-03 10:00:00", "transfer_in", oldest[0])
    event_id = sample.add("01-05 10:00:00", "transfer_in", "2000000")
    assert sample.triggers(RULE) == ([event_id] if found else [])


def test_equal_amounts_are_insufficient_history(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    spread(sample, "1000", "1000", 5)
    sample.add("01-05 10:00:00", "transfer_in", "90000000")
    assert sample.triggers(RULE) == []


def test_only_external_movements_of_the_same_direction_are_compared(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("90000000")
    spread(sample, "1000", "10000", 5)
    sample.add("01-05 10:00:00", "transfer_out", "9000000")  # no debit before it
    sample.add("01-05 11:00:00", "redemption", "9000000", direction="credit")
    sample.add("01-05 12:00:00", "interest", "9000000")
    sample.add("01-05 13:00:00", "transfer_in", "9000000", counterparty={"customer_id": "c"})
    assert sample.triggers(RULE) == []
    spread(sample, "100", "200", 5, day=6, kind="withdrawal")
    debit = sample.add("01-07 10:00:00", "transfer_out", "50000")
    assert sample.triggers(RULE) == [debit]


def test_a_reversal_is_neither_asked_about_nor_compared_with(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    spread(sample, "1000", "10000", 5)
    large = sample.add("01-05 10:00:00", "transfer_in", "2000000")
    sample.take_back(large, "01-05 11:00:00")
    again = sample.add("01-05 12:00:00", "transfer_in", "9000000")  # 11 earlier: median 4, MAD 1: z is 1.99
    assert again not in sample.triggers(RULE)
    assert sample.triggers(RULE) == [large]


def test_foreign_money_is_compared_in_the_base_currency(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    spread(sample, "100", "200", 5)
    sample.add("01-05 10:00:00", "transfer_in", "7019", "u", currency="USD")
    large = sample.add("01-05 11:00:00", "transfer_in", "7020", "u", currency="USD")  # 50,006.27
    assert sample.triggers(RULE) == [large]
