"""Reads and writes the records of `wealth.rules`; whether they are versions of a rule is for others to say.

Where the broker has transactions, two that publish at the same time do not overwrite each other: who begins fences whoever began before,
and reads only then; the fenced one's record is not written, and it is told so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kafka import KafkaProducer
from kafka.errors import KafkaError

from handlers.guarantee import producer
from handlers.history import all_partitions, history, reader
from schemas.message import cloud_event
from schemas.rules import RuleSettings
from schemas.settings import Settings
from schemas.topics import RULES

SOURCE = "/wealthwatch/rules"
_CLOSE_WITHIN_S = 2.0
_FENCED = ("Fenced", "ProducerEpoch")


class Overtaken(Exception):  # noqa: N818 - nothing failed: somebody else was faster
    """Another began to publish since; nothing of ours is written."""


def newest(settings: Settings) -> dict[str, tuple[bytes, bytes]]:
    """The newest record of each key, key and value, by the key as text; those that were taken away are left out."""
    found: dict[str, tuple[bytes, bytes]] = {}
    with reader(settings.kafka) as consumer:
        for record in history(consumer, dict.fromkeys(all_partitions(consumer, settings.kafka.topic(RULES)))):
            key = record.key or b""
            found.pop(key.decode(errors="replace"), None)
            if record.value is not None:
                found[key.decode(errors="replace")] = (key, record.value)
    return found


class RulePublisher:
    """Writes one record at a time, and returns when it is durable."""

    def __init__(self, settings: Settings) -> None:
        self._topic = settings.kafka.topic(RULES)
        self._transactions = settings.detector.processing_guarantee == "exactly_once"
        self._producer: KafkaProducer
        if self._transactions:
            self._producer = producer(settings.kafka, transactional_id=f"{settings.detector.application_id}-rules")
            self._producer.init_transactions()
        else:
            self._producer = producer(settings.kafka, enable_idempotence=False, max_in_flight_requests_per_connection=1)

    def publish(self, version: RuleSettings) -> None:
        """Write a version.

        Raises:
            Overtaken: another began to publish.
        """
        assert version.active_since is not None
        value = version.model_dump_json(exclude_none=True).encode()
        self._write(version.key, value, cloud_event("rule.changed", version.key, SOURCE, version.active_since))

    def withdraw(self, version: RuleSettings) -> None:
        """Take a version away.

        Raises:
            Overtaken: another began to publish.
        """
        self._write(version.key, None, [])

    def close(self) -> None:
        """Disconnect."""
        with suppress(KafkaError):  # every write was waited for
            self._producer.close(_CLOSE_WITHIN_S)

    def _write(self, key: str, value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
        try:
            if self._transactions:
                self._producer.begin_transaction()
            sent = self._producer.send(self._topic, partition=0, key=key.encode(), value=value, headers=headers)
            if self._transactions:
                self._producer.commit_transaction()
            sent.get()
        except KafkaError as error:
            if any(word in f"{type(error).__name__} {error}" for word in _FENCED):
                raise Overtaken(key) from error
            raise


@contextmanager
def publishing(settings: Settings) -> Iterator[RulePublisher]:
    """Begin to publish; read what is there only then."""
    publisher = RulePublisher(settings)
    try:
        yield publisher
    finally:
        publisher.close()
