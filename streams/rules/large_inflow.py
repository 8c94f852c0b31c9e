"""R01: one external credit that passes the materiality gate."""

from __future__ import annotations

from streams.gate import GateParameters, amount_and_share, gate_facts, measure_single, other_side
from streams.rule import EXTERNAL_CREDIT, EventRule, Facts, Finding, Measured, Prepared, Said
from streams.situation import Situation
from streams.wording import Text


class LargeInflow(EventRule[GateParameters]):
    """One external credit >= max(abs_floor[tier], pct x AUM before it), in the base currency (after Yodlee's LARGE_DEPOSIT)."""

    rule_id = "R01"
    name = "large_inflow"
    causes = frozenset({EXTERNAL_CREDIT})
    from_floor = True
    parameters = GateParameters

    def measure(self, situation: Situation, prepared: Prepared[GateParameters]) -> Measured | None:
        return measure_single(situation, prepared)

    def facts(self, finding: Finding[GateParameters]) -> Facts:
        return gate_facts(finding)

    def say(self, finding: Finding[GateParameters]) -> Said:
        amount, other = amount_and_share(finding), other_side(finding)
        sender = Text(f"，来自{other}", f" from {other}") if other else Text("", "")
        return Said(
            Text("大额资金流入", "Large inflow"),
            Text("{who}收到一笔行外资金{amount}{sender}。", "The {who} received {amount}{sender} from outside the bank.").fill(
                who=self.subject, amount=amount, sender=sender
            ),
            Text(
                "今日致电了解资金来源与用途，给出配置建议。",
                "Call today: learn where it comes from and what it is for; propose an allocation.",
            ),
        )


RULE = LargeInflow()
