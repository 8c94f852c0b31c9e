"""One assigned partition: its queue, the task that decides whatever has gathered, and what happens when a write fails.

The law of a partition:

1. To open, fence the former owner, then read the changelog to its end: the states and the source positions of the last committed batch.
2. Then read the profiles that are there, so that the first movement finds its customer's.
3. Take whatever has gathered, decide in memory, write one batch, then count it as done. When a write fails, memory may be ahead of what is
   written: drop it, open again, as often as it takes; when that has been too long, the watchdog says (`streams.watchdog`).
4. A movement below the position, or not after its customer's last, has been applied: skip it. A gap between two fetches is read again, so
   that nothing is lost which the group protocol swallowed.
5. A tick waits until the movements that it comes after are decided; what members of households did, until its hour has passed everywhere.
6. Nothing is decided before the rules' settings are known that hold for it.
"""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import Awaitable, Callable

import structlog
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError

from schemas.topics import CUSTOMERS, HOUSEHOLDS, TICKS
from streams.changelog import PartitionReader
from streams.publisher import LostPartitionError
from streams.session import Context, Session
from streams.states import StoreInUseError
from streams.watchdog import Doing, Progress

log = structlog.get_logger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
BREAKABLE = (Doing.OPENING, Doing.REOPENING, Doing.RULES)
"""Nothing of a batch is decided then."""


