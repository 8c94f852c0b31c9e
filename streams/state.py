"""A customer's state as records of the changelog, and back.

The records are JSON arrays: the integers of money have no bound there, and an operator can read them with any Kafka tool. A customer is one
record under the customer_id, and one for each sealed segment of the memory of event ids under the customer_id, a NUL and the slot.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from streams.events import recall
from streams.portfolio import Customer

STATE_VERSION = 1
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Customer).decode


class NewerStateError(RuntimeError):
    """The changelog was written by a later version of wealthwatch, which this one cannot read."""


def new_customer(customer_id: str) -> Customer:
    """A customer of whom nothing is known."""
    return Customer(wake=0, version=STATE_VERSION, customer_id=customer_id)


def encode(customer: Customer) -> list[tuple[bytes, bytes]]:
    """The records that changed since the last time, key and value; the customer's own is the last."""
    key = customer.customer_id.encode()
    value = _encode(customer)
    if not customer.counted or not customer.unsaved:
        return [(key, value)]
    records = [(segment_key(key, slot), customer.sealed[slot]) for slot in customer.unsaved]
    customer.unsaved.clear()
    return [*records, (key, value)]


def decode(value: bytes, find: Callable[[bytes], bytes | None]) -> Customer:
    """The customer of a record; `find` looks up the segments' records.

    Raises:
        NewerStateError: a later version wrote it.
    """
    version = int(value.split(b",", 2)[1])
    if version > STATE_VERSION:
        raise NewerStateError(f"the state has version {version}, this wealthwatch reads up to {STATE_VERSION}: install the newer one")
    customer = _decode(value)
    key = customer.customer_id.encode()
    found = ((slot, find(segment_key(key, slot))) for slot in range(customer.slots))
    recall(customer, ((slot, segment) for slot, segment in found if segment is not None))
    return customer


def wake_of(value: bytes) -> int:
    """The `wake` of a record without decoding the rest."""
    return int(value[1 : value.index(b",")])


def segment_key(key: bytes, slot: int) -> bytes:
    """Key of a segment's record."""
    return b"%s\x00%d" % (key, slot)


def is_segment(key: bytes) -> bool:
    """Whether a record holds a segment."""
    return b"\x00" in key
