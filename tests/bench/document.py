"""`docs/performance.md`, from bench/*.json: `python -m tests.bench.document > docs/performance.md`, or `make docs`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.drift import FLAT

FOLDER = Path(__file__).parents[2] / "bench"
BEGINS = """\
# Performance

How fast wealthwatch is beside its peers, how late a notification is, and whether memory grows. This page is made by `make docs` from the
figures in `bench/`, which `make bench`, `make bench-latency` and `make soak` write; absolute figures are of one machine, the ratios are
what to go by.
"""
SAME = """\
Every system decodes and validates each movement by its contract, keeps a balance for each customer with a changelog, evaluates one rule
(a large external credit: at least 20,000 and a tenth of the balance before it), tells, and commits. `tests/bench/test_systems.py` holds
that all tell the same. How far a system is, its consumer group says; the first fifth of what it reads is warming up and is left out.

| system | what it is |
|---|---|
| wealthwatch same job | the detector as its image runs it (huge pages), one rule live, exactly once; it also publishes allocations |
| wealthwatch first rules | the same with the rules of its first version: R01, R02, R07, R10, R11, R22, R33, R40 and the check of balances |
| wealthwatch full rules | the same with every rule live |
| 2 x wealthwatch | two such processes in one consumer group, on the same two cores |
| kafka streams | Kafka Streams on the JVM, two threads for two cores, memory store, cache, changelog: `tests/bench/kafka_streams/` |
| quix streams | a stateful pipeline on RocksDB with a changelog, at least once |
| faust tutorial | an agent and a Table as in Faust's tutorial, at least once |
| ceiling | a `consume(5000)` loop with the contract's validator and no state: what a Python process that uses pydantic can do at all |
"""
TARGETS = {
    "wealthwatch same job / kafka streams at least once": 1.0,
    "wealthwatch same job / quix streams": 3.0,
    "wealthwatch same job / faust tutorial": 30.0,
    "2 x wealthwatch same job / wealthwatch same job": 1.5,
    "wealthwatch first rules / faust tutorial": 20.0,
    "wealthwatch full rules / kafka streams exactly once": 1.0,
    "wealthwatch full rules / faust tutorial": 25.0,
}
SLOWEST_MS = {"wealthwatch exactly once": 250, "wealthwatch at least once": 100}
BUSY = 0.9
"""A process that uses this share of one core is limited by it."""

Figures = Mapping[str, Any]


def document(latest: Figures | None, latency: Figures | None, soak: Figures | None = None) -> str:
    """The page; what was not measured is left out, with the command that measures it."""
    parts = [BEGINS, "## Movements a second\n", *(_throughput(latest) if latest else ["Not measured yet: `make bench`.\n"])]
    parts += ["## Latency\n", *(_latency(latency) if latency else ["Not measured yet: `make bench-latency`.\n"])]
    parts += ["## Memory over time\n", *(_memory(soak) if soak else ["Not measured yet: `make soak`.\n"])]
    return "\n".join(parts)


def _throughput(latest: Figures) -> Iterator[str]:
    load, systems = latest["load"], latest["systems"]
    yield SAME
    yield (
        f"`make bench` on {_where(latest)}: {load['movements']:,} movements of {load['movement_bytes']} bytes, "
        f"{load['customers']:,} customers, {load['partitions']} partitions; medians of {load['runs']} runs, the systems alternating.\n"
    )
    yield from _table(
        ("system", "movements/s", "least", "most", "CPU s per million", "peak MiB"),
        (
            (name, found["movements_per_s"], *found["spread"], found["cpu_seconds_per_million"], found["peak_mib"])
            for name, found in systems.items()
        ),
    )
    yield from _table(("ratio of the medians", "measured", "target"), _ratios(latest["ratios"]))
    yield "### What limits us\n"
    yield "\n".join(f"- {line}" for line in _limits(systems)) + "\n"
    yield "`make profile` shows where the time of a movement goes; `make bench-rules` what each rule costs.\n"
    yield f"Versions: {', '.join(f'{name} {number}' for name, number in latest['versions'].items())}.\n"


def _ratios(ratios: Mapping[str, float]) -> Iterator[Sequence[object]]:
    for pair, ratio in ratios.items():
        target = TARGETS.get(pair)
        met = "" if target is None else f"{target:g}, {'met' if ratio >= target else 'missed'}"
        yield pair, f"{ratio:.2f}", met


def _limits(systems: Mapping[str, Figures]) -> Iterator[str]:
    for name, found in systems.items():
        if "wealthwatch" in name:
            rate, cost = found["movements_per_s"], found["cpu_seconds_per_million"]
            busy = rate * cost / 1_000_000
            if name.startswith("2 x"):
                yield f"{name}: {busy / 2:.0%} of the two cores were busy with a movement's {cost:.0f} µs; the broker has the rest."
                continue
            limit = "its own core is the limit" if busy >= BUSY else "it also waits, for the broker and for its turn on the cores"
            yield f"{name}: a movement takes {cost:.0f} µs of CPU, and {busy:.0%} of one core was busy: {limit}."
    if "ceiling" in systems and "wealthwatch same job" in systems:
        ours, ceiling = systems["wealthwatch same job"], systems["ceiling"]
        apart = ours["cpu_seconds_per_million"] - ceiling["cpu_seconds_per_million"]
        least = f"{ceiling['cpu_seconds_per_million']:.0f}"
        yield f"Over the ceiling's {least} µs, state, one rule, changelog and transaction cost {apart:.0f} µs more."
    if "kafka streams at least once" in systems:
        cost = systems["kafka streams at least once"]["cpu_seconds_per_million"]
        yield f"Kafka Streams uses both cores, and {cost:.0f} µs of CPU for a movement. A second worker of ours uses the second core."


def _latency(latency: Figures) -> Iterator[str]:
    yield (
        f"`make bench-latency` on {_where(latency)}: from the broker's append of a movement (LogAppendTime) to its notification in the "
        f"hands of a consumer that reads committed. Each system held 25, 50 and 75 % of {latency['maximum']:,} movements/s for "
        f"{latency['seconds']:g} s, after {latency['warm_up_s']:g} s of warming up; {latency['customers']:,} customers. "
        "wealthwatch has every rule live, Kafka Streams its one rule; its producer's linger is 5 ms instead of its default of 100.\n"
    )
    yield "![p50 and p99 over the load](latency.svg)\n"
    yield from _table(
        ("system", "movements/s", "notifications", "p50 ms", "p99 ms", "target"),
        (
            (name, load["movements_per_s"], load["notifications"], load.get("p50_ms", ""), load.get("p99_ms", ""), _met(name, place, load))
            for name, loads in latency["systems"].items()
            for place, load in enumerate(loads)
        ),
    )


def _met(name: str, place: int, load: Figures) -> str:
    """The target is for a quarter and for half of the maximum."""
    target = SLOWEST_MS.get(name)
    if target is None or place > 1 or "p99_ms" not in load:
        return ""
    return f"{target}, {'met' if load['p99_ms'] < target else 'missed'}"


def _memory(soak: Figures) -> Iterator[str]:
    waiting = soak["behind"]
    yield (
        f"`make soak` on {_where(soak)}, the decision core {soak['versions']['decision core']}: one detector with every rule, exactly "
        f"once, and one notifier were given {soak['asked_per_s']:,} movements/s{_share(soak)}, for "
        f"{soak['minutes']:g} minutes: {soak['movements']:,} movements of always the same {soak['customers']:,} customers over "
        f"{soak['dates']} dates of event time. `detector.history_days` was {soak['history_days']}, so that dates, event ids and payees "
        f"were being forgotten, and messages by the notifier, before the second half began. In it {waiting['median']:,} movements waited "
        f"in the median, {waiting['most']:,} at most.\n"
    )
    yield "![Memory of each process over time](memory.svg)\n"
    yield (
        f"The slope is the median of the slopes between all pairs of samples of the second half, one every {soak['every_s']:g} s "
        f"(Theil-Sen: a peak or a single step does not bend it). What grows by less than {FLAT:.0%} in that half is flat.\n"
    )
    yield from _table(
        ("process", "MiB", "peak MiB", "MiB an hour", "grew in the second half", "flat"),
        (
            (
                name,
                one["mib"],
                one["peak_mib"],
                f"{one['slope_mib_per_hour']:+.1f}",
                f"{one['growth']:+.2%}",
                "yes" if one["flat"] else "no",
            )
            for name, one in soak["processes"].items()
        ),
    )
    yield "With `ARGS=--faults` workers, notifier, stores and broker die all the while, and what is left is held against a backtest.\n"


def _share(soak: Figures) -> str:
    most = soak.get("carried_per_s")  # None where the rate was given
    return f", {soak['asked_per_s'] / most:.0%} of the {most:,} that it carried of the same load" if most else ""


def _where(measured: Figures) -> str:
    machine = measured["machine"]
    return f"{measured['broker']}, {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']:g} GiB, {measured['measured_on']}"


def _table(head: Sequence[str], rows: Iterator[Sequence[object]]) -> Iterator[str]:
    lines = [f"| {' | '.join(head)} |", f"|---{'|--:' * (len(head) - 1)}|"]
    lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    yield "\n".join(lines) + "\n"


def _cell(cell: object) -> str:
    return str(cell) if isinstance(cell, str) else f"{cell:,.0f}"


def measured(name: str) -> Figures | None:
    """What stands in bench/, if it was measured."""
    path = FOLDER / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


if __name__ == "__main__":
    print(document(measured("latest.json"), measured("latency.json"), measured("soak.json")), end="")
