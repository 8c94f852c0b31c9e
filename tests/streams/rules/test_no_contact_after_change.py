"""R44: no contact logged for >= 3 days after a warning or critical notification, or, from the second tier on, for >= 90 days."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from schemas.notifications import Status
from schemas.rules import Severity
from streams.book import all_rules
from streams.memory import MOST_WARNED, Memory
from tests.streams.builders import Detector, instant, of, only, world

RULE = "no_contact_after_change"


def customer(spoken: str = "2025-03-01", tier: str | None = None, rules: dict[str, Any] | None = None) -> Detector:
    detector = Detector(world(rules))
    talk(detector, spoken, tier)
    detector.move("2025-03-01 00:00", "1000000", "adjustment", snapshot=True)
    return detector


def talk(detector: Detector, on: str, tier: str | None = None) -> None:
    detector.profile(last_contact_on=date.fromisoformat(on).toordinal() if on else 0, tier=tier)


def leave(detector: Detector, at: str = "2025-03-10 09:00", amount: str = "100000") -> Detector:
    """A large outflow: a warning."""
    assert of(detector.move(at, amount, "transfer_out"), "large_outflow")
    return detector


def test_three_days_after_a_warning() -> None:
    detector = leave(customer())
    assert of(detector.until("2025-03-12 23:59"), RULE) == []
    found = only(detector.until("2025-03-13 00:00"), RULE)
    assert (found.status, found.severity, int(found.evidence.measured)) == (Status.OPENED, Severity.NOTICE, 3)
    assert found.dedup_key == "no_contact_after_change:c1:change"
    assert found.evidence.facts == {"last_contact_on": "2025-03-01", "since": "2025-03-10"}
    assert found.body.english == "It is 3 days since an important change, and no contact is logged. Last contact: 1 Mar 2025."


@pytest.mark.parametrize(("spoken", "opens"), [("2025-03-09", True), ("2025-03-10", False), ("2025-03-12", False), ("", False)])
def test_a_contact_of_that_date_or_later_counts_and_one_that_is_not_known_is_not_missed(spoken: str, opens: bool) -> None:
    detector = leave(customer(spoken))
    assert bool(of(detector.until("2025-03-13 00:00"), RULE)) is opens


def test_a_contact_resolves_it_at_the_next_first_tick() -> None:
    detector = leave(customer())
    opened = only(detector.until("2025-03-13 00:00"), RULE)
    talk(detector, "2025-03-13")
    resolved = only(detector.until("2025-03-14 00:00"), RULE)
    assert (resolved.status, resolved.notification_id) == (Status.RESOLVED, opened.notification_id)
    assert of(detector.until("2025-04-01 00:00"), RULE) == []


def test_it_is_counted_from_the_first_that_nobody_has_answered() -> None:
    detector = leave(customer())
    for day in (11, 12, 13):
        leave(detector, f"2025-03-{day} 09:00")
    assert of(detector.told, RULE)[0].evidence.facts["since"] == "2025-03-10"
    talk(detector, "2025-03-11")
    assert of(detector.until("2025-03-14 00:00"), RULE)[0].status is Status.RESOLVED
    found = only(detector.until("2025-03-15 00:00"), RULE)
    assert (found.status, found.evidence.facts["since"]) == (Status.OPENED, "2025-03-12")


def test_a_notice_calls_for_no_talk() -> None:
    detector = customer(rules={"cumulative_inflow": {"mode": "off"}})
    assert [one.severity for one in of(detector.move("2025-03-10 09:00", "100000"), "large_inflow")] == [Severity.NOTICE]
    assert of(detector.until("2025-04-01 00:00"), RULE) == []


@pytest.mark.parametrize("mode", ["test", "off"])
def test_what_nobody_was_told_calls_for_no_talk(mode: str) -> None:
    detector = customer(rules={name: {"mode": mode} for name in all_rules() if name != RULE})
    detector.move("2025-03-10 09:00", "100000", "transfer_out")
    assert [one for one in of(detector.until("2025-04-01 00:00"), RULE) if one.dedup_key.endswith(":change")] == []


def test_what_was_taken_back_calls_for_no_talk() -> None:
    detector = leave(customer())
    detector.reverse("2025-03-11 09:00", "e2", "2025-03-10 09:00", "100000", "transfer_out")
    assert list(detector.customer().memory.warned) == []
    assert of(detector.until("2025-04-01 00:00"), RULE) == []


def test_a_condition_that_opens_or_escalates_to_a_warning_calls_for_a_talk() -> None:
    detector = customer()
    detector.move("2025-03-10 09:00", "49000", "transfer_out")
    found = detector.move("2025-03-11 09:00", "49000", "transfer_out")
    assert [one.severity for one in of(found, "cumulative_outflow")] == [Severity.WARNING]
    assert of(detector.until("2025-03-14 00:00"), RULE)[0].evidence.facts["since"] == "2025-03-11"


def test_after_90_dates_nobody_asks_any_more() -> None:
    silent = {name: {"mode": "off"} for name in all_rules() if name not in (RULE, "large_outflow")}
    detector = leave(customer(rules=silent))
    found = [one for one in of(detector.until("2026-01-01 00:00"), RULE) if one.dedup_key.endswith(":change")]
    assert [(one.status, one.severity) for one in found] == [
        (Status.OPENED, Severity.NOTICE),
        (Status.ESCALATED, Severity.WARNING),
        (Status.RESOLVED, Severity.WARNING),
    ]
    assert found[-1].occurred_at.timestamp() == instant("2025-06-08 00:00")


@pytest.mark.parametrize(("tier", "opens"), [(None, False), ("basic", False), ("gold", True), ("private", True)])
def test_from_gold_on_nobody_is_left_alone_for_90_days(tier: str | None, opens: bool) -> None:
    detector = Detector()
    talk(detector, "2025-01-15", tier)
    detector.move("2025-03-01 00:00", "1000", "adjustment", snapshot=True)
    assert of(detector.until("2025-04-14 23:59"), RULE) == []
    found = of(detector.until("2025-04-15 00:00"), RULE)
    assert [(one.dedup_key, int(one.evidence.measured)) for one in found] == ([("no_contact_after_change:c1:long", 90)] if opens else [])
    assert all(one.body.english == "No contact has been logged for 90 days. Last contact: 15 Jan 2025." for one in found)


def test_the_tier_decided_by_the_assets_counts() -> None:
    detector = Detector()
    talk(detector, "2024-11-01")
    detector.move("2025-03-01 00:00", "300000", "adjustment", snapshot=True)
    assert of(detector.until("2025-05-01 00:00"), RULE)[0].occurred_at.timestamp() == instant("2025-03-31 00:00")


def test_a_customer_who_sleeps_wakes_for_it() -> None:
    detector = Detector()
    detector.move("2025-03-01 00:00", "1000", "adjustment", snapshot=True)
    talk(detector, "2025-03-20", "gold")
    detector.until("2025-05-01 00:00")
    talk(detector, "2025-05-01", "gold")
    found = of(detector.until("2026-01-01 00:00"), RULE)
    assert [(one.status, one.occurred_at.timestamp()) for one in found] == [
        (Status.OPENED, instant("2025-07-30 00:00")),
        (Status.ESCALATED, instant("2025-10-28 00:00")),
    ]
    talk(detector, "2026-01-01", "gold")
    resolved = only(detector.until("2026-01-02 00:00"), RULE)
    assert (resolved.status, resolved.occurred_at.timestamp()) == (Status.RESOLVED, instant("2026-01-02 00:00"))


def test_the_days_and_the_tier_are_settings() -> None:
    own = world({RULE: {"parameters": {"days": "1", "long_days": "2", "from_tier": "0"}}})
    detector = Detector(own)
    talk(detector, "2025-03-08")
    detector.move("2025-03-09 00:00", "1000000", "adjustment", snapshot=True)
    leave(detector, "2025-03-09 09:00")
    assert [one.dedup_key.rpartition(":")[2] for one in of(detector.until("2025-03-10 00:00"), RULE)] == ["change", "long"]


def test_the_first_eight_since_the_last_contact_are_kept() -> None:
    memory = Memory()
    for day in range(100, 120):
        memory.warn(day, day, 101)
    assert list(memory.warned) == [number for day in range(102, 102 + MOST_WARNED) for number in (day, day)]
    memory.unwarn(102)
    assert memory.unanswered(0) == 103
    assert memory.unanswered(105) == 106
    assert memory.unanswered(200) == 0
