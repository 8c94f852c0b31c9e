"""Workers whose host's clock is moved, by hours, forward and back; the clock of this machine and that of the broker stay as they are."""

from __future__ import annotations

from pathlib import Path

from tests.faults.scene import LeftOutError, Scene

LIBRARIES = (
    "/usr/lib/*/faketime/libfaketimeMT.so.1",
    "/usr/lib*/faketime/libfaketimeMT.so.1",
    "/usr/local/lib/faketime/libfaketimeMT.so.1",
)
JUMPS_H = (3, -9, 7, -2, 0)
"""Where the clock stands against the true one, after each jump."""


def clock_moved(scene: Scene) -> None:
    """The clock of both workers' host jumps by hours, forward and back, under load; one of them is killed and started meanwhile."""
    clock = scene.home / "clock"
    clock.write_text("+0")
    wrong = {
        "LD_PRELOAD": _library(),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # as on a real host, whose monotonic clock goes on when the other is set
        "DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    alive = [scene.start(**wrong), scene.start(**wrong)]
    scene.open()
    for hours, _ in zip(JUMPS_H, scene.moments(len(JUMPS_H)), strict=True):
        clock.write_text(f"{hours:+}h")
        scene.fault(f"clock at {hours:+} h")
        scene.await_more(200)
        if hours == JUMPS_H[2]:
            scene.detectors.kill(alive.pop())
            scene.fault("kill -9")
            alive.append(scene.start(**wrong))


def _library() -> str:
    """Where libfaketime is.

    Raises:
        LeftOutError: nowhere.
    """
    for pattern in LIBRARIES:
        for path in sorted(Path("/").glob(pattern[1:])):
            return str(path)
    raise LeftOutError("libfaketime is not here: apt-get install libfaketime")
