"""Which wealthwatch this is: its version, and whether its decision core is compiled or interpreted."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


def core() -> Literal["compiled", "interpreted"]:
    """How the decision core runs here; nothing of it is imported to tell."""
    found = find_spec("streams.decide")
    assert found is not None
    return "interpreted" if (found.origin or "").endswith(".py") else "compiled"


def announce(service: str, registry: CollectorRegistry) -> None:
    """Say in the log and among the figures of a service what it runs."""
    import structlog
    from prometheus_client import Gauge

    structlog.get_logger(__name__).info("starting", service=service, version=version("wealthwatch"), core=core())
    gauge = Gauge("wealthwatch_build_info", "Version, and whether the decision core is compiled", ("version", "core"), registry=registry)
    gauge.labels(version("wealthwatch"), core()).set(1)
