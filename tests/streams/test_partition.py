"""One partition on a broker: what is left of a batch whose commit fails, and a profile that comes while its customer sleeps."""

from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaConnectionError

from schemas.notifications import Notification
from schemas.settings import Settings
from schemas.ticks import Tick
from schemas.topics import CUSTOMERS, DEAD_LETTERS, MOVEMENTS, NOTIFICATIONS, STATES, TICKS, Topic
from streams.changelog import POSITIONS_KEY, PartitionReader, Positions, decode_positions
from streams.metrics import Metrics
from streams.money import Rates
from streams.partition import Partition
from streams.publisher import Batch, Ordered, Publisher, Transactional, Written
from streams.session import ENOUGH, Context, Session
from streams.state import decode
from streams.timeline import RuleBooks
from streams.watchdog import Progress
from streams.windows import Calendar
from streams.world import World
from tests.brokers.records import await_records, read_all, set_largest
from tests.patience import PATIENCE_S
from tests.streams.builders import instant, iso, movement
from wealthwatch import garbage

NUMBER = 0
"""The partition; everything is produced to it, whatever its key."""


async def _followed(number: int, offset: int) -> None:
    """The group's offset, which nobody looks at here."""


def publisher(settings: Settings, number: int) -> Publisher:
    """As the detector makes it."""
    if settings.detector.processing_guarantee == "exactly_once":
        return Transactional(settings, number)
    return Ordered(settings, number, _followed)


class FailingOnce:
    """A publisher whose first commit of movements fails after it was begun, as where the broker goes away: nothing of it is written."""

    def __init__(self, real: Publisher, failures: list[Positions]) -> None:
        self._real, self._failures = real, failures

    async def start(self) -> None:
        await self._real.start()

    async def publish(self, batch: Batch, offset: int | None) -> Written:
        _, positions = batch.states[-1][-1]
        if not self._failures and decode_positions(positions).movements:
            self._failures.append(decode_positions(positions))
            if isinstance(self._real, Transactional):
                await self._real._producer.begin_transaction()  # left open, as by a broker that goes away
                await self._real._send_states(batch)
            raise KafkaConnectionError("the broker is gone")
        return await self._real.publish(batch, offset)

    async def stop(self) -> None:
        await self._real.stop()


class Absent:
    """A publisher that never gets its broker to answer."""

    async def start(self) -> None:
        await asyncio.Event().wait()

    async def publish(self, batch: Batch, offset: int | None) -> Written:
        raise AssertionError(f"it has not started, and is given {batch} and {offset}")

    async def stop(self) -> None:
        """Nothing was begun."""


class Held:
    """A publisher that writes when it is let."""

    def __init__(self, real: Publisher, let: asyncio.Event) -> None:
        self._real, self._let = real, let

    async def start(self) -> None:
        await self._real.start()

    async def publish(self, batch: Batch, offset: int | None) -> Written:
        await self._let.wait()
        return await self._real.publish(batch, offset)

    async def stop(self) -> None:
        await self._real.stop()


def small(settings: Settings, **changes: int) -> Settings:
    """The same settings with other bounds."""
    return settings.model_copy(update={"detector": settings.detector.model_copy(update=changes)})


async def produce(settings: Settings, topic: Topic, *records: tuple[str, bytes]) -> None:
    """Write (key, value) to the partition."""
    producer = AIOKafkaProducer(**settings.kafka.client(), acks="all")
    await producer.start()
    try:
        for key, value in records:
            await producer.send_and_wait(settings.kafka.topic(topic), value, key.encode(), partition=NUMBER)
    finally:
        await producer.stop()


async def fetched(settings: Settings) -> list[ConsumerRecord]:
    """The movements of the partition, as the transport would hand them over."""
    reader = PartitionReader(settings.kafka)
    await reader.start()
    try:
        topic = settings.kafka.topic(MOVEMENTS)
        _, end = await reader.bounds(topic, NUMBER)
        return [record async for records in reader.read(topic, NUMBER, 0, end) for record in records]
    finally:
        await reader.stop()


