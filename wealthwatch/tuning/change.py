"""From `param=value` to the next version of a rule's settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from schemas.rules import Mode, Parameter, RuleSettings
from schemas.settings import SettingsError
from streams.rule import Rule


class Layer(NamedTuple):
    """For whom a value is set; the narrowest that a customer belongs to wins."""

    kind: Literal["all", "segment", "tier", "customer"] = "all"
    name: str = ""

    def __str__(self) -> str:
        return "all" if self.kind == "all" else f"{self.kind} {self.name}"

    def of(self, setting: RuleSettings) -> Mapping[str, Parameter]:
        """What a version sets here."""
        if self.kind == "all":
            return setting.parameters
        layers: dict[str, dict[str, Parameter]] = getattr(setting, f"by_{self.kind}")
        return layers.get(self.name, {})


def layers(setting: RuleSettings) -> list[Layer]:
    """Every layer for which a version sets something, the widest first."""
    kinds: tuple[Literal["segment", "tier", "customer"], ...] = ("segment", "tier", "customer")
    return [Layer(), *(Layer(kind, name) for kind in kinds for name in getattr(setting, f"by_{kind}"))]


def assignments(rule: Rule[Any], texts: list[str]) -> dict[str, Parameter | None]:
    """Read `pct=0.15`, `bands=notice:1,critical:5`, `institutions=A,B`, and `pct=` for no value here.

    Raises:
        SettingsError: one is none, or its parameter does not exist.
    """
    found: dict[str, Parameter | None] = {}
    defaults = dict(rule.parameters())
    for text in texts:
        name, equals, value = text.partition("=")
        if name not in defaults:
            raise SettingsError(f"rule {rule.name}: {name}: there is no such parameter; its parameters are {', '.join(sorted(defaults))}")
        if not equals:
            raise SettingsError(f"{text!r} is not PARAM=VALUE, such as {name}={_example(defaults[name])}")
        found[name] = _value(name, value, defaults[name]) if value else None
    return found


def _value(name: str, text: str, default: object) -> Any:
    if isinstance(default, tuple):
        return tuple(each.strip() for each in text.split(","))
    if not isinstance(default, dict):
        return text
    pairs = [pair.partition(":") for pair in text.split(",")]
    if not all(colon for _, colon, _ in pairs):
        raise SettingsError(f"{name}={text} is not {name}={_example(default)}")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _example(default: object) -> str:
    if isinstance(default, dict):
        return ",".join(f"{key}:{value}" for key, value in default.items())
    if isinstance(default, tuple):
        return ",".join(default)
    return "100000" if default is None else str(default)


def changed(
    rule: Rule[Any],
    latest: RuleSettings,
    values: Mapping[str, Parameter | None],
    layer: Layer,
    mode: Mode | None,
    by: str | None,
    since: datetime,
) -> RuleSettings:
    """The version after `latest`, with these values for one layer; a value of None leaves the layer to a wider one."""
    own = {name: value for name, value in {**layer.of(latest), **values}.items() if value is not None}
    everything = latest.model_dump()
    if layer.kind == "all":
        everything["parameters"] = own
    else:
        everything[f"by_{layer.kind}"].pop(layer.name, None)
        if own:
            everything[f"by_{layer.kind}"][layer.name] = own
    told = {"rule": rule.name, "mode": mode or latest.mode, "version": latest.version + 1, "active_since": since, "changed_by": by}
    return RuleSettings.model_validate({**everything, **told})
