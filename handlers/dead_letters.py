"""Reads the dead letters and puts them back where they came from.

A letter that was put back stays where it is; a marker, a record of the same topic and partition without bytes whose header `redriven` holds
the letter's id, says so, and a second run leaves it alone. Letter and marker are written in one transaction where the broker has them; else
the letter is acknowledged first, and a crash between the two puts it back again, which the detector knows by its event_id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from pydantic import ValidationError

from handlers.guarantee import producer
from handlers.history import all_partitions, history, offsets_at, reader
from schemas.dead_letters import DeadLetter, Fault
from schemas.message import Headers
from schemas.settings import Settings
from schemas.topics import DEAD_LETTERS, TOPICS

MARKER = "redriven"
"""Header of a marker: the id of the letter that was put back."""
ORIGIN = "dead_letter_redriven"
"""Header of what was put back: the id of the letter it comes from."""
_OURS = "dead_letter_"
_KEY_BYTES = 128
_CHUNK = 500
_FETCH_BYTES = DEAD_LETTERS.max_bytes


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a letter stands among the dead letters; written as topic-partition-offset."""

    partition: int
    offset: int
    topic: str

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}-{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote.

        Raises:
            ValueError: it is no such text.
        """
        topic, partition, offset = (*text.rsplit("-", 2), "", "")[:3]
        if not topic or not partition.isdecimal() or not offset.isdecimal():
            raise ValueError(f"{text!r} is not TOPIC-PARTITION-OFFSET")
        return cls(int(partition), int(offset), topic)


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter without its bytes.

    Attributes:
        key: its beginning; customers are recognised by it.
        why: what is known of it; None if somebody else wrote it and it says nothing.
        redriven: it was put back.
    """

    place: Place
    at: datetime
    size: int
    key: bytes
    why: DeadLetter | None
    redriven: bool = False


@dataclass(frozen=True, slots=True)
class Bytes:
    """A dead letter's untouched key, bytes and headers, ours left out."""

    key: bytes | None
    value: bytes | None
    headers: Headers


class UnknownLetterError(LookupError):
    """There are no letters at some of the places that were named; the text lists these."""


@dataclass(frozen=True, slots=True)
class Redriven:
    """What a run did, by number of letters."""

    redriven: int
    already: int
    homeless: int


def letters(settings: Settings, since: datetime | None = None) -> list[Letter]:
    """Every letter, oldest first within a partition.

    Args:
        settings: where they are.
        since: leave out those that were appended before.
    """
    with _reader(settings) as consumer:
        return _letters(settings, consumer, since)


def contents(settings: Settings, place: Place) -> tuple[Letter, Bytes] | None:
    """Read one letter; None if there is none."""
    with _reader(settings) as consumer:
        found = _record(settings, consumer, place)
        if found is None or _marks(found):
            return None
        return _letter(found), _bytes(found)


def redrive(
    settings: Settings,
    wanted: Callable[[Letter], bool],
    *,
    dry_run: bool = False,
    named: Iterable[Place] = (),
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Redriven:
    """Put letters back into the same partition of the topic they came from, bytes, key and headers untouched but for one header more.

    Args:
        settings: where they are.
        wanted: which.
        dry_run: only count.
        named: letters that must be there, else nothing is put back.
        progress: told how many of how many are done.

    Raises:
        UnknownLetterError: one that was named is not there.
    """
    with _reader(settings) as consumer, _Writer(settings, dry_run) as writer:
        chosen = [letter for letter in _letters(settings, consumer) if wanted(letter)]
        if gone := sorted(set(named) - {letter.place for letter in chosen}):
            raise UnknownLetterError(", ".join(map(str, gone)))
        homes = _homes(settings, consumer)
        back = {letter.place: letter.why for letter in chosen if letter.why and not letter.redriven and _home(letter.why) in homes}
        already = sum(letter.redriven for letter in chosen)
        done = 0
        if not dry_run:
            for chunk in _chunks(_again(consumer, back)):
                writer.put_back([(place, back[place], record) for place, record in chunk])
                done += len(chunk)
                progress(done, len(back))
        return Redriven(len(back) if dry_run else done, already, len(chosen) - already - len(back))


def with_fault(fault: Fault) -> Callable[[Letter], bool]:
    """Want the letters of one fault."""
    return lambda letter: letter.why is not None and letter.why.fault is fault


def at(places: Iterable[Place]) -> Callable[[Letter], bool]:
    """Want the letters that stand at these places."""
    some = frozenset(places)
    return lambda letter: letter.place in some


class _Writer:
    def __init__(self, settings: Settings, dry_run: bool) -> None:
        self._topic = settings.kafka.topic(DEAD_LETTERS)
        self._transactions = settings.detector.processing_guarantee == "exactly_once"
        self._producer: KafkaProducer | None = None
        if dry_run:
            return
        if self._transactions:
            # Begun before the letters are read: a run that is still under way elsewhere is fenced, and what it wrote is seen.
            self._producer = producer(settings.kafka, transactional_id=f"{settings.notifier.group_id}-redrive")
            self._producer.init_transactions()
        else:
            self._producer = producer(settings.kafka, enable_idempotence=False, max_in_flight_requests_per_connection=1)

    def put_back(self, chunk: list[tuple[Place, DeadLetter, ConsumerRecord]]) -> None:
        assert self._producer is not None
        if self._transactions:
            self._producer.begin_transaction()
        sent = []
        for place, why, record in chunk:
            found = _bytes(record)
            headers = [*found.headers, (ORIGIN, str(place).encode())]
            value = found.value if found.key is not None else found.value or b""
            sent.append(self._producer.send(why.topic, partition=why.partition, key=found.key, value=value, headers=headers))
        if not self._transactions:
            for future in sent:
                future.get()
        marks = [
            self._producer.send(self._topic, partition=place.partition, key=record.key, value=b"", headers=[(MARKER, str(place).encode())])
            for place, _, record in chunk
        ]
        if self._transactions:
            self._producer.commit_transaction()
        for future in marks:
            future.get()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._producer:
            self._producer.close(2.0)


def _reader(settings: Settings):  # type: ignore[no-untyped-def] # a context manager of kafka-python's consumer, which has no types
    return reader(settings.kafka, max_partition_fetch_bytes=_FETCH_BYTES)


def _places(settings: Settings, consumer: KafkaConsumer) -> list[TopicPartition]:
    return all_partitions(consumer, settings.kafka.topic(DEAD_LETTERS))


def _letters(settings: Settings, consumer: KafkaConsumer, since: datetime | None = None) -> list[Letter]:
    places = _places(settings, consumer)
    starts = offsets_at(consumer, places, since) if since else dict.fromkeys(places)
    found: list[Letter] = []
    redriven: set[str] = set()
    for record in history(consumer, starts):
        mark = _marks(record)
        if mark:
            redriven.add(mark)
        elif since is None or record.timestamp >= since.timestamp() * 1000:
            found.append(_letter(record))
    marked = [replace(one, redriven=str(one.place) in redriven) for one in found]
    return sorted(marked, key=lambda letter: letter.place)


def _letter(record: ConsumerRecord) -> Letter:
    try:
        why = DeadLetter.from_headers([(name, value or b"") for name, value in record.headers])
    except (ValidationError, UnicodeDecodeError):
        why = None
    place = Place(record.partition, record.offset, record.topic)
    return Letter(
        place, datetime.fromtimestamp(record.timestamp / 1000, UTC), len(record.value or b""), (record.key or b"")[:_KEY_BYTES], why
    )


def _bytes(record: ConsumerRecord) -> Bytes:
    return Bytes(record.key, record.value, [(name, value or b"") for name, value in record.headers if not name.startswith(_OURS)])


def _marks(record: ConsumerRecord) -> str | None:
    names = dict(record.headers)
    return None if f"{_OURS}fault" in names or MARKER not in names else (names[MARKER] or b"").decode(errors="replace")


def _home(why: DeadLetter) -> TopicPartition:
    return TopicPartition(why.topic, why.partition)


def _homes(settings: Settings, consumer: KafkaConsumer) -> set[TopicPartition]:
    # Only topics of ours: a letter's headers do not decide what else on this broker is written to.
    ours = [settings.kafka.topic(topic) for topic in TOPICS if topic is not DEAD_LETTERS]
    return {place for topic in ours for place in all_partitions(consumer, topic)}


def _again(consumer: KafkaConsumer, places: Iterable[Place]) -> Iterator[tuple[Place, ConsumerRecord]]:
    wanted = set(places)
    if not wanted:
        return
    first: dict[TopicPartition, int | None] = {}
    for place in sorted(wanted, reverse=True):
        first[TopicPartition(place.topic, place.partition)] = place.offset
    for record in history(consumer, first):
        place = Place(record.partition, record.offset, record.topic)
        if place in wanted:
            yield place, record


def _record(settings: Settings, consumer: KafkaConsumer, place: Place) -> ConsumerRecord | None:
    partition = TopicPartition(place.topic, place.partition)
    if partition not in _places(settings, consumer):
        return None
    if place.offset < consumer.beginning_offsets([partition])[partition]:
        return None
    record = next(history(consumer, {partition: place.offset}), None)
    return record if record and record.offset == place.offset else None


def _chunks(records: Iterable[tuple[Place, ConsumerRecord]]) -> Iterator[list[tuple[Place, ConsumerRecord]]]:
    chunk: list[tuple[Place, ConsumerRecord]] = []
    size = 0
    for place, record in records:
        chunk.append((place, record))
        size += len(record.value or b"")
        if len(chunk) >= _CHUNK or size >= 2 * _FETCH_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
