"""R16 and R17 on tiny cases, each worked out by hand from the text of the rule."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.oracle.samples import Sample

PASS, DRIP = "pass_through", "drip_outflow"


@pytest.mark.parametrize(
    ("credit", "debits", "found"),
    [
        ("100000", ("79999.9999",), False),
        ("100000", ("80000",), True),
        ("100000", ("50000", "29999.9999"), False),
        ("100000", ("50000", "30000"), True),
        ("49999.9999", ("49999",), False),
        ("50000", ("40000",), True),
    ],
)
def test_four_fifths_of_a_credit_of_the_floor_pass_through(tmp_path: Path, credit: str, debits: tuple[str, ...], found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("1000000")
    sample.add("01-02 10:00:00", "transfer_in", credit)
    ids = [sample.add(f"01-02 1{n}:00:00", "transfer_out", amount) for n, amount in enumerate(debits, 1)]
    assert sample.triggers(PASS) == (ids[-1:] if found else [])


@pytest.mark.parametrize(
    ("debit", "found"),
    [("01-04 10:00:00", True), ("01-04 10:00:01", False), ("01-02 10:00:00", True)],
)
def test_the_debit_comes_within_48_hours_to_the_second(tmp_path: Path, debit: str, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.add("01-02 10:00:00", "transfer_in", "100000")
    event_id = sample.add(debit, "transfer_out", "90000")
    assert sample.triggers(PASS) == ([event_id] if found else [])


def test_a_debit_of_the_same_second_that_came_before_the_credit_does_not_count(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.add("01-02 10:00:00", "transfer_out", "90000")
    sample.add("01-02 10:00:00", "transfer_in", "100000")
    assert sample.triggers(PASS) == []


def test_a_credit_triggers_once_and_any_account_of_the_customer_counts(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("500000", account="b")
    sample.add("01-02 10:00:00", "transfer_in", "100000")
    event_id = sample.add("01-02 11:00:00", "transfer_out", "85000", "b")
    sample.add("01-02 12:00:00", "transfer_out", "85000", "b")
    found = sample.findings(PASS)
    assert [(one.event_id, one.value) for one in found] == [(event_id, Decimal("0.85"))]


def test_credits_completed_by_one_debit_are_one_finding_measured_from_the_earliest(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.add("01-02 10:00:00", "transfer_in", "60000")
    sample.add("01-02 10:30:00", "transfer_out", "6000")
    sample.add("01-02 11:00:00", "transfer_in", "50000")
    debit = sample.add("01-02 12:00:00", "transfer_out", "42000")  # 48,000 of 60,000, and 42,000 of 50,000
    assert [(one.event_id, one.value) for one in sample.findings(PASS)] == [(debit, Decimal("0.8"))]


def test_own_money_and_snapshots_do_not_pass_through(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.opens_with("1", account="b")
    sample.add("01-01 10:00:00", "transfer_out", "90000", counterparty={"account": "b"})
    sample.add("01-01 11:00:00", "transfer_in", "90000", "b", counterparty={"account": "a"})
    sample.add("01-01 12:00:00", "transfer_out", "90000", "b")
    assert sample.triggers(PASS) == []


def test_what_is_reversed_is_taken_out_of_the_debits(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.add("01-02 10:00:00", "transfer_in", "100000")
    wrong = sample.add("01-02 11:00:00", "transfer_out", "50000")
    sample.take_back(wrong, "01-02 12:00:00")
    sample.add("01-02 13:00:00", "transfer_out", "30000")
    complete = sample.add("01-02 14:00:00", "transfer_out", "50000")
    assert [(one.event_id, one.value) for one in sample.findings(PASS)] == [(complete, Decimal("0.8"))]


def test_a_credit_reversed_before_is_none(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    wrong = sample.add("01-02 10:00:00", "transfer_in", "100000")
    sample.take_back(wrong, "01-02 11:00:00")
    sample.add("01-02 12:00:00", "transfer_out", "90000")
    assert sample.triggers(PASS) == []


def drip(sample: Sample, amounts: tuple[str, ...], first: int = 2, **other: str) -> list[str]:
    """One debit a day to one payee."""
    to = {"account": "****1", **other}
    return [sample.add(f"01-{first + n:02d} 10:00:00", "transfer_out", amount, counterparty=to) for n, amount in enumerate(amounts)]


@pytest.mark.parametrize(
    ("amounts", "found"),
    [
        (("12500",) * 4, False),  # four only
        (("10000",) * 5, True),
        ((*("10000",) * 4, "9999.9999"), False),  # the gate is 50,000
        (("1000", "1000", "1000", "1000", "50000"), False),  # one is at the gate
        (("1000", "1000", "1000", "1000", "49999.9999"), True),
    ],
)
def test_five_debits_below_the_gate_drip_when_their_sum_reaches_it(tmp_path: Path, amounts: tuple[str, ...], found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("300000")
    ids = drip(sample, amounts)
    assert [(one.event_id, one.window) for one in sample.findings(DRIP)] == ([(ids[-1], "****1")] if found else [])


@pytest.mark.parametrize(("fifth", "found"), [("01-31", True), ("02-01", False)])
def test_the_five_fall_within_30_dates(tmp_path: Path, fifth: str, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("150000")
    drip(sample, ("12000",) * 4)
    last = sample.add(f"{fifth} 10:00:00", "transfer_out", "12000", counterparty={"account": "****1"})
    assert sample.triggers(DRIP) == ([last] if found else [])


def test_the_gate_is_that_of_the_last_debit(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("1000000")
    drip(sample, ("18000",) * 5)  # 90,000, and the gate is a tenth of 928,000
    assert sample.triggers(DRIP) == []
    sixth = drip(sample, ("1",), first=8)  # 90,001 against a tenth of 910,000: still below
    sample.add("01-09 10:00:00", "purchase", "10000")
    seventh = drip(sample, ("1",), first=9)  # 90,002 against 89,999.90
    found = sample.findings(DRIP)
    assert sixth != seventh
    assert [(one.event_id, one.value) for one in found] == [(seventh[0], Decimal(90002))]


def test_a_payee_is_an_account_else_a_name(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("1000000", asset_class="demand_deposit")
    for n in range(5):
        sample.add(f"01-02 10:0{n}:00", "transfer_out", "10000", counterparty={"name": "x", "account": f"****{n}"})
        sample.add(f"01-02 11:0{n}:00", "transfer_out", "10000")
    assert sample.findings(DRIP) == []
    for n in range(10):
        sample.add(f"01-03 10:0{n}:00", "transfer_out", "10000", counterparty={"name": "y"})
    assert [one.window for one in sample.findings(DRIP)] == ["y"]


def test_the_shape_is_lost_when_one_of_five_leaves_and_found_again_with_another(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("150000")
    ids = drip(sample, ("11000",) * 5)
    again = sample.add("02-01 10:00:00", "transfer_out", "11000", counterparty={"account": "****1"})  # the first has left at midnight
    assert sample.triggers(DRIP) == [ids[-1], again]


def test_a_reversed_debit_is_none_of_the_five(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("300000")
    ids = drip(sample, ("12000",) * 4)
    sample.take_back(ids[0], "01-06 10:00:00")
    drip(sample, ("12000",), first=7)
    assert sample.findings(DRIP) == []
    sixth = drip(sample, ("12000",), first=8)
    assert sample.triggers(DRIP) == sixth
