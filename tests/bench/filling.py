"""Writing many records to a topic, fast."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2


async def fill(bootstrap: str, topic: str, partitions: int, rows: Iterable[tuple[bytes, bytes]]) -> int:
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
