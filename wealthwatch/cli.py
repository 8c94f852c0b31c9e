"""The command line: global options, and errors as one line."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from wealthwatch.build import core
from wealthwatch.commands import CommandsFolder
from wealthwatch.explain import explain

app = typer.Typer(
    cls=CommandsFolder,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `wealthwatch demo`. Every command explains itself: `wealthwatch replay --help`.",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"wealthwatch {version('wealthwatch')} (core {core()})")
        raise typer.Exit


@app.callback()
def globally(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", envvar="WEALTHWATCH_CONFIG", help="Settings file in TOML; variables win over it."),
    ] = None,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")] = False,
) -> None:
    """Watches the wealth of a bank's customers as it moves, and tells the customer manager who is responsible.

    Account movements come in on Kafka; a detector keeps every customer's asset allocation and sees what is significant; a notifier tells
    it, once, to the right manager; the manager answers in the inbox.

    Settings come from defaults, then the file, then the environment: `WEALTHWATCH_KAFKA__BOOTSTRAP_SERVERS=kafka:9092`.
    """
    context.obj = config


def main() -> None:
    """Run the command line; a person's mistake ends with one line, a fault of ours with a traceback."""
    try:
        app(prog_name="wealthwatch")
    except Exception as error:
        refusal = explain(error)
        if refusal is None:
            raise
        sys.stderr.write(f"wealthwatch: {refusal}\n")
        sys.exit(refusal.exit_code)
