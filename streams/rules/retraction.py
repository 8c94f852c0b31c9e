"""R07: a reversal hits a movement that had notified; the notification is retracted."""

from __future__ import annotations

from streams.rule import EventRule, Facts, Finding, Measured, Parameters, Prepared, Said
from streams.situation import Situation
from streams.wording import Text, money


class Retraction(EventRule[Parameters]):
    """Says that what was told no longer holds (camt RvslInd; Plaid's removed transactions).

    It is not asked about movements: the engine retracts every notification that the reversed movement triggered, under that
    notification's own id and rule, and those of a reconciliation break that late movements have explained. The measured value is the amount
    of the movement that led to it. Facts: `retracts`, the rule taken back; `by`, the movement that did it.
    """

    rule_id = "R07"
    name = "retraction"
    causes = frozenset()
    parameters = Parameters
    retracts = True

    def measure(self, situation: Situation, prepared: Prepared[Parameters]) -> Measured | str | None:  # noqa: ARG002
        return None

    def facts(self, finding: Finding[Parameters]) -> Facts:
        posting = finding.situation.posting
        by = "" if posting is None else f"{posting.source}/{posting.event_id}"
        return Facts(facts=(("retracts", finding.measured.facet), ("by", by)))

    def say(self, finding: Finding[Parameters]) -> Said:
        amount = money(finding.measured.value, finding.situation.posting.currency if finding.situation.posting else "")
        return Said(
            Text("此前的提醒不再成立", "An earlier notification no longer holds"),
            Text(
                "相关交易{amount}已被冲正或核对清楚，此前的提醒作废。",
                "The movement of {amount} was reversed or explained; disregard what was told.",
            ).fill(amount=amount),
            Text("无需处理。", "Nothing to do."),
        )


RULE = Retraction()
