"""The rule book: which rules there are, how they are set, and which of them a movement concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import cache, cached_property
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

import streams.rules
from schemas.customers import Segment
from schemas.notifications import RuleReference
from schemas.rules import Mode, Parameter, RuleSettings
from schemas.settings import Bank, Settings, SettingsError
from streams.customer import Customer
from streams.money import ceiling, to_units
from streams.rule import ConditionRule, EventRule, Parameters, Prepared, Rule
from streams.rules.expression import expressed
from streams.sheet import CAUSES, Asked, Held, Sheet, held_sheet

_DIGITS = 24
"""The most digits before and after the point of a rule's number."""


@cache
def all_rules() -> Mapping[str, Rule[Any]]:
    """Every rule of the folder by its name, in the order of their numbers, those of households last."""
    found: list[Rule[Any]] = []
    for module in iter_modules(streams.rules.__path__):
        contents = import_module(f"streams.rules.{module.name}")
        found += contents.RULES if hasattr(contents, "RULES") else [contents.RULE]
    return MappingProxyType({rule.name: rule for rule in sorted(found, key=lambda rule: (rule.of_household, rule.rule_id, rule.name))})


def no_such_rule(name: str) -> str:
    """What is said of a misspelt rule."""
    return f"there is no rule {name!r}; the rules are {', '.join(all_rules())}"


def rule_of(name: str, setting: RuleSettings, bank: Bank) -> Rule[Any] | None:
    """The folder's rule of that name, or the one that the setting expresses; None if there is neither.

    Raises:
        SettingsError: the setting expresses a rule under the name of one of the folder, or none.
    """
    rule = all_rules().get(name)
    if setting.expression is None:
        return rule
    if rule is not None:
        raise SettingsError(f"rule {name}: there is such a rule already; an expression needs a name of its own")
    return expressed(name, setting, bank)


def known_rules(settings: Mapping[str, RuleSettings], bank: Bank) -> dict[str, Rule[Any]]:
    """Every rule of the folder, then those that the settings express.

    Raises:
        SettingsError: a rule is misspelt, or an expression.
    """
    found = dict(all_rules())
    for name, setting in settings.items():
        rule = rule_of(name, setting, bank)
        if rule is None:
            raise SettingsError(no_such_rule(name))
        found[name] = rule
    return found


class RuleBook:
    """All rules with one bank's settings. A misspelt rule, threshold, tier or segment does not start; the error lists what exists."""

    def __init__(self, bank: Bank, settings: dict[str, RuleSettings] | None = None, *, of_households: bool = False) -> None:
        """Make the book that customers are decided by, or the one of households; what is set for either is held against what exists."""
        self.bank, self.of_households = bank, of_households
        self.tiers = {tier.name: place for place, tier in enumerate(bank.tiers)}
        self.lines = tuple(to_units(tier.line) for tier in bank.tiers)
        self.lost_below = tuple(ceiling(tier.line * (1 - bank.tier_hysteresis)) for tier in bank.tiers)
        given = settings or {}
        known = self.known = known_rules(given, bank)
        self.failures: Counter[tuple[str, str]] = Counter()
        """By rule and fault: how often an expression of the settings could not be evaluated."""
        unset = RuleSettings()
        self.settings = {name: given.get(name, unset) for name in known}
        self.rules = {
            name: rule
            for name, rule in known.items()
            if self.settings[name].mode is not Mode.OFF and (rule.of_household is of_households or rule.retracts)
        }
        self.references = {
            name: RuleReference(rule_id=rule.rule_id, name=name, version=self.settings[name].version, mode=self.settings[name].mode)
            for name, rule in self.rules.items()
        }
        self._sheets: dict[tuple[str, str, str | None], Sheet] = {}
        self._set_alone = frozenset(customer_id for setting in self.settings.values() for customer_id in setting.by_customer)
        for name, rule in known.items():
            check(rule, self.settings[name], bank, known)
        self.events = {name: rule for name, rule in self.rules.items() if isinstance(rule, EventRule)}
        self.conditions = {name: rule for name, rule in self.rules.items() if isinstance(rule, ConditionRule)}
        self.heeding = [rule for rule in self.conditions.values() if rule.heeds]
        self.at_close = {name for name, rule in self.rules.items() if rule.at_close}

    @classmethod
    def of(cls, settings: Settings) -> RuleBook:
        """The book of a service's settings."""
        return cls(settings.bank, settings.rules)

    @cached_property
    def households(self) -> RuleBook:
        """The book of households, with the same settings."""
        return RuleBook(self.bank, self.settings, of_households=True)

    def failed(self, rule: str, fault: str) -> None:
        """Count that a rule's expression could not be evaluated; whoever runs the book tells."""
        self.failures[rule, fault] += 1

    def sheet(self, customer: Customer) -> Sheet:
        """The numbers for one customer: customer before tier before segment before global."""
        if (held := held_sheet(customer, self)) is not None:
            return held
        tier, segment = self.tier_of(customer), customer.profile.segment
        own = customer.customer_id if self._set_alone and customer.customer_id in self._set_alone else None
        key = (tier, segment, own)
        found = self._sheets.get(key) or self._new_sheet(*key)
        customer.held = Held(found, self, customer.tier, customer.profile)
        return found

    def _new_sheet(self, tier: str, segment: str, own: str | None) -> Sheet:
        numbers = {name: self._prepare(rule, tier, segment, own) for name, rule in self.rules.items()}
        asked = {name: Asked(rule, numbers[name], 0, rule.screens(numbers[name])) for name, rule in self.rules.items()}
        events = [
            [
                Asked(rule, numbers[name], numbers[name].floor, asked[name].screens) if rule.from_floor else asked[name]
                for name, rule in self.events.items()
                if cause in rule.causes
            ]
            for cause in CAUSES
        ]
        conditions = [[asked[name] for name, rule in self.conditions.items() if cause in rule.causes] for cause in CAUSES]
        closing = [asked[name] for name, rule in self.rules.items() if rule.at_close]
        sleepers = [one for one in closing if type(one.rule).next_day is not Rule.next_day]
        on_break = [Asked(rule, numbers[name], 0, None) for name, rule in self.events.items() if rule.on_break]
        of_conditions = {name: asked[name] for name in self.conditions}
        found = self._sheets[tier, segment, own] = Sheet(numbers, events, on_break, conditions, closing, sleepers, of_conditions)
        return found

    def tier_of(self, customer: Customer) -> str:
        """The profile's tier, else the one decided by AUM_avg(30), else the lowest."""
        override = customer.profile.tier
        if override is not None and override in self.tiers:
            return override
        return customer.tier if customer.tier in self.tiers else self.bank.tiers[0].name

    def _prepare(self, rule: Rule[Any], tier: str, segment: str, customer_id: str | None) -> Prepared[Any]:
        setting = self.settings[rule.name]
        merged: dict[str, Parameter] = {
            **setting.parameters,
            **setting.by_segment.get(segment, {}),
            **setting.by_tier.get(tier, {}),
            **(setting.by_customer.get(customer_id, {}) if customer_id else {}),
        }
        parameters = rule.parameters.model_validate(merged)
        return Prepared.of(parameters, self.bank.tiers[self.tiers[tier]], self.bank.tiers, self.bank.country)


