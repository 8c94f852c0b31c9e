"""R20, R21 and R23 on tiny cases, each worked out by hand from the text of the rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.oracle import Thresholds
from tests.oracle.samples import Sample

LOW, CHANGE, IDLE = "low_balance", "aum_change", "idle_cash"
A_THOUSAND = Thresholds(low_balance=Decimal(1000))


def midnight(month: int, day: int) -> datetime:
    return datetime(2025, month, day, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(("amount", "found"), [("100", False), ("100.0001", True)])
def test_an_account_is_low_below_0(tmp_path: Path, amount: str, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100")
    event_id = sample.add("01-02 10:00:00", "withdrawal", amount)
    found_there = [(one.event_id, one.window, one.value) for one in sample.findings(LOW)]
    assert found_there == ([(event_id, "a", Decimal("-0.0001"))] if found else [])


def test_an_overdraft_is_over_at_0(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    first = sample.add("01-02 10:00:00", "withdrawal", "100")
    sample.add("01-03 10:00:00", "deposit", "99.9999")
    sample.add("01-03 10:00:00", "withdrawal", "1")
    sample.add("01-04 10:00:00", "deposit", "1.0001")
    again = sample.add("01-04 10:00:00", "withdrawal", "1")
    assert sample.triggers(LOW) == [first, again]


@pytest.mark.parametrize(("back_to", "opens_again"), [("1249.9999", False), ("1250", True)])
def test_a_low_account_is_not_low_any_more_at_the_threshold_over_four_fifths(tmp_path: Path, back_to: str, opens_again: bool) -> None:
    sample = Sample(tmp_path, thresholds=A_THOUSAND)
    sample.opens_with("1000")
    first = sample.add("01-02 10:00:00", "withdrawal", "0.0001")
    sample.add("01-02 11:00:00", "deposit", str(Decimal(back_to) - Decimal("999.9999")))
    last = sample.add("01-02 12:00:00", "withdrawal", "500")
    assert sample.triggers(LOW) == ([first, last] if opens_again else [first])


def test_each_demand_deposit_account_is_asked_by_itself_in_the_base_currency(tmp_path: Path) -> None:
    sample = Sample(tmp_path, thresholds=A_THOUSAND)
    sample.opens_with("9000")
    sample.opens_with("9000", account="t", asset_class="time_deposit")
    sample.opens_with("200", account="u", currency="USD")
    sample.add("01-02 10:00:00", "withdrawal", "8999", "t", asset_class="time_deposit")
    sample.add("01-02 11:00:00", "card_payment", "500", "k", asset_class="credit_card")
    sample.add("01-02 12:00:00", "withdrawal", "59", "u", currency="USD")  # 141 left, which are 1,004.40
    foreign = sample.add("01-02 13:00:00", "withdrawal", "1", "u", currency="USD")  # 140, which are 997.28
    mine = sample.add("01-02 14:00:00", "withdrawal", "8500")
    assert [(one.event_id, one.window) for one in sample.findings(LOW)] == [(foreign, "u"), (mine, "a")]


def test_what_a_snapshot_made_low_is_seen_at_the_next_movement_or_tick(tmp_path: Path) -> None:
    for next_, at in (("01-01 09:00:00", datetime(2025, 1, 1, 1, tzinfo=UTC)), ("01-02 09:00:00", midnight(1, 2))):
        sample = Sample(tmp_path, thresholds=A_THOUSAND)
        sample.opens_with("999")
        sample.opens_with("5000", account="b")
        sample.add(next_, "interest", "1", "b")
        assert [(one.window, one.at) for one in sample.findings(LOW)] == [("a", at)]


def test_what_two_snapshots_leave_in_order_is_not_low(tmp_path: Path) -> None:
    sample = Sample(tmp_path, thresholds=A_THOUSAND)
    sample.opens_with("999")
    sample.opens_with("1")
    sample.add("01-02 09:00:00", "interest", "1")
    assert sample.findings(LOW) == []


@pytest.mark.parametrize(("amount", "found"), [("9999.9999", False), ("10000", True)])
@pytest.mark.parametrize("kind", ["transfer_out", "deposit", "fee", "valuation"])
def test_a_tenth_of_yesterdays_close_is_a_change_whatever_the_cause(tmp_path: Path, amount: str, found: bool, kind: str) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    more = {"balance_after": str(100_000 - Decimal(amount))} if kind == "valuation" else {}
    event_id = sample.add("01-02 10:00:00", kind, amount, **more)
    found_there = [(one.event_id, one.window, one.value) for one in sample.findings(CHANGE)]
    assert found_there == ([(event_id, "1d", Decimal("0.1"))] if found else [])


def test_on_the_first_date_there_is_no_close_yet(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.add("01-01 23:59:59", "transfer_out", "40000")
    last = sample.add("01-02 00:00:00", "transfer_out", "6000")  # of 60,000
    assert sample.triggers(CHANGE) == [last]


@pytest.mark.parametrize(("at", "windows"), [("01-30", ["1d"]), ("01-31", ["1d", "30d"])])
def test_30_dates_before_is_a_date_on_which_the_customer_was_known(tmp_path: Path, at: str, windows: list[str]) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.add(f"{at} 10:00:00", "transfer_out", "20000")
    assert [one.window for one in sample.findings(CHANGE)] == windows


@pytest.mark.parametrize(("opening", "kind", "amount", "found"), [
    ("49999.9999", "transfer_out", "49999.9999", False),  # neither is at the floor of the lowest tier
    ("50000", "transfer_out", "50000", True),
    ("40000", "deposit", "9999.9999", False),
    ("40000", "deposit", "10000", True),
])  # fmt: skip
def test_a_change_matters_where_assets_are_or_were_at_the_floor(tmp_path: Path, opening: str, kind: str, amount: str, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with(opening)
    event_id = sample.add("01-02 10:00:00", kind, amount)
    assert sample.triggers(CHANGE) == ([event_id] if found else [])


def test_a_change_is_over_below_the_floor_too(tmp_path: Path) -> None:
    """1 February compares 40,000 with 40,000; what comes on the 3rd is a change of its own."""
    sample = Sample(tmp_path)
    sample.opens_with("60000")
    first = sample.add("01-31 10:00:00", "transfer_out", "20000")
    last = sample.add("02-02 10:00:00", "deposit", "20000")
    assert [one.event_id for one in sample.findings(CHANGE) if one.window == "1d"] == [first, last]


def test_the_change_of_a_date_is_over_at_midnight_and_that_of_30_dates_goes_on(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    first = sample.add("01-31 10:00:00", "transfer_out", "20000")
    second = sample.add("02-01 10:00:00", "transfer_out", "8000")  # of 80,000
    assert [(one.event_id, one.window) for one in sample.findings(CHANGE)] == [(first, "1d"), (first, "30d"), (second, "1d")]


def test_a_change_resolves_below_four_fifths_of_its_threshold(tmp_path: Path) -> None:
    for back, found in (("2000", 1), ("2000.0001", 2)):
        sample = Sample(tmp_path)
        sample.opens_with("100000")
        sample.add("01-02 10:00:00", "transfer_out", "10000")
        sample.add("01-02 11:00:00", "transfer_in", back)
        sample.add("01-02 11:00:00", "transfer_out", back)
        assert len(sample.findings(CHANGE)) == found


@pytest.mark.parametrize(("left", "found"), [("104000.0001", False), ("104000", True)])
def test_a_change_opens_at_the_tick_that_brings_another_close_to_compare_with(tmp_path: Path, left: str, found: bool) -> None:
    """On 31 January 104,000 are compared with 100,000, at the first tick of February with the 130,000 of 2 January."""
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.add("01-02 10:00:00", "deposit", "30000")
    sample.add("01-20 10:00:00", "withdrawal", str(130_000 - Decimal(left)))
    sample.add("02-01 10:00:00", "fee", "1", "k", asset_class="credit_card")
    long = [(one.event_id, one.at) for one in sample.findings(CHANGE) if one.window == "30d"]
    assert long == ([(None, midnight(2, 1))] if found else [])


def test_a_snapshot_changes_assets_and_is_not_asked_about(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.opens_with("50000", "01-02 09:00:00", account="b")
    event_id = sample.add("01-02 10:00:00", "interest", "1", "k", asset_class="credit_card")
    assert sample.triggers(CHANGE) == [event_id]


def test_nothing_can_be_said_of_a_change_of_nothing_or_of_debt(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.add("01-01 10:00:00", "withdrawal", "100")
    sample.add("01-02 10:00:00", "deposit", "100")
    sample.add("01-03 10:00:00", "deposit", "100000")
    assert sample.findings(CHANGE) == []


@pytest.mark.parametrize(("amount", "last", "found"), [("50000", "01-11 10:00:00", True), ("49999.9999", "01-11 10:00:00", False),
    ("50000", "01-10 23:30:00", True), ("50000", "01-10 22:59:59", False)])  # fmt: skip
def test_ten_closes_at_the_floor_lie_idle(tmp_path: Path, amount: str, last: str, found: bool) -> None:
    """The last tick is the full hour after the last movement: at 23:30 it is the midnight that closes the tenth date."""
    sample = Sample(tmp_path)
    sample.opens_with(amount)
    sample.add(last, "fee", "0.0001", "t", asset_class="time_deposit")
    found_there = [(one.event_id, one.at, one.value) for one in sample.findings(IDLE)]
    assert found_there == ([(None, midnight(1, 11), Decimal(10))] if found else [])


def test_a_close_below_begins_a_new_run_and_an_hour_below_does_not(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("60000")
    sample.add("01-03 10:00:00", "withdrawal", "60000")
    sample.add("01-03 11:00:00", "deposit", "60000")
    sample.add("01-20 10:00:00", "withdrawal", "10001")  # 49,999 at the closes of the 20th and the 21st
    sample.add("01-22 10:00:00", "deposit", "1")
    sample.add("02-02 10:00:00", "fee", "1", "t", asset_class="time_deposit")
    assert [one.at for one in sample.findings(IDLE)] == [midnight(1, 11), midnight(2, 1)]


def test_demand_deposits_are_added_up_and_nothing_else_is(tmp_path: Path) -> None:
    for other, found in (("demand_deposit", 1), ("time_deposit", 0), ("fund", 0)):
        sample = Sample(tmp_path)
        sample.opens_with("25000")
        sample.opens_with("25000", account="b", asset_class=other)
        sample.add("01-12 10:00:00", "interest", "1", "b", asset_class=other)
        assert len(sample.findings(IDLE)) == found


def test_the_limit_is_that_of_the_tier(tmp_path: Path) -> None:
    for amount, found in (("99999", 0), ("100000", 1)):
        sample = Sample(tmp_path, "gold")
        sample.opens_with(amount)
        sample.add("01-12 10:00:00", "interest", "1")
        assert len(sample.findings(IDLE)) == found


def test_a_new_tier_counts_the_run_anew_with_its_own_limit(tmp_path: Path) -> None:
    """Gold from 31 January on: its limit of 100,000 has not been reached, so what was idle is so no more; then it is again."""
    sample = Sample(tmp_path)
    sample.opens_with("60000")
    sample.opens_with("240000", account="f", asset_class="fund")
    sample.add("02-03 10:00:00", "redemption", "40000", direction="credit")
    sample.add("02-20 10:00:00", "interest", "1")
    assert [one.at for one in sample.findings(IDLE)] == [midnight(1, 11), midnight(2, 13)]
