"""R10 and R11: the sum of external credits, of external debits, over 7 and over 30 dates, today included."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas.notifications import Notification
from schemas.rules import Severity
from tests.streams.builders import Detector, of, said, world

IN, OUT = "cumulative_inflow", "cumulative_outflow"
WEEK, MONTH = "7d", "30d"


def facet(one: Notification) -> str:
    assert one.evidence.window is not None
    return one.evidence.window.name


def moves(found: list[Notification], rule: str = IN) -> list[tuple[str, str]]:
    """Window and status of each notification of a rule."""
    return [(facet(one), one.status.value) for one in of(found, rule)]


def with_settings(rule: str = IN, **parameters: Any) -> Detector:
    return Detector(world({rule: {"parameters": parameters}}))


@pytest.mark.parametrize(
    ("amount", "opened"),
    [
        ("49999.9999", []),
        ("50000", [WEEK]),
        ("50000.0001", [WEEK]),
        ("99999.9999", [WEEK]),
        ("100000", [WEEK, MONTH]),
    ],
)
def test_each_window_is_a_condition_with_a_limit_of_its_own(amount: str, opened: list[str]) -> None:
    for rule, kind in ((IN, "deposit"), (OUT, "withdrawal")):
        assert moves(Detector().move("2025-03-10 09:00", amount, kind), rule) == [(one, "opened") for one in opened]


@pytest.mark.parametrize(("first", "opens"), [("2025-03-04 00:00:00", True), ("2025-03-03 23:59:59", False)])
def test_seven_days_are_today_and_the_six_dates_before(first: str, opens: bool) -> None:
    detector = Detector()
    detector.move(first, "25000")
    assert moves(detector.move("2025-03-10 23:59:59", "25000")) == ([(WEEK, "opened")] if opens else [])


@pytest.mark.parametrize(("first", "opens"), [("2025-02-09 00:00:00", True), ("2025-02-08 23:59:59", False)])
def test_thirty_days_are_today_and_the_29_dates_before(first: str, opens: bool) -> None:
    detector = Detector()
    detector.move(first, "30000")
    detector.move("2025-03-02 12:00", "30000")
    assert moves(detector.move("2025-03-10 09:00", "40000")) == ([(MONTH, "opened")] if opens else [])


def test_thirty_days_that_hold_a_leap_day_begin_a_date_later() -> None:
    detector = Detector()
    detector.move("2024-02-01 12:00", "30000")
    detector.move("2024-02-02 12:00", "30000")
    detector.move("2024-02-12 12:00", "30000")
    assert moves(detector.copy().move("2024-03-02 12:00", "40000")) == [(MONTH, "opened")], "the 2nd of February is the 30th date"
    assert moves(detector.copy().move("2024-03-03 12:00", "40000")) == []


def test_movements_of_the_same_second_add_up() -> None:
    detector = Detector()
    assert moves(detector.move("2025-03-10 09:00", "25000")) == []
    assert moves(detector.move("2025-03-10 09:00", "25000")) == [(WEEK, "opened")]


def test_it_opens_once_and_the_evidence_names_the_window() -> None:
    detector = Detector()
    (opened,) = of(detector.move("2025-03-10 09:00", "60000"), IN)
    assert moves(detector.move("2025-03-10 10:00", "20000")) == []
    window = opened.evidence.window
    assert window is not None
    assert (window.first.isoformat(), window.last.isoformat()) == ("2025-03-04", "2025-03-10")
    assert opened.evidence.measured == 60_000
    assert opened.evidence.threshold == 50_000
    assert "From 2025-03-04 to 2025-03-10 (7 days) ¥60,000.00 came in" in opened.body.english


# --- when it ends ----------------------------------------------------------------------------------------------------------------------


def test_it_resolves_at_the_first_tick_at_which_the_window_holds_less_than_rearm() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "50000")
    assert moves(detector.until("2025-03-16 23:59:59")) == []
    (resolved,) = of(detector.until("2025-03-17 00:00:00"), IN)
    assert (facet(resolved), resolved.status.value) == (WEEK, "resolved")
    assert resolved.evidence.measured == 0
    assert resolved.occurred_at.isoformat() == "2025-03-16T16:00:00+00:00"
    assert resolved.due_by is None


@pytest.mark.parametrize(("rest", "resolves"), [("40000", False), ("39999.9999", True)])
def test_it_rearms_below_eighty_percent_of_the_limit(rest: str, resolves: bool) -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "20000")
    detector.move("2025-03-12 09:00", rest)
    assert moves(detector.until("2025-03-17 00:00")) == ([(WEEK, "resolved")] if resolves else [])


def test_below_the_limit_and_above_rearm_it_neither_resolves_nor_opens_again() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "20000")
    detector.move("2025-03-12 09:00", "45000")
    assert moves(detector.until("2025-03-17 00:00")) == []
    assert moves(detector.move("2025-03-17 09:00", "20000")) == []


def test_after_a_resolve_it_may_open_again_under_another_id() -> None:
    detector = Detector()
    (first,) = of(detector.move("2025-03-10 09:00", "50000"), IN)
    detector.until("2025-03-20 00:00")
    found = of(detector.move("2025-03-20 09:00", "50000"), IN)
    (second,) = [one for one in found if facet(one) == WEEK]
    assert second.notification_id != first.notification_id
    assert second.dedup_key == first.dedup_key


def test_the_last_window_empties_after_thirty_dates_without_a_movement() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "200000")
    assert moves(detector.until("2025-04-08 23:59:59")) == [(WEEK, "resolved")]
    assert moves(detector.until("2026-01-01 00:00")) == [(MONTH, "resolved")]
    assert [key for key in detector.customer().conditions if key.startswith("cumulative")] == []
    assert detector.customer().wake == 0, "and then the customer sleeps"


def test_the_longest_window_that_can_be_set_is_seen_to_empty_too() -> None:
    detector = with_settings(limits={31: "1"})
    detector.move("2025-03-10 09:00", "50000")
    assert moves(detector.until("2025-04-09 23:59")) == []
    assert moves(detector.until("2025-04-10 00:00")) == [("31d", "resolved")]


@pytest.mark.parametrize(("late", "status"), [("2025-03-04 00:00", [(WEEK, "opened")]), ("2025-03-03 23:59", [])])
def test_a_late_movement_counts_on_its_own_date(late: str, status: list[tuple[str, str]]) -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "25000")
    assert moves(detector.move(late, "25000")) == status


def test_a_movement_from_before_the_history_is_no_longer_counted() -> None:
    detector = Detector(world(history_days=31))
    detector.move("2025-01-01 09:00", "1")
    detector.move("2025-03-10 09:00", "1")
    detector.until("2025-03-11 00:00")
    assert moves(detector.move("2025-02-07 09:00", "500000")) == []
    assert detector.customer().aum == 5_000_020_000


# --- severity --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "severity"), [("249999.9999", Severity.WARNING), ("250000", Severity.CRITICAL)])
def test_it_opens_with_the_band_that_is_reached(amount: str, severity: Severity) -> None:
    found = of(Detector().move("2025-03-10 09:00", amount, "withdrawal"), OUT)
    assert found[0].severity is severity


def test_it_escalates_when_a_higher_band_is_reached_and_not_back() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "60000", "withdrawal")
    assert moves(detector.move("2025-03-10 10:00", "189999.9999", "withdrawal"), OUT) == [(MONTH, "opened")]
    escalated = of(detector.move("2025-03-10 11:00", "0.0001", "withdrawal"), OUT)
    assert [(facet(one), one.status.value, one.severity) for one in escalated] == [(WEEK, "escalated", Severity.CRITICAL)]
    assert moves(detector.move("2025-03-11 09:00", "1", "withdrawal"), OUT) == []
    (resolved,) = of(detector.until("2025-03-17 00:00"), OUT)
    assert resolved.severity is Severity.CRITICAL


def test_each_message_of_a_notification_has_an_id_of_its_own() -> None:
    detector = with_settings(OUT, bands={"info": 1, "notice": 2, "warning": 3, "critical": 4}, limits={7: 1})
    for hour in range(9, 13):
        detector.move(f"2025-03-10 {hour:02}:00", "50000", "withdrawal")
    detector.until("2025-03-17 00:00")
    told = of(detector.told, OUT)
    assert [one.status.value for one in told] == ["opened", "escalated", "escalated", "escalated", "resolved"]
    assert len({one.notification_id for one in told}) == 1
    assert len({one.message_id for one in told}) == 5


# --- cooldown --------------------------------------------------------------------------------------------------------------------------


def test_within_the_cooldown_it_does_not_open_and_opens_when_it_ends_if_it_still_holds() -> None:
    detector = with_settings(cooldown_hours=48, limits={7: 1})
    detector.move("2025-03-10 09:00", "50000")
    assert moves(detector.until("2025-03-17 00:00")) == [(WEEK, "resolved")]
    assert moves(detector.move("2025-03-18 10:30", "70000")) == []
    assert moves(detector.until("2025-03-18 23:59:59")) == []
    assert moves(detector.until("2025-03-19 00:00")) == [(WEEK, "opened")]


def test_after_the_cooldown_it_is_quiet_if_it_no_longer_holds() -> None:
    detector = with_settings(cooldown_hours=24 * 10, limits={7: 1})
    detector.move("2025-03-10 09:00", "50000")
    detector.until("2025-03-17 00:00")
    detector.move("2025-03-17 10:00", "70000")
    assert moves(detector.until("2025-05-01 00:00")) == []
    assert [key for key in detector.customer().conditions if key.startswith("cumulative")] == []


def test_a_movement_after_the_cooldown_opens_at_once() -> None:
    detector = with_settings(cooldown_hours=5, limits={7: 1})
    detector.move("2025-03-10 09:00", "50000")
    detector.move("2025-03-17 04:59:59", "50000")
    assert moves(detector.told) == [(WEEK, "opened"), (WEEK, "resolved")]
    assert moves(detector.copy().move("2025-03-17 05:00:00", "1")) == [(WEEK, "opened")]


def test_a_cooldown_that_a_reversal_began_ends_at_the_next_full_hour() -> None:
    detector = with_settings(cooldown_hours=1, limits={7: 1})
    detector.move("2025-03-10 09:00", "20000")
    detector.move("2025-03-10 09:10", "30000")
    detector.reverse("2025-03-10 09:20", "e1", "2025-03-10 09:00", "20000", "deposit")
    assert moves(detector.told) == [(WEEK, "opened"), (WEEK, "resolved")]
    assert moves(detector.move("2025-03-10 09:30", "30000")) == []
    assert moves(detector.until("2025-03-10 10:59:59")) == []
    assert moves(detector.until("2025-03-10 11:00")) == [(WEEK, "opened")]


@pytest.mark.parametrize("change", [{"mode": "off"}, {"parameters": {"limits": {30: 2}}}])
def test_what_cools_down_when_its_rule_is_taken_away_does_not_wake_the_customer_for_ever(change: dict[str, Any]) -> None:
    detector = with_settings(cooldown_hours=5, limits={7: 1})
    detector.move("2025-03-10 09:00", "50000")
    detector.until("2025-03-17 00:00")
    detector.world = world({IN: change})
    detector.until("2026-03-17 00:00")
    assert detector.customer().wake == 0


# --- what counts -----------------------------------------------------------------------------------------------------------------------


def test_only_external_movements_of_the_direction_count() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "900000", "redemption")
    detector.move("2025-03-10 09:00", "900000", "interest")
    detector.move("2025-03-10 09:00", "900000", "deposit", snapshot=True, account_id="a2")
    detector.move("2025-03-10 09:00", "900000", "transfer_in", counterparty={"customer_id": "c1"})
    assert moves(detector.move("2025-03-10 09:00", "900000", "withdrawal")) == []
    assert moves(detector.told, OUT) == [(WEEK, "opened"), (MONTH, "opened")]


def test_flows_keep_the_value_they_had_when_the_rate_changes() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    detector.move("2025-03-10 09:00", "7000", currency="USD")
    detector.rate("USD", "8", "2025-03-10 10:00")
    assert moves(detector.move("2025-03-10 11:00", "124.9999", currency="USD")) == []
    assert moves(detector.move("2025-03-10 12:00", "0.0001", currency="USD")) == [(WEEK, "opened")]


def test_the_limits_are_the_tier_s() -> None:
    detector = Detector()
    detector.profile(tier="gold")
    assert moves(detector.move("2025-03-10 09:00", "99999.9999")) == []
    assert moves(detector.move("2025-03-10 10:00", "0.0001")) == [(WEEK, "opened")]


def test_a_limit_is_a_multiple_of_the_floor_rounded_up() -> None:
    detector = with_settings(abs_floor="0.0003", limits={7: "1.1"})
    assert moves(detector.move("2025-03-10 09:00", "0.0003")) == []
    assert moves(detector.move("2025-03-10 10:00", "0.0001")) == [(WEEK, "opened")]


def test_a_date_is_the_bank_s_date() -> None:
    detector = Detector()
    detector.move("2025-03-04 00:30", "25000")
    detector.move("2025-03-10 09:00", "25000")
    assert said(of(detector.told, IN)) == [(IN, "opened")], "00:30 in Shanghai is the day before in UTC"
    assert sum(one.evidence.measured for one in of(detector.told, IN)) == Decimal(50_000)
