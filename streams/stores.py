"""Where a worker keeps the states of its partitions, as `detector.store` says: in memory, or on disk in a folder of its own.

The folder of a partition that went to another worker stays for `detector.store_keep_minutes`: until then the partition may come back to
what is there, and to read on is all it takes. Then it is removed, or the disk would hold every partition that was ever here.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from schemas.settings import Settings
from schemas.topics import STATES
from streams.changelog import PartitionReader, topic_id
from streams.states import MemoryStates, States, StoreDamagedError, StoreInUseError, StoreMissingError
from streams.store import Room

if TYPE_CHECKING:
    from streams.rocks_states import Origin

log = structlog.get_logger(__name__)

FOLDER, REMOVED = "partition-", "removed-"


class Stores:
    """Opens the stores of a worker's partitions."""

    def __init__(self, settings: Settings) -> None:
        """Take the worker's folder, if one is needed.

        Raises:
            StoreInUseError: another worker has it.
            StoreMissingError: RocksDB is not installed.
        """
        self._settings, self._lock = settings, -1
        detector = settings.detector
        self.room = Room(detector.live_customers)
        if detector.store == "rocksdb":
            try:
                from streams.database import Shared
            except ModuleNotFoundError:
                raise StoreMissingError("detector.store is rocksdb, which is not installed: pip install 'wealthwatch[rocksdb]'") from None
            assert detector.store_folder is not None  # the settings see to it
            self._folder = detector.store_folder
            self._lock = _locked(self._folder)
            self._shared = Shared(detector.store_cache_mib)

    async def open(self, number: int, reader: PartitionReader) -> States:
        """The states of a partition as far as they are kept here; what its changelog has beyond that is to be read.

        Raises:
            StoreInUseError: another worker has it open.
            StoreFailedError: the disk is full, or not to be written.
        """
        detector, kafka = self._settings.detector, self._settings.kafka
        if detector.store == "memory":
            return MemoryStates(self.room)
        from streams.database import remove
        from streams.rocks_states import RocksStates

        topic = kafka.topic(STATES)
        origin = self._origin(number, await asyncio.to_thread(topic_id, kafka, topic))
        folder = self._of(number)

        def made() -> RocksStates:
            return RocksStates(folder, self._shared, origin, others=detector.processing_guarantee == "at_least_once", room=self.room)

        try:
            states = made()
        except StoreDamagedError as error:
            why = str(error)
        else:
            try:
                why = states.foreign or await outside(states, topic, number, reader)
            except BaseException:
                states.close()
                raise
            if not why:
                return states
            states.close()
        log.warning("store_rebuilt", partition=number, folder=str(folder), why=why)
        remove(folder)
        return made()

    def close(self) -> None:
        """Let the folder go."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def found(self) -> dict[int, int]:
        """How far each partition is that was left here and is of this changelog, by its number; and what was being removed is.

        Raises:
            KafkaError: the broker does not say which topic this is.
        """
        if self._lock < 0:
            return {}
        from streams.rocks_states import checkpoint_of

        for folder in self._folder.glob(f"{REMOVED}*"):
            shutil.rmtree(folder, ignore_errors=True)
        numbers = self._numbers()
        known = topic_id(self._settings.kafka, self._settings.kafka.topic(STATES)) if numbers else ""
        places = dict[int, int]()
        for number in numbers:
            folder = self._of(number)
            was = folder.stat().st_mtime
            if place := checkpoint_of(folder, self._shared, self._origin(number, known)):
                places[number] = place
            if folder.exists():  # what is damaged is not
                os.utime(folder, (was, was))  # to look at it is not to use it
        return places

    def let_go(self, number: int) -> None:
        """A partition is not used here any more: its folder's time begins."""
        if self._lock >= 0 and (folder := self._of(number)).exists():
            os.utime(folder)

    def sweep(self, used: Collection[int]) -> dict[int, Path]:
        """Put aside, to be removed, the folders whose time is over; by number.

        Args:
            used: the partitions whose folders stay, whatever their time.
        """
        if self._lock < 0:
            return {}
        before = time.time() - self._settings.detector.store_keep_minutes * 60  # noqa: TID251 - as files have it
        aside = dict[int, Path]()
        for number in self._numbers():
            folder = self._of(number)
            if number not in used and folder.stat().st_mtime <= before:
                aside[number] = Path(tempfile.mkdtemp(prefix=REMOVED, dir=self._folder))
                folder.rename(aside[number] / folder.name)
        return aside

    def _of(self, number: int) -> Path:
        return self._folder / f"{FOLDER}{number}"

    def _numbers(self) -> list[int]:
        return sorted(int(name) for folder in self._folder.glob(f"{FOLDER}*") if (name := folder.name.removeprefix(FOLDER)).isdecimal())

    def _origin(self, number: int, known: str) -> Origin:
        from streams.rocks_states import Origin

        kafka = self._settings.kafka
        return Origin(self._settings.detector.application_id, kafka.topic(STATES), known, number, kafka.partitions)


async def outside(states: States, topic: str, number: int, reader: PartitionReader) -> str:
    """Why states cannot be of this changelog by how far they have read it; empty if they can."""
    first, end = await reader.bounds(topic, number)
    if states.checkpoint and states.start < first:
        return f"it was read to {states.start}, and the changelog begins at {first}"
    if states.checkpoint > end > first:
        async for records in reader.read(topic, number, end - 1, end):  # the end may be one within the last batch, see `bounds`
            end = max(end, records[-1].offset + 1)
    return f"it was read to {states.checkpoint}, and the changelog ends at {end}" if states.checkpoint > end else ""


def _locked(folder: Path) -> int:
    """Take a folder for this process alone, until it ends or lets go."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise StoreInUseError(f"{folder} is in use by another worker: give each a detector.store_folder of its own") from None
    return lock
