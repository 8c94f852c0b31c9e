"""Which broker the tests run on, and settings that keep each test to itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from handlers import topics
from schemas.settings import PREFIX, Detector, Door, Inbox, Kafka, Notifier, Settings
from tests.brokers.apache import ApacheKafka, KafkaMissing
from tests.native import NATIVE, ON_NATIVE, complaint
from wealthwatch.broker import embedded_broker

PARTITIONS = 4


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--broker",
        choices=("embedded", "kafka"),
        default="embedded",
        help="embedded: every test but those of Apache Kafka. kafka: only the tests that need a broker, on Apache Kafka.",
    )
    parser.addoption("--long", action="store_true", help="Only what takes minutes on Apache Kafka, and not the rest: `make test-long`.")
    parser.addoption(
        "--core", choices=("interpreted", "compiled"), default="interpreted", help="The decision core of the tests: `make test-native`."
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--core") == "compiled" and (wrong := complaint(NATIVE)):
        pytest.exit(f"the compiled core in build/native cannot be tested: {wrong}. `make native` makes it.", returncode=3)
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        del os.environ[name]  # the tests are about our settings, not about those of whoever runs them
    if children_are_compiled():
        os.environ |= ON_NATIVE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    core = "the compiled core" if children_are_compiled() else "the interpreted core (a faster one: make native)"
    terminalreporter.write_line(f"services and commands ran on {core}")


@cache
def children_are_compiled() -> bool:
    """Whether the processes that tests start run on the compiled core, as in production: where it is made of these very sources."""
    return complaint(NATIVE) is None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    broker = config.getoption("--broker")

    def runs(item: pytest.Item) -> bool:
        needs_kafka = item.get_closest_marker("kafka") is not None
        if broker == "embedded":
            return not needs_kafka
        needs_broker = "bootstrap" in getattr(item, "fixturenames", ())
        takes_long = item.get_closest_marker("long") is not None
        return (needs_kafka or needs_broker) and takes_long == config.getoption("--long")

    left_out = [item for item in items if not runs(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if runs(item)]


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """Apache Kafka, one process for all tests; a test that stops or kills it starts it again."""
    try:
        broker = ApacheKafka(tmp_path_factory.mktemp("kafka"))
    except KafkaMissing as missing:
        pytest.exit(str(missing), returncode=3)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the embedded broker."""
    with embedded_broker(tmp_path_factory.mktemp("broker")) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def bootstrap(request: pytest.FixtureRequest) -> str:
    """The address of the broker that `--broker` names; whoever uses it runs on both."""
    if request.config.getoption("--broker") == "kafka":
        return str(request.getfixturevalue("kafka").bootstrap)
    return str(request.getfixturevalue("embedded"))


@pytest.fixture
def unprepared(request: pytest.FixtureRequest, bootstrap: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings of one test, with names that no other test has; no topic exists yet, and on Apache Kafka none is left."""
    mark = uuid4().hex[:12]
    transactions = request.config.getoption("--broker") == "kafka"
    yield Settings(
        kafka=Kafka(bootstrap_servers=bootstrap, topic_prefix=f"t{mark}.", partitions=PARTITIONS),
        detector=Detector(
            application_id=f"detector-{mark}",
            processing_guarantee="exactly_once" if transactions else "at_least_once",
            session_timeout_s=6,
            heartbeat_interval_s=2,
            tick_by_the_clock=False,
            door=Door(),
        ),
        notifier=Notifier(group_id=f"notifier-{mark}", session_timeout_s=6, door=Door()),
        inbox=Inbox(port=0, database_url=f"sqlite:///{tmp_path}/inbox.sqlite", door=Door()),
    )
    if transactions:
        _give_back(bootstrap, f"t{mark}.")


def _give_back(bootstrap: str, prefix: str) -> None:
    """Delete the topics: a broker that is killed looks through all that there are before it answers again."""
    with suppress(KafkaError), closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(prefix)], raise_errors=False)


@pytest.fixture
def settings(unprepared: Settings) -> Settings:
    """Settings of one test, with all topics created."""
    topics.create(unprepared.kafka)
    return unprepared
