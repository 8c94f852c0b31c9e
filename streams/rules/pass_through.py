"""R16: money that comes in and goes out again within two days."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from schemas.notifications import Classification
from schemas.rules import Severity
from streams.gate import floor_then, lowest_floor
from streams.memory import Passing
from streams.money import to_text
from streams.rule import EXTERNAL_DEBIT, Bands, EventRule, Facts, Finding, Floor, Measured, Parameters, Prepared, Said
from streams.screens import Screen
from streams.screens.single import MILLION, PassesThrough, completed
from streams.situation import Situation
from streams.wording import Text, money, share


class PassingParameters(Parameters):
    """Which share of a credit, and from which credit on."""

    share: Decimal = Field(Decimal("0.80"), gt=0, le=100, decimal_places=6, description="Of the credit, left within 48 hours of it")
    abs_floor: Floor | None = Field(None, description="Of the credit, instead of the tier's floor")
    bands: Bands = {Severity.WARNING: Decimal(1)}


class PassThrough(EventRule[PassingParameters]):
    """An external credit >= the floor of its date, followed within 48 hours by external debits >= 80 % of it.

    Triggered by the debit that completes the share. Counted are the customer's external debits, of all accounts, that arrive after the
    credit and happen at it or later, 48:00:00 h at most; a reversed debit is taken out, a reversed credit is none. A credit triggers once
    at most; several that one debit completes are one notification, measured from the earliest of them. The measured value is the debits
    after that credit / that credit, rounded down to 0.000001. The 32 largest credits of the last days are remembered. It is restricted:
    the customer's manager does not get it, so that nobody is tipped off. Facts: `credits` (the identities of all of them), `credited`,
    `credited_at`, `out`, `abs_floor`.
    """

    rule_id = "R16"
    name = "pass_through"
    unit = "ratio"
    causes = frozenset({EXTERNAL_DEBIT})
    classification = Classification.RESTRICTED
    parameters = PassingParameters

    def screens(self, prepared: Prepared[PassingParameters]) -> tuple[Screen, ...]:
        return (PassesThrough(int(prepared.parameters.share * MILLION), lowest_floor(prepared)),)

    def measure(self, situation: Situation, prepared: Prepared[PassingParameters]) -> Measured | None:
        found = self.uses(situation, prepared)
        if not found:
            return None
        return Measured(found[0].out * MILLION // found[0].value, int(prepared.parameters.share * MILLION))

    def uses(self, situation: Situation, prepared: Prepared[PassingParameters]) -> list[Passing]:
        customer, posting = situation.customer, situation.posting
        if posting is None:
            return []
        share, least = int(prepared.parameters.share * MILLION), lowest_floor(prepared)
        found = completed(customer.memory, posting.at, share, least)
        return [one for one in found if one.value >= floor_then(prepared, customer, one.tier)]

    def facts(self, finding: Finding[PassingParameters]) -> Facts:
        situation, prepared = finding.situation, finding.prepared
        found = self.uses(situation, prepared)
        first = found[0]
        return Facts(
            facts=(
                ("credits", ", ".join(one.identity for one in found)),
                ("credited", to_text(first.value)),
                ("credited_at", situation.calendar.local(first.at).isoformat()),
                ("out", to_text(first.out)),
                ("abs_floor", to_text(floor_then(prepared, situation.customer, first.tier))),
            )
        )

    def say(self, finding: Finding[PassingParameters]) -> Said:
        first = self.uses(finding.situation, finding.prepared)[0]
        currency = finding.situation.bank.base_currency
        return Said(
            Text("资金快进快出", "Money passes through"),
            Text(
                "一笔{credited}的行外资金转入后48小时内转出{left}（{part}）。",
                "{credited} came in from outside the bank; within 48 hours {left} ({part}) had left.",
            ).fill(
                credited=money(first.value, currency),
                left=money(first.out, currency),
                part=share(Decimal(finding.measured.value) / MILLION),
            ),
            Text(
                "受限信息：由合规部门核查，请勿告知客户及其客户经理。",
                "Restricted: for the compliance desk to look into. Tell neither the customer nor the customer's manager.",
            ),
        )


RULE = PassThrough()
