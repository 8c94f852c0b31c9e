"""What the harness says of what it finds: it must see every kind of loss, or its zero means nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.e2e.banks import Decided
from tests.faults.oracle import Found, Verdict, judge
from tests.faults.watch import Commit, figures, longest_pause, replayed


def said(message_id: str) -> Decided:
    return Decided(message_id, "n", "large_inflow", 1, "live", "opened", "notice", "1", "1")


MUST = Found(Counter([said("a"), said("b")]), {"c1": b"1", "c2": b"2"})


@pytest.mark.parametrize(
    ("messages", "states", "verdict"),
    [
        ("ab", {"c1": b"1", "c2": b"2"}, Verdict(missing=0, strange=0, twice=0, states=0)),
        ("a", {"c1": b"1", "c2": b"2"}, Verdict(missing=1, strange=0, twice=0, states=0)),
        ("abx", {"c1": b"1", "c2": b"2"}, Verdict(missing=0, strange=1, twice=0, states=0)),
        ("abbb", {"c1": b"1", "c2": b"2"}, Verdict(missing=0, strange=0, twice=2, states=0)),
        ("ab", {"c1": b"1", "c2": b"3"}, Verdict(missing=0, strange=0, twice=0, states=1)),
        ("ab", {"c1": b"1"}, Verdict(missing=0, strange=0, twice=0, states=1)),
        ("ab", {"c1": b"1", "c2": b"2", "c3": b""}, Verdict(missing=0, strange=0, twice=0, states=1)),
    ],
)
def test_every_kind_of_loss_is_seen(messages: str, states: dict[str, bytes], verdict: Verdict) -> None:
    found = judge(MUST, Found(Counter(map(said, messages)), states))
    assert found == verdict
    assert (found.loss == 0) == (found == Verdict(0, 0, 0, 0))


def test_a_pause_is_the_time_in_which_a_movement_waited_and_none_was_decided() -> None:
    appended = {0: [0.0, 1.0, 10.0], 1: [2.0]}
    commits = {0: [Commit(0.5, 1, 0), Commit(4.0, 2, 1), Commit(10.5, 3, 2)], 1: [Commit(4.5, 1, 0)]}
    assert longest_pause(commits, appended) == 3.0  # from the append at 1 to the commit at 4; nothing waited between 4 and 10


def test_what_an_aborted_transaction_decided_is_counted_from_the_last_commit_on() -> None:
    tried = {0: [Commit(1, 10, 0), Commit(2, 25, 5), Commit(3, 25, 9), Commit(4, 40, 12)]}
    committed = {0: [tried[0][0], tried[0][2], tried[0][3]]}
    assert replayed(committed, tried) == 15
    assert replayed(tried, tried) == 0


def test_duplicates_are_counted_and_when_their_counter_began_is_not() -> None:
    page = """wealthwatch_movements_total{result="duplicate",source="core"} 3.0
wealthwatch_movements_total{result="applied",source="core"} 10.0
wealthwatch_movements_created{result="duplicate",source="core"} 1.795556e+09
wealthwatch_movements_skipped_total 4.0
"""
    found = figures(page)
    assert (found["duplicates"], found["wealthwatch_movements_skipped_total"], found["wealthwatch_movements_total"]) == (3, 4, 13)
