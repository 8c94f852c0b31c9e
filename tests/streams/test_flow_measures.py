"""What the rules of flows measure, against the definitions written out date by date; and their screens against asking always."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal, localcontext
from math import isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.history import History
from streams.posting import Posting
from streams.screens.above_previous_peak import month_start, months, peak_times
from streams.screens.activity_drop import activity
from streams.screens.activity_spike import debits_off
from streams.screens.change_point import changed, nearly_changed, weekly
from streams.screens.flow_spike import nearly_off, usual
from streams.screens.flows import LONG_AGO, MILLION, UNKNOWN
from streams.screens.net_outflow_ratio import drained
from streams.screens.tier_down_risk import continued, sinks_below
from tests.streams.builders import instant, iso, posting
from tests.streams.histories import Run, a_world
from tests.streams.test_screens import unscreened

TODAY = date(2025, 3, 10).toordinal()
"""A Monday."""


def past(rows: Iterable[tuple[int, int, int]], kept_from: int = 0) -> tuple[History, dict[int, int], dict[int, int]]:
    """A history of (dates ago, credit, debit), the same as net flow by date, and its debits counted by date."""
    history, net, debits = History(), dict[int, int](), dict[int, int]()
    for ago, credit, debit in sorted(rows, reverse=True):
        day = TODAY - ago
        history.add(day, credit, debit)
        history.count(day, 1 if debit else 0, 1)
        history.moved(day, 1_000_000)
        net[day] = net.get(day, 0) + credit - debit
        debits[day] = debits.get(day, 0) + (1 if debit else 0)
    if kept_from:
        history.forget_before(kept_from)
    return history, net, debits


AMOUNTS = st.sampled_from([0, 1, 7, 100, 101, 5_000, 123_456_789, 10**14])
ROWS = st.lists(st.tuples(st.integers(0, 399), AMOUNTS, AMOUNTS), max_size=60)
REGULAR = st.builds(
    lambda every, amounts, length, more: [(ago, 0, amounts[ago % len(amounts)]) for ago in range(0, length, every)] + more,
    st.integers(1, 9),
    st.lists(st.integers(1, 1_000), min_size=1, max_size=4),
    st.integers(0, 399),
    ROWS,
)


@given(st.integers(1, date.max.toordinal()))
def test_a_month_begins_on_its_first(day: int) -> None:
    assert month_start(day) == date.fromordinal(day).replace(day=1).toordinal()


@pytest.mark.parametrize("on", ["2024-02-29", "2024-03-01", "2000-02-29", "1900-02-28", "1900-03-01", "2023-12-31", "2024-01-01"])
def test_a_month_begins_on_its_first_about_leap_days(on: str) -> None:
    day = date.fromisoformat(on)
    assert month_start(day.toordinal()) == day.replace(day=1).toordinal()


@given(ROWS | REGULAR, st.integers(-(10**12), 10**12))
def test_the_usual_flow_is_the_recursion_of_its_definition(rows: list[tuple[int, int, int]], today: int) -> None:
    history, net, _ = past(rows)
    found = usual(history, TODAY)
    days = range(max(min(net, default=TODAY), TODAY - LONG_AGO), TODAY)
    if len(days) < 30:
        assert found is None
        return
    assert found is not None
    with localcontext(prec=80):
        alpha = 1 - Decimal(2) ** (Decimal(-1) / Decimal(30))
        flows = [Decimal(net.get(day, 0)) for day in days]
        mean: Decimal = sum(flows[:30], Decimal(0)) / 30
        variance = sum(((flow - mean) ** 2 for flow in flows[:30]), Decimal(0)) / 30
        for flow in flows[30:]:
            off = flow - mean
            mean, variance = mean + alpha * off, (1 - alpha) * (variance + alpha * off * off)
        assert isclose(found.mean, float(mean), rel_tol=1e-12, abs_tol=1)
        if variance == 0 or not any(flows) or len(set(flows)) == 1:
            assert found.off(today) == UNKNOWN
            return
        z = abs(today - mean) / variance.sqrt() * MILLION
    assert isclose(found.off(today), min(z, Decimal(1_000 * MILLION)), rel_tol=1e-9, abs_tol=1)
    assert nearly_off(history, TODAY, today, found.off(today) / MILLION), "the quick look is never in vain"


@given(ROWS | REGULAR, st.integers(2, 12), st.integers(12, 56), st.integers(1, 6))
def test_the_weeks_before_are_blocks_without_a_gap(rows: list[tuple[int, int, int]], fewest: int, most: int, least: int) -> None:
    history, net, debits = past(rows)
    begun = min(net, default=TODAY + 1)
    current = sum(debits.get(day, 0) for day in range(TODAY - 6, TODAY + 1))
    blocks = list[int]()
    for end in range(TODAY - 7, begun + 5, -7):
        if len(blocks) < most:
            blocks.append(sum(debits.get(day, 0) for day in range(end - 6, end + 1)))
    value = debits_off(history, TODAY, least, fewest, most)
    if current < least:
        assert value == 0
    elif len(blocks) < fewest or len(set(blocks)) == 1:
        assert value == UNKNOWN
    else:
        mean = Decimal(sum(blocks)) / len(blocks)
        deviation = (sum(((count - mean) ** 2 for count in blocks), Decimal(0)) / len(blocks)).sqrt()
        assert isclose(value, max(Decimal(0), min((current - mean) / deviation, Decimal(1_000))) * MILLION, rel_tol=1e-9, abs_tol=1)


@given(ROWS | REGULAR)
def test_activity_is_counted_over_thirty_dates_and_the_180_before(rows: list[tuple[int, int, int]]) -> None:
    history, net, _ = past(rows)
    if min(net, default=TODAY) > TODAY - 209:
        assert activity(history, TODAY) == (UNKNOWN, UNKNOWN)
        return
    recent = sum(1 for ago, _, _ in rows if ago < 30)
    assert activity(history, TODAY) == (recent, sum(1 for ago, _, _ in rows if 30 <= ago < 210))


@given(ROWS | REGULAR, st.booleans(), st.integers(0, 399))
def test_a_month_is_compared_with_the_largest_of_the_twelve_before(rows: list[tuple[int, int, int]], credit: bool, kept: int) -> None:
    history, _, _ = past(rows, TODAY - kept)
    totals = dict[tuple[int, int], int]()
    for ago, came, left in rows:
        on = date.fromordinal(TODAY - ago)
        totals[on.year, on.month] = totals.get((on.year, on.month), 0) + (came if credit else left) * (ago <= kept)
    before = [
        totals.get((year, month), 0)
        for year, month in [(2024, number) for number in range(3, 13)] + [(2025, 1), (2025, 2)]
        if date(year, month, 1).toordinal() >= TODAY - kept
    ]
    found = months(history, TODAY, credit)
    assert found.current == totals.get((2025, 3), 0)
    assert (found.peak, found.with_flow) == (max(before, default=0), sum(1 for total in before if total > 0))
    value = peak_times(history, TODAY, credit, 6, 0)
    assert value == (found.current * MILLION // found.peak if found.with_flow >= 6 else UNKNOWN)


@given(ROWS | REGULAR, st.integers(0, 9))
def test_a_change_is_page_s_sum_over_the_weeks_after_the_reference(rows: list[tuple[int, int, int]], later: int) -> None:
    history, net, _ = past(rows)
    today = TODAY + later
    monday = today - date.fromordinal(today).weekday()
    begun = min(net, default=today)
    weeks = [sum(net.get(day, 0) for day in range(first, first + 7)) for first in range(monday - 7 * 52, monday, 7) if first >= begun]
    assert list(weekly(history, today, 52)) == weeks[::-1]
    found = changed(history, today, 26, 26)
    if len(weeks) < 27 or len(set(weeks[:26])) == 1:
        assert found is None
        return
    assert found is not None
    with localcontext(prec=80):
        mean = Decimal(sum(weeks[:26])) / 26
        sigma = (sum(((week - mean) ** 2 for week in weeks[:26]), Decimal(0)) / 26).sqrt()
        up = down = Decimal(0)
        for week in weeks[26:]:
            up, down = max(Decimal(0), up + week - mean - sigma / 2), max(Decimal(0), down - week + mean - sigma / 2)
        for upwards, value in ((True, up / sigma), (False, down / sigma)):
            assert isclose(found.deviations(upwards), value * MILLION, rel_tol=1e-6, abs_tol=2)
    reached = max(found.deviations(True), found.deviations(False))
    assert nearly_changed(history, today, 26, 26, reached / MILLION), "the quick look is never in vain"


@given(ROWS, st.sampled_from([1, 7, 30, 90]))
def test_what_left_is_taken_per_close_before_the_window(rows: list[tuple[int, int, int]], days: int) -> None:
    history, net, _ = past(rows)
    out = -sum(flow for day, flow in net.items() if day > TODAY - days)
    known = min(net, default=TODAY) <= TODAY - days
    assert drained(history, TODAY, days) == (max(0, out) * MILLION // 1_000_000 if known else UNKNOWN)


@given(st.lists(st.tuples(st.integers(0, 130), st.integers(0, 3_000)), max_size=30), st.integers(1, 3_000))
def test_an_average_sinks_below_a_line_as_its_closes_say(stated: list[tuple[int, int]], line: int) -> None:
    history, known = History(), dict[int, int]()
    for ago, value in sorted(stated, reverse=True):
        history.moved(TODAY - ago, value)
        known[TODAY - ago] = value
    if min(known, default=TODAY) > TODAY - 60:
        assert not sinks_below(history, TODAY, line)
        assert continued(history, TODAY) is None
        return
    closes = [known[max(day for day in known if day <= TODAY - back)] for back in range(1, 61)]
    now, before = sum(closes[:30]), sum(closes[30:])
    assert continued(history, TODAY) == (now, before)
    assert sinks_below(history, TODAY, line) is (now < before and 2 * now - before < 30 * line)


# --- screens -----------------------------------------------------------------------------------------------------------------------------

HABITS = st.lists(
    st.fixed_dictionaries(
        {
            "every": st.sampled_from([0, 1, 2, 3, 5, 7, 14, 30, 31]),
            "times": st.integers(1, 30),
            "kind": st.sampled_from(["card_payment", "card_payment", "transfer_out", "deposit", "salary", "own_transfer", "interest"]),
            "amounts": st.lists(st.sampled_from(["10", "900", "1000.5", "20000", "45000", "60000", "300000"]), min_size=1, max_size=3),
            "late": st.sampled_from([0, 0, 0, 0, 9, 40]),
            "reversed": st.sampled_from([0, 0, 0, 3]),
            "pause": st.sampled_from([0, 0, 0, 5, 29, 31, 100, 150]),
        }
    ),
    min_size=1,
    max_size=9,
)


def lived(habits: list[dict[str, Any]]) -> list[Posting]:
    """Movements of somebody with one habit after the other; some come late, some are taken back two dates later."""
    found: list[Posting] = []
    day = date(2024, 1, 1)

    def move(on: date, hour: int, **values: Any) -> None:
        at = instant(f"{on} {hour:02}:00")
        found.append(posting(event_id=f"e{len(found)}", customer_id="c0", account_id="c0-a1", occurred_at=iso(at), **values))

    for habit in habits:
        for number in range(habit["times"]):
            if (day - date(2024, 1, 1)).days > 700:
                return found
            day += timedelta(days=habit["every"])
            kind, amount = habit["kind"], habit["amounts"][number % len(habit["amounts"])]
            way = "credit" if kind in ("deposit", "salary", "interest") else "debit"
            back = timedelta(days=habit["late"] if number % 4 == 3 else 0)
            move(day - back, 10, kind=kind, amount=amount, direction=way)
            if habit["reversed"] and number % habit["reversed"] == 1:
                last = found[-1]
                undone = {"event_id": last.event_id, "occurred_at": iso(last.at), "kind": kind}
                move(day, 11, kind="reversal", amount=amount, direction="debit" if way == "credit" else "credit", reverses=undone)
        day += timedelta(days=habit["pause"])
    return found


@given(HABITS)
def test_over_years_the_same_is_told_as_when_every_rule_is_always_asked(habits: list[dict[str, Any]]) -> None:
    movements = lived(habits)
    screened, asked = Run.begin(a_world(history_days=400)), Run.begin(unscreened(a_world(history_days=400)))
    for run in (screened, asked):
        run.take_all(movements)
        run.tick(movements[-1].at + 500 * 86_400)
    ours = {"net_outflow_ratio", "flow_spike", "activity_spike", "activity_drop", "above_previous_peak", "change_point"}
    ours |= {"tier_down_risk", "potential_high_net_worth"}
    for who, told in asked.told.items():
        seen = [(one.occurred_at, one.rule.name, one.status.value, one.dedup_key, one.evidence.measured) for one in screened.told[who]]
        wanted = [(one.occurred_at, one.rule.name, one.status.value, one.dedup_key, one.evidence.measured) for one in told]
        assert [one for one in seen if one[1] in ours] == [one for one in wanted if one[1] in ours]
