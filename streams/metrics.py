"""What the detector counts and times; every label value is a named result, fault, rule or severity."""

from __future__ import annotations

from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.dead_letters import Fault
from schemas.rules import RuleFault

_MICROSECONDS = (1e-5, 2e-5, 3e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 1e-2)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The detector's metrics, all in seconds and whole counts."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()

        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(f"wealthwatch_{name}", meaning, labels, registry=self.registry)

        def gauge(name: str, meaning: str, *labels: str) -> Gauge:
            return Gauge(f"wealthwatch_{name}", meaning, labels, registry=self.registry)

        def histogram(name: str, meaning: str, buckets: tuple[float, ...] = _SECONDS) -> Histogram:
            return Histogram(f"wealthwatch_{name}", meaning, registry=self.registry, buckets=buckets)

        self.movements = counter("movements", "Movements by feed and result: applied, late, duplicate, refused", "source", "result")
        self.skipped = counter("movements_skipped", "Movements read again after a restart and already in the state")
        self.dead_letters = counter("dead_letters", "Refused messages by fault", "fault")
        self.notifications = counter("notifications", "Notification messages", "rule", "severity", "status")
        self.recon_breaks = counter("recon_breaks", "Balances that disagreed with the feed's, by feed", "source")
        self.fenced = counter("partitions_fenced", "Times another worker took a partition before this one had noticed")
        self.rules_refused = counter("rule_versions_refused", "Records of wealth.rules that are no version of a rule, by fault", "fault")
        self.rules_late = counter("rule_versions_late", "Versions that came after something past their active_since was decided", "rule")
        self.rule_failures = counter("rule_failures", "Times that a rule's expression could not be evaluated, by fault", "rule", "fault")
        self.feed_quiet = gauge("feed_quiet_seconds", "Working hours of a watched feed since the latest event time heard here", "source")
        self.feed_gap = gauge("feed_gap_seconds", "So long a watched feed may be quiet", "source")
        self.rules = gauge("rule_version", "Newest version of a rule's settings that this worker knows, active or not yet", "rule")
        self.deciding = histogram("decision_seconds", "Deciding one movement, the mean of its batch", _MICROSECONDS)
        self.committing = histogram("commit_seconds", "Writing one batch until it is durable")
        self.latency = histogram("notification_latency_seconds", "From the append of a movement to its notification being durable")
        self.batch = histogram("batch_movements", "Movements in one batch", (1, 10, 100, 1_000, 10_000, 32_000))
        self.lag = gauge("lag_movements", "Movements of a partition that are appended and not decided", "partition")
        self.waited = gauge("no_progress_seconds", "So long a partition has something to do and gets on with nothing", "partition")
        self.customers = gauge("customers", "Customers in the state", "partition")
        self.recovery = gauge("recovery_ratio", "Share of a partition's changelog that is read, 1 when recovered", "partition")
        self.recovered = gauge("recovery_records", "Records of its changelog that were read at a partition's opening", "partition")
        self.recovered_in = gauge("recovery_seconds", "How long a partition's opening took", "partition")
        self.standby_customers = gauge("standby_customers", "Customers kept warm for another worker", "partition")
        self.standby_lag = gauge("standby_lag_records", "Changelog records that a standby has yet to read", "partition")
        self._sources: set[str] = set()
        self._failed: set[tuple[str, str]] = set()
        self._reached: dict[str, int] = {}
        for fault in Fault:
            self.dead_letters.labels(fault)  # from the start: `increase()` does not see the first count of a series that begins with it
        for rule_fault in RuleFault:
            self.rules_refused.labels(rule_fault)

    def movement(self, source: str, result: str, count: int) -> None:
        """Count movements of a feed; feeds beyond the hundredth are counted together, since anyone may name a feed."""
        if source not in self._sources:
            if len(self._sources) >= 100:
                source = "other"
            self._sources.add(source)
        self.movements.labels(source, result).inc(count)

    def watch_feed(self, source: str, now: int, gap_minutes: int) -> None:
        """Watch a feed, of which nothing was heard yet, from now on."""
        self._reached[source] = now
        self.feed_gap.labels(source).set(gap_minutes * 60)

    def reach(self, source: str, at: int) -> None:
        """A feed has reached an event time; nothing if it is not watched."""
        if source in self._reached:
            self._reached[source] = max(self._reached[source], at)

    def reached(self, source: str) -> int:
        """The latest event time of a watched feed, or when the watch began."""
        return self._reached[source]

    def rule_failed(self, rule: str, fault: str, count: int) -> bool:
        """Count failures of a rule's expression; whether they are the first with this fault."""
        first = (rule, fault) not in self._failed
        self._failed.add((rule, fault))
        self.rule_failures.labels(rule, fault).inc(count)
        return first

    def forget(self, partition: int) -> None:
        """Drop the series of a partition that has gone to another worker."""
        for gauge in (self.lag, self.waited, self.customers, self.recovery, self.recovered, self.recovered_in):
            with suppress(KeyError):
                gauge.remove(str(partition))

    def forget_standby(self, partition: int) -> None:
        """Drop the series of a partition of which this worker is no standby any more."""
        for gauge in (self.standby_customers, self.standby_lag):
            with suppress(KeyError):
                gauge.remove(str(partition))
