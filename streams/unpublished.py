"""Whose allocations are not published yet: by name, or everybody where they would be too many to name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

MOST = 200_000
"""So many are named, some 20 MiB; a recovery of millions may find more, and then publishes everybody's, in the order of their ids."""


class Unpublished:
    """What a partition has yet to publish. To publish more than is due is harmless: an allocation says how it is."""

    def __init__(self, names_after: Callable[[str, int], list[str]] | None = None) -> None:
        """Begin with nobody.

        Args:
            names_after: so many customers after one, in the order of their ids; without it everybody is named, however many they are.
        """
        self.everybody = False
        self._names: set[str] = set()
        self._names_after, self._after = names_after, ""

    def __len__(self) -> int:
        """How many are named."""
        return len(self._names)

    def __bool__(self) -> bool:
        return self.everybody or bool(self._names)

    def update(self, names: Iterable[str]) -> None:
        """These have changed."""
        self._names.update(names)
        if self._names_after is not None and len(self._names) > MOST:
            self.all()

    def all(self) -> None:
        """Everybody may have changed."""
        self.everybody, self._after = True, ""
        self._names.clear()

    def clear(self) -> None:
        """All have been published."""
        self.everybody, self._after = False, ""
        self._names.clear()

    def take(self, most: int) -> list[str]:
        """Up to so many that are to be published next, who count as published from now on."""
        taken: list[str] = []
        while self._names and len(taken) < most:
            taken.append(self._names.pop())
        if self.everybody and len(taken) < most and self._names_after is not None:
            wanted = most - len(taken)
            found = self._names_after(self._after, wanted)
            self.everybody, self._after = len(found) == wanted, found[-1] if found else ""
            taken += found
        return taken
