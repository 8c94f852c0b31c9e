"""R34: a salary seen >= 3 times at a monthly rhythm is >= 5 days late."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from schemas.notifications import Status
from schemas.rules import Severity
from tests.streams.builders import Detector, instant, of, only, world

RULE = "recurring_credit_missing"
EMPLOYER = {"account": "****9", "name": "e"}


def paid(*dates: str, **more: Any) -> Detector:
    detector = Detector(more.pop("world", None) or world())
    for on in dates:
        detector.move(f"{on} 09:00", "10000", "salary", **{"counterparty": EMPLOYER, **more})
    return detector


THREE = ("2025-01-10", "2025-02-10", "2025-03-10")
"""Gaps of 31 and 28: the median is 29.5, so 8 April is expected, and the 13th closes without it."""


def test_it_opens_at_the_first_tick_after_five_dates_have_closed_without_it() -> None:
    detector = paid(*THREE)
    assert of(detector.until("2025-04-13 23:59"), RULE) == []
    found = only(detector.until("2025-04-14 00:00"), RULE)
    assert (found.status, found.severity, int(found.evidence.measured)) == (Status.OPENED, Severity.NOTICE, 5)
    assert found.dedup_key == "recurring_credit_missing:c1:****9"
    assert found.evidence.facts == {
        "payer": "****9",
        "last_on": "2025-03-10",
        "expected_on": "2025-04-08",
        "median_gap": "29",
        "credits": "3",
    }


@pytest.mark.parametrize(("fourth", "opened"), [("2025-04-13", 0), ("2025-04-14", 1)])
def test_five_dates_late_is_in_time(fourth: str, opened: int) -> None:
    detector = paid(*THREE, fourth)
    assert len([one for one in of(detector.told, RULE) if one.status is Status.OPENED]) == opened


def test_it_resolves_when_the_salary_comes_and_is_missed_once() -> None:
    detector = paid(*THREE)
    opened = only(detector.until("2025-04-20 00:00"), RULE)
    resolved = only(detector.move("2025-04-20 09:00", "10000", "salary", counterparty=EMPLOYER), RULE)
    assert (resolved.status, resolved.notification_id) == (Status.RESOLVED, opened.notification_id)
    assert resolved.body.english == "The salary or pension that was missing has come."


def test_another_payer_s_salary_changes_nothing() -> None:
    detector = paid(*THREE)
    detector.until("2025-04-20 00:00")
    assert of(detector.move("2025-04-20 09:00", "10000", "salary", counterparty={"name": "other"}), RULE) == []
    assert of(detector.move("2025-04-20 10:00", "10000", "transfer_in", counterparty=EMPLOYER), RULE) == []


def test_it_escalates_and_is_given_up_when_it_is_56_dates_late() -> None:
    detector = paid(*THREE)
    found = of(detector.until("2025-12-01 00:00"), RULE)
    assert [(one.status, one.occurred_at.timestamp(), int(one.evidence.measured)) for one in found] == [
        (Status.OPENED, instant("2025-04-14 00:00"), 5),
        (Status.ESCALATED, instant("2025-04-29 00:00"), 20),
        (Status.RESOLVED, instant("2025-06-04 00:00"), 56),
    ]
    assert RULE not in {key.partition(":")[0] for key in detector.customer().conditions}


@pytest.mark.parametrize(("gap", "opens"), [(25, False), (26, True), (35, True), (36, False)])
def test_a_gap_of_a_rhythm_is_26_to_35_dates(gap: int, opens: bool) -> None:
    start = date(2025, 1, 10)
    detector = paid(*((start + timedelta(days=gap * n)).isoformat() for n in range(3)))
    due = start + timedelta(days=gap * 3 + 6)
    found = of(detector.until("2025-12-01 00:00"), RULE)
    assert [one.occurred_at.timestamp() for one in found[:1]] == ([instant(f"{due} 00:00")] if opens else [])


def test_two_are_no_rhythm_and_another_gap_begins_anew() -> None:
    assert of(paid("2025-01-10", "2025-02-10").until("2025-12-01 00:00"), RULE) == []
    assert of(paid("2025-01-10", "2025-02-10", "2025-03-20", "2025-04-20").until("2025-12-01 00:00"), RULE) == []
    found = of(paid("2025-01-10", "2025-02-10", "2025-03-20", "2025-04-20", "2025-05-20").until("2025-12-01 00:00"), RULE)
    assert found[0].occurred_at.timestamp() == instant("2025-06-25 00:00")  # gaps of 31 and 30: 19 June is expected


def test_the_end_of_february_in_a_leap_year() -> None:
    """Gaps of 29 and 31: the median is 30, so 30 April is expected."""
    found = of(paid("2024-01-31", "2024-02-29", "2024-03-31").until("2024-06-01 00:00"), RULE)
    assert found[0].occurred_at.timestamp() == instant("2024-05-06 00:00")


def test_several_of_one_date_are_one() -> None:
    assert of(paid("2025-01-10", "2025-02-10", "2025-02-10").until("2025-12-01 00:00"), RULE) == []
    assert of(paid(*THREE, "2025-03-10").until("2025-04-14 00:00"), RULE)


def test_payers_are_told_apart_and_without_one_there_is_one_for_all() -> None:
    detector = Detector()
    for month in (1, 2, 3):
        detector.move(f"2025-{month:02}-10 09:00", "1", "salary", counterparty={"name": "e"})
        detector.move(f"2025-{month:02}-20 09:00", "1", "salary")
        detector.move(f"2025-{month:02}-2{month} 09:00", "1", "salary", counterparty={"account": f"****{month}"})
    found = [one for one in of(detector.until("2025-05-01 00:00"), RULE) if one.status is Status.OPENED]
    assert [one.evidence.facts["payer"] for one in found] == ["e", "salary"]


def test_a_snapshot_is_no_salary_and_a_reversal_changes_nothing() -> None:
    assert of(paid(*THREE, snapshot=True).until("2025-12-01 00:00"), RULE) == []
    detector = paid(*THREE)
    detector.reverse("2025-03-11 09:00", "e3", "2025-03-10 09:00", "10000", "salary", counterparty=EMPLOYER)
    assert of(detector.until("2025-04-14 00:00"), RULE)


def test_a_late_salary_can_open_it_at_once_and_resolve_it() -> None:
    detector = paid("2025-01-10", "2025-02-10")
    detector.move("2025-04-20 09:00", "1", "deposit")
    found = only(detector.move("2025-03-10 09:00", "10000", "salary", counterparty=EMPLOYER), RULE)
    assert (found.status, int(found.evidence.measured)) == (Status.OPENED, 11)
    again = only(detector.move("2025-04-07 09:00", "10000", "salary", counterparty=EMPLOYER), RULE)
    assert again.status is Status.RESOLVED


def test_a_payer_that_is_forgotten_while_missed_resolves() -> None:
    detector = paid(*THREE)
    assert of(detector.until("2025-04-14 00:00"), RULE)
    told = []
    for number in range(8):
        told += detector.move("2025-04-14 09:00", "1", "salary", counterparty={"name": f"n{number}"})
    assert [one.status for one in of(told, RULE)] == [Status.RESOLVED]


def test_the_days_are_a_setting() -> None:
    own = world({RULE: {"parameters": {"days": "1"}}})
    found = of(paid(*THREE, world=own).until("2025-04-20 00:00"), RULE)
    assert found[0].occurred_at.timestamp() == instant("2025-04-10 00:00")


def test_the_words() -> None:
    found = only(paid(*THREE).until("2025-04-14 00:00"), RULE)
    assert found.body.english == "The monthly salary or pension expected on 8 Apr 2025 is 5 days late. The last one came on 10 Mar 2025."
