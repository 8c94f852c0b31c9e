"""R03: one amount far above what the customer usually moves."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from schemas.rules import Severity
from streams.memory import AMOUNTS
from streams.money import to_text
from streams.rule import (
    EXTERNAL_CREDIT,
    EXTERNAL_DEBIT,
    INSUFFICIENT_HISTORY,
    Bands,
    EventRule,
    Facts,
    Finding,
    Floor,
    Measured,
    Parameters,
    Prepared,
    Said,
)
from streams.screens import Screen
from streams.screens.single import MILLION, Spread, Unusual, spread
from streams.situation import Situation
from streams.wording import Text, money


class UnusualParameters(Parameters):
    """How far off is unusual, and against what."""

    z: Decimal = Field(Decimal("3.5"), gt=0, le=1_000, decimal_places=6, description="Robust z-score of the amount's logarithm")
    last: int = Field(50, ge=3, lt=AMOUNTS, description="So many of the latest amounts are compared with")
    at_least: int = Field(10, ge=3, lt=AMOUNTS, description="With fewer earlier amounts there is insufficient history")
    abs_floor: Floor | None = Field(None, description="Instead of the tier's floor")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(2)}


class UnusualAmount(EventRule[UnusualParameters]):
    """One external amount >= abs_floor with a robust z >= 3.5 against the customer's own last 50 of the same direction.

    z = 0.6745 x (x - median) / MAD (the modified z-score of Iglewicz and Hoaglin), where x is the decimal logarithm of the amount in the
    base currency at the movement, median and MAD (the median of the absolute deviations from the median) are those of the last 50 external
    credits, or external debits, of all the customer's accounts, in the order of their arrival; the median of an even number is the mean of
    the two in the middle. The movement itself is not among them; a reversed one stays. Fewer than 10, or a MAD of 0, is insufficient
    history. Logarithms are kept to 12 decimals; the measured value is z rounded down to 6. Facts: `compared` (how many), `median` and
    `mad` (of the logarithms), `abs_floor`.
    """

    rule_id = "R03"
    name = "unusual_amount"
    unit = "ratio"
    causes = frozenset({EXTERNAL_CREDIT, EXTERNAL_DEBIT})
    from_floor = True
    parameters = UnusualParameters

    def screens(self, prepared: Prepared[UnusualParameters]) -> tuple[Screen, ...]:
        parameters = prepared.parameters
        return (Unusual(parameters.last, parameters.at_least, int(parameters.z * MILLION)),)

    def measure(self, situation: Situation, prepared: Prepared[UnusualParameters]) -> Measured | str | None:
        effect = situation.effect
        if effect is None or effect.value < prepared.floor:
            return None
        found = _spread(situation, prepared)
        return INSUFFICIENT_HISTORY if found is None else Measured(found.z, int(prepared.parameters.z * MILLION))

    def facts(self, finding: Finding[UnusualParameters]) -> Facts:
        found = _spread(finding.situation, finding.prepared)
        assert found is not None
        return Facts(
            facts=(
                ("compared", str(found.count)),
                ("median", str(Decimal(found.centre).scaleb(-12) / 2 - 4)),
                ("mad", str(Decimal(found.mad).scaleb(-12) / 4)),
                ("abs_floor", to_text(finding.prepared.floor)),
            )
        )

    def say(self, finding: Finding[UnusualParameters]) -> Said:
        situation, found = finding.situation, _spread(finding.situation, finding.prepared)
        effect = situation.effect
        assert effect is not None
        assert found is not None
        currency = situation.bank.base_currency
        amounts = {"amount": money(effect.value, currency), "usual": money(_usual(found), currency)}
        if effect.credit:
            body = Text(
                "客户收到{amount}，远高于以往每笔约{usual}的水平。", "The customer received {amount}; one credit is usually about {usual}."
            )
        else:
            body = Text(
                "客户支出{amount}，远高于以往每笔约{usual}的水平。", "The customer paid {amount}; one payment is usually about {usual}."
            )
        return Said(
            Text("金额异于平常", "Unusual amount"),
            body.fill(**amounts),
            Text(
                "致电确认交易情况，了解客户近期是否有新的安排。",
                "Call to make sure that all is well, and ask whether something has changed for the customer.",
            ),
        )


def _spread(situation: Situation, prepared: Prepared[UnusualParameters]) -> Spread | None:
    memory, effect = situation.customer.memory, situation.effect
    assert effect is not None
    amounts = memory.credited if effect.credit else memory.debited
    return spread(amounts, prepared.parameters.last, prepared.parameters.at_least)


def _usual(found: Spread) -> int:
    """The median amount, in base-currency units: for the words, nothing is decided by it."""
    return round(10 ** (found.centre / 2e12))


RULE = UnusualAmount()
