"""What the figures were measured on: the machine, without its name, and the versions that matter."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import streams.decide
from tests.bench import kafka_streams
from tests.bench.systems import PEERS_PYTHON
from tests.brokers import apache

OURS = ("wealthwatch", "faust-streaming", "aiokafka", "pydantic", "msgspec")
PEERS = ("quixstreams", "confluent-kafka", "pydantic")
ASK = "import json, sys; from importlib.metadata import version; print(json.dumps({name: version(name) for name in sys.argv[1:]}))"


def machine() -> dict[str, str | int | float]:
    """Processor, cores and memory."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": model[1] if model else platform.machine(), "cores": os.cpu_count() or 1, "memory_gib": round(memory / 2**30, 1)}


def versions() -> dict[str, str]:
    """Of Python, of what wealthwatch runs on, and of its peers."""
    core = "compiled" if streams.decide.__file__.endswith((".so", ".pyd")) else "interpreted"
    ours = {name: version(name) for name in OURS}
    told = subprocess.run([str(PEERS_PYTHON), "-c", ASK, *PEERS], capture_output=True, text=True, check=True).stdout
    peers = {f"{name}, of the peers" if name in ours else name: number for name, number in json.loads(told).items()}
    kafka = {
        "apache kafka": _artifact(apache.HERE, "kafka_2.13"),
        "kafka streams": _artifact(kafka_streams.HERE, "kafka-streams"),
    }
    return {"python": platform.python_version(), "decision core": core, **ours, **peers, **kafka, "java": _java()}


def _artifact(folder: Path, name: str) -> str:
    found = re.search(rf"<artifactId>{re.escape(name)}</artifactId><version>([^<]*)<", (folder / "pom.xml").read_text())
    assert found is not None
    return found[1]


def _java() -> str:
    try:
        told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    except FileNotFoundError:
        return "none"
    found = re.search(r'version "([^"]*)"', told)
    return found[1] if found else "unknown"
