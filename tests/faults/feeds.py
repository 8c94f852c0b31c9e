"""Feeds that are too much: of movements, of rubbish, of one customer."""

from __future__ import annotations

import json
import time
from collections import Counter

from schemas.topics import DEAD_LETTERS
from tests.brokers.records import read_all
from tests.faults.scene import After, Scene

RUBBISH = 250
"""In a row: below the fuse (`detector.fuse.run`), which is there to stop a worker."""


def burst(scene: Scene) -> None:
    """A worker is given all at once, while its queue holds a fraction of it; it is killed with -9 on the way."""
    worker = scene.start(WEALTHWATCH_DETECTOR__QUEUE_RECORDS="500")
    scene.open()
    began = time.monotonic()
    scene.await_(lambda: not scene.loading, "the burst to be published")
    published, behind = time.monotonic() - began, scene.bank.count - scene.watch.decided
    for _ in scene.moments(2):
        scene.detectors.kill(worker)
        worker = scene.start(WEALTHWATCH_DETECTOR__QUEUE_RECORDS="500")
        scene.faults["kill -9"] += 1
    scene.faults[f"burst, {behind / scene.bank.count:.0%} behind after {published:.0f} s"] += 1


def poisoned(scene: Scene) -> After:
    """Runs of rubbish between the movements, of every kind: each is a dead letter once, untouched, though the worker is killed twice."""
    rubbish: Counter[bytes] = Counter()
    for number in scene.random.sample(range(scene.bank.count // 10, scene.bank.count * 3 // 4), 4):
        scene.poison[number] = [_rubbish(scene, number, place) for place in range(RUBBISH)]
        rubbish.update(scene.poison[number])
    worker = scene.start()
    scene.open()
    for _ in scene.moments(2):
        scene.detectors.kill(worker)
        scene.fault("kill -9")
        worker = scene.start()
    scene.faults["poison batch"] += len(scene.poison)

    def letters() -> None:
        found = Counter(record.value for record in read_all(scene.settings, DEAD_LETTERS))
        assert found == rubbish, f"{found.total()} dead letters of {rubbish.total()}"

    return letters


def hot(scene: Scene) -> None:
    """One customer makes half of all movements; of two workers one after the other is killed."""
    alive = [scene.start(), scene.start()]
    scene.open()
    for _ in scene.moments(3):
        scene.detectors.kill(alive.pop(scene.random.randrange(2)))
        scene.fault("kill -9")
        alive.append(scene.start())


def _rubbish(scene: Scene, number: int, place: int) -> bytes:
    """A line that is no movement: bytes, half of a movement, a movement with a wrong value; no two alike."""
    mark = f"{number}-{place}"
    kind = place % 4
    if kind == 0:
        return mark.encode() + scene.random.randbytes(40)
    whole = json.dumps({"event_id": mark, "customer_id": f"P{place}", "amount": "1e99", "occurred_at": "yesterday"})
    return (whole[: len(whole) // 2] if kind == 1 else whole if kind == 2 else f'["{mark}"]').encode()
