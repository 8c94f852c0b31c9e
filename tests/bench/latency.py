"""`make bench-latency`: from the broker's append of a movement to its notification in the hands of a consumer that reads committed.

Loads of 25, 50 and 75 % of the measured maximum are held, the same for every system, after a warm-up at the first. The movement's time is
the broker's (LogAppendTime), which every notification carries as `detected_at`; the consumer's clock is the same machine's. wealthwatch has
all its rules live, Kafka Streams its one rule.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from streams.book import all_rules
from tests.bench.machine import machine, versions
from tests.bench.measuring import Group, quieten, running
from tests.bench.picture import curves
from tests.bench.systems import PARTITIONS, PEERS_PYTHON, ROOT, Plan, Planned, Site, a_site, kafka_streams_peer, wealthwatch
from tests.bench.throughput import LATEST
from wealthwatch.supervisor import Child

LATENCY = ROOT / "bench" / "latency.json"
PICTURE = ROOT / "docs" / "latency.svg"
MAXIMUM_OF = "wealthwatch full rules"
SHARES = (0.25, 0.5, 0.75)
SETTLING_S = 5.0
CATCHES_UP_WITHIN_S = 60.0
LINGER_MS = 5
"""Of Kafka Streams' producer: its default of 100 ms, good for throughput, would be most of its latency."""
SYSTEMS: dict[str, Planned] = {
    "wealthwatch exactly once": partial(wealthwatch, frozenset(all_rules()), "exactly_once"),
    "kafka streams exactly once": partial(kafka_streams_peer, "exactly_once_v2"),
    "wealthwatch at least once": partial(wealthwatch, frozenset(all_rules()), "at_least_once"),
    "kafka streams at least once": partial(kafka_streams_peer, "at_least_once"),
}

Told = tuple[float, float]
"""When a notification's movement was appended and when the notification was read, in milliseconds of the wall clock."""


