"""The scenarios, and the seeds with which one of them once failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults import deaths
from tests.faults.scene import Scene


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of fault.

    Args:
        name: on the command line and in the table.
        play: what happens; when it returns, the load goes on to its end and all is held against a backtest.
        customers: of the simulated bank, whose movements of `days` are published.
        rate: movements a second; None for as fast as can be.
        brokers: 1, or a cluster of 3.
        hot: whether one customer makes half of all movements.
    """

    name: str
    play: Callable[[Scene], None]
    customers: int = 150
    days: int = 60
    rate: float | None = 400
    brokers: int = 1
    hot: bool = False


SCENARIOS = (Scenario("killed", deaths.killed, customers=200, rate=250),)

REGRESSIONS: dict[str, tuple[int, ...]] = {}
"""Seeds that are played first, by scenario: each has shown a fault that is mended."""
