"""What deploy/kubernetes says, read without a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from schemas.settings import Settings
from tests.deploy.stack import DEPLOY

FOLDER = DEPLOY / "kubernetes"
SETTINGS = FOLDER / "base/wealthwatch.toml"
KUSTOMIZATION = "kustomization.yaml"

Manifest = dict[str, Any]


def kustomization(name: str) -> Manifest:
    """What is put together in `base` or `by-lag`."""
    read: Manifest = yaml.safe_load((FOLDER / name / KUSTOMIZATION).read_text())
    return read


def manifests() -> list[Manifest]:
    """Every object of every file."""
    files = sorted(path for path in FOLDER.glob("*/*.yaml") if path.name != KUSTOMIZATION)
    return [manifest for path in files for manifest in yaml.safe_load_all(path.read_text())]


def of_kind(*kinds: str) -> dict[str, Manifest]:
    """Objects by their name."""
    return {manifest["metadata"]["name"]: manifest for manifest in manifests() if manifest["kind"] in kinds}


def workloads() -> dict[str, Manifest]:
    """Whatever runs our image, by its name."""
    return of_kind("Job", "StatefulSet", "Deployment")


def pod_of(name: str) -> Manifest:
    """The specification of its pods."""
    spec: Manifest = workloads()[name]["spec"]["template"]["spec"]
    return spec


def container_of(name: str) -> Manifest:
    """The only one of its containers."""
    (container,) = pod_of(name)["containers"]
    read: Manifest = container
    return read


def variables_of(name: str) -> Mapping[str, Mapping[str, Any]]:
    """The environment of a container, by name: a `value` or a `valueFrom`."""
    return {entry["name"]: entry for entry in container_of(name)["env"]}


def secrets_of(name: str) -> Iterator[tuple[str, str]]:
    """Which key of which Secret a workload reads."""
    for entry in variables_of(name).values():
        if reference := entry.get("valueFrom", {}).get("secretKeyRef"):
            yield reference["name"], reference["key"]
    for volume in pod_of(name)["volumes"]:
        if secret := volume.get("secret"):
            yield from ((secret["secretName"], item["key"]) for item in secret["items"])


def settings() -> Settings:
    """The settings file, without any variable."""
    return Settings.load(SETTINGS)
