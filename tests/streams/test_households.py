"""The households of one partition: decided in event time, whatever the order in which they are heard of, and once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from kafka.partitioner import murmur2

from schemas.notifications import Notification
from streams.changelog import HOUSEHOLD_MARK, Positions
from streams.customer import Customer, Profile
from streams.households import Households
from streams.sharing import HOURLY, Passed, Sharing, decode, partition_of
from streams.state import new_customer
from streams.store import MemoryStore
from tests.streams.builders import LARGEST, instant, iso, movement, only, said, world

PARTITIONS = 2
MIDNIGHT, NOON, EVENING = (instant(f"2025-03-10 {hour}") for hour in ("00:00", "12:00", "18:00"))


@dataclass
class Topic:
    """One partition of the topic, as the owners of two others write to it."""

    records: list[ConsumerRecord] = field(default_factory=list)

    def sharing(self, number: int) -> Sharing:
        return Sharing(number, 1, lambda _, key, value: self.write(key, value))

    def write(self, key: bytes, value: bytes) -> None:
        offset = len(self.records)
        self.records.append(ConsumerRecord("households", 0, offset, (1_741_600_000 + offset) * 1_000, 0, key, value, None, 0, 0, ()))

    def joins(self, number: int, who: str, household_id: str | None = "h", before: Profile | None = None, offset: int = 0) -> Customer:
        customer = new_customer(who)
        customer.profile = Profile(offset=offset, household_id=household_id, manager_id="m1")
        self.sharing(number).profile(customer, before or Profile())
        return customer

    def moves(self, number: int, customer: Customer, at: int, amount: str, **more: Any) -> None:
        customer.clock = max(customer.clock, at)
        values = {"event_id": f"{customer.customer_id}-{at}", "customer_id": customer.customer_id, "account_id": customer.customer_id}
        sharing = self.sharing(number)
        sharing.movement(customer, movement(**values, amount=amount, occurred_at=iso(at), **more), 0)
        sharing.moved()

    def passes(self, at: int, *numbers: int) -> None:
        for number in numbers:
            sharing = self.sharing(number)
            sharing.hour(at)
            sharing.tell()


@dataclass
class Committed:
    """What the changelog has of households."""

    households: dict[bytes, bytes] = field(default_factory=dict)
    positions: Positions = field(default_factory=Positions)


@dataclass
class Owner:
    """Whoever decides them: keeps what was committed, and what was told."""

    recovered: Committed = field(default_factory=Committed)
    told: list[Notification] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.households = Households(
            MemoryStore(dict(self.recovered.households)), self.recovered.positions, PARTITIONS, world(), LARGEST, self.told.append
        )

    async def take(self, records: Iterable[ConsumerRecord]) -> list[Notification]:
        """Take records, commit, and say what this told."""
        begin = len(self.told)
        for record in records:
            self.households.receive(record)
        await self.households.work(1_000, self.commit)
        await self.commit()
        return self.told[begin:]

    async def commit(self) -> None:
        records = self.households.records()
        self.households.keep(records)
        for record in (record for own in records for record in own):
            assert record[0].startswith(HOUSEHOLD_MARK)
            self.recovered.households[record[0].removeprefix(HOUSEHOLD_MARK)] = record[1]
        self.recovered.positions = Positions(households=self.households.position, hour=self.households.hour)

    def taken_over(self) -> Owner:
        """The next one, who knows what was committed."""
        copied = Committed(dict(self.recovered.households), self.recovered.positions)
        return Owner(copied, list(self.told))


def two_who_move(order: Iterable[int] = (0, 1)) -> Topic:
    """c1, of partition 0, is sent 30,000 in the evening and c2, of partition 1, as much before noon; heard of in that order."""
    topic = Topic()
    for number in order:
        customer = topic.joins(number, f"c{number + 1}")
        topic.moves(number, customer, EVENING if number == 0 else NOON - 60, "30000")
        topic.passes(MIDNIGHT + 86_400, number)
    return topic


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_they_are_decided_in_event_time_whoever_is_heard_of_first(order: tuple[int, ...]) -> None:
    owner, topic = Owner(), two_who_move(order)
    one = only(await owner.take(topic.records), "household_cumulative_inflow")
    assert one.evidence.triggers[0].event_id == f"c1-{EVENING}"
    assert one.occurred_at == datetime.fromtimestamp(EVENING, UTC)
    assert (one.customer_id, one.household_id, one.manager_id) == ("c1", "h", "m1")


async def test_nothing_is_decided_before_its_hour_has_passed_on_every_partition() -> None:
    owner, topic = Owner(), Topic()
    first, second = topic.joins(0, "c1"), topic.joins(1, "c2")
    topic.moves(0, first, NOON - 60, "60000")
    topic.passes(NOON, 0)
    assert await owner.take(topic.records) == []
    topic.moves(1, second, NOON - 120, "70000")
    topic.passes(NOON, 1)
    found = await owner.take(topic.records[-2:])
    assert [one.evidence.triggers[0].event_id for one in found if one.rule.name == "household_large_inflow"] == [
        f"c2-{NOON - 120}",
        f"c1-{NOON - 60}",
    ]
    assert {one.detected_at.timestamp() for one in found} == {topic.records[-1].timestamp / 1_000}


async def test_what_comes_late_is_decided_when_it_comes() -> None:
    owner, topic = Owner(), Topic()
    first = topic.joins(0, "c1")
    topic.joins(1, "c2")
    topic.passes(EVENING, 0, 1)
    await owner.take(topic.records)
    topic.moves(0, first, NOON, "60000")
    assert (
        only(await owner.take(topic.records[-1:]), "household_large_inflow").detected_at.timestamp() == topic.records[-1].timestamp / 1_000
    )


@pytest.mark.parametrize("committed_after", range(8))
async def test_whoever_takes_over_tells_the_rest_and_nothing_twice(committed_after: int) -> None:
    topic = two_who_move()
    topic.passes(MIDNIGHT + 9 * 86_400, 0, 1)
    whole = Owner()
    await whole.take(topic.records)
    former = Owner()
    await former.take(topic.records[:committed_after])
    next_one = former.taken_over()
    position = former.recovered.positions.households
    await next_one.take(topic.records[position:])
    assert (
        said(next_one.told)
        == said(whole.told)
        == [
            ("household_cumulative_inflow", "opened"),
            ("household_cumulative_inflow", "resolved"),
        ]
    )
    assert [one.message_id for one in next_one.told] == [one.message_id for one in whole.told]
    assert next_one.recovered == whole.recovered
    assert next_one.recovered.positions.households == len(topic.records)


async def test_records_that_were_written_twice_are_decided_once() -> None:
    """As a crash leaves them on a broker without transactions."""
    topic, owner = two_who_move(), Owner()
    twice = Topic()
    for record in (*topic.records, *topic.records):
        twice.write(record.key, record.value)
    assert said(await owner.take(twice.records)) == [("household_cumulative_inflow", "opened")]


async def test_a_member_who_has_left_is_not_brought_back_by_an_older_word() -> None:
    topic, owner = Topic(), Owner()
    customer = topic.joins(0, "c1", offset=4)
    topic.joins(0, "c1", None, customer.profile, offset=7)
    topic.joins(0, "c1", offset=4)
    topic.passes(NOON, 0, 1)
    await owner.take(topic.records)
    (value,) = [value for key, value in owner.recovered.households.items() if key.endswith(b"members")]
    assert b'"here":false' in value


async def test_the_position_waits_for_the_earliest_that_is_not_decided() -> None:
    topic, owner = Topic(), Owner()
    customer = topic.joins(0, "c1")
    topic.moves(0, customer, EVENING, "1")
    topic.passes(NOON, 0, 1)
    await owner.take(topic.records)
    assert (owner.households.position, owner.households.hour) == (1, NOON)
    topic.passes(EVENING + 3_600, 0, 1)
    await owner.take(topic.records[4:])
    assert owner.households.position == len(topic.records) == 6


def test_the_last_hour_of_a_batch_is_told_to_every_partition_and_a_household_has_one_of_them() -> None:
    written: list[tuple[int, bytes, bytes]] = []
    sharing = Sharing(3, 5, lambda *record: written.append(record))
    sharing.hour(NOON - 3_600)
    sharing.hour(NOON)
    assert written == []
    sharing.tell()
    sharing.tell()
    assert [(place, key, decode(value)) for place, key, value in written] == [(place, HOURLY, Passed(3, NOON)) for place in range(5)]
    customer = new_customer("c1")
    customer.profile = Profile(household_id="HH0000001")
    sharing.profile(customer, Profile())
    assert written[-1][:2] == (partition_of("HH0000001", 5), b"HH0000001")
    assert partition_of("HH0000001", 5) == (murmur2(b"HH0000001") & 0x7FFFFFFF) % 5


def test_who_has_no_household_shares_nothing() -> None:
    written: list[tuple[int, bytes, bytes]] = []
    customer = new_customer("c1")
    customer.profile = Profile(manager_id="m1")
    Sharing(0, 4, lambda *record: written.append(record)).profile(customer, Profile())
    assert written == []
