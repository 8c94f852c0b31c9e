"""`make bench-rules`: what each rule costs a movement, on a simulated bank.

The same movements are decided with no rule, with each rule alone, and with all of them; a rule's cost is its own run less the run without
rules, in CPU time of one core. Beside it: how often its Python was run at all, per thousand movements, and what it found.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

import streams.decide
from schemas.rules import Mode, RuleSettings
from schemas.settings import Settings
from streams.backtest import Backtest
from streams.book import all_rules
from streams.customer import Profile
from streams.posting import Posting
from streams.reading import read
from streams.rule import ConditionRule
from wealthwatch.backtesting.beside import prices, profiles
from wealthwatch.backtesting.files import SideFile


def bank(folder: Path, customers: int, days: int) -> tuple[list[Posting], dict[str, Profile], list[Any]]:
    """The movements, profiles and prices of a simulated bank."""
    from typer.testing import CliRunner

    from wealthwatch.cli import app

    feed = folder / "bank.jsonl"
    made = CliRunner().invoke(app, ["simulate", "--customers", str(customers), "--days", str(days), "--out", str(feed)])
    if made.exit_code:
        raise RuntimeError(made.output)
    postings = [posting for line in feed.open("rb") if isinstance(posting := _read(line), Posting)]
    found, _ = profiles(0, 1, (SideFile(feed.with_name("bank.customers.jsonl")),))
    known, _ = prices((SideFile(feed.with_name("bank.prices.jsonl")),))
    return postings, found.ours, known


def _read(line: bytes) -> object:
    begin = line.index(b'"customer_id":"') + 15
    return read(line.rstrip(), line[begin : line.index(b'"', begin)], 1 << 20)


def seconds(settings: Settings, sample: tuple[list[Posting], dict[str, Profile], list[Any]]) -> tuple[float, int]:
    """CPU seconds to decide all movements, and how many notifications that gave."""
    postings, known, told = sample
    run = Backtest(settings, known, told)
    gc.collect()
    gc.freeze()
    began, found = time.process_time(), 0
    for posting in postings:
        found += len(run.take(posting).notifications)
    took = time.process_time() - began
    gc.unfreeze()
    return took, found


def only(settings: Settings, names: frozenset[str]) -> Settings:
    """The same settings with all other rules off."""
    rules = {
        name: settings.rules.get(name, RuleSettings()).model_copy(update={} if name in names else {"mode": Mode.OFF})
        for name in all_rules()
    }
    return settings.model_copy(update={"rules": rules})


class Counted:
    """Counts how often the rules' Python is run."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}

    def __enter__(self) -> Counted:
        self._undo: list[Callable[[], None]] = []
        for rule in all_rules().values():
            for method in ("measure",) if isinstance(rule, ConditionRule) else ("measure", "measure_close"):
                self._watch(type(rule), method)
        return self

    def _watch(self, kind: type[Any], method: str) -> None:
        original, asked = getattr(kind, method), self.asked

        def counting(rule: Any, *arguments: Any) -> Any:
            asked[rule.name] = asked.get(rule.name, 0) + 1
            return original(rule, *arguments)

        own = method in vars(kind)
        setattr(kind, method, counting)
        self._undo.append(lambda: setattr(kind, method, original) if own else delattr(kind, method))

    def __exit__(self, *_: object) -> None:
        for undo in self._undo:
            undo()


def rows(sample: tuple[list[Posting], dict[str, Profile], list[Any]], console: Console) -> Iterator[tuple[str, float, float, int]]:
    """Rule, microseconds for a movement, times asked for a thousand movements, notifications."""
    settings, count = Settings.load(), len(sample[0])
    nothing = min(seconds(only(settings, frozenset()), sample)[0] for _ in range(2))
    yield "no rule", nothing / count * 1e6, 0.0, 0
    for name in track(list(all_rules()), "each rule alone", console=console, transient=True):
        took, found = seconds(only(settings, frozenset({name})), sample)
        with Counted() as counted:
            seconds(only(settings, frozenset({name})), (sample[0][: count // 4], *sample[1:]))
        yield name, (took - nothing) / count * 1e6, counted.asked.get(name, 0) / (count // 4) * 1_000, found
    took, found = seconds(settings, sample)
    yield "all rules", took / count * 1e6, 0.0, found


def main() -> None:
    """Run, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=500)
    parser.add_argument("--days", type=int, default=200)
    wish = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        sample = bank(Path(name), wish.customers, wish.days)
    compiled = "compiled" if streams.decide.__file__.endswith((".so", ".pyd")) else "not compiled"
    table = Table(title=f"{len(sample[0]):,} movements of {wish.customers:,} customers, {wish.days} days; core {compiled}")
    table.add_column("rule")
    for title in ("µs a movement", "asked / 1,000", "notifications"):
        table.add_column(title, justify="right")
    for name, cost, asked, found in rows(sample, console):
        table.add_row(name, f"{cost:.2f}", f"{asked:.1f}", f"{found:,}")
    console.print(table)
    console.print(f"decided at {datetime.now(UTC):%Y-%m-%d} with Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