def check(rule: Rule[Any], setting: RuleSettings, bank: Bank, rules: Collection[str] | None = None) -> None:
    """Hold one rule's settings against what exists: a book made of them can give numbers for every customer.

    Args:
        rule: whose settings they are.
        setting: what is given.
        bank: its tiers.
        rules: names of all rules there are; those of the folder unless given.

    Raises:
        SettingsError: a tier, a segment, a parameter or another rule is unknown, or a value is none of its parameter.
    """
    tiers = {tier.name: tier for tier in bank.tiers}
    for what, named, there in (("tier", setting.by_tier, list(tiers)), ("segment", setting.by_segment, list(Segment))):
        if unknown := set(named) - set(there):
            raise SettingsError(f"rule {rule.name}: there is no {what} {min(unknown)!r}; the {what}s are {', '.join(there)}")
    known = frozenset(rules or all_rules())
    for segment in ({}, *setting.by_segment.values()):
        for tier, by_tier in {"": {}, **setting.by_tier}.items():
            for own in ({}, *setting.by_customer.values()):
                given = {**setting.parameters, **segment, **by_tier, **own}
                try:
                    _within_reach(given)
                    merged = rule.parameters.model_validate(given)
                    _within_reach(dict(merged))
                    Prepared.of(merged, tiers[tier] if tier else bank.tiers[0])
                    if unnamed := merged.rules_named() - known:
                        raise SettingsError(f"rule {rule.name}: {no_such_rule(min(unnamed))}")
                except SettingsError:
                    raise
                except ValidationError as error:
                    raise SettingsError(f"rule {rule.name}: {_fault(error)}; its parameters are {_listed(rule.parameters)}") from None
                except (ArithmeticError, ValueError):
                    raise SettingsError(f"rule {rule.name}: a number is larger or finer than can be reckoned with") from None


def _within_reach(values: Mapping[str, object]) -> None:
    """Keep out a number such as 1E+400000000, whose digits nobody has room for."""
    for value in values.values():
        for number in value.values() if isinstance(value, dict) else (value,):
            if isinstance(number, Decimal) and number and not (number.adjusted() < _DIGITS and number.as_tuple().exponent > -_DIGITS):  # type: ignore[operator]
                raise ValueError("out of reach")


def _fault(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    return f"{where}: {'there is no such parameter' if first['type'] == 'extra_forbidden' else first['msg']}"


def _listed(parameters: type[Parameters]) -> str:
    return ", ".join(sorted(parameters.model_fields))
