"""The program behind a leash, for tests that stop it in its tracks."""

from __future__ import annotations

import time
from pathlib import Path

from wealthwatch.supervisor import Child


def program_pid(child: Child) -> int:
    """The process that the leash runs: what SIGSTOP and `kill -9` should hit."""
    return int(Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()[0])


def await_program(child: Child) -> None:
    """Return once the leash has started it."""
    children = Path(f"/proc/{child.pid}/task/{child.pid}/children")
    while child.exit_code is None and not children.read_text().split():
        time.sleep(0.01)
