"""`wealthwatch demo`: see it, with nothing but this machine."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wealthwatch.configuration import settings_of

if TYPE_CHECKING:
    from rich.console import Console

    from wealthwatch.demonstration import Access, Demonstration

PANEL = "See it"
LIVE_DAYS = 7
STEPS = {
    "simulated": "a bank, day by day",
    "ready": "broker and services",
    "published": "movements published",
    "decided": "movements decided",
    "told": "notifications told",
}


def command(
    context: typer.Context,
    customers: Annotated[int, typer.Option(min=1, help="Customers of the bank.")] = 500,
    days: Annotated[int, typer.Option(min=1, help="Days of their life.")] = 90,
    seed: Annotated[int, typer.Option(help="Another seed is another bank.")] = 7,
    start: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="First day; by default the last day is yesterday.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The inbox's port; 0 takes a free one.")] = 8080,
    pace: Annotated[float, typer.Option(min=1, help="Seconds of event time in one second, once it has caught up.")] = 1_800.0,
    folder: Annotated[Path | None, typer.Option(help="Keep sample, database and logs here; by default they are removed.")] = None,
    exit_when_done: Annotated[bool, typer.Option("--exit-when-done", help="Replay all at once, say what came of it, leave.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --exit-when-done: say it as one line of JSON, and nothing else.")] = False,
) -> None:
    """Show it: a made-up bank, its movements, and the inbox of the customer manager who has most to read.

    Starts a broker, the detector, the notifier and the inbox on this machine, replays three months in seconds, and lets the last week
    pass slowly, so that the page lives. Ctrl-C ends everything and leaves nothing behind.

    `wealthwatch demo --port 8081 --pace 600` (ten minutes a second)

    `wealthwatch demo --exit-when-done --json` (for a script)
    """
    from rich.console import Console

    from wealthwatch.demonstration import Wish, running
    from wealthwatch.simulation import Plan

    if json and not exit_when_done:
        raise typer.BadParameter("--json goes with --exit-when-done")
    live_days = 0 if exit_when_done else min(LIVE_DAYS, days - 1)
    console = Console(quiet=json)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with _place(folder) as place:
        wish = Wish(Plan(seed, customers, days, _first_day(start, days)), live_days, pace, port, place)
        try:
            with _bars(console) as show, running(wish, settings_of(context), show) as demonstration:
                demonstration.catch_up()
                if exit_when_done:
                    _tell(demonstration.summary(), as_json=json)
                    return
                access = demonstration.access()
                show("", 0, 0)
                _welcome(console, access, demonstration, place)
                _live(console, demonstration)
        except KeyboardInterrupt:
            console.print("everything is stopped")


def _first_day(text: str, days: int) -> date:
    if not text:
        return datetime.now(UTC).date() - timedelta(days=days)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("--start is a date such as 2025-03-01") from None


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="wealthwatch-demo-", ignore_cleanup_errors=True) as temporary:
            yield Path(temporary)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("inbox.sqlite*"), *folder.glob("*.log")):
        old.unlink()  # the broker begins anew, so what follows it has to
    yield folder


@contextmanager
def _bars(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Show every step as a bar; the step with no name ends them."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(TextColumn("{task.description:<21}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console) as bars:
        tasks = {step: bars.add_task(words, total=None, start=False) for step, words in STEPS.items()}

        def show(step: str, done: int, total: int) -> None:
            if not step:
                bars.stop()
            elif not bars.finished:
                bars.start_task(tasks[step])
                bars.update(tasks[step], completed=done, total=total or None)

        yield show


def _welcome(console: Console, access: Access, demonstration: Demonstration, place: Path) -> None:
    summary, doors = demonstration.summary(), demonstration.services.doors
    console.print(
        f"\n{summary['movements']:,} movements in {summary['seconds']:.1f} s: {summary['notifications']['total']} notifications\n\n"
        f"  inbox     [bold]{access.address}[/]\n"
        f"  log in    [bold]{access.username}[/]  password [bold]{access.password}[/]\n"
        f"            {access.manager}, who has most to read: {access.notifications}\n\n"
        f"  metrics   {'  '.join(f'{name} :{door.port}' for name, door in doors.items())}  (/metrics /healthz /readyz)\n"
        f"  logs      {place}\n\n"
        "The last days now pass slowly. Ctrl-C ends everything.\n",
        highlight=False,
    )


def _live(console: Console, demonstration: Demonstration) -> None:
    with console.status("") as status:
        while True:
            demonstration.follow()
            at = "the sample is at its end" if demonstration.over or demonstration.at is None else f"{demonstration.at:%Y-%m-%d %H:%M}"
            status.update(f"{at}   {demonstration.tally.movements:,} movements   {demonstration.tally.notifications} notifications")


def _tell(summary: dict[str, Any], *, as_json: bool) -> None:
    import json

    if as_json:
        typer.echo(json.dumps(summary))
        return
    typer.echo(f"{summary['movements']:,} movements in {summary['seconds']:.1f} s ({summary['movements_per_second']:,}/s)")
    typer.echo(f"{summary['dead_letters']} dead letters, {summary['notifications']['total']} notifications:")
    for name, count in {**summary["notifications"]["by_rule"], **summary["notifications"]["by_severity"]}.items():
        typer.echo(f"  {name:<22} {count:>5}")
