"""unpriced_position: nobody knows what a foreign account is worth."""

from __future__ import annotations

from collections.abc import Iterator

from streams.money import to_decimal
from streams.rule import EVERYTHING, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen
from streams.screens.feed import Unpriced
from streams.situation import Situation
from streams.wording import Text, money


class UnpricedPosition(ConditionRule[ConditionParameters]):
    """Accounts with a balance in a currency of which no rate is known: >= 1 for each such account, each a condition of its own.

    It opens once for an account, at its movement or at a close, and resolves when the account is valued or empty: at the next movement or
    tick of the customer after the first rate. Until then the account counts for nothing in AUM, flows and gates. A rate that is old is no
    missing rate; the evidence of every finding has its time. Facts: `account_id`, `currency`, `balance` (in that currency).
    """

    rule_id = "FEED"
    name = "unpriced_position"
    unit = "count"
    causes = EVERYTHING
    at_close = True
    parameters = ConditionParameters

    def screens(self, prepared: Prepared[ConditionParameters]) -> tuple[Screen, ...]:  # noqa: ARG002
        return (Unpriced(),)

    def measure(self, situation: Situation, prepared: Prepared[ConditionParameters]) -> Iterator[Measured]:  # noqa: ARG002
        customer, posting = situation.customer, situation.posting
        moved = customer.accounts if posting is None else {posting.account_id}
        for name, account in customer.accounts.items():
            if name in moved or f"{self.name}:{name}" in customer.conditions:
                yield Measured(int(account.value is None and account.balance != 0), 1, name)

    def facts(self, finding: Finding[ConditionParameters]) -> Facts:
        name = finding.measured.facet
        account = finding.situation.customer.accounts[name]
        return Facts(facts=(("account_id", name), ("currency", account.currency), ("balance", str(to_decimal(account.balance)))))

    def say(self, finding: Finding[ConditionParameters]) -> Said:
        account = finding.situation.customer.accounts[finding.measured.facet]
        amount = money(account.balance, account.currency)
        if finding.measured.value:
            body = Text(
                "账户余额{amount}没有可用汇率，暂未计入客户资产。",
                "No rate is known for {amount} on an account; it is not counted in the customer's assets.",
            )
        else:
            body = Text("账户余额{amount}已可估值，或账户已无余额。", "The account's {amount} can be valued now, or nothing is left on it.")
        return Said(
            Text("外币持仓无法估值", "A position without a rate"),
            body.fill(amount=amount),
            Text("请通知运营部门补充该币种的汇率。", "Have operations provide a rate for the currency."),
        )


RULE = UnpricedPosition()
