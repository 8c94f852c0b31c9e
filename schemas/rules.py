"""Settings of a rule, in the settings file and on `wealth.rules` (key: rule@version, compacted, so that every version is kept)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict

from schemas.message import EventTime, Identifier, Message, Text


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


class RuleSettings(Message):
    """How one rule is set. What is not given keeps the rule's default; the narrowest of customer, tier, segment, global wins.

    On the topic it is one version of the rule: it holds for what is decided at event times from `active_since` on, until the next one does.
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

    @property
    def key(self) -> str:
        """The record's key on the topic."""
        return f"{self.rule}@{self.version}"
