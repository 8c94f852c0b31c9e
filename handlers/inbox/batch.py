"""What one poll of Kafka brought, as rows by table; a record that is not a valid message is counted and left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Protocol

import structlog
from pydantic import ValidationError

from handlers.inbox import rows, tables
from handlers.inbox.database import Row
from schemas import topics
from schemas.customers import Customer
from schemas.follow_ups import FollowUp
from schemas.journal import JournalEntry
from schemas.managers import Manager
from schemas.notifications import Notification
from schemas.positions import Position
from schemas.settings import Kafka
from schemas.topics import Topic

log = structlog.get_logger(__name__)


class Record(Protocol):
    """What the feed needs of a record of kafka-python."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


READ = (topics.MANAGERS, topics.CUSTOMERS, topics.POSITIONS, topics.NOTIFICATIONS, topics.JOURNAL, topics.FOLLOW_UPS)
"""The topics that the inbox reads."""


@dataclass(slots=True)
class Batch:
    """Rows to write, by table and key, and where to go on after them.

    Of a compacted topic the last record of a key counts, of a log the first: a second one is a redelivery.
    """

    rows: dict[type[tables.Table], dict[str, Row | None]] = field(default_factory=dict)
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    malformed: dict[str, int] = field(default_factory=dict)


class Reader:
    """Turns records into batches; `kafka` says how the topics are called on this broker."""

    def __init__(self, kafka: Kafka, zone: tzinfo) -> None:
        self._reads: dict[str, tuple[Topic, type[tables.Table], Callable[[bytes], Row | None]]] = {
            kafka.topic(topic): (topic, table, read)
            for topic, table, read in (
                (topics.MANAGERS, tables.Manager, lambda value: rows.manager_row(Manager.model_validate_json(value))),
                (topics.CUSTOMERS, tables.Customer, lambda value: rows.customer_row(Customer.model_validate_json(value))),
                (topics.POSITIONS, tables.Position, lambda value: rows.position_row(Position.model_validate_json(value), zone)),
                (topics.NOTIFICATIONS, tables.Message, lambda value: rows.message_row(Notification.model_validate_json(value))),
                (topics.JOURNAL, tables.Telling, lambda value: rows.telling_row(JournalEntry.model_validate_json(value))),
                (topics.FOLLOW_UPS, tables.FollowUp, lambda value: rows.follow_up_row(FollowUp.model_validate_json(value))),
            )
        }

    def read(self, records: Iterable[Record]) -> Batch:
        """Read every record that can be read; the offsets pass the others as well."""
        batch = Batch()
        for record in records:
            topic, table, _ = self._reads[record.topic]
            batch.offsets[record.topic, record.partition] = record.offset + 1
            batch.read[topic.name] = batch.read.get(topic.name, 0) + 1
            try:
                key, row = self._row(record)
            except (ValidationError, ValueError, OverflowError):
                batch.malformed[topic.name] = batch.malformed.get(topic.name, 0) + 1
                log.warning("malformed record skipped", at=f"{record.topic}-{record.partition}-{record.offset}")
            else:
                of_table = batch.rows.setdefault(table, {})
                of_table[key] = row if topic.keeping == "compact" else of_table.get(key, row)
        return batch

    def _row(self, record: Record) -> tuple[str, Row | None]:
        topic, table, read = self._reads[record.topic]
        if record.value is None:
            if topic.keeping != "compact" or record.key is None:
                raise ValueError("only a compacted topic forgets")
            return record.key.decode(), None
        row = read(record.value)
        if row is None:
            return (record.key or b"").decode(), None
        return str(row[next(iter(table.__table__.primary_key)).name]), row
