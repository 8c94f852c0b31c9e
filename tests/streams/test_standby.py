"""What one worker keeps between two assignments, follows and lets go (`tests/e2e/test_standby.py` has several)."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from schemas.settings import Detector, Settings
from schemas.topics import STATES
from streams import standby
from streams.changelog import PartitionReader, Positions
from streams.metrics import Metrics
from streams.publisher import Written
from streams.standby import Standbys
from streams.states import States
from tests.patience import PATIENCE_S
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


async def following(worker: Standbys, place: int) -> None:
    """Wait until the standby of partition 0 has read so far."""
    deadline = time.monotonic() + PATIENCE_S
    while worker.held().get(0) != place:
        assert time.monotonic() < deadline, f"at {worker.held()}, not at {place}"
        await asyncio.sleep(0.02)


async def test_a_standby_goes_on_and_is_begun_anew_where_the_changelog_goes_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where it is another topic of the same name; what was followed is taken over as it is."""
    monkeypatch.setattr(standby, "AGAIN_S", 0.1)
    worker = Standbys(settings, Metrics())
    await worker.start()
    reader = PartitionReader(settings.kafka)
    await reader.start()
    try:
        written = await produced(settings, ["c1", "c2"])
        await worker.share(set(), {0})
        await following(worker, written)
        worker._here[0].start = 1_000
        written = await produced(settings, ["c3"])
        await following(worker, written)
        followed = worker._here[0]
        assert followed.customers.customers == 3
        await worker.share({0}, ())
        states = await worker.open(0, reader)
        assert states is followed
        assert states.start == written
    finally:
        await reader.stop()
        await worker.stop()


async def produced(settings: Settings, names: list[str]) -> int:
    """Write states of these customers to partition 0 of the changelog; the offset after the last."""
    producer = AIOKafkaProducer(**settings.kafka.client(), acks="all")
    await producer.start()
    try:
        for key, value in states_of(names):
            last = await producer.send_and_wait(settings.kafka.topic(STATES), value, key, partition=0)
    finally:
        await producer.stop()
    return int(last.offset) + 1
