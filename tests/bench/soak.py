"""`make soak`: half of the load that one detector carries, for half an hour, and whether the memory of each process stays flat.

What it carries is found first, in a few minutes: the same load, published as fast as the detector takes it. It is less than what
`make bench` measures, where no notifier runs, nobody publishes meanwhile, and few dates pass.

The bank does not grow: what a customer weighs is bounded, how many there are is not, so the customers are always the same, and event time
passes quickly. Everything that is to be forgotten (`detector.history_days`, the event ids and payees remembered of each customer, 35 days
of the notifier) is being forgotten long before the second half begins, in which memory is judged: see `tests/bench/drift.py`.

With `--faults` workers, notifier, stores and broker are killed and started at random moments for the whole time, on a simulated bank at a
lower load, and what is left behind is held against a backtest: see `tests/faults/soak.py`.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from kafka.admin import ConfigResource, KafkaAdminClient
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from handlers import topics
from schemas.settings import Detector, Door, Kafka, Notifier, Settings
from schemas.topics import CUSTOMERS, MOVEMENTS, POSITIONS, STATES
from tests.bench.drift import Sample, drift, second_half
from tests.bench.machine import machine
from tests.bench.measuring import quieten, running
from tests.bench.memory_picture import over_time
from tests.bench.recovery import ready
from tests.bench.steady import NOWHERE, SteadyBank
from tests.bench.systems import PARTITIONS, ROOT
from tests.brokers.apache import ApacheKafka
from tests.brokers.processes import program_pid
from tests.faults import soak as faults
from tests.faults.watch import figures
from wealthwatch.broker import free_port
from wealthwatch.build import core
from wealthwatch.configuration import environment_of
from wealthwatch.replaying import Pace, Replay, publish
from wealthwatch.supervisor import Child

SOAK = ROOT / "bench" / "soak.json"
PICTURE = ROOT / "docs" / "memory.svg"
DATES = 400
"""Of event time, whatever the length: half of them are more than twice what is kept."""
MOST_CUSTOMERS = 5_000
FORGETTING = 4 * Detector().remembered_events
"""Movements of each customer: twice what is remembered of them, in each half."""
SHARE = 0.5
MOST_WAITING = 10_000
"""Movements, while it is found what the detector carries."""
LOOKED_AFTER = 500
"""So many movements are sent from one look at what waits to the next."""
PROBED_CUSTOMERS = 1_500
"""While it is found what is carried: as many movements of each on a date as in the soak."""
JUDGED = ("detector", "notifier")
LATE_S = 5.0
"""A detector that is in the median further behind than this does not carry the load, and what it holds is the backlog."""
POINTS = 120
"""Of each line in the JSON."""
BOUNDS = {
    MOVEMENTS: {"retention.bytes": 256 << 20, "segment.bytes": 64 << 20},
    STATES: {"segment.bytes": 64 << 20},
    POSITIONS: {"segment.bytes": 64 << 20},
    CUSTOMERS: {"segment.bytes": 64 << 20},
}
"""So that half an hour fits on a disk; what the detector has yet to read is far less."""
RETAINING = {"log.retention.check.interval.ms": 15_000}


def settings_of(bootstrap: str, history_days: int, prefix: str) -> Settings:
    """One detector and one notifier as they are shipped, every rule live; only dates are forgotten sooner."""
    kafka = Kafka(bootstrap_servers=bootstrap, topic_prefix=prefix, partitions=PARTITIONS)
    detector = Detector(history_days=history_days, tick_by_the_clock=False, door=Door(port=free_port()))
    return Settings(kafka=kafka, detector=detector, notifier=Notifier(door=Door(port=free_port())))


def bound(settings: Settings) -> None:
    """Let old movements and old states go."""
    with closing(KafkaAdminClient(**settings.kafka.client())) as admin:
        for topic, config in BOUNDS.items():
            admin.alter_configs(
                [ConfigResource("TOPIC", settings.kafka.topic(topic), {name: str(value) for name, value in config.items()})]
            )


def resident_mib(child: Child) -> float:
    """What a program has in memory now."""
    lines = Path(f"/proc/{program_pid(child)}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1_024


def counted(port: int) -> dict[str, float]:
    """The figures at a service's door; none where it is too busy to answer."""
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
        return figures(answer.read().decode())
    return {}


