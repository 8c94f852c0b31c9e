"""R12: what has left on balance, as a share of what there was at the window's start."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.notifications import Notification
from schemas.rules import Severity
from tests.streams.builders import Detector, of, world

NAME = "net_outflow_ratio"


def heard(found: list[Notification]) -> list[tuple[str, str]]:
    """Window and status of each."""
    return [(one.evidence.window.name if one.evidence.window else "", one.status.value) for one in of(found, NAME)]


def holding(amount: str, at: str = "2025-01-01 00:00", balance: str | None = None, **settings: object) -> Detector:
    detector = Detector(world({NAME: {"parameters": settings}} if settings else None))
    detector.move(at, amount, "adjustment", snapshot=True, balance_after=balance)
    return detector


@pytest.mark.parametrize(
    ("amount", "opens"), [("19999.9999", []), ("20000", [("30d", "opened")]), ("20000.0001", [("30d", "opened")])]
)  # fmt: skip
def test_it_opens_at_a_fifth_of_what_there_was(amount: str, opens: list[tuple[str, str]]) -> None:
    assert heard(holding("100000").move("2025-03-10 09:00", amount, "withdrawal")) == opens


def test_a_share_that_is_no_whole_number_of_millionths_opens_only_where_it_is_reached() -> None:
    assert heard(holding("0.0007", shares={1: "0.142858"}).move("2025-01-05 09:00", "0.0001", "withdrawal")) == []
    assert heard(holding("0.0007", shares={1: "0.142857"}).move("2025-01-05 09:00", "0.0001", "withdrawal")) == [("1d", "opened")]


def test_what_came_in_is_taken_off() -> None:
    detector = holding("100000")
    detector.move("2025-03-01 09:00", "5000")
    assert heard(detector.move("2025-03-10 09:00", "24999.9999", "withdrawal")) == []
    assert heard(detector.move("2025-03-10 09:00", "0.0001", "withdrawal")) == [("30d", "opened")]


def test_each_window_has_its_own_start() -> None:
    detector = holding("100000", "2024-12-01 00:00")
    detector.move("2025-01-10 09:00", "19000", "withdrawal")
    assert heard(detector.move("2025-03-10 09:00", "15999.9999", "withdrawal")) == []
    assert heard(detector.move("2025-03-10 10:00", "0.0001", "withdrawal")) == [("90d", "opened")]


@pytest.mark.parametrize(("at", "opens"), [("2025-02-08 00:00", True), ("2025-02-09 00:00", False)])
def test_it_needs_the_close_of_the_date_before_the_window(at: str, opens: bool) -> None:
    assert bool(heard(holding("100000", at).move("2025-03-10 09:00", "50000", "withdrawal"))) is opens


def test_nothing_is_a_share_of_nothing() -> None:
    detector = holding("100", balance="0")
    detector.move("2025-03-09 09:00", "500", "deposit")
    assert heard(detector.move("2025-03-10 09:00", "499", "withdrawal")) == []


def test_a_customer_who_was_drained_is_drained_no_more_once_the_outflow_has_left_the_window() -> None:
    detector = holding("100000", shares={30: "0.2"})
    assert heard(detector.move("2025-03-10 09:00", "100000", "withdrawal")) == [("30d", "opened")]
    assert heard(detector.until("2025-04-08 23:59:59")) == []
    (resolved,) = of(detector.until("2025-04-09 00:00"), NAME)
    before = Decimal(resolved.evidence.facts["aum_at_start"])
    assert (resolved.status.value, resolved.evidence.measured, before) == ("resolved", 0, 0)


def test_the_first_tick_at_which_a_credit_leaves_the_window_opens_it() -> None:
    detector = holding("100000")
    detector.move("2025-02-09 09:00", "1000")
    detector.move("2025-03-10 09:00", "20700", "withdrawal")
    assert heard(detector.until("2025-03-10 23:59:59")) == []
    assert heard(detector.until("2025-03-11 00:00")) == [("30d", "opened")], "20,700 of 101,000, where it was 19,700 of 100,000"


def test_it_resolves_below_four_fifths_and_not_at_them() -> None:
    detector = holding("100000")
    detector.move("2025-03-10 09:00", "20000", "withdrawal")
    assert heard(detector.move("2025-03-11 09:00", "4000")) == []
    assert heard(detector.move("2025-03-11 09:00", "0.1")) == [("30d", "resolved")]


def test_it_escalates_at_twice_the_share() -> None:
    detector = holding("100000")
    (opened,) = of(detector.move("2025-03-10 09:00", "39999", "withdrawal"), NAME)
    (escalated,) = of(detector.move("2025-03-10 09:00", "1", "withdrawal"), NAME)
    assert (opened.severity, escalated.severity) == (Severity.WARNING, Severity.CRITICAL)


def test_a_reversal_takes_back_what_its_movement_opened() -> None:
    detector = holding("100000")
    detector.move("2025-03-10 09:00", "30000", "withdrawal", event_id="wrong")
    assert heard(detector.reverse("2025-03-11 09:00", "wrong", "2025-03-10 09:00", "30000", "withdrawal")) == [("30d", "retracted")]


def test_a_late_movement_changes_what_there_was_at_the_start() -> None:
    detector = holding("100000")
    assert heard(detector.move("2025-03-10 09:00", "19000", "withdrawal")) == []
    assert heard(detector.move("2025-01-15 09:00", "6000", "fee")) == [("30d", "opened")], "19,000 of 94,000"


def test_a_window_that_is_longer_than_time_is_seen_to_pass_is_refused() -> None:
    with pytest.raises(ValueError, match="less than or equal to 92"):
        holding("1", shares={93: "0.2"})
