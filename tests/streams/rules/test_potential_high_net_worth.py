"""R43: little held, much flowing through or earned."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.notifications import Notification
from schemas.settings import Bank, Tier
from tests.streams.builders import Detector, of, said, world

NAME = "potential_high_net_worth"
MONDAY = "2025-03-10 00:00"


def heard(found: list[Notification]) -> list[str]:
    return [status for _, status in said(of(found, NAME))]


def customer(held: str = "1000", since: str = "2025-01-15 00:00", **parameters: object) -> Detector:
    detector = Detector(world({NAME: {"parameters": parameters}}, history_days=400))
    detector.move(since, held, "adjustment", snapshot=True)
    return detector


def passing(detector: Detector, at: str, amount: str, rest: str = "0") -> None:
    """So much comes in and all of it but the rest leaves."""
    detector.move(f"{at} 09:00", amount)
    detector.move(f"{at} 09:00", f"{float(amount) - float(rest):.4f}", "transfer_out")


@pytest.mark.parametrize(("amount", "opens"), [("499999.9999", []), ("500000", ["opened"])])
def test_a_year_s_flow_of_five_times_the_line_opens_it(amount: str, opens: list[str]) -> None:
    detector = customer()
    passing(detector, "2025-02-01", amount)
    assert heard(detector.until(MONDAY)) == opens


def test_it_is_five_times_what_is_held_too() -> None:
    """A customer whose profile says basic holds 210,000 on average: 1,050,000 are needed."""
    for amount, opens in (("524999.9999", []), ("525000", ["opened"])):
        detector = customer("210000")
        detector.profile(tier="basic")
        passing(detector, "2025-02-01", amount)
        assert heard(detector.until(MONDAY)) == opens


def test_it_is_decided_at_the_first_tick_of_a_monday() -> None:
    detector = customer()
    detector.until("2025-03-03 00:00")
    passing(detector, "2025-03-03", "600000")
    assert heard(detector.until("2025-03-09 23:59:59")) == []
    assert heard(detector.until(MONDAY)) == ["opened"]


@pytest.mark.parametrize(("since", "opens"), [("2025-02-08 00:00", ["opened"]), ("2025-02-09 00:00", [])])
def test_thirty_closes_are_needed(since: str, opens: list[str]) -> None:
    detector = customer(since=since)
    passing(detector, "2025-02-20", "600000")
    assert heard(detector.until(MONDAY)) == opens


@pytest.mark.parametrize(("amount", "opens"), [("29999.9999", []), ("30000", ["opened"])])
def test_a_salary_that_came_twice_opens_it(amount: str, opens: list[str]) -> None:
    detector = customer()
    detector.move("2025-01-25 09:00", "70000", "salary")
    detector.move("2025-02-25 09:00", amount, "salary")
    assert heard(detector.until(MONDAY)) == opens


def test_one_high_salary_is_a_bonus() -> None:
    detector = customer()
    for at, amount in (("01-25", "12000"), ("02-10", "90000"), ("02-25", "12000")):
        detector.move(f"2025-{at} 09:00", amount, "salary")
    assert heard(detector.until(MONDAY)) == []


def test_a_salary_counts_for_two_months() -> None:
    detector = customer(since="2024-12-01 00:00")
    detector.move("2025-01-07 09:00", "40000", "salary")
    detector.move("2025-02-07 09:00", "40000", "salary")
    assert heard(detector.until("2025-03-09 23:59")) == ["opened"]
    (resolved,) = of(detector.until(MONDAY), NAME)
    assert (resolved.status.value, resolved.evidence.facts["salary_level"]) == ("resolved", "0.00"), "7 January is 63 dates ago"


def test_who_has_risen_above_the_line_is_no_lead_any_more() -> None:
    detector = customer()
    passing(detector, "2025-02-01", "600000")
    detector.until(MONDAY)
    detector.move("2025-03-10 09:00", "900000")
    (resolved,) = of(detector.until("2025-06-01 00:00"), NAME)
    assert (resolved.status.value, resolved.evidence.measured) == ("resolved", Decimal(0))


def test_nobody_above_the_line_is_a_lead() -> None:
    for tiers_below, opens in ((1, []), (2, ["opened"])):
        detector = customer("300000", tiers_below=tiers_below)
        passing(detector, "2025-02-01", "9000000")
        assert heard(detector.until(MONDAY)) == opens


def test_a_bank_of_one_tier_has_a_line_of_nothing() -> None:
    detector = Detector(world(bank=Bank(tiers=(Tier(name="all", line=0, abs_floor=1),)), history_days=400))
    detector.move("2025-01-15 00:00", "1000", "adjustment", snapshot=True)
    passing(detector, "2025-02-01", "2500")
    assert heard(detector.until(MONDAY)) == ["opened"]


def test_a_customer_who_sleeps_is_woken_until_the_year_has_passed() -> None:
    detector = customer()
    passing(detector, "2025-02-01", "600000")
    detector.until(MONDAY)
    (resolved,) = of(detector.until("2027-01-01 00:00"), NAME)
    assert resolved.status.value == "resolved"
    assert resolved.occurred_at.date().isoformat() == "2026-02-01", "the Monday after 1 February, 16:00 UTC"
    assert detector.customer().wake == 0


def test_the_words_name_what_made_the_lead() -> None:
    by_flow, by_salary = customer(), customer()
    passing(by_flow, "2025-02-01", "600000")
    for month in ("01", "02"):
        by_salary.move(f"2025-{month}-20 09:00", "45000", "salary")
    (flow,), (salary,) = of(by_flow.until(MONDAY), NAME), of(by_salary.until(MONDAY), NAME)
    assert "In a year ¥1,200,000.00" in flow.body.english
    assert "A salary of ¥45,000.00" in salary.body.english
