"""decide() over random small histories: order, repetition, cutting and scaling change nothing that they should not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.notifications import Status
from streams.book import all_rules
from streams.decide import HOUR, KEPT_REVERSED, KEPT_TOLD, QUIET_DAYS, decided_tier
from streams.posting import Posting
from streams.rule import LONGEST_WINDOW, EventRule
from streams.state import decode, encode
from tests.streams.builders import Detector, debits_of, instant, iso, of, posting, said, whole, world
from tests.streams.histories import START, Run, Step, a_world, history, reversal, steps

HISTORIES = st.lists(steps(), max_size=14).map(history)
LATE_HISTORIES = st.lists(steps(late=True), max_size=14).map(history)
DAY = 86_400


# --- the same whatever the arrival -----------------------------------------------------------------------------------------------------


@given(LATE_HISTORIES)
def test_the_same_history_says_the_same_to_the_byte(movements: list[Posting]) -> None:
    first, second = (Run.begin().take_all(movements).tick(START + 90 * DAY) for _ in range(2))
    for who, told in first.told.items():
        assert [one.model_dump_json() for one in told] == [one.model_dump_json() for one in second.told[who]]
    assert first.states() == second.states()


@given(LATE_HISTORIES, st.data())
def test_what_is_delivered_again_changes_nothing(movements: list[Posting], data: st.DataObject) -> None:
    again: list[Posting] = []
    for place, one in enumerate(movements):
        again.append(one)
        if place and data.draw(st.booleans()):
            again.append(movements[data.draw(st.integers(0, place))])
    once, twice = Run.begin().take_all(movements), Run.begin().take_all(again).take_all(movements)
    assert twice.states() == once.states()
    assert twice.ids() == once.ids()


@given(LATE_HISTORIES, st.data())
def test_customers_do_not_know_of_each_other(movements: list[Posting], data: st.DataObject) -> None:
    queues: dict[str, list[Posting]] = defaultdict(list)
    for one in movements:
        queues[one.customer_id].append(one)
    interleaved: list[Posting] = []
    while queues:
        who = data.draw(st.sampled_from(sorted(queues)))
        interleaved.append(queues[who].pop(0))
        if not queues[who]:
            del queues[who]
    there, here = Run.begin().take_all(movements), Run.begin().take_all(interleaved)
    assert here.states() == there.states()
    assert here.ids() == there.ids()


@given(st.lists(steps(late=True, plain=True, customers=1), max_size=12).map(history), st.data())
def test_any_order_of_arrival_ends_in_the_same_balances_flows_and_closes(movements: list[Posting], data: st.DataObject) -> None:
    """Without a balance to compare and without a snapshot; the kinds alone decide whose money it is."""
    shuffled = data.draw(st.permutations(movements))
    there, here = Run.begin().take_all(movements), Run.begin().take_all(shuffled)
    for who, customer in there.customers.items():
        other = here.customers[who]
        assert {name: account.balance for name, account in customer.accounts.items()} == {
            name: account.balance for name, account in other.accounts.items()
        }
        assert (customer.aum, customer.owed) == (other.aum, other.owed)
        days = range(customer.history.first - 2, customer.history.closes()[-1][0] + 3)
        assert [customer.history.within(day, day) for day in days] == [other.history.within(day, day) for day in days]
        assert [customer.history.close(day) for day in days] == [other.history.close(day) for day in days]


# --- time ------------------------------------------------------------------------------------------------------------------------------


Ticks = Callable[[int, int], Iterable[int]]


def hours(after: int, to: int) -> Iterable[int]:
    return range((after // HOUR + 1) * HOUR, to + 1, HOUR)


def midnights(after: int, to: int) -> Iterable[int]:
    return (hour for hour in hours(after, to) if (hour + 8 * HOUR) % DAY == 0)


def none_at_all(after: int, to: int) -> Iterable[int]:
    return ()


def run_with_ticks(movements: list[Posting], ticks: Ticks, end: int) -> Run:
    run, at = Run.begin(), START
    for one in movements:
        for tick in ticks(at, one.at):
            run.tick(tick)
        run.take(one)
        at = one.at
    for tick in ticks(at, end):
        run.tick(tick)
    return run.tick(end)


@given(st.lists(steps(), max_size=9).map(history), st.integers(0, 70 * 24))
def test_time_that_passes_by_the_hour_by_the_day_or_only_with_movements_says_the_same(movements: list[Posting], rest: int) -> None:
    end = (movements[-1].at if movements else START) // HOUR * HOUR + rest * HOUR
    lazily = run_with_ticks(movements, none_at_all, end)
    for ticks in (midnights, hours):
        other = run_with_ticks(movements, ticks, end)
        assert other.ids() == lazily.ids()
        assert other.states() == lazily.states()


def test_time_never_goes_back() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00")
    detector.until("2025-03-12 00:00")
    assert detector.until("2025-03-11 00:00") == []
    assert detector.customer().clock == instant("2025-03-12 00:00")
    detector.move("2025-03-11 09:00")
    assert detector.customer().clock == instant("2025-03-12 00:00")


def test_a_tick_before_the_first_movement_says_nothing_and_wakes_nobody() -> None:
    detector = Detector()
    assert detector.until("2025-03-10 00:00") == []
    assert detector.customer().wake == 0
    detector.move("2025-03-10 09:00")
    assert detector.customer().wake == instant("2025-03-11 00:00")


def test_whoever_moves_is_woken_at_the_next_midnight_of_the_bank() -> None:
    detector = Detector()
    detector.move("2025-03-10 23:59:59")
    assert detector.customer().wake == instant("2025-03-11 00:00")
    detector.move("2025-03-11 00:00:00")
    assert detector.customer().wake == instant("2025-03-12 00:00")


def test_nobody_who_sleeps_is_woken_too_soon() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00")
    detector.until("2026-03-10 00:00")
    assert detector.customer().wake == 0
    assert QUIET_DAYS >= LONGEST_WINDOW


def test_a_sleeper_who_moves_again_is_decided_as_if_time_had_never_stopped() -> None:
    lazy, eager = Detector(), Detector()
    for detector in (lazy, eager):
        detector.move("2025-01-01 09:00", "190000")
        if detector is eager:
            for number in range(300):
                detector.until(f"{date(2025, 1, 2) + timedelta(days=number)} 00:00")
        detector.move("2026-01-01 09:00", "60000")
        detector.until("2026-02-20 00:00")
    assert whole(lazy.customer()) == whole(eager.customer())
    assert said(lazy.told) == said(eager.told)


# --- cutting and scaling ---------------------------------------------------------------------------------------------------------------


@given(LATE_HISTORIES, st.sets(st.integers(0, 14)))
def test_writing_and_reading_back_anywhere_changes_nothing(movements: list[Posting], cuts: set[int]) -> None:
    whole, cut = Run.begin(a_world(events=32)), Run.begin(a_world(events=32))
    records: dict[bytes, bytes] = {}
    for place, one in enumerate(movements):
        whole.take(one)
        cut.take(one)
        if place in cuts:
            for who, customer in cut.customers.items():
                records.update(encode(customer))
                cut.customers[who] = decode(records[who.encode()], records.get)
    end = START + 120 * DAY
    assert cut.tick(end).ids() == whole.tick(end).ids()
    for run in (whole, cut):
        for customer in run.customers.values():
            customer.unsaved.clear()
    assert cut.states() == whole.states()


@given(st.lists(steps(late=True), max_size=14))
def test_ten_times_the_money_and_ten_times_the_thresholds_decide_the_same(made: list[Step]) -> None:
    end = START + 60 * DAY
    one = Run.begin(a_world()).take_all(history(made)).tick(end)
    ten = Run.begin(a_world(10)).take_all(history(made, 10)).tick(end)
    assert ten.ids() == one.ids()
    for who, told in one.told.items():
        assert [(each.rule.name, each.severity, each.status) for each in told] == [
            (each.rule.name, each.severity, each.status) for each in ten.told[who]
        ]


# --- reversal --------------------------------------------------------------------------------------------------------------------------


UNDOABLE = st.lists(steps(plain=True, customers=1), max_size=9).map(history)


def undone(one: Posting, event_id: str, at: int) -> Posting:
    names = ("customer_id", "account_id", "asset_class", "kind", "direction", "amount", "event_id")
    return posting(**reversal({**{name: getattr(one.wire, name) for name in names}, "occurred_at": iso(one.at)}, event_id, at))


@given(UNDOABLE, st.data())
def test_reversing_everything_returns_to_the_opening_and_takes_back_what_was_told(movements: list[Posting], data: st.DataObject) -> None:
    seed = posting(customer_id="c0", account_id="c0-a1", event_id="opening", amount="123456.78", snapshot=True, occurred_at=iso(START))
    run, opening = (Run.begin(world()).take(seed) for _ in range(2))
    run.take_all(movements)
    at = movements[-1].at if movements else START
    for one in data.draw(st.permutations(movements)):
        run.take(undone(one, f"r-{one.event_id}", at))
    customer, before = run.customers["c0"], opening.customers["c0"]
    assert (customer.aum, customer.owed) == (before.aum, before.owed)
    assert {name: account.balance for name, account in customer.accounts.items() if account.balance} == {"c0-a1": 1_234_567_800}
    assert all(customer.history.within(day, day) == (0, 0) for day, _ in customer.history.closes())
    assert all(debits_of(account) == [] for account in customer.accounts.values())
    state: dict[str, Status] = {str(one.notification_id): one.status for one in run.told["c0"]}
    still = {one.rule.name for one in run.told["c0"] if state[str(one.notification_id)] in (Status.OPENED, Status.ESCALATED)}
    rules = all_rules()
    of_movements = {name for name, rule in rules.items() if isinstance(rule, EventRule)} | {"cumulative_inflow", "cumulative_outflow"}
    assert not still & of_movements, "the others compare with closes that were, or are true of the opening itself"


@given(LATE_HISTORIES)
def test_what_is_said_of_a_notification_follows_its_life(movements: list[Posting]) -> None:
    allowed = {
        (None, Status.OPENED),
        (Status.OPENED, Status.ESCALATED),
        (Status.ESCALATED, Status.ESCALATED),
        *((before, after) for before in (Status.OPENED, Status.ESCALATED) for after in (Status.RESOLVED, Status.RETRACTED)),
    }
    run = Run.begin().take_all(movements).tick(START + 120 * DAY)
    lives: dict[str, list[Status | None]] = defaultdict(lambda: [None])
    messages: list[str] = []
    for told in run.told.values():
        for one in told:
            lives[str(one.notification_id)].append(one.status)
            messages.append(str(one.message_id))
    for life in lives.values():
        assert set(pairwise(life)) <= allowed
    assert len(messages) == len(set(messages))


# --- results and bounds ----------------------------------------------------------------------------------------------------------------


def test_a_movement_is_applied_a_duplicate_late_or_mismatched() -> None:
    detector = Detector()
    results = []
    for values in (
        {"event_id": "e1"},
        {"event_id": "e1"},
        {"event_id": "e2", "occurred_at": iso(0)},
        {"event_id": "e3", "currency": "USD"},
        {"event_id": "e1", "source": "cards"},
    ):
        detector.take(posting(**values))
        assert detector.last is not None
        results.append(detector.last.result.value)
    assert results == ["applied", "duplicate", "late", "mismatched", "applied"]


def test_what_is_remembered_of_a_customer_for_retractions_is_bounded() -> None:
    detector = Detector()
    detector.move("2025-03-10 08:00", "1", "adjustment", snapshot=True)
    for place in range(150):
        detector.move("2025-03-10 09:00", "90000", balance_after=str(place % 2))
        detector.reverse("2025-03-10 09:00", f"unknown{place}", "2025-03-10 08:00", "1", "deposit", account_id="a2")
    assert len(detector.customer().told) == KEPT_TOLD
    assert len(detector.customer().reversed) == KEPT_REVERSED


@pytest.mark.parametrize("values", [{}, {"snapshot": True}, {"balance_after": "100.00"}, {"currency": "USD"}])
def test_an_event_from_before_1970_does_not_stop_its_customer(values: dict[str, Any]) -> None:
    detector = Detector()
    detector.move("1950-01-01 09:00", event_id="old", **values)
    detector.move("2025-03-10 09:00", account_id="a2")
    detector.until("2025-06-01 00:00")
    assert detector.account("a2").balance == 1_000_000


@pytest.mark.parametrize(
    ("before", "average", "after"),
    [
        ("", None, ""),
        ("gold", None, "gold"),
        ("", 199_999, "basic"),
        ("", 200_000, "gold"),
        ("gold", 190_000, "gold"),
        ("gold", 189_999, "basic"),
        ("platinum", 1_900_000, "platinum"),
        ("platinum", 1_899_999, "gold"),
        ("private", 1_950_000, "platinum"),
        ("private", 1_899_999, "gold"),
        ("private", 195_000, "gold"),
        ("private", 0, "basic"),
        ("a tier of the past", 300_000, "gold"),
        ("basic", -5, "basic"),
    ],
)
def test_a_tier_is_reached_at_its_line_and_lost_below_its_line_less_the_hysteresis(before: str, average: int | None, after: str) -> None:
    book = world().books.first
    assert decided_tier(before, None if average is None else average * 10_000, book) == after


def test_the_latest_own_movement_counts_whatever_its_place_in_the_arrival() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "1")
    detector.move("2025-03-01 09:00", "1")
    detector.move("2025-03-11 09:00", "1", "interest")
    assert detector.customer().active == instant("2025-03-10 09:00")
    assert detector.customer().first_seen == instant("2025-03-01 09:00")


def test_a_notification_says_when_it_happened_and_when_it_was_seen() -> None:
    detector = Detector()
    detector.profile(household_id="h1", manager_id="m1", branch="sh/1", segment="corporate")
    (one,) = of(detector.move("2025-03-10 09:00", "90000"), "large_inflow")
    assert one.occurred_at == datetime(2025, 3, 10, 1, tzinfo=UTC)
    assert one.detected_at == one.occurred_at
    assert (one.household_id, one.manager_id, one.branch, one.segment, one.customer_id) == ("h1", "m1", "sh/1", "corporate", "c1")
    assert one.evidence.profile_offset == 0
    assert one.group_key.startswith("c1:")
