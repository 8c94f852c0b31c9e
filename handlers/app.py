"""The notifier's wiring: consumer, guarantee, channels, followed topics."""

from __future__ import annotations

from datetime import UTC, datetime

from kafka import KafkaConsumer
from prometheus_client import CollectorRegistry

from handlers.channels import open_channels
from handlers.compacted import Compacted
from handlers.delivery import Courier, Patience
from handlers.guarantee import guarantee
from handlers.metrics import NotifierMetrics
from handlers.notifier import POLL_MS, Notifier
from schemas.managers import Manager
from schemas.settings import Settings
from schemas.silences import Silence
from schemas.topics import MANAGERS, SILENCES


def notifier(settings: Settings, registry: CollectorRegistry) -> Notifier:
    """Put the notifier together; it joins its group when it runs.

    Raises:
        schemas.settings.SettingsError: a channel cannot work with these settings.
        kafka.errors.KafkaError: the broker does not answer.
    """
    channels = open_channels(settings)
    consumer = KafkaConsumer(
        **settings.kafka.client(),
        group_id=settings.notifier.group_id,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        allow_auto_create_topics=False,
        fetch_max_wait_ms=POLL_MS,  # the embedded broker looks for news only so often; Apache Kafka tells at once anyway
        session_timeout_ms=int(settings.notifier.session_timeout_s * 1000),
        heartbeat_interval_ms=int(min(settings.notifier.heartbeat_interval_s, settings.notifier.session_timeout_s / 3) * 1000),
    )
    return Notifier(
        settings,
        consumer,
        guarantee(settings, consumer),
        Courier(channels, Patience.of(settings.notifier)),
        Compacted(settings.kafka, MANAGERS, Manager),
        Compacted(settings.kafka, SILENCES, Silence),
        NotifierMetrics(registry),
        _now,
    )


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the one clock of the notifier; decisions are given its time
