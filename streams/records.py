"""Records as aiokafka's decoder has them, where there are many: a `ConsumerRecord` of each has nothing more that anybody here asks for.

aiokafka has no setting for this, so what is here stands in for its class.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, cast

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher


class BareRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """What a fetch brought of one partition.

    The records of the topics that are named here are the decoder's own: with offset, timestamp, key, value and headers, without topic and
    partition. Those of all others are aiokafka's, as ever.
    """

    topics: ClassVar[set[str]] = set()

    def _consumer_record(self, tp: TopicPartition, record: Any) -> Any:
        return record if tp.topic in self.topics else super()._consumer_record(tp, record)

    def __iter__(self) -> Iterator[Any]:
        return cast("Iterator[Any]", self._records_iterator)


fetcher.PartitionRecords = BareRecords


def hand_out_bare(topic: str) -> None:
    """From now on every consumer of this process hands out the records of a topic as the decoder has them."""
    BareRecords.topics.add(topic)
