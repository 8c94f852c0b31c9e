"""Every system of the benchmark starts, decides all movements, tells the same, and is measured."""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition

from tests.bench import kafka_streams
from tests.bench.filling import fill
from tests.bench.load import movements
from tests.bench.measuring import Group, Seen, cpu_of, measure, window
from tests.bench.systems import PARTITIONS, PEERS_PYTHON, SYSTEMS, Plan, Site, started
from tests.brokers.apache import ApacheKafka

COUNT, CUSTOMERS = 5_000, 500
ROWS = list(movements(COUNT, CUSTOMERS))
FLOOR, SHARE = Decimal(20_000), Decimal("0.10")


@pytest.fixture(scope="module")
def site(kafka: ApacheKafka, tmp_path_factory: pytest.TempPathFactory) -> Site:
    if not PEERS_PYTHON.exists():
        pytest.skip("the peers are not installed: make peers")
    folder = tmp_path_factory.mktemp("bench")
    return Site(kafka.bootstrap, folder, kafka_streams.program(folder))


def large_inflows() -> set[str]:
    """By hand: the event ids of credits of at least 20,000 and a tenth of what the customer had before."""
    found, balances = set(), dict[str, Decimal]()
    for _, value in ROWS:
        told = json.loads(value)
        amount, customer = Decimal(told["amount"]), told["customer_id"]
        change = amount if told["direction"] == "credit" else -amount
        before = balances.get(customer, Decimal(told["balance_after"]) - change)
        balances[customer] = before + change
        if told["direction"] == "credit" and amount >= max(FLOOR, before * SHARE):
            found.add(told["event_id"])
    return found


def told(site: Site, plan: Plan, wanted: set[str]) -> list[str]:
    """Event ids of the large inflows that are readable, once they are those wanted, or after 20 s."""
    consumer = KafkaConsumer(bootstrap_servers=site.bootstrap, isolation_level="read_committed", enable_auto_commit=False)
    found: list[str] = []
    deadline = time.monotonic() + 20
    with closing(consumer):
        consumer.assign([TopicPartition(plan.notifications, number) for number in range(PARTITIONS)])
        consumer.seek_to_beginning()
        while set(found) != wanted and time.monotonic() < deadline:
            for records in consumer.poll(200).values():
                found += [_event(record.value) for record in records if b"large_inflow" in record.value]
    return found


def _event(value: bytes) -> str:
    message = json.loads(value)
    return str(message["evidence"]["triggers"][0]["event_id"] if "evidence" in message else message["event_id"])


@pytest.mark.kafka
@pytest.mark.long
@pytest.mark.parametrize("name", SYSTEMS)
async def test_a_system_decides_every_movement_tells_the_large_ones_once_and_is_measured(name: str, site: Site, tmp_path: Path) -> None:
    site, wanted = replace(site, topic=f"bench-{uuid4().hex[:8]}.movements"), large_inflows()
    plan = SYSTEMS[name](site)
    assert len(wanted) > 50
    await fill(site.bootstrap, plan.movements, PARTITIONS, ROWS)
    with (
        site.admin() as admin,
        started(name, plan, tmp_path) as workers,
    ):
        group = Group(admin, plan.group, plan.movements)
        run = measure(workers, group.committed, COUNT, at_most_s=60, share=1.0)
        assert group.committed() == COUNT
        assert sorted(told(site, plan, wanted)) == sorted(wanted)
        spent = sum(map(cpu_of, workers))
        assert 0 <= run.cpu_seconds <= spent, "so few movements may be done between two ticks of the clock that counts"
        assert spent > 0
    assert 0 < run.movements <= COUNT
    assert run.seconds > 0
    assert run.peak_mib > 10


def test_the_slope_is_taken_after_warming_up_and_before_whoever_comes_last() -> None:
    seen = [Seen(float(at), count, at / 2) for at, count in enumerate((0, 100, 250, 600, 900, 1_000))]
    assert window(seen, 1_000) == (seen[2], seen[4])
    assert window(seen[:2], 100) == (seen[0], seen[1]), "too short for two commits: from the start of the process"
