"""How many workers, partitions and brokers a load asks for: plain arithmetic on measured figures; docs/scaling.md explains each step.

One movement changes one customer, whose record goes to the changelog and whose allocation is published. Where a customer moves more than
once in a batch, or within the minute in which a busy worker publishes allocations, less is written: so these are upper bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from schemas.settings import Detector
from schemas.topics import MOVEMENTS, TOPICS

KEPT_S = 86_400 * int(MOVEMENTS.keeping)
"""So long are movements kept."""
SPREAD = sum(topic.spread == "customers" for topic in TOPICS)
"""So many topics have all partitions."""
DIRTY = 0.1
"""The share of a compacted topic that may be old (`min.cleanable.dirty.ratio`)."""
BESIDE = 256
"""Bytes of memory that a kept state costs beside its own, at most."""
FEWEST = 2
"""Workers, so that one can go."""

MB, GB, TB = 10**6, 10**9, 10**12

HEADS = ("movements/s", "accounts", "workers", "for", "partitions", "recovery", "state", "in/s", "out/s", "disk", "brokers", "for")
WORDS = {place for place, head in enumerate(HEADS) if head == "for"}


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of your machine and your customers; those in bytes are of a customer with one account and a movement every day, for a year.

    Args:
        worker_rate: movements/s of one worker (`make bench`, the full live rule set).
        recovery_rate: bytes/s of state that one worker reads back (`make bench-recovery`: customers x bytes of state each / seconds).
        movement_bytes: one movement, key and value.
        state_bytes: the state of one customer, all its records.
        object_bytes: the memory of a customer in use, beside the state; `detector.live_customers` of a worker are.
        record_bytes: what one movement adds to the changelog.
        position_bytes: one message of wealth.positions.
    """

    worker_rate: float
    recovery_rate: float
    movement_bytes: int = 500
    state_bytes: int = 12_000
    object_bytes: int = 60_000
    record_bytes: int = 3_350
    position_bytes: int = 15_500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What you give, and what you ask for.

    Args:
        accounts_per_customer: how many accounts a customer has; 1 is the cautious reading.
        busy: the share of a worker's rate that is used, so that the rest catches up after a pause.
        worker_memory: bytes of memory of one worker.
        live_customers: how many are kept as objects (`detector.live_customers`).
        standby_replicas: how many other workers keep each customer warm, at rest (`detector.standby_replicas`).
        for_states: the share of it for customers, in use and at rest; the other is for batches and the program.
        recovery_s: the longest a worker may take to read back all of its customers, while their movements wait.
        spare: partitions for each worker, so that there may be more workers one day.
        replication: copies of each partition.
        broker_rate: bytes/s that one broker takes in, from producers and from other brokers.
        broker_disk: bytes of disk of one broker.
        broker_replicas: partition copies on one broker.
    """

    accounts_per_customer: float = 1.0
    busy: float = 0.5
    worker_memory: float = 8 * GB
    live_customers: int = Detector().live_customers
    standby_replicas: int = Detector().standby_replicas
    for_states: float = 0.75
    recovery_s: float = 60.0
    spare: int = 2
    replication: int = 3
    broker_rate: float = 250 * MB
    broker_disk: float = 10 * TB
    broker_replicas: int = 4_000


@dataclass(frozen=True, slots=True)
class Size:
    """What a load asks for, and which limit each number comes from."""

    movements_per_s: float
    accounts: int
    customers: int
    workers: int
    workers_for: str
    partitions: int
    recovery_s: float
    """Of one worker, everything that is its own."""
    state: float
    """Bytes of all states."""
    written: float
    """Bytes/s that producers send."""
    taken_in: float
    """Bytes/s that all brokers take in, copies included."""
    given_out: float
    """Bytes/s that all brokers give out: copies, movements to the detectors, the changelog to standbys, allocations to the inbox."""
    disk: float
    """Bytes on all brokers."""
    brokers: int
    brokers_for: str


def size(movements_per_s: float, accounts: int, measured: Measured, wanted: Wanted) -> Size:
    """Work it out for one load."""
    customers = ceil(accounts / wanted.accounts_per_customer)
    state = float(customers) * measured.state_bytes
    workers, workers_for = _most(
        two=FEWEST,
        movements=movements_per_s / (measured.worker_rate * wanted.busy),
        memory=customers / _held(measured, wanted),
        recovery=state / (measured.recovery_rate * wanted.recovery_s),
    )
    partitions = 1 << (workers * wanted.spare - 1).bit_length()

    written = movements_per_s * (measured.movement_bytes + measured.record_bytes + measured.position_bytes)
    taken_in = written * wanted.replication
    read = movements_per_s * (measured.movement_bytes + measured.position_bytes + wanted.standby_replicas * measured.record_bytes)
    kept = movements_per_s * measured.movement_bytes * KEPT_S
    kept += customers * (measured.state_bytes + measured.position_bytes) * (1 + DIRTY)
    disk = kept * wanted.replication
    brokers, brokers_for = _most(
        replication=wanted.replication,
        writes=taken_in / wanted.broker_rate,
        disk=disk / wanted.broker_disk,
        partitions=partitions * SPREAD * wanted.replication / wanted.broker_replicas,
    )
    return Size(
        movements_per_s=movements_per_s,
        accounts=accounts,
        customers=customers,
        workers=workers,
        workers_for=workers_for,
        partitions=partitions,
        recovery_s=state / workers / measured.recovery_rate,
        state=state,
        written=written,
        taken_in=taken_in,
        given_out=taken_in - written + read,
        disk=disk,
        brokers=brokers,
        brokers_for=brokers_for,
    )


def _held(measured: Measured, wanted: Wanted) -> float:
    """How many customers fit into a worker's memory: as many in use as it keeps as objects, the others at rest."""
    memory, in_use, objects = wanted.worker_memory * wanted.for_states, measured.object_bytes, wanted.live_customers
    at_rest = (1 + wanted.standby_replicas) * (measured.state_bytes + BESIDE)
    all_in_use = memory / (at_rest + in_use)
    return all_in_use if all_in_use <= objects else max(objects, (memory - objects * in_use) / at_rest)


def _most(**asked: float) -> tuple[int, str]:
    """The largest number, rounded up, and what asks for it."""
    name = max(asked, key=lambda name: asked[name])
    return ceil(asked[name]), name


def table(sizes: list[Size]) -> str:
    """The sizes as lines of text, a load each."""
    rows = [HEADS, *(_row(one) for one in sizes)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADS))]
    return "\n".join("  ".join(_set(cell, place, widths[place]) for place, cell in enumerate(row)).rstrip() for row in rows)


def _row(one: Size) -> tuple[str, ...]:
    return (
        f"{one.movements_per_s:,.0f}",
        f"{one.accounts:,}",
        f"{one.workers:,}",
        one.workers_for,
        f"{one.partitions:,}",
        f"{one.recovery_s:.0f} s",
        _bytes(one.state),
        _bytes(one.taken_in),
        _bytes(one.given_out),
        _bytes(one.disk),
        f"{one.brokers:,}",
        one.brokers_for,
    )


def _set(cell: str, place: int, width: int) -> str:
    return cell.ljust(width) if place in WORDS else cell.rjust(width)


def _bytes(count: float) -> str:
    name, unit = next(((name, unit) for name, unit in (("TB", TB), ("GB", GB)) if count >= unit), ("MB", MB))
    return f"{count / unit:,.1f} {name}"
