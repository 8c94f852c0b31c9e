"""Round numbers for an axis."""

from __future__ import annotations

import math
from datetime import date, timedelta


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round values, evenly apart, the first not above `low` and the last not below `high`."""
    if high <= low:
        low, high = low - (abs(low) * 0.1 or 1.0), high + (abs(high) * 0.1 or 1.0)
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
