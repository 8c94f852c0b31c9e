"""R32: money that came back from a product was placed again in time."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from schemas.movements import Direction, Flow, Kind
from schemas.rules import Severity
from streams.findings import identity
from streams.money import to_text
from streams.rule import Bands, EventRule, Facts, Finding, Measured, Prepared, Said
from streams.rules.matured_not_reinvested import ProceedsParameters
from streams.screens import Screen
from streams.screens.calendar import DEMAND, Chain, PlacesAgain, chains_of
from streams.situation import Situation
from streams.windows import on
from streams.wording import Text, day, money


class ReinvestedParameters(ProceedsParameters):
    """How near to the proceeds the amount must be."""

    tolerance: Decimal = Field(Decimal("0.10"), ge=0, lt=1, decimal_places=6, description="Share of the proceeds")
    bands: Bands = {Severity.INFO: Decimal(1)}


class Reinvested(EventRule[ReinvestedParameters]):
    """Placed again within 3 business days: an amount in [0.9, 1.1] x the proceeds of one date, reached by this movement.

    Proceeds, what is placed again, and which proceeds it belongs to are as in matured_not_reinvested. What is placed beyond all proceeds
    counts for the latest of them. Where one movement completes several dates, it is told once, of the first. The measured value is
    placed / proceeds. Facts: `proceeds`, `placed`, `came_on`, `tolerance`.
    """

    rule_id = "R32"
    name = "reinvested"
    unit = "ratio"
    causes = frozenset({(Flow.INTERNAL, Direction.DEBIT)})
    parameters = ReinvestedParameters
    inhibits = frozenset({"large_inflow", "large_outflow", "matured_not_reinvested"})

    def screens(self, prepared: Prepared[ReinvestedParameters]) -> tuple[Screen, ...]:
        return (PlacesAgain(prepared.floor),)

    def measure(self, situation: Situation, prepared: Prepared[ReinvestedParameters]) -> Measured | None:
        chain = _completed(situation, prepared)
        if chain is None:
            return None
        least = int((1 - prepared.parameters.tolerance) * 1_000_000)
        return Measured(chain.placed * 1_000_000 // chain.proceeds, least)

    def facts(self, finding: Finding[ReinvestedParameters]) -> Facts:
        chain = _completed(finding.situation, finding.prepared)
        if chain is None:
            return Facts()
        return Facts(
            facts=(
                ("proceeds", to_text(chain.proceeds)),
                ("placed", to_text(chain.placed)),
                ("came_on", on(chain.day).isoformat()),
                ("tolerance", str(finding.prepared.parameters.tolerance)),
            )
        )

    def say(self, finding: Finding[ReinvestedParameters]) -> Said:
        chain, currency = _completed(finding.situation, finding.prepared) or Chain(1, 1), finding.situation.bank.base_currency
        return Said(
            Text("到期资金已续作", "Matured money placed again"),
            Text(
                "{on}到期或赎回的{proceeds}已再投资{placed}。",
                "Of the {proceeds} that came back on {on}, {placed} has been placed again.",
            ).fill(on=day(on(chain.day)), proceeds=money(chain.proceeds, currency), placed=money(chain.placed, currency)),
            Text("可择机致谢客户，无需其他跟进。", "Thank the customer when there is an occasion; nothing else is needed."),
        )


def _completed(situation: Situation, prepared: Prepared[ReinvestedParameters]) -> Chain | None:
    """The first chain that the movement has brought to its proceeds, give or take the tolerance."""
    posting, effect = situation.posting, situation.effect
    if posting is None or effect is None or posting.kind not in (Kind.PURCHASE, Kind.PLACEMENT) or effect.account.asset_class != DEMAND:
        return None
    memory, days, floor = situation.customer.memory, prepared.parameters.days, prepared.floor
    before = {chain.day: chain for chain in chains_of(memory, prepared.country, days, identity(posting))}
    for chain in chains_of(memory, prepared.country, days):
        was = before.get(chain.day)
        if chain.proceeds >= floor and _in_band(chain, prepared) and (was is None or not _in_band(was, prepared)):
            return chain
    return None


def _in_band(chain: Chain, prepared: Prepared[ReinvestedParameters]) -> bool:
    tolerance = prepared.parameters.tolerance
    return (1 - tolerance) * chain.proceeds <= chain.placed <= (1 + tolerance) * chain.proceeds


RULE = Reinvested()
