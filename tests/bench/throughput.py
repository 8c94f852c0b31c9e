"""`make bench`: the detector with its rules and durable state, one worker, beside a tutorial-style Faust agent, in one run on Apache Kafka.

Both read the same topic from its beginning. How far each has come is asked four times a second (the detector's own counter; the length of
the agent's changelog), from its first movement until it has read all or its time is up; movements/s is the slope. The systems alternate, so
that a drift of the machine meets both; the medians are compared.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import NewTopic
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from handlers import topics
from schemas.rules import Mode, RuleSettings
from schemas.settings import Door, Settings
from schemas.topics import MOVEMENTS
from streams.book import all_rules
from tests.bench.load import fill, movements
from tests.brokers.apache import ApacheKafka
from tests.brokers.processes import program_pid
from wealthwatch.broker import free_port
from wealthwatch.configuration import environment_of
from wealthwatch.supervisor import Child

PARTITIONS = 4
FIRST = frozenset(
    {
        "large_inflow",
        "large_outflow",
        "retraction",
        "cumulative_inflow",
        "cumulative_outflow",
        "full_sweep",
        "dormant_reactivated",
        "tier_up",
        "near_tier",
        "recon_break",
    }
)
"""The rules of the first version: R01 R02 R07 R10 R11 R22 R33 R40 and recon_break."""
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Run:
    """One system's figures in one run."""

    movements: int
    seconds: float
    cpu_seconds: float
    peak_mib: float

    @property
    def rate(self) -> float:
        """Movements/s."""
        return self.movements / self.seconds


def measure(child: Child, count: Callable[[], int], most: int, at_most_s: float) -> Run:
    """Watch a system from its first movement until it has read `most` or its time is up.

    Raises:
        RuntimeError: it ended, or did not begin within two minutes.
    """
    began = first = 0.0
    start = seen = 0
    cpu = 0.0
    deadline = time.monotonic() + 120
    while True:
        if child.exit_code is not None:
            raise RuntimeError(f"{child.name} ended:\n{child.last_words()}")
        now, seen = time.monotonic(), count()
        if not began:
            if now > deadline:
                raise RuntimeError(f"{child.name} has not begun:\n{child.last_words()}")
            if seen:
                began, start, cpu, first = now, seen, cpu_of(child), now
        elif seen >= most or now - first > at_most_s:
            return Run(seen - start, now - began, cpu_of(child) - cpu, peak_of(child))
        time.sleep(0.25)


def cpu_of(child: Child) -> float:
    """User and system seconds of the program so far."""
    fields = Path(f"/proc/{program_pid(child)}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def peak_of(child: Child) -> float:
    """Peak resident memory of the program, in MiB."""
    lines = Path(f"/proc/{program_pid(child)}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


@contextmanager
def running(name: str, command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[Child]:
    """A system as a process, ended at the end."""
    child = Child(name, command, folder / f"{name}-{uuid4().hex[:6]}.log", environment)
    try:
        yield child
    finally:
        child.kill()


def prepared(bootstrap: str, count: int, customers: int) -> Settings:
    """Settings with topics of their own, and the movements on them."""
    settings = Settings.load()
    name = uuid4().hex[:8]
    kafka = settings.kafka.model_copy(update={"bootstrap_servers": bootstrap, "topic_prefix": f"bench-{name}.", "partitions": PARTITIONS})
    detector = settings.detector.model_copy(update={"application_id": f"bench-{name}", "door": Door(port=free_port())})
    settings = settings.model_copy(update={"kafka": kafka, "detector": detector})
    topics.create(kafka)
    asyncio.run(fill(bootstrap, kafka.topic(MOVEMENTS), PARTITIONS, movements(count, customers)))
    return settings


def run_detector(settings: Settings, count: int, folder: Path, rules: frozenset[str]) -> Run:
    """The detector with these rules live and the others off, exactly once."""
    off = {rule: RuleSettings(mode=Mode.OFF) for rule in all_rules() if rule not in rules}
    settings = settings.model_copy(update={"rules": off})
    with running("wealthwatch", [sys.executable, "-m", "wealthwatch", "detector"], folder, environment_of(settings)) as child:
        return measure(child, lambda: decided(settings.detector.door.port), count, 600)


def run_tutorial(settings: Settings, count: int, folder: Path, seconds: float) -> Run:
    """The tutorial-style agent; its changelog has one record a movement."""
    kafka, name = settings.kafka, f"tutorial-{uuid4().hex[:8]}"
    admin = KafkaAdminClient(**kafka.client())
    changelog = f"{name}-balances-changelog"
    admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in (changelog, f"{name}-notifications")])
    admin.close()
    environment = {
        "BENCH_APP": name,
        "BENCH_BOOTSTRAP": kafka.bootstrap_servers,
        "BENCH_PARTITIONS": str(PARTITIONS),
        "BENCH_TOPIC": kafka.topic(MOVEMENTS),
    }
    watching = KafkaConsumer(**kafka.client(), group_id=None)
    partitions = [TopicPartition(changelog, number) for number in range(PARTITIONS)]
    command = [sys.executable, "-m", "tests.bench.faust_tutorial", "worker", "--without-web", "-l", "warn"]
    try:
        with running("tutorial", command, folder, environment) as child:
            return measure(child, lambda: sum(watching.end_offsets(partitions).values()), count, seconds)
    finally:
        watching.close()


def decided(port: int) -> int:
    """Movements that the detector says it has decided."""
    try:
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2).read().decode()
    except OSError:
        return 0
    lines = [line for line in page.splitlines() if line.startswith("wealthwatch_movements_total")]
    return int(sum(float(line.rpartition(" ")[2]) for line in lines))


