"""The peer: a Faust agent as Faust's own tutorial writes one. Decodes, keeps a balance in a Table, notifies. Configured by environment."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from decimal import Decimal

import faust

APP = os.environ["BENCH_APP"]
app = faust.App(
    APP,
    broker=f"kafka://{os.environ['BENCH_BOOTSTRAP']}",
    topic_partitions=int(os.environ["BENCH_PARTITIONS"]),
    topic_replication_factor=1,
    consumer_auto_offset_reset="earliest",
    datadir=tempfile.mkdtemp(),
    web_enabled=False,
)


class Counterparty(faust.Record):
    """The other side."""

    name: str
    account: str
    bank: str


class Movement(faust.Record, serializer="json", coerce=True):
    """The whole message, typed, as the job needs it: money is exact and time is time."""

    schema_version: int
    event_id: str
    source: str
    account_id: str
    customer_id: str
    branch: str
    asset_class: str
    kind: str
    direction: str
    amount: Decimal
    currency: str
    product: str
    occurred_at: datetime
    booked_on: str
    bank_transaction_code: str
    counterparty: Counterparty
    channel: str


movements = app.topic(os.environ["BENCH_TOPIC"], value_type=Movement)
notifications = app.topic(f"{APP}-notifications", value_serializer="json")
balances = app.Table("balances", default=Decimal)


@app.agent(movements)
async def watch(stream: faust.Stream[Movement]) -> None:
    """One movement at a time."""
    async for movement in stream:
        amount = movement.amount
        balances[movement.customer_id] += amount if movement.direction == "credit" else -amount
        if amount >= 20_000:
            await notifications.send(key=movement.customer_id, value={"event_id": movement.event_id, "amount": str(amount)})


if __name__ == "__main__":
    app.main()
