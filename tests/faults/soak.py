"""`make soak ARGS=--faults`: every kind of death at random moments for the whole time, in one long run of one bank."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from random import SystemRandom

from rich.console import Console

from tests.e2e.workers import freeze, thaw
from tests.faults.deaths import await_journal
from tests.faults.report import show
from tests.faults.run import WIDTH, stage
from tests.faults.scenarios import Scenario
from tests.faults.scene import After, Scene
from tests.faults.stores import Shelves, damage, delete
from wealthwatch.supervisor import Child

EVERY_S = 20.0
"""From fault to fault, in the mean."""
RATE = 200.0
"""Movements a second, about."""
DAYS = 420
"""Of the bank, however long it takes: more than `detector.history_days`, so that dates are forgotten."""
EACH = 1.35
"""Movements of a customer of a simulated bank on a day, in the mean."""
AWAY_S = 10.0
"""Longer than a session."""


class Cast:
    """Two workers with stores on disk, a notifier and a broker, and what may happen to them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._shelves = Shelves(scene, "left", "right")
        self._notifier: Child = scene.notifier()
        self._deeds = (
            self.kill,
            self.kill,
            self.kill,
            self.stop,
            self.freeze,
            self.delete,
            self.damage,
            self.tell_again,
            self.restart_broker,
        )

    def suffer(self) -> None:
        """Any of it."""
        self._scene.random.choice(self._deeds)()

    def _anyone(self) -> str:
        return self._scene.random.choice(sorted(self._shelves.alive))

    def kill(self) -> None:
        """A worker, `kill -9`."""
        name = self._anyone()
        self._shelves.kill(name)
        self._scene.fault("kill -9")
        self._shelves.start(name)

    def stop(self) -> None:
        """A worker, SIGTERM."""
        name = self._anyone()
        self._shelves.stop(name)
        self._scene.fault("SIGTERM")
        self._shelves.start(name)

    def freeze(self) -> None:
        """A worker, past its session."""
        child = self._shelves.alive[self._anyone()]
        freeze(child)
        self._scene.fault("SIGSTOP")
        try:
            time.sleep(AWAY_S)
        finally:
            thaw(child)

    def delete(self) -> None:
        """A worker's store, or a part of it, while it runs."""
        delete(self._scene.random, self._shelves.folder(self._anyone()), whole=self._scene.random.random() < 0.5)
        self._scene.fault("store deleted")

    def damage(self) -> None:
        """A file of a worker's store, while the worker is dead."""
        name = self._anyone()
        self._shelves.kill(name)
        damage(self._scene.random, self._shelves.folder(name))
        self._scene.fault("store damaged")
        self._shelves.start(name)

    def tell_again(self) -> None:
        """The notifier, `kill -9`."""
        self._scene.detectors.kill(self._notifier)
        self._scene.fault("kill -9 of the notifier")
        self._notifier = self._scene.notifier()

    def restart_broker(self) -> None:
        """The broker, `kill -9`."""
        broker = self._scene.brokers[0]
        broker.kill()
        self._scene.fault("broker kill -9")
        broker.start()


def mixed(count: int, scene: Scene) -> After:
    """Workers, notifier, stores and broker are killed, stopped, frozen, deleted and damaged, whichever comes, for the whole time."""
    cast = Cast(scene)
    scene.open()
    for _ in scene.moments(count, until=0.99):
        cast.suffer()
    return partial(await_journal, scene)


def survived(minutes: float, seed: int | None, keep: Path | None) -> bool:
    """Play it, and print what it has come to."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    seed = SystemRandom().randrange(1 << 31) if seed is None else seed
    console.print(f"{minutes:g} minutes of faults, seed {seed}")
    play = partial(mixed, int(minutes * 60 / EVERY_S))
    customers = max(20, round(minutes * 60 * RATE / (DAYS * EACH)))
    with stage(keep) as here:
        row = here.play(Scenario("soak", play, customers, DAYS, seconds=minutes * 60), seed)
    show(console, [row])
    return row.good
