"""What the rules' commands show: the list, one rule, one change; as text for people, or as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from inspect import cleandoc
from typing import Any

import typer

from schemas.rules import RuleSettings
from schemas.settings import Bank
from streams.rule import Rule
from streams.timeline import Refused, RuleBooks, starts
from wealthwatch.tuning.change import Layer
from wealthwatch.tuning.differences import differences
from wealthwatch.tuning.origins import apart, origins
from wealthwatch.tuning.tables import print_table, safe
from wealthwatch.tuning.times import when


def definition(rule: Rule[Any]) -> str:
    """The first sentence of a rule's docstring."""
    text = " ".join((rule.__doc__ or "").split("\n\n")[0].split())
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0].rstrip(".")


def to_come(books: RuleBooks, name: str, now: int) -> list[RuleSettings]:
    """The versions that do not hold yet."""
    return [version for version in books.history(name) if starts(version) > now]


def facts(rule: Rule[Any], books: RuleBooks, now: int) -> dict[str, Any]:
    """A rule as the list shows it."""
    setting = books.at(now).settings[rule.name]
    plain = setting.model_dump(mode="json", include={"mode", "version", "active_since", "changed_by"})
    pending = [one.model_dump(mode="json", exclude_none=True) for one in to_come(books, rule.name, now)]
    return {"rule_id": rule.rule_id, "rule": rule.name, "kind": rule.kind, **plain, "sees": definition(rule), "to_come": pending}


def details(rule: Rule[Any], books: RuleBooks, now: int, layers: list[Layer]) -> dict[str, Any]:
    """What one rule's page adds: its parameters for a customer of these layers, and all its versions."""
    found = origins(rule, books.at(now).settings[rule.name], books.bank, layers)
    versions = [one.model_dump(mode="json", exclude_none=True) for one in books.history(rule.name)]
    return {"parameters": [one._asdict() for one in found], "versions": versions}


def print_list(books: RuleBooks, now: int) -> None:
    """A line for each rule."""
    book, rows = books.at(now), []
    for name, rule in book.known.items():
        setting = book.settings[name]
        next_ones = "; ".join(f"{one.version} ({one.mode}) from {when(one, books.bank)}" for one in to_come(books, name, now)) or "-"
        version = (setting.mode, str(setting.version), when(setting, books.bank))
        rows.append((rule.rule_id, name, rule.kind, *version, next_ones, definition(rule)))
    print_table(("id", "rule", "kind", "mode", "version", "since", "next", "sees"), rows)


def print_rule(rule: Rule[Any], books: RuleBooks, now: int, layers: list[Layer]) -> None:
    """Definition, parameters, and how it came to be set so."""
    setting = books.at(now).settings[rule.name]
    held = f"{setting.mode}, version {setting.version} since {when(setting, books.bank)}"
    typer.echo(f"{rule.rule_id} {rule.name}, {rule.kind}, {held}\n\n{cleandoc(rule.__doc__ or '')}\n")
    print_table(("parameter", "value", "set for", "default", "meaning"), origins(rule, setting, books.bank, layers))
    if some := apart(rule, setting):
        typer.echo("\nset apart (the last of segment, tier, customer wins):")
        print_table(("for", "values"), some)
    typer.echo("")
    history, rows = books.history(rule.name), []
    for former, one in zip([history[0], *history], history, strict=False):
        news = "; ".join(f"{what} {before} -> {after}" for what, before, after in differences(rule, former, one)) or "-"
        state = "holds" if one is setting else "to come" if starts(one) > now else "past"
        rows.append((str(one.version), when(one, books.bank), state, one.changed_by or "-", news))
    print_table(("version", "since", "", "by", "what changed"), rows)


def print_change(rule: Rule[Any], former: RuleSettings, version: RuleSettings, bank: Bank) -> None:
    """What a new version changes, and when."""
    heads = ("what", f"version {former.version}", f"version {version.version}")
    print_table(heads, differences(rule, former, version))
    typer.echo(f"{rule.name} version {version.version}, by {version.changed_by}, holds from {when(version, bank)} on (event time)")


def warn(refused: Iterable[Refused]) -> None:
    """Say what on the topic is no version."""
    for one in refused:
        typer.echo(safe(f"refused on wealth.rules: {one.key!r}: {one.fault}: {one.detail}"), err=True)
