"""R12 and R18 on tiny cases, each worked out by hand from the text of the rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.oracle.samples import Sample

OUTFLOW, PEAK = "net_outflow_ratio", "above_previous_peak"


def midnight(month: int, day: int, year: int = 2025) -> datetime:
    return datetime(year, month, day, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(("amount", "found"), [("19999.9999", False), ("20000", True)])
def test_a_fifth_of_the_close_before_the_window_flows_out_in_30_dates(tmp_path: Path, amount: str, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    event_id = sample.add("01-31 10:00:00", "transfer_out", amount)
    found_there = [(one.event_id, one.window, one.value) for one in sample.findings(OUTFLOW)]
    assert found_there == ([(event_id, "30d", Decimal("0.2"))] if found else [])


def test_before_the_first_close_history_is_insufficient_and_the_next_tick_sees_what_happened(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.add("01-30 10:00:00", "transfer_out", "50000")  # 30 dates before is 31 December
    sample.add("01-31 10:00:00", "interest", "1")
    assert [(one.event_id, one.at) for one in sample.findings(OUTFLOW)] == [(None, midnight(1, 31))]


def test_what_comes_in_is_netted(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.add("01-05 10:00:00", "transfer_in", "10001")
    sample.add("01-31 10:00:00", "transfer_out", "30000")
    assert sample.findings(OUTFLOW) == []
    last = sample.add("01-31 10:00:00", "transfer_out", "1")
    assert [(one.event_id, one.value) for one in sample.findings(OUTFLOW)] == [(last, Decimal("0.2"))]


@pytest.mark.parametrize(("second", "found"), [("02-03", True), ("02-04", False)])
def test_the_first_bucket_is_29_dates_before_today(tmp_path: Path, second: str, found: bool) -> None:
    """On 4 February the window begins on the 6th, and the close of the 5th is 90,000."""
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.add("01-05 10:00:00", "transfer_out", "10000")
    event_id = sample.add(f"{second} 10:00:00", "transfer_out", "10000")
    assert sample.triggers(OUTFLOW) == ([event_id] if found else [])


@pytest.mark.parametrize(("amount", "windows"), [("34999.99", ["30d"]), ("35000", ["30d", "90d"])])
def test_90_dates_have_a_threshold_of_their_own(tmp_path: Path, amount: str, windows: list[str]) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.add("04-01 10:00:00", "transfer_out", amount)  # 1 January is 90 dates before
    assert [one.window for one in sample.findings(OUTFLOW)] == windows


@pytest.mark.parametrize(("opened", "found"), [("2024-01-30", True), ("2024-01-31", False)])
def test_29_february_is_a_date_like_others(tmp_path: Path, opened: str, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000", f"{opened} 00:00:00")
    event_id = sample.add("2024-02-29 10:00:00", "transfer_out", "50000")
    assert sample.triggers(OUTFLOW) == ([event_id] if found else [])


def test_where_nothing_was_held_there_is_no_ratio(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100")
    sample.add("01-01 10:00:00", "fee", "100")
    sample.add("01-31 10:00:00", "transfer_in", "1000")
    sample.add("01-31 11:00:00", "transfer_out", "2000")
    assert sample.findings(OUTFLOW) == []


def test_a_reversed_outflow_resolves_and_the_next_one_opens_again(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    first = sample.add("01-31 10:00:00", "transfer_out", "25000")
    sample.take_back(first, "02-01 10:00:00")
    sample.add("02-01 11:00:00", "transfer_out", "16000")
    second = sample.add("02-01 12:00:00", "transfer_out", "4000")
    assert sample.triggers(OUTFLOW) == [first, second]


def test_between_four_fifths_of_the_threshold_and_the_threshold_nothing_resolves(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    first = sample.add("01-31 10:00:00", "transfer_out", "20000")
    sample.add("01-31 11:00:00", "transfer_in", "4000")  # 0.16 is not below 0.8 x 0.2
    sample.add("01-31 12:00:00", "transfer_out", "4000")
    assert sample.triggers(OUTFLOW) == [first]
    sample.add("01-31 13:00:00", "transfer_in", "4000.0001")
    again = sample.add("01-31 14:00:00", "transfer_out", "4000.0001")
    assert sample.triggers(OUTFLOW) == [first, again]


def test_what_a_reversed_movement_opened_is_taken_back_before_it_would_resolve(tmp_path: Path) -> None:
    """0.17 is not below 0.8 x 0.2; but for the reversal the condition would stay open, and 0.2 would be no news."""
    for taken_back in (True, False):
        sample = Sample(tmp_path)
        sample.opens_with("100000")
        sample.add("01-31 10:00:00", "transfer_out", "17000")
        first = sample.add("01-31 11:00:00", "transfer_out", "5000")
        if taken_back:
            sample.take_back(first, "01-31 12:00:00")
        else:
            sample.add("01-31 12:00:00", "transfer_in", "5000")
        again = sample.add("01-31 13:00:00", "transfer_out", "3000")
        assert sample.triggers(OUTFLOW) == ([first, again] if taken_back else [first])


def monthly(sample: Sample, kind: str = "transfer_in", months: int = 6, amount: str = "1000") -> None:
    """A flow on the 15th of so many months up to June."""
    for month in range(7 - months, 7):
        sample.add(f"{month:02d}-15 10:00:00", kind, amount)


@pytest.mark.parametrize(("amount", "found"), [("1499.9999", False), ("1500", True)])
def test_a_month_is_above_the_peak_from_one_and_a_half_times_on(tmp_path: Path, amount: str, found: bool) -> None:
    sample = Sample(tmp_path)
    monthly(sample)
    event_id = sample.add("07-15 10:00:00", "transfer_in", amount)
    assert [(one.event_id, one.window, one.value) for one in sample.findings(PEAK)] == (
        [(event_id, "inflow", Decimal("1.5"))] if found else []
    )


@pytest.mark.parametrize(("months", "found"), [(5, False), (6, True)])
def test_six_months_with_flow_are_needed(tmp_path: Path, months: int, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100")
    monthly(sample, "withdrawal", months)
    event_id = sample.add("07-15 10:00:00", "transfer_out", "90000")
    assert [(one.event_id, one.window) for one in sample.findings(PEAK)] == ([(event_id, "outflow")] if found else [])


@pytest.mark.parametrize(("peak", "found"), [("2024-06-30 23:59:59", True), ("2024-07-01 00:00:00", False)])
def test_the_peak_is_that_of_the_12_closed_months(tmp_path: Path, peak: str, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.add(peak, "transfer_in", "1000000")
    monthly(sample)
    event_id = sample.add("07-31 23:59:59", "transfer_in", "1500")
    assert sample.triggers(PEAK) == ([event_id] if found else [])


def test_the_sum_begins_anew_with_the_month_and_the_month_past_is_the_new_peak(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    monthly(sample)
    july = sample.add("07-31 23:59:59", "transfer_in", "1500")
    sample.add("08-01 00:00:00", "transfer_in", "2249")
    august = sample.add("08-31 23:59:59", "transfer_in", "1")
    assert [(one.event_id, one.value) for one in sample.findings(PEAK)] == [(july, Decimal("1.5")), (august, Decimal("1.5"))]


def test_what_leaves_is_no_peak_of_what_comes(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("90000")
    monthly(sample, "withdrawal")
    monthly(sample, "transfer_in", amount="10")
    event_id = sample.add("07-15 10:00:00", "transfer_in", "15")
    assert sample.triggers(PEAK) == [event_id]


def test_a_reversal_lowers_the_month_of_its_original(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    monthly(sample)
    wrong = sample.add("06-30 10:00:00", "transfer_in", "5000")
    sample.add("07-01 10:00:00", "transfer_in", "1500")  # a quarter of 6,000
    reversal = sample.take_back(wrong, "07-02 10:00:00")
    assert [(one.event_id, one.value) for one in sample.findings(PEAK)] == [(reversal, Decimal("1.5"))]


def test_a_month_whose_only_flow_is_reversed_is_one_without(tmp_path: Path) -> None:
    for reversed_, found in ((True, False), (False, True)):
        sample = Sample(tmp_path)
        once = sample.add("01-15 10:00:00", "transfer_in", "10")
        if reversed_:
            sample.take_back(once, "01-15 11:00:00")
        monthly(sample, months=5)
        event_id = sample.add("07-15 10:00:00", "transfer_in", "1500")
        assert sample.triggers(PEAK) == ([event_id] if found else [])
