"""Kafka Streams on the JVM, as a peer: Maven brings it, and a compiler that needs no JDK; Java 17 runs both."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.brokers.apache import KafkaMissing, libraries

HERE = Path(__file__).parent
SOURCE = HERE / "SameJob.java"
COMPILER = "org.eclipse.jdt.internal.compiler.batch.Main"
HEAP = "1g"


def program(folder: Path) -> list[str]:
    """Compile the peer into the folder, and give the command that runs it.

    Raises:
        KafkaMissing: no Java 17, no Maven, or Maven could not resolve it.
    """
    jars = libraries(HERE / "pom.xml")
    classes = folder / "kafka-streams"
    compiler = ["java", "-cp", f"{jars}/*", COMPILER, "-17", "-cp", ":".join(map(str, sorted(jars.glob("*.jar")))), "-d", str(classes)]
    done = subprocess.run([*compiler, str(SOURCE)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise KafkaMissing(f"Kafka Streams' peer could not be compiled: {done.stdout}{done.stderr}")
    options = [f"-Xms{HEAP}", f"-Xmx{HEAP}", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    return ["java", *options, "-cp", f"{classes}:{jars}/*", "SameJob"]
