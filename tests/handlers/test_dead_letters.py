from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handlers.dead_letters import MARKER, ORIGIN, Place, Redriven, at, contents, letters, redrive, with_fault
from schemas.dead_letters import DeadLetter, Fault
from schemas.settings import Settings
from schemas.topics import DEAD_LETTERS, MOVEMENTS
from tests.brokers.records import produce, read_all

BAD = [b"\xff\xfe", b"{", b"", b'{"amount": "1e400"}']
FAULTS = [Fault.NOT_UTF8, Fault.NOT_JSON, Fault.EMPTY, Fault.INVALID_AMOUNT]


def set_aside(settings: Settings, values: list[bytes] = BAD, topic: str | None = None, customer: str = "C1") -> None:
    """As the detector does it: the untouched bytes, the original headers, then ours."""
    produce(
        settings,
        DEAD_LETTERS,
        [
            (
                customer,
                value,
                [
                    ("ce_id", f"e{number}".encode()),
                    *DeadLetter(
                        fault=FAULTS[number % len(FAULTS)],
                        detail="amount: decimal_string",
                        topic=topic or settings.kafka.topic(MOVEMENTS),
                        partition=2,
                        offset=100 + number,
                        timestamp=1_741_600_000_000,
                    ).headers(),
                ],
            )
            for number, value in enumerate(values)
        ],
    )


def everything(_: object) -> bool:
    return True


def test_each_letter_says_why_it_was_refused_and_where_it_came_from(settings: Settings) -> None:
    set_aside(settings)
    found = letters(settings)
    assert [letter.why.fault for letter in found if letter.why] == FAULTS
    assert [letter.why.offset for letter in found if letter.why] == [100, 101, 102, 103]
    assert [letter.size for letter in found] == [len(value) for value in BAD]
    assert not any(letter.redriven for letter in found)


def test_no_letters_is_an_empty_list(settings: Settings) -> None:
    assert letters(settings) == []
    assert redrive(settings, everything) == Redriven(0, 0, 0)


def test_letters_are_found_from_a_moment_on(settings: Settings) -> None:
    set_aside(settings)
    now = datetime.now(UTC)
    assert len(letters(settings, now - timedelta(minutes=5))) == 4
    assert letters(settings, now + timedelta(minutes=5)) == []


def test_the_bytes_of_one_letter_are_as_they_came(settings: Settings) -> None:
    set_aside(settings)
    third = letters(settings)[3]
    found = contents(settings, third.place)
    assert found is not None
    letter, what = found
    assert letter == third
    assert (what.key, what.value, what.headers) == (b"C1", BAD[3], [("ce_id", b"e3")])


@pytest.mark.parametrize("offset", [4, 10_000])
def test_where_no_letter_stands_there_is_none(settings: Settings, offset: int) -> None:
    set_aside(settings)
    partition = letters(settings)[0].place.partition
    assert contents(settings, Place(partition, offset, settings.kafka.topic(DEAD_LETTERS))) is None
    assert contents(settings, Place(partition, 0, settings.kafka.topic(MOVEMENTS))) is None
    assert contents(settings, Place(99, 0, settings.kafka.topic(DEAD_LETTERS))) is None


def test_a_letter_goes_back_untouched_to_the_partition_it_came_from_and_says_where_it_has_been(settings: Settings) -> None:
    set_aside(settings)
    places = [letter.place for letter in letters(settings)]
    assert redrive(settings, everything) == Redriven(4, 0, 0)
    back = read_all(settings, MOVEMENTS)
    assert [(one.key, one.value, one.partition) for one in back] == [(b"C1", value, 2) for value in BAD]
    assert [one.headers for one in back] == [
        [("ce_id", f"e{number}".encode()), (ORIGIN, str(place).encode())] for number, place in enumerate(places)
    ]


def test_a_second_run_does_nothing_twice(settings: Settings) -> None:
    set_aside(settings)
    assert redrive(settings, with_fault(Fault.NOT_JSON)) == Redriven(1, 0, 0)
    assert [letter.redriven for letter in letters(settings)] == [False, True, False, False]
    assert redrive(settings, everything) == Redriven(3, 1, 0)
    assert redrive(settings, everything) == Redriven(0, 4, 0)
    assert len(read_all(settings, MOVEMENTS)) == 4


def test_a_marker_is_no_letter_and_stands_beside_its_letter(settings: Settings) -> None:
    set_aside(settings)
    [first, *_] = letters(settings)
    redrive(settings, at([first.place]))
    records = read_all(settings, DEAD_LETTERS)
    [marker] = [one for one in records if dict(one.headers).get(MARKER)]
    assert (marker.partition, marker.value, marker.headers) == (first.place.partition, b"", [(MARKER, str(first.place).encode())])
    assert len(letters(settings)) == 4
    assert contents(settings, Place(marker.partition, marker.offset, marker.topic)) is None


def test_a_dry_run_counts_and_writes_nothing(settings: Settings) -> None:
    set_aside(settings)
    assert redrive(settings, everything, dry_run=True) == Redriven(4, 0, 0)
    assert read_all(settings, MOVEMENTS) == []
    assert len(read_all(settings, DEAD_LETTERS)) == 4


def test_what_was_put_back_and_is_refused_again_is_a_new_letter_that_can_go_back_again(settings: Settings) -> None:
    set_aside(settings, [b"{"])
    redrive(settings, everything)
    [back] = read_all(settings, MOVEMENTS)
    why = DeadLetter(fault=Fault.NOT_JSON, detail="again", topic=back.topic, partition=back.partition, offset=back.offset, timestamp=0)
    produce(settings, DEAD_LETTERS, [(back.key, back.value, [*back.headers, *why.headers()])])
    assert redrive(settings, everything) == Redriven(1, 1, 0)
    origins = [dict(one.headers)[ORIGIN] for one in read_all(settings, MOVEMENTS)]
    assert origins == [str(letter.place).encode() for letter in letters(settings)]


def test_a_letter_goes_nowhere_but_to_a_topic_of_ours(settings: Settings) -> None:
    set_aside(settings, [b"{"], topic="elsewhere")
    set_aside(settings, [b"{"], topic=settings.kafka.topic(DEAD_LETTERS))
    produce(settings, DEAD_LETTERS, [("C1", b"no headers")])
    assert redrive(settings, everything) == Redriven(0, 0, 3)
    assert letters(settings)[2].why is None


def test_many_and_large_letters_go_back_all(settings: Settings) -> None:
    values = [b"x" * 2_000_000] * 6 + [b"%d" % number for number in range(1_200)]
    for customer in ("C1", "C2"):
        set_aside(settings, values, customer=customer)
    seen: list[tuple[int, int]] = []
    assert redrive(settings, everything, progress=lambda done, of: seen.append((done, of))) == Redriven(2_412, 0, 0)
    assert seen[-1] == (2_412, 2_412)
    assert len(seen) > 3
    back = sorted(one.value for one in read_all(settings, MOVEMENTS))
    assert back == sorted(values * 2)


def test_a_place_is_written_and_read_alike() -> None:
    place = Place(3, 17, "wealth.dead-letters")
    assert str(place) == "wealth.dead-letters-3-17"
    assert Place.parse(str(place)) == place
    for text in ("", "x", "x-1", "-1-2", "topic-1-x", "topic--1"):
        with pytest.raises(ValueError, match="is not TOPIC-PARTITION-OFFSET"):
            Place.parse(text)
