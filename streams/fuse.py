"""When bad messages stop the worker: past a run or a ratio of them the fault is ours or the feed's, and going on would bury the feed."""

from __future__ import annotations

from collections import deque

from schemas.settings import Fuse as FuseSettings


class FuseBlownError(RuntimeError):
    """Too many messages of one partition were refused."""


class Fuse:
    """Counts the refused among the last messages of one partition."""

    def __init__(self, settings: FuseSettings) -> None:
        self._settings = settings
        self._run = 0
        self._seen = 0
        self._bad: deque[int] = deque()
        """When, counted in messages, each of the refused of the last window came."""

    def good(self, count: int = 1) -> None:
        """So many messages were accepted."""
        self._run = 0
        self._seen += count

    def bad(self) -> None:
        """A message was refused.

        Raises:
            FuseBlownError: it was one too many.
        """
        self._seen += 1
        self._run += 1
        self._bad.append(self._seen)
        window = self._settings.window
        while self._bad[0] <= self._seen - window:
            self._bad.popleft()
        if self._run >= self._settings.run:
            raise FuseBlownError(f"{self._run} messages in a row were refused (detector.fuse.run)")
        if self._seen >= window and len(self._bad) > self._settings.ratio * window:
            raise FuseBlownError(f"{len(self._bad)} of the last {window} messages were refused (detector.fuse.ratio)")
