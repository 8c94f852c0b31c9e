"""Sums and closes over dates, and classes by date, against the plainest model: a dict of dates."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.customer import Customer
from streams.history import Classes, History
from streams.state import decode, encode
from streams.windows import on
from tests.streams.builders import Detector

BASE = date(2024, 2, 20).toordinal()
"""Nine dates before a leap day."""
DAYS = st.integers(BASE, BASE + 60)


# --- sums ------------------------------------------------------------------------------------------------------------------------------


class FlowsAgainstADict(RuleBasedStateMachine):
    """Adding in any order, late and negative, and forgetting."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History()
        self.model: dict[int, tuple[int, int]] = {}
        self.kept_from = 0

    @rule(day=DAYS, credit=st.integers(-500, 500), debit=st.integers(-500, 500))
    def add(self, day: int, credit: int, debit: int) -> None:
        kept = day >= self.kept_from
        assert self.history.add(day, credit, debit) is kept
        if kept:
            before = self.model.get(day, (0, 0))
            self.model[day] = (before[0] + credit, before[1] + debit)

    @rule(day=DAYS)
    def forget(self, day: int) -> None:
        self.history.forget_before(day)
        self.kept_from = max(self.kept_from, day)
        self.model = {kept: sums for kept, sums in self.model.items() if kept >= self.kept_from}

    @rule(first=DAYS, length=st.integers(-1, 40))
    def ask(self, first: int, length: int) -> None:
        within = [sums for day, sums in self.model.items() if first <= day < first + length]
        assert self.history.within(first, first + length - 1) == (sum(one[0] for one in within), sum(one[1] for one in within))

    @invariant()
    def dates_rise_and_nothing_forgotten_is_kept(self) -> None:
        days = [day for day, _ in self.history.closes()]
        assert days == sorted(set(days))
        assert set(self.model) <= set(days)
        assert sum(1 for day in days if day < self.kept_from) <= 1, "one close is kept of what is forgotten"


TestFlows = FlowsAgainstADict.TestCase


