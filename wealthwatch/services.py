"""The three services as children of one process, one worker each."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from schemas.settings import Door, Settings
from wealthwatch.configuration import environment_of
from wealthwatch.refusal import Refusal
from wealthwatch.supervisor import Child

COMMANDS = {"detector": ("detector",), "notifier": ("notifier",), "inbox": ("inbox", "serve")}
OURS = 1
"""Exit code when a service failed: nothing that was asked for is at fault."""


class Services:
    """Starts the services, watches them, and stops them all.

    Args:
        settings: for all of them; each has a door at a port that is known.
        folder: takes a log of each.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.doors: dict[str, Door] = {name: getattr(settings, name).door for name in COMMANDS}
        self._children: list[Child] = []
        environment = environment_of(settings)
        try:
            for name, arguments in COMMANDS.items():
                command = [sys.executable, "-m", "wealthwatch", *arguments]
                self._children.append(Child(name, command, folder / f"{name}.log", environment))
        except BaseException:
            self.stop()
            raise

    def check(self) -> None:
        """Make sure that all of them run.

        Raises:
            Refusal: one has ended; its last words are in the text.
        """
        for child in self._children:
            if child.exit_code is not None:
                raise Refusal(
                    f"the {child.name} ended with exit code {child.exit_code}", f"its last words:\n{child.last_words()}", exit_code=OURS
                )

    def await_ready(self, within_s: float = 60) -> None:
        """Return once all of them are ready for work.

        Raises:
            Refusal: one has ended, or takes too long.
        """
        deadline = time.monotonic() + within_s
        while waiting := [name for name, door in self.doors.items() if not _is_ready(door)]:
            self.check()
            if time.monotonic() > deadline:
                raise Refusal(f"not ready after {within_s:.0f} s: {', '.join(waiting)}", "give this machine more time or fewer tasks", OURS)
            time.sleep(0.05)

    def stop(self) -> None:
        """End all of them, together."""
        for child in self._children:
            child.ask_to_stop()
        for child in self._children:
            child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def _is_ready(door: Door) -> bool:
    with suppress(URLError, OSError), urlopen(f"http://{door.host}:{door.port}/readyz", timeout=2) as answer:
        return bool(answer.status == 200)
    return False
