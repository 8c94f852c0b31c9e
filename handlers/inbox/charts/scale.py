"""Round numbers for an axis."""

from __future__ import annotations

import math
from datetime import date, timedelta

HAIR = 1e-9
"""A difference so small, of the value, is none: the line is flat."""


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round values, evenly apart, the first not above `low` and the last not below `high`."""
    if high - low <= HAIR * max(1.0, abs(low), abs(high)):
        room = max(1.0, abs(low) * 0.1)
        low, high = low - room, high + room
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [place * step for place in range(first, last + 1)]


def dates(first: date, last: date, wanted: int = 5) -> list[date]:
    """Dates evenly apart, both ends included."""
    days = (last - first).days
    steps = max(1, min(wanted - 1, days))
    return sorted({first + timedelta(days=round(days * place / steps)) for place in range(steps + 1)})
