"""Conditions that watch a fall: the mirror image of the others."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import Field

from schemas.rules import Severity
from streams.rule import Bands, ConditionParameters, ConditionRule, Measured, Prepared
from streams.situation import Situation


class FallingParameters(ConditionParameters):
    """A fall has one severity: whatever is below the threshold is below it."""

    bands: Annotated[Bands, Field(max_length=1)] = {Severity.NOTICE: Decimal(1)}


P = TypeVar("P", bound=FallingParameters)


class FallingRule(ConditionRule[P]):
    """Opens below the threshold, resolves at threshold / `rearm` or above."""

    def opens(self, measured: Measured, situation: Situation, prepared: Prepared[P]) -> bool:  # noqa: ARG002
        """See `ConditionRule`."""
        return measured.value < measured.threshold

    def resolves(self, measured: Measured, situation: Situation, prepared: Prepared[P]) -> bool:  # noqa: ARG002
        """See `ConditionRule`."""
        return prepared.parameters.rearm * measured.value >= measured.threshold
