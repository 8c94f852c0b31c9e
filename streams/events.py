"""A bounded memory of the event ids of one customer, so that what the upstream sends again is known.

An id is kept as 8 bytes of XXH3: among 512 remembered ids, two different ones look the same once in 36 quadrillion movements. The memory is
a ring of segments; the changelog gets a segment of its own when it is full, and only the one that is filling with every state.
"""

from __future__ import annotations

from typing import Final

from librt.strings import read_i64_le
from librt.vecs import append, vec
from mypy_extensions import i64
from xxhash import xxh3_64_digest

from streams.customer import Customer
from streams.packing import zeros

SEGMENT: Final = 32


def digest_of(source: str, event_id: str) -> int:
    """The 64-bit digest of an event's identity, as a signed integer."""
    return read_i64_le(xxh3_64_digest(f"{source}\x1f{event_id}".encode()), 0)


def is_known(customer: Customer, digest: i64) -> bool:
    """Whether an event is remembered."""
    return digest in customer.events


def remember(customer: Customer, digest: i64, capacity: int) -> None:
    """Keep one more id; the oldest segment makes room when more than `capacity` would be kept. A place that holds nothing yet holds 0."""
    events = customer.events
    place: i64 = customer.cursor
    if place % SEGMENT == 0:
        if place > 0 and place + SEGMENT > capacity:
            place = 0
        size: i64 = len(events)
        while size < place + SEGMENT:
            events = append(events, 0)
            size += 1
        for old in range(place, place + SEGMENT):
            events[old] = 0
        customer.events = events
    events[place] = digest
    customer.cursor = place + 1
    if (place + 1) % SEGMENT == 0:
        customer.unsaved.add(int(place // SEGMENT))


def segments(customer: Customer) -> int:
    """How many segments the ring has, the one that is filling included."""
    return len(customer.events) // SEGMENT


def sealed(customer: Customer, number: int) -> vec[i64]:
    """The ids of a segment."""
    begin = number * SEGMENT
    return customer.events[begin : begin + SEGMENT]


def filling(customer: Customer) -> vec[i64]:
    """The ids of the segment that is filling; none when the last was just sealed."""
    end: i64 = customer.cursor
    return customer.events[end - end % SEGMENT : end]


def recall(customer: Customer, count: int, filled: vec[i64], others: list[tuple[int, vec[i64]]]) -> None:
    """Fill the memory of a customer that has just been read, whose `cursor` is known.

    Args:
        customer: whose memory.
        count: how many segments there were.
        filled: the ids of the one that is filling.
        others: number and ids of the sealed segments that were found.
    """
    events = zeros(count * SEGMENT)
    for number, ids in others:
        if number < count:
            _put(events, number * SEGMENT, ids)
    if len(filled) > 0:
        begin: i64 = customer.cursor - customer.cursor % SEGMENT
        for old in range(begin, begin + SEGMENT):
            events[old] = 0
        _put(events, begin, filled)
    customer.events = events


def _put(events: vec[i64], begin: i64, ids: vec[i64]) -> None:
    place: i64 = 0
    size: i64 = len(ids)
    while place < size:
        events[begin + place] = ids[place]
        place += 1
