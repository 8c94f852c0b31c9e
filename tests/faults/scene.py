"""One scenario's bank, topics, workers and load; and what is found when it is over."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from handlers import topics
from schemas.rules import RuleSettings
from schemas.settings import Detector, Door, Kafka, Notifier, Settings
from schemas.topics import MOVEMENTS, STATES, TICKS, TOPICS, Topic
from tests.brokers.apache import ApacheKafka
from tests.brokers.processes import await_program, program_pid
from tests.brokers.records import Stored, each
from tests.e2e.banks import publish_beside
from tests.e2e.workers import Workers, notifications, workers
from tests.faults.bank import Bank, publish_all
from tests.faults.oracle import Oracle, Verdict, judge
from tests.faults.watch import Watch, by_partition, longest_pause, replayed
from wealthwatch.broker import free_port
from wealthwatch.supervisor import Child

PARTITIONS = 4
BATCHES = (100, 2_000, 32_000)
"""Movements of a batch: few, so that a fault falls between many, or as many as there are."""
STALLED_S = 150.0
"""So long without anything decided, and nothing that is being waited for will come."""
PHASE_S = 0.3
"""A moment falls anywhere within so long after the movement that it goes by: in the middle of a batch, of a commit, of a recovery."""


After = Callable[[], None]
"""What else must hold when all is decided."""


class StalledError(AssertionError):
    """Nothing was decided for too long, or a worker died of itself."""


class LeftOutError(Exception):
    """A scenario needs something that is not here; the text says what."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scenario has come to.

    Args:
        faults: how many were survived, by kind.
        movements: that were decided.
        replayed: decided in transactions that never took effect, and so again.
        suppressed: movements read or sent again that were known already, as the workers counted them.
        pause_s: the longest time in which a partition decided nothing although a movement waited.
        verdict: what differs from the backtest.
    """

    faults: Counter[str]
    movements: int
    replayed: int
    suppressed: int
    pause_s: float
    verdict: Verdict


@dataclass(slots=True)
class Scene:
    """What a scenario works with."""

    settings: Settings
    bank: Bank
    rate: float | None
    """Movements a second; None for as fast as can be."""
    random: Random
    home: Path
    """A folder of its own."""
    brokers: list[ApacheKafka]
    detectors: Workers
    watch: Watch
    versions: list[RuleSettings] = field(default_factory=list)
    """Of rules, set on the way."""
    poison: dict[int, list[bytes]] = field(default_factory=dict)
    """What is no movement, by the number of the movement that it goes before."""
    gates: dict[int, Event] = field(default_factory=dict)
    """What must have happened before the movement of a number is published."""
    faults: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    _load: Future[int] | None = None
    _ended: bool = False

    def start(self, through: Sequence[str] = (), **environment: str) -> Child:
        """One more worker, whose door is known; `through` is a program that becomes it."""
        port = free_port()
        self.watch.doors.add(port)
        child = self.detectors.start_service("detector", through, WEALTHWATCH_DETECTOR__DOOR__PORT=str(port), **environment)
        await_program(child)
        return child

    def stop(self, child: Child) -> None:
        """SIGTERM, as soon as the worker has come so far as to hear it; it must end by itself in under eight seconds."""
        self.await_(lambda: "Starting..." in self.detectors.log(child), "a worker to begin")
        self.detectors.stop(child)

    def notifier(self) -> Child:
        """One more notifier."""
        child = self.detectors.start_service("notifier")
        await_program(child)
        return child

    def open(self) -> None:
        """Begin with the load, once every partition is open."""
        self.await_(lambda: self.opened == PARTITIONS, "every partition to be opened")
        pool = ThreadPoolExecutor(1)
        self._load = pool.submit(publish_all, self.settings, self.bank, self.rate, self._slip, self._sent, lambda: self._ended)
        pool.shutdown(wait=False)

    def _slip(self, number: int) -> list[bytes]:
        if gate := self.gates.get(number):
            while not gate.wait(1) and not self._ended:
                pass
        return self.poison.get(number, [])

    def _sent(self, count: int) -> None:
        self.sent = count

    @property
    def opened(self) -> int:
        """Partitions that some worker says it has opened."""
        logs = [self.detectors.log(child) for child in self.detectors.all]
        return sum(any(f'"partition": {number}, "customers"' in log for log in logs) for number in range(PARTITIONS))

    @property
    def loading(self) -> bool:
        """Whether movements are still being published."""
        return self._load is not None and not self._load.done()

    def moments(self, count: int, until: float = 0.75) -> Iterator[int]:
        """So many random moments, in terms of what has been decided; yields how many movements have been.

        Args:
            count: of moments.
            until: no moment is later than this share of the movements.
        """
        points = self.random.sample(range(self.bank.count // 20, int(self.bank.count * until)), count)
        phases = [self.random.uniform(0, PHASE_S) for _ in points]
        for point, phase in zip(sorted(points), phases, strict=True):
            self.await_(lambda at=point: self.watch.decided >= at, f"{point} movements to be decided")  # type: ignore[misc]
            time.sleep(phase)
            yield self.watch.decided

    def fault(self, kind: str) -> None:
        """Count a fault; one that struck when the load was over is named so."""
        self.faults[kind if self.loading else f"{kind}, idle"] += 1

    def await_(self, true: Callable[[], bool], what: str) -> None:
        """Wait for something, as long as anything is decided.

        Raises:
            StalledError: nothing was for too long, or a worker died of itself.
        """
        since = time.monotonic()
        while not true():
            if trouble := self.detectors.trouble():
                raise StalledError(f"a worker died while this waited for {what}:\n{trouble}")
            if self._load is not None and self._load.done():
                self._load.result()
            if time.monotonic() - max(since, self.watch.moved_at) > STALLED_S:
                words = "\n".join(f"{child.name}:\n{child.last_words(4)}" for child in self.detectors.all if child.exit_code is None)
                raise StalledError(f"nothing decided for {STALLED_S:.0f} s while this waited for {what}; {self.watch.reached}\n{words}")
            time.sleep(0.05)

    def await_more(self, count: int) -> None:
        """Wait until so many more movements are decided, or all."""
        wanted = min(self.watch.decided + count, self.bank.count)
        self.await_(lambda: self.watch.decided >= wanted, f"{wanted} movements to be decided")

    def memory_mib(self, child: Child) -> float:
        """What a worker has in memory now."""
        lines = Path(f"/proc/{program_pid(child)}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1_024

    def finish(self) -> Outcome:
        """Wait until all is published and decided, and hold what is there against a backtest."""
        assert self._load is not None
        load = self._load
        self.await_(load.done, "the load to end")
        load.result()
        oracle = Oracle(self.settings, self.bank.whole, self.versions)
        ends, ticks = self._ends(MOVEMENTS), self._ends(TICKS)

        def all_of_it() -> bool:
            reached = self.watch.reached
            return len(reached) == PARTITIONS and all(
                positions.movements >= ends[number] and positions.ticks >= ticks[number] and positions.hour >= oracle.ends_at
                for number, positions in reached.items()
            )

        self.await_(all_of_it, f"movements {ends}, ticks {ticks} and the hour {oracle.ends_at} to be decided")
        newest: dict[bytes, bytes] = {}

        def kept(records: Iterable[Stored]) -> Iterator[Stored]:
            for record in records:
                newest[record.key] = record.value
                yield record

        commits, tried = by_partition(kept(each(self.settings, STATES))), by_partition(each(self.settings, STATES, committed=False))
        appended: dict[int, list[float]] = {number: [] for number in ends}
        for record in each(self.settings, MOVEMENTS):
            appended[record.partition].append(record.timestamp / 1_000)
        return Outcome(
            self.faults,
            sum(ends.values()),
            replayed(commits, tried),
            self.watch.counted("wealthwatch_movements_skipped_total") + self.watch.counted("duplicates"),
            longest_pause(commits, appended),
            judge(oracle.must, oracle.found(notifications(self.settings), newest)),
        )

    def _ends(self, topic: Topic) -> dict[int, int]:
        name = self.settings.kafka.topic(topic)
        consumer = KafkaConsumer(**self.settings.kafka.client(), group_id=None)
        try:
            ends = consumer.end_offsets([TopicPartition(name, number) for number in range(PARTITIONS)])
            return {place.partition: end for place, end in ends.items()}
        finally:
            consumer.close()

    def end(self) -> None:
        """Let the load end, too."""
        self._ended = True


@contextmanager
def scene(
    name: str, bootstrap: str, brokers: list[ApacheKafka], bank: Bank, rate: float | None, random: Random, home: Path
) -> Iterator[Scene]:
    """Set the scene: topics of its own, and profiles and prices on them. Nothing is left behind but, where it fails, the topics."""
    settings = Settings(
        kafka=Kafka(bootstrap_servers=bootstrap, topic_prefix=f"{name}.", partitions=PARTITIONS, replication_factor=len(brokers)),
        detector=Detector(
            application_id=name,
            session_timeout_s=6,
            heartbeat_interval_s=2,
            tick_by_the_clock=False,
            batch_records=Random(name).choice(BATCHES),  # of its own, so that the moments of a seed stay
            door=Door(),
        ),
        notifier=Notifier(group_id=f"{name}-notifier", session_timeout_s=6, door=Door()),
    )
    topics.create(settings.kafka)
    publish_beside(settings, bank.whole)
    with workers(settings, home / "logs") as detectors, Watch(settings) as watch:
        set_ = Scene(settings, bank, rate, random, home, brokers, detectors, watch)
        try:
            yield set_
        finally:
            set_.end()
    # A broker that is killed looks through all that it has before it answers again.
    with suppress(KafkaError), closing(KafkaAdminClient(**settings.kafka.client())) as admin:
        admin.delete_topics([settings.kafka.topic(topic) for topic in TOPICS])
