"""R01 and R11 of households on tiny cases, each worked out by hand from the text of the rule."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.oracle.samples import Sample

LARGE, SUM = "household_large_inflow", "household_cumulative_outflow"


def family(folder: Path, c: str, d: str, **of_d: str) -> Sample:
    """Two members with one account each."""
    sample = Sample(folder)
    sample.profile("c", household_id="h")
    sample.profile("d", household_id="h", **of_d)
    sample.opens_with(c)
    sample.opens_with(d, account="b", customer_id="d")
    return sample


@pytest.mark.parametrize(("amount", "found"), [("79999.9999", False), ("80000", True)])
def test_a_credit_is_large_to_a_household_by_the_aum_of_all_members(tmp_path: Path, amount: str, found: bool) -> None:
    sample = family(tmp_path, "400000", "400000")
    event_id = sample.add("01-02 10:00:00", "transfer_in", amount)
    assert [(one.customer_id, one.event_id) for one in sample.findings(LARGE)] == ([("h", event_id)] if found else [])
    assert sample.triggers("large_inflow") == [event_id]  # what a member does alone is the member's own


@pytest.mark.parametrize("other", [{"customer_id": "d"}, {"account": "b"}])
def test_what_members_send_each_other_is_no_flow_of_the_household(tmp_path: Path, other: dict[str, str]) -> None:
    sample = family(tmp_path, "400000", "400000")
    sample.add("01-02 10:00:00", "transfer_out", "300000", counterparty=other)
    sample.add("01-02 10:00:01", "transfer_in", "300000", "b", customer_id="d", counterparty={"customer_id": "c"})
    assert sample.findings(LARGE) == sample.findings(SUM) == []
    assert len(sample.findings("large_inflow")) == len(sample.findings("large_outflow")) == 1


def test_what_comes_from_another_household_or_from_nobodys_is(tmp_path: Path) -> None:
    sample = family(tmp_path, "100", "100")
    sample.profile("e", household_id="i")
    sample.profile("f")
    sample.opens_with("1", account="x", customer_id="e")
    sample.opens_with("1", account="y", customer_id="f")
    ids = [
        sample.add("01-02 10:00:00", "transfer_in", "90000", counterparty={"customer_id": other, "account": account})
        for other, account in (("e", "x"), ("f", "y"))
    ]
    sample.add("01-02 11:00:00", "transfer_in", "90000", "y", customer_id="f")
    assert [(one.customer_id, one.event_id) for one in sample.findings(LARGE)] == [("h", event_id) for event_id in ids]


def test_a_credit_that_opens_the_household_is_held_against_the_floor(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.profile("c", household_id="h")
    event_id = sample.add("01-02 10:00:00", "deposit", "50000")
    assert [(one.customer_id, one.event_id) for one in sample.findings(LARGE)] == [("h", event_id)]


@pytest.mark.parametrize(("second", "on", "found"), [("24999.9999", "01-08", False), ("25000", "01-08", True), ("25000", "01-09", False)])
def test_the_debits_of_all_members_are_summed_over_7_dates(tmp_path: Path, second: str, on: str, found: bool) -> None:
    sample = family(tmp_path, "90000", "90000")
    sample.add("01-02 10:00:00", "transfer_out", "25000")
    event_id = sample.add(f"{on} 10:00:00", "transfer_out", second, "b", customer_id="d")
    found_there = [(one.customer_id, one.event_id, one.window, one.value) for one in sample.findings(SUM)]
    assert found_there == ([("h", event_id, "7d", Decimal(50000))] if found else [])
    assert sample.findings("cumulative_outflow") == []


@pytest.mark.parametrize(("last", "found"), [("01-31", True), ("02-01", False)])
def test_and_over_30_dates_against_twice_the_floor(tmp_path: Path, last: str, found: bool) -> None:
    sample = family(tmp_path, "90000", "90000")
    sample.add("01-02 10:00:00", "transfer_out", "33400")
    sample.add("01-16 10:00:00", "transfer_out", "33300", "b", customer_id="d")
    event_id = sample.add(f"{last} 10:00:00", "transfer_out", "33300")
    assert [(one.event_id, one.window) for one in sample.findings(SUM)] == ([(event_id, "30d")] if found else [])


def test_a_households_tier_follows_from_its_own_average_and_from_no_members(tmp_path: Path) -> None:
    sample = family(tmp_path, "120000", "120000", tier="private")
    early = sample.add("01-30 10:00:00", "transfer_in", "60000")  # fewer than 30 closes: the lowest tier
    sample.add("01-31 10:00:00", "transfer_in", "99999")  # gold, since both together have 240,000
    late = sample.add("01-31 11:00:00", "transfer_in", "100000")
    assert sample.triggers(LARGE) == [early, late]


def test_a_reversal_takes_its_amount_out_of_the_households_sum(tmp_path: Path) -> None:
    sample = family(tmp_path, "90000", "90000")
    wrong = sample.add("01-02 10:00:00", "transfer_out", "45000")
    sample.take_back(wrong, "01-02 11:00:00")
    sample.add("01-02 12:00:00", "transfer_out", "45000", "b", customer_id="d")
    assert sample.findings(SUM) == []
