"""R14: many more debits in a week than usual."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field, model_validator

from schemas.movements import Direction
from schemas.notifications import Window
from schemas.rules import Severity
from streams.rule import EVERYTHING, Bands, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen, standing_of
from streams.screens.activity_spike import DebitsAreOff, debits_off, weeks_of_debits
from streams.screens.flows import MILLION, UNKNOWN, WEEK
from streams.situation import Situation
from streams.windows import window
from streams.wording import Text


class ActivitySpikeParameters(ConditionParameters):
    """How far above the usual, and what the usual is taken from."""

    z: Decimal = Field(Decimal(3), gt=0, le=100, decimal_places=6, description="Deviations above the mean of the earlier blocks")
    least: int = Field(5, ge=1, le=10_000, description="So many debits in 7 dates, at least, are a spike")
    min_blocks: int = Field(8, ge=2, le=56, description="Fewer earlier blocks of 7 dates are insufficient history")
    max_blocks: int = Field(26, ge=2, le=56, description="No more blocks are looked at; 56 are what 400 dates hold")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(3)}

    @model_validator(mode="after")
    def _ordered(self) -> ActivitySpikeParameters:
        if self.max_blocks < self.min_blocks:
            raise ValueError("max_blocks must not be less than min_blocks")
        return self


class ActivitySpike(ConditionRule[ActivitySpikeParameters]):
    """Debits in 7 dates, today included, are >= 3 deviations above the mean of the 7-date blocks before, and >= 5.

    Debits are all movements of that direction but snapshots, whatever their kind, on the date they happened. The blocks end on the date
    before the last 7 dates and go back without a gap: the latest 26 at most, wholly within the dates that are kept; fewer than 8, or blocks
    that are all alike, are insufficient history. The deviation is that of the population. The measured value is (debits - mean) /
    deviation, rounded down to a millionth, at most 1,000; 0 where there are fewer than `least` debits, or fewer than the mean.
    Facts: `debits`, `blocks`, `block_debits` (the sum over the blocks), `block_squares` (the sum of their squares).
    """

    rule_id = "R14"
    name = "activity_spike"
    unit = "ratio"
    causes = frozenset(cause for cause in EVERYTHING if cause[1] is Direction.DEBIT)
    at_close = True
    parameters = ActivitySpikeParameters

    def screens(self, prepared: Prepared[ActivitySpikeParameters]) -> tuple[Screen, ...]:
        own = prepared.parameters
        threshold = int(own.z * MILLION)
        standing = standing_of(self.name, "", threshold, own.rearm, prepared.bands)
        return (DebitsAreOff(own.least, own.min_blocks, own.max_blocks, threshold, standing),)

    def measure(self, situation: Situation, prepared: Prepared[ActivitySpikeParameters]) -> Iterator[Measured]:
        own = prepared.parameters
        value = debits_off(situation.customer.history, situation.day, own.least, own.min_blocks, own.max_blocks)
        if value != UNKNOWN:
            yield Measured(value, int(own.z * MILLION))

    def facts(self, finding: Finding[ActivitySpikeParameters]) -> Facts:
        own, today = finding.prepared.parameters, finding.situation.day
        weeks = weeks_of_debits(finding.situation.customer.history, today, own.min_blocks, own.max_blocks)
        first, last = window(today, WEEK)
        made_of = (
            ("debits", str(weeks.current)),
            ("blocks", str(weeks.blocks)),
            ("block_debits", str(weeks.total)),
            ("block_squares", str(weeks.squares)),
        )
        return Facts(Window(name="7d", first=first, last=last), made_of)

    def say(self, finding: Finding[ActivitySpikeParameters]) -> Said:
        own, situation = finding.prepared.parameters, finding.situation
        weeks = weeks_of_debits(situation.customer.history, situation.day, own.min_blocks, own.max_blocks)
        mean = Decimal(weeks.total) / weeks.blocks if weeks.blocks else Decimal(0)
        return Said(
            Text("近七天支出笔数骤增", "Many more payments than usual"),
            Text(
                "近7日共有{debits}笔支出，此前每7日平均{mean}笔。",
                "There were {debits} debits in 7 days; before, there were {mean} in 7 days on average.",
            ).fill(debits=str(weeks.current), mean=f"{mean:.1f}"),
            Text("致电了解近况，核实交易是否本人所为。", "Call to ask how things are, and whether the payments are the customer's own."),
        )


RULE = ActivitySpike()