class Reader:
    """Reads notifications as they become readable."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False)
        self._topic = topic
        self._records: list[tuple[bytes, float]] = []

    async def follow(self) -> None:
        """Until cancelled."""
        await self._consumer.start()
        try:
            self._consumer.assign([TopicPartition(self._topic, number) for number in range(PARTITIONS)])
            await self._consumer.seek_to_beginning()
            while True:
                fetched = await self._consumer.getmany(timeout_ms=1_000)
                now = time.time() * 1_000
                self._records += [(record.value, now) for records in fetched.values() for record in records]
        finally:
            await self._consumer.stop()

    def told(self) -> list[Told]:
        """What was read."""
        return [(datetime.fromisoformat(json.loads(value)["detected_at"]).timestamp() * 1_000, at) for value, at in self._records]


def figures(told: Sequence[Told], held: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """The quantiles of each load that is to be measured; where nothing was told there are none."""
    loads: list[dict[str, float]] = []
    for pace in held:
        late = [read - appended for appended, read in told if pace["from_ms"] <= appended < pace["to_ms"]]
        wrote = pace["movements"] / (pace["to_ms"] - pace["from_ms"]) * 1_000
        load: dict[str, float] = {"load": round(pace["rate"]), "movements_per_s": round(wrote), "notifications": len(late)}
        if len(late) > 1:
            cuts = quantiles(late, n=100, method="inclusive")
            load |= {"p50_ms": round(cuts[49]), "p99_ms": round(cuts[98])}
        loads.append(load)
    return loads


async def hold(site: Site, name: str, plan: Plan, paces: Sequence[tuple[float, float]], customers: int) -> list[dict[str, float]]:
    """Start the system, hold the paces, wait until it has caught up; what was measured at every second pace, from the third one on.

    Raises:
        RuntimeError: the system ended.
    """
    out = site.folder / "paces.json"
    with closing(KafkaAdminClient(bootstrap_servers=site.bootstrap)) as admin:
        admin.alter_configs([ConfigResource("TOPIC", plan.movements, {"message.timestamp.type": "LogAppendTime"})])
        reader = Reader(site.bootstrap, plan.notifications)
        with running(name, plan.command, site.folder, plan.environments[0]) as child:
            following = asyncio.create_task(reader.follow())
            command = [str(PEERS_PYTHON), "-m", "tests.bench.paced", site.bootstrap, plan.movements, str(customers), str(out)]
            generator = await asyncio.create_subprocess_exec(
                *command, *(f"{rate}:{seconds}" for rate, seconds in paces), env={"PYTHONPATH": str(ROOT)}
            )
            if await generator.wait():
                raise RuntimeError("the movements could not be written")
            held = json.loads(out.read_text(encoding="utf-8"))
            await caught_up(child, Group(admin, plan.group, plan.movements), int(sum(pace["movements"] for pace in held)))
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    return figures(reader.told(), held[1::2])


async def caught_up(child: Child, group: Group, most: int) -> None:
    """Wait until the system has committed all movements, and two seconds more; or for a minute, where it does not keep up."""
    deadline = time.monotonic() + CATCHES_UP_WITHIN_S
    while group.committed() < most and time.monotonic() < deadline:
        if child.exit_code is not None:
            raise RuntimeError(f"{child.name} ended:\n{child.last_words()}")
        await asyncio.sleep(0.25)
    await asyncio.sleep(2)


def maximum(latest: Path) -> float:
    """Movements/s, as `make bench` has measured them.

    Raises:
        SystemExit: it has not.
    """
    if not latest.exists():
        raise SystemExit(f"there is no {latest}: make bench, or give the maximum with --rate")
    return float(json.loads(latest.read_text(encoding="utf-8"))["systems"][MAXIMUM_OF]["movements_per_s"])


def main() -> None:
    """Run, print the table, write the JSON and the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, help=f"the maximum, in movements/s; without it that of {MAXIMUM_OF!r} in bench/latest.json")
    parser.add_argument("--warm-up", type=float, default=30, help="seconds")
    parser.add_argument("--seconds", type=float, default=20, help="each load is measured for so long")
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--out", type=Path, default=LATENCY)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    wish = parser.parse_args()
    quieten()
    console, most = Console(), wish.rate or maximum(LATEST)
    paces: list[tuple[float, float]] = []
    for share in SHARES:
        paces += [(most * share, SETTLING_S if paces else wish.warm_up), (most * share, wish.seconds)]
    systems: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name, a_site(Path(name)) as (first, broker):
        console.print(f"on {broker}")
        for system, planned in SYSTEMS.items():
            if (system.startswith("kafka streams") and first.java is None) or (system.endswith("exactly once") and not first.transactions):
                continue
            site = Site(first.bootstrap, first.folder, first.java, transactions=first.transactions, linger_ms=LINGER_MS)
            with console.status(system):
                systems[system] = asyncio.run(hold(site, system, planned(site), paces, wish.customers))
    result = {
        "measured_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "broker": broker,
        "machine": machine(),
        "versions": versions(),
        "maximum": round(most),
        "warm_up_s": wish.warm_up,
        "seconds": wish.seconds,
        "customers": wish.customers,
        "systems": systems,
    }
    console.print(table(systems))
    wish.out.parent.mkdir(parents=True, exist_ok=True)
    wish.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    wish.picture.write_text(curves(systems) + "\n", encoding="utf-8")
    console.print(f"written to {wish.out} and {wish.picture}")


def table(systems: dict[str, list[dict[str, Any]]]) -> Table:
    """A load a line."""
    shown = Table(title="Append to readable notification", box=SIMPLE)
    shown.add_column("system", no_wrap=True)
    for name in ("movements/s", "notifications", "p50 ms", "p99 ms"):
        shown.add_column(name, justify="right", no_wrap=True)
    for system, loads in systems.items():
        for load in loads:
            figures = (load.get(name) for name in ("movements_per_s", "notifications", "p50_ms", "p99_ms"))
            shown.add_row(system, *("" if figure is None else f"{figure:,}" for figure in figures))
    return shown


if __name__ == "__main__":
    main()