class ClosesAgainstADict(RuleBasedStateMachine):
    """The value now, late changes, the mean, and forgetting; the model keeps the change of every date."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History()
        self.changes: dict[int, int] = {}
        self.today = BASE
        self.forgotten = 0

    def close(self, day: int) -> int | None:
        known = [change for on_day, change in self.changes.items() if on_day <= day]
        return sum(known) if known else None

    @rule(later=st.integers(0, 9), change=st.integers(-500, 500))
    def move(self, later: int, change: int) -> None:
        self.today += later
        self.changes[self.today] = self.changes.get(self.today, 0) + change
        self.history.moved(self.today, self.close(self.today) or 0)

    @precondition(lambda self: self.changes)
    @rule(days=st.integers(0, 40), change=st.integers(-500, 500))
    def move_late(self, days: int, change: int) -> None:
        day = max(self.today - days, self.forgotten)
        self.changes[day] = self.changes.get(day, 0) + change
        self.history.moved_late(day, change)

    @rule(days=st.integers(0, 50))
    def forget(self, days: int) -> None:
        self.forgotten = max(self.forgotten, self.today - days)
        self.history.forget_before(self.forgotten)

    @rule(days=st.integers(0, 40))
    def ask(self, days: int) -> None:
        day = max(self.today - days, self.forgotten)
        assert self.history.close(day) == self.close(day)

    @rule(days=st.integers(0, 40), length=st.integers(1, 35))
    def ask_for_the_sum(self, days: int, length: int) -> None:
        last = self.today - days
        first = last - length + 1
        if first < self.forgotten:
            return
        expected = [self.close(day) for day in range(first, last + 1)]
        assert self.history.total(last, length) == (None if None in expected else sum(one for one in expected if one is not None))

    @invariant()
    def dates_rise(self) -> None:
        days = [day for day, _ in self.history.closes()]
        assert days == sorted(set(days))


TestCloses = ClosesAgainstADict.TestCase


def test_forgetting_keeps_the_close_that_a_quiet_month_still_has() -> None:
    history = History()
    history.moved(BASE, 100)
    history.moved(BASE + 40, 200)
    history.forget_before(BASE + 20)
    assert history.close(BASE + 20) == 100
    assert history.total(BASE + 29, 10) == 1_000


def test_thirty_closes_are_needed_and_enough() -> None:
    history = History()
    history.moved(BASE, 7)
    assert history.total(BASE + 28, 30) is None
    assert history.total(BASE + 29, 30) == 210


@given(
    st.lists(st.integers(-(2**62), 2**62) | st.integers(-500, 500) | st.sampled_from([2**50 - 1, 2**50, -(2**50)]), min_size=1, max_size=40)
)
def test_the_sum_of_closes_is_exact_however_large_they_are(closes: list[int]) -> None:
    history = History()
    for number, close in enumerate(closes):
        history.moved(BASE + number, close)
    for length in range(1, len(closes) + 1):
        assert history.total(BASE + len(closes) - 1, length) == sum(closes[-length:])


def test_a_window_of_thirty_dates_crosses_a_leap_day() -> None:
    history = History()
    first = date(2024, 2, 1).toordinal()
    for days in range(31):
        history.add(first + days, 1, 0)
    assert on(first + 29) == date(2024, 3, 1)
    assert history.within(first + 1, first + 30) == (30, 0)
    assert on(first + 30) - timedelta(days=29) == date(2024, 2, 2)


# --- classes ---------------------------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), st.integers(-500, 500)), max_size=40),
    st.integers(0, 45),
    st.integers(0, 20),
    st.integers(0, 45),
)
def test_a_class_is_worth_the_sum_of_its_changes_whatever_their_order(
    changes: list[tuple[int, int, int]], ask: int, length: int, forgotten: int
) -> None:
    classes = Classes()
    for day, asset_class, change in changes:
        classes.moved(BASE + day, asset_class, change)
    classes.forget_before(BASE + forgotten)
    entries = list(classes.entries)
    assert entries[::2] == sorted(set(entries[::2]))
    for asset_class in range(5):

        def worth(day: int, which: int = asset_class) -> int:
            return sum(change for on_day, one, change in changes if one == which and on_day <= day)

        day = max(ask, forgotten)
        assert classes.at(asset_class, BASE + day) == worth(day)
        least = min(worth(one) for one in range(day, day + length + 1))
        assert classes.least(asset_class, BASE + day, BASE + day + length) == least
    assert len(entries) <= 2 * (4 + len([one for one in changes if one[0] > forgotten]))


def test_a_history_is_read_back_as_it_was_written() -> None:
    history, classes = History(), Classes()
    for day in range(40):
        history.add(BASE + day, day, 2 * day)
        history.moved(BASE + day, -(10**18))
        history.count(BASE + day, 1, 2)
        history.earn(BASE + day, -3)
        classes.moved(BASE + day, day % 3, 10**15)
    history.forget_before(BASE + 9)
    customer = Customer("c1")
    customer.history, customer.classes = history, classes
    records = dict(encode(customer))
    found = decode(records[b"c1"], records.get)
    again = found.history
    assert (again.kept_from, list(again.rows)) == (history.kept_from, list(history.rows))
    assert list(found.classes.entries) == list(classes.entries)
    assert (again.withdrawals(BASE, BASE + 40), again.movements(BASE, BASE + 40), again.income(BASE, BASE + 40)) == (31, 62, -93)


def test_a_copy_of_a_detector_has_every_date_of_a_long_history_and_is_written_as_its_original_is() -> None:
    detector = Detector()
    for month, day in [(month, day) for month in (1, 2, 3) for day in range(1, 29)]:
        detector.move(f"2025-{month:02}-{day:02} 09:00")
    written_before = encode(detector.customer())
    twin = detector.copy()
    assert detector.customer().history.settled > 0
    assert list(twin.customer().history.rows) == list(detector.customer().history.rows)
    for one in (detector, twin):
        one.move("2025-03-29 09:00")
    assert encode(twin.customer()) == encode(detector.customer()) != written_before
