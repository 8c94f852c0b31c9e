"""The door, opened and asked over HTTP."""

from __future__ import annotations

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from schemas.settings import Door as Place
from wealthwatch.door import Door
from wealthwatch.refusal import Refusal


def test_metrics_health_and_readiness_are_answered() -> None:
    registry = CollectorRegistry()
    Counter("movements", "Seen.", registry=registry).inc(3)
    trouble: list[str] = ["recovering partition 2"]
    with Door(Place(), ready=lambda: trouble[0] if trouble else None, registry=registry) as door:
        address = f"http://{door.host}:{door.port}"
        assert "movements_total 3.0" in httpx.get(f"{address}/metrics").text
        assert httpx.get(f"{address}/healthz").status_code == 200
        waiting = httpx.get(f"{address}/readyz")
        assert (waiting.status_code, waiting.text) == (503, "recovering partition 2\n")
        trouble.clear()
        assert httpx.get(f"{address}/readyz").status_code == 200
        assert httpx.get(f"{address}/").status_code == 404


def test_a_port_in_use_is_refused_with_what_to_do() -> None:
    with Door(Place()) as first, pytest.raises(Refusal, match=f"{first.port}.*in use.*set another port"):
        Door(Place(port=first.port))


def test_the_port_is_free_again_once_the_door_is_closed() -> None:
    with Door(Place()) as first:
        port = first.port
    with Door(Place(port=port)) as second:
        assert httpx.get(f"http://{second.host}:{port}/healthz").text == "ok\n"
