"""`wealthwatch replay`: publish a feed's movements, as an upstream system would."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wealthwatch.configuration import settings_of
from wealthwatch.refusal import USAGE, Refusal

if TYPE_CHECKING:
    from schemas.settings import Settings
    from wealthwatch.replaying import Replay, ResumePoint, Summary

PANEL = "See it"
INTERRUPTED = 130


def command(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", exists=True, help="What the format reads: a file, or a folder.")],
    format_: Annotated[
        str, typer.Option("--format", "-f", help="jsonl; pkdd99: real accounts of a Czech bank; ecb: euro reference rates.")
    ] = "jsonl",
    rate: Annotated[float | None, typer.Option(min=0.01, help="Movements a second, at most.")] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.001, help="Seconds of event time in one second: 3600 plays an hour a second.")
    ] = None,
    without_balance_after: Annotated[bool, typer.Option("--without-balance-after", help="Withhold the feed's own balances.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier replay of PATH stopped.")] = False,
    ticks: Annotated[bool, typer.Option("--ticks/--no-ticks", help="Let dates pass for the detector: at midnights and at the end.")] = True,
    json: Annotated[bool, typer.Option("--json", help="No progress bar; a JSON summary at the end.")] = False,
) -> None:
    """Publish a feed to `wealth.movements`, keyed by customer: as fast as the broker takes it, at a rate, or against the clock.

    Customers, managers and prices that stand beside PATH go first. Ctrl-C leaves a resume point; going on from there may repeat a few
    movements, which the detector drops.

    `wealthwatch replay sample.jsonl --rate 500`

    `wealthwatch replay berka/ --format pkdd99 --speed 86400`

    `wealthwatch replay eurofxref-hist.zip --format ecb` (rates alone, in the bank's base currency; download it from the ECB)
    """
    from aiokafka.errors import KafkaError

    from handlers import topics
    from handlers.feeds import FeedError, UnknownFeedError, load
    from wealthwatch.replaying import Pace, Replay, place_of

    settings = settings_of(context)
    try:
        feed = load(format_)
    except UnknownFeedError as error:
        raise Refusal(str(error.args[0]), exit_code=USAGE) from error
    topics.check(settings.kafka)
    place = place_of(path)
    point = _point(path, place, settings) if resume else None
    replay = Replay(feed, path, Pace(rate, speed), without_balance_after, ticks, place, point)
    try:
        summary = _publish(settings, replay, silent=json)
    except KeyboardInterrupt:
        sys.stderr.write(f"\nwealthwatch: stopped; the same command with --resume goes on ({place})\n")
        raise typer.Exit(INTERRUPTED) from None
    except FeedError as error:
        raise Refusal(str(error)) from error
    except KafkaError as error:
        hint = "; the same command with --resume goes on" if place.is_file() else ""
        raise Refusal(f"the broker does not take it ({error})", f"see that it runs at {settings.kafka.bootstrap_servers}{hint}") from error
    _tell(summary, as_json=json)


def _point(path: Path, place: Path, settings: Settings) -> ResumePoint:
    from schemas.topics import MOVEMENTS
    from wealthwatch.replaying import ResumePoint, size_of

    if not place.is_file():
        raise Refusal(f"nothing to resume: {place} is not there", "start without --resume", USAGE)
    try:
        point = ResumePoint.read(place)
    except ValueError as error:
        raise Refusal(str(error), "remove it and start without --resume", USAGE) from error
    if point.bytes != size_of(path):
        raise Refusal(f"{path} is not what it was when the replay stopped", f"remove {place} and start without --resume", USAGE)
    if point.topic != settings.kafka.topic(MOVEMENTS):
        raise Refusal(f"the replay that stopped went to {point.topic}", "set the same topic prefix, or start without --resume", USAGE)
    return point


def _publish(settings: Settings, replay: Replay, *, silent: bool) -> Summary:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from wealthwatch.replaying import publish

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it warns of either passes or ends the command, which then says so
    console = Console()
    if silent or not console.is_terminal:
        return publish(settings, replay)
    columns = (
        TextColumn("{task.completed:,} of {task.total:,}"),
        BarColumn(),
        TextColumn("{task.fields[rate]:,}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, TextColumn("{task.fields[at]}"), console=console, transient=True) as bar:
        task = bar.add_task("", total=replay.feed.count(replay.path), rate=0, at="")
        skipped = replay.resume.movements if replay.resume else 0
        return publish(
            settings,
            replay,
            lambda far: bar.update(
                task,
                completed=far.movements,
                rate=round((far.movements - skipped) / max(far.seconds, 0.001)),
                at=far.at.date().isoformat() if far.at else "",
            ),
        )


def _tell(summary: Summary, *, as_json: bool) -> None:
    import json

    if as_json:
        typer.echo(json.dumps(summary.plain()))
        return
    sent = f"{summary.movements:,} movements in {summary.seconds:.1f} s ({summary.movements_per_second:,}/s)"
    typer.echo(f"{sent}, after {summary.customers:,} customers, {summary.managers} managers, {summary.prices} prices")
