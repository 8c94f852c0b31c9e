"""The door of the detector beside the movements: profiles and ticks; and whatever is refused, as a dead letter with the untouched bytes."""

from __future__ import annotations

from datetime import UTC, datetime

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from schemas.customers import Customer as CustomerProfile
from schemas.dead_letters import DeadLetter, Fault
from schemas.ticks import Tick
from streams.customer import Profile
from streams.fuse import Fuse
from streams.metrics import Metrics
from streams.profiles import profile_of
from streams.publisher import Batch
from streams.wire import Refusal


class Intake:
    """Reads the records of one partition; refuses into the batch, and blows the fuse when too many are refused."""

    def __init__(self, dead_letters: str, fuse: Fuse, metrics: Metrics) -> None:
        self._dead_letters = dead_letters
        self._fuse = fuse
        self._metrics = metrics

    def profile(self, record: ConsumerRecord, batch: Batch) -> Profile | None:
        """The profile of a record, an empty one if the customer was removed; None if it was refused."""
        if record.value is None:
            return Profile(offset=record.offset)
        try:
            told = CustomerProfile.model_validate_json(record.value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(str(step) for step in first["loc"])
            self.refuse(record, Refusal(Fault.INVALID_VALUE, f"{where}: {first['msg']}"), batch)
            return None
        if record.key != told.customer_id.encode():
            self.refuse(record, Refusal(Fault.WRONG_KEY, "the record's key is not the customer_id"), batch)
            return None
        return profile_of(told, record.offset)

    def tick(self, record: ConsumerRecord, batch: Batch) -> Tick | None:
        """The tick of a record; None if it was refused."""
        try:
            return Tick.model_validate_json(record.value or b"")
        except ValidationError:
            self.refuse(record, Refusal(Fault.INVALID_VALUE, "not a tick"), batch)
            return None

    def refuse(self, record: ConsumerRecord, refusal: Refusal, batch: Batch, place: tuple[str, int] | None = None) -> None:
        """Put a record into the dead letters, untouched; `place` is its topic and partition where the record does not say.

        Raises:
            FuseBlownError: it was one too many.
        """
        topic, partition = place or (record.topic, record.partition)
        letter = DeadLetter(
            fault=refusal.fault,
            detail=refusal.detail[:1_000],
            topic=topic,
            partition=partition,
            offset=record.offset,
            timestamp=record.timestamp,
        )
        batch.say(self._dead_letters, record.key, record.value or b"", [*record.headers, *letter.headers()])
        self._metrics.dead_letters.labels(refusal.fault).inc()
        self._fuse.bad()


def appended_at(record: ConsumerRecord) -> datetime:
    """When the broker, or the producer where the topic says so, dated a record."""
    return datetime.fromtimestamp(record.timestamp / 1_000, UTC)
