"""`python -m wealthwatch.leash GRACE PROGRAM ...`: runs a program that ends when whoever started it does, however that one ended.

The starter holds the other end of our standard input. When it closes that end, or dies, even by `kill -9`, we ask the program to end, and
kill it if it has not after GRACE seconds; when it writes `KILL`, we kill it at once. On Linux it is also killed when the leash itself is.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import FrameType

KILL = b"k"
_PR_SET_PDEATHSIG = 1


def lead(grace_s: float, command: list[str]) -> int:
    """Run the program until it ends, or until the starter says so; returns its exit code as a shell would."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_the_leash())

    def stop(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=_end, args=(child, grace_s), daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=_listen, args=(child, grace_s), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _die_with_the_leash() -> Callable[[], object] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _listen(child: subprocess.Popen[bytes], grace_s: float) -> None:
    if os.read(0, 1) == KILL:  # not sys.stdin: its lock, held at exit, would end us with a crash
        child.kill()
    else:
        _end(child, grace_s)


def _end(child: subprocess.Popen[bytes], grace_s: float) -> None:
    child.terminate()
    try:
        child.wait(grace_s)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(lead(float(sys.argv[1]), sys.argv[2:]))
