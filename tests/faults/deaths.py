"""Workers that die, freeze, leave and come."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from functools import partial
from threading import Event

from schemas.journal import JournalEntry, Verdict
from schemas.rules import RuleSettings
from schemas.topics import JOURNAL
from tests.brokers.records import read_all
from tests.e2e.workers import freeze, notifications, thaw
from tests.faults.scene import After, Scene
from wealthwatch.configuration import environment_of
from wealthwatch.supervisor import Child

KILLS = 20
WITHIN_S = 300


def killed(scene: Scene) -> None:
    """Two workers, of whom one after the other is killed with -9, at any moment, its recovery included, and started again."""
    names = ["left", "right"]
    alive = {name: scene.start(WEALTHWATCH_DETECTOR__GROUP_INSTANCE_ID=name) for name in names}
    scene.open()
    for _ in scene.moments(KILLS):
        name = scene.random.choice(names)
        scene.detectors.kill(alive[name])
        scene.fault("kill -9")
        alive[name] = scene.start(WEALTHWATCH_DETECTOR__GROUP_INSTANCE_ID=name)


def terminated(scene: Scene) -> None:
    """Two workers, of whom one after the other is asked to end with SIGTERM: it leaves in under eight seconds, with exit code 0."""
    alive = [scene.start(), scene.start()]
    scene.open()
    for _ in scene.moments(4):
        scene.stop(alive.pop(scene.random.randrange(2)))
        scene.fault("SIGTERM")
        alive.append(scene.start())


def frozen(scene: Scene) -> None:
    """Of two workers one is stopped with SIGSTOP until the other has all partitions, and woken: it writes nothing, and joins again."""
    alive = [scene.start(), scene.start()]
    scene.open()
    for _ in scene.moments(2):
        scene.await_(lambda: all(_assigned(scene, child) for child in alive), "both workers to have partitions")
        zombie = scene.random.choice(alive)
        other, before = alive[1 - alive.index(zombie)], len(_assigned(scene, zombie))
        freeze(zombie)
        scene.fault("SIGSTOP")
        try:
            scene.await_(lambda: len((_assigned(scene, other) or [[]])[-1]) == scene.settings.kafka.partitions, "the other to have all")  # noqa: B023
            scene.await_more(50)
        finally:
            thaw(zombie)
        scene.await_(lambda: len(_assigned(scene, zombie)) > before, "the zombie to join again")  # noqa: B023


def scaled(scene: Scene) -> None:
    """One worker, then three, then two, then one."""
    alive = [scene.start()]
    scene.open()
    for number, _ in enumerate(scene.moments(3)):
        if number == 0:
            alive += [scene.start(), scene.start()]
            scene.fault("1 -> 3 workers")
        else:
            scene.stop(alive.pop(scene.random.randrange(len(alive))))
            scene.fault(f"{len(alive) + 1} -> {len(alive)} workers")


def rolled(scene: Scene) -> None:
    """Three workers are restarted one after the other, while settings of rules change at a point of event time."""
    lines = scene.bank.whole.read_bytes().splitlines()
    place = scene.random.randrange(len(lines) // 2, len(lines) * 3 // 4)
    switch, learnt = datetime.fromisoformat(json.loads(lines[place])["occurred_at"]).replace(microsecond=0), Event()
    first = next(number for number, line in enumerate(lines) if datetime.fromisoformat(json.loads(line)["occurred_at"]) >= switch)
    scene.gates[first] = learnt
    alive = [scene.start() for _ in range(3)]
    scene.open()
    try:
        scene.await_more(scene.random.randrange(100, len(lines) // 8))
        for rule, floor in (("large_outflow", "20000"), ("cumulative_inflow", "30000")):
            _set_rule(scene, rule, f"abs_floor={floor}", switch)
            scene.versions.append(RuleSettings.model_validate(_version(rule, floor, switch)))
        for child in alive:
            scene.await_(lambda: '"cumulative_inflow@2"' in scene.detectors.log(child), "every worker to know the new settings")  # noqa: B023
    finally:
        learnt.set()
    for _ in scene.moments(3):
        scene.stop(alive.pop(0))
        scene.fault("restart with changed rules")
        alive.append(scene.start())


def told(scene: Scene) -> After:
    """Worker and notifier are killed in turn; the journal tells no message twice on a channel, and leaves none out."""
    worker, notifier = scene.start(), scene.notifier()
    scene.open()
    for number, _ in enumerate(scene.moments(6)):
        if number % 2:
            scene.detectors.kill(worker)
            scene.fault("kill -9")
            worker = scene.start()
        else:
            scene.detectors.kill(notifier)
            scene.fault("kill -9 of the notifier")
            notifier = scene.notifier()
    return partial(await_journal, scene)


def await_journal(scene: Scene) -> None:
    """Wait until the journal has every message; on each channel it is there once."""
    addressed = {said.message_id for said in notifications(scene.settings) if said.manager_id is not None}

    def entries() -> list[JournalEntry]:
        return [JournalEntry.model_validate_json(record.value) for record in read_all(scene.settings, JOURNAL)]

    scene.await_(lambda: addressed <= {entry.message_id for entry in entries()}, "the journal to have every message")
    deliveries = [(entry.message_id, entry.channel) for entry in entries() if entry.verdict is not Verdict.HELD]
    assert deliveries
    assert len(set(deliveries)) == len(deliveries), f"{len(deliveries) - len(set(deliveries))} second deliveries in the journal"


def _assigned(scene: Scene, child: Child) -> list[list[int]]:
    """What a worker was given, each time."""
    return [json.loads(line)["partitions"] for line in scene.detectors.log(child).splitlines() if '"event": "assigned"' in line]


def _version(rule: str, floor: str, since: datetime) -> dict[str, object]:
    return {"rule": rule, "version": 2, "parameters": {"abs_floor": floor}, "active_since": since.isoformat()}


def _set_rule(scene: Scene, rule: str, parameter: str, since: datetime) -> None:
    command = [sys.executable, "-m", "wealthwatch", "rules", "set", rule, parameter, "--active-since", since.isoformat()]
    environment = {**os.environ, **environment_of(scene.settings)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=WITHIN_S)
    assert done.returncode == 0, done.stderr
