"""What differs between two versions of a rule's settings, value by value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from schemas.message import Words
from schemas.rules import OF_AN_EXPRESSION, RuleSettings
from streams.rule import Rule
from wealthwatch.tuning.change import layers


class Difference(NamedTuple):
    """One value that differs, in words."""

    what: str
    before: str
    after: str


def differences(rule: Rule[Any], before: RuleSettings, after: RuleSettings) -> list[Difference]:
    """Every value that differs, the mode first."""
    found = [] if before.mode is after.mode else [Difference("mode", before.mode, after.mode)]
    for name in ("expression", *OF_AN_EXPRESSION):
        was, will = getattr(before, name), getattr(after, name)
        if was != will:
            found.append(Difference(name, shown(was), shown(will)))
    defaults = rule.parameters()
    for layer in dict.fromkeys(layers(before) + layers(after)):
        old, new = layer.of(before), layer.of(after)
        for name, default in defaults:
            wider = default if layer.kind == "all" else None
            was, will = (parsed(rule, name, values[name]) if name in values else wider for values in (old, new))
            if was != will:
                unset = f"{shown(default)} (default)" if layer.kind == "all" else "not set"
                what = name if layer.kind == "all" else f"{name} for {layer}"
                found.append(Difference(what, shown(was) if name in old else unset, shown(will) if name in new else unset))
    return found


def parsed(rule: Rule[Any], name: str, value: object) -> object:
    """A setting's value as the rule reads it, so that 0.1 and "0.10" are the same."""
    return getattr(rule.parameters.model_validate({name: value}), name)


def shown(value: object) -> str:
    """A value for people, in the form that `rules set` takes."""
    if value is None:
        return "-"
    if isinstance(value, Words):
        return f"{value.chinese} / {value.english}"
    if isinstance(value, dict):
        return ",".join(f"{key}:{shown(inner)}" for key, inner in value.items())
    if isinstance(value, tuple):
        return ",".join(map(shown, value))
    return format(value, "f") if isinstance(value, Decimal) else str(value)
