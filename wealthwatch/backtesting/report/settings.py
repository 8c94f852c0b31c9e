"""The settings used, as rows: what was set, rule by rule, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas.rules import Mode, RuleSettings
from schemas.settings import Bank
from streams.book import known_rules
from wealthwatch.backtesting.rules import Rules
from wealthwatch.tuning.times import when

_SCOPES = ("by_segment", "by_tier", "by_customer")


@dataclass(frozen=True, slots=True)
class Setting:
    """One rule under one version of its settings."""

    mode: str
    values: tuple[str, ...]
    """What was set, such as `pct = 0.15` or `private: abs_floor = 2000000`."""
    since: str
    """In the bank's time zone; empty from the beginning of time."""


def settings_of(rules: Rules, rule: str) -> tuple[Setting, ...]:
    """How a rule is set, one version after the other."""
    first, bank = rules.settings.rules.get(rule, RuleSettings()), rules.settings.bank
    return tuple(_setting(one, bank) for one in (first, *(version for version in rules.versions if version.rule == rule)))


def switched_off(rules: Rules) -> list[str]:
    """The rules that are not run at any time."""
    known = known_rules(rules.settings.rules, rules.settings.bank)
    return [rule for rule in known if all(one.mode == Mode.OFF for one in settings_of(rules, rule))]


def _setting(given: RuleSettings, bank: Bank) -> Setting:
    values = [_one(name, value) for name, value in given.parameters.items()]
    for scope in _SCOPES:
        for who, parameters in getattr(given, scope).items():
            values += [f"{who}: {_one(name, value)}" for name, value in parameters.items()]
    return Setting(given.mode.value, tuple(values), when(given, bank) if given.active_since else "")


def _one(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"{name} = " + ", ".join(f"{key}: {inner}" for key, inner in value.items())
    return f"{name} = {str(value).lower() if isinstance(value, bool) else value}"
