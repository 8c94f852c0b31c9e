"""R33: a movement the customer starts, >= floor, after >= 365 days without one."""

from __future__ import annotations

import pytest

from schemas.movements import Kind
from streams.portfolio import INITIATED, apply
from streams.rule import INSUFFICIENT_HISTORY, Measured
from streams.rules.dormant_reactivated import RULE as DORMANT
from streams.situation import Situation
from tests.streams.builders import Detector, instant, iso, of, only, posting

RULE = "dormant_reactivated"


def last_active(at: str = "2024-03-10 12:00", kind: str = "deposit") -> Detector:
    """A customer known since 2023, whose last own movement was then."""
    detector = Detector()
    detector.move("2023-01-01 00:00", "100000", "adjustment", snapshot=True)
    detector.move(at, "1", kind)
    return detector


@pytest.mark.parametrize(
    ("at", "fires"),
    [
        ("2025-03-09 23:59:59", False),  # 364 days
        ("2025-03-10 00:00:00", True),  # 365 days: 12 months, to the date
        ("2025-03-11 00:00:00", True),
        ("2026-01-01 00:00:00", True),
    ],
)
def test_a_year_without_an_own_movement_is_dormant(at: str, fires: bool) -> None:
    assert bool(of(last_active().move(at, "50000", "transfer_out"), RULE)) is fires


def test_a_year_with_a_leap_day_is_365_days_too() -> None:
    detector = last_active("2023-06-01 12:00")
    assert of(detector.copy().move("2024-05-30 12:00", "50000", "withdrawal"), RULE) == []
    assert only(detector.move("2024-05-31 00:00", "50000", "withdrawal"), RULE).evidence.measured == 365


@pytest.mark.parametrize(("amount", "fires"), [("49999.9999", False), ("50000", True)])
def test_a_movement_below_the_floor_does_not_fire(amount: str, fires: bool) -> None:
    assert bool(of(last_active().move("2025-06-01 12:00", amount, "transfer_out"), RULE)) is fires


def test_a_movement_below_the_floor_ends_the_dormancy_silently() -> None:
    detector = last_active()
    detector.move("2025-06-01 12:00", "1", "card_payment")
    assert of(detector.move("2025-06-02 12:00", "50000", "transfer_out"), RULE) == []


def test_it_fires_once() -> None:
    detector = last_active()
    assert of(detector.move("2025-06-01 12:00", "50000", "transfer_out"), RULE)
    assert of(detector.move("2025-06-01 12:00", "50000", "transfer_out"), RULE) == []


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.REVERSAL}))
def test_what_happens_to_a_customer_neither_ends_nor_shows_dormancy(kind: Kind) -> None:
    detector = last_active()
    found = detector.move("2025-06-01 12:00", "60000", kind.value, direction="credit", balance_after="160001")
    assert bool(of(found, RULE)) is (kind in INITIATED)
    again = detector.move("2025-06-02 12:00", "60000", "own_transfer", balance_after="100001")
    assert bool(of(again, RULE)) is (kind not in INITIATED)


def test_a_reversal_and_a_snapshot_neither_end_nor_show_dormancy() -> None:
    detector = last_active()
    assert of(detector.move("2025-06-01 12:00", "60000", "deposit", snapshot=True), RULE) == []
    assert of(detector.reverse("2025-06-01 13:00", "e2", "2024-03-10 12:00", "60000", "deposit"), RULE) == []
    assert only(detector.move("2025-06-02 12:00", "60000"), RULE).evidence.facts["last_active"] == "2024-03-10"


@pytest.mark.parametrize(("at", "fires"), [("2024-02-28 23:59", False), ("2024-02-29 00:00", True)])
def test_who_never_did_anything_is_dormant_since_first_seen(at: str, fires: bool) -> None:
    detector = Detector()
    detector.move("2023-03-01 12:00", "100000", "adjustment", snapshot=True)
    found = of(detector.move(at, "50000", "withdrawal"), RULE)
    assert [one.evidence.facts["last_active"] for one in found] == (["never"] if fires else [])


@pytest.mark.parametrize(("at", "answer"), [("2026-02-28 12:00", INSUFFICIENT_HISTORY), ("2026-03-01 00:00", Measured(365, 365))])
def test_a_customer_seen_for_less_than_a_year_has_insufficient_history(at: str, answer: object) -> None:
    detector = Detector()
    detector.move("2025-03-01 12:00", "100000", "adjustment", snapshot=True)
    customer, calendar = detector.customer(), detector.world.calendar
    one = posting(kind="withdrawal", direction="debit", amount="90000", occurred_at=iso(instant(at)))
    prepared = detector.world.books.first.sheet(customer).prepared[RULE]
    effect = apply(customer, one, detector.world.rates, calendar)
    situation = Situation(customer, detector.world.books.first, calendar, one.at, calendar.date_of(one.at))
    situation.posting, situation.effect = one, effect
    assert DORMANT.measure(situation, prepared) == answer


def test_a_late_movement_that_shows_the_customer_was_there_before_counts_as_history() -> None:
    detector = Detector()
    detector.move("2025-03-01 12:00", "1", "interest")
    detector.move("2024-01-01 12:00", "1", "interest")
    assert detector.customer().first_seen == instant("2024-01-01 12:00")
    assert of(detector.move("2025-03-02 12:00", "50000"), RULE)


def test_a_late_movement_from_within_the_dormancy_neither_fires_nor_is_forgotten() -> None:
    detector = last_active()
    detector.move("2025-06-01 12:00", "1", "interest")
    detector.move("2025-05-01 12:00", "1", "card_payment")
    assert of(detector.move("2025-06-02 12:00", "50000"), RULE) == []


def test_the_words_say_for_how_long() -> None:
    found = only(last_active().move("2025-06-01 12:00", "60000", "transfer_out"), RULE)
    assert found.body.english == "After 448 days without activity the customer moved ¥60,000.00."
    assert found.evidence.unit == "days"
