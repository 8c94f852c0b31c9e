"""R24 and R25, each case worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.notifications import Notification, Status
from tests.streams.builders import Detector, of, only, world
from tests.streams.rules.assets_stories import plan

CLASS, TOTAL = "class_drift", "total_drift"


def planned(held: dict[str, str], at: str = "2025-03-01 09:00", **target: int) -> Detector:
    """A customer with a plan, in hundredths, who holds this; an account has the name of its class."""
    detector = Detector()
    detector.profile(target=plan(**target) if target else None)
    for name, amount in held.items():
        detector.move(at, amount, "adjustment", snapshot=True, account_id=name, asset_class=name)
    return detector


def swap(detector: Detector, at: str, source: str, to: str, amount: str) -> list[Notification]:
    found = detector.move(at, amount, "own_transfer", direction="debit", account_id=source, asset_class=source)
    return found + detector.move(at, amount, "own_transfer", direction="credit", account_id=to, asset_class=to)


def said(found: list[Notification], name: str = CLASS) -> list[tuple[str, str, int]]:
    """Facet, status and day of the month, in Shanghai."""
    return [
        (one.dedup_key.removeprefix(f"{name}:c1:"), one.status.value, one.occurred_at.astimezone(world().calendar.zone).day)
        for one in of(found, name)
    ]


HALF = {"demand_deposit": "50000", "fund": "50000"}


@pytest.mark.parametrize(("amount", "opens"), [("4999.9999", False), ("5000", True)])
def test_five_points_off_for_three_closes(amount: str, opens: bool) -> None:
    detector = planned(HALF, demand_deposit=50, fund=50)
    found = swap(detector, "2025-03-10 09:00", "fund", "demand_deposit", amount) + detector.until("2025-03-12 23:00")
    assert said(found) == []
    found = detector.until("2025-03-13 00:00")
    assert said(found) == ([("demand_deposit", "opened", 13), ("fund", "opened", 13)] if opens else [])
    if opens:
        one = of(found, CLASS)[1]
        assert (one.evidence.measured, one.evidence.threshold) == (Decimal("0.05"), Decimal("0.05"))
        assert one.evidence.facts == {
            "asset_class": "fund",
            "target": "0.500000",
            "closes": "45000.00/100000.00 45000.00/100000.00 45000.00/100000.00",
        }


@pytest.mark.parametrize(("amount", "opens"), [("2499.9999", False), ("2500", True)])
def test_of_a_small_target_a_quarter_counts(amount: str, opens: bool) -> None:
    """10 % of 100,000 is planned for gold: 2.5 points off are a quarter of it. Of the other 90 % they are not five points."""
    detector = planned({"demand_deposit": "90000", "precious_metal": "10000"}, demand_deposit=90, precious_metal=10)
    swap(detector, "2025-03-10 09:00", "demand_deposit", "precious_metal", amount)
    assert said(detector.until("2025-03-13 00:00")) == ([("precious_metal", "opened", 13)] if opens else [])


@pytest.mark.parametrize(("amount", "opens"), [("4999.9999", False), ("5000", True)])
def test_a_class_that_is_not_planned_counts_from_five_points_on(amount: str, opens: bool) -> None:
    detector = planned(HALF, demand_deposit=50, fund=50)
    swap(detector, "2025-03-10 09:00", "fund", "equity", amount)
    expected = [(name, "opened", 13) for name in ("fund", "equity")] if opens else []
    assert said(detector.until("2025-03-13 00:00")) == expected


def test_a_close_between_that_is_on_target_begins_again() -> None:
    detector = planned(HALF, demand_deposit=50, fund=50)
    swap(detector, "2025-03-10 09:00", "fund", "demand_deposit", "9000")
    swap(detector, "2025-03-12 09:00", "demand_deposit", "fund", "9000")
    swap(detector, "2025-03-13 09:00", "fund", "demand_deposit", "9000")
    detector.until("2025-03-20 00:00")
    assert said(detector.told) == [("demand_deposit", "opened", 16), ("fund", "opened", 16)]


@pytest.mark.parametrize(("back", "resolves"), [("1000", False), ("1000.0001", True)])
def test_it_resolves_when_a_close_is_below_four_fifths(back: str, resolves: bool) -> None:
    detector = planned(HALF, demand_deposit=50, fund=50)
    swap(detector, "2025-03-10 09:00", "fund", "demand_deposit", "5000")
    detector.until("2025-03-14 00:00")
    swap(detector, "2025-03-14 09:00", "demand_deposit", "fund", back)
    assert bool(said(detector.until("2025-03-15 00:00"))) is resolves


def test_three_closes_are_needed() -> None:
    detector = planned({"demand_deposit": "100000"}, demand_deposit=50, fund=50)
    assert said(detector.until("2025-03-03 23:00")) == []
    assert said(detector.until("2025-03-04 00:00")) == [("demand_deposit", "opened", 4), ("fund", "opened", 4)]


def test_nothing_owned_has_no_weights() -> None:
    detector = planned({"demand_deposit": "0.0001"}, demand_deposit=50, fund=50)
    detector.move("2025-03-01 10:00", "0.0002", "withdrawal", account_id="demand_deposit")
    detector.until("2025-03-20 00:00")
    assert said(detector.told) == said(detector.told, TOTAL) == []


def test_without_a_plan_there_is_no_drift_and_what_was_open_is_over() -> None:
    detector = planned({"demand_deposit": "100000"})
    detector.until("2025-03-20 00:00")
    assert said(detector.told) == said(detector.told, TOTAL) == []
    detector = planned({"demand_deposit": "100000"}, demand_deposit=50, fund=50)
    detector.until("2025-03-20 00:00")
    detector.profile()
    found = detector.until("2025-03-21 00:00")
    assert said(found) == [("demand_deposit", "resolved", 21), ("fund", "resolved", 21)]
    assert said(found, TOTAL) == [("", "resolved", 21)]


def test_a_month_ends_and_a_leap_day_is_a_close() -> None:
    detector = planned(HALF, "2024-02-20 09:00", demand_deposit=50, fund=50)
    swap(detector, "2024-02-28 09:00", "fund", "demand_deposit", "5000")
    assert said(detector.until("2024-03-02 00:00")) == [("demand_deposit", "opened", 2), ("fund", "opened", 2)]


@pytest.mark.parametrize(("amount", "opens"), [("9999.9999", False), ("10000", True)])
def test_a_tenth_in_the_wrong_place_is_a_drift_of_the_whole_at_once(amount: str, opens: bool) -> None:
    detector = planned(HALF, demand_deposit=50, fund=50)
    detector.move("2025-03-10 09:00", amount, "own_transfer", direction="debit", account_id="fund", asset_class="fund")
    found = detector.move("2025-03-10 09:00", amount, "own_transfer", direction="credit", account_id="demand_deposit")
    assert [one.status for one in of(found, TOTAL)] == ([Status.OPENED] if opens else [])
    if opens:
        one = only(found, TOTAL)
        assert one.evidence.measured == Decimal("0.1")
        assert one.evidence.facts == {"target": "demand_deposit 0.500000 fund 0.500000"}
        assert one.body.english == (
            "10.0% of the assets would have to move to meet the plan. Furthest off are demand deposits, 10.0% of assets above the plan."
        )


def test_half_of_the_sum_over_all_classes_counts() -> None:
    """Off by 6, 4 and 10 points of the plan: the halves are 10."""
    detector = planned({"demand_deposit": "44000", "fund": "36000", "bond": "20000"}, demand_deposit=50, fund=40, bond=10)
    one = only(detector.until("2025-03-02 00:00"), TOTAL)
    assert one.evidence.measured == Decimal("0.1")


def test_what_a_snapshot_moved_is_seen_at_the_next_movement() -> None:
    detector = planned(HALF, demand_deposit=50, fund=50)
    detector.move("2025-03-01 10:00", "90000", "adjustment", snapshot=True, account_id="fund", asset_class="fund", balance_after="90000")
    assert said(detector.told, TOTAL) == []
    assert said(detector.move("2025-03-01 11:00", "1", "fee", account_id="k", asset_class="credit_card"), TOTAL) == [("", "opened", 1)]


@pytest.mark.parametrize(("amount", "resolves"), [("2000", False), ("2000.0001", True)])
def test_the_drift_of_the_whole_resolves_below_four_fifths(amount: str, resolves: bool) -> None:
    detector = planned({"demand_deposit": "60000", "fund": "40000"}, demand_deposit=50, fund=50)
    detector.until("2025-03-02 00:00")
    swap(detector, "2025-03-10 09:00", "demand_deposit", "fund", amount)
    assert [status for _, status, _ in said(detector.told, TOTAL)] == ["opened", *(["resolved"] if resolves else [])]
