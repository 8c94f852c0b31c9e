"""R15: a customer moves far less than before."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal

from pydantic import Field

from schemas.notifications import Window
from streams.customer import Customer
from streams.falling import FallingParameters, FallingRule
from streams.history import MOVEMENTS, WIDTH
from streams.rule import EVERYTHING, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen
from streams.screens.activity_drop import DROP_AGAINST, DROP_DAYS, ActivityFell, activity, share_of_usual
from streams.screens.flows import MILLION, UNKNOWN, known_from
from streams.situation import Situation
from streams.windows import window
from streams.wording import Text, share_of


class ActivityDropParameters(FallingParameters):
    """How far it falls, and from how much at least."""

    share: Decimal = Field(Decimal("0.50"), gt=0, le=1, decimal_places=6, description="Of the usual movements in 30 dates")
    least: int = Field(5, ge=1, le=100_000, description="So many movements in 30 dates, at least, must have been usual")


class ActivityDrop(FallingRule[ActivityDropParameters]):
    """Movements in 30 dates, today included, < 50 % of the mean of the six 30-date periods before; resolves at >= 50 % / 0.8.

    All movements but snapshots count, whatever their kind, on the date they happened. Without all 210 dates there is insufficient history.
    Where the mean was less than 5 there is nothing to fall from: the measured value, the quotient rounded down to a millionth, is then 1.
    Facts: `recent`, `before` (movements of the 180 dates).
    """

    rule_id = "R15"
    name = "activity_drop"
    unit = "ratio"
    causes = EVERYTHING
    at_close = True
    parameters = ActivityDropParameters

    def screens(self, prepared: Prepared[ActivityDropParameters]) -> tuple[Screen, ...]:
        own = prepared.parameters
        share = int(own.share * MILLION)
        return (ActivityFell(share, own.least, f"{self.name}:", int((share / own.rearm).to_integral_value(ROUND_CEILING))),)

    def next_day(self, customer: Customer, day: int, prepared: Prepared[ActivityDropParameters]) -> int:
        rows = customer.history.rows
        moved = {int(rows[place]): int(rows[place + MOVEMENTS]) for place in range(0, len(rows), WIDTH) if rows[place + MOVEMENTS]}
        enough = sum(moved.values()) >= prepared.parameters.least * DROP_AGAINST // DROP_DAYS
        if not enough and f"{self.name}:" not in customer.conditions:
            return 0
        whole = DROP_DAYS + DROP_AGAINST
        ahead = {known_from(customer.history) + whole - 1, *(on + DROP_DAYS for on in moved), *(on + whole for on in moved)}
        return min((one for one in ahead if one > day), default=0)

    def measure(self, situation: Situation, prepared: Prepared[ActivityDropParameters]) -> Iterator[Measured]:
        recent, before = activity(situation.customer.history, situation.day)
        if recent != UNKNOWN:
            own = prepared.parameters
            yield Measured(share_of_usual(recent, before, own.least), int(own.share * MILLION))

    def facts(self, finding: Finding[ActivityDropParameters]) -> Facts:
        recent, before = activity(finding.situation.customer.history, finding.situation.day)
        first, last = window(finding.situation.day, DROP_DAYS)
        return Facts(Window(name="30d", first=first, last=last), (("recent", str(recent)), ("before", str(before))))

    def say(self, finding: Finding[ActivityDropParameters]) -> Said:
        recent, before = activity(finding.situation.customer.history, finding.situation.day)
        usual = Decimal(before) * DROP_DAYS / DROP_AGAINST
        return Said(
            Text("客户交易明显减少", "Far less activity"),
            Text(
                "近30日共有{recent}笔交易，此前180日平均每30日{usual}笔，为平时的{part}。",
                "There were {recent} movements in 30 days, {part} of what was usual: {usual} in 30 days, over the 180 days before.",
            ).fill(recent=str(recent), usual=f"{usual:.1f}", part=share_of(finding.measured.value)),
            Text(
                "联系客户，了解是否已在其他机构办理业务。",
                "Get in touch and ask whether the customer now banks elsewhere.",
            ),
        )


RULE = ActivityDrop()
