"""What the owner of a customer lets the owner of its household know: the records of `wealth.households`, which only detectors read.

The law of sharing:

1. What was done to a member (a movement that was applied, a profile that was learnt) is written to its household's partition in the very
   batch that did it, in its order. Each record says how far event time had come for the member.
2. When an hour has passed on a partition, that is written to every partition of the topic: all that its customers did before is there. Of
   several that pass within a batch (a replay has thousands of them) the last is written, since it says as much.
3. So a household is decided in event time, in whatever order partitions are read: what happened before an hour, once that hour has passed
   on all of them. What says an earlier time than was decided already is late, and decided when it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from aiokafka.partitioner import murmur2

from streams.customer import Customer, Profile
from streams.household import Member, membership


class Moved(msgspec.Struct, tag="moved", array_like=True):
    """A movement that was applied, its bytes as they came."""

    source: int
    """Partition of the member."""
    at: int
    """Event time that the member has reached."""
    customer_id: str
    movement: msgspec.Raw


class Learnt(msgspec.Struct, tag="learnt", array_like=True):
    """What households are to learn of a member (`streams.household.membership`)."""

    source: int
    at: int
    member: Member
    holds: bytes


class Passed(msgspec.Struct, tag="passed", array_like=True):
    """All that happened before an instant on a partition has been shared."""

    source: int
    at: int


Shared = Moved | Learnt | Passed
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Shared).decode
HOURLY: Final = b"\x00"
"""Key of `Passed`, which is of no household; no household_id has a control character."""


def partition_of(household_id: str, partitions: int) -> int:
    """Where a household is decided, as producers of Kafka spread keys."""
    return int(murmur2(household_id.encode()) & 0x7FFFFFFF) % partitions


def decode(value: bytes) -> Shared:
    """What a record says."""
    told: Shared = _decode(value)
    return told


class Sharing:
    """Shares what one partition's customers did."""

    def __init__(self, number: int, partitions: int, write: Callable[[int, bytes, bytes], None]) -> None:
        """Prepare.

        Args:
            number: of the partition.
            partitions: how many there are.
            write: takes the partition, the key and the value of a record.
        """
        self._number, self._partitions, self._write = number, partitions, write
        self._passed = 0
        self._moved: list[tuple[int, str, bytes]] = []
        """Offset, household, and the record."""

    def movement(self, customer: Customer, movement: bytes, offset: int) -> None:
        """A movement was applied to a member of a household; `moved` writes it."""
        household_id = customer.profile.household_id
        assert household_id is not None
        moved = Moved(self._number, customer.clock, customer.customer_id, msgspec.Raw(movement))
        self._moved.append((offset, household_id, _encode(moved)))

    def moved(self) -> None:
        """Write what `movement` was told, in the order of the offsets."""
        for _, household_id, value in sorted(self._moved):
            self._write(partition_of(household_id, self._partitions), household_id.encode(), value)
        self._moved.clear()

    def profile(self, customer: Customer, before: Profile) -> None:
        """A profile was learnt that was another before."""
        for household_id, member, holds in membership(customer, before):
            self._to(household_id, Learnt(self._number, customer.clock, member, holds))

    def hour(self, at: int) -> None:
        """An hour has passed for all customers; `tell` writes it."""
        self._passed = at

    def tell(self) -> None:
        """Write the last hour that has passed since this was last called, if any has."""
        if not self._passed:
            return
        value = _encode(Passed(self._number, self._passed))
        for partition in range(self._partitions):
            self._write(partition, HOURLY, value)
        self._passed = 0

    def _to(self, household_id: str, what: Shared) -> None:
        self._write(partition_of(household_id, self._partitions), household_id.encode(), _encode(what))
