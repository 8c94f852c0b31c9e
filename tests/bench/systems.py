"""The systems of the benchmark, each as a process to start: its command, its environment, its group, its topics."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

from kafka.admin import KafkaAdminClient

from handlers import topics
from schemas.movements import FLOWS, AssetClass, Flow, Kind
from schemas.rules import Mode, RuleSettings
from schemas.settings import Door, Settings
from schemas.topics import MOVEMENTS, NOTIFICATIONS
from streams.book import all_rules
from tests.bench import kafka_streams
from tests.bench.job import FLOOR, PERCENT
from tests.bench.measuring import running
from tests.brokers.apache import ApacheKafka, KafkaMissing
from tests.deploy.stack import image_environment
from wealthwatch.broker import embedded_broker, free_port
from wealthwatch.configuration import environment_of
from wealthwatch.supervisor import Child

ROOT = Path(__file__).parents[2]
PEERS_PYTHON = ROOT / "build" / "bench-venv" / "bin" / "python"
"""Quix Streams wants other versions of what wealthwatch uses, so the peers have an environment of their own."""
PARTITIONS = 4
SAME_JOB = "large_inflow"
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
MEMORY = ("PYTHONMALLOC", "GLIBC_TUNABLES")
"""What the image sets of how memory is allocated; a worker outside of a container is given the same."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the systems run.

    Args:
        bootstrap: the broker's address.
        folder: takes their states and logs.
        java: the command of the peer on the JVM; none where there is no Java or no Maven.
        topic: the movements that the peers share.
        transactions: whether the broker has them.
        linger_ms: how long Kafka Streams' producer waits for more; its own default, but where latency is measured.
    """

    bootstrap: str
    folder: Path
    java: list[str] | None = None
    topic: str = field(default_factory=lambda: f"bench-{uuid4().hex[:8]}.shared")
    transactions: bool = True
    linger_ms: int = 100

    def admin(self) -> closing[KafkaAdminClient]:
        """A client to be closed."""
        return closing(KafkaAdminClient(bootstrap_servers=self.bootstrap))


@dataclass(frozen=True, slots=True)
class Plan:
    """One system that can be started: its topics exist, its movements are still to be written.

    Args:
        command: of every worker.
        environments: one for each worker.
        group: the workers' consumer group.
        movements: the topic that they read.
        notifications: the topic that they write.
    """

    command: list[str]
    environments: list[dict[str, str]]
    group: str
    movements: str
    notifications: str


Planned = Callable[[Site], Plan]


def create(site: Site, names: Mapping[str, Mapping[str, str]]) -> None:
    """Create topics of PARTITIONS partitions with these settings, where they do not exist."""
    with site.admin() as admin:
        asked = {name: {"num_partitions": PARTITIONS, "replication_factor": 1, "configs": dict(more)} for name, more in names.items()}
        admin.create_topics(asked, raise_errors=False, wait_for_metadata=True)


def settings_of(site: Site) -> Settings:
    """Settings with topics of their own, which exist then."""
    settings = Settings.load()
    name = uuid4().hex[:8]
    kafka = settings.kafka.model_copy(
        update={"bootstrap_servers": site.bootstrap, "topic_prefix": f"bench-{name}.", "partitions": PARTITIONS}
    )
    detector = settings.detector.model_copy(update={"application_id": f"bench-{name}", "door": Door(port=free_port())})
    topics.create(kafka)
    return settings.model_copy(update={"kafka": kafka, "detector": detector})


def wealthwatch(rules: frozenset[str], guarantee: str, site: Site, workers: int = 1) -> Plan:
    """The detector as it is shipped, with these rules live and the others off; `large_inflow` has the benchmark's floor."""
    memory = {name: value for name, value in image_environment().items() if name in MEMORY}
    settings = settings_of(site)
    live = {SAME_JOB: RuleSettings(parameters={"abs_floor": str(FLOOR), "pct": f"0.{PERCENT}"})}
    off = {rule: RuleSettings(mode=Mode.OFF) for rule in all_rules() if rule not in rules}
    detector = settings.detector.model_copy(update={"processing_guarantee": guarantee if site.transactions else "at_least_once"})
    settings = settings.model_copy(update={"rules": live | off})
    ports = [detector.door.port, *(free_port() for _ in range(1, workers))]
    each = [settings.model_copy(update={"detector": detector.model_copy(update={"door": Door(port=port)})}) for port in ports]
    return Plan(
        [sys.executable, "-m", "wealthwatch", "detector"],
        [environment_of(one) | memory for one in each],
        settings.detector.application_id,
        settings.kafka.topic(MOVEMENTS),
        settings.kafka.topic(NOTIFICATIONS),
    )


