"""`wealthwatch rules`: which rules there are, how they are set, and set otherwise while they run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wealthwatch.configuration import settings_of
from wealthwatch.refusal import USAGE, Refusal

if TYPE_CHECKING:
    from handlers.rule_records import RulePublisher
    from schemas.settings import Settings
    from streams.rule import Rule
    from streams.timeline import RuleBooks
    from wealthwatch.tuning.change import Layer

PANEL = "Operate it"
WRONG = 1
app = typer.Typer(help="Show the rules, and set them while they run.")


def _rules() -> list[str]:
    from streams.book import all_rules

    return list(all_rules())


def _parameters(context: typer.Context) -> list[str]:
    from streams.book import all_rules

    rule = all_rules().get(context.params.get("name") or "")
    return [f"{name}=" for name in rule.parameters.model_fields] if rule else []


def _tiers() -> list[str]:
    from schemas.settings import Settings, SettingsError

    try:
        return [tier.name for tier in Settings.load().bank.tiers]
    except SettingsError:
        return []


def _segments() -> list[str]:
    from schemas.customers import Segment

    return [str(segment) for segment in Segment]


def _modes() -> list[str]:
    from schemas.rules import Mode

    return [str(mode) for mode in Mode]


_Name = Annotated[str, typer.Argument(metavar="NAME", help="The rule, such as large_inflow.", autocompletion=_rules)]
_OfTier = Annotated[str | None, typer.Option("--tier", metavar="TIER", help="For customers of this tier.", autocompletion=_tiers)]
_OfSegment = Annotated[
    str | None, typer.Option("--segment", metavar="SEGMENT", help="For customers of this segment.", autocompletion=_segments)
]
_OfCustomer = Annotated[str | None, typer.Option("--customer", metavar="ID", help="For this customer alone.")]
_At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="What holds at this event time, such as 2025-03-01T09:00; by default now.")
]
_Offline = Annotated[bool, typer.Option("--offline", help="Of the settings file alone; no broker is needed.")]
_AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of text for people.")]


@app.command("list")
def list_rules(context: typer.Context, at: _At = None, offline: _Offline = False, as_json: _AsJson = False) -> None:
    """List the rules: what each sees, in which mode and version it is, since when, and what comes next.

    `wealthwatch rules list --offline`
    """
    from streams.timeline import instant
    from wealthwatch.tuning import pages
    from wealthwatch.tuning.times import moment

    settings = settings_of(context)
    books = _books(settings, offline=offline)
    now = instant(moment(at, settings.bank))
    if as_json:
        _print_json({"rules": [pages.facts(rule, books, now) for rule in books.at(now).known.values()]})
    else:
        pages.print_list(books, now)
        pages.warn(books.refused.values())


@app.command()
def show(
    context: typer.Context,
    name: _Name,
    customer: _OfCustomer = None,
    tier: _OfTier = None,
    segment: _OfSegment = None,
    at: _At = None,
    offline: _Offline = False,
    as_json: _AsJson = False,
) -> None:
    """Show a rule: its definition, every parameter with its value and where that comes from, and its versions.

    `wealthwatch rules show large_inflow --tier gold --segment corporate`
    """
    from streams.timeline import instant
    from wealthwatch.tuning import pages
    from wealthwatch.tuning.times import moment

    settings = settings_of(context)
    rule = _rule(name, settings)
    layers = _layers(settings, segment, tier, customer)
    books = _books(settings, offline=offline)
    now = instant(moment(at, settings.bank))
    if as_json:
        _print_json(pages.facts(rule, books, now) | pages.details(rule, books, now, layers))
    else:
        pages.print_rule(rule, books, now, layers)
        pages.warn(books.refused.values())


@app.command("set")
def set_rule(
    context: typer.Context,
    name: _Name,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PARAM=VALUE]...",
            help="pct=0.15, bands=notice:1,critical:5; nothing after = leaves it to the wider setting.",
            autocompletion=_parameters,
        ),
    ] = None,
    tier: _OfTier = None,
    segment: _OfSegment = None,
    customer: _OfCustomer = None,
    mode: Annotated[
        str | None, typer.Option("--mode", metavar="MODE", help="live, test (told to nobody), or off.", autocompletion=_modes)
    ] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="WHO", help="Who changes it; by default who is logged in here.")] = None,
    active_since: Annotated[
        str | None, typer.Option("--active-since", metavar="TIME", help="Event time from which it holds; by default a minute from now.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change, and when.")] = False,
    as_json: _AsJson = False,
) -> None:
    """Set a rule while it runs: publish its next version, which every worker applies from the same event time on.

    Without --tier, --segment or --customer for all. It is checked before it is published.

    `wealthwatch rules set large_inflow pct=0.15 abs_floor=2000000 --tier private --by li`

    `wealthwatch rules set near_tier --mode test`
    """
    from handlers import topics
    from schemas.rules import Mode
    from wealthwatch.tuning.change import Layer, assignments
    from wealthwatch.tuning.in_force import in_force
    from wealthwatch.tuning.pages import print_change
    from wealthwatch.tuning.proposal import Wish, proposed, soonest
    from wealthwatch.tuning.times import moment

    settings = settings_of(context)
    rule = _rule(name, settings)
    given = assignments(rule, values or [])
    layers = _layers(settings, segment, tier, customer)
    _one_of("mode", mode, _modes())
    if not given and mode is None:
        raise Refusal("nothing to set", "give PARAM=VALUE or --mode", USAGE)
    if len(layers) > 1:
        raise Refusal("--tier, --segment and --customer exclude each other", "set one after the other", USAGE)
    if mode is not None and layers:
        raise Refusal("a mode is the whole rule's", f"set it without --{layers[0].kind}", USAGE)
    topics.check(settings.kafka)

    def wish() -> Wish:
        since = moment(active_since, settings.bank) if active_since else soonest(datetime.now(UTC), settings.detector.rule_lead_s)
        return Wish(rule, given, (layers or [Layer()])[0], Mode(mode) if mode else None, by or _user(), since)

    if dry_run:
        version = proposed(books := in_force(settings), wish())
    else:
        with _publishing(settings, name) as publisher:
            version = proposed(books := in_force(settings), wish())
            publisher.publish(version)
    if as_json:
        _print_json({"published": not dry_run, "version": version.model_dump(mode="json", exclude_none=True)})
        return
    print_change(rule, books.history(name)[-2], version, settings.bank)
    typer.echo("not published (--dry-run)" if dry_run else "published")
    if version.active_since and version.active_since < soonest(datetime.now(UTC), settings.detector.rule_lead_s / 2):
        typer.echo("a worker that has decided beyond that when it learns of it lets it hold from then on, and says so (rule_version_late)")


@app.command()
def withdraw(context: typer.Context, name: _Name) -> None:
    """Take back a rule's newest version, before it holds.

    `wealthwatch rules withdraw large_inflow`
    """
    from handlers import topics
    from streams.timeline import instant, starts
    from wealthwatch.tuning.in_force import in_force
    from wealthwatch.tuning.pages import to_come
    from wealthwatch.tuning.times import when

    settings = settings_of(context)
    rule = _rule(name, settings)
    topics.check(settings.kafka)
    with _publishing(settings, name) as publisher:
        pending = to_come(in_force(settings), rule.name, instant(datetime.now(UTC)))
        if not pending:
            raise Refusal(f"no version of {name} is to come", f"what holds is changed with `wealthwatch rules set {name}`", USAGE)
        if starts(pending[-1]) < instant(datetime.now(UTC)) + settings.detector.rule_lead_s / 2:
            what = (
                f"version {pending[-1].version} of {name} holds from {when(pending[-1], settings.bank)} on: too soon to reach every worker"
            )
            raise Refusal(what, f"let it, and set the rule otherwise with `wealthwatch rules set {name}`", USAGE)
        publisher.withdraw(pending[-1])
    typer.echo(f"{name} version {pending[-1].version}, which was to hold from {when(pending[-1], settings.bank)}, is taken back")


@app.command()
def export(context: typer.Context) -> None:
    """Print every version on `wealth.rules`, a record a line, in the order in which they begin; what is refused is left out.

    `wealthwatch rules export > versions.jsonl`, for `wealthwatch backtest bank.jsonl --rules versions.jsonl`
    """
    from wealthwatch.tuning import pages

    books = _books(settings_of(context), offline=False)
    for version in books.versions:
        typer.echo(version.model_dump_json(exclude_none=True))
    pages.warn(books.refused.values())


@app.command()
def diff(
    context: typer.Context,
    one: Annotated[Path, typer.Argument(metavar="A.toml", help="A settings file.")],
    other: Annotated[
        Path | None, typer.Argument(metavar="[B.toml]", help="Another; without it A is held against what is in force.")
    ] = None,
    at: _At = None,
) -> None:
    """Say what differs between the rules of two settings files, or between what is in force and a file.

    `wealthwatch rules diff today.toml tomorrow.toml` needs no broker.
    """
    from schemas.rules import RuleSettings
    from streams.timeline import instant
    from wealthwatch.tuning.differences import differences
    from wealthwatch.tuning.in_force import of_file
    from wealthwatch.tuning.tables import print_table
    from wealthwatch.tuning.times import moment

    if other is None:
        settings = settings_of(context)
        books = _books(settings, offline=False)
        before, after = books.at(instant(moment(at, settings.bank))), of_file(one).first
        heads = ("in force", one.name)
    else:
        before, after = of_file(one).first, of_file(other).first
        heads = (str(one), str(other))
    of_no_rule = RuleSettings()
    rows = [
        (name, *each)
        for name, rule in (before.known | after.known).items()
        for each in differences(rule, before.settings.get(name, of_no_rule), after.settings.get(name, of_no_rule))
    ]
    if rows:
        print_table(("rule", "what", *heads), rows)
    else:
        typer.echo("no rule is set otherwise")


@app.command()
def check(file: Annotated[Path, typer.Argument(metavar="FILE", help="A settings file in TOML.")]) -> None:
    """Check the rules of a settings file; exit code 1 with one line that names what is wrong and what exists. No broker is needed.

    `wealthwatch rules check bank.toml`
    """
    from schemas.settings import Settings, SettingsError
    from streams.timeline import RuleBooks

    try:
        settings = Settings.load(file)
        RuleBooks.of(settings)
    except SettingsError as error:
        raise Refusal(f"{file}: {error}", exit_code=WRONG) from None
    named = f"sets {', '.join(sorted(settings.rules))}" if settings.rules else "sets no rule"
    typer.echo(f"{file} {named}; all of it exists")


def _rule(name: str, settings: Settings) -> Rule[Any]:
    from streams.book import known_rules, no_such_rule

    rule = known_rules(settings.rules, settings.bank).get(name)
    if rule is None:
        raise Refusal(no_such_rule(name), exit_code=USAGE)
    return rule


def _one_of(what: str, named: str | None, known: list[str]) -> str | None:
    if named is not None and named not in known:
        raise Refusal(f"there is no {what} {named!r}; the {what}s are {', '.join(known)}", exit_code=USAGE)
    return named


def _layers(settings: Settings, segment: str | None, tier: str | None, customer: str | None) -> list[Layer]:
    """The layers that were named, the widest first."""
    from wealthwatch.tuning.change import Layer

    _one_of("segment", segment, _segments())
    _one_of("tier", tier, [each.name for each in settings.bank.tiers])
    named: list[tuple[Any, str | None]] = [("segment", segment), ("tier", tier), ("customer", customer)]
    return [Layer(kind, name) for kind, name in named if name is not None]


def _books(settings: Settings, *, offline: bool) -> RuleBooks:
    from handlers import topics
    from streams.timeline import RuleBooks
    from wealthwatch.tuning.in_force import in_force

    if offline:
        return RuleBooks.of(settings)
    topics.check(settings.kafka)
    return in_force(settings)


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise Refusal("nobody is logged in here", "say who changes the rule with --by", USAGE) from None


@contextmanager
def _publishing(settings: Settings, name: str) -> Iterator[RulePublisher]:
    from handlers.rule_records import Overtaken, publishing

    try:
        with publishing(settings) as publisher:
            yield publisher
    except Overtaken:
        raise Refusal(
            f"somebody else is setting rules right now; {name} is as it was", "look at it with `rules show`, and try again"
        ) from None


def _print_json(content: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
