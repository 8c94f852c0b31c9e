"""The states that a worker keeps warm: its own while the group shares the partitions anew, and others', whose standby it is.

The law of what is kept warm:

1. `detector.standby_replicas` other workers follow the changelog of each partition, committed records only. Which ones the leader of the
   group decides and tells with the assignment (`streams.assignor`), so every worker knows at once, and nobody has to be asked.
2. A standby writes nothing to Kafka, is asked nothing, and is not waited for: `/readyz` knows only of partitions that are the worker's own.
3. To take over is to open (`streams.session`): the former owner is fenced first, then what is here is taken, then the rest is read.
4. When partitions are revoked, what they had stays until the next assignment says whose they are. What is the worker's own again is read on
   from there; what it is now the standby of, too; the rest is dropped: memory at once, a folder as `streams.stores` says.
5. Of a worker's own states only those stay that ended with a committed batch, and in memory only where transactions keep out what others
   might write unseen; on disk that is noticed. Without that a folder stays, since it is never ahead of the changelog, and is opened anew.
6. A standby that fails is begun again after a while. It never ends the worker.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Collection
from contextlib import suppress

import structlog
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError

from schemas.settings import Settings
from schemas.topics import STATES
from streams.changelog import PartitionReader, topic_id
from streams.metrics import Metrics
from streams.states import States
from streams.stores import Stores, outside

log = structlog.get_logger(__name__)

PIECE = 1_000
"""So many records are taken before the event loop gets its turn: the worker's own partitions go first."""
AGAIN_S = 5.0
SWEEP_S = 60.0


