"""late_movement: a movement arrives long after it happened."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from schemas.rules import Severity
from streams.rule import EVERYTHING, Bands, EventRule, Facts, Finding, Measured, Parameters, Prepared, Said
from streams.screens import Screen
from streams.screens.feed import LateBy, moved_up_to
from streams.situation import Situation
from streams.windows import on
from streams.wording import Text, day


class LateParameters(Parameters):
    """How late is late."""

    days: int = Field(2, ge=1, le=3_660, description="Dates between the movement and its customer's latest")
    bands: Bands = {Severity.INFO: Decimal(1), Severity.NOTICE: Decimal(5)}


class LateMovement(EventRule[LateParameters]):
    """A movement arrives >= 2 dates after it happened: behind the date of the customer's latest movement, of any account.

    That is event time which the customer's own movements have shown; passing hours do not count, so a replay says the same whenever hours
    were told to pass. A feed that is late as a whole, and in order, is no late movement but a gap (the alert FeedGap). Reversals count like
    other movements, snapshots do not. The measured value is the dates from one to the other. One finding a movement; those of one source
    share a `dedup_key`, so that a batch of them is told once a day. Facts: `source`, `happened_on`, `reached`.
    """

    rule_id = "FEED"
    name = "late_movement"
    unit = "days"
    causes = EVERYTHING
    parameters = LateParameters

    def screens(self, prepared: Prepared[LateParameters]) -> tuple[Screen, ...]:
        return (LateBy(prepared.parameters.days),)

    def measure(self, situation: Situation, prepared: Prepared[LateParameters]) -> Measured | None:
        posting, effect = situation.posting, situation.effect
        if posting is None or effect is None or not effect.late:
            return None
        date_of = situation.calendar.date_of
        return Measured(date_of(moved_up_to(situation.customer)) - date_of(posting.at), prepared.parameters.days, posting.source)

    def facts(self, finding: Finding[LateParameters]) -> Facts:
        reached = finding.situation.calendar.date_of(moved_up_to(finding.situation.customer))
        happened = on(reached - finding.measured.value)
        return Facts(
            facts=(("source", finding.measured.facet), ("happened_on", happened.isoformat()), ("reached", on(reached).isoformat()))
        )

    def say(self, finding: Finding[LateParameters]) -> Said:
        date_of = finding.situation.calendar.date_of
        happened = day(on(date_of(moved_up_to(finding.situation.customer)) - finding.measured.value))
        return Said(
            Text("交易迟到", "A movement came late"),
            Text(
                "一笔{happened}的交易迟了{days}天才送达，此前的余额和提醒未包含它。",
                "A movement of {happened} arrived {days} days later; balances and notifications in between did not know of it.",
            ).fill(happened=happened, days=str(finding.measured.value)),
            Text(
                "留意该客户近日的数字可能已变；如经常发生，请通知运营部门。",
                "Look again at this customer's last days; if it happens often, have operations check the feed.",
            ),
        )


RULE = LateMovement()