def _peer(name: str, command: list[str], site: Site, more: Mapping[str, str] | None = None, changelog: str | None = None) -> Plan:
    app = f"{name}-{uuid4().hex[:8]}"
    folder = site.folder / app
    folder.mkdir()
    output = f"{app}-notifications"
    create(site, {site.topic: {}, output: {}, **({f"{app}-{changelog}": {"cleanup.policy": "compact"}} if changelog else {})})
    environment = {
        "BENCH_APP": app,
        "BENCH_BOOTSTRAP": site.bootstrap,
        "BENCH_PARTITIONS": str(PARTITIONS),
        "BENCH_TOPIC": site.topic,
        "BENCH_OUTPUT": output,
        "BENCH_FOLDER": str(folder),
        "PYTHONPATH": str(ROOT),
        **(more or {}),
    }
    return Plan(command, [environment], app, site.topic, output)


def kafka_streams_peer(guarantee: str, site: Site) -> Plan:
    """Kafka Streams on the JVM: `kafka_streams/SameJob.java`."""
    assert site.java is not None
    more = {
        "BENCH_GUARANTEE": guarantee,
        "BENCH_LINGER_MS": str(site.linger_ms),
        "BENCH_FLOOR": str(FLOOR),
        "BENCH_PERCENT": str(PERCENT),
        "BENCH_EXTERNAL": ",".join(kind for kind, flow in FLOWS.items() if flow is Flow.EXTERNAL),
        "BENCH_KINDS": ",".join(Kind),
        "BENCH_ASSET_CLASSES": ",".join(AssetClass),
    }
    return _peer("kafka-streams", site.java, site, more)


def _python(module: str, site: Site) -> Plan:
    return _peer(module.replace("_", "-"), [str(PEERS_PYTHON), "-m", f"tests.bench.{module}"], site)


def tutorial(site: Site) -> Plan:
    """A Faust agent as in its tutorial, with the Faust that wealthwatch runs on."""
    command = [sys.executable, "-m", "tests.bench.faust_tutorial", "worker", "--without-web", "-l", "warn"]
    return _peer("tutorial", command, site, changelog="balances-changelog")


SYSTEMS: dict[str, Planned] = {
    "wealthwatch same job": partial(wealthwatch, frozenset({SAME_JOB}), "exactly_once"),
    "wealthwatch first rules": partial(wealthwatch, FIRST, "exactly_once"),
    "wealthwatch full rules": partial(wealthwatch, frozenset(all_rules()), "exactly_once"),
    "2 x wealthwatch same job": partial(wealthwatch, frozenset({SAME_JOB}), "exactly_once", workers=2),
    "2 x wealthwatch full rules": partial(wealthwatch, frozenset(all_rules()), "exactly_once", workers=2),
    "kafka streams at least once": partial(kafka_streams_peer, "at_least_once"),
    "kafka streams exactly once": partial(kafka_streams_peer, "exactly_once_v2"),
    "quix streams": partial(_python, "quix_streams"),
    "faust tutorial": tutorial,
    "ceiling": partial(_python, "ceiling"),
}
"""By the name in the table and in bench/latest.json."""


def present(site: Site) -> dict[str, Planned]:
    """The systems that can be run there: Quix Streams asks for settings of topics that the embedded broker does not tell."""
    missing = ("kafka streams", "quix streams") if site.java is None else ()
    return {name: planned for name, planned in SYSTEMS.items() if not name.startswith(missing)}


@contextmanager
def started(name: str, plan: Plan, folder: Path) -> Iterator[list[Child]]:
    """A system's workers, ended at the end."""
    with ExitStack() as stack:
        yield [stack.enter_context(running(name, plan.command, folder, environment)) for environment in plan.environments]


@contextmanager
def a_site(folder: Path) -> Iterator[tuple[Site, str]]:
    """A broker, and a line that says which: Apache Kafka, or, where it cannot be had, the embedded one and why."""
    try:
        java = kafka_streams.program(folder)
        broker = ApacheKafka(folder)
    except KafkaMissing as missing:
        with embedded_broker(folder) as bootstrap:
            yield (
                Site(bootstrap, folder, transactions=False),
                f"the embedded broker, at least once, without Kafka Streams and Quix Streams ({missing})",
            )
        return
    broker.start()
    try:
        yield Site(broker.bootstrap, folder, java), "Apache Kafka"
    finally:
        broker.stop()
