"""What the inbox counts; every name and label is here."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The inbox's metrics on a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.records = Counter("wealthwatch_inbox_records", "Records taken into the read model", ["topic"], registry=self.registry)
        self.malformed = Counter("wealthwatch_inbox_malformed", "Records skipped: not a valid message", ["topic"], registry=self.registry)
        self.lag = Gauge("wealthwatch_inbox_feed_lag", "Records not yet in the read model", ["topic"], registry=self.registry)
        self.caught_up = Gauge("wealthwatch_inbox_caught_up", "1 once the feed has reached what was there at start", registry=self.registry)
        self.feed_failures = Counter(
            "wealthwatch_inbox_feed_failures", "Times the feed broke off and began again", ["error"], registry=self.registry
        )
        self.batch_seconds = Histogram("wealthwatch_inbox_batch_seconds", "One transaction of the feed", registry=self.registry)
        self.requests = Counter("wealthwatch_inbox_requests", "Requests answered", ["method", "route", "status"], registry=self.registry)
        self.request_seconds = Histogram(
            "wealthwatch_inbox_request_seconds", "Until the answer began", ["method", "route"], registry=self.registry
        )
        self.live = Gauge("wealthwatch_inbox_live_connections", "Pages that listen", registry=self.registry)
        self.follow_ups = Counter("wealthwatch_inbox_follow_ups", "Follow-ups published", ["step"], registry=self.registry)
        self.follow_ups_failed = Counter(
            "wealthwatch_inbox_follow_ups_failed", "Follow-ups that Kafka did not take", ["step"], registry=self.registry
        )
        self.logins = Counter("wealthwatch_inbox_logins", "Tries to log in", ["result"], registry=self.registry)
