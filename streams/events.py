"""A bounded memory of the event ids of one customer, so that what the upstream sends again is known.

An id is kept as 8 bytes of XXH3: among 512 remembered ids, two different ones look the same once in 36 quadrillion movements. The memory is
a ring of segments; the changelog gets a segment of its own when it is full, and only the one that is filling with every state.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Final

from librt.strings import read_i64_le
from librt.vecs import append, vec
from mypy_extensions import i64
from xxhash import xxh3_64_digest

from streams.customer import Customer

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


def segment(customer: Customer, number: int) -> bytes:
    """A sealed segment's bytes."""
    begin = number * SEGMENT
    return bytes(memoryview(customer.events[begin : begin + SEGMENT]))


def filling(customer: Customer) -> memoryview:
    """The segment that is filling, to be copied at once; empty when the last was just sealed."""
    end = customer.cursor
    return memoryview(customer.events)[end - end % SEGMENT : end]


def recall(customer: Customer, sealed: Iterable[tuple[int, bytes]], tail: bytes, count: int) -> None:
    """Fill the memory of a customer that has just been read, whose `cursor` is known.

    Args:
        customer: whose memory.
        sealed: number and bytes of the sealed segments that were found.
        tail: the bytes of the one that is filling.
        count: how many segments there were.
    """
    found = array("q", bytes(8 * SEGMENT * count))
    for number, kept in sealed:
        if 0 <= number < count:
            found[number * SEGMENT : (number + 1) * SEGMENT] = array("q", kept)
    if tail:
        begin = customer.cursor - customer.cursor % SEGMENT
        found[begin : begin + SEGMENT] = array("q", tail.ljust(8 * SEGMENT, b"\0"))
    customer.events = vec[i64](found)
