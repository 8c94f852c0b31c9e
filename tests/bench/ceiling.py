"""The ceiling: how fast one Python process that decodes by pydantic can be at all. Configured by environment.

confluent-kafka's `consume(5000)`, the contract's validator, large credits told by its producer, offsets committed after each fetch. It
keeps no state, so it is no peer: a crash or another worker would be nothing to it.
"""

from __future__ import annotations

import os

from confluent_kafka import Consumer, Producer
from pydantic import ValidationError

from tests.bench.job import decoded, encoded, large_inflow, opening

AT_ONCE = 5_000


def main() -> None:
    """Read, decode, tell, commit; until killed."""
    client = {"bootstrap.servers": os.environ["BENCH_BOOTSTRAP"]}
    output = os.environ["BENCH_OUTPUT"]
    consumer = Consumer({**client, "group.id": os.environ["BENCH_APP"], "auto.offset.reset": "earliest", "enable.auto.commit": False})
    producer = Producer({**client, "linger.ms": 5, "acks": "all"})
    consumer.subscribe([os.environ["BENCH_TOPIC"]])
    while True:
        records = consumer.consume(AT_ONCE, 0.1)
        for record in records:
            value = record.value()
            if record.error() or value is None:
                continue
            try:
                movement = decoded(value)
            except ValidationError as refused:
                print(refused)
                continue
            told = large_inflow(movement, opening(movement), record.timestamp()[1])
            if told is not None:
                producer.produce(output, encoded(told), record.key())
        producer.poll(0)
        if records:
            consumer.commit(asynchronous=True)


if __name__ == "__main__":
    main()
