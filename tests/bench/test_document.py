"""The page about performance is what bench/*.json says."""

from __future__ import annotations

from pathlib import Path

from tests.bench.document import document, measured

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
MEASURED = ("latest.json", "latency.json", "soak.json")
MACHINE = {"measured_on": "2026-01-02", "broker": "Apache Kafka", "machine": {"cpu": "A CPU", "cores": 2, "memory_gib": 23.5}}


def figures(rate: int, cpu: float) -> dict[str, object]:
    return {"movements_per_s": rate, "spread": [rate - 1, rate + 1], "cpu_seconds_per_million": cpu, "peak_mib": 300}


def test_the_page_is_made_from_the_figures_as_they_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(*map(measured, MEASURED)), "make docs"


def test_a_ratio_is_held_to_its_target_and_a_busy_core_is_named_as_the_limit() -> None:
    latest = {
        **MACHINE,
        "versions": {"python": "3.11"},
        "load": {"movements": 1_000_000, "movement_bytes": 500, "customers": 50_000, "partitions": 4, "runs": 5},
        "systems": {"wealthwatch same job": figures(50_000, 19.0), "wealthwatch full rules": figures(30_000, 20.0)},
        "ratios": {"wealthwatch same job / quix streams": 2.99, "wealthwatch full rules / faust tutorial": 25.0},
    }
    page = document(latest, None)
    assert "| wealthwatch same job | 50,000 | 49,999 | 50,001 | 19 | 300 |" in page
    assert "| wealthwatch same job / quix streams | 2.99 | 3, missed |" in page
    assert "| wealthwatch full rules / faust tutorial | 25.00 | 25, met |" in page
    assert "wealthwatch same job: a movement takes 19 µs of CPU, and 95% of one core was busy: its own core is the limit." in page
    assert "wealthwatch full rules: a movement takes 20 µs of CPU, and 60% of one core was busy: it also waits" in page
    assert "Not measured yet: `make bench-latency`." in page


def test_the_target_of_latency_is_for_a_quarter_and_for_half_of_the_maximum() -> None:
    loads = [
        {"load": 1, "movements_per_s": rate, "notifications": 9, "p50_ms": 50, "p99_ms": late}
        for rate, late in ((1, 249), (2, 250), (3, 9))
    ]
    latency = {**MACHINE, "maximum": 4, "seconds": 20, "warm_up_s": 30, "customers": 5, "systems": {"wealthwatch exactly once": loads}}
    rows = [line for line in document(None, latency).splitlines() if line.startswith("| wealthwatch")]
    assert [row.rpartition(" | ")[2] for row in rows] == ["250, met |", "250, missed |", " |"]


def test_memory_that_grows_is_named_and_what_was_held_is_said() -> None:
    flat = {"mib": 300.2, "peak_mib": 320.0, "slope_mib_per_hour": 1.04, "growth": 0.0009, "flat": True}
    soak = {
        **MACHINE,
        "versions": {"decision core": "compiled"},
        "asked_per_s": 12_000,
        "carried_per_s": 24_000,
        "minutes": 30.0,
        "movements": 21_600_000,
        "customers": 5_000,
        "dates": 400,
        "history_days": 92,
        "every_s": 5.0,
        "behind": {"median": 2_000, "most": 9_000},
        "processes": {"detector": flat, "notifier": {**flat, "slope_mib_per_hour": 99.96, "growth": 0.0421, "flat": False}},
    }
    page = document(None, None, soak)
    assert "12,000 movements/s, 50% of the 24,000 that it carried of the same load, for 30 minutes: 21,600,000 movements" in page
    assert "| detector | 300 | 320 | +1.0 | +0.09% | yes |" in page
    assert "| notifier | 300 | 320 | +100.0 | +4.21% | no |" in page
