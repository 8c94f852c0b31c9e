"""`wealthwatch dead-letters`: what was refused, why, and back with it once the cause is gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from wealthwatch.configuration import settings_of
from wealthwatch.refusal import Refusal

if TYPE_CHECKING:
    from handlers.dead_letters import Bytes, Letter, Place, Redriven
    from schemas.dead_letters import Fault
    from schemas.settings import Settings

PANEL = "Operate it"
_KEY_WIDTH = 24
app = typer.Typer(help="List, show and redrive refused messages.")

_AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of text for people.")]


def _fault(named: str | None) -> Fault | None:
    """The fault of a name; the contract is only imported when somebody asks for one, so that --help stays quick."""
    from schemas.dead_letters import Fault

    if named is None or named in set(Fault):
        return Fault(named) if named else None
    raise typer.BadParameter(f"there is no fault {named!r}; there are {', '.join(Fault)}")


def _faults() -> list[str]:
    from schemas.dead_letters import Fault

    return [str(fault) for fault in Fault]


_OfFault = Annotated[
    str | None, typer.Option("--fault", metavar="FAULT", help="Only those refused for this, such as missing_field.", autocompletion=_faults)
]


@app.command("list")
def list_letters(
    context: typer.Context,
    fault: _OfFault = None,
    since: Annotated[str | None, typer.Option(help="Only those set aside since: 90m, 24h, 7d, or a date such as 2025-03-01T09:00.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    as_json: _AsJson = False,
) -> None:
    """List the dead letters, newest last: where they stand, why they were refused, where they came from.

    `wealthwatch dead-letters list --fault missing_field --since 24h`
    """
    from handlers.dead_letters import letters, with_fault

    found = letters(_settings(context), _moment(since) if since else None)
    which = _fault(fault)
    wanted = with_fault(which) if which else lambda _: True
    every = sorted(filter(wanted, found), key=lambda letter: (letter.at, letter.place))
    shown = every[-limit:]
    if as_json:
        _print_json({"dead_letters": [_facts(letter) for letter in shown], "of": len(every)})
    else:
        _print_table(shown, every)


@app.command()
def show(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As `list` prints them: TOPIC-PARTITION-OFFSET.")],
    most: Annotated[int, typer.Option("--bytes", min=1, help="Print so many of a message's bytes.")] = 2_000,
    raw: Annotated[bool, typer.Option("--raw", help="Write one message's untouched bytes to standard output, and nothing else.")] = False,
    as_json: _AsJson = False,
) -> None:
    """Show dead letters: why, headers, key and bytes. What is not printable text is shown in hexadecimal.

    `wealthwatch dead-letters show wealth.dead-letters-3-17`
    """
    from handlers.dead_letters import contents

    if raw and (len(ids) != 1 or as_json):
        raise typer.BadParameter("--raw takes one id, and no --json")
    settings = _settings(context)
    found = []
    for place in _places(ids):
        one = contents(settings, place)
        if one is None:
            raise Refusal(f"there is no dead letter {place}", "take an id from `wealthwatch dead-letters list`")
        found.append(one)
    if raw:
        typer.get_binary_stream("stdout").write(found[0][1].value or b"")
        return
    if as_json:
        _print_json({"dead_letters": [_facts(letter) | _contents(what, most) for letter, what in found]})
        return
    for letter, what in found:
        _print_letter(letter, what, most)


@app.command()
def redrive(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="TOPIC-PARTITION-OFFSET of single ones.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    fault: _OfFault = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many it would be.")] = False,
    as_json: _AsJson = False,
) -> None:
    """Put dead letters back where they came from, untouched; what was put back once is left alone.

    `wealthwatch dead-letters redrive --fault unknown_currency --dry-run`
    """
    from handlers.dead_letters import UnknownLetterError, at, with_fault

    if (every, bool(ids), fault is not None).count(True) != 1:
        raise typer.BadParameter("give either --all, or --fault, or ids")
    places = set(_places(ids or []))
    which = _fault(fault)
    wanted = at(places) if places else with_fault(which) if which else lambda _: True
    try:
        done = _redrive(_settings(context), wanted, places, dry_run=dry_run, silent=as_json)
    except UnknownLetterError as error:
        raise Refusal(f"no dead letter {error}; nothing was put back", "take ids from `wealthwatch dead-letters list`") from None
    if as_json:
        _print_json({"redriven": done.redriven, "already_redriven": done.already, "without_a_home": done.homeless, "dry_run": dry_run})
        return
    typer.echo(f"{done.redriven:,} {'would be put' if dry_run else 'put'} back")
    if done.already:
        typer.echo(f"{done.already:,} were put back before and are left alone")
    if done.homeless:
        typer.echo(f"{done.homeless:,} name no topic and partition of ours and stay where they are")
    if done.redriven and not dry_run:
        typer.echo("what is refused again is a new dead letter: look with `wealthwatch dead-letters list`")


def _settings(context: typer.Context) -> Settings:
    from handlers import topics

    settings = settings_of(context)
    topics.check(settings.kafka)
    return settings


def _redrive(settings: Settings, wanted: Callable[[Letter], bool], named: set[Place], *, dry_run: bool, silent: bool) -> Redriven:
    from rich.console import Console
    from rich.progress import Progress

    from handlers.dead_letters import redrive as put_back

    console = Console()
    if silent or dry_run or not console.is_terminal:
        return put_back(settings, wanted, dry_run=dry_run, named=named)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("putting back", total=None)
        return put_back(settings, wanted, named=named, progress=lambda done, of: bar.update(task, completed=done, total=of))


def _places(ids: list[str]) -> list[Place]:
    from handlers.dead_letters import Place

    try:
        return [Place.parse(text) for text in ids]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _moment(text: str) -> datetime:
    if span := re.fullmatch(r"([0-9]{1,6})([mhd])", text):
        number = int(span[1])
        return datetime.now(UTC) - {"m": timedelta(minutes=number), "h": timedelta(hours=number), "d": timedelta(days=number)}[span[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"--since: {text!r} is neither a span such as 24h nor a date such as 2025-03-01T09:00") from None
    return moment.astimezone(UTC)


def _facts(letter: Letter) -> dict[str, object]:
    why = letter.why.model_dump(mode="json") if letter.why else {}
    key = _safe(letter.key, len(letter.key))
    return {"id": str(letter.place), "key": key, "at": letter.at.isoformat(), "bytes": letter.size, "redriven": letter.redriven, **why}


def _contents(what: Bytes, most: int) -> dict[str, object]:
    from base64 import b64encode

    return {
        "key": _safe(what.key or b"", most),
        "headers": {name: _safe(value, most) for name, value in what.headers},
        "text": _safe(what.value or b"", most),
        "base64": b64encode((what.value or b"")[:most]).decode(),
    }


def _print_table(shown: list[Letter], every: list[Letter]) -> None:
    from collections import Counter

    from rich.console import Console
    from rich.table import Table

    if not every:
        typer.echo("no dead letters")
        return
    table = Table("id", "set aside", "fault", "detail", "from", "key", "bytes", "put back", box=None, pad_edge=False)
    for letter in shown:
        why = letter.why
        source = f"{why.topic}-{why.partition}-{why.offset}" if why else "?"
        at = f"{letter.at:%Y-%m-%d %H:%M:%S}"
        told = (why.fault.value, why.detail) if why else ("?", "not ours: no headers that say why")
        table.add_row(
            str(letter.place),
            at,
            *map(_plain, told),
            _plain(source),
            _plain(_short(letter.key)),
            f"{letter.size:,}",
            "yes" if letter.redriven else "",
        )
    console = Console()
    console.print(table, soft_wrap=not console.is_terminal)
    if len(every) > len(shown):
        typer.echo(f"the newest {len(shown):,} of {len(every):,}; --limit shows more")
    faults = Counter(letter.why.fault.value if letter.why else "?" for letter in every)
    typer.echo("by fault: " + ", ".join(f"{fault} {count:,}" for fault, count in faults.most_common()))


def _print_letter(letter: Letter, what: Bytes, most: int) -> None:
    typer.echo(f"{letter.place}  set aside {letter.at:%Y-%m-%d %H:%M:%S}Z")
    if letter.why:
        why = letter.why
        typer.echo(f"  refused: {why.fault}: {_safe(why.detail.encode(), most)}")
        typer.echo(f"  from:    {why.topic}-{why.partition}-{why.offset}")
    typer.echo(f"  key:     {_safe(what.key or b'', most)}")
    for name, value in what.headers:
        typer.echo(f"  header:  {_safe(name.encode(), most)} = {_safe(value, most)}")
    typer.echo(f"  bytes:   {letter.size:,}{f', the first {most:,}' if letter.size > most else ''}")
    typer.echo(f"    {_safe(what.value or b'', most)}\n")


def _safe(value: bytes, most: int) -> str:
    # A terminal obeys control characters; nothing of a refused message may reach it as one.
    cut = value[:most]
    text = cut.decode("utf-8", errors="backslashreplace")
    if text.count("\\x") > len(cut) // 8:
        return "0x " + cut.hex(" ")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _short(key: bytes) -> str:
    text = _safe(key, len(key))
    return text if len(text) <= _KEY_WIDTH else text[: _KEY_WIDTH - 1] + "…"


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(_safe(text.encode(), 1_000))


def _print_json(content: dict[str, object]) -> None:
    import json

    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