def context(settings: Settings, make: Callable[[int], Publisher]) -> Context:
    """As the partitions of a worker share it."""
    bank = settings.bank
    world = World(RuleBooks.of(settings), Rates(bank.base_currency), Calendar(bank.time_zone))
    return Context(settings, world, Metrics(), make)


@asynccontextmanager
async def running(settings: Settings, make: Callable[[int], Publisher]) -> AsyncIterator[tuple[Partition, list[BaseException]]]:
    """A partition at work, and the faults that it cannot mend."""
    faults = list[BaseException]()

    async def known() -> None:
        """The rules' settings are known at once."""

    partition = Partition(NUMBER, context(settings, make), faults.append, known)
    try:
        yield partition, faults
    finally:
        await partition.close(60)


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that the partition comes to by itself."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def reached(settings: Settings, **wanted: int) -> None:
    """Wait until the changelog says that the partition has come so far."""

    def enough(records: list[Any]) -> bool:
        last = [decode_positions(record.value) for record in records if record.key == POSITIONS_KEY][-1:]
        return any(all(getattr(positions, name) >= least for name, least in wanted.items()) for positions in last)

    await asyncio.to_thread(await_records, settings, STATES, enough)


def told(settings: Settings) -> list[Notification]:
    return [Notification.model_validate_json(record.value) for record in read_all(settings, NOTIFICATIONS)]


async def test_the_last_batch_is_decided_once_though_its_commit_failed_and_nothing_comes_after_it(settings: Settings) -> None:
    failures = list[Positions]()
    at = "2025-03-10T09:00:00+08:00"
    rows = [movement(event_id=f"e{place}", amount="600000", occurred_at=at) for place in range(3)]
    await produce(settings, MOVEMENTS, *[("c1", row) for row in rows])
    async with running(settings, lambda number: FailingOnce(publisher(settings, number), failures)) as (partition, faults):
        await partition.put(await fetched(settings))
        await reached(settings, movements=1)
        assert (partition.waiting, faults) == (0, [])
    assert len(failures) == 1
    states = {record.key: record.value for record in read_all(settings, STATES)}
    customer = decode(states[b"c1"], states.get)
    assert decode_positions(states[POSITIONS_KEY]).movements == failures[0].movements
    assert customer.accounts["a1"].balance == 3 * 6_000_000_000
    inflows = [
        [trigger.event_id for trigger in one.evidence.triggers]
        for one in await asyncio.to_thread(told, settings)
        if one.rule.name == "large_inflow"
    ]
    assert inflows == [[f"e{place}"] for place in range(3)]


@pytest.mark.kafka
async def test_what_failed_is_gone_once_the_partition_is_open_again_though_the_collector_rests(settings: Settings) -> None:
    """Or a worker that cannot write, and tries again and again, would keep what each attempt had in memory."""
    made = list[weakref.ref[Publisher]]()

    def make(number: int) -> Publisher:
        one = publisher(settings, number)
        made.append(weakref.ref(one))
        return one

    await produce(settings, MOVEMENTS, ("c1", movement(amount="600000")))
    probe = b"p" * 1_000  # 100 bytes are too few for a message, and enough for the broker's own marker at a transaction's end
    await asyncio.to_thread(set_largest, settings, NOTIFICATIONS, 100, probe)
    with garbage.resting():
        async with running(settings, make) as (partition, faults):
            await partition.put(await fetched(settings))
            await until(lambda: len(made) == 3)
            await asyncio.to_thread(set_largest, settings, NOTIFICATIONS, NOTIFICATIONS.max_bytes, probe)
            await reached(settings, movements=1)
            assert [one() for one in made[:2]] == [None, None]
            assert faults == []


