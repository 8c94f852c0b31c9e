"""The next version of a rule that somebody wishes for, checked as every worker will check it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from schemas.rules import Mode, Parameter, RuleSettings
from schemas.settings import SettingsError
from streams.rule import Rule
from streams.timeline import RuleBooks, starts
from wealthwatch.tuning.change import Layer, changed
from wealthwatch.tuning.differences import differences


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be otherwise, and since when."""

    rule: Rule[Any]
    values: Mapping[str, Parameter | None]
    layer: Layer
    mode: Mode | None
    by: str
    since: datetime


def soonest(now: datetime, lead_s: float) -> datetime:
    """The first whole second by which every worker knows what is published now."""
    return (now + timedelta(seconds=lead_s + 1)).replace(microsecond=0)


def proposed(books: RuleBooks, wish: Wish) -> RuleSettings:
    """The version that the wish leads to; it goes into the books.

    Raises:
        SettingsError: it would be refused, it would not begin after the latest one, or it would change nothing.
    """
    name = wish.rule.name
    latest = books.history(name)[-1]
    try:
        version = changed(wish.rule, latest, wish.values, wish.layer, wish.mode, wish.by, wish.since)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(f"rule {name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    version = version.model_copy(update={"version": max(latest.version, *_numbers(books, name)) + 1})
    if starts(version) <= starts(latest):
        raise SettingsError(
            f"version {latest.version} of {name} begins at {latest.active_since:%Y-%m-%dT%H:%M:%S%z}: "
            f"give a later --active-since, or take that one back with `wealthwatch rules withdraw {name}`"
        )
    for refused in books.put(version.key, version).refused:
        raise SettingsError(refused.detail)
    if not differences(wish.rule, latest, version):
        raise SettingsError(f"that is how {name} is set already (version {latest.version}): nothing is published")
    return version


def _numbers(books: RuleBooks, name: str) -> list[int]:
    """The version numbers that records which are refused have taken, so that none of them is overwritten."""
    found = [key.rpartition("@")[2] for key in books.refused if key.startswith(f"{name}@")]
    return [0, *(int(number) for number in found if number.isdecimal() and len(number) < 10)]
