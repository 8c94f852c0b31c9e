"""All that a backtest has come to, and writing it: lines, Parquet, a summary."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from schemas.notifications import Notification
from schemas.settings import Bank
from wealthwatch.backtesting.columns import columns_of
from wealthwatch.backtesting.compare import COLUMNS as CHANGE_COLUMNS
from wealthwatch.backtesting.compare import Changes, Comparison, joined
from wealthwatch.backtesting.jobs import Progress, run
from wealthwatch.backtesting.positions import COLUMNS as POSITION_COLUMNS
from wealthwatch.backtesting.rules import Rules
from wealthwatch.backtesting.runs import Runs, merged, texts
from wealthwatch.backtesting.tally import Said, Tally, dates_between, said
from wealthwatch.backtesting.task import Outcome, Task

NOTIFICATIONS, POSITIONS, CHANGES = "notifications", "positions", "changes"
SUMMARY, REPORT = "summary.json", "report.html"
_ALL = [f"{name}.{kind}" for name in (NOTIFICATIONS, POSITIONS, CHANGES) for kind in ("jsonl", "parquet")] + [SUMMARY, REPORT]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a person is shown. With a comparison, `books` and `tallies` have a second element, the other rules."""

    feeds: tuple[str, ...]
    books: tuple[Rules, ...]
    outcome: Outcome
    tallies: tuple[Tally, ...]
    changes: Changes | None

    @property
    def bank(self) -> Bank:
        """The bank's facts."""
        return self.books[0].settings.bank

    @property
    def movements(self) -> int:
        """All that were read, whatever became of them."""
        return self.outcome.results.total()

    @property
    def period(self) -> tuple[date, date] | None:
        """First and last date of the movements, in the bank's time zone."""
        spans = self.outcome.spans.values()
        if not spans:
            return None
        zone = ZoneInfo(self.bank.time_zone)
        first, last = min(span.first for span in spans), max(span.last for span in spans)
        return datetime.fromtimestamp(first, zone).date(), datetime.fromtimestamp(last, zone).date()

    @property
    def overlapping(self) -> tuple[str, str] | None:
        """Two feeds of which the second begins before the first ends, if there are any: the order of the feeds may be wrong."""
        spans = self.outcome.spans
        for place in sorted(spans):
            if place + 1 in spans and spans[place + 1].first < spans[place].last:
                return self.feeds[place], self.feeds[place + 1]
        return None

    def summary(self) -> dict[str, Any]:
        """The figures as JSON."""
        period, outcome = self.period, self.outcome
        return {
            "feeds": list(self.feeds),
            "first_date": period and period[0].isoformat(),
            "last_date": period and period[1].isoformat(),
            "movements": {"read": self.movements, **outcome.results},
            "customers": outcome.customers,
            "refused": {
                "by_fault": dict(outcome.faults),
                "first": [{"where": bad.where, "fault": bad.fault, "detail": bad.detail} for bad in outcome.bad],
            },
            **({"failures": dict(outcome.failures)} if outcome.failures else {}),
            **_figures(self.tallies[0], self.managers_and_dates()),
            **({"compared": self._compared(self.changes)} if self.changes else {}),
        }

    def managers_and_dates(self) -> int:
        """How many days of managers there are in all: those who have customers, times the dates of the feed."""
        managers = self.outcome.managers | set(self.tallies[0].by_manager)
        return len(managers) * len(dates_between(*self.period)) if self.period else 0

    def _compared(self, changes: Changes) -> dict[str, Any]:
        return {
            "same": changes.same,
            **{kind: changes.kinds[kind] for kind in sorted(changes.kinds)},
            "by_rule": {rule: dict(sorted(changes.by_rule[rule].items())) for rule in sorted(changes.by_rule)},
            "after": _figures(self.tallies[1], self.managers_and_dates()),
        }


def backtest(task: Task, out: Path, progress: Progress, *, parquet: bool) -> Findings:
    """Run the jobs and write everything to `out`; what an earlier run left there is replaced at the very end.

    Raises:
        handlers.feeds.FeedError: a feed is not what it should be.
        wealthwatch.backtesting.jobs.JobEndedError: the operating system ended a job.
    """
    from wealthwatch.backtesting.report import report

    made = task.folder / "made"
    made.mkdir()
    outcome = run(task, progress)
    _copy(outcome.found[0], made / f"{NOTIFICATIONS}.jsonl")
    changes = None
    if len(task.books) > 1:
        runs = Runs(task.folder, "changes")
        comparison = Comparison(runs)
        for before, after in joined(*map(_said, outcome.found)):
            comparison.take(before, after)
        changes = comparison.close()
        _copy(runs.close(), made / f"{CHANGES}.jsonl")
    _copy(outcome.held, made / f"{POSITIONS}.jsonl")
    findings = Findings(tuple(source.name for source in task.sources), task.books, outcome, tuple(outcome.tallies), changes)
    (made / SUMMARY).write_text(json.dumps(findings.summary(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (made / REPORT).write_text(report(findings), encoding="utf-8")
    if parquet:
        _write_parquet(made)
    for name in _ALL:
        if (made / name).exists():
            (made / name).replace(out / name)
        else:
            (out / name).unlink(missing_ok=True)
    return findings


def workplace(out: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for what is only needed meanwhile, on the same disk as the results."""
    out.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=out, prefix=".unfinished-")


def _said(runs: list[Path]) -> Iterator[tuple[bytes, Said]]:
    for key, text in merged(runs):
        yield key, said(text)


def _copy(runs: list[Path], path: Path) -> None:
    with path.open("wb") as file:
        file.writelines(texts(runs))


def _write_parquet(made: Path) -> None:
    from wealthwatch.backtesting.parquet import write

    for name, columns in ((NOTIFICATIONS, columns_of(Notification)), (POSITIONS, POSITION_COLUMNS), (CHANGES, CHANGE_COLUMNS)):
        if (made / f"{name}.jsonl").exists():
            write(made / f"{name}.jsonl", columns, made / f"{name}.parquet")


def _figures(tally: Tally, days_in_all: int) -> dict[str, Any]:
    daily = tally.daily()
    return {
        "notifications": tally.opened,
        "messages": tally.messages,
        "by_rule": {rule: dict(sorted(tally.by_rule[rule].items())) for rule in sorted(tally.by_rule)},
        "without_manager": tally.without_manager,
        "per_manager_per_day": {
            "days_with_any": daily.days,
            "days_without": max(0, days_in_all - daily.days),
            "median": float(daily.median),
            "p95": float(daily.p95),
            "largest": daily.largest,
            **({"largest_manager": daily.largest_at[0], "largest_on": daily.largest_at[1].isoformat()} if daily.largest_at else {}),
        },
    }
