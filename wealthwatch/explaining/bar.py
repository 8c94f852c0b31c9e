"""Where a value stands among the severity bands, in one line of text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

STRETCH = 14
"""Characters of each stretch: below the first band, and each band."""


def bar(value: Decimal, lowers: Sequence[Decimal]) -> tuple[str, list[int]]:
    """The line, with `┃` where a band begins and `●` where the value is, and the places where bands begin.

    Stretches are equally long, whatever they span; within one, the place is in proportion. The last band has no end and shows up to twice
    its beginning.
    """
    edges = [Decimal(0), *lowers]
    ends = [*lowers, lowers[-1] * 2]
    place = 0
    for number, (low, high) in enumerate(zip(edges, ends, strict=True)):
        if value >= low or number == 0:
            share = min(Decimal(1), max(Decimal(0), (value - low) / (high - low))) if high > low else Decimal(0)
            place = number * STRETCH + min(STRETCH - 1, int(share * (STRETCH - 1)))
    ticks = [number * STRETCH for number in range(1, len(edges))]
    line = ["━"] * (STRETCH * len(edges))
    for tick in ticks:
        line[tick] = "┃"
    line[place] = "●"
    return "".join(line), ticks
