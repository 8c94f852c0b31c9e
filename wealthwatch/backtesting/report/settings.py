"""The settings used, as rows: what was set, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas.rules import Mode, RuleSettings
from schemas.settings import Settings
from streams.book import known_rules

_SCOPES = ("by_segment", "by_tier", "by_customer")


@dataclass(frozen=True, slots=True)
class Setting:
    """One rule under one set of settings."""

    mode: str
    values: tuple[str, ...]
    """What was set, such as `pct = 0.15` or `private: abs_floor = 2000000`."""


def setting_of(settings: Settings, rule: str) -> Setting:
    """How a rule is set."""
    given = settings.rules.get(rule, RuleSettings())
    values = [_one(name, value) for name, value in given.parameters.items()]
    for scope in _SCOPES:
        for who, parameters in getattr(given, scope).items():
            values += [f"{who}: {_one(name, value)}" for name, value in parameters.items()]
    return Setting(given.mode.value, tuple(values))


def switched_off(settings: Settings) -> list[str]:
    """The rules that are not run."""
    return [rule for rule in known_rules(settings.rules, settings.bank) if settings.rules.get(rule, RuleSettings()).mode is Mode.OFF]


def _one(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"{name} = " + ", ".join(f"{key}: {inner}" for key, inner in value.items())
    return f"{name} = {str(value).lower() if isinstance(value, bool) else value}"
