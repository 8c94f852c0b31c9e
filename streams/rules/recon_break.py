"""recon_break: the feed's balance disagrees with the kept one."""

from __future__ import annotations

from decimal import Decimal

from schemas.notifications import EVERY_RULE
from schemas.rules import Severity
from streams.money import to_text
from streams.rule import Bands, EventRule, Facts, Finding, Measured, Parameters, Prepared, Said
from streams.situation import Situation
from streams.wording import Text, money


class ReconParameters(Parameters):
    """A break of any size counts."""

    bands: Bands = {Severity.NOTICE: Decimal(1)}


class ReconBreak(EventRule[ReconParameters]):
    """`balance_after` differs from the kept balance after the movement.

    The measured value is the size of the difference in the account's currency; the feed's balance is kept from then on, so that the next
    movement does not break again. Movements that arrive late and explain the difference retract the notification. For an hour of event time
    all other rules of the customer are held back: what they say rests on a balance that is in doubt.
    Facts: `account_id`, `currency`, `kept` (before the feed's balance replaced it), `stated`, `source`.
    """

    rule_id = "FEED"
    name = "recon_break"
    causes = frozenset()
    on_break = True
    inhibits = frozenset({EVERY_RULE})
    inhibits_s = 3_600
    parameters = ReconParameters

    def measure(self, situation: Situation, prepared: Prepared[ReconParameters]) -> Measured | None:  # noqa: ARG002
        effect = situation.effect
        if effect is None or not effect.broke:
            return None
        return Measured(abs(effect.broke), 1)

    def facts(self, finding: Finding[ReconParameters]) -> Facts:
        posting, effect = finding.situation.posting, finding.situation.effect
        if posting is None or effect is None:
            return Facts()
        stated = effect.account.balance
        return Facts(
            facts=(
                ("account_id", posting.account_id),
                ("currency", posting.currency),
                ("kept", to_text(stated - effect.broke)),
                ("stated", to_text(stated)),
                ("source", posting.source),
            )
        )

    def say(self, finding: Finding[ReconParameters]) -> Said:
        posting = finding.situation.posting
        currency = posting.currency if posting else ""
        return Said(
            Text("余额核对不符", "Balance does not reconcile"),
            Text(
                "账户余额与上游系统相差{amount}，已按上游余额更新。",
                "The account differs from the feed by {amount}; the feed's balance is kept.",
            ).fill(amount=money(finding.measured.value, currency)),
            Text(
                "如差额持续，请通知运营部门核查该数据源。",
                "If it persists, have operations check the feed; do not quote the balance until then.",
            ),
        )


RULE = ReconBreak()