class Partition:
    """See the law above. Made at assignment, closed at revocation."""

    def __init__(
        self, number: int, context: Context, fail: Callable[[BaseException], None], rules_known: Callable[[], Awaitable[None]]
    ) -> None:
        """Begin to open in the background.

        Args:
            number: of the movements' partition.
            context: what all partitions share.
            fail: called with a fault that this partition cannot mend; it is to end the worker.
            rules_known: awaited before each batch; raises TimeoutError when the settings cannot be learnt.
        """
        self.number = number
        self.ready = False
        self.position = 0
        """The next movement to decide."""
        self.arrived = 0
        """So many fetches have come."""
        self.progress = Progress()
        self._context, self._fail, self._rules_known = context, fail, rules_known
        self._fetched: deque[list[ConsumerRecord]] = deque()
        self._open: list[ConsumerRecord] = []
        """Movements taken from the queue and not yet written: nobody else would bring them again."""
        self._waiting = self._waiting_bytes = 0
        self._beside: deque[ConsumerRecord] = deque()
        self._wake, self._room, self._room_beside = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._room.set()
        self._room_beside.set()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name=f"partition-{number}")

    @property
    def waiting(self) -> int:
        """Movements fetched and not yet decided."""
        return self._waiting

    async def put(self, records: list[ConsumerRecord]) -> None:
        """Take fetched movements; waits while more than the settings allow are waiting, which pauses the intake."""
        await self._room.wait()
        if self._closing:
            return
        self.arrived += 1
        self._fetched.append(records)
        self._waiting += len(records)
        self._waiting_bytes += _size(records)
        self._make_room()
        self._wake.set()

    def _make_room(self) -> None:
        """Let movements in, or not, as the settings say."""
        detector = self._context.settings.detector
        if self._waiting < detector.queue_records and self._waiting_bytes < detector.queue_mib << 20:
            self._room.set()
        else:
            self._room.clear()

    async def close(self, within_s: float) -> None:
        """Let the batch in flight end, then let go: a producer stopped inside a transaction leaves its commit waiting for ever.

        Args:
            within_s: what takes longer is broken off after all, and counts for nothing. What is no batch is broken off at once.
        """
        self._closing = True
        self._wake.set()
        self._room.set()
        if self.progress.doing in BREAKABLE:
            self._task.cancel()
        _, unfinished = await asyncio.wait({self._task}, timeout=within_s)
        if unfinished:
            log.warning("partition_broken_off", partition=self.number, doing=self.progress.doing, seconds=within_s)
            self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._context.metrics.forget(self.number)

    async def _run(self) -> None:
        wait = FIRST_WAIT
        try:
            while not self._closing:
                try:
                    await self._one_session()
                except LostPartitionError:
                    self._context.metrics.fenced.inc()
                    log.warning("partition_fenced", partition=self.number, means="another worker owns it; nothing of the open batch counts")
                    return
                except (KafkaError, TimeoutError, OSError) as error:
                    if self._closing:
                        log.warning("partition_unfinished", partition=self.number, error=f"{type(error).__name__}: {error}")
                        return
                    self.progress.error = f"{type(error).__name__}: {error}"
                    log.warning("partition_reopens", partition=self.number, error=self.progress.error, after_seconds=wait)
                else:
                    wait = FIRST_WAIT
                    continue
                self.progress.doing = Doing.REOPENING
                gc.collect()  # what failed lies in cycles, with its states and movements, and the collector rests (`wealthwatch.garbage`)
                await asyncio.sleep(wait)
                wait = min(LONGEST_WAIT, wait * 2)
        except StoreInUseError as error:
            log.error("partition_failed", partition=self.number, error=str(error))
            self._fail(error)
        except Exception as error:
            log.exception("partition_failed", partition=self.number)
            self._fail(error)
        finally:
            self.ready, self._closing = False, True
            self.progress.doing = Doing.NOTHING
            self._room.set()

    async def _one_session(self) -> None:
        self.progress.doing = Doing.OPENING
        session = await Session.open(self.number, self._context, self.progress)
        beside = asyncio.create_task(self._follow(session), name=f"beside-{self.number}")
        beside.add_done_callback(lambda _: self._wake.set())
        written = False
        try:
            self.position, self.ready = session.positions.movements, True
            await self._work(session, beside)
            written = True
        finally:
            self.ready = False
            beside.cancel()
            await asyncio.gather(beside, return_exceptions=True)
            self._beside.clear()
            if self._open:
                self._fetched.appendleft(self._open)
                self._waiting += len(self._open)
                self._waiting_bytes += _size(self._open)
                self._open = []
            await session.close(written=written)

    async def _work(self, session: Session, following: asyncio.Task[None]) -> None:
        while not self._closing:
            if not self._fetched and not self._beside:
                await self._idle(session.pause)
                if self._closing:
                    return
                if following.done():
                    following.result()
            self.progress.doing = Doing.RULES
            await self._rules_known()
            self.progress.doing = Doing.DECIDING
            movements = await self._next(session)
            beside = self._next_beside()
            self._open = movements
            await session.take(movements, beside, more=bool(self._fetched or self._beside))
            self._open = []
            self.position = session.positions.movements

    async def _idle(self, at_most: float | None) -> None:
        """Wait until something comes, or until what is unwritten has waited long enough."""
        self.progress.rest()
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), at_most)
        except TimeoutError:
            return

    async def _next(self, session: Session) -> list[ConsumerRecord]:
        """The movements of the next batch: whatever has gathered, up to the bound."""
        most = session.room
        taken: list[ConsumerRecord] = []
        while self._fetched and len(taken) < most:
            records = self._fetched.popleft()
            expected = taken[-1].offset + 1 if taken else session.positions.movements
            if records[0].offset > expected:
                self._fetched.appendleft(records)
                if taken:
                    break
                taken = await session.missing(records[0].offset, most)
                if taken:
                    return taken
                records = self._fetched.popleft()
            room = most - len(taken)
            taken += records[:room]
            if len(records) > room:
                self._fetched.appendleft(records[room:])
        # By the share of them, which is exact when none is left: to look at every record again costs more than it is worth.
        self._waiting_bytes -= self._waiting_bytes * len(taken) // max(1, self._waiting)
        self._waiting -= len(taken)
        self._make_room()
        return taken

    def _next_beside(self) -> list[ConsumerRecord]:
        """The profiles, ticks and members' doings of the next batch, up to the same bound; the others wait."""
        most = self._context.settings.detector.batch_records
        taken = [self._beside.popleft() for _ in range(min(most, len(self._beside)))]
        self._room_beside.set()
        return taken

    async def _follow(self, session: Session) -> None:
        """Read profiles, ticks, and what members of households did, as they come."""
        kafka = self._context.settings.kafka
        reader = PartitionReader(kafka)
        try:
            await reader.start()
            starts = {
                (kafka.topic(CUSTOMERS), self.number): session.positions.customers,
                (kafka.topic(TICKS), self.number): session.positions.ticks,
                (kafka.topic(HOUSEHOLDS), self.number): session.positions.households,
            }
            most = self._context.settings.detector.queue_records
            async for _, records in reader.follow(starts, most):
                self._beside.extend(records)
                self._wake.set()
                if len(self._beside) >= most:
                    self._room_beside.clear()
                    await self._room_beside.wait()
        finally:
            await reader.stop()


def _size(records: list[ConsumerRecord]) -> int:
    """Bytes of their values."""
    return sum(len(record.value) for record in records if record.value is not None)
