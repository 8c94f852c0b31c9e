"""Where each value of a rule comes from, for one kind of customer."""

from __future__ import annotations

from typing import Any, NamedTuple

from schemas.rules import RuleSettings
from schemas.settings import Bank
from streams.rule import Rule
from wealthwatch.tuning.change import Layer, layers
from wealthwatch.tuning.differences import parsed, shown


class Origin(NamedTuple):
    """A parameter, the value that holds, who set it, what it would be otherwise, and what it is."""

    name: str
    value: str
    set_for: str
    default: str
    meaning: str


def origins(rule: Rule[Any], setting: RuleSettings, bank: Bank, kinds: list[Layer]) -> list[Origin]:
    """Every parameter for a customer of these layers.

    Args:
        rule: whose parameters.
        setting: the version that holds.
        bank: whose tiers give the floor where the rule has none of its own.
        kinds: the layers that the customer belongs to, the widest first.
    """
    found = []
    tier = next((tier for tier in bank.tiers if Layer("tier", tier.name) in kinds), None)
    for name, default in rule.parameters():
        value, source = default, "default"
        for layer in [Layer(), *kinds]:
            given = layer.of(setting)
            if name in given:
                value, source = parsed(rule, name, given[name]), str(layer)
        if name == "abs_floor" and value is None and tier is not None:
            value, source = tier.abs_floor, f"bank's tier {tier.name}"
        found.append(Origin(name, shown(value), source, shown(default), rule.parameters.model_fields[name].description or ""))
    return found


def apart(rule: Rule[Any], setting: RuleSettings) -> list[tuple[str, str]]:
    """What is set for some customers only: for whom, and what."""
    return [
        (str(layer), " ".join(f"{name}={shown(parsed(rule, name, value))}" for name, value in layer.of(setting).items()))
        for layer in layers(setting)[1:]
    ]
