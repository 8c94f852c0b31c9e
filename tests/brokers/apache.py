"""Apache Kafka as one KRaft process: brought by Maven, started for the tests, killed and restarted at will."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from wealthwatch.broker import HOST, await_answer, free_port
from wealthwatch.supervisor import Child

HERE = Path(__file__).parent / "kafka"
CACHE = Path(__file__).parents[2] / ".kafka"
CLUSTER_ID = "d2VhbHRod2F0Y2gtdGVzdA"
HEAP = "1g"


class KafkaMissing(Exception):  # noqa: N818 - the name says what is wrong
    """Apache Kafka cannot be had here; the text says in one line what to install."""


def libraries() -> Path:
    """The folder of Kafka's jars; Maven fills it once for each version of the pom.

    Raises:
        KafkaMissing: no Java 17, no Maven, or Maven could not resolve it.
    """
    pom = HERE / "pom.xml"
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
    """One broker whose data outlives its process, so that a test may kill it and start it again at the same address."""

    def __init__(self, folder: Path) -> None:
        self._java = ["java", "-cp", f"{libraries()}/*"]
        self._folder = folder
        self._port = free_port()
        self.bootstrap = f"{HOST}:{self._port}"
        self._properties = folder / "server.properties"
        text = (HERE / "server.properties").read_text()
        fields = {"port": str(self._port), "controller_port": str(free_port()), "folder": str(folder / "data")}
        self._properties.write_text(re.sub(r"\{(\w+)\}", lambda match: fields[match[1]], text))
        self._format()
        self._child: Child | None = None

    def start(self) -> None:
        """Start the process and return once it answers."""
        options = [f"-Xms{HEAP}", f"-Xmx{HEAP}", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        command = [*self._java, *options, "kafka.Kafka", str(self._properties)]
        self._child = Child("Apache Kafka", command, self._folder / "kafka.log", grace_s=30)
        await_answer(self._child, self._port, within_s=90)

    def stop(self) -> None:
        """Shut it down in order."""
        if self._child:
            self._child.stop()

    def kill(self) -> None:
        """`kill -9`."""
        if self._child:
            self._child.kill()

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
