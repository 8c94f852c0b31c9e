"""R33: a customer who did nothing for a year moves money."""

from __future__ import annotations

from pydantic import Field

from streams.money import to_text
from streams.portfolio import INITIATED
from streams.rule import EVERYTHING, INSUFFICIENT_HISTORY, EventRule, Facts, Finding, Floor, Measured, Parameters, Prepared, Said
from streams.situation import Situation
from streams.windows import on
from streams.wording import Text, money


class DormantParameters(Parameters):
    """How long is dormant, and the floor of the movement that ends it."""

    days: int = Field(365, ge=1, description="Dates without customer-initiated activity")
    abs_floor: Floor | None = Field(None, description="Instead of the tier's floor")


class DormantReactivated(EventRule[DormantParameters]):
    """A movement the customer starts, >= floor, after >= 365 days without one (12 months).

    Measured in days from the date of the last such movement, or, where there was none, from the date the customer was first seen, to the
    date of this one. A customer first seen less than 365 days ago has insufficient history. Snapshots, interest, dividend, coupon, fee,
    tax, maturity, insurance payout, valuation, adjustment and reversal are not started by the customer, and neither end nor show dormancy.
    Facts: `last_active` (a date, or `never`), `abs_floor`.
    """

    rule_id = "R33"
    name = "dormant_reactivated"
    unit = "days"
    causes = EVERYTHING
    from_floor = True
    parameters = DormantParameters

    def measure(self, situation: Situation, prepared: Prepared[DormantParameters]) -> Measured | str | None:
        posting, effect = situation.posting, situation.effect
        if posting is None or effect is None or effect.value < prepared.floor or posting.kind not in INITIATED:
            return None
        date_of = situation.calendar.date_of
        today = date_of(posting.at)
        if today - date_of(situation.customer.first_seen) < prepared.parameters.days:
            return INSUFFICIENT_HISTORY
        return Measured(today - date_of(situation.active_before or situation.customer.first_seen), prepared.parameters.days)

    def facts(self, finding: Finding[DormantParameters]) -> Facts:
        situation = finding.situation
        last = on(situation.calendar.date_of(situation.active_before)).isoformat() if situation.active_before else "never"
        return Facts(facts=(("last_active", last), ("abs_floor", to_text(finding.prepared.floor))))

    def say(self, finding: Finding[DormantParameters]) -> Said:
        effect = finding.situation.effect
        amount = money(effect.value if effect else 0, finding.situation.bank.base_currency)
        return Said(
            Text("沉睡客户重新活跃", "Dormant customer active again"),
            Text(
                "客户{days}天没有主动交易，今日发生一笔{amount}。", "After {days} days without activity the customer moved {amount}."
            ).fill(days=str(finding.measured.value), amount=amount),
            Text(
                "致电问候，更新客户信息，了解新的需求。",
                "Call to say hello, bring the customer's details up to date, ask what is needed now.",
            ),
        )


RULE = DormantReactivated()
