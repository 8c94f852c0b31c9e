"""R26 and R27 on tiny cases, each worked out by hand from the text of the rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.oracle.samples import Sample

SHIFT, CONCENTRATION = "allocation_shift", "concentration"
FUND = {"asset_class": "fund", "instrument": "FD1"}


def midnight(month: int, day: int, year: int = 2025) -> datetime:
    return datetime(year, month, day, tzinfo=UTC) - timedelta(hours=8)


def buys(sample: Sample, at: str, amount: str, account: str = "f") -> str:
    """A purchase's two sides; the event_id of the second."""
    sample.add(at, "purchase", amount)
    return sample.add(at, "purchase", amount, account, "credit", **FUND)


@pytest.mark.parametrize(("amount", "found"), [("14999.9999", False), ("15000", True)])
def test_a_shift_is_15_percent_of_all_weights_since_the_close_30_dates_before(tmp_path: Path, amount: str, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    event_id = buys(sample, "01-31 10:00:00", amount)
    found_there = [(one.event_id, one.window, one.value) for one in sample.findings(SHIFT)]
    assert found_there == ([(event_id, "30d", Decimal("0.15"))] if found else [])


def test_without_a_close_30_dates_before_the_tick_after_that_one_sees_the_shift(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    buys(sample, "01-30 10:00:00", "50000")
    sample.add("02-01 10:00:00", "interest", "1")
    assert [(one.event_id, one.at) for one in sample.findings(SHIFT)] == [(None, midnight(1, 31))]


def test_the_close_of_29_february_is_one_to_compare_with(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000", "2024-02-28 10:00:00")
    buys(sample, "2024-02-29 10:00:00", "50000")
    sample.add("2024-03-29 10:00:00", "interest", "1")  # 30 dates after the 28th
    sample.add("2024-03-30 10:00:00", "interest", "1")  # 30 dates after the 29th: nothing has shifted
    back = sample.add("2024-03-30 11:00:00", "redemption", "50000", direction="credit")  # from a half to two thirds
    assert [(one.event_id, one.at) for one in sample.findings(SHIFT)][:1] == [(None, midnight(3, 29, 2024))]
    assert sample.triggers(SHIFT) == [None, back]


def test_new_money_in_proportion_shifts_nothing_and_a_loan_is_no_asset(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("50000")
    sample.opens_with("50000", account="f", **FUND)
    sample.add("01-31 10:00:00", "deposit", "20000")  # 7/12 and 5/12: 1/12 has shifted
    sample.add("01-31 10:00:00", "transfer_in", "20000", "f", **FUND)
    sample.add("01-31 10:00:00", "loan_drawdown", "900000", "l", asset_class="loan")
    assert sample.findings(SHIFT) == []


@pytest.mark.parametrize(("opening", "found"), [("49999.9999", False), ("50000", True)])
def test_below_the_lowest_floor_of_aum_nothing_is_asked(tmp_path: Path, opening: str, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with(opening)
    sample.add("01-31 10:00:00", "purchase", "20000")
    sample.add("01-31 10:00:00", "purchase", "20000", "f", "credit", **FUND)
    assert bool(sample.findings(SHIFT)) is found
    assert bool(sample.findings(CONCENTRATION)) is found


def test_a_shift_opens_again_after_it_fell_below_12_percent(tmp_path: Path) -> None:
    for back, times in (("3000", 1), ("3000.0001", 2)):
        sample = Sample(tmp_path)
        sample.opens_with("100000")
        buys(sample, "01-31 10:00:00", "15000")
        sample.add("01-31 11:00:00", "redemption", back, "f", "debit", **FUND)
        sample.add("01-31 11:00:00", "redemption", back, direction="credit")
        buys(sample, "01-31 12:00:00", back)
        assert len(sample.findings(SHIFT)) == times, back


def three(sample: Sample, demand: str, fund: str, bond: str) -> None:
    """Three classes, and an instrument in each of the latter two, as snapshots."""
    sample.opens_with(demand)
    sample.opens_with(fund, account="f", **FUND)
    sample.opens_with(bond, account="b", asset_class="bond", instrument="BD1")


@pytest.mark.parametrize(("demand", "found"), [("39999.9999", False), ("40000", True)])
def test_a_class_of_two_fifths_is_a_concentration_seen_at_the_first_tick_after_the_snapshots(
    tmp_path: Path, demand: str, found: bool
) -> None:
    sample = Sample(tmp_path)
    three(sample, demand, "30000", str(70_000 - Decimal(demand)))
    sample.add("01-02 10:00:00", "fee", "0.0001", "k", asset_class="credit_card")
    found_there = [(one.event_id, one.at, one.window, one.value) for one in sample.findings(CONCENTRATION)]
    assert found_there == ([(None, midnight(1, 2), "class", Decimal("0.4"))] if found else [])


@pytest.mark.parametrize(("bond", "facets"), [("40000", ["class", "instrument"]), ("39999.9999", [])])
def test_an_instrument_of_two_fifths_is_a_concentration_of_its_own(tmp_path: Path, bond: str, facets: list[str]) -> None:
    sample = Sample(tmp_path)
    three(sample, "30000", str(70_000 - Decimal(bond)), bond)
    event_id = sample.add("01-01 10:00:00", "fee", "1", "k", asset_class="credit_card")
    assert [(one.event_id, one.window) for one in sample.findings(CONCENTRATION)] == [(event_id, facet) for facet in facets]


def test_accounts_in_one_instrument_are_one_holding_and_instruments_of_one_class_are_two(tmp_path: Path) -> None:
    for instrument, facets in (("FD1", ["class", "instrument"]), ("FD2", ["class"])):
        sample = Sample(tmp_path)
        three(sample, "30000", "20000", "30000")
        sample.opens_with("20000", account="g", asset_class="fund", instrument=instrument)
        sample.add("01-02 10:00:00", "interest", "0.0001")
        assert [one.window for one in sample.findings(CONCENTRATION)] == facets


@pytest.mark.parametrize(("third", "found"), [("9999.9999", False), ("10000", True)])
def test_instruments_of_one_issuer_are_one_concentration(tmp_path: Path, third: str, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("39999")
    sample.opens_with(str(20_001 + 10_000 - Decimal(third)), account="x", asset_class="bond", instrument="BD9")
    for account, amount in (("f", "30000"), ("b", third)):
        asset_class = "fund" if account == "f" else "bond"
        sample.opens_with(amount, account=account, asset_class=asset_class, instrument=account, issuer="i")
    event_id = sample.add("01-01 10:00:00", "fee", "1", "k", asset_class="credit_card")
    assert [(one.event_id, one.window) for one in sample.findings(CONCENTRATION)] == ([(event_id, "issuer")] if found else [])


@pytest.mark.parametrize(("demand", "found"), [("50000", True), ("49999", False)])
def test_the_sum_of_the_squares_of_the_weights_of_classes_is_a_half(tmp_path: Path, demand: str, found: bool) -> None:
    """Two halves are 0.5; 0.49999, 0.5 and 0.00001 are a little less."""
    sample = Sample(tmp_path)
    sample.opens_with(demand)
    sample.opens_with("50000", account="f", asset_class="fund")
    if demand != "50000":
        sample.opens_with("1", account="b", asset_class="bond")
    sample.add("01-02 10:00:00", "fee", "0.0001", "k", asset_class="credit_card")
    facets = {one.window: one.value for one in sample.findings(CONCENTRATION)}
    assert facets == {"class": Decimal("0.5"), **({"hhi": Decimal("0.5")} if found else {})}


def test_which_class_is_the_largest_does_not_matter_and_below_four_fifths_it_resolves(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    three(sample, "44000", "28000", "28000")
    sample.add("01-02 10:00:00", "purchase", "12000")  # 32, 28, 28 of 88
    sample.add("01-02 10:00:00", "purchase", "12000", "f", "credit", **FUND)  # 32, 40, 28: the fund now
    assert [(one.event_id, one.window) for one in sample.findings(CONCENTRATION)] == [(None, "class"), ("e4", "instrument")]
    sample = Sample(tmp_path)
    three(sample, "40000", "30000", "30000")
    sample.add("01-02 10:00:00", "withdrawal", "10000")  # a third each: above 0.32
    sample.add("01-02 11:00:00", "deposit", "10000")
    assert [one.event_id for one in sample.findings(CONCENTRATION)] == [None]
    sample.opens_with("15000", "01-02 12:00:00", "i", asset_class="insurance")
    sample.add("01-02 13:00:00", "withdrawal", "6000")  # 34, 30, 30, 15 of 109: 0.3119
    again = sample.add("01-02 14:00:00", "deposit", "16000")  # 50 of 125
    assert [one.event_id for one in sample.findings(CONCENTRATION)] == [None, again]


def test_every_part_of_many_customers_is_worked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = Sample(tmp_path)
    for n in range(40):
        sample.opens_with("100000", account=f"a{n}", customer_id=f"c{n}")
        sample.opens_with("100000", account=f"f{n}", customer_id=f"c{n}", **FUND)
    sample.add("01-02 10:00:00", "interest", "1")
    whole = sample.findings(CONCENTRATION)
    assert len(whole) == 40 * 3
    monkeypatch.setattr("tests.oracle.allocation.AT_ONCE", 10)
    assert set(sample.findings(CONCENTRATION)) == set(whole)
