"""A customer's state as records of the changelog, and back.

A record is the instant of the next wake (8 bytes, big-endian), the version (1 byte), and a MessagePack array; the long parts of it are
blocks of 64-bit integers, little-endian, which are copied and not looked at. A customer is one record under the customer_id, and one for
each sealed segment of the memory of event ids under the customer_id, a NUL and the segment's number.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import msgspec
from mypy_extensions import mypyc_attr

from streams.customer import Account, Condition, Customer, Profile, Told
from streams.events import filling, recall, segment, segments
from streams.history import Classes, History

STATE_VERSION = 2
_HEAD = 9
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Any]).decode

if sys.byteorder != "little":
    raise ImportError("the state's blocks of integers are little-endian, and so must the machine be")


@mypyc_attr(native_class=False)
class NewerStateError(RuntimeError):
    """The changelog was written by a later version of wealthwatch, which this one cannot read."""


@mypyc_attr(native_class=False)
class OlderStateError(RuntimeError):
    """The changelog was written by a version of wealthwatch that this one no longer reads."""


def new_customer(customer_id: str) -> Customer:
    """A customer of whom nothing is known."""
    return Customer(customer_id)


def encode(customer: Customer) -> list[tuple[bytes, bytes]]:
    """The records that changed since the last time, key and value; the customer's own is the last."""
    key = customer.customer_id.encode()
    head = customer.wake.to_bytes(8, "big", signed=True) + STATE_VERSION.to_bytes(1, "big")
    own = (key, head + _pack(packed(customer)))
    if not customer.unsaved:
        return [own]
    records = [(segment_key(key, number), segment(customer, number)) for number in sorted(customer.unsaved)]
    customer.unsaved.clear()
    records.append(own)
    return records


def packed(customer: Customer) -> tuple[Any, ...]:
    """All of a customer but the wake, the sealed segments, and what is not encoded."""
    return (
        customer.customer_id,
        customer.clock,
        customer.position,
        customer.first_seen,
        customer.moved_on,
        customer.active,
        customer.tier,
        customer.aum,
        customer.owed,
        customer.turnover,
        {name: account.pack() for name, account in customer.accounts.items()},
        customer.history.kept_from,
        customer.history.pack(),
        customer.classes.pack(),
        {key: condition.pack() for key, condition in customer.conditions.items()} if customer.conditions else None,
        customer.latched,
        [told.pack() for told in customer.told],
        customer.reversed,
        customer.profile.pack(),
        customer.cursor,
        segments(customer),
        filling(customer),
    )


def decode(value: bytes, find: Callable[[bytes], bytes | None]) -> Customer:
    """The customer of a record; `find` looks up the segments' records.

    Raises:
        NewerStateError: a later version wrote it.
        OlderStateError: a version wrote it that is no longer read.
    """
    version = value[_HEAD - 1]
    if value[:1] == b"[" or version < STATE_VERSION:
        raise OlderStateError("the changelog is of a version that is no longer read: remove its topic and replay the movements")
    if version > STATE_VERSION:
        raise NewerStateError(f"the state has version {version}, this wealthwatch reads up to {STATE_VERSION}: install the newer one")
    fields = _unpack(memoryview(value)[_HEAD:])
    customer = Customer(fields[0])
    customer.wake = wake_of(value)
    customer.clock, customer.position, customer.first_seen = fields[1], fields[2], fields[3]
    customer.moved_on, customer.active, customer.tier = fields[4], fields[5], fields[6]
    customer.aum, customer.owed, customer.turnover = fields[7], fields[8], fields[9]
    customer.accounts = {name: Account.unpack(account) for name, account in fields[10].items()}
    customer.history = History.unpack(fields[11], fields[12])
    customer.classes = Classes.unpack(fields[13])
    customer.conditions = {key: Condition(*condition) for key, condition in (fields[14] or {}).items()}
    customer.latched = fields[15]
    customer.told = [Told(*told) for told in fields[16]]
    customer.reversed = fields[17]
    customer.profile = Profile(*fields[18])
    customer.cursor = fields[19]
    key = customer.customer_id.encode()
    found = [(number, find(segment_key(key, number))) for number in range(fields[20])]
    recall(customer, [(number, kept) for number, kept in found if kept is not None], fields[21], fields[20])
    return customer


def wake_of(value: bytes) -> int:
    """The `wake` of a record without decoding the rest."""
    return int.from_bytes(value[:8], "big", signed=True)


def segment_key(key: bytes, number: int) -> bytes:
    """Key of a segment's record."""
    return b"%s\x00%d" % (key, number)


def is_segment(key: bytes) -> bool:
    """Whether a record holds a segment."""
    return b"\x00" in key
