"""R22: an account is emptied within a day."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from schemas.movements import Direction
from schemas.rules import Severity
from streams.money import to_text
from streams.portfolio import DAY_SECONDS
from streams.rule import EXTERNAL_DEBIT, Bands, EventRule, Facts, Finding, Floor, Measured, Parameters, Prepared, Said
from streams.screens import RecentDebitsReach, Screen
from streams.situation import Situation
from streams.wording import Text, money, share_of


class SweepParameters(Parameters):
    """Share of the balance that left, and the floor of the amount."""

    share: Decimal = Field(Decimal("0.90"), gt=0, le=1, decimal_places=6, description="Of the account, gone within 24 hours")
    abs_floor: Floor | None = Field(None, description="Instead of the tier's floor")
    bands: Bands = {Severity.CRITICAL: Decimal(1)}


class FullSweep(EventRule[SweepParameters]):
    """>= 90 % of an account's balance leaves the bank within 24 h, and that is >= the floor.

    X = external debits of the account in the 24 h (to the second, both ends) up to and with the movement; base = balance now + X, if
    positive; fires when X >= share x base and X >= floor. The share is taken in the account's currency, the floor in the base currency.
    Then not again for this account until a credit brings its balance back to the floor or above. The measured value is X / base.
    Facts: `account_id`, `left` (X) and `base` in the account's currency, `abs_floor`.
    """

    rule_id = "R22"
    name = "full_sweep"
    unit = "ratio"
    causes = frozenset({EXTERNAL_DEBIT})
    parameters = SweepParameters
    latches = True
    inhibits = frozenset({"cumulative_outflow", "net_outflow_ratio"})
    inhibits_s = DAY_SECONDS

    def screens(self, prepared: Prepared[SweepParameters]) -> tuple[Screen, ...]:
        return (RecentDebitsReach(DAY_SECONDS, prepared.floor),)

    def measure(self, situation: Situation, prepared: Prepared[SweepParameters]) -> Measured | None:
        posting, effect = situation.posting, situation.effect
        if posting is None or effect is None:
            return None
        left, value = _left(situation)
        base = effect.account.balance + left
        if value < prepared.floor or base <= 0:
            return None
        return Measured(left * 1_000_000 // base, int(prepared.parameters.share * 1_000_000), posting.account_id)

    def rearms(self, situation: Situation, prepared: Prepared[SweepParameters], facet: str) -> bool:
        posting, effect = situation.posting, situation.effect
        if posting is None or effect is None or posting.account_id != facet or posting.direction is Direction.DEBIT:
            return False
        return (effect.account.value or 0) >= prepared.floor

    def facts(self, finding: Finding[SweepParameters]) -> Facts:
        left, _ = _left(finding.situation)
        effect = finding.situation.effect
        balance = effect.account.balance if effect else 0
        return Facts(
            facts=(
                ("account_id", finding.measured.facet),
                ("left", to_text(left)),
                ("base", to_text(balance + left)),
                ("abs_floor", to_text(finding.prepared.floor)),
            )
        )

    def say(self, finding: Finding[SweepParameters]) -> Said:
        left, _ = _left(finding.situation)
        posting = finding.situation.posting
        part = share_of(finding.measured.value)
        return Said(
            Text("账户资金被转空", "Account swept"),
            Text(
                "24小时内账户资金的{part}（{amount}）转出行外。",
                "Within 24 hours {part} of the account's balance ({amount}) left the bank.",
            ).fill(part=part, amount=money(left, posting.currency if posting else "")),
            Text(
                "立即联系客户核实并挽留，必要时上报主管。",
                "Contact the customer at once to verify and to keep them; tell your head if need be.",
            ),
        )


def _left(situation: Situation) -> tuple[int, int]:
    """What left the account in the 24 h up to the movement: in its currency, and in the base currency."""
    posting, effect = situation.posting, situation.effect
    assert posting is not None
    assert effect is not None
    since = posting.at - DAY_SECONDS
    recent = effect.account.debits
    return recent.units(since, posting.at), recent.value(since, posting.at)


RULE = FullSweep()
