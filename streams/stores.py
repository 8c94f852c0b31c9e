"""Where a worker keeps the states of its partitions, as `detector.store` says: in memory, or on disk in a folder of its own."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

import structlog

from schemas.settings import Settings
from schemas.topics import STATES
from streams.changelog import PartitionReader, topic_id
from streams.states import MemoryStates, States, StoreDamagedError, StoreInUseError, StoreMissingError

log = structlog.get_logger(__name__)


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
            return MemoryStates()
        from streams.database import remove
        from streams.rocks_states import Origin, RocksStates

        topic = kafka.topic(STATES)
        known = await asyncio.to_thread(topic_id, kafka, topic)
        origin = Origin(detector.application_id, topic, known, number, kafka.partitions)
        folder = self._folder / f"partition-{number}"

        def made() -> RocksStates:
            return RocksStates(folder, self._shared, origin, others=detector.processing_guarantee == "at_least_once")

        try:
            states = made()
        except StoreDamagedError as error:
            why = str(error)
        else:
            try:
                why = states.foreign or await _outside(states, topic, number, reader)
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


async def _outside(states: States, topic: str, number: int, reader: PartitionReader) -> str:
    """Why the store cannot be of this changelog by what it has read of it; empty if it can."""
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
