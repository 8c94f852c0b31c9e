"""Where a customer's past is read from: the topics of a running Kafka, by a reader that is in no group and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.partitioner import murmur2
from pydantic import ValidationError

from handlers.history import all_partitions, history, reader
from schemas.notifications import Notification
from schemas.settings import Settings
from schemas.ticks import Tick
from schemas.topics import CUSTOMERS, MOVEMENTS, NOTIFICATIONS, PRICES, TICKS, Topic
from streams.household import by_household
from streams.reading import read
from streams.turn import FUTURE_SECONDS
from streams.wire import Refusal
from streams.wording import Text
from wealthwatch.backtesting.beside import prices, profiles
from wealthwatch.backtesting.source import Side
from wealthwatch.explaining import words
from wealthwatch.explaining.life import Past, Step, household_of, of_household
from wealthwatch.tuning.in_force import in_force

Far = Callable[[float], None]


@dataclass(frozen=True)
class Records:
    """Records as something beside a feed."""

    records: tuple[ConsumerRecord, ...]

    def lines(self) -> Side:
        """See `wealthwatch.backtesting.source.Beside`."""
        for record in self.records:
            if record.value is not None:
                yield f"{record.topic}-{record.partition}-{record.offset}", record.offset, record.key, record.value


@dataclass(slots=True)
class Topics:
    """The topics of these settings."""

    settings: Settings
    _partition: int | None = field(default=None, init=False)
    """Of the messages found last: the customer's movements have the same."""

    def messages(self, wanted: str, far: Far) -> list[Notification]:
        """What is said under an id, of a notification or of one message, in order; all of the notification."""
        needle = wanted.encode()
        found = [
            (record.partition, one)
            for record in self._records(NOTIFICATIONS, None, far)
            if record.value and needle in record.value and (one := _notification(record.value))
        ]
        named = [(partition, one) for partition, one in found if wanted in (str(one.notification_id), str(one.message_id))]
        if not named:
            return []
        self._partition, first = named[0]
        notification_id = str(first.notification_id)
        if wanted != notification_id:
            return self.messages(notification_id, far)
        return list({one.message_id: one for _, one in named}.values())

    def past(self, customer_id: str, near: Notification | None, far: Far) -> Past | None:
        """All that is left of a customer, or of the household that a notification is about; None if no movement is theirs.

        Args:
            customer_id: whose.
            near: the notification to be explained; the profile is then the one that it was decided with.
            far: told how much is read.
        """
        if home := household_of(near):
            return self._together(home, far)
        key, movements = customer_id.encode(), list[ConsumerRecord]()
        partitions = self._likely(key)
        for partition in partitions:
            movements = [record for record in self._records(MOVEMENTS, partition, far) if record.key == key]
            if movements:
                break
        if not movements:
            return None
        number = movements[0].partition
        told = [record for record in self._records(CUSTOMERS, number) if record.key == key]
        used = near.evidence.profile_offset if near is not None else None
        told = [record for record in told if record.offset == used] or told[-1:]
        known, _ = profiles(0, 1, (Records(tuple(told)),))
        dated, _ = prices((Records(tuple(self._records(PRICES, None))),))
        steps = list(self._steps(movements, list(self._records(TICKS, number))))
        return Past(customer_id, steps, known.ours.get(customer_id), dated, in_force(self.settings), self._warnings(number))

    def _together(self, household_id: str, far: Far) -> Past | None:
        """All that is left of a household's members, in event time, and the hours that passed on one partition."""
        known, _ = profiles(0, 1, (Records(tuple(self._records(CUSTOMERS, None))),))
        members = by_household(known.ours).get(household_id, [])
        keys = {member.customer_id.encode() for member in members}
        movements = [record for record in self._records(MOVEMENTS, None, far) if record.key in keys]
        if not movements:
            return None
        numbers = sorted({record.partition for record in movements})
        hours = [Step.tick(int(tick.at.timestamp()), _stamp(record)) for record, tick in _ticks(list(self._records(TICKS, numbers[0])))]
        steps = sorted([*hours, *self._steps(movements, [])], key=lambda step: step.at)
        dated, _ = prices((Records(tuple(self._records(PRICES, None))),))
        warnings = [warning for number in numbers for warning in self._warnings(number)]
        return of_household(Past(household_id, steps, None, dated, in_force(self.settings), warnings), members)

    def _likely(self, key: bytes) -> list[int]:
        """All partitions, the one first in which the customer most likely is."""
        with reader(self.settings.kafka) as consumer:
            every = [one.partition for one in all_partitions(consumer, self.settings.kafka.topic(MOVEMENTS))]
        first = self._partition if self._partition is not None else (murmur2(key) & 0x7FFFFFFF) % max(1, len(every))
        return sorted(every, key=lambda number: number != first)

    def _records(self, topic: Topic, partition: int | None, far: Far | None = None) -> Iterator[ConsumerRecord]:
        """What stands in a topic now, or in one partition of it."""
        with reader(self.settings.kafka) as consumer:
            parts = [one for one in all_partitions(consumer, self.settings.kafka.topic(topic)) if partition in (None, one.partition)]
            ends, begins = consumer.end_offsets(parts), consumer.beginning_offsets(parts)
            size = max(1, sum(ends[one] - begins[one] for one in parts))
            for count, record in enumerate(history(consumer, dict.fromkeys(parts)), 1):
                if far is not None and count % 1_000 == 0:
                    far(min(1.0, count / size))
                yield record

    def _steps(self, movements: list[ConsumerRecord], ticks: list[ConsumerRecord]) -> Iterator[Step]:
        """Movements in the order of their offsets, each tick after the movement after which it counts."""
        waiting = [(tick.after_offset, Step.tick(int(tick.at.timestamp()), _stamp(record))) for record, tick in _ticks(ticks)]
        place = 0
        for record in movements:
            while place < len(waiting) and waiting[place][0] < record.offset:
                yield waiting[place][1]
                place += 1
            posting = read(record.value, record.key, self.settings.detector.largest_movement_bytes)
            if not isinstance(posting, Refusal) and posting.at * 1_000 <= record.timestamp + FUTURE_SECONDS * 1_000:
                yield Step.of(posting, _stamp(record))
        for _, step in waiting[place:]:
            yield step

    def _warnings(self, number: int) -> list[Text]:
        topic = self.settings.kafka.topic(MOVEMENTS)
        with reader(self.settings.kafka) as consumer:
            first = consumer.beginning_offsets([TopicPartition(topic, number)])[TopicPartition(topic, number)]
        return [words.retention(f"{topic}-{number}", first)] if first else []


def _ticks(records: list[ConsumerRecord]) -> Iterator[tuple[ConsumerRecord, Tick]]:
    for record in records:
        try:
            yield record, Tick.model_validate_json(record.value or b"")
        except ValidationError:
            continue  # the detector made a dead letter of it


def _notification(value: bytes) -> Notification | None:
    try:
        return Notification.model_validate_json(value)
    except ValidationError:
        return None


def _stamp(record: ConsumerRecord) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1_000, UTC)
