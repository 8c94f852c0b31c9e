"""Whether a process's memory grows: a line through its samples that neither a peak nor a step at one moment can bend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

FLAT = 0.01
"""Of the memory: what grows by less in the stretch that is judged is flat. At 12,000 movements/s a byte kept of each is more."""

Sample = tuple[float, float]
"""Seconds since the beginning, and MiB."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How memory went over a stretch of time.

    Args:
        level: the median, in MiB.
        slope: MiB an hour.
        growth: what the slope comes to in the stretch, as a share of the level.
    """

    level: float
    slope: float
    growth: float

    @property
    def flat(self) -> bool:
        """Whether it does not grow; what shrinks does not."""
        return self.growth < FLAT


def drift(samples: Sequence[Sample]) -> Drift:
    """Of samples in their order: the slope is the median of the slopes between all pairs (Theil, 1950; Sen, 1968)."""
    level = median(mib for _, mib in samples)
    slope = median((b - a) / (t - s) for (s, a), (t, b) in combinations(samples, 2))
    return Drift(level, slope * 3_600, slope * (samples[-1][0] - samples[0][0]) / level)


def second_half(samples: Sequence[Sample]) -> list[Sample]:
    """The samples of the second half of the time."""
    middle = (samples[0][0] + samples[-1][0]) / 2
    return [sample for sample in samples if sample[0] >= middle]
