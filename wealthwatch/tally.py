"""What has come of a replay so far, read from the topics themselves: decided, found, told, refused."""

from __future__ import annotations

from collections import Counter
from typing import Any, Self
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from schemas.journal import JournalEntry
from schemas.notifications import Notification, Status
from schemas.settings import Kafka
from schemas.topics import DEAD_LETTERS, JOURNAL, NOTIFICATIONS, STATES
from streams.changelog import POSITIONS_KEY, Positions, decode_positions


class Tally:
    """Follows the detector's and the notifier's topics from their beginning.

    A message that was written twice, after a crash, counts once.
    """

    def __init__(self, kafka: Kafka) -> None:
        self._take = {
            kafka.topic(STATES): self._decided,
            kafka.topic(NOTIFICATIONS): self._found,
            kafka.topic(JOURNAL): self._told,
            kafka.topic(DEAD_LETTERS): self._refused,
        }
        self._positions: dict[int, Positions] = {}
        self._messages: set[UUID] = set()
        self._accounted: set[UUID] = set()
        self.by_rule: Counter[str] = Counter()
        self.by_severity: Counter[str] = Counter()
        self.by_manager: Counter[str] = Counter()
        self.dead_letters = 0
        self._consumer = KafkaConsumer(**kafka.client(), group_id=None, isolation_level="read_committed", enable_auto_commit=False)
        self._consumer.assign(
            [TopicPartition(topic, number) for topic in self._take for number in self._consumer.partitions_for_topic(topic) or ()]
        )
        self._consumer.seek_to_beginning()

    def follow(self, wait_ms: int) -> None:
        """Take in what has come, or wait for something so long."""
        for partition, records in self._consumer.poll(wait_ms, max_records=5_000).items():
            for record in records:
                self._take[partition.topic](record)

    @property
    def movements(self) -> int:
        """Movements that are decided, and whose outcome is safe."""
        return sum(positions.movements for positions in self._positions.values())

    @property
    def ticks(self) -> int:
        """Ticks that are decided."""
        return sum(positions.ticks for positions in self._positions.values())

    @property
    def together(self) -> bool:
        """Whether households are decided as far as the ticks of their members are."""
        return all(positions.hour >= positions.ticked for positions in self._positions.values())

    @property
    def messages(self) -> int:
        """Notification messages: openings and all that was said of them later."""
        return len(self._messages)

    @property
    def told(self) -> int:
        """Messages of which the journal says what became of them."""
        return len(self._messages & self._accounted)

    @property
    def notifications(self) -> int:
        """Notifications that were opened."""
        return self.by_rule.total()

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _decided(self, record: ConsumerRecord) -> None:
        if record.key == POSITIONS_KEY:
            self._positions[record.partition] = decode_positions(record.value)

    def _found(self, record: ConsumerRecord) -> None:
        notification = Notification.model_validate_json(record.value)
        if notification.message_id in self._messages:
            return
        self._messages.add(notification.message_id)
        if notification.status is Status.OPENED:
            self.by_rule[notification.rule.name] += 1
            self.by_severity[notification.severity.value] += 1
            self.by_manager[notification.manager_id or ""] += 1

    def _told(self, record: ConsumerRecord) -> None:
        self._accounted.add(JournalEntry.model_validate_json(record.value).message_id)

    def _refused(self, record: ConsumerRecord) -> None:
        # The markers of redriven letters stand on the same topic and say no fault.
        self.dead_letters += any(name == "dead_letter_fault" for name, _ in record.headers)
