"""One opening of a partition: what was recovered, and the writing of one batch after another on top of it.

A session is dropped, never mended: after a write that failed its memory may be ahead of what is written.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from copy import copy
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

import structlog
from aiokafka import ConsumerRecord

from schemas.message import cloud_event
from schemas.notifications import Notification, Status
from schemas.settings import Settings
from schemas.topics import CUSTOMERS, DEAD_LETTERS, HOUSEHOLDS, MOVEMENTS, NOTIFICATIONS, POSITIONS, STATES, TICKS
from streams.changelog import POSITIONS_KEY, PartitionReader, encode_positions
from streams.decide import pass_time, rouse
from streams.findings import written
from streams.fuse import Fuse
from streams.households import Households
from streams.intake import Intake, appended_at
from streams.metrics import Metrics
from streams.positions import snapshot
from streams.precedence import in_order
from streams.publisher import Batch, Publisher
from streams.sharing import Sharing
from streams.states import MemoryStates, States
from streams.turn import Turn
from streams.unpublished import MOST
from streams.watchdog import Doing, Progress
from streams.world import World

log = structlog.get_logger(__name__)

TURN = 64
"""So many movements are decided before the event loop gets its turn: heartbeats, fetches and other partitions. The states that they changed
are encoded then, too, while they are still in the processor's cache: later it takes five times as long."""
BUSY = 60
"""While there is more to decide, allocations are published this many times less often."""
PIECE = 256
"""Allocations that one batch publishes at most, or twice as many as it changes states: all at once would keep the next batch waiting, and
fewer than are touched would keep some waiting for ever."""
EACH_BYTES = 8_192
"""So much of states a movement is taken to write until that is known."""
ENOUGH = 64
"""Movements of a batch that say how much each writes, and takes."""
BATCH_SECONDS = 3.0
"""So long a batch may take to be decided, going by the one before: so long whoever wants the partition, or the worker's end, waits."""
SOURCE = "/wealthwatch/detector"


class Keeper(Protocol):
    """Keeps the states of partitions from one opening to the next, as far as it can."""

    async def open(self, number: int, reader: PartitionReader) -> States:
        """What is kept of a partition; what its changelog has beyond that is to be read."""

    def release(self, number: int, states: States, *, whole: bool) -> None:
        """Take them back; `whole` says that all they hold is committed."""


class Forgetful:
    """Keeps nothing: all of the changelog is to be read."""

    async def open(self, number: int, reader: PartitionReader) -> States:  # noqa: ARG002 - as others ask
        """See `Keeper`."""
        return MemoryStates()

    def release(self, number: int, states: States, *, whole: bool) -> None:  # noqa: ARG002
        """See `Keeper`."""
        states.close()


@dataclass(slots=True)
class Context:
    """What all partitions of a worker share."""

    settings: Settings
    world: World
    metrics: Metrics
    publisher: Callable[[int], Publisher]
    keeper: Keeper = field(default_factory=Forgetful)


class LostMovementsError(RuntimeError):
    """Movements that were never decided are gone from their topic."""


