"""Settings of a rule, in the settings file and on `wealth.rules` (key: rule@version, compacted, so that every version is kept)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from schemas.message import EventTime, Identifier, Message, Text, Words


class Mode(StrEnum):
    """A live rule is told; one in test is detected and journalled and told to nobody; one that is off is not asked."""

    LIVE = "live"
    TEST = "test"
    OFF = "off"


class Severity(StrEnum):
    """How much a finding matters, least first."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Place in the order, 0 for info."""
        return _ORDER.index(self)


_ORDER = tuple(Severity)

Parameter = Annotated[bool, Strict()] | Decimal | str | dict[str, Decimal] | tuple[str, ...]
"""A threshold or another number of a rule, or a list of names; money in the base currency, shares as fractions (0.1 is 10 %)."""


class RuleFault(StrEnum):
    """Why a record of `wealth.rules` is no version of a rule; also a metric label."""

    UNREADABLE = "unreadable"
    WRONG_KEY = "wrong_key"
    """Its key is not the rule and version that it holds."""
    UNKNOWN_RULE = "unknown_rule"
    WRONG_SETTING = "wrong_setting"
    NO_START = "no_start"
    """It does not say since when."""
    STALE = "stale"
    """The settings file's version is this one, or a later one."""
    EARLIER_START = "earlier_start"
    """An earlier version of the rule begins after it."""


Formula = Annotated[str, Field(min_length=1, max_length=2_000)]
"""A CEL expression over the variables that `docs/expressions.md` lists."""


class RuleSettings(Message):
    """How one rule is set. What is not given keeps the rule's default; the narrowest of customer, tier, segment, global wins.

    On the topic it is one version of the rule: it holds for what is decided at event times from `active_since` on, until the next one does.
    With an `expression` it is a rule of the bank's own, which is nowhere but here.
    """

    rule: Text = Field("", description="Name of the rule, such as large_inflow")
    mode: Mode = Mode.LIVE
    version: int = Field(1, ge=1)
    active_since: EventTime | None = Field(None, description="Event time; on the topic it must be given, in the file it cannot")
    changed_by: Identifier | None = None
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    by_segment: dict[str, dict[str, Parameter]] = Field(default_factory=dict)
    by_tier: dict[str, dict[str, Parameter]] = Field(default_factory=dict)
    by_customer: dict[str, dict[str, Parameter]] = Field(default_factory=dict)

    expression: Formula | None = Field(None, description="Where it is true, a rule of the bank's own speaks")
    when: Literal["movement", "close"] | None = Field(None, description="It is asked about each movement, or at the close of each date")
    causes: tuple[Text, ...] | None = Field(None, description="About which movements, such as `external debit` or `income` (either way)")
    measured: Formula | None = Field(None, description="The number that must reach the parameter `threshold`, too")
    unit: Literal["money", "ratio", "count", "days"] | None = Field(None, description="Of that number")
    threshold: Annotated[Decimal, Field(gt=0)] | None = Field(None, description="Where the parameter is not set for anybody")
    severity: Severity | None = Field(None, description="Where the parameter `bands` is not set")
    title: Words | None = Field(
        None, description="Of what it says; in a text {measured}, {threshold} and, of a movement, {amount} are filled in"
    )
    body: Words | None = None
    action: Words | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        strange = [name for name in OF_AN_EXPRESSION if getattr(self, name) is not None]
        if self.expression is None and strange:
            raise ValueError(f"{strange[0]} is for a rule with an expression")
        return self

    @property
    def key(self) -> str:
        """The record's key on the topic."""
        return f"{self.rule}@{self.version}"


OF_AN_EXPRESSION = ("when", "causes", "measured", "unit", "threshold", "severity", "title", "body", "action")
