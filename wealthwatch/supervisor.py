"""Child processes that are watched, that keep their last words, and that are never left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from wealthwatch.leash import KILL


class Child:
    """A program on a leash: it ends when it is stopped, and when this process ends in whatever way.

    It is out of the terminal's process group, so that Ctrl-C reaches only us and we stop it in our order.

    Args:
        name: how messages call it.
        command: the program and its arguments.
        log: the file that takes what it writes, standard output and standard error.
        environment: added to ours, of which settings are left out: a child has those it is given.
        grace_s: how long it may take to end by itself before it is killed.
    """

    def __init__(
        self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None, grace_s: float = 8.0
    ) -> None:
        self._grace_s = grace_s
        self.name = name
        self.log = log
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "wealthwatch.leash", str(grace_s), *command],
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**_without_settings(os.environ), **(environment or {})},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of the leash."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def last_words(self, lines: int = 10) -> str:
        """The end of what it wrote."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 16_384))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait until it ended.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        return self._process.wait(timeout_s)

    def ask_to_stop(self) -> None:
        """Ask it to end, and do not wait; asking again does no harm."""
        if self._process.stdin and not self._process.stdin.closed:
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def stop(self) -> int:
        """End it, by force if it does not listen."""
        self.ask_to_stop()
        try:
            return self._process.wait(self._grace_s + 2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def kill(self) -> int:
        """End it at once, without its knowing."""
        if self._process.stdin and not self._process.stdin.closed:
            with suppress(BrokenPipeError):
                self._process.stdin.write(KILL)
        self.ask_to_stop()
        return self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.upper().startswith("WEALTHWATCH_")}
