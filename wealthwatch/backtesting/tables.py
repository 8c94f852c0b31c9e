"""What a backtest prints: rule by severity, notifications per manager per day, what a comparison adds and removes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from schemas.notifications import Status
from schemas.rules import Severity
from wealthwatch.backtesting.compare import Change, Changes
from wealthwatch.backtesting.findings import REPORT, Findings
from wealthwatch.backtesting.job import REFUSED
from wealthwatch.backtesting.tally import Daily, Tally, most

AFFECTED = 5
_LATER = (Status.ESCALATED, Status.RESOLVED, Status.RETRACTED)


def show(console: Console, findings: Findings, out: Path, seconds: float) -> None:
    """Print it all."""
    outcome, tally = findings.outcome, findings.tallies[0]
    _say(console, _headline(findings))
    console.print()
    console.print(rules_by_severity(tally))
    later = Counter[str]()
    for counts in tally.later.values():
        later.update(counts)
    if later:
        _say(console, "of these, later: " + ", ".join(f"{later[status]:,} {status}" for status in _LATER if later[status]))
    console.print()
    _say(console, f"Per manager per day: {_daily(tally.daily())}")
    if findings.changes is not None:
        _say(console, f"With the other rules: {_daily(findings.tallies[1].daily())}")
        console.print()
        _say(console, f"{tally.opened:,} notifications become {findings.tallies[1].opened:,}")
        _compared(console, findings.changes)
    if tally.without_manager:
        _say(console, f"{tally.without_manager:,} notifications are of customers for whom no manager is known")
    _troubles(console, findings)
    console.print()
    speed = findings.movements / max(seconds, 1e-6)
    _say(console, f"{findings.movements:,} movements in {seconds:.1f} s ({speed:,.0f}/s); {outcome.customers:,} customers")
    _say(console, f"{out / REPORT} shows it as a page")


def rules_by_severity(tally: Tally) -> Table:
    """The notifications that each rule opened, most first."""
    shown = [severity for severity in reversed(Severity) if any(counts[severity] for counts in tally.by_rule.values())]
    table = Table(box=None, pad_edge=False)
    table.add_column("rule", no_wrap=True)
    for name in (*shown, "opened"):
        table.add_column(name, justify="right")
    names = sorted(tally.by_rule, key=lambda name: (-tally.by_rule[name].total(), name))
    for name in names:
        counts = tally.by_rule[name]
        table.add_row(name, *_numbers(counts[one] for one in shown), f"{counts.total():,}")
    all_of = [sum(counts[one] for counts in tally.by_rule.values()) for one in shown]
    table.add_row("all", *_numbers(all_of), f"{tally.opened:,}", style="bold")
    return table


def _headline(findings: Findings) -> str:
    period = findings.period
    if period is None:
        return "No movements were read"
    first, last = period
    return f"{first} to {last}: {findings.movements:,} movements, {findings.tallies[0].opened:,} notifications"


def _daily(daily: Daily) -> str:
    if daily.largest_at is None:
        return "none"
    manager, on = daily.largest_at
    return (
        f"median {decimal(daily.median)}, 95th percentile {decimal(daily.p95)}, largest {daily.largest:,} ({manager} on {on}); "
        f"of {daily.days:,} days on which a manager has any"
    )


def decimal(value: Fraction) -> str:
    """With one decimal where it is not whole."""
    return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,.1f}"


def _compared(console: Console, changes: Changes) -> None:
    kinds = [change for change in Change if changes.kinds[change]]
    if not kinds:
        _say(console, f"The other rules find the same {changes.same:,} notifications")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("the other rules: rule")
    for kind in kinds:
        table.add_column(_WORDS[kind], justify="right")
    for rule in sorted(changes.by_rule):
        table.add_row(rule, *_numbers(changes.by_rule[rule][kind] for kind in kinds))
    table.add_row("all", *_numbers(changes.kinds[kind] for kind in kinds), style="bold")
    console.print(table)
    _say(console, f"{changes.same:,} are the same")
    for who, affected in (("customers", changes.by_customer), ("managers", changes.by_manager)):
        totals = Counter({name: counts.total() for name, counts in affected.items()})
        named = ", ".join(f"{name} ({_told(affected[name])})" for name, _ in most(totals, AFFECTED))
        _say(console, f"{len(affected):,} {who} affected, most of all {named}" if named else f"no {who} affected")


_WORDS = {
    Change.ADDED: "added",
    Change.REMOVED: "removed",
    Change.EARLIER: "earlier",
    Change.LATER: "later",
    Change.SEVERITY: "other severity",
}


def _told(counts: Counter[str]) -> str:
    signs = {Change.ADDED: "+", Change.REMOVED: "-"}
    return " ".join(
        f"{signs[kind]}{counts[kind]}" if kind in signs else f"{counts[kind]} {_WORDS[kind]}" for kind in Change if counts[kind]
    )


def _troubles(console: Console, findings: Findings) -> None:
    outcome = findings.outcome
    for what, count in outcome.failures.items():
        _say(console, f"an expression could not be evaluated, {count:,} times: {what} (docs/expressions.md)")
    if outcome.faults:
        faults = ", ".join(f"{fault} {count:,}" for fault, count in outcome.faults.most_common())
        _say(console, f"{outcome.faults.total():,} lines were refused: {faults}")
        for bad in outcome.bad:
            _say(console, f"  {bad.where}: {bad.fault}: {bad.detail}")
        more = outcome.faults.total() - len(outcome.bad)
        if more:
            _say(console, f"  and {more:,} more")
    others = {kind: outcome.results[kind] for kind in ("duplicate", "late") if outcome.results[kind]}
    if others:
        _say(console, ", ".join(f"{count:,} {kind}" for kind, count in others.items()))
    if findings.overlapping:
        before, after = findings.overlapping
        _say(console, f"{after} begins before {before} ends: feeds are read one after the other, so give them in the order of time")
    if outcome.results.total() and outcome.results.total() == outcome.results[REFUSED]:
        _say(console, "nothing could be read: is this the right --format?")


def _numbers(counts: Iterable[int]) -> list[str]:
    return [f"{count:,}" if count else "" for count in counts]


def _say(console: Console, text: str) -> None:
    console.print(escape(text), highlight=False, soft_wrap=True)
