"""Agreement is only what agrees: each way to differ is told."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.oracle import Finding
from tests.oracle.agreement import Opening, agreements

NOON, LATER = datetime(2025, 1, 2, 12, tzinfo=UTC), datetime(2025, 1, 2, 13, tzinfo=UTC)


def finding(value: str = "0.2", rule: str = "aum_change", event_id: str | None = "e1", at: datetime = NOON, window: str = "30d") -> Finding:
    return Finding(rule, "c", event_id, at, window, Decimal(value))


@pytest.mark.parametrize(
    ("counted", "told", "same"),
    [
        ("0.2", "0.2", 1),
        ("0.2000009999", "0.2", 1),  # what is told is rounded down to a millionth
        ("0.1999999999", "0.2", 0),
        ("0.200001", "0.2", 0),
    ],
)
def test_a_number_agrees_to_the_last_digit_that_is_told(counted: str, told: str, same: int) -> None:
    (found,) = agreements([finding(counted)], [Opening(finding(told), "ratio")], {"aum_change"})
    assert (found.same, len(found.differences)) == (same, 1 - same)


@pytest.mark.parametrize(
    ("counted", "told", "same"), [("91", "91", 1), ("91", "90", 0), ("91", "92", 0), ("204", "92", 1), ("204", "91", 0), ("204", "205", 0)]
)
def test_a_run_longer_than_closes_are_kept_may_be_told_as_shorter(counted: str, told: str, same: int) -> None:
    (found,) = agreements([finding(counted, "idle_cash")], [Opening(finding(told, "idle_cash"), "days")], {"idle_cash"})
    assert found.same == same


@pytest.mark.parametrize(
    "other",
    [finding(event_id="e2"), finding(event_id=None), finding(at=LATER), finding(window="1d")],
    ids=["event", "tick", "time", "facet"],
)
def test_another_trigger_time_or_facet_is_one_told_too_many_and_one_too_few(other: Finding) -> None:
    (found,) = agreements([finding()], [Opening(other, "ratio")], {"aum_change"})
    assert found.same == 0
    assert [words.partition(":")[0] for words in found.differences] == ["told, not counted", "counted, not told"]


def test_what_is_told_twice_differs_from_what_is_counted_once() -> None:
    (found,) = agreements([finding()], [Opening(finding(), "ratio")] * 2, {"aum_change"})
    assert found.same == 1
    assert "told 2 times" in str(found)


def test_a_rule_about_which_both_are_silent_is_in_the_list() -> None:
    assert [(one.rule, one.same, one.differences) for one in agreements([], [], {"full_sweep"})] == [("full_sweep", 0, [])]