async def test_recovery_shows_that_it_goes_on_so_that_a_long_one_is_not_taken_for_a_standstill(settings: Settings) -> None:
    def make(number: int) -> Publisher:
        return publisher(settings, number)

    await produce(settings, MOVEMENTS, ("c1", movement()))
    async with running(settings, make) as (partition, _):
        await partition.put(await fetched(settings))
        await reached(settings, movements=1)
    progress = Progress()
    session = await Session.open(NUMBER, context(settings, make), progress)
    await session.close(written=False)
    assert progress.reads
    assert session.store.customers == 1


async def test_a_new_profile_wakes_its_customer_for_the_days_to_come_and_for_none_that_has_passed(settings: Settings) -> None:
    def tick(text: str) -> tuple[str, bytes]:
        return "", Tick(at=datetime.fromtimestamp(instant(text), UTC)).model_dump_json().encode()

    profile = {"customer_id": "c1", "name": "张三", "born_on": "1980-09-15", "customer_since": "2020-03-15"}
    await produce(settings, MOVEMENTS, ("c1", movement(occurred_at=iso(instant("2025-01-10 09:00")))))
    async with running(settings, lambda number: publisher(settings, number)) as (partition, faults):
        await partition.put(await fetched(settings))
        await reached(settings, movements=1)
        await produce(settings, TICKS, tick("2025-07-01 00:00"))
        await reached(settings, ticks=1)
        await produce(settings, CUSTOMERS, ("c1", json.dumps(profile).encode()))
        await reached(settings, customers=1)
        await produce(settings, TICKS, tick("2025-07-01 01:00"), tick("2025-09-11 23:00"), tick("2025-09-12 00:00"))
        await reached(settings, ticks=4)
        assert faults == []
    days = [(one.occurred_at, one.evidence.facts["day"]) for one in await asyncio.to_thread(told, settings) if one.rule.rule_id == "R35"]
    assert days == [(datetime.fromtimestamp(instant("2025-09-12 00:00"), UTC), "birthday")]


@pytest.mark.parametrize(("records", "size", "fits"), [(250, 10, 4), (3, 100_000, 4)], ids=["by their number", "by their bytes"])
async def test_the_intake_pauses_when_enough_waits(settings: Settings, records: int, size: int, fits: int) -> None:
    """Nobody takes anything from the queue, since the partition cannot be opened; what pauses goes on when it is closed."""
    bounded = small(settings, queue_records=1_000, queue_mib=1)
    async with running(bounded, lambda _: Absent()) as (partition, _):
        fetch = [SimpleNamespace(offset=number, value=b"x" * size) for number in range(records)]
        for _ in range(fits):
            await asyncio.wait_for(partition.put(fetch), PATIENCE_S)
        paused = asyncio.create_task(partition.put(fetch))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not paused.done()
        assert partition.waiting == fits * records
    await asyncio.wait_for(paused, PATIENCE_S)
    assert partition.waiting == fits * records


async def test_profiles_are_read_no_faster_than_they_are_written(settings: Settings) -> None:
    bounded, let = small(settings, queue_records=100, batch_records=50), asyncio.Event()
    profiles = [(f"c{number}", json.dumps({"customer_id": f"c{number}", "name": "张三"}).encode()) for number in range(1_000)]
    async with running(bounded, lambda number: Held(publisher(settings, number), let)) as (partition, faults):
        await until(lambda: partition.ready)
        await produce(bounded, CUSTOMERS, *profiles)
        await until(lambda: not partition._room_beside.is_set())
        assert 100 <= len(partition._beside) < 200
        let.set()
        await reached(bounded, customers=1_000)
        assert faults == []


async def test_a_gap_is_read_again_by_the_batch(settings: Settings) -> None:
    await produce(settings, MOVEMENTS, *[("c1", movement(event_id=f"e{number}")) for number in range(50)])
    session = await Session.open(NUMBER, context(settings, lambda number: publisher(settings, number)), Progress())
    try:
        assert [record.offset for record in await session.missing(50, 20)] == list(range(20))
        assert [record.offset for record in await session.missing(50, 60)] == list(range(50))
    finally:
        await session.close(written=False)
    bounded = small(settings, batch_records=20)
    async with running(bounded, lambda number: publisher(settings, number)) as (partition, faults):
        await partition.put((await fetched(settings))[-1:])
        await reached(settings, movements=50)
        assert (partition.waiting, faults) == (0, [])


