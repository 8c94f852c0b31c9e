"""What a worker keeps between two assignments, and what it lets go, without a broker (`tests/e2e/test_standby.py` has the rest)."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from schemas.settings import Detector, Settings
from streams.changelog import Positions
from streams.metrics import Metrics
from streams.publisher import Written
from streams.standby import Standbys
from streams.states import States
from tests.streams.shelves import record, states_of

NOBODY: Any = None
"""A reader that is not asked: in memory nothing is there to begin with."""


def standbys(**detector: Any) -> Standbys:
    return Standbys(Settings(detector=Detector(**detector)), Metrics())


def fill(states: States) -> None:
    """A batch that is read, and one that is written after it."""
    records = [record(place, *one) for place, one in enumerate(states_of(["c1", "c2"]))]
    states.restore(records)
    states.write(Positions(movements=3), Written(len(records), len(records) + 4, 4))


async def test_what_ended_whole_is_kept_until_the_next_assignment_and_then_dropped() -> None:
    worker = standbys()
    await worker.share({0}, ())
    states = await worker.open(0, NOBODY)
    fill(states)
    states.customers.customer("c1")
    worker.release(0, states, whole=True)
    assert worker.held() == {0: states.start}
    assert states.start == states.checkpoint > 4
    assert states.customers._live == {}, "no more than bytes"
    there = weakref.ref(states)
    del states
    await worker.share({1}, ())
    gc.collect()
    assert worker.held() == {}
    assert there() is None
    await worker.stop()


@pytest.mark.parametrize(("guarantee", "whole"), [("exactly_once", False), ("at_least_once", True)])
async def test_what_may_differ_from_the_changelog_is_not_kept(guarantee: str, whole: bool) -> None:
    worker = standbys(processing_guarantee=guarantee)
    await worker.share({0}, ())
    states = await worker.open(0, NOBODY)
    fill(states)
    worker.release(0, states, whole=whole)
    assert worker.held() == {}
    assert await worker.open(0, NOBODY) is not states
    await worker.stop()


async def test_the_partitions_that_are_open_share_the_room_for_objects() -> None:
    worker = standbys(live_customers=12)
    opened = [await worker.open(number, NOBODY) for number in range(3)]
    assert {states.customers.room.share for states in opened} == {4}
    worker.release(2, opened[2], whole=True)
    assert opened[0].customers.room.share == opened[0].households.room.share == 6
    await worker.stop()
