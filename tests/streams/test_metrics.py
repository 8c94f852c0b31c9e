from __future__ import annotations

from schemas.dead_letters import Fault
from streams.metrics import Metrics


def test_every_fault_has_its_count_from_the_start() -> None:
    registry = Metrics().registry
    assert {registry.get_sample_value("wealthwatch_dead_letters_total", {"fault": fault}) for fault in Fault} == {0}


def test_feeds_beyond_the_hundredth_are_counted_together() -> None:
    metrics = Metrics()
    for number in range(105):
        metrics.movement(f"feed-{number}", "applied", 2)
    assert metrics.registry.get_sample_value("wealthwatch_movements_total", {"source": "other", "result": "applied"}) == 10
