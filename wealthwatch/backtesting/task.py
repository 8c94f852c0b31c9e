"""What a job is asked, and what it comes to: both go from one process to another."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from wealthwatch.backtesting.beside import Bad
from wealthwatch.backtesting.rules import Rules
from wealthwatch.backtesting.source import Beside, Source
from wealthwatch.backtesting.tally import Tally


@dataclass(frozen=True)
class Task:
    """What all jobs are asked; it can be handed to a process.

    Args:
        sources: the feeds, in their order.
        customers, prices: what stands beside them.
        books: the rules to run, and those to compare with, if any.
        folder: takes the runs.
        jobs: how many there are.
    """

    sources: tuple[Source, ...]
    customers: tuple[Beside, ...]
    prices: tuple[Beside, ...]
    books: tuple[Rules, ...]
    folder: Path
    jobs: int


@dataclass(slots=True)
class Span:
    """First and last event time of one feed's movements."""

    first: int
    last: int


@dataclass(slots=True)
class Outcome:
    """What a job has come to; `found` has the runs of each set of rules."""

    customers: int = 0
    managers: set[str] = field(default_factory=set)
    results: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Of expressions that could not be evaluated, by rule and fault."""
    bad: list[Bad] = field(default_factory=list)
    spans: dict[int, Span] = field(default_factory=dict)
    tallies: list[Tally] = field(default_factory=list)
    """Of each set of rules, as `found`."""
    found: list[list[Path]] = field(default_factory=list)
    held: list[Path] = field(default_factory=list)
