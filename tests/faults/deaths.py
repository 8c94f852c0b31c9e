"""Workers that die, freeze, leave and come."""

from __future__ import annotations

from tests.faults.scene import Scene

KILLS = 20


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
