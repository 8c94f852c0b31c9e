"""The bank's own rules: expressions of the settings. There is none in the folder; `expressed` makes one of a table of the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import ceil
from string import Formatter
from typing import Any, ClassVar, Final

from pydantic import Field, create_model

from schemas.message import Words
from schemas.movements import Direction, Flow
from schemas.rules import RuleSettings, Severity
from schemas.settings import Bank, SettingsError
from streams.expressions import Expression, Fault
from streams.money import ceiling, to_decimal, to_units
from streams.rule import (
    EXTERNAL_CREDIT,
    EXTERNAL_DEBIT,
    FAILED,
    INSUFFICIENT_HISTORY,
    Bands,
    Cause,
    ConditionParameters,
    ConditionRule,
    EventRule,
    Facts,
    Finding,
    Measured,
    Parameters,
    Prepared,
    Rule,
    Said,
    Unit,
)
from streams.screens import Screen
from streams.screens.expression import AmountFrom, AssetsFrom
from streams.situation import Situation
from streams.variables import variables
from streams.wording import Text, money, share_of

RULE_ID: Final = "OWN"
PLACES: Final = frozenset({"amount", "measured", "threshold"})
"""What a text may have in braces; `amount` at movements only."""


class MovementParameters(Parameters):
    """What can be set apart for tiers, segments and customers."""

    least: Decimal = Field(Decimal(0), ge=0, decimal_places=4, description="It is not asked about smaller movements")


class CloseParameters(ConditionParameters):
    """The same for a rule that is asked at closes."""

    least: Decimal = Field(Decimal(0), ge=0, decimal_places=4, description="It is not asked of customers with less AUM")


class _Own:
    """What both kinds share: the parts of a table of the settings, compiled."""

    name: ClassVar[str]
    unit: ClassVar[Unit]

    def __init__(self, expression: Expression, measured: Expression | None, title: Text, body: Text, action: Text) -> None:
        self.expression = expression
        self.measured = measured
        self._words = (title, body, action)

    def ask(self, situation: Situation, prepared: Prepared[Any]) -> Measured | str | None:
        """The number; None where the expression is not true; INSUFFICIENT_HISTORY; FAILED, and the book counts the fault."""
        answer = self.expression.evaluate(situation)
        if answer is True and self.measured is not None:
            answer = self.measured.evaluate(situation)
        if isinstance(answer, Fault):
            situation.book.failed(self.name, answer)
            return FAILED
        if answer is None:
            return INSUFFICIENT_HISTORY
        if answer is False:
            return None
        return Measured(1, 1) if answer is True else Measured(answer, _whole(prepared.parameters.threshold, self.unit))

    def facts(self, finding: Finding[Any]) -> Facts:
        """Every variable that was looked at, with its value; the expression; that of the number."""
        looked = self.expression.variables | (self.measured.variables if self.measured else {})
        found = [("expression", self.expression.text)] + ([("measured", self.measured.text)] if self.measured else [])
        for name, variable in looked.items():
            value = variable.read(finding.situation)
            written = to_decimal(value) if variable.type == "money" and isinstance(value, int) else value
            found.append((name, ("yes" if value else "no") if variable.type == "yes/no" else "unknown" if value is None else str(written)))
        return Facts(facts=tuple(found))

    def say(self, finding: Finding[Any]) -> Said:
        """The table's words."""
        effect, currency = finding.situation.effect, finding.situation.bank.base_currency
        amount = money(effect.value if effect else 0, currency)
        measured, threshold = (_shown(number, self.unit, currency) for number in finding.measured[:2])
        title, body, action = (words.fill(amount=amount, measured=measured, threshold=threshold) for words in self._words)
        return Said(title, body, action)


class OwnEvent(_Own, EventRule[MovementParameters]):
    """Asked about a movement."""

    def screens(self, prepared: Prepared[MovementParameters]) -> tuple[Screen, ...] | None:
        least = to_units(prepared.parameters.least)
        return (AmountFrom(least),) if least else None

    def measure(self, situation: Situation, prepared: Prepared[MovementParameters]) -> Measured | str | None:
        effect = situation.effect
        if effect is None or effect.value < to_units(prepared.parameters.least):
            return None
        return self.ask(situation, prepared)


class OwnCondition(_Own, ConditionRule[CloseParameters]):
    """Asked at the close of a date. It is open while the expression is true and the number at or above the threshold."""

    def screens(self, prepared: Prepared[CloseParameters]) -> tuple[Screen, ...] | None:
        least = to_units(prepared.parameters.least)
        return (AssetsFrom(least),) if least else None

    def measure(self, situation: Situation, prepared: Prepared[CloseParameters]) -> Iterator[Measured]:
        if not situation.customer.history.begun:
            return
        asked = situation.customer.aum >= to_units(prepared.parameters.least)
        answer = self.ask(situation, prepared) if asked else None
        if isinstance(answer, Measured):
            yield answer
        elif answer is None and f"{self.name}:" in situation.customer.conditions:
            yield Measured(0, 1 if self.measured is None else _whole(prepared.parameters.threshold, self.unit))  # type: ignore[attr-defined]


