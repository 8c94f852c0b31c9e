"""`wealthwatch backtest`: what the rules would have told over history."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wealthwatch.configuration import settings_of
from wealthwatch.refusal import USAGE, Refusal

if TYPE_CHECKING:
    from wealthwatch.backtesting.findings import Findings
    from wealthwatch.backtesting.task import Task

PANEL = "Operate it"
INTERRUPTED = 130


def command(
    context: typer.Context,
    feeds: Annotated[
        list[str],
        typer.Argument(
            metavar="FEED...", help="Files in the order of time (.jsonl, .parquet; .gz, .zst, .xz too), or kafka://host:port/topic."
        ),
    ],
    customers: Annotated[str | None, typer.Option(metavar="F", help="Profiles; else x.customers.jsonl beside x.jsonl.")] = None,
    prices: Annotated[str | None, typer.Option(metavar="F", help="Rates and prices; else x.prices.jsonl beside x.jsonl.")] = None,
    rules: Annotated[
        str | None,
        typer.Option(
            metavar="F", help="Rules to run: settings (.toml), or versions (.jsonl, kafka://host:port/topic); else those in force."
        ),
    ] = None,
    compare: Annotated[str | None, typer.Option(metavar="F", help="Other rules, in the same ways: what would they add and remove?")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", file_okay=False, help="Where the results go.")] = Path("backtest"),
    jobs: Annotated[int | None, typer.Option(min=1, max=256, help="Processes; as many as there are processors.")] = None,
    parquet: Annotated[bool, typer.Option("--parquet", help="The results in Parquet, too.")] = False,
    format_: Annotated[str, typer.Option("--format", "-f", help="What the files are: jsonl, pkdd99, ...")] = "jsonl",
    json: Annotated[bool, typer.Option("--json", help="No progress bar and no tables; a JSON summary at the end.")] = False,
) -> None:
    """Run the rules over history: what would they have told, whom, how often? Needs no broker for files.

    DIR then holds notifications.jsonl, positions.jsonl, summary.json and report.html, a page to be mailed. The same feeds and rules give
    the same bytes, whatever the number of jobs.

    In force for a Kafka topic are the settings and every version on the topic of rules beside it, each from its `active_since` on: what was
    decided is decided again. A .jsonl file of versions (`wealthwatch rules export`, or a line of your own) is tried on top of the settings.

    `wealthwatch backtest bank.jsonl --compare stricter.toml`

    `wealthwatch backtest bank.jsonl --compare from_june.jsonl`

    `wealthwatch backtest "kafka://127.0.0.1:9092/wealth.movements?from=2025-03-01T00:00+08:00"`
    """
    from rich.console import Console

    from handlers.feeds import FeedError, UnknownFeedError
    from wealthwatch.backtesting.feeds import beside, source_of
    from wealthwatch.backtesting.findings import workplace
    from wealthwatch.backtesting.parquet import connect
    from wealthwatch.backtesting.rules import rules_of
    from wealthwatch.backtesting.tables import show
    from wealthwatch.backtesting.task import Task
    from wealthwatch.tuning.pages import warn

    settings = settings_of(context)
    began = time.monotonic()
    try:
        sources = tuple(source_of(feed, format_, settings.kafka) for feed in feeds)
        books = tuple(rules_of(settings, given, sources) for given in ([rules] if compare is None else [rules, compare]))
        for one in books:
            warn(one.refused)
        if parquet:
            connect().close()
        sides = (beside(sources, "customers", customers, settings.kafka), beside(sources, "prices", prices, settings.kafka))
        with workplace(out) as folder:
            task = Task(sources, *sides, books, Path(folder), jobs or _processors())
            findings = _run(task, out, parquet=parquet, silent=json)
    except UnknownFeedError as error:
        raise Refusal(str(error.args[0]), exit_code=USAGE) from error
    except FeedError as error:
        raise Refusal(str(error)) from error
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    seconds = time.monotonic() - began
    if json:
        _print_json(findings, seconds)
    else:
        show(Console(), findings, out, seconds)


def _processors() -> int:
    """Those that we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(task: Task, out: Path, *, parquet: bool, silent: bool) -> Findings:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from wealthwatch.backtesting.findings import backtest
    from wealthwatch.backtesting.jobs import JobEndedError

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[movements]:,} movements"), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, transient=True, disable=silent or not console.is_terminal) as bar:
            shown = bar.add_task("Reading", total=1.0, movements=0)

            def far(done: float, movements: int) -> None:
                bar.update(shown, completed=done, movements=movements, description="Reading" if done < 1 else "Finishing")

            return backtest(task, out, far, parquet=parquet)
    except JobEndedError as error:
        raise Refusal(f"{error}, most likely for want of memory", "give fewer --jobs, or a part of the feed") from error


def _print_json(findings: Findings, seconds: float) -> None:
    import json

    took = max(0.001, round(seconds, 3))
    speed = {"seconds": took, "movements_per_second": round(findings.movements / took, 1)}
    typer.echo(json.dumps(findings.summary() | speed, ensure_ascii=False))