class Sampler:
    """Looks at every process every few seconds."""

    def __init__(self, children: Mapping[str, Child], settings: Settings, every_s: float) -> None:
        self._children, self._settings, self._every_s = children, settings, every_s
        self.samples: dict[str, list[Sample]] = {name: [] for name in children}
        self.behind: list[Sample] = []
        """Movements that waited, over time."""
        self.decided: list[Sample] = []
        """Movements that were decided, over time."""
        self.told = 0.0

    def check(self) -> None:
        """Make sure that all run.

        Raises:
            RuntimeError: a process ended.
        """
        for name, child in self._children.items():
            if child.exit_code is not None:
                raise RuntimeError(f"the {name} ended:\n{child.last_words()}")

    def watch(self, load: Future[Any], seconds: float = inf) -> None:
        """Until the load is over, or for so long.

        Raises:
            RuntimeError: a process ended.
        """
        began = time.monotonic()
        while not load.done() and (at := time.monotonic() - began) < seconds:
            self.check()
            for name, child in self._children.items():
                self.samples[name].append((at, resident_mib(child)))
            found = counted(self._settings.detector.door.port)
            if found:
                self.behind.append((at, found.get("wealthwatch_lag_movements", 0.0)))
                self.decided.append((at, found.get("wealthwatch_movements_total", 0.0)))
                self.told = found.get("wealthwatch_notifications_total", 0.0)
            time.sleep(max(0.1, began + at + self._every_s - time.monotonic()))


@contextmanager
def watched(folder: Path, settings: Settings, broker: ApacheKafka, every_s: float) -> Iterator[Sampler]:
    """Topics, a detector and a notifier that are ready, and who looks at them."""
    topics.create(settings.kafka)
    environment = environment_of(settings)
    commands = {name: [sys.executable, "-m", "wealthwatch", name] for name in JUDGED}
    with (
        running("detector", commands["detector"], folder, environment) as detector,
        running("notifier", commands["notifier"], folder, environment) as notifier,
    ):
        sampler = Sampler({"detector": detector, "notifier": notifier, "broker": broker.child}, settings, every_s)
        while not all(ready(port) for port in (settings.detector.door.port, settings.notifier.door.port)):
            sampler.check()
            time.sleep(0.1)
        bound(settings)  # not before: they would not start on topics that let go of what is not decided
        yield sampler


def carried(folder: Path, settings: Settings, broker: ApacheKafka, minutes: float, every_s: float) -> float:
    """Movements a second that the detector takes of such a load, in the second half of so many minutes."""
    bank = SteadyBank(PROBED_CUSTOMERS, 2 * FORGETTING * PROBED_CUSTOMERS, 2 * DATES)
    decided, ended = 0.0, False

    def lines() -> Iterator[bytes]:
        """As fast as they are decided."""
        nonlocal decided
        for place, line in enumerate(bank.lines()):
            if place % LOOKED_AFTER == 0:
                while place - decided > MOST_WAITING and not ended:
                    decided = counted(settings.detector.door.port).get("wealthwatch_movements_total", decided)
                    if place - decided > MOST_WAITING:
                        time.sleep(0.05)
            yield line

    with watched(folder, settings, broker, every_s) as sampler, ThreadPoolExecutor(1) as pool:
        feed = replace(bank.feed(), movements=lambda _: lines())
        load = pool.submit(publish, settings, Replay(feed, NOWHERE), lambda _: None, lambda: ended)
        try:
            sampler.watch(load, 60 * minutes)
        finally:
            ended = True
        load.result()
    (begun_at, before), *_, (ended_at, after) = second_half(sampler.decided)
    return (after - before) / (ended_at - begun_at)


