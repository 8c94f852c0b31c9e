"""A small compacted topic as a mapping that follows it: read to its end at the start, then kept up to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Generic, TypeVar

import structlog
from kafka.consumer.fetcher import ConsumerRecord

from handlers.history import all_partitions, history, reader
from handlers.wire import Unreadable, read
from schemas.message import Message
from schemas.settings import Kafka
from schemas.topics import Topic

_LOG = structlog.get_logger(__name__)
M = TypeVar("M", bound=Message)


class Compacted(Mapping[str, M], Generic[M]):
    """The latest message of each key.

    Args:
        kafka: where it is.
        topic: which one.
        model: of its messages.
    """

    def __init__(self, kafka: Kafka, topic: Topic, model: type[M]) -> None:
        self._model = model
        self._topic = topic.name
        self._latest: dict[str, M] = {}
        self._open = ExitStack()
        self._consumer = self._open.enter_context(reader(kafka, fetch_max_wait_ms=500))
        for record in history(self._consumer, dict.fromkeys(all_partitions(self._consumer, kafka.topic(topic)))):
            self._take(record)

    def follow(self) -> None:
        """Take in what has arrived since the last call, without waiting."""
        for records in self._consumer.poll(timeout_ms=0).values():
            for record in records:
                self._take(record)

    def close(self) -> None:
        """Leave the topic."""
        self._open.close()

    def __getitem__(self, key: str) -> M:
        return self._latest[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._latest)

    def __len__(self) -> int:
        return len(self._latest)

    def _take(self, record: ConsumerRecord) -> None:
        key = (record.key or b"").decode(errors="replace")
        if record.value is None:
            self._latest.pop(key, None)
            return
        message = read(self._model, record.value)
        if isinstance(message, Unreadable):
            # What was valid before stays in force: a broken silence must not let go, a broken manager must not vanish.
            _LOG.warning(
                "unreadable",
                topic=self._topic,
                partition=record.partition,
                offset=record.offset,
                fault=message.fault.value,
                detail=message.detail,
            )
            return
        self._latest[key] = message
