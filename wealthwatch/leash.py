"""`python -m wealthwatch.leash PROGRAM ...`: runs a program that ends when whoever started it does, however that one ended.

The starter holds the other end of our standard input; when it dies, even by `kill -9`, the system closes that end and we stop the program.
On Linux the program is also killed when the leash itself is.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import threading
from types import FrameType

GRACE_S = 8.0
"""How long a program may take to end by itself before it is killed."""
_PR_SET_PDEATHSIG = 1


def lead(command: list[str]) -> int:
    """Run the program until it ends, or until standard input does; returns its exit code as a shell would."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_the_leash())

    def stop(_signal: int = 0, _frame: FrameType | None = None) -> None:
        threading.Thread(target=_end, args=(child,), daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), stop()), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _die_with_the_leash():  # type: ignore[no-untyped-def]
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(lead(sys.argv[1:]))