async def test_a_batch_is_bounded_by_what_it_writes(settings: Settings) -> None:
    """As much as the batch before did: states of busy customers are fifty times as large as those of new ones."""
    who = [f"c{number % 50}" for number in range(200)]
    await produce(settings, MOVEMENTS, *[(one, movement(event_id=f"e{number}", customer_id=one)) for number, one in enumerate(who)])
    bounded = small(settings, batch_mib=1)
    session = await Session.open(NUMBER, context(bounded, lambda number: publisher(settings, number)), Progress())
    try:
        assert session.room == 128
        await session.take(await fetched(settings), [], more=False)
        written = sum(len(record.value) for record in read_all(settings, STATES) if record.key != POSITIONS_KEY)
        session._each_s = 1e-6  # however long it took on this machine
        assert session.room == (1 << 20) // (written // 200) > 1_000
        session._each_s = 0.01
        assert session.room == 300, "or by the time that it takes"
        session._each_s = 60.0
        assert session.room == ENOUGH, "and has enough movements to tell anew"
    finally:
        await session.close(written=False)


async def test_refusals_go_and_count_by_offset_though_customers_are_decided_one_after_the_other(settings: Settings) -> None:
    """Two bad ones in a row would blow this fuse: of one customer there are four, and one of another stands before each."""
    rows = [row for number in range(4) for row in (("good", movement(event_id=f"e{number}", customer_id="good")), ("bad", b"{"))]
    rows[1] = ("good", b"{")
    await produce(settings, MOVEMENTS, *rows)
    strict = settings.detector.model_copy(update={"fuse": settings.detector.fuse.model_copy(update={"run": 2})})
    bounded = settings.model_copy(update={"detector": strict})
    session = await Session.open(NUMBER, context(bounded, lambda number: publisher(settings, number)), Progress())
    try:
        await session.take(await fetched(settings), [], more=False)
    finally:
        await session.close(written=False)
    letters = [dict(record.headers) for record in read_all(settings, DEAD_LETTERS)]
    assert [int(letter["dead_letter_offset"]) for letter in letters] == [1, 3, 5, 7]


async def test_a_profile_that_was_there_before_a_customers_first_movement_counts_for_it(settings: Settings) -> None:
    """Even where what follows the profiles has not brought it yet."""
    session = await Session.open(NUMBER, context(settings, lambda number: publisher(settings, number)), Progress())
    try:
        await produce(settings, CUSTOMERS, ("c1", json.dumps({"customer_id": "c1", "name": "张三", "manager_id": "m1"}).encode()))
        await produce(settings, MOVEMENTS, ("c1", movement(amount="600000")), ("c2", movement(customer_id="c2", amount="600000")))
        await session.take(await fetched(settings), [], more=False)
        assert session.positions.customers == 1
        managers = {one.customer_id: one.manager_id for one in await asyncio.to_thread(told, settings) if one.rule.name == "large_inflow"}
        assert managers == {"c1": "m1", "c2": None}
    finally:
        await session.close(written=False)


async def test_an_opening_that_is_over_keeps_no_state_in_memory(settings: Settings) -> None:
    """Openings that follow each other, as where a write is refused again and again, would be many times the customers' memory."""
    await produce(settings, MOVEMENTS, ("c1", movement()))
    async with running(settings, lambda number: publisher(settings, number)) as (partition, _):
        await partition.put(await fetched(settings))
        await reached(settings, movements=1)
    session = await Session.open(NUMBER, context(settings, lambda number: publisher(settings, number)), Progress())
    assert session.store.find(b"c1") is not None
    await session.close(written=False)
    assert session.store.find(b"c1") is None
