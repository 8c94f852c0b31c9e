"""The customers who play a planted story: quiet people, so that what is seen of them is the story."""

from __future__ import annotations

from dataclasses import dataclass

YUAN = 100


@dataclass(frozen=True, slots=True)
class Part:
    """How a story's customer begins; money in fen.

    Args:
        tier: index of the tier in their profile.
        current: on the current account.
        income: monthly salary.
        fund: held in a fund.
        second: on a second demand deposit account.
        matures: fen and days of a structured deposit that matures.
        salaried: the salary comes by itself every month.
        asleep: does nothing at all, but for the story.
    """

    tier: int
    current: int
    income: int = 12_000 * YUAN
    fund: int = 0
    second: int = -1
    matures: tuple[int, int] = (0, 0)
    salaried: bool = True
    asleep: bool = False
