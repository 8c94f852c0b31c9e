"""Three KRaft processes that keep every record three times, so that one of them may be lost."""

from __future__ import annotations

from pathlib import Path

from tests.brokers.apache import ApacheKafka
from wealthwatch.broker import HOST, free_port

NODES = 3
HEAP = "384m"
PROPERTIES = {
    "default.replication.factor": NODES,
    "min.insync.replicas": 2,
    "offsets.topic.replication.factor": NODES,
    "transaction.state.log.replication.factor": NODES,
    "transaction.state.log.min.isr": 2,
    "replica.lag.time.max.ms": 5_000,
}


class Cluster:
    """Each node is broker and controller; the loss of one is that of a third of both."""

    def __init__(self, folder: Path) -> None:
        ports = [free_port() for _ in range(NODES)]
        voters = ",".join(f"{number}@{HOST}:{port}" for number, port in enumerate(ports, 1))
        self.nodes: list[ApacheKafka] = []
        for number, port in enumerate(ports, 1):
            home = folder / f"node-{number}"
            home.mkdir()
            properties = {**PROPERTIES, "node.id": number, "controller.quorum.voters": voters}
            self.nodes.append(ApacheKafka(home, HEAP, port, properties))
        self.bootstrap = ",".join(node.bootstrap for node in self.nodes)

    def start(self) -> None:
        """Start all, and return once all answer: one alone has no majority of controllers, and does not."""
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.await_answer()

    def stop(self) -> None:
        """End all at once: nothing of them is kept, and in order the last would wait for a majority in vain."""
        for node in self.nodes:
            node.kill()