class Session:
    """Recovered states of one partition and the one who writes them."""

    def __init__(
        self, number: int, context: Context, publisher: Publisher, reader: PartitionReader, states: States, progress: Progress
    ) -> None:
        self.number = number
        self._progress = progress
        self.positions = states.positions
        self.store = states.customers
        self._world, self._metrics = context.world, context.metrics
        self._detector, kafka = context.settings.detector, context.settings.kafka
        self._publisher, self._reader, self._states, self._keeper = publisher, reader, states, context.keeper
        self._topics = {topic: kafka.topic(topic) for topic in (CUSTOMERS, HOUSEHOLDS, MOVEMENTS, NOTIFICATIONS, POSITIONS, STATES, TICKS)}
        self._fuse = Fuse(self._detector.fuse)
        self._intake = Intake(kafka.topic(DEAD_LETTERS), self._fuse, self._metrics)
        self._batch = self._new_batch()
        self._sharing = Sharing(number, kafka.partitions, lambda partition, key, value: self._batch.share(partition, key, value))
        largest = self._detector.largest_movement_bytes
        self._turn = Turn(self.store, self._world, largest, self._say, self._sharing.movement)
        self._households = Households(states.households, states.positions, kafka.partitions, self._world, largest, self._say_together)
        self._turn.next = self.positions.movements
        self._said: list[Notification] = []
        self._written = copy(states.positions)
        self._ticks: deque[tuple[int, int, ConsumerRecord]] = deque()
        """Event time, the movement after which it counts, and the record."""
        self._unpublished = states.unpublished
        self._published_at = 0.0
        self._behind = False
        """There was more to publish than one batch takes."""
        self._offset_told, self._offset_told_at = self.positions.movements, 0.0
        self._decided, self._each_bytes, self._each_s = 0, EACH_BYTES, BATCH_SECONDS / self._detector.batch_records
        """Movements of this batch; what each wrote of states, and took, in the last one that had enough."""

    @classmethod
    async def open(cls, number: int, context: Context, progress: Progress) -> Session:
        """Fence the former owner, recover the changelog, and take the profiles that are there.

        Args:
            number: of the partition.
            context: what all partitions share.
            progress: told whenever a part of that is done, since it may take minutes in all.

        Raises:
            LostMovementsError: retention has removed movements before they were decided.
        """
        began = time.monotonic()
        kafka = context.settings.kafka
        publisher, reader = context.publisher(number), PartitionReader(kafka)
        states: States | None = None
        try:
            await publisher.start()
            await reader.start()
            states = await context.keeper.open(number, reader)
            read = await _recover(reader, kafka.topic(STATES), number, states, context.metrics, progress)
            first, _ = await reader.bounds(kafka.topic(MOVEMENTS), number)
            if states.positions.movements < first and states.customers.customers:
                raise LostMovementsError(
                    f"partition {number}: movements {states.positions.movements} to {first - 1} were never decided and are gone from "
                    f"{kafka.topic(MOVEMENTS)}; bring them back, or accept the loss by removing the partition's changelog"
                )
            session = cls(number, context, publisher, reader, states, progress)
            _, end = await reader.bounds(kafka.topic(CUSTOMERS), number)
            async for records in reader.read(kafka.topic(CUSTOMERS), number, session.positions.customers, end):
                await session.take([], records, more=True)
                progress.doing = Doing.OPENING
        except BaseException:
            await _stop(publisher, reader)
            if states is not None:
                _release(context.keeper, number, states, whole=False)
            raise
        context.metrics.recovered_in.labels(str(number)).set(time.monotonic() - began)
        seconds = round(time.monotonic() - began, 2)
        log.info("partition_open", partition=number, customers=session.store.customers, records_read=read, seconds=seconds)
        return session

    async def close(self, *, written: bool) -> None:
        """Let go; if all is `written`, say first how far the partition has come, so that the next owner starts near."""
        whole = False
        try:
            if written and self.idle_work:
                self._offset_told_at = self._published_at = 0.0
                await self.take([], [], more=False)
            whole = written
        finally:
            await _stop(self._publisher, self._reader)
            _release(self._keeper, self.number, self._states, whole=whole)
            # A session is a circle of references: what its last batch held would stay until it is found to be one.
            del self._turn, self._households, self._sharing, self._batch

    @property
    def idle_work(self) -> bool:
        """Whether something waits to be written although nothing arrives."""
        return bool(self._unpublished) or self._offset_told != self.positions.movements

    @property
    def pause(self) -> float | None:
        """Seconds after which it is to be written, if nothing arrives; None if nothing waits."""
        if not self.idle_work:
            return None
        return 0.0 if self._behind else max(0.05, self._detector.positions_every_s)

    @property
    def room(self) -> int:
        """So many movements make the next batch, if so many wait."""
        told = min((self._detector.batch_mib << 20) // self._each_bytes, int(BATCH_SECONDS / self._each_s))
        return min(self._detector.batch_records, max(ENOUGH, told))

    async def missing(self, before: int, most: int) -> list[ConsumerRecord]:
        """The first `most` movements from the position up to `before`, which did not arrive by themselves; none if only markers stood."""
        found: list[ConsumerRecord] = []
        async with aclosing(self._reader.read(self._topics[MOVEMENTS], self.number, self.positions.movements, before)) as reading:
            async for records in reading:
                found += [record for record in records if record.offset < before]
                if len(found) >= most:
                    break
        del found[most:]
        if found:
            log.info("gap_filled", partition=self.number, movements=len(found))
        return found

    async def take(self, movements: list[ConsumerRecord], beside: list[ConsumerRecord], *, more: bool) -> None:
        """Decide and commit what has gathered.

        Args:
            movements: in the order of their offsets; those that are in the state are skipped.
            beside: profiles, ticks, and what members of households did, in the order in which they came.
            more: whether others wait already.
        """
        for record in beside:
            if record.topic == self._topics[TICKS]:
                if record.offset >= self.positions.ticks and (tick := self._intake.tick(record, self._batch)):
                    self._ticks.append((int(tick.at.timestamp()), tick.after_offset, record))
            elif record.topic == self._topics[HOUSEHOLDS]:
                self._households.receive(record)
            elif record.offset >= self.positions.customers:
                self._learn(record)
        done = 0
        while self._ticks:
            at, after, record = self._ticks[0]
            upto = next((place for place in range(done, len(movements)) if movements[place].offset > after), len(movements))
            await self._decide(movements[done:upto])
            done = upto
            if self.positions.movements <= after:
                break
            await self._pass(at, record)
            self._ticks.popleft()
        await self._decide(movements[done:])
        await self._households.work(self._detector.batch_records, self._commit_some)
        await self._commit(more=more)

    async def _get_acquainted(self) -> None:
        """Learn all profiles that are there, those that the follower of the topic has not brought yet."""
        topic = self._topics[CUSTOMERS]
        _, end = await self._reader.bounds(topic, self.number)
        async with aclosing(self._reader.read(topic, self.number, self.positions.customers, end)) as reading:
            async for records in reading:
                for record in records:
                    self._learn(record)
        self._turn.acquainted = True

    def _learn(self, record: ConsumerRecord) -> None:
        """Take a customer's profile."""
        profile = self._intake.profile(record, self._batch)
        if profile is not None:
            customer = self.store.customer(record.key.decode())
            before, customer.profile = customer.profile, profile
            self._sharing.profile(customer, before)
            rouse(customer, self.positions.ticked, self._world)
            self._turn.changed[customer.customer_id] = customer
        self.positions.customers = record.offset + 1

    async def _decide(self, records: list[ConsumerRecord]) -> None:
        """Decide movements, which are in the order of their offsets."""
        began, turn = time.perf_counter(), self._turn
        taken, done = turn.take(records), 0
        while done < len(taken):
            end = min(done + TURN, len(taken))
            done = turn.decide(taken, done, end)
            if done < end:
                await self._get_acquainted()
            turn.encode()
            await asyncio.sleep(0)
        self._sharing.moved()
        self._refuse(records)
        self.positions.movements = turn.next
        self._decided += len(taken)
        if taken:
            each_s = (time.perf_counter() - began) / len(taken)
            if len(taken) >= ENOUGH:
                self._each_s = each_s
            self._metrics.deciding.observe(each_s)
            self._metrics.batch.observe(len(taken))

    def _refuse(self, records: list[ConsumerRecord]) -> None:
        """Put what was refused of these records into the dead letters, and tell the fuse of good and bad, all by offset."""
        done, refused = 0, sorted(self._turn.refused, key=lambda one: one[0].offset)
        for record, refusal in refused:
            place = bisect_left(records, record.offset, done, key=lambda one: one.offset)
            if place > done:
                self._fuse.good(place - done)
            done = place + 1
            self._intake.refuse(record, refusal, self._batch, (self._topics[MOVEMENTS], self.number))
        if len(records) > done:
            self._fuse.good(len(records) - done)
        self._turn.refused.clear()

    async def _pass(self, at: int, record: ConsumerRecord) -> None:
        """Let time pass for every customer for whom that can change something, in pieces that fit into a batch."""
        self._turn.encode()
        while due := self.store.due(at, self._detector.batch_records, self._turn.touched):
            for place, customer_id in enumerate(due, 1):
                customer = self.store.customer(customer_id)
                tier = customer.tier
                found = pass_time(customer, at, appended_at(record), self._world)
                for notification in in_order(found):
                    self._say(notification)
                if found or customer.tier != tier:
                    self._turn.changed[customer_id] = customer
                else:
                    self.store.slept(customer)
                if place % TURN == 0:
                    self._turn.encode()
                    await asyncio.sleep(0)
            self._turn.encode()
            if len(self._turn.touched) >= self._detector.batch_records:
                await self._commit(more=True)
        self._sharing.hour(at)
        self.positions.ticks, self.positions.ticked = record.offset + 1, max(self.positions.ticked, at)

    def _say_together(self, notification: Notification) -> None:
        """Say something of a household, under its own key: the partition is the household's."""
        self._say(notification, notification.household_id)

    def _say(self, notification: Notification, key: str | None = None) -> None:
        headers = cloud_event(f"notification.{notification.status}", str(notification.message_id), SOURCE, notification.occurred_at)
        value = written(notification)
        self._batch.say(self._topics[NOTIFICATIONS], (key or notification.customer_id).encode(), value, headers)
        self._said.append(notification)

    def _new_batch(self) -> Batch:
        return Batch(states_topic=self._topics[STATES], households_topic=self._topics[HOUSEHOLDS])

    async def _commit_some(self) -> None:
        await self._commit(more=True)

    async def _commit(self, *, more: bool) -> None:
        """Write the batch; nothing if nothing happened."""
        self._turn.encode()
        households = self._households
        self.positions.households, self.positions.hour = households.position, households.hour
        if self.positions == self._written and not self.idle_work and not self._turn.touched and not households.changed:
            return
        now = time.monotonic()
        self._unpublished.update(self._turn.touched)
        publishing = self._behind or len(self._unpublished) >= MOST // 2
        publishing = publishing or now - self._published_at >= self._detector.positions_every_s * (BUSY if more else 1)
        if publishing:
            await self._publish_allocations()
            publishing = not self._unpublished
            self._behind = not publishing
        self.positions.published = not self._unpublished
        told_lately = now - self._offset_told_at < self._detector.offsets_every_s
        offset = None if told_lately or self._offset_told == self.positions.movements else self.positions.movements
        turn = self._turn
        self._sharing.tell()
        batch, states = self._batch, list(turn.states.values())
        together = households.records()
        batch.states = [*states, *together, [(POSITIONS_KEY, encode_positions(self.positions))]]
        self._progress.doing = Doing.WRITING
        written = await self._publisher.publish(batch, offset)
        self._progress.wrote()
        self.store.keep(chain.from_iterable(states), turn.touched.values())
        households.keep(together)
        self._states.write(self.positions, written)
        self._written = copy(self.positions)
        if publishing:
            self._published_at = now
        if offset is not None:
            self._offset_told, self._offset_told_at = offset, now
        self._report(time.monotonic() - now)
        if self._decided >= ENOUGH:
            self._each_bytes = max(1, turn.size // self._decided)
        self._batch, turn.states, turn.touched, self._decided = self._new_batch(), {}, {}, 0

    async def _publish_allocations(self) -> None:
        for place, customer_id in enumerate(self._unpublished.take(max(PIECE, 2 * len(self._turn.touched))), 1):
            customer = self.store.customer(customer_id)
            if customer.accounts:
                self._batch.say(self._topics[POSITIONS], customer_id.encode(), snapshot(customer, self._world.books.at(customer.clock)), [])
            if place % TURN == 0:
                await asyncio.sleep(0)

    def _report(self, seconds: float) -> None:
        """Count what has become true by being written."""
        metrics, now = self._metrics, time.time()  # noqa: TID251 - latency is against the broker's clock
        metrics.committing.observe(seconds)
        metrics.skipped.inc(self._turn.skipped)
        metrics.customers.labels(str(self.number)).set(self.store.customers)
        for (source, result), count in self._turn.counts.items():
            metrics.movement(source, result, count)
        for source, at in self._turn.reached.items():
            metrics.reach(source, at)
        for said in self._said:
            metrics.notifications.labels(said.rule.name, said.severity, said.status).inc()
            metrics.latency.observe(max(0.0, now - said.detected_at.timestamp()))
            if said.rule.name == "recon_break" and said.status is Status.OPENED:
                metrics.recon_breaks.labels(said.evidence.facts["source"]).inc()
        for (rule, fault), count in self._world.books.failures().items():
            if metrics.rule_failed(rule, fault, count):
                log.error("rule_failed", rule=rule, fault=fault, means="its expression cannot be evaluated; it is silent there")
        self._turn.skipped, self._turn.counts, self._turn.reached, self._said = 0, {}, {}, []


async def _recover(reader: PartitionReader, topic: str, number: int, states: States, metrics: Metrics, work: Progress) -> int:
    """Read of the changelog's partition what is missing, to its end; how many records that were."""
    first, end = await reader.bounds(topic, number)
    first = max(first, states.start)
    progress, read = metrics.recovery.labels(str(number)), 0
    progress.set(0)
    async for records in reader.read(topic, number, first, end):
        states.restore(records)
        work.read()
        if records:
            read += len(records)
            progress.set((records[-1].offset + 1 - first) / max(1, end - first))
    states.restored()
    progress.set(1)
    metrics.recovered.labels(str(number)).set(read)
    return read


async def _stop(publisher: Publisher, reader: PartitionReader) -> None:
    """Disconnect both, whatever state they are in."""
    for result in await asyncio.gather(publisher.stop(), reader.stop(), return_exceptions=True):
        if isinstance(result, BaseException):
            log.info("stopped_uncleanly", error=type(result).__name__)


def _release(keeper: Keeper, number: int, states: States, *, whole: bool) -> None:
    """Give the states back."""
    try:
        keeper.release(number, states, whole=whole)
    except OSError as error:
        log.info("stopped_uncleanly", error=str(error))
