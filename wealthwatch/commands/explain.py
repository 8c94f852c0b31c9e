"""`wealthwatch explain`: why a notification was told, and why others were not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wealthwatch.configuration import settings_of
from wealthwatch.refusal import USAGE, Refusal

if TYPE_CHECKING:
    from schemas.settings import Bank, Settings
    from wealthwatch.explaining.files import Far
    from wealthwatch.explaining.question import Report, Source

PANEL = "Operate it"
_LANGUAGES = ("zh-CN", "en", "both")


def _languages() -> list[str]:
    return list(_LANGUAGES)


def command(
    context: typer.Context,
    notification: Annotated[
        str | None, typer.Argument(metavar="[NOTIFICATION_ID]", help="Of a notification, or of one message of it (message_id).")
    ] = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="ID", help="Instead: this customer, at the time of --at.")] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="The last movement at or before it, such as 2025-03-01T09:00, the bank's time."),
    ] = None,
    tick: Annotated[bool, typer.Option("--tick", help="Not the movement, but the close of the date before that of --at.")] = False,
    feeds: Annotated[
        list[str] | None,
        typer.Option("--feed", metavar="FILE", help="Replay files, as backtest does, instead of the broker's topics; repeatable."),
    ] = None,
    format_: Annotated[str, typer.Option("--format", "-f", help="What the files are: jsonl, pkdd99, ...")] = "jsonl",
    customers: Annotated[str | None, typer.Option(metavar="F", help="Profiles; else x.customers.jsonl beside x.jsonl.")] = None,
    prices: Annotated[str | None, typer.Option(metavar="F", help="Rates and prices; else x.prices.jsonl beside x.jsonl.")] = None,
    rules: Annotated[str | None, typer.Option(metavar="F", help="Rules to replay with, as for backtest; else those in force.")] = None,
    told: Annotated[
        Path | None,
        typer.Option("--notifications", metavar="F", help="Where to look the id up, such as backtest/notifications.jsonl; saves a replay."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            "-l",
            help="zh-CN, en or both; by default what the locale says (LC_ALL, LC_MESSAGES, LANG).",
            autocompletion=_languages,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document instead of text for people.")] = False,
) -> None:
    """Explain a decision: what was measured, against which threshold of which version, from which movements; and why others were silent.

    The customer's movements are replayed from the broker's topics, or from files; nothing is written and nobody is told.

    `wealthwatch explain 7b5c1c56-5a3c-5f0e-9d0e-2f9a3c1f4b7a`

    `wealthwatch explain --customer C000042 --at 2025-03-10T12:00 --feed bank.jsonl`
    """
    from handlers.feeds import FeedError, UnknownFeedError
    from wealthwatch.explaining import question
    from wealthwatch.tuning.times import moment

    if (notification is None) is (customer is None):
        raise Refusal("say what to explain", "give NOTIFICATION_ID, or --customer ID --at TIME", USAGE)
    if customer is not None and at is None:
        raise Refusal("--customer needs a time", "add --at TIME, such as 2025-03-01T09:00", USAGE)
    if notification is not None and (at is not None or tick):
        raise Refusal("a notification has its own time", "leave --at and --tick out", USAGE)
    spoken = _spoken(language)
    settings = settings_of(context)
    try:
        source, settings = _source(settings, tuple(feeds or ()), format_, customers, prices, rules, told)
        with _progress() as far:
            if notification is not None:
                report = question.of_notification(source, settings, notification, far)
            else:
                assert customer is not None
                report = question.of_time(source, settings, customer, moment(at, settings.bank), tick=tick, far=far)
    except UnknownFeedError as error:
        raise Refusal(str(error.args[0]), exit_code=USAGE) from error
    except FeedError as error:
        raise Refusal(str(error)) from error
    if json:
        _print_json(report, settings.bank)
    else:
        _print(report, settings.bank, spoken)


def _source(
    settings: Settings,
    feeds: tuple[str, ...],
    form: str,
    customers: str | None,
    prices: str | None,
    rules: str | None,
    told: Path | None,
) -> tuple[Source, Settings]:
    """What to read, and the settings with the rules that are explained."""
    from handlers import topics
    from wealthwatch.explaining.files import Files

    if feeds:
        files = Files(settings, feeds, form, customers, prices, rules, told)
        return files, files.rules.settings
    if customers or prices or rules or told:
        raise Refusal("--customers, --prices, --rules and --notifications go with files", "add --feed FILE", USAGE)
    from wealthwatch.explaining.topics import Topics

    topics.check(settings.kafka)
    return Topics(settings), settings


def _spoken(language: str | None) -> tuple[str, ...]:
    """The languages to print in."""
    if language is not None and language not in _LANGUAGES:
        raise Refusal(f"there is no language {language!r}", f"the languages are {', '.join(_LANGUAGES)}", USAGE)
    if language == "both":
        return ("zh-CN", "en")
    if language is not None:
        return (language,)
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return ("zh-CN",) if locale.lower().startswith("zh") else ("en",)


@contextmanager
def _progress() -> Iterator[Far]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("Reading", total=1.0)
        yield lambda done: shown.update(task, completed=done)


def _print(report: Report, bank: Bank, languages: tuple[str, ...]) -> None:
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from handlers.inbox.voice import Voice
    from schemas.customers import Language
    from wealthwatch.explaining.page import Page

    console = Console(highlight=False)
    for place, language in enumerate(languages):
        if place:
            console.rule(style="dim")
        Page(console, report, bank, Voice(Language(language), ZoneInfo(bank.time_zone), datetime.now(UTC))).print()


def _print_json(report: Report, bank: Bank) -> None:
    import json

    from wealthwatch.explaining.plain import plain

    typer.echo(json.dumps(plain(report, bank), ensure_ascii=False, indent=2))
