"""Settings of a rule, in the settings file and on `wealth.rules` (key: rule name, compacted)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, Strict

from schemas.message import Identifier, Message, Text


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

Parameter = Annotated[bool, Strict()] | Decimal | str | dict[str, Decimal]
"""A threshold or another number of a rule; money in the base currency, shares as fractions (0.1 is 10 %)."""


class RuleSettings(Message):
    """How one rule is set. What is not given keeps the rule's default; the narrowest of customer, tier, segment, global wins."""

    rule: Text = Field("", description="Name of the rule, such as large_inflow")
    mode: Mode = Mode.LIVE
    version: int = Field(1, ge=1)
    active_since: AwareDatetime | None = None
    changed_by: Identifier | None = None
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    by_segment: dict[str, dict[str, Parameter]] = Field(default_factory=dict)
    by_tier: dict[str, dict[str, Parameter]] = Field(default_factory=dict)
    by_customer: dict[str, dict[str, Parameter]] = Field(default_factory=dict)
