"""What looks different after something was kept: a page that does not show it need not be fetched again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Changes:
    """Customers by what of them changed.

    Args:
        pages: whose own page looks different.
        lines: whose lines in the list do: fewer, since a position changes with every movement and stands in no list.
    """

    pages: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()

    def __or__(self, other: Changes) -> Changes:
        return Changes(self.pages | other.pages, self.lines | other.lines)

    def __bool__(self) -> bool:
        return bool(self.pages or self.lines)

    def of(self, customers: set[str]) -> Changes:
        """Those of these customers alone."""
        return Changes(self.pages & customers, self.lines & customers)
