"""`make bench`: movements/s of wealthwatch and its peers at the same job, in one run on Apache Kafka.

The job: decode and validate the movement, keep a balance for each customer with a changelog, evaluate one rule, tell, commit. Each system
begins with movements that nobody has read, alone with the broker; the systems alternate, so that a drift of the machine meets all; the
medians are compared. wealthwatch has two more rows, which do more than the job: the rules of its first version, and all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kafka.admin import KafkaAdminClient
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.bench.filling import fill
from tests.bench.load import movements
from tests.bench.machine import machine, versions
from tests.bench.measuring import NEARLY_ALL, Group, Run, figures, measure, quieten
from tests.bench.systems import PARTITIONS, PEERS_PYTHON, ROOT, Plan, Planned, Site, a_site, present, started

LATEST = ROOT / "bench" / "latest.json"
RATIOS = (
    ("wealthwatch same job", "kafka streams at least once"),
    ("wealthwatch same job", "quix streams"),
    ("wealthwatch same job", "faust tutorial"),
    ("wealthwatch same job", "ceiling"),
    ("2 x wealthwatch same job", "wealthwatch same job"),
    ("2 x wealthwatch same job", "kafka streams at least once"),
    ("2 x wealthwatch same job", "faust tutorial"),
    ("wealthwatch first rules", "faust tutorial"),
    ("wealthwatch full rules", "kafka streams exactly once"),
    ("wealthwatch full rules", "faust tutorial"),
    ("wealthwatch full rules", "ceiling"),
    ("2 x wealthwatch full rules", "wealthwatch full rules"),
    ("2 x wealthwatch full rules", "kafka streams exactly once"),
)

Rows = Sequence[tuple[bytes, bytes]]


class Round:
    """One round over all systems: the peers read one topic, each detector has its own; all are deleted at the end."""

    def __init__(self, site: Site, rows: Rows, seconds: float, share: float = NEARLY_ALL) -> None:
        self._site, self._rows, self._seconds, self._share = site, rows, seconds, share
        self._written: set[str] = set()

    def run(self, name: str, planned: Planned) -> Run:
        """One system from the start of its process to the end of its watch."""
        plan = planned(self._site)
        if plan.movements not in self._written:
            asyncio.run(fill(self._site.bootstrap, plan.movements, PARTITIONS, self._rows))
            self._written.add(plan.movements)
        with closing(KafkaAdminClient(bootstrap_servers=self._site.bootstrap)) as admin:
            with started(name, plan, self._site.folder) as workers:
                run = measure(workers, Group(admin, plan.group, plan.movements).committed, len(self._rows), self._seconds, self._share)
            self._forget(admin, plan)
        return run

    def close(self) -> None:
        """Delete the movements that the peers shared."""
        with self._site.admin() as admin:
            admin.delete_topics([self._site.topic], raise_errors=False)

    def _forget(self, admin: KafkaAdminClient, plan: Plan) -> None:
        own = plan.group if plan.movements == self._site.topic else plan.movements.partition(".")[0]
        admin.delete_topics([name for name in admin.list_topics() if own in name], raise_errors=False)


def table(systems: Mapping[str, Mapping[str, Any]], title: str) -> Table:
    """The figures, a system a line."""
    shown = Table(title=title, box=SIMPLE)
    shown.add_column("system", no_wrap=True)
    for name in ("movements/s", "least", "most", "CPU s/M", "MiB"):
        shown.add_column(name, justify="right", no_wrap=True)
    for name, found in systems.items():
        row = (found["movements_per_s"], *found["spread"], found["cpu_seconds_per_million"], found["peak_mib"])
        shown.add_row(name, *(f"{figure:,.0f}" for figure in row))
    return shown


def ratios(systems: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Of the medians, where both were run."""
    return {
        f"{ours} / {other}": round(systems[ours]["movements_per_s"] / systems[other]["movements_per_s"], 2)
        for ours, other in RATIOS
        if ours in systems and other in systems
    }


def main() -> None:
    """Run, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movements", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20, help="each system is watched for so long at most, from its first commit")
    parser.add_argument("--only", action="append", help="run these systems alone; may be given more than once")
    parser.add_argument("--out", type=Path, default=LATEST)
    wish = parser.parse_args()
    quieten()
    console = Console()
    if not PEERS_PYTHON.exists():
        parser.error("the peers are not installed: make bench")
    rows = list(movements(wish.movements, wish.customers))
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with tempfile.TemporaryDirectory() as name, a_site(Path(name)) as (first, broker):
        console.print(f"on {broker}")
        found: dict[str, list[Run]] = {system: [] for system in present(first) if not wish.only or system in wish.only}
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("", total=None)
            for number in range(1, wish.runs + 1):
                site = Site(first.bootstrap, first.folder, first.java, transactions=first.transactions)
                turn = Round(site, rows, wish.seconds)
                for system in found:
                    progress.update(task, description=f"run {number} of {wish.runs}: {system}")
                    found[system].append(turn.run(system, present(site)[system]))
                turn.close()
    systems = {system: figures(runs) for system, runs in found.items()}
    load = {"movements": wish.movements, "customers": wish.customers, "partitions": PARTITIONS, "runs": wish.runs}
    size = round(sum(len(value) for _, value in rows[:10_000]) / len(rows[:10_000]))
    console.print(table(systems, f"{wish.movements:,} movements of {size} bytes, {wish.customers:,} customers"))
    for pair, ratio in ratios(systems).items():
        console.print(f"{pair}: {ratio}")
    wish.out.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "measured_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "broker": broker,
        "machine": machine(),
        "versions": versions(),
        "load": {**load, "movement_bytes": size, "seconds_at_most": wish.seconds},
        "systems": systems,
        "ratios": ratios(systems),
    }
    wish.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    console.print(f"written to {wish.out}")


if __name__ == "__main__":
    main()
