"""A worker with a lasting name: its restart, of whatever kind, is nothing that the others notice."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from schemas.settings import Settings
from schemas.topics import MOVEMENTS
from tests.brokers.records import produce
from tests.conftest import PARTITIONS
from tests.e2e.workers import Workers, workers
from tests.patience import PATIENCE_S
from tests.streams.builders import movement
from wealthwatch.supervisor import Child


def assignments(detectors: Workers, child: Child) -> list[list[int]]:
    """What the worker was given, each time that the group shared the partitions out."""
    told = [json.loads(line) for line in detectors.log(child).splitlines() if '"event": "assigned"' in line]
    return [line["partitions"] for line in told]


def await_halves(detectors: Workers, *children: Child) -> None:
    """Wait until each has half of the partitions, recovered."""
    deadline = time.monotonic() + PATIENCE_S
    while not all((last := assignments(detectors, child)[-1:]) and len(last[0]) == PARTITIONS // 2 for child in children):
        assert time.monotonic() < deadline, {child.name: assignments(detectors, child) for child in children}
        assert detectors.trouble() is None
        time.sleep(0.05)
    for child in children:
        detectors.await_log(child, "partition_open")


@pytest.mark.kafka
def test_a_named_worker_that_is_back_in_time_has_its_partitions_and_no_other_is_stopped(settings: Settings, tmp_path: Path) -> None:
    """Asked to end, and killed: each time it comes back under its name, and the other one is not asked to share anew."""
    patient = settings.model_copy(update={"detector": settings.detector.model_copy(update={"session_timeout_s": 45})})
    with workers(patient, tmp_path) as detectors:

        def start(name: str) -> Child:
            return detectors.start(WEALTHWATCH_DETECTOR__GROUP_INSTANCE_ID=name)

        restarted, other = start("detector-0"), start("detector-1")
        await_halves(detectors, restarted, other)
        shared, own = assignments(detectors, other), assignments(detectors, restarted)[-1]
        for end in (detectors.stop, detectors.kill):
            end(restarted)
            restarted = start("detector-0")
            await_halves(detectors, restarted)
            assert assignments(detectors, restarted) == [own]
        assert assignments(detectors, other) == shared
        produce(patient, MOVEMENTS, [(name, movement(customer_id=name)) for name in (f"c{number}" for number in range(40))])
        detectors.await_decided()
        assert assignments(detectors, other) == shared