def expressed(name: str, setting: RuleSettings, bank: Bank) -> Rule[Any]:
    """The rule that a table of the settings expresses.

    Raises:
        SettingsError: the table is no rule; the error says what there is.
    """
    try:
        return _made(name, setting, bank)
    except SettingsError as error:
        raise SettingsError(f"rule {name}: {error}") from None


def _made(name: str, setting: RuleSettings, bank: Bank) -> Rule[Any]:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name):
        raise SettingsError("the name of a rule is of small letters, digits and _")
    if setting.title is None:
        raise SettingsError("title: a rule with an expression has one, in zh-CN and en")
    if setting.measured is None and (setting.threshold or setting.unit):
        raise SettingsError("threshold and unit are of a measured number, and none is given")
    at_close = setting.when == "close"
    if at_close and setting.causes is not None:
        raise SettingsError("causes: at a close there is no movement")
    known = variables(bank, at_close=at_close)
    expression = _compiled("expression", setting.expression or "", "yes/no", known)
    measured = None if setting.measured is None else _compiled("measured", setting.measured, "number", known)
    unit: Unit = "count" if measured is None else setting.unit or "money"
    about: dict[str, Any] = {
        "__doc__": f"{'At each close' if at_close else 'At a movement'}: {' '.join(expression.text.split())}",
        "rule_id": RULE_ID,
        "name": name,
        "unit": unit,
        "causes": frozenset() if at_close else _causes(setting.causes),
        "at_close": at_close,
        "parameters": _parameters(setting, CloseParameters if at_close else MovementParameters, unit),
    }
    kind = type("Expressed", (OwnCondition if at_close else OwnEvent,), about)
    title = _text("title", setting.title, at_close=at_close)
    body = _text("body", setting.body, at_close=at_close) if setting.body else title + Text("。", ".")
    action = _text("action", setting.action, at_close=at_close) if setting.action else Text("核实情况并跟进。", "Check, and follow it up.")
    made: Rule[Any] = kind(expression, measured, title, body, action)
    return made


def _compiled(field: str, text: str, answer: Any, known: Mapping[str, Any]) -> Expression:
    try:
        return Expression(text, answer, known)
    except SettingsError as error:
        raise SettingsError(f"{field}: {error}") from None


def _parameters(setting: RuleSettings, base: type[Parameters], unit: Unit) -> type[Parameters]:
    """The parameters with the table's own defaults."""
    fields: dict[str, Any] = {"bands": (Bands, {setting.severity or Severity.NOTICE: Decimal(1)})}
    if setting.measured is not None:
        if setting.threshold is None:
            raise SettingsError("threshold: the measured number needs one")
        fields["threshold"] = (Decimal, Field(setting.threshold, gt=0, description=f"From where on the number matters ({unit})"))
    return create_model("OwnParameters", __base__=base, **fields)


def _causes(texts: tuple[str, ...] | None) -> frozenset[Cause]:
    """Such as `external debit`, or `external` for both ways; external movements where nothing is said."""
    if texts is None:
        return frozenset({EXTERNAL_CREDIT, EXTERNAL_DEBIT})
    known = {f"{flow} {way}": frozenset({(flow, way)}) for flow in Flow for way in Direction}
    known |= {str(flow): frozenset((flow, way) for way in Direction) for flow in Flow}
    for text in texts:
        if text not in known:
            raise SettingsError(f"causes: there is no {text!r}; there are {', '.join(sorted(known))}")
    return frozenset[Cause]().union(*(known[text] for text in texts))


def _text(field: str, words: Words, *, at_close: bool) -> Text:
    allowed = PLACES - {"amount"} if at_close else PLACES
    for text in (words.chinese, words.english):
        if not text.strip():
            raise SettingsError(f"{field}: it is empty in a language")
        try:
            places = {(place, form or "", kind or "") for _, place, form, kind in Formatter().parse(text) if place is not None}
        except ValueError as error:
            raise SettingsError(f"{field}: {str(error).lower()}") from None
        if strange := places - {(place, "", "") for place in allowed}:
            raise SettingsError(
                f"{field}: there is no {{{min(strange)[0]}}}; there are {', '.join(sorted(f'{{{one}}}' for one in allowed))}"
            )
    return Text(words.chinese, words.english)


def _whole(threshold: Decimal, unit: Unit) -> int:
    """The threshold in the rule's whole unit, rounded up, so that >= is exact."""
    if unit == "money":
        return ceiling(threshold)
    return ceil(threshold.scaleb(6) if unit == "ratio" else threshold)


def _shown(number: int, unit: Unit, currency: str) -> Text:
    if unit == "money":
        return money(number, currency)
    return share_of(number) if unit == "ratio" else Text(str(number), str(number))


RULES: tuple[Rule[Any], ...] = ()