def soak(folder: Path, settings: Settings, broker: ApacheKafka, bank: SteadyBank, rate: float, wish: argparse.Namespace) -> dict[str, Any]:
    """Hold the load, and say how memory went."""
    ended = False
    with watched(folder, settings, broker, wish.every) as sampler, ThreadPoolExecutor(1) as pool:
        load = pool.submit(publish, settings, Replay(bank.feed(), NOWHERE, Pace(rate=rate)), lambda _: None, lambda: ended)
        try:
            sampler.watch(load)
        finally:
            ended = True
        summary = load.result()
    late = sorted(waiting for _, waiting in second_half(sampler.behind))
    return {
        "minutes": wish.minutes,
        "asked_per_s": round(rate),
        "movements_per_s": summary.movements_per_second,
        "movements": summary.movements,
        "customers": bank.customers,
        "dates": bank.dates,
        "history_days": settings.detector.history_days,
        "notifications": round(sampler.told),
        "behind": {"median": round(late[len(late) // 2]), "most": round(late[-1])},
        "kept_up": late[len(late) // 2] < rate * LATE_S,
        "every_s": wish.every,
        "processes": {name: judged(samples) for name, samples in sampler.samples.items()},
    }


def judged(samples: Sequence[Sample]) -> dict[str, Any]:
    """One process's figures."""
    found = drift(second_half(samples))
    step = max(1, len(samples) // POINTS)
    return {
        "mib": round(found.level, 1),
        "peak_mib": round(max(mib for _, mib in samples), 1),
        "slope_mib_per_hour": round(found.slope, 2),
        "growth": round(found.growth, 5),
        "flat": found.flat,
        "samples": [[round(at), round(mib, 1)] for at, mib in samples[::step]],
    }


def table(found: Mapping[str, Any]) -> Table:
    """A process a line."""
    shown = Table(title=f"{found['movements']:,} movements, {found['movements_per_s']:,}/s; the second half", box=SIMPLE)
    for name in ("process", "MiB", "peak MiB", "MiB/h", "grew", ""):
        shown.add_column(name, justify="left" if name == "process" else "right", no_wrap=True)
    for name, one in found["processes"].items():
        said = ("flat" if one["flat"] else "GROWS") if name in JUDGED else "not ours"
        shown.add_row(name, f"{one['mib']:,}", f"{one['peak_mib']:,}", f"{one['slope_mib_per_hour']:+,}", f"{one['growth']:+.2%}", said)
    return shown


def main() -> None:
    """Run, print the table, write the JSON and the picture; exit code 1 if memory grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, help="movements/s; without it half of what is carried, which is found first")
    parser.add_argument("--finding", type=float, default=4, help="minutes in which it is found what is carried")
    parser.add_argument("--customers", type=int, help=f"without it {MOST_CUSTOMERS:,}, or as many as forget in so short a time")
    parser.add_argument("--history-days", type=int, default=92, help="detector.history_days")
    parser.add_argument("--every", type=float, default=5, help="seconds from sample to sample")
    parser.add_argument("--out", type=Path, default=SOAK)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--faults", action="store_true", help="instead of measuring memory: faults for so long, held against a backtest")
    parser.add_argument("--seed", type=int, help="of the faults; else one that is printed")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="of the faults: logs, bank and brokers' data stay there")
    wish = parser.parse_args()
    if 60 * wish.finding < 8 * wish.every:
        parser.error("--finding is too short: in half of it, a rate is told from at least four samples, --every so many seconds")
    quieten()
    if wish.faults:
        sys.exit(not faults.survived(wish.minutes, wish.seed, wish.keep))
    console, most, rate = Console(), None, wish.rate
    with tempfile.TemporaryDirectory(prefix="wealthwatch-soak-") as name:
        broker = ApacheKafka(Path(name), properties=RETAINING)
        broker.start()
        try:
            if rate is None:
                with console.status(f"finding in {wish.finding:g} minutes what is carried"):
                    probing = settings_of(broker.bootstrap, wish.history_days, "carried.")
                    most = carried(Path(name), probing, broker, wish.finding, wish.every)
                rate = most * SHARE
                console.print(f"{most:,.0f} movements/s are carried, so {rate:,.0f} are held")
            count = int(rate * wish.minutes * 60)
            forgetting = count // FORGETTING
            customers = wish.customers or min(MOST_CUSTOMERS, forgetting)
            if not 0 < customers <= forgetting:
                parser.error(f"{customers} customers do not forget in so short a time: {forgetting} at most")
            bank = SteadyBank(customers, count, DATES)
            settings = settings_of(broker.bootstrap, wish.history_days, "soak.")
            with console.status(f"{rate:,.0f} movements/s for {wish.minutes:g} minutes"):
                found = soak(Path(name), settings, broker, bank, rate, wish)
        finally:
            broker.stop()
    console.print(table(found))
    versions = {"python": platform.python_version(), "decision core": core()}
    told = {"measured_on": f"{datetime.now(UTC):%Y-%m-%d}", "broker": "Apache Kafka", "machine": machine(), "versions": versions}
    result = {**told, "carried_per_s": most and round(most), **found}
    wish.out.parent.mkdir(parents=True, exist_ok=True)
    wish.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    wish.picture.write_text(over_time({name: one["samples"] for name, one in found["processes"].items()}) + "\n", encoding="utf-8")
    console.print(f"written to {wish.out} and {wish.picture}")
    if not found["kept_up"]:
        sys.exit("the detector did not keep up, so this says nothing of memory: give it a lower --rate, or a quieter machine")
    sys.exit(not all(found["processes"][name]["flat"] for name in JUDGED))


if __name__ == "__main__":
    main()