def main() -> None:
    """Run, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movements", type=int, default=600_000)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tutorial-seconds", type=float, default=15, help="how long the tutorial-style agent is watched in each run")
    wish = parser.parse_args()
    console = Console()
    every = frozenset(all_rules())
    found: dict[str, list[Run]] = {
        f"wealthwatch, {len(FIRST)} rules, exactly once": [],
        f"wealthwatch, all {len(every)} rules, exactly once": [],
        "faust tutorial, at least once": [],
    }
    ours, full, peer = found
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with tempfile.TemporaryDirectory() as name, Progress(*columns, console=console, transient=True) as progress:
        folder = Path(name)
        task = progress.add_task("starting Apache Kafka", total=None)
        broker = ApacheKafka(folder)
        broker.start()
        try:
            for run in range(1, wish.runs + 1):
                progress.update(task, description=f"run {run} of {wish.runs}: writing {wish.movements:,} movements")
                settings = prepared(broker.bootstrap, wish.movements, wish.customers)
                for system, rules in ((ours, FIRST), (full, every)):
                    progress.update(task, description=f"run {run} of {wish.runs}: {system}")
                    found[system].append(
                        run_detector(prepared(broker.bootstrap, wish.movements, wish.customers), wish.movements, folder, rules)
                    )
                progress.update(task, description=f"run {run} of {wish.runs}: faust tutorial")
                found[peer].append(run_tutorial(settings, wish.movements, folder, wish.tutorial_seconds))
        finally:
            broker.stop()
    console.print(table(found, wish.movements, wish.customers))
    for system in (ours, full):
        ratio = statistics.median(run.rate for run in found[system]) / statistics.median(run.rate for run in found[peer])
        console.print(f"{system.removesuffix(', exactly once')} / faust tutorial: {ratio:.1f}")


def table(found: dict[str, list[Run]], count: int, customers: int) -> Table:
    """Medians, and the spread of the rates."""
    shown = Table(title=f"{count:,} movements of {customers:,} customers, {PARTITIONS} partitions, one worker")
    shown.add_column("system")
    for name in ("movements/s", "least", "most", "CPU s per million", "peak MiB"):
        shown.add_column(name, justify="right")
    for name, runs in found.items():
        rates = [run.rate for run in runs]
        cpu = statistics.median(run.cpu_seconds / run.movements * 1_000_000 for run in runs)
        peak = statistics.median(run.peak_mib for run in runs)
        figures = (statistics.median(rates), min(rates), max(rates), cpu, peak)
        shown.add_row(name, *(f"{figure:,.0f}" for figure in figures))
    return shown


if __name__ == "__main__":
    main()
