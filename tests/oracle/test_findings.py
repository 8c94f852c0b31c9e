"""The oracle on tiny cases, each worked out by hand from the text of the rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.settings import Settings
from tests.oracle import FIRST_RULES, retracted
from tests.oracle.samples import Sample

SHANGHAI_MIDNIGHT = timedelta(hours=-8)


@pytest.mark.parametrize(
    ("opening", "tier", "amount", "found"),
    [
        ("100000", None, "49999.9999", False),  # the floor of the lowest tier is 50,000
        ("100000", None, "50000", True),
        ("800000", None, "79999.99", False),  # 10 % of AUM before, still the lowest tier
        ("800000", None, "80000", True),
        ("100000", "gold", "99999.99", False),
        ("100000", "gold", "100000", True),
        ("100000", "private", "999999", False),
    ],
)
def test_one_credit_is_large_from_the_floor_or_a_tenth_of_aum_on(
    tmp_path: Path, opening: str, tier: str | None, amount: str, found: bool
) -> None:
    sample = Sample(tmp_path, tier)
    sample.opens_with(opening)
    event_id = sample.add("01-02 10:00:00", "transfer_in", amount)
    assert sample.triggers("large_inflow") == ([event_id] if found else [])


def test_aum_before_is_before_the_movement_and_counts_every_asset_but_no_loan(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("600000")
    sample.opens_with("400000", account="f", asset_class="fund")
    sample.opens_with("900000", account="l", asset_class="loan", direction="debit")
    sample.add("01-02 10:00:00", "withdrawal", "99999")
    at_the_gate = sample.add("01-02 11:00:00", "withdrawal", "90000.10")
    assert sample.triggers("large_outflow") == [at_the_gate]


def test_foreign_money_is_measured_in_the_base_currency(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100", account="u", currency="USD")
    sample.add("01-02 10:00:00", "transfer_in", "7019", "u", currency="USD")
    large = sample.add("01-02 11:00:00", "transfer_in", "7020", "u", currency="USD")
    found = sample.findings("large_inflow")
    assert [one.event_id for one in found] == [large]
    assert found[0].value == Decimal("50006.2680")


def test_snapshots_own_money_and_borrowed_money_notify_nothing(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("90000000")
    sample.opens_with("1", account="b")
    sample.add("01-02 10:00:00", "transfer_out", "80000000", counterparty={"account": "b"})
    sample.add("01-02 10:00:01", "transfer_in", "80000000", "b", counterparty={"account": "a"})
    sample.add("01-02 11:00:00", "loan_drawdown", "70000000", "l", asset_class="loan")
    sample.add("01-02 11:00:00", "loan_drawdown", "70000000", direction="credit")
    assert not [rule for rule in ("large_inflow", "large_outflow", "cumulative_inflow", "full_sweep") if sample.findings(rule)]


def test_a_sum_opens_when_it_reaches_its_limit_and_again_after_it_fell_below_four_fifths(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.add("01-02 10:00:00", "transfer_in", "30000")
    first = sample.add("01-04 10:00:00", "transfer_in", "20000")  # 50,000 in 7 dates
    sample.add(
        "01-09 10:00:00", "transfer_in", "30000"
    )  # 01-02 has left: 50,000; on 01-09 at midnight it was 20,000: closed, so opens again
    seven = [one for one in sample.findings("cumulative_inflow") if one.window == "7d"]
    assert [(one.event_id, one.value) for one in seven] == [(first, Decimal(50000)), ("e3", Decimal(50000))]


def test_a_sum_that_stays_above_four_fifths_does_not_open_twice(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    sample.add("01-02 10:00:00", "transfer_in", "10000")
    first = sample.add("01-04 10:00:00", "transfer_in", "40000")
    sample.add("01-09 10:00:00", "transfer_in", "10000")  # fell to 40,000, which is not below 0.8 x 50,000
    assert [one.event_id for one in sample.findings("cumulative_inflow") if one.window == "7d"] == [first]


def test_thirty_dates_are_today_and_the_29_before_with_twice_the_floor(tmp_path: Path) -> None:
    for late, found in (("01-31", True), ("02-01", False)):
        sample = Sample(tmp_path)
        sample.opens_with("190000")
        sample.add("01-02 10:00:00", "transfer_out", "49000")
        sample.add("01-15 10:00:00", "transfer_out", "30000")
        last = sample.add(f"{late} 10:00:00", "transfer_out", "21000")
        thirty = [one.event_id for one in sample.findings("cumulative_outflow") if one.window == "30d"]
        assert thirty == ([last] if found else []), late


def test_a_reversal_takes_its_amount_out_of_the_sum_on_the_originals_date(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    original = sample.add("01-02 10:00:00", "transfer_in", "45000")
    undone = {"event_id": original, "occurred_at": "2025-01-02T10:00:00+08:00", "kind": "transfer_in"}
    sample.add("01-03 10:00:00", "reversal", "45000", reverses=undone)
    sample.add("01-04 10:00:00", "transfer_in", "20000")
    assert sample.findings("cumulative_inflow") == []
    assert sample.findings("large_outflow") == []


def test_a_reversal_retracts_what_the_movement_notified(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000")
    original = sample.add("01-02 10:00:00", "transfer_in", "60000")
    sample.add("01-02 11:00:00", "transfer_in", "60000")
    undone = {"event_id": original, "occurred_at": "2025-01-02T10:00:00+08:00", "kind": "transfer_in"}
    sample.add("01-03 10:00:00", "reversal", "60000", reverses=undone)
    assert {(one.rule, one.event_id) for one in retracted(sample.write(), Settings(), FIRST_RULES)} == {
        ("large_inflow", original),
        ("cumulative_inflow", original),
    }


def test_a_sweep_is_nine_tenths_of_an_account_within_24_hours_and_fires_once_until_the_balance_is_back(tmp_path: Path) -> None:
    sample = Sample(tmp_path, "gold")
    sample.opens_with("200000")
    sample.opens_with("500000", account="b")
    sample.add("01-02 10:00:00", "transfer_out", "90000")
    sample.add("01-03 10:00:01", "transfer_out", "90000")  # the first is a second too old: 90,000 of 110,000
    swept = sample.add("01-03 10:00:02", "transfer_out", "12000")  # 102,000 of 110,000
    sample.add("01-03 11:00:00", "transfer_out", "1000")  # latched
    sample.add("01-04 12:00:00", "purchase", "300000", "b")
    sample.add("01-04 12:00:00", "redemption", "300000", direction="credit")  # back above the floor: armed again
    again = sample.add("01-04 13:00:00", "transfer_out", "305000")
    assert sample.triggers("full_sweep") == [swept, again]


def test_an_account_that_was_swept_and_still_holds_the_floor_is_not_swept_again_by_the_next_debit(tmp_path: Path) -> None:
    sample = Sample(tmp_path, "gold")
    sample.opens_with("2000000")
    swept = sample.add("01-02 10:00:00", "transfer_out", "1850000")  # leaves 150,000, above the floor of 100,000
    sample.add("01-02 11:00:00", "transfer_out", "1000")
    assert sample.triggers("full_sweep") == [swept]


def test_a_sweep_below_the_floor_is_none(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("49999")
    sample.add("01-02 10:00:00", "transfer_out", "49999")
    assert sample.triggers("full_sweep") == []


@pytest.mark.parametrize(
    ("last_activity", "wakes", "found"),
    [
        (None, "2026-01-01 10:00:00", True),  # seen for 365 dates, never active
        (None, "2025-12-31 10:00:00", False),  # seen for 364
        ("2025-01-02 10:00:00", "2026-01-01 10:00:00", False),  # active 364 dates before
        ("2025-01-02 10:00:00", "2026-01-02 10:00:00", True),  # 365, which are the 12 months
        ("2026-01-03 09:00:00", "2026-01-03 10:00:00", False),  # woken an hour ago, by less than the floor
    ],
)
def test_dormant_is_365_dates_without_the_customers_own_doing(tmp_path: Path, last_activity: str | None, wakes: str, found: bool) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100000", "2025-01-01 00:00:00")
    if last_activity and last_activity < "2025-06":
        sample.add(last_activity, "withdrawal", "1")
    sample.add("2025-06-21 06:00:00", "interest", "60000")
    if last_activity and last_activity > "2025-06":
        sample.add(last_activity, "withdrawal", "1")
    event_id = sample.add(wakes, "purchase", "50000")
    assert sample.triggers("dormant_reactivated") == ([event_id] if found else [])


def _midnight(month: int, day: int) -> datetime:
    return datetime(2025, month, day, tzinfo=UTC) + SHANGHAI_MIDNIGHT


def test_the_first_average_sets_the_tier_silently_and_a_line_crossed_later_opens_at_that_dates_first_tick(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("150000")
    sample.add("02-05 10:00:00", "redemption", "150000", direction="credit")  # 300,000 from the close of 5 February on
    sample.add("02-20 10:00:00", "interest", "1")
    near, up = sample.findings("near_tier"), sample.findings("tier_up")
    assert [(one.event_id, one.at, one.value) for one in near] == [(None, _midnight(2, 11), Decimal(180000))]  # 6 closes of 300,000
    assert [(one.event_id, one.at, one.value) for one in up] == [(None, _midnight(2, 15), Decimal(200000))]  # 10 of them


def test_thirty_closes_are_needed_before_anything_is_said_of_tiers(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("190000")
    sample.add("01-30 23:00:00", "interest", "1")  # the final tick is midnight of the 31st: 30 closes
    assert [one.at for one in sample.findings("near_tier")] == [_midnight(1, 31)]
    sample = Sample(tmp_path)
    sample.opens_with("190000")
    sample.add("01-30 22:30:00", "interest", "1")  # the final tick is at 23:00 of the 30th: 29 closes
    assert sample.findings("near_tier") == []


def test_a_tier_is_kept_until_the_average_is_a_twentieth_below_its_line(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("210000")
    sample.add("02-05 10:00:00", "purchase", "18000")  # sinks to 192,000, above 190,000: still gold, so not near
    sample.add("03-20 10:00:00", "interest", "1")
    assert sample.findings("near_tier") == []
    sample.add("03-20 11:00:00", "purchase", "12000")  # 180,001: falls below 190,000 on the way: basic again, and near
    sample.add("04-30 10:00:00", "interest", "1")
    assert [one.event_id for one in sample.findings("near_tier")] == [None]
    assert sample.findings("tier_up") == []


def test_the_floor_of_a_date_follows_the_tier_of_that_date(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("300000")
    early = sample.add("01-30 10:00:00", "transfer_in", "60000")  # lowest tier while there are fewer than 30 closes
    sample.add("01-31 10:00:00", "transfer_in", "60000")  # gold since the first tick of the 31st
    assert sample.triggers("large_inflow") == [early]
