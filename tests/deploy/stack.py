"""What docker-compose.yml and the Dockerfile say, read without a container engine."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DEPLOY = ROOT / "deploy"
OURS = "wealthwatch:local"
SECRETS = {"POSTGRES_PASSWORD": "p4ss'w$rd", "GRAFANA_ADMIN_PASSWORD": "another"}

_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})")


def compose(environment: Mapping[str, str] = SECRETS) -> dict[str, Any]:
    """The file with its anchors resolved and its variables filled in as compose does it."""

    def fill(found: re.Match[str]) -> str:
        name, sign, word = found.groups()
        if name is None:
            return "$"
        return environment[name] if name in environment or sign != "-" else word

    def filled(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: filled(value) for key, value in node.items()}
        if isinstance(node, list):
            return [filled(value) for value in node]
        return _VARIABLE.sub(fill, node) if isinstance(node, str) else node

    read: dict[str, Any] = filled(yaml.safe_load(COMPOSE.read_text()))
    return read


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def ours() -> dict[str, dict[str, Any]]:
    """The services that run our image."""
    return {name: service for name, service in services().items() if service["image"] == OURS}


def mounts(service: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Source, place and mode of what is mounted; the source of a named volume has no slash."""
    for mount in service.get("volumes", ()):
        source, place, mode = [*mount.split(":"), "rw"][:3]
        yield source, place, mode


@dataclass(frozen=True, slots=True)
class Instruction:
    """One of a Dockerfile; `words` is its argument, taken apart."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)


def dockerfile() -> list[list[Instruction]]:
    """The Dockerfile's stages, each its instructions; what stands before the first is the first of them."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    stages: list[list[Instruction]] = [[]]
    for line in filter(str.strip, lines):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append(Instruction(name, rest.strip()))
    return stages


def in_final(name: str) -> list[Instruction]:
    """Instructions of that name in the stage that becomes the image."""
    return [instruction for instruction in dockerfile()[-1] if instruction.name == name]


def image_environment() -> dict[str, str]:
    return dict(word.split("=", 1) for instruction in in_final("ENV") for word in instruction.words)


def image_health() -> list[str]:
    """The command of the image's HEALTHCHECK."""
    (check,) = in_final("HEALTHCHECK")
    command: list[str] = json.loads(check.text.partition("CMD ")[2])
    return command
