"""R06: a position is given up before its term."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from pydantic import Field

from schemas.movements import Direction, Flow, Kind
from schemas.rules import Severity
from streams.money import to_decimal, to_text
from streams.portfolio import Effect
from streams.rule import Bands, EventRule, Facts, Finding, Measured, Parameters, Prepared, Said
from streams.screens import Screen
from streams.screens.single import MILLION, HasTerm
from streams.situation import Situation
from streams.wording import Text, day, money, share

GIVEN_UP: Final = frozenset({Kind.REDEMPTION, Kind.OWN_TRANSFER, Kind.WITHDRAWAL, Kind.TRANSFER_OUT})


class RedemptionParameters(Parameters):
    """Which share of a position is told."""

    share: Decimal = Field(Decimal("0.50"), gt=0, le=1, decimal_places=6, description="Of the position before the movement")
    min_amount: Decimal = Field(Decimal(0), ge=0, decimal_places=4, description="In the base currency; less is not told")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(2)}


class EarlyRedemption(EventRule[RedemptionParameters]):
    """A position redeemed or terminated before its maturity date, >= 50 % of it by one movement.

    A position is an asset account with a maturity date, the movement's own if it has one, else the last one told. Given up is what a debit
    of kind redemption, own_transfer, withdrawal or transfer_out takes out on a date (in the bank's time zone) before it; sold on the market
    is redeemed, too. The measured value is that amount / (the balance after it + that amount), in the account's currency, rounded down to
    0.000001; nothing is measured where the divisor is not above 0. Facts: `account_id`, `currency`, `taken`, `position` (the divisor),
    `maturity`, `days_left`.
    """

    rule_id = "R06"
    name = "early_redemption"
    unit = "ratio"
    causes = frozenset({(Flow.INTERNAL, Direction.DEBIT), (Flow.EXTERNAL, Direction.DEBIT)})
    parameters = RedemptionParameters

    def screens(self, prepared: Prepared[RedemptionParameters]) -> tuple[Screen, ...]:  # noqa: ARG002
        return (HasTerm(),)

    def measure(self, situation: Situation, prepared: Prepared[RedemptionParameters]) -> Measured | None:
        posting, effect = situation.posting, situation.effect
        if posting is None or effect is None or posting.kind not in GIVEN_UP or effect.account.is_liability:
            return None
        base = effect.account.balance + posting.units
        if base <= 0 or _days_left(situation, effect) <= 0 or to_decimal(effect.value) < prepared.parameters.min_amount:
            return None
        return Measured(posting.units * MILLION // base, int(prepared.parameters.share * MILLION))

    def facts(self, finding: Finding[RedemptionParameters]) -> Facts:
        situation, posting, effect = finding.situation, finding.situation.posting, finding.situation.effect
        assert posting is not None
        assert effect is not None
        return Facts(
            facts=(
                ("account_id", posting.account_id),
                ("currency", posting.currency),
                ("taken", to_text(posting.units)),
                ("position", to_text(effect.account.balance + posting.units)),
                ("maturity", effect.account.maturity or ""),
                ("days_left", str(_days_left(situation, effect))),
            )
        )

    def say(self, finding: Finding[RedemptionParameters]) -> Said:
        situation, posting, effect = finding.situation, finding.situation.posting, finding.situation.effect
        assert posting is not None
        assert effect is not None
        return Said(
            Text("产品提前支取", "Early redemption"),
            Text(
                "{maturity}到期的产品提前支取{amount}（占该产品的{part}），距到期还有{days}天。",
                "{amount} ({part}) was taken out of a product that matures on {maturity}; days left: {days}.",
            ).fill(
                maturity=day(date.fromisoformat(effect.account.maturity or "")),
                amount=money(posting.units, posting.currency),
                part=share(Decimal(finding.measured.value) / MILLION),
                days=str(_days_left(situation, effect)),
            ),
            Text(
                "致电了解提前支取的原因和资金用途，介绍合适的替代产品。",
                "Call to learn why, and what the money is for; suggest what would suit better.",
            ),
        )


def _days_left(situation: Situation, effect: Effect) -> int:
    """Dates from the movement's to the term; 0 or less once it has come, or where there is none."""
    maturity = effect.account.maturity
    return 0 if maturity is None else date.fromisoformat(maturity).toordinal() - situation.calendar.date_of(effect.at)


RULE = EarlyRedemption()
