"""The scenarios, and the seeds with which one of them once failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults import clocks, deaths, feeds, outages, stores
from tests.faults.scene import After, Scene


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of fault.

    Args:
        name: on the command line and in the table.
        play: what happens; when it returns, the load goes on to its end and all is held against a backtest; what it returns is called then.
        customers: of the simulated bank, whose movements of `days` are published: longer than the longest stretch that most rules look at.
        rate: movements a second; None for as fast as can be.
        seconds: instead of a rate, how long the movements are to take.
        brokers: 1, or a cluster of 3.
        hot: whether one customer makes half of all movements.
    """

    name: str
    play: Callable[[Scene], After | None]
    customers: int = 150
    days: int = 45
    rate: float | None = 400
    seconds: float | None = None
    brokers: int = 1
    hot: bool = False


SCENARIOS = (
    Scenario("killed", deaths.killed, customers=200, rate=250),
    Scenario("terminated", deaths.terminated),
    Scenario("frozen", deaths.frozen),
    Scenario("scaled", deaths.scaled),
    Scenario("rolled", deaths.rolled),
    Scenario("told", deaths.told),
    Scenario("burst", feeds.burst, customers=400, rate=None),
    Scenario("poisoned", feeds.poisoned),
    Scenario("hot", feeds.hot, customers=80),
    Scenario("clock-moved", clocks.clock_moved),
    Scenario("store-full", stores.store_full),
    Scenario("store-deleted", stores.store_deleted),
    Scenario("store-damaged", stores.store_damaged),
    Scenario("store-put-back", stores.store_put_back),
    Scenario("notifications-unwritable", outages.notifications_unwritable),
    Scenario("changelog-unwritable", outages.changelog_unwritable),
    Scenario("broker-frozen", outages.broker_frozen, rate=250),
    Scenario("broker-stopped", outages.broker_stopped, rate=250),
    Scenario("broker-killed", outages.broker_killed, rate=250),
    Scenario("node-lost", outages.node_lost, rate=250, brokers=3),
)

REGRESSIONS: dict[str, tuple[int, ...]] = {"store-deleted": (11,), "broker-frozen": (104,)}
"""Seeds that are played first, by scenario: each has shown a fault that is mended."""
