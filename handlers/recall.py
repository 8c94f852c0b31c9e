"""Rebuilds from the journal what was told and held of partitions that were just assigned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog
from kafka import TopicPartition

from handlers.history import history, offsets_at, reader
from handlers.partition import KEPT
from handlers.told import Told
from handlers.wire import Unreadable, read
from schemas.journal import JournalEntry
from schemas.settings import Kafka
from schemas.topics import JOURNAL

_LOG = structlog.get_logger(__name__)


def recall(kafka: Kafka, partitions: Mapping[int, bool], now: datetime) -> dict[int, Told]:
    """Read the journal.

    Args:
        kafka: where it is.
        partitions: by number, whether the group has a position there. Without one all notifications will be read again, and the whole
            journal is needed to tell none of them twice; else the last `KEPT` days of it suffice.
        now: the wall clock; a journal entry is appended after its event time, so nothing older can matter.
    """
    told = {number: Told() for number in partitions}
    with reader(kafka) as consumer:
        places = [TopicPartition(kafka.topic(JOURNAL), number) for number in partitions]
        starts = offsets_at(consumer, places, now - KEPT)
        for record in history(consumer, {place: starts[place] if partitions[place.partition] else None for place in places}):
            entry = read(JournalEntry, record.value)
            if isinstance(entry, Unreadable):
                _LOG.warning("journal_entry_unreadable", partition=record.partition, offset=record.offset, fault=entry.fault.value)
            else:
                told[record.partition].learn(entry)
    return told