class Standbys:
    """See the law above."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        """Take the worker's folder, if there is one.

        Raises:
            StoreInUseError: another worker has it.
            StoreMissingError: RocksDB is not installed.
        """
        self._kafka, self._metrics = settings.kafka, metrics
        self._topic = settings.kafka.topic(STATES)
        self._stores = Stores(settings)
        self._transactions = settings.detector.processing_guarantee == "exactly_once"
        self._here: dict[int, States] = {}
        """Followed, or at rest until the next assignment."""
        self._held: dict[int, int] = {}
        self._used: set[int] | None = None
        self._following: list[int] = []
        self._warm: set[int] = set()
        """Standbys that have been at the changelog's end."""
        self._reader: PartitionReader | None = None
        self._task: asyncio.Task[None] | None = None
        self._topic_id = ""
        self._asked: asyncio.Task[str] | None = None
        self._swept_at = 0.0

    async def start(self) -> None:
        """See what was left on disk.

        Raises:
            KafkaError: the broker does not say which topic the changelog is.
        """
        self._topic_id = await asyncio.to_thread(topic_id, self._kafka, self._topic)
        self._held = await asyncio.to_thread(self._stores.found)

    def held(self) -> dict[int, int]:
        """How far what is here of each partition has read its changelog; asked by the group's thread when it joins."""
        return dict(self._held)

    async def open(self, number: int, reader: PartitionReader) -> States:
        """The states of a partition as far as they are here; what its changelog has beyond that is to be read.

        Raises:
            StoreInUseError: another worker has its folder open.
            StoreFailedError: the disk is full, or not to be written.
            KafkaError: the broker cannot be asked.
        """
        if number in self._here:
            await self._know_topic()
        states = self._here.get(number)
        if states is not None and (why := await outside(states, self._topic, number, reader)):
            log.warning("standby_dropped", partition=number, why=why)
            self._drop(number)
            states = None
        self._here.pop(number, None)
        if states is None:
            states = await self._stores.open(number, reader)
        self._stores.room.partitions += 1
        return states

    def release(self, number: int, states: States, *, whole: bool) -> None:
        """Take back the states of a partition.

        Args:
            number: of the partition.
            states: as `open` gave them.
            whole: whether all that they hold is committed.
        """
        self._stores.room.partitions -= 1
        self._here[number] = states
        if whole and (self._transactions or states.on_disk):
            states.rest()
            self._held[number] = states.start
        else:
            self._drop(number)

    async def share(self, own: set[int], standbys: Collection[int]) -> None:
        """The group has shared the partitions anew.

        Args:
            own: this worker's partitions, which it is about to open.
            standbys: those whose standby it is.
        """
        before, following = self._following, sorted(set(standbys) - own)
        await self._stop_following()
        if before or following:
            log.info("standing_by", partitions=following)
        self._used = own | set(following)
        for number in self._here.keys() - self._used:
            self._drop(number)
        self._asked, self._swept_at = None, 0.0
        self._start_following(following)

    async def watch(self) -> None:
        """Tell how far the standbys are, and keep house, for ever."""
        while True:
            await asyncio.sleep(1)
            with suppress(KafkaError):
                for number in self._following:
                    await self._tell(number)
            if self._used is not None and time.monotonic() - self._swept_at > SWEEP_S:
                try:
                    await self._sweep(self._used)
                except OSError as error:
                    log.warning("sweep_failed", error=str(error))

    async def stop(self) -> None:
        """Let all go."""
        await self._stop_following()
        for number in list(self._here):
            self._drop(number)
        self._stores.close()

    async def _follow(self, numbers: list[int]) -> None:
        while True:
            try:
                await self._read(numbers)
            except Exception as error:  # noqa: BLE001 - whatever it is, the worker's own partitions go on
                log.warning("standby_interrupted", error=f"{type(error).__name__}: {error}", after_seconds=AGAIN_S)
            await asyncio.sleep(AGAIN_S)

    async def _read(self, numbers: list[int]) -> None:
        reader = PartitionReader(self._kafka)
        try:
            await reader.start()
            for number in numbers:
                if number not in self._here:
                    self._here[number] = await self._stores.open(number, reader)
            self._reader = reader
            async for tp, records in reader.follow({(self._topic, number): self._here[number].start for number in numbers}, PIECE):
                self._take(tp.partition, records)
                await asyncio.sleep(0)
        finally:
            self._reader = None
            await reader.stop()

    def _take(self, number: int, records: list[ConsumerRecord]) -> None:
        states = self._here[number]
        try:
            if records[0].offset < states.start:
                raise RuntimeError(f"the changelog of partition {number} goes on at {records[0].offset}, and was read to {states.start}")
            states.restore(records)
        except Exception:
            self._drop(number)
            raise
        self._held[number] = states.start

    async def _tell(self, number: int) -> None:
        reader, states = self._reader, self._here.get(number)
        if reader is None or states is None or (lag := await reader.behind(self._topic, number)) is None:
            return
        self._metrics.standby_customers.labels(str(number)).set(states.customers.customers)
        self._metrics.standby_lag.labels(str(number)).set(lag)
        if lag == 0 and number not in self._warm:
            self._warm.add(number)
            log.info("standby_warm", partition=number, customers=states.customers.customers)

    def _start_following(self, numbers: list[int]) -> None:
        self._following = numbers
        if numbers:
            self._task = asyncio.create_task(self._follow(numbers), name="standby")

    async def _stop_following(self) -> None:
        """From here on nothing is read; what was followed is at rest."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for number in self._following:
            self._metrics.forget_standby(number)
        self._following = []
        self._warm.clear()

    async def _know_topic(self) -> None:
        """Drop all that is here where the changelog is another topic than it was; it is asked once after each assignment."""
        if self._asked is None:
            self._asked = asyncio.create_task(asyncio.to_thread(topic_id, self._kafka, self._topic))
        try:
            known = await asyncio.shield(self._asked)
        except KafkaError:
            self._asked = None
            raise
        if known != self._topic_id:
            log.warning("standbys_dropped", why=f"{self._topic} was made anew")
            self._topic_id = known
            following = self._following
            await self._stop_following()
            for number in list(self._here):
                self._drop(number)
            self._start_following(following)

    def _drop(self, number: int) -> None:
        """Let what is here of a partition go; a folder stays for a while."""
        self._held.pop(number, None)
        states = self._here.pop(number)
        try:
            states.close()
        except OSError as error:
            log.info("stopped_uncleanly", error=str(error))
        if states.on_disk:
            self._stores.let_go(number)
            self._held[number] = states.start

    async def _sweep(self, used: set[int]) -> None:
        """Remove folders whose time is over; they are out of the way before this waits for anything."""
        self._swept_at = time.monotonic()
        for number, folder in self._stores.sweep(used).items():
            self._held.pop(number, None)
            log.info("store_removed", partition=number, means="it went to another worker long ago")
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
