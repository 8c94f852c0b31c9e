"""What a feed is to a job: gatherable, countable, and able to say where something stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from wealthwatch.backtesting.routing import Gathered, Share

Side = Iterator[tuple[str, int, bytes | None, bytes]]
"""What stands beside a feed: where (for people), an offset (-1 in a file), the key if it came with one, and the bytes."""


class Beside(Protocol):
    """Profiles or prices; frozen, like a source."""

    def lines(self) -> Side:
        """All of them, in their order."""


class Source(Protocol):
    """One FEED of the command; frozen, so that each job can be given it."""

    @property
    def name(self) -> str:
        """As the person wrote it."""

    @property
    def size(self) -> int:
        """How much there is, in the units of `gather`."""

    def gather(self, share: Share, largest: int) -> Iterator[tuple[int, int, Gathered]]:
        """Read it all, piece by piece.

        Yields the size read so far, the movements read so far (everybody's), and those of this share since the last time.

        Raises:
            handlers.feeds.FeedError: it is not what it should be.
        """

    def where(self, number: int) -> str:
        """Where a movement stands, for people."""

    @property
    def stamped(self) -> bool:
        """Whether it is known when its movements came."""

    def latest(self, number: int) -> float:
        """The latest event time that a movement at this place can have, where that is known."""

    def beside(self, what: str) -> Beside | None:
        """The `customers` or the `prices` that stand beside it, if there are any."""
