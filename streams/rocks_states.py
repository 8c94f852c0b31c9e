"""All that one partition keeps, on disk; the law is in `streams.states`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from aiokafka import ConsumerRecord

from streams.changelog import Positions, decode_positions, encode_positions
from streams.database import Database, Shared
from streams.publisher import Written
from streams.rocks import RocksStore
from streams.states import States, StoreFailedError, StoreInUseError
from streams.store import Room
from streams.unpublished import Unpublished

FORMAT = 1
MARK, POSITIONS = b"\x00mark", b"\x00positions"


class Origin(msgspec.Struct, frozen=True):
    """Whose a store is."""

    application_id: str
    topic: str
    topic_id: str
    partition: int
    partitions: int
    format: int = FORMAT


class Mark(msgspec.Struct, frozen=True):
    """How far a store is, written with what it is about."""

    origin: Origin
    checkpoint: int
    published_to: int
    everybody: bool
    customers: int
    households: int


class RocksStates(States):
    """A store on disk, opened as it was left."""

    on_disk = True

    def __init__(self, folder: Path, shared: Shared, origin: Origin, *, others: bool, room: Room | None = None) -> None:
        """Open, or make it new.

        Args:
            folder: of this partition alone.
            shared: memory.
            origin: whose it is to be.
            others: whether somebody else may write to the changelog unseen, since there are no transactions.
            room: for objects, of the whole worker.

        Raises:
            StoreInUseError: another worker has it open.
            StoreDamagedError: it cannot be opened or read.
            StoreFailedError: the disk is full, or not to be written.
        """
        self._db, self._origin, self._others = Database(folder, shared), origin, others
        try:
            found, positions = self._db.get(MARK), self._db.get(POSITIONS)
            mark = Mark(origin, 0, 0, False, 0, 0) if found is None else msgspec.json.decode(found, type=Mark)
        except BaseException:
            self._db.close()
            raise
        customers = RocksStore(self._db, b"c", b"d", mark.customers, room)
        households = RocksStore(self._db, b"h", b"i", mark.households, room)
        super().__init__(customers, households, Unpublished(customers.names))
        self._stores = (customers, households)
        self.checkpoint, self.published_to = mark.checkpoint, mark.published_to
        self.start = min(self.checkpoint, self.published_to)
        if mark.everybody:
            self.unpublished.all()
        if positions is not None:
            self.positions = decode_positions(positions)
        self.foreign = "" if mark.origin == origin else _differs(mark.origin, origin)
        """Why it is another's; empty if it is not."""

    def restore(self, records: Sequence[ConsumerRecord]) -> None:
        """See `States`; what is read is written at once, with how far it was read."""
        super().restore(records)
        for store in self._stores:
            store.restored()
        if records:
            self._write(self.checkpoint, log=False)

    def restored(self) -> None:
        """See `States`."""
        self._db.flush()

    def write(self, positions: Positions, written: Written) -> None:
        """See `States`.

        Raises:
            StoreFailedError: somebody else wrote to the changelog, or the disk failed; the store is to be opened anew.
        """
        if self._others and (written.first != self.checkpoint or not written.alone):
            raise StoreFailedError(f"offset {self.checkpoint} of the changelog was written by somebody else")
        self.positions = positions
        if positions.published and written.next >= 0:
            self.published_to = written.next
        self.start = max(self.checkpoint, written.next)
        self._write(self.start)

    def rest(self) -> None:
        """See `States`."""
        for store in self._stores:
            store.rest()

    def close(self) -> None:
        """See `States`."""
        self._db.close()

    def _write(self, checkpoint: int, *, log: bool = True) -> None:
        self.checkpoint = checkpoint
        everybody = self.unpublished.everybody
        if everybody:
            self.published_to = checkpoint
        batch = self._db.batch
        counts = (self.customers.customers, self.households.customers)
        batch.put(MARK, msgspec.json.encode(Mark(self._origin, checkpoint, self.published_to, everybody, *counts)))
        batch.put(POSITIONS, encode_positions(self.positions))
        self._db.write(log=log)


def checkpoint_of(folder: Path, shared: Shared, origin: Origin) -> int:
    """How far a store that nobody has open is, read from it alone; 0 where it is not of this origin, or cannot be read."""
    try:
        database = Database(folder, shared)
        try:
            found = database.get(MARK)
            mark = None if found is None else msgspec.json.decode(found, type=Mark)
        finally:
            database.close()
    except (OSError, StoreInUseError, msgspec.DecodeError):
        return 0
    return mark.checkpoint if mark is not None and mark.origin == origin else 0


def _differs(found: Origin, wanted: Origin) -> str:
    """What is another's, in words."""
    names = [name for name in Origin.__struct_fields__ if getattr(found, name) != getattr(wanted, name)]
    return "; ".join(f"its {name} is {getattr(found, name)!r}, not {getattr(wanted, name)!r}" for name in names)
