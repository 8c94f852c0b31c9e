"""All that one partition keeps of its changelog: customers, households, how far the sources are decided, whose allocation is unpublished.

The law of what is kept on disk (`streams.rocks`):

1. It is written after the batch is committed, states and checkpoint in one write: so it is never ahead of the changelog.
2. The checkpoint is the offset of the changelog up to which it holds all. Opened again, it reads what comes after; what comes before it
   reads only as far as allocations may be unpublished, and only to know whose.
3. What is not certainly of this changelog is removed and read anew: of another topic, application or number of partitions, with a
   checkpoint outside of what the topic has, damaged, or not to be opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from aiokafka import ConsumerRecord

from streams.changelog import HOUSEHOLD_MARK, POSITIONS_KEY, Positions, decode_positions
from streams.publisher import Written
from streams.state import names_of
from streams.store import MemoryStore, Restored, Room, Store
from streams.unpublished import Unpublished


class StoreInUseError(RuntimeError):
    """Another worker has the store."""


class StoreMissingError(RuntimeError):
    """RocksDB is asked for and not installed."""


class StoreDamagedError(OSError):
    """What the store has is not what was written; it is to be removed and read anew."""


class StoreFailedError(OSError):
    """The disk does not do what it is asked to: it is full, or not there."""


class States:
    """What both kinds share: how a changelog is read back."""

    on_disk: ClassVar[bool] = False
    """Whether it is there when it is opened anew."""

    def __init__(self, customers: Store, households: Store, unpublished: Unpublished) -> None:
        self.customers, self.households, self.unpublished = customers, households, unpublished
        self.positions = Positions()
        self.checkpoint = 0
        """Offset of the changelog up to which all is here."""
        self.published_to = 0
        """Offset of the changelog up to which all allocations are published."""
        self.start = 0
        """The first offset of the changelog that has to be read."""

    def restore(self, records: Sequence[ConsumerRecord]) -> None:
        """Take records of the changelog, in their order."""
        if not records:
            return
        customers, households, changed = list[Restored](), list[Restored](), list[bytes]()
        first, end, checkpoint = records[0].offset, records[-1].offset + 1, self.checkpoint
        for record in records:  # as many as there are customers
            key, value = record.key, record.value
            missing = first >= checkpoint or record.offset >= checkpoint
            if key[:1] > HOUSEHOLD_MARK:
                if missing:
                    customers.append((key, value))
                if value is not None:
                    changed.append(key)
            elif key == POSITIONS_KEY:
                positions = decode_positions(value)
                if missing:
                    self.positions = positions
                if positions.published:
                    self.published_to = record.offset + 1
                    self.unpublished.clear()
                    changed.clear()
            elif missing:
                households.append((key[len(HOUSEHOLD_MARK) :], value))
        self.customers.restore(customers)
        self.households.restore(households)
        self.unpublished.update(names_of(changed))
        self.start, self.checkpoint = max(self.start, end), max(checkpoint, end)

    def restored(self) -> None:
        """The changelog is read to its end."""

    def write(self, positions: Positions, written: Written) -> None:
        """Write down what the stores were given to keep, now that it is committed."""

    def rest(self) -> None:
        """Keep no more than what is committed: it can be taken again as it is, and the changelog be read on from `start`."""

    def close(self) -> None:
        """Let go."""


class MemoryStates(States):
    """In memory: what is not kept from one opening to the next is read from the changelog again."""

    def __init__(self, room: Room | None = None) -> None:
        self._stores = MemoryStore({}, room), MemoryStore({}, room)
        super().__init__(*self._stores, Unpublished())

    def write(self, positions: Positions, written: Written) -> None:
        """See `States`."""
        self.positions = positions
        self.start = self.checkpoint = max(self.checkpoint, written.next)

    def rest(self) -> None:
        """See `States`."""
        for store in self._stores:
            store.rest()

    def close(self) -> None:
        """See `States`; the session that had them is a circle of references, in which they would stay until it is found to be one."""
        for store in self._stores:
            store.close()
