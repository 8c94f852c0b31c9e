"""R31: money that came back from a product lies idle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from pydantic import Field

from schemas.rules import Severity
from streams.money import to_text
from streams.rule import Bands, EventRule, Facts, Finding, Floor, Measured, Parameters, Prepared, Said
from streams.screens import Screen
from streams.screens.calendar import Chain, PlacingEnded, chains_of
from streams.situation import Situation
from streams.windows import on
from streams.wording import Text, day, money


class ProceedsParameters(Parameters):
    """From which amount on proceeds matter, and how long there is to place them again."""

    days: int = Field(3, ge=1, le=15, description="Working days after the date on which the money came back")
    abs_floor: Floor | None = Field(None, description="Of the proceeds; instead of the tier's floor")


class IdleParameters(ProceedsParameters):
    """Which share must be placed again."""

    share: Decimal = Field(Decimal("0.70"), gt=0, le=1, decimal_places=6, description="Of the proceeds")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(2)}


class MaturedNotReinvested(EventRule[IdleParameters]):
    """< 70 % of the proceeds of maturities or redemptions placed again by the close of the third business day after their date.

    Proceeds are the credits of these kinds to demand deposit accounts of one date, all accounts of the customer together, reversed ones
    taken out, if they are >= `abs_floor`. Placed are the debits of kind purchase and placement of such accounts from then on; they belong
    to the oldest date whose proceeds are not placed in full and not overdue, what is beyond them to the next. It fires at the first tick
    after that close; a reversal without whose original it would not have fired retracts it. The measured value is the amount not placed,
    the threshold the least of which less than the share is placed. Facts: `proceeds`, `placed`, `came_on`, `until` (the last date in
    time), `share`.
    """

    rule_id = "R31"
    name = "matured_not_reinvested"
    causes = frozenset()
    at_close = True
    parameters = IdleParameters

    def screens(self, prepared: Prepared[IdleParameters]) -> tuple[Screen, ...]:
        return (PlacingEnded(prepared.country, prepared.parameters.days),)

    def measure(self, situation: Situation, prepared: Prepared[IdleParameters]) -> Measured | str | None:  # noqa: ARG002
        return None

    def measure_close(self, situation: Situation, prepared: Prepared[IdleParameters]) -> Iterator[Measured]:
        for chain in chains_of(situation.customer.memory, prepared.country, prepared.parameters.days):
            if chain.until == situation.day - 1 and chain.proceeds >= prepared.floor:
                yield _idle(chain, prepared)

    def made_of(self, situation: Situation, prepared: Prepared[IdleParameters], facet: str) -> Iterable[str]:
        return [movement for chain in _chains(situation, prepared, facet) for movement in chain.made_of]

    def stands(self, situation: Situation, prepared: Prepared[IdleParameters], facet: str) -> bool:
        chains = [chain for chain in _chains(situation, prepared, facet) if chain.proceeds >= prepared.floor]
        return any(idle.value >= idle.threshold for idle in (_idle(chain, prepared) for chain in chains))

    def facts(self, finding: Finding[IdleParameters]) -> Facts:
        chain = _chain(finding)
        return Facts(
            facts=(
                ("proceeds", to_text(chain.proceeds)),
                ("placed", to_text(chain.placed)),
                ("came_on", on(chain.day).isoformat()),
                ("until", on(chain.until).isoformat()),
                ("share", str(finding.prepared.parameters.share)),
            )
        )

    def say(self, finding: Finding[IdleParameters]) -> Said:
        chain, currency = _chain(finding), finding.situation.bank.base_currency
        return Said(
            Text("到期资金未续作", "Matured money not placed again"),
            Text(
                "{on}到期或赎回的{proceeds}中，仍有{idle}未再投资。",
                "Of the {proceeds} that came back on {on}, {idle} has not been placed again.",
            ).fill(on=day(on(chain.day)), proceeds=money(chain.proceeds, currency), idle=money(finding.measured.value, currency)),
            Text(
                "致电客户，了解资金打算，推荐合适的产品。",
                "Call: ask what the money is meant for, and propose what suits the customer.",
            ),
        )


def _idle(chain: Chain, prepared: Prepared[IdleParameters]) -> Measured:
    """What of a chain was not placed, and the least of which that is too much."""
    over, under = prepared.parameters.share.as_integer_ratio()
    return Measured(chain.proceeds - chain.placed, (under - over) * chain.proceeds // under + 1, on(chain.day).isoformat())


def _chains(situation: Situation, prepared: Prepared[IdleParameters], facet: str) -> list[Chain]:
    """The chain of a facet; none where all that came was reversed."""
    chains = chains_of(situation.customer.memory, prepared.country, prepared.parameters.days)
    return [chain for chain in chains if on(chain.day).isoformat() == facet]


def _chain(finding: Finding[IdleParameters]) -> Chain:
    (chain,) = _chains(finding.situation, finding.prepared, finding.measured.facet)
    return chain


RULE = MaturedNotReinvested()
