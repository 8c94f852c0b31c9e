"""R20: a demand deposit account has too little on it, now or for what is due soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from schemas.rules import Severity
from streams.customer import Account, Customer
from streams.falling import FallingParameters, FallingRule
from streams.money import to_text, to_units
from streams.payments import ahead, ordinal_of
from streams.rule import EVERYTHING, Bands, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen
from streams.screens.assets import DEMAND
from streams.screens.low_balance import BUSINESS_DAYS, LOAN, SCHEDULED, BalanceBelow, scheduled
from streams.situation import Situation
from streams.windows import on
from streams.wording import Text, day, money


class LowBalanceParameters(FallingParameters):
    """Below which balance an account is low, in the base currency."""

    threshold: Decimal = Field(Decimal(0), ge=0, le=Decimal(10) ** 12, decimal_places=4, description="Balance below which it is low")
    bands: Annotated[Bands, Field(max_length=1)] = {Severity.WARNING: Decimal(1)}


class LowBalance(FallingRule[LowBalanceParameters]):
    """A demand deposit account's balance < threshold (0), or < what is scheduled to leave it in the next 5 business days.

    Each account has two conditions of its own, the facets `account` and `account:scheduled`. Both watch a fall: they open below the
    threshold and resolve at threshold / rearm or above. Amounts are in the base currency at the rates known now; an account without a rate
    is not asked about. Scheduled is what the profile's standing orders take from the account on the dates after today, up to and with the
    fifth business day of the bank's country, and what is owed on the customer's loans whose maturity date is one of these dates, which the
    account with the most on it must meet (of equals the one first seen). When nothing is scheduled any more, that facet resolves.
    Facts: `account_id`, `balance` and `account_currency`; of the scheduled ones `until`, the last of the dates.
    """

    rule_id = "R20"
    name = "low_balance"
    causes = EVERYTHING
    at_close = True
    parameters = LowBalanceParameters

    def screens(self, prepared: Prepared[LowBalanceParameters]) -> tuple[Screen, ...]:
        parameters = prepared.parameters
        return (BalanceBelow(self.name, to_units(parameters.threshold), parameters.rearm.as_integer_ratio(), prepared.country),)

    def next_day(self, customer: Customer, day: int, prepared: Prepared[LowBalanceParameters]) -> int:  # noqa: ARG002
        orders = any(
            order.account_id in customer.accounts and (order.until == 0 or order.until > day) for order in customer.profile.standing
        )
        ends = (account.maturity for account in customer.accounts.values() if account.asset_class == LOAN and account.balance < 0)
        return day + 1 if orders or any(end is not None and ordinal_of(end) > day for end in ends) else 0

    def measure(self, situation: Situation, prepared: Prepared[LowBalanceParameters]) -> Iterator[Measured]:
        customer, threshold = situation.customer, to_units(prepared.parameters.threshold)
        for account_id, account in customer.accounts.items():
            value = account.value
            if value is None:
                continue
            low, due = account_id, f"{account_id}{SCHEDULED}"
            if account.asset_class == DEMAND:
                yield Measured(value, threshold, low)
                leaves = scheduled(customer, account_id, account, situation.day, prepared.country)
                if leaves or self._is_open(due, customer):
                    yield Measured(value, leaves, due)
            else:
                yield from (Measured(value, 0, facet) for facet in (low, due) if self._is_open(facet, customer))

    def opens(self, measured: Measured, situation: Situation, prepared: Prepared[LowBalanceParameters]) -> bool:
        return self._applies(measured, situation) and super().opens(measured, situation, prepared)

    def resolves(self, measured: Measured, situation: Situation, prepared: Prepared[LowBalanceParameters]) -> bool:
        return not self._applies(measured, situation) or super().resolves(measured, situation, prepared)

    def facts(self, finding: Finding[LowBalanceParameters]) -> Facts:
        situation, facet = finding.situation, finding.measured.facet
        account = _account(facet, situation)
        told = (
            ("account_id", facet.removesuffix(SCHEDULED)),
            ("balance", to_text(account.balance)),
            ("account_currency", account.currency),
        )
        return Facts(facts=(*told, ("until", _until(finding).isoformat())) if facet.endswith(SCHEDULED) else told)

    def say(self, finding: Finding[LowBalanceParameters]) -> Said:
        currency = finding.situation.bank.base_currency
        balance, limit = money(finding.measured.value, currency), money(finding.measured.threshold, currency)
        account = _tail(finding.measured.facet.removesuffix(SCHEDULED))
        if finding.measured.facet.endswith(SCHEDULED):
            return Said(
                Text("余额不足以支付近期扣款", "Balance does not cover what is due soon"),
                Text(
                    "活期账户{account}余额{balance}，而{until}前已安排的扣款为{limit}。",
                    "Demand deposit account {account} holds {balance}; {limit} is scheduled to leave it by {until}.",
                ).fill(account=account, balance=balance, limit=limit, until=day(_until(finding))),
                Text(
                    "提醒客户在扣款日前存入或转入资金，避免扣款失败。",
                    "Remind the customer to pay money in before it is due, so that no payment fails.",
                ),
            )
        if finding.measured.value < 0:
            title, body = Text("账户透支", "Account overdrawn"), _OVERDRAWN
            balance = money(-finding.measured.value, currency)
        else:
            title = Text("账户余额过低", "Low balance")
            body = _BELOW if finding.measured.value < finding.measured.threshold else _HOLDS
        return Said(
            title,
            body.fill(account=account, balance=balance, limit=limit),
            Text(
                "联系客户了解原因，提醒补足余额；如为透支，说明费用并协助解决。",
                "Ask what happened and remind the customer to pay money in; if it is overdrawn, explain the cost and help to settle it.",
            ),
        )

    def _applies(self, measured: Measured, situation: Situation) -> bool:
        """Whether it is still a demand deposit, and something is scheduled where that is the question."""
        scheduled_none = measured.facet.endswith(SCHEDULED) and not measured.threshold
        return not scheduled_none and _account(measured.facet, situation).asset_class == DEMAND

    def _is_open(self, facet: str, customer: Customer) -> bool:
        return f"{self.name}:{facet}" in customer.conditions


_OVERDRAWN = Text("活期账户{account}透支{balance}。", "Demand deposit account {account} is overdrawn by {balance}.")
_BELOW = Text("活期账户{account}余额为{balance}，低于{limit}。", "Demand deposit account {account} holds {balance}, less than {limit}.")
_HOLDS = Text("活期账户{account}余额为{balance}。", "Demand deposit account {account} holds {balance}.")


def _account(facet: str, situation: Situation) -> Account:
    return situation.customer.accounts[facet.removesuffix(SCHEDULED)]


def _until(finding: Finding[LowBalanceParameters]) -> date:
    return on(ahead(finding.situation.day, BUSINESS_DAYS, finding.prepared.country)[-1][0])


def _tail(account_id: str) -> str:
    return account_id if len(account_id) <= 4 else f"…{account_id[-4:]}"


RULE = LowBalance()
