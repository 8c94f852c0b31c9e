"""Records as aiokafka's decoder has them, a batch at a time, where there are many.

A `ConsumerRecord` of each has nothing more that anybody here asks for, and to hand them out one by one costs more than to decode them.
aiokafka has no setting for this, so what is here stands in for two of its classes; what it does with transactions, markers and checksums
it does as ever, with whole batches in place of records.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher


class _Whole:
    """A batch whose one record is all of its records."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch
        self.records: list[Any] = []
        self.offset = -1
        """Of the last of them."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)  # a marker's own record

    def __iter__(self) -> Iterator[_Whole]:
        self.records = list(self._batch)
        if self.records:
            self.offset = self.records[-1].offset
            yield self


class _Batches:
    """What a fetch brought, in whole batches."""

    def __init__(self, records: Any) -> None:
        self._records = records

    def has_next(self) -> bool:
        return bool(self._records.has_next())

    def next_batch(self) -> _Whole:
        return _Whole(self._records.next_batch())


class BareRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """What a fetch brought of one partition.

    Of the topics that are named here it yields lists: the records of a batch, the decoder's own, with offset, timestamp, key, value and
    headers, without topic and partition. Of all others it yields aiokafka's records, as ever.
    """

    topics: ClassVar[set[str]] = set()
    next_fetch_offset: int

    def __init__(self, tp: TopicPartition, records: Any, *rest: Any) -> None:
        self.bare, self.over = tp.topic in self.topics, False
        self._left: list[Any] = []
        """Of the last batch, what was too much."""
        self._reached = -1
        super().__init__(tp, _Batches(records) if self.bare else records, *rest)

    def _consumer_record(self, tp: TopicPartition, record: Any) -> Any:
        if not self.bare:
            return super()._consumer_record(tp, record)
        begin = self.next_fetch_offset
        if record.records[0].offset >= begin:
            return record.records
        return [one for one in record.records if one.offset >= begin]  # whoever seeks may begin in the middle of a batch

    def take(self, most: int | None) -> list[Any]:
        """The next records, up to so many; `next_fetch_offset` says how far they go, and `over` that there are no more."""
        taken, self._left = self._left, []
        self.next_fetch_offset = max(self.next_fetch_offset, self._reached)
        while most is None or len(taken) < most:
            more = next(self, None)
            if more is None:
                self.over = True
                return taken
            taken += more
        self._reached = self.next_fetch_offset
        if len(taken) > most:
            self._left = taken[most:]
            del taken[most:]
            self.next_fetch_offset = self._left[0].offset
        return taken


class BareResult(fetcher.FetchResult):  # type: ignore[misc]
    """Hands out what `BareRecords` has."""

    _partition_records: BareRecords | None

    def getall(self, max_records: int | None = None) -> list[Any]:
        """See aiokafka."""
        records = self._partition_records
        if records is None or not records.bare:
            return super().getall(max_records)  # type: ignore[no-any-return]
        if not self.check_assignment(self._topic_partition):
            return []
        taken = records.take(max_records)
        self._update_position()
        if records.over:
            self._partition_records = None
        return taken


fetcher.PartitionRecords, fetcher.FetchResult = BareRecords, BareResult


def hand_out_bare(topic: str) -> None:
    """From now on every consumer of this process hands out the records of a topic as the decoder has them."""
    BareRecords.topics.add(topic)
