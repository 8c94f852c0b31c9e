"""`python -m wealthwatch.leash PROGRAM ...`: runs a program that ends when whoever started it does, however that one ended.

The starter holds the other end of our standard input. When it closes that end, or dies, even by `kill -9`, we ask the program to end, and
kill it if it does not; when it writes `KILL`, we kill the program at once. On Linux the program is also killed when the leash itself is.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import FrameType

GRACE_S = 8.0
"""How long a program may take to end by itself before it is killed."""
KILL = b"k"
_PR_SET_PDEATHSIG = 1


def lead(command: list[str]) -> int:
    """Run the program until it ends, or until the starter says so; returns its exit code as a shell would."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_the_leash())

    def stop(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=_end, args=(child,), daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=_listen, args=(child,), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _die_with_the_leash() -> Callable[[], object] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _listen(child: subprocess.Popen[bytes]) -> None:
    if sys.stdin.buffer.read(1) == KILL:
        child.kill()
    else:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(lead(sys.argv[1:]))
