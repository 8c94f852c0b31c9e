"""Apache Kafka as one KRaft process: brought by Maven, started for the tests, killed and restarted at will."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.brokers.processes import program_pid
from wealthwatch.broker import HOST, await_answer, free_port
from wealthwatch.supervisor import Child

HERE = Path(__file__).parent / "kafka"
CACHE = Path(__file__).parents[2] / ".kafka"
CLUSTER_ID = "d2VhbHRod2F0Y2gtdGVzdA"
HEAP = "1g"


class KafkaMissing(Exception):  # noqa: N818 - the name says what is wrong
    """Apache Kafka cannot be had here; the text says in one line what to install."""


def libraries(pom: Path = HERE / "pom.xml") -> Path:
    """The folder of Kafka's jars, or of another pom's; Maven fills it once for each version of the pom.

    Raises:
        KafkaMissing: no Java 17, no Maven, or Maven could not resolve it.
    """
    folder = CACHE / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    _need_java()
    if folder.is_dir():
        return folder
    if not shutil.which("mvn"):
        raise KafkaMissing("Apache Kafka needs Maven to be brought here: apt-get install maven")
    partial = folder.with_suffix(".partial")
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KafkaMissing(f"Maven could not bring Apache Kafka: {(done.stdout + done.stderr).strip().splitlines()[0]}")
    partial.rename(folder)
    return folder


def _need_java() -> None:
    todo = "apt-get install openjdk-17-jre-headless"
    if not shutil.which("java"):
        raise KafkaMissing(f"Apache Kafka needs Java 17 or newer: {todo}")
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if not version or int(version[1]) < 17:
        raise KafkaMissing(f"Apache Kafka needs Java 17 or newer, and `java` is {version[1] if version else 'unknown'}: {todo}")


class ApacheKafka:
    """One broker whose data outlives its process, so that a test may kill it and start it again at the same address.

    Args:
        folder: takes its data and its log.
        heap: of the JVM.
        controller_port: where its controller listens; a free port where none is given.
        properties: what differs from `kafka/server.properties`.
    """

    def __init__(
        self, folder: Path, heap: str = HEAP, controller_port: int | None = None, properties: Mapping[str, object] | None = None
    ) -> None:
        self._java = ["java", "-cp", f"{libraries()}/*"]
        self._folder, self._heap = folder, heap
        self._port = free_port()
        self.bootstrap = f"{HOST}:{self._port}"
        self._properties = folder / "server.properties"
        text = (HERE / "server.properties").read_text()
        fields = {"port": str(self._port), "controller_port": str(controller_port or free_port()), "folder": str(folder / "data")}
        other = "".join(f"{name}={value}\n" for name, value in (properties or {}).items())  # of a name given twice the last value holds
        self._properties.write_text(re.sub(r"\{(\w+)\}", lambda match: fields[match[1]], text) + other)
        self._format()
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """The process, once it is started."""
        assert self._child is not None
        return self._child

    def start(self) -> None:
        """Start the process and return once it answers."""
        self.launch()
        self.await_answer()

    def launch(self) -> None:
        """Start the process, and do not wait."""
        options = [f"-Xms{self._heap}", f"-Xmx{self._heap}", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        command = [*self._java, *options, "kafka.Kafka", str(self._properties)]
        self._child = Child("Apache Kafka", command, self._folder / "kafka.log", grace_s=30)

    def await_answer(self) -> None:
        """Return once it answers."""
        await_answer(self.child, self._port)

    def stop(self) -> None:
        """Shut it down in order."""
        if self._child:
            self._child.stop()

    def kill(self) -> None:
        """`kill -9`."""
        if self._child:
            self._child.kill()

    def freeze(self) -> None:
        """Stop the process where it stands: its connections stay, and say nothing."""
        os.kill(program_pid(self.child), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(program_pid(self.child), signal.SIGCONT)

    def drop_page_cache(self) -> None:
        """Make the system forget what it holds of the data in memory, so that a restart reads it from the disk."""
        for path in self._folder.joinpath("data").rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def restart(self) -> None:
        """Shut it down in order and start it again on the same data."""
        self.stop()
        self.start()

    def _format(self) -> None:
        command = [*self._java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self._properties)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def main() -> None:
    """Bring Apache Kafka, or say in one line what is missing."""
    try:
        print(f"Apache Kafka stands in {libraries()}")
    except KafkaMissing as missing:
        sys.exit(f"wealthwatch: {missing}")


if __name__ == "__main__":
    main()
