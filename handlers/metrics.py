"""The notifier's figures; each says in one line what it means."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import product

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from handlers.delivery import Outcome
from schemas.dead_letters import Fault
from schemas.journal import Reason
from schemas.managers import Channel
from schemas.rules import Severity

_LOG = structlog.get_logger(__name__)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)


class NotifierMetrics:
    """What the notifier counts.

    Args:
        registry: where the figures are shown.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.told = Counter("wealthwatch_notifications_told", "Messages delivered.", ("channel", "severity"), registry=registry)
        self.held = Counter("wealthwatch_notifications_held", "Messages held back.", ("reason",), registry=registry)
        self.undelivered = Counter("wealthwatch_notifications_undelivered", "Messages given up.", ("channel",), registry=registry)
        self.dead_letters = Counter(
            "wealthwatch_notifier_dead_letters", "Unreadable notifications set aside.", ("fault",), registry=registry
        )
        self.delivery_seconds = Histogram(
            "wealthwatch_delivery_seconds",
            "From the decision to the end of a delivery, all tries and waits included.",
            ("channel",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.append_to_told_seconds = Histogram(
            "wealthwatch_append_to_told_seconds",
            "From a notification's append to its acknowledged journal entry.",
            ("channel",),
            buckets=_SECONDS,
            registry=registry,
        )
        _start(self.told, Channel, Severity)
        _start(self.held, Reason)
        _start(self.dead_letters, Fault)
        for by_channel in (self.undelivered, self.delivery_seconds, self.append_to_told_seconds):
            _start(by_channel, Channel)
        self.under_way = Gauge(
            "wealthwatch_notifications_under_way", "Messages with a delivery that has not ended.", ("partition",), registry=registry
        )
        self.lag = Gauge("wealthwatch_notifier_lag_records", "Records not read yet.", ("partition",), registry=registry)
        self.remembered = Gauge("wealthwatch_notifier_remembered", "Messages known to be told or held.", ("partition",), registry=registry)

    def count_end(self, outcome: Outcome, now: datetime) -> None:
        """Count a delivery whose end stands in the journal, and say in the log if it was given up."""
        delivery, channel = outcome.delivery, outcome.delivery.channel.value
        notification = delivery.telling.notification
        self.delivery_seconds.labels(channel).observe((now - delivery.decided_at).total_seconds())
        if outcome.error is None:
            self.told.labels(channel, notification.severity.value).inc()
            self.append_to_told_seconds.labels(channel).observe((now - delivery.appended_at).total_seconds())
        else:
            self.undelivered.labels(channel).inc()
            _LOG.warning("undelivered", channel=channel, message_id=str(notification.message_id), error=outcome.error)

    def leave(self, partition: int) -> None:
        """Show nothing more of a partition that is no longer ours."""
        for gauge in (self.under_way, self.lag, self.remembered):
            gauge.remove_by_labels({"partition": str(partition)})


def _start(figure: Counter | Histogram, *labels: Iterable[str]) -> None:
    # A series that appears with its first count has not increased in the eyes of `increase()`.
    for values in product(*labels):
        figure.labels(*values)
