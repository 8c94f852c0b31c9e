"""A bounded memory of the event ids of one customer, so that what the upstream sends again is known.

An id is kept as 8 bytes of XXH3: among 512 remembered ids, two different ones look the same once in 36 quadrillion movements. The memory is
a ring of sealed segments and an open tail, so that one more id rewrites only the tail.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import unpack

from xxhash import xxh3_64_intdigest

from streams.portfolio import Customer

SEGMENT = 32
_WIDTH = 8


def digest_of(source: str, event_id: str) -> int:
    """The 64-bit digest of an event's identity."""
    return xxh3_64_intdigest(f"{source}\x1f{event_id}".encode())


def unpacked(segment: bytes | bytearray) -> tuple[int, ...]:
    """The digests of a segment."""
    return unpack(f">{len(segment) // _WIDTH}Q", segment)


def recall(customer: Customer, segments: Iterable[tuple[int, bytes]]) -> None:
    """Fill the memory of a customer that has just been read."""
    for slot, segment in segments:
        customer.sealed[slot] = segment
        customer.seen.update(unpacked(segment))
    customer.seen.update(unpacked(customer.events))


def remember(customer: Customer, digest: int, capacity: int) -> None:
    """Keep one more id; the oldest segment goes when more than `capacity` are kept."""
    customer.seen.add(digest)
    tail = customer.events
    tail += digest.to_bytes(_WIDTH, "big")
    if len(tail) < SEGMENT * _WIDTH:
        return
    slot = customer.counted // SEGMENT % max(1, capacity // SEGMENT)
    forgotten = customer.sealed.get(slot)
    if forgotten is not None:
        customer.seen.difference_update(unpacked(forgotten))
    customer.sealed[slot] = bytes(tail)
    customer.slots = max(customer.slots, slot + 1)
    customer.unsaved.add(slot)
    customer.counted += SEGMENT
    tail.clear()
