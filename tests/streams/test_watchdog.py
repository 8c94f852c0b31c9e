"""What counts as getting on, and what a worker's end by the watchdog says."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from itertools import count

import pytest

from streams.watchdog import Doing, Progress, Sight, StalledError, Waits, Watchdog

Looks = list[tuple[Hashable, Hashable] | None]
"""At each look: how often it had got on, and how often it had read; None where it had nothing to do."""


@pytest.mark.parametrize(
    ("looks", "waited"),
    [
        ([(0, 0)], 0),
        ([(0, 0), (0, 0), (0, 0)], 2),
        ([(0, 0), (0, 0), (1, 0)], 0),
        ([(0, 0), (0, 0), (1, 0), (1, 0)], 1),
        ([(0, 0), (0, 0), None, (0, 0)], 0),
        ([(0, 0), (0, 1), (0, 2), (0, 3)], 0),
        ([(0, 0), (0, 0), (0, 1), (0, 2), (0, 2)], 2),
    ],
    ids=[
        "it begins at the first look",
        "then it waits",
        "until it gets on",
        "and begins anew",
        "as it does where there was nothing to do",
        "reading is no waiting",
        "and no getting on either",
    ],
)
def test_what_waits_is_what_has_something_to_do_and_does_not_get_on(looks: Looks, waited: float) -> None:
    waits = Waits()
    for look in looks:
        found = waits.look(1.0, [] if look is None else [Sight("one", *look)])
    assert [seconds for _, seconds in found] == [waited]


def test_each_waits_for_itself() -> None:
    waits = Waits()
    for done in range(4):
        found = waits.look(2.0, [Sight("moves", done), Sight("stands", 0)])
    assert {sight.who: seconds for sight, seconds in found} == {"moves": 0, "stands": 6}


def test_a_partition_gets_on_by_writing_and_its_time_begins_when_it_rests() -> None:
    progress = Progress()
    progress.doing, progress.error = Doing.REOPENING, "KafkaError: no"
    progress.read()
    assert (progress.writes, progress.reads, progress.error) == (0, 1, "KafkaError: no")
    progress.wrote()
    assert (progress.writes, progress.doing, progress.error) == (1, Doing.DECIDING, "")
    progress.rest()
    assert (progress.writes, progress.doing) == (1, Doing.FETCHING)


def test_the_end_names_what_stalled_and_nothing_that_got_on() -> None:
    turns, ended, said = count(), threading.Event(), list[StalledError]()

    def sights() -> list[Sight]:
        facts = {"partition": 3, "lag": 120, "doing": Doing.WRITING, "error": ""}
        return [Sight("event loop", next(turns), facts={"doing": "turning"}), Sight("partition", 7, facts=facts)]

    def end(error: StalledError) -> None:
        said.append(error)
        ended.set()

    watchdog = Watchdog(1.5, sights, end)
    watchdog.start()
    assert ended.wait(30)
    watchdog.stop()
    (error,) = said
    assert str(error).startswith("the worker gets on with nothing (partition 3, lag 120, doing writing, seconds ")
    assert "turning" not in str(error)
    assert watchdog.waited("partition") >= 1.5
    assert watchdog.waited("event loop") == 0


def test_a_watchdog_that_fails_ends_the_worker_too() -> None:
    ended, said = threading.Event(), list[StalledError]()

    def end(error: StalledError) -> None:
        said.append(error)
        ended.set()

    Watchdog(60, lambda: [][0], end).start()
    assert ended.wait(30)
    assert str(said[0]) == "the watchdog failed (IndexError: list index out of range)"
