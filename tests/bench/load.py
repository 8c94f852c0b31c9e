"""The movements that every system of a benchmark is given: full messages of about 480 bytes, many customers, four weeks of event time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from random import Random

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

KINDS = (
    ("salary", "credit", "PMNT-RCDT-SALA"),
    ("transfer_in", "credit", "PMNT-RCDT-ESCT"),
    ("deposit", "credit", "PMNT-CNTR-CDPT"),
    ("withdrawal", "debit", "PMNT-CNTR-CWDL"),
    ("transfer_out", "debit", "PMNT-ICDT-ESCT"),
    ("card_payment", "debit", "PMNT-CCRD-POSD"),
    ("bill_payment", "debit", "PMNT-IDDT-ESDD"),
)
START = datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=8)))
DAYS = 28


def movements(count: int, customers: int, seed: int = 1) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of `count` movements in the order of event time; one in some hundred is large."""
    random = Random(seed)
    for place in range(count):
        number = random.randrange(customers)
        kind, direction, code = KINDS[place % len(KINDS)]
        customer = f"C{number:09d}"
        at = START + timedelta(seconds=place * DAYS * 86_400 / count)
        value = {
            "schema_version": 1,
            "event_id": f"core-{place:012d}",
            "source": "core",
            "account_id": f"A{number:09d}-1",
            "customer_id": customer,
            "branch": "B01/S03/O012",
            "asset_class": "demand_deposit",
            "kind": kind,
            "direction": direction,
            "amount": f"{10 ** random.uniform(1, 4.4):.2f}",
            "currency": "CNY",
            "product": "DDA",
            "occurred_at": at.isoformat(),
            "booked_on": at.date().isoformat(),
            "bank_transaction_code": code,
            "counterparty": {"name": "ACME Holdings", "account": f"CN{random.randrange(10**10):010d}", "bank": "BKCHCNBJ"},
            "channel": "mobile",
        }
        yield customer.encode(), json.dumps(value, separators=(",", ":")).encode()


async def fill(bootstrap: str, topic: str, partitions: int, rows: Iterator[tuple[bytes, bytes]]) -> int:
    """Write the movements to their partitions, in ready-made batches; how many there were."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=1 << 19, linger_ms=0)
    await producer.start()
    open_batches = [producer.create_batch() for _ in range(partitions)]
    count = 0
    waiting = []
    try:
        for key, value in rows:
            count += 1
            partition = (murmur2(key) & 0x7FFFFFFF) % partitions
            if open_batches[partition].append(key=key, value=value, timestamp=None) is None:
                waiting.append(await producer.send_batch(open_batches[partition], topic, partition=partition))
                open_batches[partition] = producer.create_batch()
                open_batches[partition].append(key=key, value=value, timestamp=None)
        for partition, batch in enumerate(open_batches):
            if batch.record_count():
                batch.close()
                waiting.append(await producer.send_batch(batch, topic, partition=partition))
        for acknowledged in waiting:
            await acknowledged
    finally:
        await producer.stop()
    return count
