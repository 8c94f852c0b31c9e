"""R02: one external debit that passes the materiality gate."""

from __future__ import annotations

from decimal import Decimal

from schemas.rules import Severity
from streams.gate import GateParameters, amount_and_share, gate_facts, measure_single, other_side
from streams.rule import EXTERNAL_DEBIT, Bands, EventRule, Facts, Finding, Measured, Prepared, Said
from streams.situation import Situation
from streams.wording import Text


class OutflowParameters(GateParameters):
    """Money that leaves matters sooner than money that comes."""

    bands: Bands = {Severity.WARNING: Decimal(1), Severity.CRITICAL: Decimal(5)}


class LargeOutflow(EventRule[GateParameters]):
    """One external debit >= max(abs_floor[tier], pct x AUM before it), in the base currency (after Yodlee's LARGE_WITHDRAWAL)."""

    rule_id = "R02"
    name = "large_outflow"
    causes = frozenset({EXTERNAL_DEBIT})
    from_floor = True
    inhibits = frozenset({"unusual_amount", "new_payee_large"})
    parameters = OutflowParameters

    def measure(self, situation: Situation, prepared: Prepared[GateParameters]) -> Measured | None:
        return measure_single(situation, prepared)

    def facts(self, finding: Finding[GateParameters]) -> Facts:
        return gate_facts(finding)

    def say(self, finding: Finding[GateParameters]) -> Said:
        amount, other = amount_and_share(finding), other_side(finding)
        receiver = Text(f"，转至{other}", f", to {other}") if other else Text("", "")
        return Said(
            Text("大额资金流出", "Large outflow"),
            Text("{who}转出行外资金{amount}{receiver}。", "The {who} moved {amount} out of the bank{receiver}.").fill(
                who=self.subject, amount=amount, receiver=receiver
            ),
            Text("尽快致电了解原因，准备有竞争力的产品方案。", "Call soon: learn the reason and have a competitive offer ready."),
        )


RULE = LargeOutflow()
