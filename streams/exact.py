"""Products and shares that are exact, in 64 bits where they fit, since whole numbers without bounds take long to multiply."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

MILLION: Final[i64] = 1_000_000
SMALL: Final = 1 << 40
"""What is smaller, either way, may be multiplied by four millions: some hundred million currency units in ten-thousandths."""
FEW: Final = 1 << 22


def reaches(part: int, share: int, whole: int) -> bool:
    """Whether a part is at least so many millionths of the whole: part x 1,000,000 >= share x whole."""
    if -SMALL < part < SMALL and -SMALL < whole < SMALL and -FEW < share < FEW:
        small: i64 = part
        of: i64 = whole
        times: i64 = share
        return small * MILLION >= times * of
    return part * 1_000_000 >= share * whole


def millionths(part: int, whole: int) -> int:
    """A part in millionths of the whole, which is not 0, rounded down."""
    if -SMALL < part < SMALL and -SMALL < whole < SMALL:
        small: i64 = part
        of: i64 = whole
        return small * MILLION // of
    return part * 1_000_000 // whole
