from __future__ import annotations

from prometheus_client import CollectorRegistry

from handlers.metrics import NotifierMetrics
from schemas.dead_letters import Fault
from schemas.journal import Reason
from schemas.managers import Channel
from schemas.rules import Severity


def test_every_label_that_is_known_has_its_count_from_the_start() -> None:
    registry = CollectorRegistry()
    NotifierMetrics(registry)
    counts = {
        *(("told", (("channel", channel), ("severity", severity))) for channel in Channel for severity in Severity),
        *(("held", (("reason", reason),)) for reason in Reason),
        *(("undelivered", (("channel", channel),)) for channel in Channel),
    }
    assert {registry.get_sample_value(f"wealthwatch_notifications_{name}_total", dict(labels)) for name, labels in counts} == {0}
    assert {registry.get_sample_value("wealthwatch_notifier_dead_letters_total", {"fault": fault}) for fault in Fault} == {0}


def test_nothing_is_shown_of_a_partition_that_has_gone() -> None:
    registry = CollectorRegistry()
    metrics = NotifierMetrics(registry)
    metrics.lag.labels("3").set(7)
    metrics.leave(3)
    metrics.leave(4)
    assert registry.get_sample_value("wealthwatch_notifier_lag_records", {"partition": "3"}) is None
