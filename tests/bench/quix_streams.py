"""The peer on Quix Streams: a stateful pipeline as its documentation writes one. Configured by environment.

At least once, RocksDB with a changelog topic and a checkpoint every 5 s: all of them the defaults. The values stay bytes, and one function
decodes and decides, so that no step of the pipeline is paid for twice.
"""

from __future__ import annotations

import os
from typing import Any

from pydantic import ValidationError
from quixstreams import Application, State

from tests.bench.job import change, decoded, encoded, large_inflow, opening

app = Application(
    broker_address=os.environ["BENCH_BOOTSTRAP"],
    consumer_group=os.environ["BENCH_APP"],
    auto_offset_reset="earliest",
    state_dir=os.environ["BENCH_FOLDER"],
    loglevel="WARNING",
)


def decide(value: bytes, _key: Any, timestamp_ms: int, _headers: Any, state: State) -> bytes | None:
    """The job, for one movement; the state is the customer's, since the record's key is."""
    try:
        movement = decoded(value)
    except ValidationError as refused:
        print(refused)
        return None
    kept = state.get("balance")
    before = opening(movement) if kept is None else kept
    state.set("balance", before + change(movement))
    told = large_inflow(movement, before, timestamp_ms)
    return None if told is None else encoded(told)


movements = app.topic(os.environ["BENCH_TOPIC"], key_deserializer="bytes", value_deserializer="bytes")
notifications = app.topic(os.environ["BENCH_OUTPUT"], key_serializer="bytes", value_serializer="bytes")
pipeline = app.dataframe(movements)
pipeline = pipeline.apply(decide, stateful=True, metadata=True)
pipeline = pipeline.filter(lambda told: told is not None)
pipeline = pipeline.to_topic(notifications)

if __name__ == "__main__":
    app.run()
