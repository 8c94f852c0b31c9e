"""What one customer will do on one date, carried out in the order of the clock."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

_when = itemgetter(0)


class Plans:
    """Deeds with their second of the day; those of one second keep the order in which they were planned."""

    __slots__ = ("_deeds",)

    def __init__(self) -> None:
        self._deeds: list[tuple[Any, ...]] = []

    def add(self, second: int, deed: Callable[..., Any], *of: Any) -> None:
        """Call `deed(second, *of)` when it is time."""
        self._deeds.append((second, deed, *of))

    def carry_out(self) -> None:
        """Do it all and forget it."""
        deeds = self._deeds
        if not deeds:
            return
        if len(deeds) > 1:
            deeds.sort(key=_when)
        for second, deed, *of in deeds:
            deed(second, *of)
        deeds.clear()
