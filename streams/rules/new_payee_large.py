"""R04: the first payment to somebody, and a large one."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from schemas.rules import Severity
from streams.gate import GateParameters, amount_and_share, gate_facts, measure_single, other_side
from streams.memory import PAYEE_DAYS
from streams.portfolio import payee_of
from streams.rule import EXTERNAL_DEBIT, INSUFFICIENT_HISTORY, Bands, EventRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen
from streams.screens.single import FirstPayment
from streams.situation import Situation
from streams.wording import Text


class NewPayeeParameters(GateParameters):
    """The gate, and for how long a payee stays known."""

    days: int = Field(PAYEE_DAYS - 1, ge=1, lt=PAYEE_DAYS, description="A payee who got nothing for more dates is new again; 24 months")
    history_days: int = Field(0, ge=0, description="A customer first seen fewer dates ago has insufficient history")
    bands: Bands = {Severity.WARNING: Decimal(1), Severity.CRITICAL: Decimal(5)}


class NewPayeeLarge(EventRule[NewPayeeParameters]):
    """One external debit >= max(abs_floor[tier], pct x AUM before it) to a payee who got none in the 730 dates before it (24 months).

    The payee is the counterparty's account if given, else its name; a debit without either concerns nobody new. What counts is what the
    detector has seen: the 128 payees paid last are known, a reversed debit makes its payee known, and of a late debit the dates count, not
    the order of arrival. large_outflow inhibits it. Facts: `payee`, `abs_floor`, `pct`, `tier`.
    """

    rule_id = "R04"
    name = "new_payee_large"
    causes = frozenset({EXTERNAL_DEBIT})
    from_floor = True
    parameters = NewPayeeParameters

    def screens(self, prepared: Prepared[NewPayeeParameters]) -> tuple[Screen, ...]:
        return (FirstPayment(prepared.parameters.days),)

    def measure(self, situation: Situation, prepared: Prepared[NewPayeeParameters]) -> Measured | str | None:
        posting, effect, parameters = situation.posting, situation.effect, prepared.parameters
        if posting is None or effect is None or not effect.payee:
            return None
        date_of = situation.calendar.date_of
        today = date_of(posting.at)
        if effect.paid_before and today - effect.paid_before <= parameters.days:
            return None
        if today - date_of(situation.customer.first_seen) < parameters.history_days:
            return INSUFFICIENT_HISTORY
        return measure_single(situation, prepared)

    def facts(self, finding: Finding[NewPayeeParameters]) -> Facts:
        posting = finding.situation.posting
        return Facts(facts=(("payee", payee_of(posting) if posting else ""), *gate_facts(finding).facts))

    def say(self, finding: Finding[NewPayeeParameters]) -> Said:
        amount, other = amount_and_share(finding), other_side(finding)
        payee = Text(other, other) if other else Text("新的收款人", "somebody")
        return Said(
            Text("首次向新收款人大额付款", "Large first payment to a new payee"),
            Text(
                "客户向{payee}支付{amount}，近24个月未见向其付款。",
                "The customer paid {amount} to {payee}; no payment to them is known of the last 24 months.",
            ).fill(amount=amount, payee=payee),
            Text(
                "致电核实付款是否出于本人意愿，了解资金去向。",
                "Call to make sure that the payment is what the customer wants, and learn what the money is for.",
            ),
        )


RULE = NewPayeeLarge()
