"""What a system did while it was watched: movements/s, CPU time and memory, the same way for every system.

How far a system has come is what its consumer group has committed of the movements, asked ten times a second: what any lag tool would see.
The first fifth of what it reads is warming up (the JVM compiles, every customer is met for the first time) and the end is whoever comes
last, so the slope is taken between the two.
"""

from __future__ import annotations

import logging
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from tests.brokers.processes import program_pid
from wealthwatch.supervisor import Child

TICK = os.sysconf("SC_CLK_TCK")
WARMING_UP = 0.2
NEARLY_ALL = 0.95
BEGINS_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a system had come at one moment; the clock is the monotonic one."""

    at: float
    movements: int
    cpu_seconds: float


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

    @property
    def cpu_per_million(self) -> float:
        """CPU seconds of all its threads for a million movements."""
        return self.cpu_seconds / self.movements * 1_000_000


def figures(runs: Sequence[Run]) -> dict[str, float | list[float]]:
    """The medians of all runs, and the least and most movements/s."""
    rates = [run.rate for run in runs]
    return {
        "movements_per_s": round(statistics.median(rates)),
        "spread": [round(min(rates)), round(max(rates))],
        "cpu_seconds_per_million": round(statistics.median(run.cpu_per_million for run in runs), 1),
        "peak_mib": round(statistics.median(run.peak_mib for run in runs)),
    }


def measure(workers: Sequence[Child], committed: Callable[[], int], most: int, at_most_s: float, share: float = NEARLY_ALL) -> Run:
    """Watch a system's workers until it has committed this share of `most` movements, or its time is up, counted from its first commit.

    Raises:
        RuntimeError: it ended, or has committed nothing within two minutes.
    """
    began = time.monotonic()
    seen = [Seen(began, 0, 0.0)]
    while seen[-1].movements < most * share:
        for child in workers:
            if child.exit_code is not None:
                raise RuntimeError(f"{child.name} ended:\n{child.last_words()}")
        now, count = time.monotonic(), committed()
        if count > seen[-1].movements:
            seen.append(Seen(now, count, sum(map(cpu_of, workers))))
        if len(seen) == 1 and now > began + BEGINS_WITHIN_S:
            raise RuntimeError(f"{workers[0].name} has committed nothing:\n{workers[0].last_words()}")
        if len(seen) > 1 and now > seen[1].at + at_most_s:
            break
        time.sleep(0.1)
    first, last = window(seen, most)
    return Run(last.movements - first.movements, last.at - first.at, last.cpu_seconds - first.cpu_seconds, sum(map(peak_of, workers)))


def window(seen: Sequence[Seen], most: int) -> tuple[Seen, Seen]:
    """The two moments between which the slope is taken; of a run too short for two commits, the first is the start of the process."""
    warm = [one for one in seen if WARMING_UP * seen[-1].movements <= one.movements < most]
    return (warm[0], warm[-1]) if len(warm) > 1 else (seen[0], seen[-1])


class Group:
    """What a consumer group has committed of one topic."""

    def __init__(self, admin: KafkaAdminClient, group: str, topic: str) -> None:
        self._admin, self._group, self._topic = admin, group, topic

    def committed(self) -> int:
        """Records, over all partitions; 0 as long as the broker does not know the group."""
        try:
            offsets = self._admin.list_group_offsets(self._group).get(self._group, {})
        except KafkaError:
            return 0
        return sum(max(0, told.offset) for place, told in offsets.items() if place.topic == self._topic)


def cpu_of(child: Child) -> float:
    """User and system seconds of the program so far."""
    fields = Path(f"/proc/{program_pid(child)}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def peak_of(child: Child) -> float:
    """Peak resident memory of the program, in MiB."""
    lines = Path(f"/proc/{program_pid(child)}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def quieten() -> None:
    """Leave out the clients' retries: a topic that has just been made has no leader for a moment, which is no news."""
    for client in ("aiokafka", "kafka"):
        logging.getLogger(client).setLevel(logging.CRITICAL)


@contextmanager
def running(name: str, command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[Child]:
    """A system as a process, ended at the end."""
    child = Child(name, command, folder / f"{name.replace(' ', '-')}-{uuid4().hex[:6]}.log", environment)
    try:
        yield child
    finally:
        child.kill()
