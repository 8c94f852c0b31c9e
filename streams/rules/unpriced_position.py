"""unpriced_position: nobody knows what an account is worth."""

from __future__ import annotations

from collections.abc import Iterator

from streams.money import to_quantity, to_text
from streams.rule import EVERYTHING, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen
from streams.screens.feed import Unpriced
from streams.situation import Situation
from streams.wording import Text, money


class UnpricedPosition(ConditionRule[ConditionParameters]):
    """Accounts with a balance in a currency without a rate, or with units without a price: >= 1 for each, each a condition of its own.

    Units are without a price where none is known of their instrument, and the feed has never stated the account's balance.
    It opens once for an account, at its movement or at a close, and resolves when the account is valued or empty: at the next movement or
    tick of the customer after the first rate or price. Until then an account without a rate counts for nothing in AUM, flows and gates, one
    without a price for what was paid for it. A rate or price that is old is no missing one; the evidence of every finding has its time.
    Facts: `account_id`, `currency`, `balance` (in that currency); where units are held, `instrument` and `quantity`.
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
                yield Measured(int(account.unpriced), 1, name)

    def facts(self, finding: Finding[ConditionParameters]) -> Facts:
        name = finding.measured.facet
        account = finding.situation.customer.accounts[name]
        facts = (("account_id", name), ("currency", account.currency), ("balance", to_text(account.balance)))
        if account.held == 0:
            return Facts(facts=facts)
        return Facts(facts=(*facts, ("instrument", account.instrument or ""), ("quantity", format(to_quantity(account.held), "f"))))

    def say(self, finding: Finding[ConditionParameters]) -> Said:
        account = finding.situation.customer.accounts[finding.measured.facet]
        amount = money(account.balance, account.currency)
        if finding.measured.value and account.value is not None:
            body = Text(
                "账户持有的{instrument}没有可用价格，暂按买入金额{amount}计入客户资产。",
                "No price is known for {instrument} on an account; it counts with the {amount} that was paid for it.",
            )
        elif finding.measured.value:
            body = Text(
                "账户余额{amount}没有可用汇率，暂未计入客户资产。",
                "No rate is known for {amount} on an account; it is not counted in the customer's assets.",
            )
        else:
            body = Text("账户余额{amount}已可估值，或账户已无余额。", "The account's {amount} can be valued now, or nothing is left on it.")
        return Said(
            Text("持仓无法估值", "A position without a rate or price"),
            body.fill(amount=amount, instrument=account.instrument or ""),
            Text("请通知运营部门补充汇率或价格。", "Have operations provide the rate or the price."),
        )


RULE = UnpricedPosition()
