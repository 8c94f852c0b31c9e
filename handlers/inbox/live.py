"""Tells open pages that something changed; what changed they fetch themselves, past the same locks as any page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handlers.inbox.changes import Changes


class Ear:
    """One page that listens: gathers changes until the page is told."""

    def __init__(self) -> None:
        self._changed = Changes()
        self._rang = asyncio.Event()

    def hear(self, changes: Changes) -> None:
        """Remember the changes and wake the page."""
        self._changed |= changes
        self._rang.set()

    async def listen(self, patience: float) -> Changes:
        """What changed since the last time; nothing, when nothing did for so many seconds."""
        try:
            await asyncio.wait_for(self._rang.wait(), patience)
        except TimeoutError:
            return Changes()
        changed, self._changed = self._changed, Changes()
        self._rang.clear()
        return changed


class Live:
    """All pages that listen, on one event loop."""

    def __init__(self) -> None:
        self._ears: set[Ear] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say on which loop the pages live."""
        self._loop = loop

    def tell(self, changes: Changes) -> None:
        """Tell all pages, from any thread; without a loop nobody listens yet."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._ring, changes)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Ear]:
        """An ear for as long as the page stays."""
        ear = Ear()
        self._ears.add(ear)
        try:
            yield ear
        finally:
            self._ears.discard(ear)

    def _ring(self, changes: Changes) -> None:
        for ear in self._ears:
            ear.hear(changes)
