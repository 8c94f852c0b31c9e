"""The topics on the broker: made once, and held against the topic map at every start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from kafka.admin import ConfigResource, KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError, for_code

from schemas.settings import Kafka
from schemas.topics import TOPICS, Topic

CREATE = "run `wealthwatch topics create`"
ANSWER_WITHIN_MS = 5_000
_TAKEN = TopicAlreadyExistsError.errno


class TopicsError(RuntimeError):
    """The broker's topics are not as the topic map says; the text lists every difference and what to do about it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a topic is on a broker; of the settings only those that the broker tells."""

    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)
    replicas: int = 0
    """Of the partition that has the fewest; 0 where the broker does not tell."""


def partitions(topic: Topic, kafka: Kafka) -> int:
    """How many partitions the topic has: the settings' number for what is spread by customer, else one."""
    return kafka.partitions if topic.spread == "customers" else 1


def wanted(kafka: Kafka, topics: Sequence[Topic] = TOPICS) -> dict[str, Shape]:
    """Every topic's name on the broker, and what it should be.

    Of three replicas two must have a record before it counts as written, so that one broker may be lost, and another one be away.
    """
    in_sync = {"min.insync.replicas": str(min(2, max(1, kafka.replication_factor - 1)))}
    return {kafka.topic(topic): Shape(partitions(topic, kafka), topic.config() | in_sync, kafka.replication_factor) for topic in topics}


def differences(want: Mapping[str, Shape], have: Mapping[str, Shape], servers: str) -> list[str]:
    """Say what is wrong and what to do about it, in lines; none when all is as wanted.

    Args:
        want: by the topic's name.
        have: the same of those that there are.
        servers: where, for the commands that mend it.
    """
    missing = [name for name in want if name not in have]
    lines = [f"missing: {', '.join(missing)}: {CREATE}"] if missing else []
    return lines + [line for name, shape in want.items() if name in have for line in _of_one(name, shape, have[name], servers)]


def _of_one(name: str, want: Shape, have: Shape, servers: str) -> Iterable[str]:
    if have.partitions != want.partitions:
        yield (
            f"{name} has {have.partitions} partitions and the settings say {want.partitions}: "
            f"set kafka.partitions to what was created, or begin with a new kafka.topic_prefix (the number cannot change later)"
        )
    if 0 < have.replicas < want.replicas:
        yield (
            f"{name} has {have.replicas} of {want.replicas} replicas: add them with kafka-reassign-partitions.sh, "
            f"or set kafka.replication_factor to what was created"
        )
    for setting, (enough, why) in _NEEDED.items():
        found, needed = have.config.get(setting), want.config.get(setting)
        if found is not None and needed is not None and not enough(found, needed):
            yield (
                f"{name} has {setting}={found} and needs {needed}, {why}: kafka-configs.sh --bootstrap-server {servers} "
                f"--alter --entity-type topics --entity-name {name} --add-config {setting}={needed}"
            )


def _as_much(found: str, needed: str) -> bool:
    return int(found) >= int(needed)


def _as_long(found: str, needed: str) -> bool:
    return int(found) < 0 or 0 <= int(needed) <= int(found)  # below 0: for ever


_NEEDED: dict[str, tuple[Callable[[str, str], bool], str]] = {
    "cleanup.policy": (str.__eq__, "else it loses records"),
    "max.message.bytes": (_as_much, "else it refuses records"),
    "retention.ms": (_as_long, "else records are gone before they are used"),
    "retention.bytes": (_as_long, "else records are gone before they are used"),
    "min.insync.replicas": (_as_much, "else what counts as written may stand on one disk alone"),
}
"""The settings that are looked at: when what is found will do, and why it must."""


def create(kafka: Kafka) -> list[str]:
    """Create what is missing, wait until every partition has a leader, and return the new names; what exists stays as it is.

    Raises:
        TopicsError: the broker refused one.
    """
    with closing(_admin(kafka)) as admin:
        have = _found(admin, list(wanted(kafka)))
        missing = {name: want for name, want in wanted(kafka).items() if name not in have}
        if not missing:
            return []
        answer = admin.create_topics({name: _request(want, kafka) for name, want in missing.items()}, raise_errors=False)
        refused = [
            f"{topic['name']} could not be created: {topic['error_message'] or for_code(topic['error_code']).__name__}"
            for topic in answer["topics"]
            if topic["error_code"] not in (0, _TAKEN)
        ]
        if refused:
            raise TopicsError("\n".join(refused))
        admin.wait_for_topics(list(missing))
        return list(missing)


def check(kafka: Kafka) -> None:
    """Hold the broker's topics against the topic map.

    Raises:
        TopicsError: one is missing, or has other partitions, another cleanup policy, takes too small records, keeps them for less long, or
            has too few replicas.
    """
    want = wanted(kafka)
    with closing(_admin(kafka)) as admin:
        have = _found(admin, list(want))
    if wrong := differences(want, have, kafka.bootstrap_servers):
        raise TopicsError(f"the topics at {kafka.bootstrap_servers} are not as they should be\n  " + "\n  ".join(wrong))


def found(kafka: Kafka) -> dict[str, Shape]:
    """The topics of the topic map that the broker has."""
    with closing(_admin(kafka)) as admin:
        return _found(admin, list(wanted(kafka)))


def _admin(kafka: Kafka) -> KafkaAdminClient:
    return KafkaAdminClient(**kafka.client(), bootstrap_timeout_ms=ANSWER_WITHIN_MS)


def _request(want: Shape, kafka: Kafka) -> dict[str, Any]:
    return {"num_partitions": want.partitions, "replication_factor": kafka.replication_factor, "configs": dict(want.config)}


def _found(admin: KafkaAdminClient, names: list[str]) -> dict[str, Shape]:
    described = [topic for topic in admin.describe_topics(names) if topic["error_code"] == 0]
    asked = [ConfigResource("TOPIC", topic["name"]) for topic in described]
    told = admin.describe_configs(asked, config_filter="all").get("topic", {}) if asked else {}
    return {topic["name"]: _shape(topic["partitions"], told.get(topic["name"], {})) for topic in described}


def _shape(partitions: Sequence[Mapping[str, Any]], config: Mapping[str, Any]) -> Shape:
    replicas = min((len(partition["replica_nodes"]) for partition in partitions), default=0)
    return Shape(len(partitions), _values(config), replicas)


def _values(config: Mapping[str, Any]) -> dict[str, str]:
    return {key: entry["value"] for key, entry in config.items() if entry["value"] is not None}
