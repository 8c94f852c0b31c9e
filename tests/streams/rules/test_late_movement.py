"""late_movement: a movement arrives long after it happened."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.notifications import Notification
from schemas.settings import Bank
from streams.portfolio import Effect
from streams.screens.feed import LateBy
from tests.streams.builders import Detector, instant, of, only, world
from tests.streams.seeing import watch

RULE = "late_movement"


def belated(detector: Detector, who: str) -> None:
    detector.move("2025-03-10 09:00", "100", customer_id=who)
    detector.move("2025-03-05 09:00", "100", customer_id=who)


STORIES = (belated,)


def lateness(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    [trigger] = one.evidence.triggers
    assert trigger.occurred_at.date() == date.fromisoformat(facts["happened_on"])
    return Decimal((date.fromisoformat(facts["reached"]) - date.fromisoformat(facts["happened_on"])).days), Decimal(2)


RECOMPUTE = {RULE: lateness}


def seen(at: str = "2025-03-10 00:00", bank: Bank | None = None) -> Detector:
    detector = Detector(world(bank=bank))
    detector.move(at)
    return detector


@pytest.mark.parametrize(
    ("at", "late"),
    [("2025-03-10 00:00", None), ("2025-03-09 00:00", None), ("2025-03-08 23:59", 2), ("2025-03-08 00:00", 2), ("2025-03-07 23:59", 3)],
)
def test_it_counts_dates_from_the_movement_s_to_the_one_that_was_reached(at: str, late: int | None) -> None:
    found = of(seen().move(at), RULE)
    assert [one.evidence.measured for one in found] == ([] if late is None else [late])


def test_what_comes_in_order_is_not_late_however_far_apart() -> None:
    detector = seen()
    assert of(detector.move("2025-06-10 00:00"), RULE) == []


def test_a_passing_hour_alone_makes_nothing_late_and_what_it_told_stays_a_matter_of_movements() -> None:
    detector = seen()
    detector.until("2025-03-20 00:00")
    assert of(detector.move("2025-03-10 12:00"), RULE) == []


def test_a_movement_of_another_account_shows_the_customer_s_time_too() -> None:
    detector = seen()
    detector.move("2025-03-20 00:00", account_id="a2")
    one = only(detector.move("2025-03-10 12:00"), RULE)
    assert one.evidence.facts == {"source": "core", "happened_on": "2025-03-10", "reached": "2025-03-20"}
    assert (one.severity.value, one.rule.rule_id) == ("notice", "FEED")


def test_those_of_one_source_are_one_finding_to_the_notifier() -> None:
    detector = seen()
    found = [only(detector.move("2025-03-01 09:00", source=source), RULE) for source in ("core", "core", "cards")]
    assert [one.dedup_key for one in found] == ["late_movement:c1:core", "late_movement:c1:core", "late_movement:c1:cards"]
    assert len({one.notification_id for one in found}) == 3


@pytest.mark.parametrize("kind", ["own_transfer", "interest", "loan_drawdown", "adjustment", "purchase"])
def test_it_watches_movements_of_every_flow(kind: str) -> None:
    assert of(seen().move("2025-03-01 09:00", "5", kind), RULE)


def test_a_late_reversal_is_late_and_a_late_snapshot_is_not_told() -> None:
    detector = seen()
    assert of(detector.reverse("2025-03-01 10:00", "e1", "2025-03-10 00:00", "100", "deposit"), RULE)
    assert detector.move("2025-03-01 09:00", "5", "adjustment", snapshot=True) == []


def test_how_late_is_late_is_a_parameter() -> None:
    detector = Detector(world({RULE: {"parameters": {"days": 5}}}))
    detector.move("2025-03-10 00:00")
    assert of(detector.move("2025-03-06 00:00"), RULE) == []
    assert of(detector.move("2025-03-05 23:59"), RULE)


def test_a_reversal_of_it_takes_it_back() -> None:
    detector = seen()
    opened = only(detector.move("2025-03-01 09:00", event_id="late"), RULE)
    found = of(detector.reverse("2025-03-10 10:00", "late", "2025-03-01 09:00", "100", "deposit"), RULE)
    assert [(one.status.value, one.notification_id) for one in found] == [("retracted", opened.notification_id)]


SPRING = instant("2025-03-28 00:00", "Europe/Berlin")


@given(clock=st.integers(SPRING, SPRING + 5 * 86_400), back=st.integers(1, 6 * 86_400), days=st.integers(1, 5))
def test_its_screen_never_fails_in_vain(clock: int, back: int, days: int) -> None:
    """Around a night of 23 hours, too: 30 March 2025 in Berlin."""
    detector = Detector(world(bank=Bank(time_zone="Europe/Berlin")))
    own = detector.world
    detector.move("2025-03-01 00:00")
    customer, effect = detector.customer(), Effect(detector.account(), 0, 0, 0)
    detector.account().latest, effect.at, effect.late = clock, clock - back, True
    late = own.calendar.date_of(clock) - own.calendar.date_of(clock - back)
    assert LateBy(days).passes(customer, effect) or late < days


def test_what_is_not_late_is_not_asked_about() -> None:
    detector = seen()
    seen_by = watch(detector)
    values: dict[str, Any] = {}
    detector.move("2025-03-10 00:00", **values)
    [situation] = seen_by
    assert situation.effect is not None
    assert not LateBy(1).passes(situation.customer, situation.effect)
    assert not LateBy(1).passes_close(situation.customer, situation.day, None)
