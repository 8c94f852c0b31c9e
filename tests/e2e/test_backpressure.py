"""What comes after a worker takes nothing for a while: the intake pauses, memory stays where it is, and then everything is decided once."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, KafkaAdminClient

from schemas.settings import Settings
from schemas.topics import MOVEMENTS, NOTIFICATIONS
from tests.brokers.processes import program_pid
from tests.e2e.workers import Workers, notifications, workers
from tests.patience import PATIENCE_S
from tests.streams.builders import movement
from wealthwatch.supervisor import Child

pytestmark = [pytest.mark.kafka, pytest.mark.long, pytest.mark.timeout(600)]

CUSTOMERS = 4_000
BEFORE, BACKLOG, PIECE = 20_000, 80_000, 5_000
BYTES = 3_400
"""Of a movement: the backlog is 270 MB."""
EVERY = 40
"""So many movements to one that is notified."""
GROWTH_MIB = 150.0
"""Much less than the backlog. Waiting may be, in each of four partitions: the queue (2,000 movements, and the fetch that fills it, of 4 MiB
at most), another fetch on its way, and one in the consumer."""
REOPENED = 6


def rows(first: int, count: int) -> Iterator[tuple[bytes, bytes]]:
    """Movements of 10 each, and now and then a large one, of somebody who has not moved before."""
    for number in range(first, first + count):
        name, amount = (f"n{number}", "600000") if number % EVERY == 0 else (f"c{number % CUSTOMERS}", "10")
        at = f"2025-03-{10 + number * 10 // (BEFORE + BACKLOG):02}T09:00:00+08:00"
        made = json.loads(movement(customer_id=name, event_id=f"e{number}", amount=amount, occurred_at=at))
        yield name.encode(), json.dumps({**made, "remark": "x" * BYTES}).encode()


def publish(settings: Settings, first: int, count: int) -> None:
    """Write so many movements, in large batches: a backlog must not take longer to write than to decide."""
    with closing(KafkaProducer(**settings.kafka.client(), acks="all", batch_size=1 << 20, linger_ms=20)) as producer:
        for began in range(first, first + count, PIECE):
            for key, value in rows(began, PIECE):
                producer.send(settings.kafka.topic(MOVEMENTS), key=key, value=value)
            producer.flush(60)


def memory_mib(child: Child) -> float:
    """What a worker has in memory now."""
    lines = Path(f"/proc/{program_pid(child)}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1_024


@contextmanager
def refusing(settings: Settings) -> Iterator[None]:
    """The topic of notifications takes no record of ours, and leaves room for the broker's own marker at a transaction's end."""
    with closing(KafkaAdminClient(**settings.kafka.client())) as admin:

        def largest(size: str) -> None:
            admin.alter_configs([ConfigResource("TOPIC", settings.kafka.topic(NOTIFICATIONS), {"max.message.bytes": size})])

        largest("100")
        try:
            yield
        finally:
            largest(str(NOTIFICATIONS.max_bytes))


def reopened(group: Workers, child: Child) -> int:
    """How often the partition that was opened again least often was."""
    times = Counter(re.findall(r'"partition": (\d+), "error".*"partition_reopens"', group.log(child)))
    return min((times[str(number)] for number in range(4)), default=0)


def test_a_topic_that_takes_nothing_pauses_the_intake_and_costs_no_memory(settings: Settings, tmp_path: Path) -> None:
    small = settings.model_copy(update={"detector": settings.detector.model_copy(update={"queue_records": 2_000, "batch_records": 1_000})})
    with workers(small, tmp_path) as group:
        publish(small, 0, BEFORE)
        child = group.start()
        group.await_decided()
        with refusing(small):
            before = memory_mib(child)
            publish(small, BEFORE, BACKLOG)
            seen = [memory_mib(child)]
            deadline = time.monotonic() + PATIENCE_S
            while reopened(group, child) < REOPENED:
                assert time.monotonic() < deadline, group.log(child)
                assert child.exit_code is None, child.last_words()
                seen.append(memory_mib(child))
                time.sleep(0.2)
        assert max(seen) - before < GROWTH_MIB, f"{before:.0f} MiB before, then {[round(one) for one in seen]}"
        group.await_decided()
        allocations = group.await_allocations()
    large = {f"e{number}" for number in range(0, BEFORE + BACKLOG, EVERY)}
    inflows = Counter(one.evidence.triggers[0].event_id for one in notifications(small) if one.rule.name == "large_inflow")
    assert inflows == Counter(large)
    of_each = 10 * (BEFORE + BACKLOG) // CUSTOMERS
    assert Counter(account.balance for one in allocations.values() for account in one.accounts) == {
        600_000: len(large),
        of_each: CUSTOMERS - CUSTOMERS // EVERY,
    }
